// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numbers of layers that run on an Ascend, which is a model of its cores: every
// kind of kernel, from parameters to y, within SPEC.md's bounds.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <thread>

#include <sys/wait.h>

#include "ascend_model.h"
#include "layer/layer.h"
#include "tconv/tconv.hpp"

using namespace tconv::test;

namespace {

struct Case {
  const char *name;
  const char *line;
  struct Run {
    int64_t batch, length;
  } runs[2]; ///< of length 0: none
};
std::ostream &operator<<(std::ostream &stream, const Case &one) {
  return stream << one.name;
}

const Case kCases[] = {
    {"Cube",
     "in_channels=64 out_channels=32 kernel_size=4 stride=2 pad_mode=pad "
     "padding=1 has_bias=1",
     {{1, 300}, {2, 1}}},
    {"CubeInGroups",
     "in_channels=96 out_channels=40 kernel_size=5 stride=2 group=2 "
     "pad_mode=valid has_bias=1",
     {{2, 150}}},
    {"ManyRows",
     "in_channels=32 out_channels=48 kernel_size=16 stride=8 pad_mode=pad "
     "padding=4",
     {{1, 150}}},
    {"Vector",
     "in_channels=6 out_channels=4 kernel_size=5 stride=3 dilation=2 group=2 "
     "has_bias=1",
     {{2, 140}, {1, 3}}},
    {"Depthwise",
     "in_channels=16 out_channels=16 kernel_size=7 stride=2 group=16 "
     "has_bias=1",
     {{1, 300}}},
    {"OneOutput",
     "in_channels=32 out_channels=1 kernel_size=7 stride=1 has_bias=1",
     {{1, 300}}},
    {"PhasesWithoutTaps",
     "in_channels=5 out_channels=6 kernel_size=5 stride=8 has_bias=1",
     {{2, 150}}},
    {"TailBeyondTaps",
     "in_channels=3 out_channels=5 kernel_size=2 stride=4 pad_mode=valid "
     "has_bias=1",
     {{1, 130}}},
    {"DilationAndStrideShareAFactor",
     "in_channels=4 out_channels=3 kernel_size=4 stride=8 dilation=6",
     {{1, 130}}},
    {"Cropped",
     "in_channels=8 out_channels=8 kernel_size=9 stride=4 pad_mode=pad "
     "padding=6 output_padding=3",
     {{1, 140}, {2, 2}}},
    {"One", "in_channels=1 out_channels=1 kernel_size=1", {{1, 1}, {1, 130}}}};

class AscendModelLayers
    : public AscendModel,
      public testing::WithParamInterface<std::tuple<Case, tconv_dtype>> {};

INSTANTIATE_TEST_SUITE_P(Kinds, AscendModelLayers,
                         testing::Combine(testing::ValuesIn(kCases),
                                          testing::Values(TCONV_F32, TCONV_F16,
                                                          TCONV_BF16)),
                         [](const auto &info) {
                           tconv_dtype dtype = std::get<1>(info.param);
                           const char *type = dtype == TCONV_F32   ? "_f32"
                                              : dtype == TCONV_F16 ? "_f16"
                                                                   : "_bf16";
                           return std::get<0>(info.param).name +
                                  std::string(type);
                         });

TEST_P(AscendModelLayers, FromParametersToNumbers) {
  auto [one, dtype] = GetParam();
  tconv_params params = parse(one.line);
  params.dtype = dtype;
  {
    LayerHandle layer;
    ASSERT_EQ(makeLayer(params, "ascend", layer), TCONV_OK)
        << tconv_last_error();
    for (auto [batch, length] : one.runs) {
      if (length == 0)
        continue;
      EXPECT_EQ(runOnHost(layer.get(), params, random, batch, length), "")
          << "length " << length;
      EXPECT_EQ(described(layer.get(), batch, length, "path"), "kernel");
      EXPECT_EQ(described(layer.get(), batch, length, "from"), "compiled");
      EXPECT_EQ(described(layer.get(), batch, length, "target"),
                "ascend:910b3");
    }
  }
  EXPECT_GT(fake.count().launches, 0);
  fake.expectNothingLeft("the layer");
}

// The formula has no term for what lies beyond x, whatever the weights are.
TEST_F(AscendModel, WeightsThatAreNotFinite) {
  for (const char *line :
       {"in_channels=32 out_channels=16 kernel_size=4 stride=2 pad_mode=pad "
        "padding=1 has_bias=1",
        "in_channels=16 out_channels=16 kernel_size=7 stride=2 group=16"})
    for (float special : {INFINITY, NAN}) {
      tconv_params params = parse(line);
      LayerHandle layer;
      ASSERT_EQ(makeLayer(params, "ascend", layer), TCONV_OK)
          << tconv_last_error();
      std::vector<float> weight = randomValues(random, weightElements(params));
      weight[1] = special;
      const int64_t shape[] = {params.in_channels,
                               params.out_channels / params.group,
                               params.kernel_size};
      ASSERT_EQ(tconv_layer_set_weight(layer.get(), weight.data(), shape, 3),
                TCONV_OK);
      EXPECT_EQ(runOnHost(layer.get(), params, random, 1, 40), "")
          << line << ", " << special;
      EXPECT_EQ(described(layer.get(), 1, 40, "path"), "kernel");
    }
  fake.expectNothingLeft("the layers");
}

/// Small layers of all sorts; TCONV_TEST_ASCEND_LAYERS=N makes it more of them,
/// TCONV_TEST_SEED=S others.
TEST_F(AscendModel, RandomLayers) {
  auto number = [](const char *name, int otherwise) {
    const char *text = std::getenv(name);
    return text ? std::atoi(text) : otherwise;
  };
  random.seed(static_cast<unsigned>(number("TCONV_TEST_SEED", 1)));
  const tconv_dtype dtypes[] = {TCONV_F32, TCONV_F16, TCONV_BF16};
  for (int left = number("TCONV_TEST_ASCEND_LAYERS", 12); left > 0;) {
    tconv_params params = randomParams(random);
    int64_t length = randomLength(random, params, 150);
    if (length == 0 || weightElements(params) > 6000 ||
        yElements(params, 1, length) > 20000)
      continue;
    params.dtype = dtypes[left-- % 3];
    SCOPED_TRACE(tconv::formatLayerLine(params));
    LayerHandle layer;
    ASSERT_EQ(makeLayer(params, "ascend", layer), TCONV_OK)
        << tconv_last_error();
    ASSERT_EQ(runOnHost(layer.get(), params, random, 1 + left % 2, length), "")
        << "length " << length;
  }
  fake.expectNothingLeft("the layers");
}

TEST_F(AscendModel, OneCompilationServesEveryLength) {
  tconv_params params =
      parse("in_channels=6 out_channels=4 kernel_size=5 stride=3 dtype=f16");
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "ascend", layer), TCONV_OK);
  for (int64_t length : {1, 2, 33, 127, 128, 129, 400}) {
    ASSERT_EQ(runOnHost(layer.get(), params, random, 1 + length % 2, length),
              "")
        << "length " << length;
    // Four objects: to pack, for x's ends, for products, to store.
    EXPECT_EQ(fake.count().loads, 4) << "length " << length;
  }
}

/// Arrays whose rows lie apart, on a device.
struct Rows {
  static constexpr int64_t kGap = 3;
  Rows(int64_t count, int64_t length)
      : count(count), length(length), stride(length + kGap),
        elements(count * stride - kGap) {}
  /// `between` in the gaps; the last row ends where the array ends.
  std::vector<float> spread(const std::vector<float> &rows,
                            float between) const {
    std::vector<float> result(static_cast<size_t>(elements), between);
    for (int64_t r = 0; r < count; ++r)
      for (int64_t i = 0; i < length; ++i)
        result[static_cast<size_t>(r * stride + i)] =
            rows[static_cast<size_t>(r * length + i)];
    return result;
  }
  /// The rows; false where one of the gaps has changed.
  bool gather(const std::vector<float> &all, float between,
              std::vector<float> &rows) const {
    bool same = true;
    for (int64_t i = 0; i < elements; ++i) {
      float value = all[static_cast<size_t>(i)];
      if (i % stride < length)
        rows.push_back(value);
      else
        same &= value == between;
    }
    return same;
  }
  int64_t count, length, stride, elements;
};

BufferHandle upload(int32_t dtype, const std::vector<float> &values) {
  std::vector<uint8_t> bytes = toBytes(dtype, values);
  auto size = static_cast<int64_t>(bytes.size());
  BufferHandle buffer = makeBuffer(size, "ascend");
  EXPECT_EQ(tconv_device_buffer_write(buffer.get(), bytes.data(), size),
            TCONV_OK)
      << tconv_last_error();
  return buffer;
}

std::vector<float> download(int32_t dtype, const BufferHandle &buffer,
                            int64_t elements) {
  std::vector<uint8_t> bytes(
      static_cast<size_t>(elements * (dtype == TCONV_F32 ? 4 : 2)));
  EXPECT_EQ(tconv_device_buffer_read(buffer.get(), bytes.data(),
                                     static_cast<int64_t>(bytes.size())),
            TCONV_OK)
      << tconv_last_error();
  return fromBytes(dtype, bytes);
}

TEST_F(AscendModel, RowsThatLieApartOnTheCallersStream) {
  constexpr float kBetween = 5;
  ASSERT_EQ(fake.get<int (*)(int32_t)>("aclrtSetDevice")(0), 0);
  void *stream = nullptr;
  ASSERT_EQ(fake.get<int (*)(void **)>("aclrtCreateStream")(&stream), 0);
  for (const char *line :
       {"in_channels=16 out_channels=16 kernel_size=4 stride=2 pad_mode=pad "
        "padding=1 has_bias=1 dtype=f16",
        "in_channels=16 out_channels=16 kernel_size=4 stride=2 pad_mode=pad "
        "padding=1 has_bias=1 dtype=f32",
        "in_channels=6 out_channels=9 kernel_size=3 stride=5 group=3 "
        "dtype=bf16"}) {
    SCOPED_TRACE(line);
    tconv_params params = parse(line);
    LayerHandle layer;
    ASSERT_EQ(makeLayer(params, "ascend:0", layer), TCONV_OK);
    for (int64_t length : {150, 9}) {
      constexpr int64_t kBatch = 2;
      LaunchData data(params, random, kBatch, length);
      int64_t outputs = data.outputs / kBatch / params.out_channels;
      Rows inputs(kBatch * params.in_channels, length);
      Rows results(kBatch * params.out_channels, outputs);
      BufferHandle x = upload(params.dtype, inputs.spread(data.x, NAN));
      BufferHandle y = upload(
          params.dtype,
          std::vector<float>(static_cast<size_t>(results.elements), kBetween));
      tconv_strides strides = {sizeof(strides),
                               0,
                               params.in_channels * inputs.stride,
                               inputs.stride,
                               params.out_channels * results.stride,
                               results.stride};
      ASSERT_EQ(tconv_layer_run_device(
                    layer.get(), tconv_device_buffer_pointer(x.get()), kBatch,
                    length, tconv_device_buffer_pointer(y.get()), &strides,
                    stream),
                TCONV_OK)
          << tconv_last_error();
      std::vector<float> rows;
      EXPECT_TRUE(results.gather(download(params.dtype, y, results.elements),
                                 kBetween, rows));
      EXPECT_EQ(ExactLayer(layer.get(), params).compare(data, rows), "");
    }
  }
  ASSERT_EQ(fake.get<int (*)(void *)>("aclrtDestroyStream")(stream), 0);
  fake.expectNothingLeft("the layers");
}

TEST_F(AscendModel, TwoThreadsOnTwoStreams) {
  constexpr int64_t kLength = 150;
  tconv_params params =
      parse("in_channels=8 out_channels=6 kernel_size=4 stride=2 has_bias=1");
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "ascend", layer), TCONV_OK);
  ASSERT_EQ(fake.get<int (*)(int32_t)>("aclrtSetDevice")(0), 0);
  std::vector<LaunchData> data;
  std::vector<void *> streams(2);
  std::vector<BufferHandle> results;
  for (void *&stream : streams) {
    ASSERT_EQ(fake.get<int (*)(void **)>("aclrtCreateStream")(&stream), 0);
    data.emplace_back(params, random, 1, kLength);
    results.push_back(makeBuffer(data.back().outputs * 4, "ascend"));
  }
  std::vector<std::thread> threads;
  for (size_t t = 0; t < streams.size(); ++t)
    threads.emplace_back([&, t] {
      BufferHandle x = upload(params.dtype, data[t].x);
      for (int i = 0; i < 3; ++i)
        EXPECT_EQ(tconv_layer_run_device(
                      layer.get(), tconv_device_buffer_pointer(x.get()), 1,
                      kLength, tconv_device_buffer_pointer(results[t].get()),
                      nullptr, streams[t]),
                  TCONV_OK)
            << tconv_last_error();
    });
  for (std::thread &thread : threads)
    thread.join();
  ExactLayer exact(layer.get(), params);
  for (size_t t = 0; t < streams.size(); ++t)
    EXPECT_EQ(exact.compare(
                  data[t], download(params.dtype, results[t], data[t].outputs)),
              "");
  EXPECT_EQ(fake.count().loads, 4);
  EXPECT_EQ(fake.count().freed_in_use, 0);
}

TEST_F(AscendModel, InCpp) {
  constexpr int64_t kLength = 140;
  tconv::Options options;
  options.stride = 4;
  options.padMode = "same";
  options.hasBias = true;
  options.dtype = TCONV_F16;
  options.target = "ascend";
  tconv::Conv1dTranspose layer(16, 8, 8, options);
  EXPECT_EQ(layer.device(), 0);
  // The same weights, where the numbers can be had.
  LayerHandle same;
  tconv_params params = layer.params();
  ASSERT_EQ(makeLayer(params, "reference", same), TCONV_UNSUPPORTED);
  params.dtype = TCONV_F32;
  ASSERT_EQ(makeLayer(params, "reference", same), TCONV_OK);
  std::vector<float> weight = layer.weight(), bias = layer.bias();
  const int64_t shape[] = {16, 8, 8};
  ASSERT_EQ(tconv_layer_set_weight(same.get(), weight.data(), shape, 3),
            TCONV_OK);
  ASSERT_EQ(tconv_layer_set_bias(same.get(), bias.data(), &shape[1], 1),
            TCONV_OK);
  params.dtype = TCONV_F16;
  ExactLayer exact(same.get(), params);
  LaunchData data(params, random, 1, kLength);
  std::vector<uint8_t> x = toBytes(TCONV_F16, data.x);
  std::vector<uint8_t> y(static_cast<size_t>(data.outputs * 2));
  layer.run(x.data(), 1, kLength, y.data());
  EXPECT_EQ(exact.compare(data, fromBytes(TCONV_F16, y)), "");
  // In its memory, the same bits.
  tconv::DeviceBuffer there(static_cast<int64_t>(x.size()), "ascend");
  tconv::DeviceBuffer result(static_cast<int64_t>(y.size()), "ascend");
  there.write(x.data(), static_cast<int64_t>(x.size()));
  layer.runOnDevice(there.pointer(), 1, kLength, result.pointer());
  std::vector<uint8_t> again(y.size());
  result.read(again.data(), static_cast<int64_t>(again.size()));
  EXPECT_EQ(again, y);
}

/// A library, and words for it.
struct Way {
  const char *name, *library, *words;
};
std::ostream &operator<<(std::ostream &stream, const Way &way) {
  return stream << way.name;
}

/// Both ways to launch, and the other orders in which pipes may act.
class AscendModelWays : public AscendModel,
                        public testing::WithParamInterface<Way> {
protected:
  AscendModelWays() : AscendModel(GetParam().library) {}
};

INSTANTIATE_TEST_SUITE_P(
    Way, AscendModelWays,
    testing::Values(
        Way{"Old", FAKE_ASCEND_MODEL_OLD, ""},
        Way{"ConsumersFirst", FAKE_ASCEND_MODEL_NEW, "policy=consumers-first"},
        Way{"ProducersFirst", FAKE_ASCEND_MODEL_NEW, "policy=producers-first"}),
    [](const auto &info) { return std::string(info.param.name); });

TEST_P(AscendModelWays, Run) {
  setenv("FAKE_ASCEND", GetParam().words, 1);
  for (const char *line :
       {"in_channels=64 out_channels=32 kernel_size=4 stride=2 has_bias=1 "
        "dtype=f16",
        "in_channels=6 out_channels=6 kernel_size=5 stride=3 group=6"}) {
    SCOPED_TRACE(line);
    tconv_params params = parse(line);
    LayerHandle layer;
    ASSERT_EQ(makeLayer(params, "ascend", layer), TCONV_OK)
        << tconv_last_error();
    EXPECT_EQ(runOnHost(layer.get(), params, random, 2, 140), "");
  }
  fake.expectNothingLeft("the layers");
}

TEST_F(AscendModel, KernelsFromDiskNeedNoCompiler) {
  std::string folder = testing::TempDir() + "tconv-ascend-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  setenv("TCONV_CACHE_DIR", folder.c_str(), 1);
  unsetenv("TCONV_CACHE_SIZE");
  tconv_params params =
      parse("in_channels=8 out_channels=8 kernel_size=4 stride=2 dtype=f16");
  // A child: whether its kernel came from there, and its numbers are right.
  auto runs = [&](const char *from) {
    pid_t child = fork();
    if (child == 0) {
      LayerHandle layer;
      tconv_status status = makeLayer(params, "ascend", layer);
      std::string wrong = status
                              ? tconv_last_error()
                              : runOnHost(layer.get(), params, random, 1, 140);
      if (wrong.empty() && described(layer.get(), 1, 140, "from") != from)
        wrong = "from " + described(layer.get(), 1, 140, "from");
      if (!wrong.empty())
        std::fprintf(stderr, "%s\n", wrong.c_str());
      _exit(wrong.empty() ? 0 : 1);
    }
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
  };
  EXPECT_TRUE(runs("compiled"));
  // Now without any compiler; the model's templates come with Huawei's.
  setenv("FAKE_ASCEND",
         ("bishengir=" + std::string(std::getenv("TCONV_BISHENGIR"))).c_str(),
         1);
  setenv("TCONV_BISHENGIR", "/nonexistent", 1);
  setenv("TCONV_COMPILER_LIBRARY", "/nonexistent/compiler", 1);
  EXPECT_TRUE(runs("disk cache"));
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

} // namespace
