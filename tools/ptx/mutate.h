// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Small mistakes in a PTX text, such as a wrong code generator would make.
#ifndef TCONV_TOOLS_PTX_MUTATE_H
#define TCONV_TOOLS_PTX_MUTATE_H

#include <cstdint>
#include <string>
#include <vector>

#include "ptx/syntax.h"

namespace tconv::ptx {

struct Mutant {
  std::string kind;   ///< "drop-barrier", "shift-address", ...
  int line = 0;       ///< that is changed
  std::string before; ///< the line's instruction
  std::string after;  ///< "" where it is left out
};

/// All mistakes of a module's entry, or a sample that is spread evenly over the
/// text: at most `perKind` for each kind and opcode (0: all).
std::vector<Mutant> makeMutants(const Syntax &syntax, const std::string &entry,
                                uint64_t perKind);

/// The module's text with the mistake.
std::string mutatedText(const Syntax &syntax, const Mutant &mutant);

} // namespace tconv::ptx

#endif // TCONV_TOOLS_PTX_MUTATE_H
