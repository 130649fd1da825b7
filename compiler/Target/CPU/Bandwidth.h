// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What one core gets from the last level and from memory: measured once for
// each machine, since neither the processor nor its name tells.
#ifndef TCONV_COMPILER_TARGET_CPU_BANDWIDTH_H
#define TCONV_COMPILER_TARGET_CPU_BANDWIDTH_H

#include "compiler/Schedule/Machine.h"

#include "llvm/ADT/StringRef.h"

namespace mlir::tconv {

/// Fills in the bandwidths of the machine that this process runs on, whose
/// cache sizes are known. They come from a file in the folder of the kernel
/// cache, machine-CPU-L1-L2-L3.json. Where it is missing or says nonsense they
/// are measured, in some milliseconds, and the file is written. Without such a
/// folder they stay Machine's defaults, so that no process measures in vain.
/// @param cpu LLVM's name of the processor
void readBandwidths(llvm::StringRef cpu, Machine &machine);

/// Bytes a cycle, one of a few round values: kernels must not differ for the
/// noise of a measurement.
struct Bandwidths {
  int64_t l3 = 0;     ///< 0: not measured, there's no last level beyond L2
  int64_t memory = 0; ///< 0: not measured, the last level is too large
};
Bandwidths measureBandwidths(const Machine &machine);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_CPU_BANDWIDTH_H
