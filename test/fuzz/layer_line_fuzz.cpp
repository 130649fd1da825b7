// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layer lines and layer files, and what is computed from the parameters that
// they hold.
#include "fuzz.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "common/layers.h"

using namespace tconv;

namespace {

// Shapes are computed here once more, in numbers that can't overflow.
using Wide = __int128;

constexpr int64_t kMost = INT64_MAX;

/// Longer inputs show nothing new and take long.
constexpr size_t kLongest = 2048;

bool fits(Wide value) { return value >= INT64_MIN && value <= kMost; }

bool same(const tconv_params &a, const tconv_params &b) {
  return std::memcmp(&a, &b, sizeof(a)) == 0;
}

/// The output's length as tconv.h defines it for each pad mode.
Wide lengthOf(const tconv_params &p, int64_t length) {
  Wide size = Wide(p.dilation) * (p.kernel_size - 1) + 1;
  Wide full = Wide(length - 1) * p.stride + size;
  switch (p.pad_mode) {
  case TCONV_SAME:
    return Wide(length) * p.stride;
  case TCONV_VALID:
    return Wide(length) * p.stride + std::max<Wide>(size - p.stride, 0);
  case TCONV_PAD:
    return full - 2 * Wide(p.padding) + p.output_padding;
  default:
    return p.output_length != 0 ? Wide(p.output_length)
                                : full - p.crop_begin - p.crop_end;
  }
}

void checkForm(const tconv_params &p) {
  GeneralForm form = generalForm(p);
  FUZZ_CHECK(form.inChannels % form.groups == 0);
  FUZZ_CHECK(form.outChannels % form.groups == 0);
  FUZZ_CHECK(form.stride >= 1 && form.dilation >= 1 && form.kernelSize >= 1);
  FUZZ_CHECK(form.fixedOutputLength >= 0);
  FUZZ_CHECK(p.pad_mode == TCONV_CROP || form.cropBegin >= 0);
}

void checkLength(const tconv_params &p, int64_t batch, int64_t length) {
  int64_t result = -7;
  Status refused = outputLength(p, length, result);
  tconv_length_class kind = lengthClass(p, length);
  FUZZ_CHECK(kind == TCONV_LENGTH_BULK || kind == TCONV_LENGTH_SHORT ||
             kind == TCONV_LENGTH_MEDIUM || kind == TCONV_LENGTH_STEP);
  if (refused) {
    FUZZ_CHECK(result == -7);
    FUZZ_CHECK(refused.code() == TCONV_INVALID_VALUE);
    FUZZ_CHECK(!refused.message().empty());
    return;
  }
  FUZZ_CHECK(length >= 1 && result >= 1);
  FUZZ_CHECK(result == lengthOf(p, length));
  bool small =
      fits(Wide(length) * p.in_channels * 4) &&
      fits(Wide(length) * p.in_channels * 4 * std::max<Wide>(batch, 1)) &&
      fits(Wide(result) * p.out_channels * 4) &&
      fits(Wide(result) * p.out_channels * 4 * std::max<Wide>(batch, 1));
  bool taken = !checkSizes(p, batch, length, result);
  FUZZ_CHECK(taken == (batch >= 0 && small));
}

void checkParsed(const tconv_params &p, const tconv_shape &shape) {
  FUZZ_CHECK(!checkParams(p));
  FUZZ_CHECK(shape.batch >= 0 && shape.length >= 0);
  checkForm(p);
  for (int64_t length : {shape.length, int64_t{-1}, int64_t{0}, int64_t{1},
                         int64_t{2}, int64_t{1} << 40, kMost / 2, kMost})
    for (int64_t batch :
         {shape.batch, int64_t{-1}, int64_t{0}, int64_t{1} << 31,
          int64_t{1} << 52, int64_t{1} << 58, kMost})
      checkLength(p, batch, length);
  std::string line = formatLayerLine(p);
  tconv_params again;
  tconv_shape none;
  std::string name = "?";
  FUZZ_CHECK(!parseLayerLine(line, again, none, name));
  FUZZ_CHECK(name.empty() && none.batch == 1 && none.length == 0);
  FUZZ_CHECK(same(p, again));
  FUZZ_CHECK(formatLayerLine(again) == line);
}

void checkEntry(const std::string &line) {
  tools::LayerEntry entry;
  if (tools::parseLayerEntry(line, entry))
    return;
  // None of these may overflow; UBSan watches.
  FUZZ_CHECK(entry.inputElements() >= 0 && entry.outputElements() >= 0);
  FUZZ_CHECK(entry.weightElements() >= 1 && entry.flops() >= 0);
  FUZZ_CHECK(entry.compulsoryBytes() > 0);
}

/// What parseLayerLine says, which has to be what the C interface says.
bool checkLine(const std::string &line) {
  tconv_params params, before;
  std::memset(&params, 0x5a, sizeof(params));
  before = params;
  tconv_shape shape = {-3, -4};
  std::string name = "before";
  Status refused = parseLayerLine(line, params, shape, name);
  if (refused) {
    FUZZ_CHECK(same(params, before) && name == "before");
    FUZZ_CHECK(shape.batch == -3 && shape.length == -4);
    FUZZ_CHECK(!refused.message().empty() && refused.message().size() < 1000);
  } else {
    FUZZ_CHECK(name.find_first_of(" \t\r\n:=") == std::string::npos);
    checkParsed(params, shape);
  }
  // The C interface sees no more than what stands before a zero byte.
  if (line.find('\0') != std::string::npos)
    return !refused;
  tconv_params other;
  tconv_shape otherShape;
  char cut[8];
  tconv_status status =
      tconv_params_parse(line.c_str(), &other, &otherShape, cut, sizeof(cut));
  FUZZ_CHECK(status == refused.code());
  if (status == TCONV_OK) {
    FUZZ_CHECK(same(params, other) && cut == name.substr(0, sizeof(cut) - 1));
    FUZZ_CHECK(shape.batch == otherShape.batch &&
               shape.length == otherShape.length);
  }
  checkEntry(line);
  return !refused;
}

/// A file is its lines.
void checkFile(const uint8_t *data, size_t size) {
  fuzz::MemoryFile file(data, size);
  std::vector<NamedLayer> layers(1);
  layers[0].name = "before";
  Status refused = parseLayerFile(file.path(), layers);
  std::string_view text(reinterpret_cast<const char *>(data), size);
  size_t count = 0, number = 0;
  bool all = true;
  while (all && !text.empty()) {
    ++number;
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    line = line.substr(0, line.find('#'));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos)
      continue;
    all = checkLine(std::string(line));
    count += all ? 1 : 0;
  }
  FUZZ_CHECK(all == !refused);
  if (refused) {
    std::string start = file.path() + ":" + std::to_string(number) + ": ";
    FUZZ_CHECK(refused.message().compare(0, start.size(), start) == 0);
    FUZZ_CHECK(layers.size() == 1 && layers[0].name == "before");
    return;
  }
  FUZZ_CHECK(layers.size() == count);
  std::vector<tools::LayerEntry> entries;
  if (tools::readLayersFile(file.path(), "", entries))
    FUZZ_CHECK(entries.empty());
}

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > kLongest)
    return -1; // not for the corpus
  checkLine(std::string(reinterpret_cast<const char *>(data), size));
  checkFile(data, size);
  return 0;
}
