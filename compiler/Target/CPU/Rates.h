// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What one core does in a cycle: measured once for each machine, since neither
// the processor nor its name tells.
#ifndef TCONV_COMPILER_TARGET_CPU_RATES_H
#define TCONV_COMPILER_TARGET_CPU_RATES_H

#include "compiler/Schedule/Machine.h"

#include "llvm/ADT/StringRef.h"

namespace mlir::tconv {

/// Fills in the rates of the machine that this process runs on, whose lanes and
/// cache sizes are known. They come from a file in the folder of the kernel
/// cache, machine-CPU-LANES-L1-L2-L3.json. Where it is missing or says nonsense
/// they are measured, in some milliseconds, and the file is written. Without
/// such a folder each process measures anew.
/// @param cpu LLVM's name of the processor
void readRates(llvm::StringRef cpu, Machine &machine);

/// Each one of a few round values: kernels must not differ for the noise of a
/// measurement. 0: not measured.
struct Rates {
  int64_t fmas = 0;   ///< of whole vectors; 0: no such unit is known here
  int64_t loads = 0;  ///< of whole vectors, from L1
  int64_t l3 = 0;     ///< bytes; 0: there's no last level beyond L2
  int64_t memory = 0; ///< bytes; 0: nothing here puts data out of all caches
};
Rates measureRates(const Machine &machine);

/// What a cycle of the core's clock takes, at this moment.
double secondsPerCycle();

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_CPU_RATES_H
