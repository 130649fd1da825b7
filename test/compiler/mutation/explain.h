// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Why a mistake in a kernel's text may be none. The text is made anew with each
// change of the compiler, so that the reasons go by what an instruction is and
// by what its value is used for, never by its line.
#ifndef TCONV_TEST_COMPILER_MUTATION_EXPLAIN_H
#define TCONV_TEST_COMPILER_MUTATION_EXPLAIN_H

#include <string>

#include "ptx/mutate.h"
#include "ptx/syntax.h"

namespace tconv::test {

/// The reason why no launch can show the mistake, or "". There is none for a
/// barrier, a wait, a copy or a store that is left out.
/// @param changed the module with the mistake
std::string explainSurvivor(const ptx::Syntax &syntax,
                            const ptx::Syntax &changed,
                            const std::string &entry,
                            const ptx::Mutant &mutant);

} // namespace tconv::test

#endif // TCONV_TEST_COMPILER_MUTATION_EXPLAIN_H
