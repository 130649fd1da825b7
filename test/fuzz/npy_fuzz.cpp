// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The reader of NPY files: what it takes is what the file says, and what it
// writes it reads again.
#include "fuzz.h"

#include <cstring>

#include "common/arrays.h"

using namespace tconv;
using namespace tconv::tools;

namespace {

/// Room for the longest header, and some values.
constexpr size_t kLongest = 12000;

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > kLongest)
    return -1; // not for the corpus
  fuzz::MemoryFile file(data, size);
  Array array;
  array.shape = {7};
  if (Status refused = readNpy(file.path(), array)) {
    fuzz::checkRefusal(refused, file.path());
    FUZZ_CHECK(array.shape == std::vector<int64_t>{7} && array.values.empty());
    return 0;
  }
  size_t count = 1;
  for (int64_t axis : array.shape) {
    FUZZ_CHECK(axis >= 0);
    count *= static_cast<size_t>(axis);
  }
  FUZZ_CHECK(array.values.size() == count && count * 4 < size);
  // The values are the end of the file.
  FUZZ_CHECK(count == 0 ||
             std::memcmp(array.values.data(), data + size - 4 * count,
                         4 * count) == 0);
  std::string path = fuzz::scratch() / "array.npy";
  FUZZ_CHECK(!writeNpy(path, array));
  Array again;
  FUZZ_CHECK(!readNpy(path, again));
  FUZZ_CHECK(again.shape == array.shape);
  FUZZ_CHECK(again.values.size() == count);
  FUZZ_CHECK(count == 0 || std::memcmp(again.values.data(), array.values.data(),
                                       4 * count) == 0);
  return 0;
}
