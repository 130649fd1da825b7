// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The LLVM IR that becomes PTX, for the host instead: what a GPU does beside
// arithmetic becomes calls of the functions in host_gpu.cpp.
#ifndef TCONV_TEST_COMPILER_HOST_RETARGET_H
#define TCONV_TEST_COMPILER_HOST_RETARGET_H

#include <cstdint>
#include <string>

namespace tconv::test {

enum class Sanitizer { address, thread };

/// A mistake in the kernel that runs.
struct Planted {
  enum Kind {
    nothing,
    dropBarrier,   ///< the `which`-th one
    dropWait,      ///< the `which`-th wait for copies
    overrunStores, ///< stores to y go one element further
    overrunShared, ///< the first write to shared memory goes behind its end
  };
  Kind kind = nothing;
  int which = 0;
};

struct HostKernels {
  std::string text;       ///< LLVM IR; functions keep their names
  int64_t runShared = 0;  ///< bytes of static shared memory
  int64_t packShared = 0; ///< the same of the packing kernel
  int barriers = 0;       ///< in the kernel that runs
  int waits = 0;
};

/// @param ir what Compilation::llvmIR gives for a GPU
/// @return "" or what is wrong
std::string retarget(const std::string &ir, const std::string &runEntry,
                     const std::string &packEntry, Sanitizer sanitizer,
                     const Planted &planted, HostKernels &kernels);

} // namespace tconv::test

#endif // TCONV_TEST_COMPILER_HOST_RETARGET_H
