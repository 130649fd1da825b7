// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For x86 only.
#ifndef TCONV_SRC_TARGET_CPUID_H
#define TCONV_SRC_TARGET_CPUID_H

#include <cpuid.h>

namespace tconv {

struct CpuidRegisters {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

/// A leaf of CPUID; zeros where the CPU doesn't have it.
inline CpuidRegisters cpuidLeaf(unsigned number, unsigned sub = 0) {
  CpuidRegisters r;
  __get_cpuid_count(number, sub, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

} // namespace tconv

#endif // TCONV_SRC_TARGET_CPUID_H
