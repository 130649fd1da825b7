// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tuning files, and choices as texts.
#include "fuzz.h"

#include "tuning/tuning_file.h"

using namespace tconv;

namespace {

/// Longer inputs show nothing new and take long.
constexpr size_t kLongest = 4096;

void checkChoiceText(const std::string &text) {
  ScheduleChoice choice;
  choice.kind = "before";
  Status refused = parseChoice(text, choice);
  if (refused) {
    FUZZ_CHECK(choice.kind == "before");
    FUZZ_CHECK(!refused.message().empty() && refused.message().size() < 1000);
    return;
  }
  FUZZ_CHECK(!checkChoice(choice));
  ScheduleChoice again;
  FUZZ_CHECK(!parseChoice(formatChoice(choice), again));
  FUZZ_CHECK(formatChoice(again) == formatChoice(choice));
}

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > kLongest)
    return -1; // not for the corpus
  std::string text(reinterpret_cast<const char *>(data), size);
  checkChoiceText(text);
  TuningFile file;
  file.machine = "before";
  Status refused = parseTuningFile(text, file);
  if (refused) {
    FUZZ_CHECK(refused.code() == TCONV_INVALID_VALUE);
    FUZZ_CHECK(!refused.message().empty() && file.machine == "before");
    return 0;
  }
  for (const TuningEntry &entry : file.entries) {
    FUZZ_CHECK(!checkChoice(entry.choice));
    FUZZ_CHECK(file.find(entry.key) == &entry);
    tconv_params params;
    tconv_shape shape;
    std::string name;
    FUZZ_CHECK(!parseLayerLine(entry.key.layer, params, shape, name));
  }
  std::string written = formatTuningFile(file);
  TuningFile again;
  FUZZ_CHECK(!parseTuningFile(written, again));
  FUZZ_CHECK(formatTuningFile(again) == written);
  return 0;
}
