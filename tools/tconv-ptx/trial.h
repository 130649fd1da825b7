// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Launches described in a file, so that one kernel can be run again and again,
// whole and with mistakes in it.
//
// The file is JSON:
//   {"file": "gemm.ptx",           beside the JSON file
//    "entry": "gemm",
//    "launches": [
//      {"grid": [4], "block": [64], "shared": 0,
//       "parameters": [{"random": 120, "type": "f16", "range": 3, "seed": 1},
//                      {"output": 80, "type": "f32"},
//                      12]}]}
// A "random" parameter is the address of that many whole numbers in [-range,
// range], so that sums of them are exact whatever their order ("infinite": N
// makes every N-th of them, the first one too, infinity); an "output" one
// that of as many elements which nobody has written; a number is itself.
#ifndef TCONV_TOOLS_TCONV_PTX_TRIAL_H
#define TCONV_TOOLS_TCONV_PTX_TRIAL_H

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "ptx/launch.h"
#include "ptx/mutate.h"
#include "tconv-ptx/buffers.h"

namespace tconv::tools {

struct TrialParameter {
  bool isBuffer = false;
  uint64_t value = 0; ///< or an index into `buffers`
};

struct TrialLaunch {
  std::array<uint32_t, 3> grid = {1, 1, 1};
  std::array<uint32_t, 3> block = {1, 1, 1};
  uint64_t sharedBytes = 0;
  std::vector<TrialBuffer> buffers;
  std::vector<TrialParameter> parameters;
};

struct Trials {
  std::string file; ///< path of the PTX text
  std::string text; ///< or the text itself; then `file` only names it
  std::string entry;
  std::vector<TrialLaunch> launches;
};

/// Reads a description; errors name the file and what is wrong in it.
Status readTrials(const std::string &path, Trials &trials);

/// What a launch left behind.
struct TrialOutcome {
  ptx::Report report;
  std::vector<std::vector<uint8_t>> outputs; ///< of the output buffers
};

/// Runs a launch in memory of its own.
Status runTrial(const ptx::Module &module, const std::string &entry,
                const TrialLaunch &launch, const ptx::LaunchOptions &options,
                TrialOutcome &outcome);

struct MutationResult {
  ptx::Mutant mutant;
  bool caught = false;
  std::string how; ///< a finding's kind, "output", "refused"
};

/// Runs mutants of the trials' kernel until one launch shows the mistake: by a
/// finding or by other bytes in an output. Fails if the kernel itself has
/// findings.
/// @param threads of the host
Status runMutants(const Trials &trials, std::vector<ptx::Mutant> mutants,
                  int threads, std::vector<MutationResult> &results);
/// The same with those of makeMutants.
Status runMutants(const Trials &trials, uint64_t perKind, int threads,
                  std::vector<MutationResult> &results);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_PTX_TRIAL_H
