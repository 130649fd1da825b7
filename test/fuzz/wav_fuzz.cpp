// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The reader of WAV files. libsndfile does the decoding and may have defects of
// its own; looked at here is what stands around it.
#include "fuzz.h"

#include <cstring>

#include "common/arrays.h"

using namespace tconv;
using namespace tconv::tools;

namespace {

/// Longer inputs show nothing new and take long.
constexpr size_t kLongest = 4096;

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > kLongest)
    return -1; // not for the corpus
  fuzz::MemoryFile file(data, size);
  Array samples;
  samples.shape = {7};
  int64_t rate = -7;
  if (Status refused = readWav(file.path(), samples, rate)) {
    fuzz::checkRefusal(refused, file.path());
    FUZZ_CHECK(samples.shape == std::vector<int64_t>{7} && rate == -7);
    FUZZ_CHECK(samples.values.empty());
    return 0;
  }
  FUZZ_CHECK(samples.shape.size() == 2);
  FUZZ_CHECK(samples.shape[0] >= 1 && samples.shape[1] >= 0);
  auto count = static_cast<size_t>(samples.shape[0] * samples.shape[1]);
  FUZZ_CHECK(samples.values.size() == count);
  // No format has more than 8 frames in a byte.
  FUZZ_CHECK(static_cast<size_t>(samples.shape[1]) <= 8 * size);

  // Nothing is lost where it can be written at all.
  std::string path = fuzz::scratch() / "sound.wav";
  if (Status refused = writeWav(path, samples, rate)) {
    FUZZ_CHECK(!refused.message().empty());
    FUZZ_CHECK(samples.shape[0] > 1024 || rate < 1);
    return 0;
  }
  Array again;
  int64_t rateAgain = 0;
  FUZZ_CHECK(!readWav(path, again, rateAgain));
  FUZZ_CHECK(again.shape == samples.shape && rateAgain == rate);
  FUZZ_CHECK(count == 0 ||
             std::memcmp(again.values.data(), samples.values.data(),
                         count * sizeof(float)) == 0);
  return 0;
}
