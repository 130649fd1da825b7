// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "fuzz.h"

#include <cstdio>
#include <cstdlib>

#include <sys/mman.h>
#include <unistd.h>

namespace tconv::fuzz {

void fail(const char *condition, const char *file, int line) {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
  std::abort();
}

MemoryFile::MemoryFile(const uint8_t *data, size_t size)
    : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)),
      path_("/proc/self/fd/" + std::to_string(descriptor_)) {
  // Short writes don't happen in memory; without memory there is no test.
  if (descriptor_ < 0 ||
      write(descriptor_, data, size) != static_cast<ssize_t>(size))
    fail("a file in memory can be made", __FILE__, __LINE__);
}

MemoryFile::~MemoryFile() { close(descriptor_); }

namespace {

struct Scratch {
  std::filesystem::path path;
  Scratch() {
    std::string name =
        std::filesystem::temp_directory_path() / "tconv-fuzz-XXXXXX";
    if (!mkdtemp(name.data()))
      fail("a temporary folder can be made", __FILE__, __LINE__);
    path = name;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

} // namespace

const std::filesystem::path &scratch() {
  static const Scratch instance;
  return instance.path;
}

void checkRefusal(const Status &status, const std::string &path) {
  FUZZ_CHECK(status.code() == TCONV_INVALID_VALUE ||
             status.code() == TCONV_INVALID_TYPE ||
             status.code() == TCONV_UNSUPPORTED);
  FUZZ_CHECK(status.message().find(path) != std::string::npos);
  FUZZ_CHECK(status.message().size() > path.size() + 5);
}

} // namespace tconv::fuzz
