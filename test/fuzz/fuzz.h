// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the fuzz targets share. A target asserts what must hold for every
// input: that nothing crashes is the least of it.
#ifndef TCONV_TEST_FUZZ_FUZZ_H
#define TCONV_TEST_FUZZ_FUZZ_H

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "layer/layer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/// Ends the process, which libFuzzer reports with the input, if `condition` is
/// false. Not assert(): optimized builds have to check, too.
#define FUZZ_CHECK(condition)                                                  \
  do {                                                                         \
    if (!(condition))                                                          \
      tconv::fuzz::fail(#condition, __FILE__, __LINE__);                       \
  } while (false)

namespace tconv::fuzz {

[[noreturn]] void fail(const char *condition, const char *file, int line);

/// A file in memory, with a name that a reader can open.
class MemoryFile {
public:
  MemoryFile(const uint8_t *data, size_t size);
  ~MemoryFile();
  MemoryFile(const MemoryFile &) = delete;
  MemoryFile &operator=(const MemoryFile &) = delete;
  const std::string &path() const { return path_; }

private:
  int descriptor_;
  std::string path_;
};

/// A folder for what a target writes, removed at the end of the process.
const std::filesystem::path &scratch();

/// A refusal of a reader: a status of the kinds that it may give, and a message
/// that begins with or names the file.
void checkRefusal(const Status &status, const std::string &path);

} // namespace tconv::fuzz

#endif // TCONV_TEST_FUZZ_FUZZ_H
