// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Small mistakes in a lowered kernel, such as a wrong compiler would make.
#ifndef TCONV_TOOLS_DAVINCI_MUTATE_H
#define TCONV_TOOLS_DAVINCI_MUTATE_H

#include <cstdint>
#include <string>
#include <vector>

namespace tconv::davinci {

struct Mutant {
  std::string kind;   ///< "drop-wait", "misalign", ...
  int line = 0;       ///< that is changed
  std::string before; ///< the line
  std::string after;  ///< "" where it is left out
  std::string text;   ///< the whole module with the mistake
};

/// Mistakes in the bodies of a module's kernels, in the order of lines: at most
/// `perKind` of each kind, drawn by `seed` (0: all there are).
std::vector<Mutant> makeMutants(const std::string &text, uint64_t perKind = 0,
                                uint32_t seed = 1);

} // namespace tconv::davinci

#endif // TCONV_TOOLS_DAVINCI_MUTATE_H
