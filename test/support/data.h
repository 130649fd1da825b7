// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The data that the tests come with.
#ifndef TCONV_TEST_SUPPORT_DATA_H
#define TCONV_TEST_SUPPORT_DATA_H

#include <string>
#include <vector>

#include "layer/layer.h"

namespace tconv::test {

/// One of MindSpore's results.
struct OracleCase {
  std::string line; ///< as it stands in the file, to name it
  tconv_params params;
  int64_t batch, length;
  std::vector<int64_t> yShape;
  std::vector<float> x, weight, bias, y; ///< bias empty without one
};

/// All of them; throws where the files don't hold what they should.
std::vector<OracleCase> loadOracle();

/// Path of a file in the tests' folder.
std::string testPath(const std::string &relative);

} // namespace tconv::test

#endif // TCONV_TEST_SUPPORT_DATA_H
