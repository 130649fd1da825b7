// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "mutation/explain.h"

using namespace tconv;

std::string test::explainSurvivor(const ptx::Syntax &, const std::string &,
                                  const ptx::Mutant &) {
  return "";
}
