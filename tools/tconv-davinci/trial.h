// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Launches described in a file, so that kernels can be run again and again,
// whole and with mistakes in them.
//
// The file is JSON:
//   {"buffers": {"x": {"random": 120, "type": "f16", "range": 3, "seed": 1},
//                "planes": {"output": 240, "type": "f32"},
//                "y": {"output": 240, "type": "f16"}},
//    "launches": [
//      {"file": "cube.mlir", "entry": "cube", "grid": [2],
//       "parameters": ["x", "w", "planes", 12]}, ...]}
// Files are beside the JSON file. Buffers are those of tconv-ptx/trial.h, or
//   {"input": "x.npy", "type": "f16"}      with the file's values
// and an output may have "npy": "y.npy", a file that it is written to. A buffer
// may be used by several launches, which run one after the other. Parameters
// are buffers' names and whole numbers, without what the tool adds itself: the
// address of flags, the workspace and the grid.
#ifndef TCONV_TOOLS_TCONV_DAVINCI_TRIAL_H
#define TCONV_TOOLS_TCONV_DAVINCI_TRIAL_H

#include <array>
#include <map>
#include <string>
#include <vector>

#include "davinci/launch.h"
#include "davinci/mutate.h"
#include "tconv-ptx/buffers.h"

namespace tconv::tools {

struct DavinciTrialLaunch {
  std::string file; ///< path of the lowered module
  std::string entry;
  std::array<uint32_t, 3> grid = {1, 1, 1};
  struct Parameter {
    std::string buffer; ///< empty: the number
    uint64_t value = 0;
  };
  std::vector<Parameter> parameters;
};

struct DavinciTrial {
  std::map<std::string, TrialBuffer> buffers;
  std::map<std::string, std::string> files; ///< that outputs are written to
  std::vector<DavinciTrialLaunch> launches;
};

/// Reads a description; errors name the file and what is wrong in it.
Status readDavinciTrial(const std::string &path, DavinciTrial &trial);

/// The launches' modules, each read once.
using DavinciPrograms = std::vector<std::shared_ptr<const davinci::Program>>;

Status readDavinciPrograms(const DavinciTrial &trial,
                           const std::string &templates,
                           DavinciPrograms &programs);

/// What the launches left behind.
struct DavinciOutcome {
  std::vector<davinci::Report> reports; ///< by launch
  std::map<std::string, std::vector<uint8_t>> outputs;

  /// Null: there is none.
  const davinci::Finding *firstFinding() const;
};

/// @param programs of the launches, in order
/// @param untilFinding whether a launch with a finding is the last one
Status runDavinciTrial(const DavinciTrial &trial,
                       const DavinciPrograms &programs,
                       const davinci::LaunchOptions &options,
                       DavinciOutcome &outcome, bool untilFinding = false);
/// Writes the outputs that have files.
Status writeOutputs(const DavinciTrial &trial, const DavinciOutcome &outcome);

struct DavinciMutationResult {
  davinci::Mutant mutant;
  std::string file;
  bool caught = false;
  std::string how; ///< a finding's kind, "output", "slower", "refused"
};

/// Runs mutants of all the trial's modules under every policy until one shows
/// the mistake: by a finding, by other bytes in an output, or, for a
/// launch, by an estimate of a quarter more cycles or a quarter more bytes that
/// the scalar unit moves. "refused" is no mutant that ran. Fails if
/// the kernels themselves have findings.
/// @param perKind, seed as for davinci::makeMutants
Status runDavinciMutants(const DavinciTrial &trial,
                         const std::string &templates, uint64_t perKind,
                         uint32_t seed,
                         std::vector<DavinciMutationResult> &results);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_DAVINCI_TRIAL_H
