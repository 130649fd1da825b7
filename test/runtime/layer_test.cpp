// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What parameters mean: the shape formula, layer lines and files.
#include <cstdio>
#include <fstream>
#include <limits>

#include <gtest/gtest.h>

#include "layer/layer.h"
#include "support/data.h"
#include "support/exact.h"
#include "support/layers.h"

using namespace tconv;
using namespace tconv::test;

namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

std::string lineError(const std::string &line) {
  tconv_params params = defaultParams();
  tconv_shape shape;
  std::string name;
  return parseLayerLine(line, params, shape, name).message();
}

TEST(Shape, EveryModeFollowsTheTable) {
  struct {
    const char *line;
    int64_t length, outputs, crop;
  } cases[] = {
      {"kernel_size=4 stride=2 pad_mode=same", 5, 10, 1},
      {"kernel_size=5 stride=2 pad_mode=same", 5, 10, 1}, // odd: 1 and 2
      {"kernel_size=2 stride=3 pad_mode=same", 5, 15, 0},
      {"kernel_size=4 stride=2 pad_mode=valid", 5, 12, 0},
      {"kernel_size=2 stride=5 pad_mode=valid", 5, 25, 0}, // not 22
      {"kernel_size=3 stride=2 dilation=4 pad_mode=valid", 5, 17, 0},
      {"kernel_size=16 stride=8 pad_mode=pad padding=4", 861, 6888, 4},
      {"kernel_size=3 stride=2 pad_mode=pad padding=1 output_padding=1", 400,
       800, 1},
      {"kernel_size=5 pad_mode=pad padding=2", 1, 1, 2}, // all that is legal
      {"kernel_size=4 stride=2 pad_mode=crop crop_begin=3 crop_end=1", 5, 8, 3},
      {"kernel_size=4 stride=2 pad_mode=crop crop_begin=-3 crop_end=-1", 5, 16,
       -3},
      {"kernel_size=4 stride=2 pad_mode=crop crop_begin=1 output_length=7", 5,
       7, 1},
  };
  for (const auto &one : cases) {
    tconv_params params =
        parse(std::string("in_channels=1 out_channels=1 ") + one.line);
    int64_t outputs = 0;
    EXPECT_FALSE(outputLength(params, one.length, outputs)) << one.line;
    EXPECT_EQ(outputs, one.outputs) << one.line;
    EXPECT_EQ(generalForm(params).cropBegin, one.crop) << one.line;
  }
}

TEST(Shape, RandomLayersFollowTheTable) {
  Random random(7);
  for (int i = 0; i < 5000; ++i) {
    tconv_params params = randomParams(random);
    int64_t length = randomLength(random, params, 600);
    if (length == 0)
      continue;
    int64_t outputs = 0;
    ASSERT_FALSE(checkParams(params)) << formatLayerLine(params);
    ASSERT_FALSE(outputLength(params, length, outputs))
        << formatLayerLine(params);
    EXPECT_EQ(outputs, expectedOutputLength(params, length));
    GeneralForm form = generalForm(params);
    EXPECT_EQ(form.cropBegin, expectedCropBegin(params));
    if (form.fixedOutputLength == 0) {
      EXPECT_EQ(form.stride * (length - 1) +
                    form.dilation * (form.kernelSize - 1) + 1 - form.cropBegin -
                    form.cropEnd,
                outputs);
    }
  }
}

TEST(Shape, NothingLeftIsRefused) {
  tconv_params params = parse("in_channels=1 out_channels=1 kernel_size=3 "
                              "stride=2 pad_mode=pad padding=3");
  int64_t outputs = -7;
  Status error = outputLength(params, 2, outputs);
  EXPECT_EQ(error.code(), TCONV_INVALID_VALUE);
  EXPECT_EQ(error.message(), "length = 2: the output would have -1 positions; "
                             "it must have at least 1");
  EXPECT_EQ(outputs, -7);
  EXPECT_EQ(outputLength(params, 0, outputs).message(),
            "length = 0: must be at least 1");
}

TEST(Shape, OverflowIsRefused) {
  int64_t outputs;
  tconv_params params =
      parse("in_channels=1 out_channels=1 kernel_size=3 stride=4");
  EXPECT_EQ(outputLength(params, kMost / 2, outputs).code(),
            TCONV_INVALID_VALUE);
  EXPECT_EQ(outputLength(params, kMost, outputs).code(), TCONV_INVALID_VALUE);
  params.pad_mode = TCONV_CROP;
  params.crop_begin = -kMost;
  EXPECT_EQ(outputLength(params, 10, outputs).code(), TCONV_INVALID_VALUE);
  params.crop_begin = kMost;
  params.output_length = 5;
  EXPECT_EQ(outputLength(params, 10, outputs).code(), TCONV_INVALID_VALUE);
  params.crop_begin = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(outputLength(params, 10, outputs).code(), TCONV_INVALID_VALUE);

  params = parse("in_channels=1000 out_channels=1000 kernel_size=3");
  EXPECT_EQ(checkSizes(params, kMost / 1000, 10, 10).code(),
            TCONV_INVALID_VALUE);
  EXPECT_EQ(checkSizes(params, 1, kMost / 4000 + 1, 1).message(),
            "x (1, 1000, " + std::to_string(kMost / 4000 + 1) +
                "): its size doesn't fit a signed 64-bit number");
  EXPECT_EQ(checkSizes(params, 1, 1, kMost / 4000 + 1).code(),
            TCONV_INVALID_VALUE);
  EXPECT_FALSE(checkSizes(params, 1, kMost / 4000, 1));
  EXPECT_EQ(checkSizes(params, -1, 1, 1).message(),
            "batch = -1: must be at least 0");
}

// Batch items that lie one after the other, up to the medium class.
TEST(Shape, LengthClassesOfBatches) {
  auto of = [](const char *line, int64_t batch, int64_t length) {
    return lengthClass(parse(line), batch, length);
  };
  // An item has as many positions, and needs no room. Few of them stay short.
  const char *line = "in_channels=8 out_channels=5 kernel_size=4 stride=4";
  EXPECT_EQ(of(line, 1, 5), TCONV_LENGTH_SHORT);
  EXPECT_EQ(of(line, 3, 5), TCONV_LENGTH_SHORT);
  EXPECT_EQ(of(line, 4, 5), TCONV_LENGTH_SHORT);
  EXPECT_EQ(of(line, 3, 6), TCONV_LENGTH_MEDIUM);
  EXPECT_EQ(of(line, 2, 6), TCONV_LENGTH_SHORT);
  EXPECT_EQ(of(line, 1000, 6), TCONV_LENGTH_MEDIUM);
  EXPECT_EQ(of(line, 2, 193), TCONV_LENGTH_BULK);
  EXPECT_EQ(of(line, std::numeric_limits<int64_t>::max(), 5),
            TCONV_LENGTH_SHORT);
  // 6 positions and 1 of room for the taps; 10 and 50.
  EXPECT_EQ(of("in_channels=8 out_channels=17 kernel_size=3", 3, 6),
            TCONV_LENGTH_MEDIUM);
  EXPECT_EQ(of("in_channels=8 out_channels=17 kernel_size=100", 3, 10),
            TCONV_LENGTH_SHORT);
  // Sixteen rows fill no more than a vector.
  EXPECT_EQ(of("in_channels=8 out_channels=4 kernel_size=4 stride=4", 3, 6),
            TCONV_LENGTH_SHORT);
  // With few input channels there is one class.
  EXPECT_EQ(of("in_channels=7 out_channels=1 kernel_size=3", 3, 5),
            TCONV_LENGTH_BULK);
}

TEST(Shape, LengthClasses) {
  auto of = [](const char *line, int64_t length) {
    return lengthClass(parse(line), length);
  };
  const char *large = "in_channels=8 out_channels=1 kernel_size=4 stride=4";
  EXPECT_EQ(of(large, 16), TCONV_LENGTH_SHORT);
  EXPECT_EQ(of(large, 17), TCONV_LENGTH_MEDIUM);
  EXPECT_EQ(of(large, 192), TCONV_LENGTH_MEDIUM);
  EXPECT_EQ(of(large, 193), TCONV_LENGTH_BULK);
  EXPECT_EQ(of(large, 1), TCONV_LENGTH_SHORT);
  // Two neighbouring taps a phase, and more than 16 rows.
  const char *fast = "in_channels=8 out_channels=5 kernel_size=8 stride=4";
  EXPECT_EQ(of(fast, 383), TCONV_LENGTH_MEDIUM);
  EXPECT_EQ(of(fast, 384), TCONV_LENGTH_BULK);
  for (const char *line :
       {"in_channels=8 out_channels=4 kernel_size=8 stride=4",
        "in_channels=16 out_channels=8 kernel_size=8 stride=4 group=2",
        "in_channels=8 out_channels=5 kernel_size=7 stride=4",
        "in_channels=8 out_channels=8 kernel_size=4 stride=4 dilation=2",
        "in_channels=8 out_channels=5 kernel_size=8 stride=4 dilation=3"}) {
    EXPECT_EQ(of(line, 180), TCONV_LENGTH_MEDIUM) << line;
    EXPECT_EQ(of(line, 193), TCONV_LENGTH_BULK) << line;
  }
  // Two taps of 1024 channels, 1 and 2 taps, 2 and 3; length + 1 positions.
  const char *deep = "in_channels=1024 out_channels=1 kernel_size=8 stride=4";
  EXPECT_EQ(of(deep, 3), TCONV_LENGTH_STEP);
  EXPECT_EQ(of(deep, 4), TCONV_LENGTH_SHORT);
  EXPECT_EQ(of("in_channels=1024 out_channels=1 kernel_size=7 stride=4", 1),
            TCONV_LENGTH_SHORT);
  EXPECT_EQ(of("in_channels=1024 out_channels=1 kernel_size=9 stride=4", 1),
            TCONV_LENGTH_STEP);
  // Every tap of a phase that has any: the others have none.
  EXPECT_EQ(of("in_channels=1024 out_channels=1 kernel_size=2 stride=4 "
               "dilation=4",
               1),
            TCONV_LENGTH_STEP);
  EXPECT_EQ(of("in_channels=2048 out_channels=1 kernel_size=2 stride=4", 1),
            TCONV_LENGTH_STEP);
  EXPECT_EQ(of("in_channels=2048 out_channels=2 kernel_size=2 stride=4 "
               "group=2",
               1),
            TCONV_LENGTH_SHORT);
  // Fast algorithms for 7 positions and more: of 512 to 2^21 / 64 weights of an
  // input channel.
  const char *wide = "in_channels=64 out_channels=64 kernel_size=8 stride=4";
  EXPECT_EQ(stepPositions(parse(wide)), 6);
  EXPECT_EQ(of(wide, 5), TCONV_LENGTH_STEP);
  EXPECT_EQ(of(wide, 6), TCONV_LENGTH_SHORT);
  EXPECT_EQ(of(wide, 15), TCONV_LENGTH_SHORT);
  EXPECT_EQ(of(wide, 16), TCONV_LENGTH_MEDIUM);
  EXPECT_EQ(stepPositions(parse("in_channels=64 out_channels=4096 "
                                "kernel_size=8 stride=4")),
            6);
  EXPECT_EQ(stepPositions(parse(deep)), 4);
  for (const char *line :
       {"in_channels=64 out_channels=63 kernel_size=8 stride=4",
        "in_channels=64 out_channels=4097 kernel_size=8 stride=4",
        "in_channels=65 out_channels=4096 kernel_size=8 stride=4",
        "in_channels=64 out_channels=128 kernel_size=7 stride=4",
        "in_channels=64 out_channels=64 kernel_size=8 stride=4 dilation=3",
        "in_channels=128 out_channels=64 kernel_size=8 stride=4 group=2"}) {
    EXPECT_EQ(stepPositions(parse(line)), 0) << line;
    EXPECT_EQ(of(line, 1), TCONV_LENGTH_SHORT) << line;
  }
  const char *small = "in_channels=7 out_channels=1 kernel_size=4 stride=4";
  EXPECT_EQ(of(small, 1), TCONV_LENGTH_BULK);
  const char *groups =
      "in_channels=16 out_channels=4 kernel_size=4 stride=4 group=4";
  EXPECT_EQ(of(groups, 1), TCONV_LENGTH_BULK);
  // 64 outputs from coordinate -1 on touch 17 positions.
  const char *negative = "in_channels=8 out_channels=1 kernel_size=4 stride=4 "
                         "pad_mode=crop crop_begin=-1 output_length=64";
  EXPECT_EQ(of(negative, 1), TCONV_LENGTH_MEDIUM);
}

TEST(Line, DefaultsAndName) {
  tconv_params params;
  tconv_shape shape;
  std::string name;
  ASSERT_FALSE(parseLayerLine(
      "  a.b: in_channels=3 out_channels=64\tkernel_size=4 batch=2 length=50 ",
      params, shape, name));
  EXPECT_EQ(name, "a.b");
  EXPECT_EQ(params.in_channels, 3);
  EXPECT_EQ(params.out_channels, 64);
  EXPECT_EQ(params.kernel_size, 4);
  EXPECT_EQ(params.stride, 1);
  EXPECT_EQ(params.pad_mode, TCONV_SAME);
  EXPECT_EQ(params.dilation, 1);
  EXPECT_EQ(params.group, 1);
  EXPECT_EQ(params.has_bias, 0);
  EXPECT_EQ(params.dtype, TCONV_F32);
  EXPECT_EQ(shape.batch, 2);
  EXPECT_EQ(shape.length, 50);
}

TEST(Line, RoundTrip) {
  Random random(3);
  for (int i = 0; i < 2000; ++i) {
    tconv_params params = randomParams(random);
    std::string line = formatLayerLine(params);
    tconv_params back;
    tconv_shape shape;
    std::string name;
    ASSERT_FALSE(parseLayerLine(line, back, shape, name)) << line;
    EXPECT_EQ(formatLayerLine(back), line);
    EXPECT_EQ(back.in_channels, params.in_channels);
    EXPECT_EQ(back.out_channels, params.out_channels);
    EXPECT_EQ(back.kernel_size, params.kernel_size);
    EXPECT_EQ(back.stride, params.stride);
    EXPECT_EQ(back.pad_mode, params.pad_mode);
    EXPECT_EQ(back.padding, params.padding);
    EXPECT_EQ(back.dilation, params.dilation);
    EXPECT_EQ(back.group, params.group);
    EXPECT_EQ(back.has_bias, params.has_bias);
    EXPECT_EQ(back.output_padding, params.output_padding);
    EXPECT_EQ(back.crop_begin, params.crop_begin);
    EXPECT_EQ(back.crop_end, params.crop_end);
    EXPECT_EQ(back.output_length, params.output_length);
  }
}

TEST(Line, ErrorsNameWhatIsWrong) {
  const std::string ok = "in_channels=3 out_channels=6 kernel_size=4 ";
  const std::pair<std::string, const char *> cases[] = {
      {ok + "strid=2", "layer line: unknown key 'strid'; did you mean "
                       "'stride'?"},
      {ok + "groups=1", "layer line: unknown key 'groups'; did you mean "
                        "'group'?"},
      {ok + "Padding=1", "layer line: unknown key 'Padding'; did you mean "
                         "'padding'?"},
      {ok + "stride=2 stride=2", "layer line: key 'stride' stands twice"},
      {"in_channels=3 kernel_size=4", "layer line: out_channels is missing"},
      {"", "layer line: in_channels is missing"},
      {ok + "stride", "layer line: 'stride' is not of the form key=value"},
      {ok + "stride=", "stride = '': must be an integer"},
      {ok + "stride=2.0", "stride = '2.0': must be an integer"},
      {ok + "stride=0x2", "stride = '0x2': must be an integer"},
      {ok + "stride=99999999999999999999",
       "stride = '99999999999999999999': doesn't fit a signed 64-bit number"},
      {ok + "stride=0", "stride = 0: must be at least 1"},
      {ok + "pad_mode=SAME", "pad_mode = 'SAME': must be one of same, valid, "
                             "pad, crop"},
      {ok + "has_bias=2", "has_bias = '2': must be 0 or 1"},
      {ok + "dtype=f64", "dtype = 'f64': must be one of f32, f16, bf16"},
      {ok + "batch=-1", "batch = -1: must be at least 0"},
      {ok + "length=0", "length = 0: must be at least 1"},
      {"a b: " + ok, "layer line 'a b: in_channels=3 out_channels=6 "
                     "kernel_size=4 ': a name of one word must stand before "
                     "':'"},
      {": " + ok, "layer line ': in_channels=3 out_channels=6 kernel_size=4 "
                  "': a name of one word must stand before ':'"},
  };
  for (const auto &[line, message] : cases)
    EXPECT_EQ(lineError(line), message);
  // Hostile lines stay short in the message, and quick.
  EXPECT_LT(lineError(ok + std::string(1000000, 'x') + "=1").size(), 300u);
}

TEST(Line, FailureChangesNothing) {
  tconv_params params = defaultParams();
  tconv_shape shape = {5, 6};
  std::string name = "kept";
  EXPECT_TRUE(parseLayerLine("x: in_channels=3 bad=1", params, shape, name));
  EXPECT_EQ(params.in_channels, 0);
  EXPECT_EQ(shape.batch, 5);
  EXPECT_EQ(name, "kept");
}

TEST(File, TheSuiteIsRead) {
  std::vector<NamedLayer> layers;
  Status error = parseLayerFile(testPath("suites/public.layers"), layers);
  ASSERT_FALSE(error) << error.message();
  ASSERT_EQ(layers.size(), 16u);
  EXPECT_EQ(layers[0].name, "hifigan.up0");
  EXPECT_EQ(layers[0].shape.length, 861);
  EXPECT_EQ(layers[15].params.stride, 256);
}

TEST(File, ErrorsNameTheLine) {
  std::string path = testing::TempDir() + "tconv_bad.layers";
  std::ofstream(path) << "# a comment\n\n"
                      << "a: in_channels=1 out_channels=1 kernel_size=1\n"
                      << "b: in_channels=1 out_channels=1 kernl_size=1 # no\n";
  std::vector<NamedLayer> layers(1);
  Status error = parseLayerFile(path, layers);
  EXPECT_EQ(error.code(), TCONV_INVALID_VALUE);
  EXPECT_EQ(error.message(), path + ":4: layer line: unknown key "
                                    "'kernl_size'; did you mean "
                                    "'kernel_size'?");
  EXPECT_EQ(layers.size(), 1u);
  std::remove(path.c_str());

  error = parseLayerFile(path, layers);
  EXPECT_EQ(error.code(), TCONV_NOT_FOUND);
  EXPECT_NE(error.message().find(path), std::string::npos);
  error = parseLayerFile(testing::TempDir(), layers);
  EXPECT_EQ(error.code(), TCONV_NOT_FOUND) << "a folder is no file";
}

} // namespace
