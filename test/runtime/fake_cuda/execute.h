// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the fake driver needs of whatever runs PTX.
#ifndef TCONV_TEST_RUNTIME_FAKE_CUDA_EXECUTE_H
#define TCONV_TEST_RUNTIME_FAKE_CUDA_EXECUTE_H

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ptx/memory.h"

namespace tconv::test {

struct FakeLaunch {
  uint32_t grid[3], block[3];
  uint32_t sharedBytes;
  std::vector<char> parameters; ///< laid out as the entry declares them
};

class FakeModule {
public:
  struct Entry {
    std::vector<uint32_t> parameterBytes, parameterOffsets;
    uint32_t staticShared = 0;
    uint32_t maxThreads = 1024;
  };

  /// Parses a text; NULL and what is wrong with it where it is no PTX.
  static std::shared_ptr<FakeModule> parse(const std::string &text,
                                           std::string &error);
  virtual ~FakeModule() = default;

  int version = 0; ///< of PTX: 80 for 8.0
  int target = 0;  ///< 80 for sm_80
  std::map<std::string, Entry> entries;

  /// Runs a grid; "" or what was found.
  virtual std::string run(const std::string &entry, const FakeLaunch &launch,
                          ptx::Memory &memory) = 0;
};

} // namespace tconv::test

#endif // TCONV_TEST_RUNTIME_FAKE_CUDA_EXECUTE_H
