// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// CPU targets: what a target string means for schedules and for LLVM.
#ifndef TCONV_COMPILER_TARGET_CPU_TARGET_H
#define TCONV_COMPILER_TARGET_CPU_TARGET_H

#include "compiler/Schedule/Machine.h"

#include "llvm/Support/Error.h"
#include <string>

namespace mlir::tconv {

struct CpuTarget {
  std::string name;      ///< as given, such as "cpu:native"
  std::string triple;    ///< LLVM's
  std::string cpu;       ///< LLVM's
  std::string features;  ///< LLVM's, such as "+avx2,+fma"
  std::string schedules; ///< folder of its schedules, such as "cpu/avx2"
  Machine machine;       ///< what the cost model knows

  bool isX86() const { return llvm::StringRef(triple).starts_with("x86_64"); }
};

/// Parses "cpu:native", "cpu:x86-64", "cpu:x86-64-v2", "cpu:x86-64-v3",
/// "cpu:x86-64-v4" or "cpu:aarch64+neon".
llvm::Expected<CpuTarget> parseCpuTarget(llvm::StringRef name);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_CPU_TARGET_H
