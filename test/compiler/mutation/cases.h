// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Small layers of each kind of GPU kernel, compiled now, with launches that
// show whether the kernel is right.
#ifndef TCONV_TEST_COMPILER_MUTATION_CASES_H
#define TCONV_TEST_COMPILER_MUTATION_CASES_H

#include <iosfwd>
#include <string>
#include <vector>

#include "tconv-ptx/trial.h"

namespace tconv::test {

struct MutationCase {
  const char *name;
  const char *layer; ///< as on a command line
  const char *target;
  const char *accuracy; ///< "default" or "tf32"
  const char *kind;     ///< that the kernel has to be of
  bool pack;            ///< the packing kernel, not the one that runs
};

std::ostream &operator<<(std::ostream &stream, const MutationCase &one);

const std::vector<MutationCase> &mutationCases();

/// Compiles the layer and makes its launches: y ends at, before and behind the
/// end of a block, x is of small whole numbers with NaN or five between its
/// rows, and two launches have infinite weights. Unchanged, the kernel has
/// given the formula's outputs there (for the packing kernel: packed what that
/// needs).
/// @return "" or what is wrong
std::string makeTrials(const MutationCase &one, tools::Trials &trials);

} // namespace tconv::test

#endif // TCONV_TEST_COMPILER_MUTATION_CASES_H
