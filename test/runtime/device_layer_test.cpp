// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers on a GPU, with a driver that runs their PTX in the interpreter: what
// they compute, on arrays of the host and of the device, and what they keep.
// The kernels are written by hand (support/naive_ptx.h) and registered, as
// those are that a program brings.
#include "device_test.h"

#include <thread>

#include "device/cuda_api.h"
#include "support/half.h"
#include "tconv/tconv.hpp"

using namespace tconv;
using namespace tconv::test;

namespace {

class Device : public testing::Test {
protected:
  void SetUp() override {
    setenv("TCONV_CUDA_LIBRARY", FAKE_CUDA_LIBRARY, 1);
    // What isn't registered has no kernel.
    setenv("TCONV_COMPILER_LIBRARY", "/nonexistent/compiler", 1);
  }

  /// Nothing is left of what layers and buffers had, and nothing went while
  /// it was used.
  void expectNothingLeft() const {
    fake_cuda_counts counts = cuda.count();
    EXPECT_EQ(counts.contexts, 0);
    EXPECT_EQ(counts.primary_shares, 0);
    EXPECT_EQ(counts.modules, 0);
    EXPECT_EQ(counts.allocations, 0);
    EXPECT_EQ(counts.bytes, 0);
    EXPECT_EQ(counts.streams, 0);
    EXPECT_EQ(counts.leaked, 0);
    EXPECT_EQ(counts.freed_in_use, 0);
  }

  FakeCuda cuda;
};

const char *const kLines[] = {
    "in_channels=3 out_channels=5 kernel_size=4 stride=2 pad_mode=pad "
    "padding=1 has_bias=1",
    "in_channels=4 out_channels=6 kernel_size=3 stride=5 group=2",
    "in_channels=2 out_channels=2 kernel_size=5 stride=2 dilation=2 group=2 "
    "pad_mode=valid has_bias=1",
    "in_channels=1 out_channels=1 kernel_size=1 stride=3 pad_mode=same",
    "in_channels=2 out_channels=3 kernel_size=4 stride=3 pad_mode=crop "
    "crop_begin=-4 crop_end=-2 has_bias=1",
    "in_channels=2 out_channels=3 kernel_size=7 stride=3 pad_mode=pad "
    "padding=2 output_padding=1",
};

TEST_F(Device, HostArraysGiveTheFormula) {
  Random random(1);
  for (const char *line : kLines) {
    tconv_params params = parse(line);
    registerNaive(params);
    LayerHandle layer;
    ASSERT_EQ(makeLayer(params, "cuda", layer), TCONV_OK) << tconv_last_error();
    for (int64_t batch : {1, 3}) {
      for (int64_t length : {2, 37}) {
        std::vector<float> x =
            randomValues(random, xElements(params, batch, length));
        std::vector<float> y(
            static_cast<size_t>(yElements(params, batch, length)), -1);
        ASSERT_EQ(
            tconv_layer_run(layer.get(), x.data(), batch, length, y.data()),
            TCONV_OK)
            << tconv_last_error();
        EXPECT_EQ(compareWithExact(layer.get(), params, x, batch, length, y),
                  "")
            << line << " length=" << length;
      }
    }
    EXPECT_EQ(described(layer.get(), 1, 37, "path"), "kernel");
    EXPECT_EQ(described(layer.get(), 1, 37, "target"), "nvptx:sm_80");
    EXPECT_EQ(described(layer.get(), 1, 37, "device"), "cuda:0");
    EXPECT_EQ(described(layer.get(), 1, 37, "from"), "ahead of time");
    layer.reset();
    expectNothingLeft();
  }
}

TEST_F(Device, DeviceArraysGiveTheFormula) {
  Random random(2);
  tconv_params params = parse(kLines[0]);
  registerNaive(params);
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "cuda:0", layer), TCONV_OK) << tconv_last_error();
  const int64_t batch = 2, length = 30;
  std::vector<float> x = randomValues(random, xElements(params, batch, length));
  int64_t outputs = yElements(params, batch, length);
  BufferHandle xThere = bufferOf(x), yThere = makeBuffer(outputs * 4);
  void *pointer = tconv_device_buffer_pointer(yThere.get());
  ASSERT_EQ(tconv_layer_run_device(layer.get(),
                                   tconv_device_buffer_pointer(xThere.get()),
                                   batch, length, pointer, nullptr, nullptr),
            TCONV_OK)
      << tconv_last_error();
  EXPECT_EQ(compareWithExact(layer.get(), params, x, batch, length,
                             valuesIn<float>(yThere, outputs)),
            "");
  layer.reset();
  xThere.reset();
  yThere.reset();
  expectNothingLeft();
}

TEST_F(Device, StridesReachPartsOfArrays) {
  Random random(3);
  tconv_params params = parse(kLines[0]);
  registerNaive(params);
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "cuda", layer), TCONV_OK) << tconv_last_error();
  const int64_t batch = 2, length = 9;
  int64_t outLength = 0;
  ASSERT_EQ(tconv_layer_output_length(layer.get(), length, &outLength),
            TCONV_OK);
  // x lies channel by channel, its batch items next to each other; rows of y
  // have a gap behind them.
  tconv_strides strides = {sizeof(strides),
                           0,
                           length + 1,
                           2 * (length + 1),
                           params.out_channels * (outLength + 3),
                           outLength + 3};
  std::vector<float> x = randomValues(random, xElements(params, batch, length));
  std::vector<float> wide(
      static_cast<size_t>(2 * (length + 1) * params.in_channels), 99);
  for (int64_t n = 0; n < batch; ++n)
    for (int64_t c = 0; c < params.in_channels; ++c)
      for (int64_t i = 0; i < length; ++i)
        wide[static_cast<size_t>(n * strides.x_batch + c * strides.x_channel +
                                 i)] =
            x[static_cast<size_t>((n * params.in_channels + c) * length + i)];
  int64_t room = batch * strides.y_batch;
  std::vector<float> before(static_cast<size_t>(room), 7);
  BufferHandle xThere = bufferOf(wide), yThere = bufferOf(before);
  ASSERT_EQ(tconv_layer_run_device(
                layer.get(), tconv_device_buffer_pointer(xThere.get()), batch,
                length, tconv_device_buffer_pointer(yThere.get()), &strides,
                nullptr),
            TCONV_OK)
      << tconv_last_error();
  std::vector<float> there = valuesIn<float>(yThere, room), y;
  for (int64_t row = 0; row < batch * params.out_channels; ++row)
    for (int64_t t = 0; t < strides.y_channel; ++t) {
      float value = there[static_cast<size_t>(row * strides.y_channel + t)];
      if (t < outLength)
        y.push_back(value);
      else
        EXPECT_EQ(value, 7) << "row " << row << ", " << t;
    }
  EXPECT_EQ(compareWithExact(layer.get(), params, x, batch, length, y), "");
}

TEST_F(Device, HalvesAreRoundedOnce) {
  Random random(4);
  for (int32_t dtype : {TCONV_F16, TCONV_BF16}) {
    tconv_params params = parse(kLines[0]);
    params.dtype = dtype;
    NaiveOptions options;
    options.architecture = 80;
    options.version = "7.8";
    registerNaive(params, options);
    LayerHandle layer;
    ASSERT_EQ(makeLayer(params, "cuda", layer), TCONV_OK) << tconv_last_error();
    const int64_t batch = 2, length = 21;
    std::vector<float> x =
        randomValues(random, xElements(params, batch, length));
    std::vector<uint16_t> halves(x.size());
    int64_t outputs = yElements(params, batch, length);
    std::vector<uint16_t> y(static_cast<size_t>(outputs));
    auto count = static_cast<int64_t>(x.size());
    fromFloats(dtype, x.data(), count, halves.data());
    toFloats(dtype, halves.data(), count, x.data());
    ASSERT_EQ(
        tconv_layer_run(layer.get(), halves.data(), batch, length, y.data()),
        TCONV_OK)
        << tconv_last_error();
    // The reference in C, with weights rounded as the layer's are.
    std::vector<float> weight(static_cast<size_t>(weightElements(params)));
    std::vector<float> bias(static_cast<size_t>(params.out_channels));
    ASSERT_EQ(tconv_layer_get_weight(layer.get(), weight.data()), TCONV_OK);
    ASSERT_EQ(tconv_layer_get_bias(layer.get(), bias.data()), TCONV_OK);
    for (std::vector<float> *values : {&weight, &bias}) {
      std::vector<uint16_t> rounded(values->size());
      auto elements = static_cast<int64_t>(values->size());
      fromFloats(dtype, values->data(), elements, rounded.data());
      toFloats(dtype, rounded.data(), elements, values->data());
    }
    tconv_params plain = params;
    plain.dtype = TCONV_F32;
    std::vector<float> exact(static_cast<size_t>(outputs)), got = exact;
    ASSERT_EQ(tconv_reference_run(&plain, weight.data(), bias.data(), x.data(),
                                  batch, length, exact.data(), 1),
              TCONV_OK);
    toFloats(dtype, y.data(), outputs, got.data());
    // Half a unit of the last place, and what float32 sums add.
    float unit = dtype == TCONV_F16 ? 0x1p-11F : 0x1p-8F;
    for (size_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR(got[i], exact[i], 1.001F * unit * std::abs(exact[i]) + 1e-5F)
          << i;
  }
}

TEST_F(Device, TheClassesOfCpp) {
  tconv_params params = parse(kLines[0]);
  registerNaive(params);
  Options options;
  options.stride = params.stride;
  options.padMode = "pad";
  options.padding = params.padding;
  options.hasBias = true;
  options.target = "cuda";
  Conv1dTranspose layer(params.in_channels, params.out_channels,
                        params.kernel_size, options);
  EXPECT_EQ(layer.device(), 0);
  Random random(9);
  std::vector<float> x = randomValues(random, xElements(params, 1, 12));
  std::vector<float> y = layer(x, 1, 12);
  std::vector<float> there(y.size());
  auto xBytes = static_cast<int64_t>(x.size() * sizeof(float));
  auto yBytes = static_cast<int64_t>(y.size() * sizeof(float));
  DeviceBuffer xThere(xBytes), yThere(yBytes, "cuda:0");
  xThere.write(x.data(), xBytes);
  layer.runOnDevice(xThere.pointer(), 1, 12, yThere.pointer());
  yThere.wait();
  yThere.read(there.data(), yBytes);
  EXPECT_EQ(there, y);
  EXPECT_THROW(layer.runOnDevice(x.data(), 1, 12, yThere.pointer()),
               ValueError);
  EXPECT_THROW(DeviceBuffer(4, "cpu:native"), ValueError);
  options.dtype = TCONV_F16;
  Conv1dTranspose halves(3, 5, 4, options);
  EXPECT_THROW(halves(x, 1, 12), TypeError);
}

TEST_F(Device, WeightsArePackedOnce) {
  tconv_params params = parse(kLines[0]);
  registerNaive(params);
  LayerHandle layer, other;
  ASSERT_EQ(makeLayer(params, "cuda", layer), TCONV_OK) << tconv_last_error();
  ASSERT_EQ(makeLayer(params, "cuda", other), TCONV_OK) << tconv_last_error();
  std::vector<float> x(static_cast<size_t>(xElements(params, 1, 8)), 1);
  std::vector<float> y(static_cast<size_t>(yElements(params, 1, 8)));
  auto run = [&](const LayerHandle &which) {
    EXPECT_EQ(tconv_layer_run(which.get(), x.data(), 1, 8, y.data()), TCONV_OK)
        << tconv_last_error();
  };
  ASSERT_EQ(tconv_layer_prepare(layer.get(), 1, 8), TCONV_OK)
      << tconv_last_error();
  EXPECT_EQ(cuda.count().launches, 1); // of the packing
  for (int i = 0; i < 3; ++i)
    run(layer);
  EXPECT_EQ(cuda.count().launches, 4);
  run(other);
  EXPECT_EQ(cuda.count().launches, 6);
  EXPECT_EQ(cuda.count().module_loads, 1) << "layers share a module";
  // Another bias needs no packing, another weight does, and old ones go.
  int64_t allocations = cuda.count().allocations;
  std::vector<float> bias(static_cast<size_t>(params.out_channels), 3);
  std::vector<float> weight(static_cast<size_t>(weightElements(params)), 0);
  const int64_t biasShape[] = {params.out_channels};
  const int64_t shape[] = {params.in_channels, params.out_channels,
                           params.kernel_size};
  ASSERT_EQ(tconv_layer_set_bias(layer.get(), bias.data(), biasShape, 1),
            TCONV_OK);
  run(layer);
  EXPECT_EQ(cuda.count().launches, 7);
  EXPECT_EQ(compareWithExact(layer.get(), params, x, 1, 8, y), "");
  ASSERT_EQ(tconv_layer_set_weight(layer.get(), weight.data(), shape, 3),
            TCONV_OK);
  run(layer);
  EXPECT_EQ(cuda.count().launches, 9);
  EXPECT_EQ(y, std::vector<float>(y.size(), 3));
  EXPECT_EQ(cuda.count().allocations, allocations);
  layer.reset();
  other.reset();
  expectNothingLeft();
}

TEST_F(Device, LargeSharedMemoryIsAskedFor) {
  tconv_params params = parse(kLines[0]);
  NaiveOptions options;
  options.sharedBytes = 100 * 1024;
  registerNaive(params, options);
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "cuda", layer), TCONV_OK) << tconv_last_error();
  std::vector<float> x(static_cast<size_t>(xElements(params, 1, 8)), 1);
  std::vector<float> y(static_cast<size_t>(yElements(params, 1, 8)));
  EXPECT_EQ(tconv_layer_run(layer.get(), x.data(), 1, 8, y.data()), TCONV_OK)
      << tconv_last_error();

  tconv_params larger = parse("in_channels=2 out_channels=1 kernel_size=3");
  options.sharedBytes = 200 * 1024;
  registerNaive(larger, options);
  ASSERT_EQ(makeLayer(larger, "cuda", layer), TCONV_OK);
  EXPECT_EQ(tconv_layer_run(layer.get(), x.data(), 1, 8, y.data()),
            TCONV_UNSUPPORTED);
  EXPECT_NE(std::string(tconv_last_error()).find("204800 bytes of shared"),
            std::string::npos)
      << tconv_last_error();
}

TEST_F(Device, TheNewestArchitectureIsTaken) {
  setenv("FAKE_CUDA", "capability=87", 1);
  tconv_params params = parse(kLines[1]);
  NaiveOptions older, newer, newest;
  older.architecture = 75;
  newer.architecture = 86;
  newest.architecture = 90;
  for (const NaiveOptions &options : {older, newest, newer})
    registerNaive(params, options);
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "cuda", layer), TCONV_OK) << tconv_last_error();
  EXPECT_EQ(described(layer.get(), 1, 9, "target"), "nvptx:sm_86");
  const tconv_kernel *kernel = nullptr;
  for (const auto &[target, wanted] :
       {std::pair("cuda", "nvptx:sm_86"),
        std::pair("nvptx:sm_80", "nvptx:sm_75"),
        std::pair("nvptx:sm_100", "nvptx:sm_90")}) {
    tconv_layer_options options;
    tconv_layer_options_init(&options);
    options.target = target;
    tconv_kernel_ref *ref = nullptr;
    ASSERT_EQ(tconv_kernel_acquire(&params, &options, 9, &ref), TCONV_OK)
        << tconv_last_error();
    kernel = tconv_kernel_get(ref);
    EXPECT_STREQ(kernel->target, wanted) << target;
    EXPECT_NE(kernel->device, nullptr);
    tconv_kernel_release(ref);
  }
  ASSERT_EQ(makeLayer(params, "nvptx:sm_80", layer), TCONV_OK)
      << tconv_last_error();
  EXPECT_EQ(makeLayer(params, "nvptx:sm_90", layer), TCONV_UNSUPPORTED);
  EXPECT_NE(std::string(tconv_last_error()).find("compute capability 8.7"),
            std::string::npos)
      << tconv_last_error();
}

TEST_F(Device, Tf32KernelsAreForThoseWhoAsk) {
  tconv_params params = parse(kLines[3]);
  NaiveOptions options;
  options.accuracy = TCONV_ACCURACY_TF32;
  options.architecture = 80;
  registerNaive(params, options);
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "cuda", layer), TCONV_OK);
  EXPECT_EQ(described(layer.get(), 1, 9, "path"), "reference");
  ASSERT_EQ(makeLayer(params, "cuda", layer, TCONV_ACCURACY_TF32), TCONV_OK)
      << tconv_last_error();
  EXPECT_EQ(described(layer.get(), 1, 9, "path"), "kernel");
  EXPECT_EQ(described(layer.get(), 1, 9, "accuracy"), "tf32");
  EXPECT_EQ(makeLayer(params, "nvptx:sm_75", layer, TCONV_ACCURACY_TF32),
            TCONV_UNSUPPORTED);
}

TEST_F(Device, WithoutAKernelHostArraysTakeTheReference) {
  Random random(5);
  for (int32_t dtype : {TCONV_F32, TCONV_F16, TCONV_BF16}) {
    tconv_params params = parse("in_channels=3 out_channels=2 kernel_size=9");
    params.dtype = dtype;
    LayerHandle layer;
    ASSERT_EQ(makeLayer(params, "cuda", layer), TCONV_OK) << tconv_last_error();
    std::vector<float> x = randomValues(random, xElements(params, 1, 8));
    std::vector<char> bytes(x.size() * sizeof(float)), y(1000);
    fromFloats(dtype, x.data(), static_cast<int64_t>(x.size()), bytes.data());
    EXPECT_EQ(tconv_layer_run(layer.get(), bytes.data(), 1, 8, y.data()),
              TCONV_OK)
        << tconv_last_error();
    EXPECT_EQ(described(layer.get(), 1, 8, "path"), "reference");
    EXPECT_NE(described(layer.get(), 1, 8, "why").find("no compiler"),
              std::string::npos);
    // Memory of the device has no other way.
    BufferHandle there = makeBuffer(2000);
    void *pointer = tconv_device_buffer_pointer(there.get());
    EXPECT_EQ(tconv_layer_run_device(layer.get(), pointer, 1, 8,
                                     static_cast<char *>(pointer) + 1024,
                                     nullptr, nullptr),
              TCONV_NOT_FOUND);
    EXPECT_NE(std::string(tconv_last_error()).find("no kernel"),
              std::string::npos)
        << tconv_last_error();
  }
}

TEST_F(Device, ArgumentsAreChecked) {
  tconv_params params = parse(kLines[0]);
  registerNaive(params);
  LayerHandle layer, onCpu;
  ASSERT_EQ(makeLayer(params, "cuda", layer), TCONV_OK) << tconv_last_error();
  ASSERT_EQ(makeLayer(params, "reference", onCpu), TCONV_OK);
  BufferHandle buffer = makeBuffer(100000);
  auto *x = static_cast<char *>(tconv_device_buffer_pointer(buffer.get()));
  char *y = x + 50000;
  std::vector<float> host(1000);
  tconv_strides fine = {sizeof(fine), 0, 30, 10, 100, 20};
  struct Case {
    tconv_layer *layer;
    const void *x;
    int64_t batch, length;
    void *y;
    tconv_strides strides;
    tconv_status status;
    const char *words;
  };
  auto with = [&](int64_t tconv_strides::*member, int64_t value) {
    tconv_strides changed = fine;
    changed.*member = value;
    return changed;
  };
  tconv_strides otherSize = fine;
  otherSize.struct_size = 8;
  const int64_t huge = INT64_MAX / 2;
  const Case cases[] = {
      {layer.get(), x, 2, 10, y, fine, TCONV_OK, ""},
      {nullptr, x, 2, 10, y, fine, TCONV_INVALID_TYPE, "layer = NULL"},
      {layer.get(), nullptr, 2, 10, y, fine, TCONV_INVALID_TYPE, "x = NULL"},
      {layer.get(), x, 2, 10, nullptr, fine, TCONV_INVALID_TYPE, "y = NULL"},
      {layer.get(), x + 1, 2, 10, y, fine, TCONV_INVALID_VALUE, "aligned"},
      {layer.get(), x, 2, 10, y + 2, fine, TCONV_INVALID_VALUE, "aligned"},
      {layer.get(), x, -1, 10, y, fine, TCONV_INVALID_VALUE, "batch = -1"},
      {layer.get(), x, 2, 0, y, fine, TCONV_INVALID_VALUE, "length = 0"},
      {layer.get(), x, 2, 10, x, fine, TCONV_INVALID_VALUE, "overlaps"},
      {layer.get(), host.data(), 2, 10, y, fine, TCONV_INVALID_VALUE, "x = 0x"},
      {layer.get(), x, 2, 10, host.data(), fine, TCONV_INVALID_VALUE, "y = 0x"},
      {layer.get(), x, 2, 10, y, otherSize, TCONV_INVALID_VALUE,
       "struct_size = 8"},
      {layer.get(), x, 2, 10, y, with(&tconv_strides::x_batch, -1),
       TCONV_INVALID_VALUE, "x_batch = -1"},
      {layer.get(), x, 2, 10, y, with(&tconv_strides::x_channel, huge),
       TCONV_INVALID_VALUE, "64-bit"},
      {layer.get(), x, 2, 10, y, with(&tconv_strides::y_channel, 19),
       TCONV_INVALID_VALUE, "y_channel = 19"},
      {layer.get(), x, 2, 10, y, with(&tconv_strides::y_batch, 99),
       TCONV_INVALID_VALUE, "y_batch = 99"},
      {onCpu.get(), x, 2, 10, y, fine, TCONV_INVALID_VALUE, "reference"},
  };
  std::vector<float> values(1000, 1);
  ASSERT_EQ(tconv_device_buffer_write(buffer.get(), values.data(), 4000),
            TCONV_OK);
  for (const Case &c : cases) {
    EXPECT_EQ(tconv_layer_run_device(c.layer, c.x, c.batch, c.length, c.y,
                                     &c.strides, nullptr),
              c.status)
        << c.words << ": " << tconv_last_error();
    if (c.status) {
      EXPECT_NE(std::string(tconv_last_error()).find(c.words),
                std::string::npos)
          << c.words << " in: " << tconv_last_error();
    }
  }
  // An empty batch needs nothing.
  EXPECT_EQ(tconv_layer_run_device(layer.get(), nullptr, 0, 10, nullptr,
                                   nullptr, nullptr),
            TCONV_OK);
  tconv_device_buffer *none = nullptr;
  EXPECT_EQ(tconv_device_buffer_create("cpu:native", 4, &none),
            TCONV_INVALID_VALUE);
  EXPECT_EQ(tconv_device_buffer_create("cuda", -4, &none), TCONV_INVALID_VALUE);
  EXPECT_EQ(tconv_device_buffer_create("cuda:7", 4, &none), TCONV_UNSUPPORTED);
  EXPECT_EQ(tconv_device_buffer_read(buffer.get(), host.data(), 100001),
            TCONV_INVALID_VALUE);
  EXPECT_EQ(tconv_device_buffer_write(buffer.get(), nullptr, 4),
            TCONV_INVALID_TYPE);
}

TEST_F(Device, DevicesAreDescribed) {
  setenv("FAKE_CUDA", "devices=2,capability=75,capability=121,driver=12040", 1);
  int32_t count = 0;
  ASSERT_EQ(tconv_device_count(&count), TCONV_OK) << tconv_last_error();
  EXPECT_EQ(count, 2);
  tconv_device_info info = {};
  info.struct_size = sizeof(info);
  ASSERT_EQ(tconv_device_get_info(1, &info), TCONV_OK) << tconv_last_error();
  EXPECT_STREQ(info.name, "fake device 1");
  EXPECT_STREQ(info.target, "nvptx:sm_120");
  EXPECT_EQ(info.capability, 121);
  EXPECT_EQ(info.driver, 12040);
  EXPECT_EQ(info.memory_bytes, int64_t(1) << 30);
  EXPECT_EQ(tconv_device_get_info(2, &info), TCONV_INVALID_VALUE);
  EXPECT_EQ(tconv_device_count(nullptr), TCONV_INVALID_TYPE);
  // Layers are where they should be.
  tconv_params params = parse(kLines[1]);
  registerNaive(params);
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "cuda:1", layer), TCONV_OK);
  EXPECT_EQ(described(layer.get(), 1, 9, "device"), "cuda:1");
  EXPECT_EQ(described(layer.get(), 1, 9, "target"), "nvptx:sm_120");
  int32_t device = -5;
  EXPECT_EQ(tconv_layer_device(layer.get(), &device), TCONV_OK);
  EXPECT_EQ(device, 1);
  // Memory of another device is not taken.
  BufferHandle elsewhere = makeBuffer(4096, "cuda:0");
  void *pointer = tconv_device_buffer_pointer(elsewhere.get());
  EXPECT_EQ(tconv_layer_run_device(layer.get(), pointer, 1, 9,
                                   static_cast<char *>(pointer) + 1024, nullptr,
                                   nullptr),
            TCONV_INVALID_VALUE);
  EXPECT_NE(std::string(tconv_last_error())
                .find("is on device 0: the layer is on device 1"),
            std::string::npos)
      << tconv_last_error();
  EXPECT_EQ(makeLayer(params, "cuda:2", layer), TCONV_UNSUPPORTED);
  EXPECT_EQ(makeLayer(params, "cuda:x", layer), TCONV_INVALID_VALUE);
  EXPECT_EQ(makeLayer(params, "cuda:", layer), TCONV_INVALID_VALUE);
}

TEST_F(Device, TheCallersContextAndStreamAreUsed) {
  tconv_params params = parse(kLines[0]);
  registerNaive(params);
  ASSERT_EQ(cuda.get<int (*)(unsigned)>("cuInit")(0), 0);
  auto create =
      cuda.get<int (*)(cuda::Context *, unsigned, int)>("cuCtxCreate_v2");
  auto destroy = cuda.get<int (*)(cuda::Context)>("cuCtxDestroy_v2");
  auto pop = cuda.get<int (*)(cuda::Context *)>("cuCtxPopCurrent_v2");
  auto current = cuda.get<int (*)(cuda::Context *)>("cuCtxGetCurrent");
  auto createStream =
      cuda.get<int (*)(cuda::Stream *, unsigned)>("cuStreamCreate");
  auto destroyStream = cuda.get<int (*)(cuda::Stream)>("cuStreamDestroy_v2");
  auto synchronize = cuda.get<int (*)(cuda::Stream)>("cuStreamSynchronize");
  cuda::Context context = nullptr, now = nullptr;
  cuda::Stream stream = nullptr;
  ASSERT_EQ(create(&context, 0, 0), 0);
  ASSERT_EQ(createStream(&stream, cuda::kNonBlockingStream), 0);

  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "cuda", layer), TCONV_OK) << tconv_last_error();
  Random random(6);
  std::vector<float> x = randomValues(random, xElements(params, 1, 20));
  int64_t outputs = yElements(params, 1, 20);
  BufferHandle xThere = bufferOf(x), yThere = makeBuffer(4 * outputs);
  EXPECT_EQ(cuda.count().contexts, 1) << "no primary context is needed";
  auto run = [&] {
    return tconv_layer_run_device(
        layer.get(), tconv_device_buffer_pointer(xThere.get()), 1, 20,
        tconv_device_buffer_pointer(yThere.get()), nullptr, stream);
  };
  ASSERT_EQ(run(), TCONV_OK) << tconv_last_error();
  EXPECT_EQ(cuda.count().contexts, 1);
  EXPECT_EQ(current(&now), 0);
  EXPECT_EQ(now, context) << "the current context stays";
  // Without a current context, the stream's is taken.
  ASSERT_EQ(pop(&now), 0);
  ASSERT_EQ(run(), TCONV_OK) << tconv_last_error();
  EXPECT_EQ(cuda.count().contexts, 1);
  EXPECT_EQ(cuda.count().module_loads, 1);
  EXPECT_EQ(current(&now), 0);
  EXPECT_EQ(now, nullptr);
  EXPECT_EQ(compareWithExact(layer.get(), params, x, 1, 20,
                             valuesIn<float>(yThere, outputs)),
            "");
  // Without both, it's the primary one, with a module of its own.
  std::vector<float> y(static_cast<size_t>(outputs));
  ASSERT_EQ(tconv_layer_run(layer.get(), x.data(), 1, 20, y.data()), TCONV_OK)
      << tconv_last_error();
  EXPECT_EQ(cuda.count().contexts, 2);
  EXPECT_EQ(cuda.count().module_loads, 2);
  layer.reset();
  xThere.reset();
  yThere.reset();
  auto push = cuda.get<int (*)(cuda::Context)>("cuCtxPushCurrent_v2");
  ASSERT_EQ(push(context), 0);
  EXPECT_EQ(synchronize(stream), 0);
  EXPECT_EQ(destroyStream(stream), 0);
  EXPECT_EQ(destroy(context), 0);
  expectNothingLeft();
}

TEST_F(Device, TwoThreadsOnTwoStreams) {
  setenv("FAKE_CUDA", "delay=2", 1);
  tconv_params params = parse(kLines[0]);
  registerNaive(params);
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "cuda", layer), TCONV_OK) << tconv_last_error();
  const int64_t length = 16;
  int64_t outputs = yElements(params, 1, length);
  auto work = [&](uint64_t seed) {
    Random random(seed);
    BufferHandle keep = makeBuffer(4); // and with it the context
    auto push = cuda.get<int (*)(cuda::Context)>("cuCtxPushCurrent_v2");
    auto retain =
        cuda.get<int (*)(cuda::Context *, int)>("cuDevicePrimaryCtxRetain");
    auto release = cuda.get<int (*)(int)>("cuDevicePrimaryCtxRelease_v2");
    auto createStream =
        cuda.get<int (*)(cuda::Stream *, unsigned)>("cuStreamCreate");
    auto destroyStream = cuda.get<int (*)(cuda::Stream)>("cuStreamDestroy_v2");
    auto synchronize = cuda.get<int (*)(cuda::Stream)>("cuStreamSynchronize");
    cuda::Context context = nullptr;
    cuda::Stream stream = nullptr;
    ASSERT_EQ(retain(&context, 0), 0);
    ASSERT_EQ(push(context), 0);
    ASSERT_EQ(createStream(&stream, cuda::kNonBlockingStream), 0);
    for (int round = 0; round < 4; ++round) {
      std::vector<float> x = randomValues(random, xElements(params, 1, length));
      BufferHandle xThere = bufferOf(x), yThere = makeBuffer(4 * outputs);
      ASSERT_EQ(tconv_layer_run_device(
                    layer.get(), tconv_device_buffer_pointer(xThere.get()), 1,
                    length, tconv_device_buffer_pointer(yThere.get()), nullptr,
                    stream),
                TCONV_OK)
          << tconv_last_error();
      ASSERT_EQ(synchronize(stream), 0);
      EXPECT_EQ(compareWithExact(layer.get(), params, x, 1, length,
                                 valuesIn<float>(yThere, outputs)),
                "");
      // And through the host, beside the other thread's.
      std::vector<float> y(static_cast<size_t>(outputs));
      ASSERT_EQ(tconv_layer_run(layer.get(), x.data(), 1, length, y.data()),
                TCONV_OK)
          << tconv_last_error();
      EXPECT_EQ(compareWithExact(layer.get(), params, x, 1, length, y), "");
    }
    ASSERT_EQ(destroyStream(stream), 0);
    ASSERT_EQ(release(0), 0);
  };
  std::thread first(work, 7), second(work, 8);
  first.join();
  second.join();
  EXPECT_EQ(cuda.count().module_loads, 1);
  layer.reset();
  expectNothingLeft();
}

TEST_F(Device, LaunchesUnderWayKeepTheirWeights) {
  setenv("FAKE_CUDA", "delay=30", 1);
  for (const char *line : {kLines[0], kLines[5]}) { // with a bias and without
    tconv_params params = parse(line);
    registerNaive(params);
    LayerHandle layer;
    ASSERT_EQ(makeLayer(params, "cuda", layer), TCONV_OK) << tconv_last_error();
    std::vector<float> x(static_cast<size_t>(xElements(params, 1, 8)), 1);
    int64_t outputs = yElements(params, 1, 8);
    BufferHandle xThere = bufferOf(x), yThere = makeBuffer(4 * outputs);
    std::vector<float> y(static_cast<size_t>(outputs));
    ASSERT_EQ(tconv_layer_run(layer.get(), x.data(), 1, 8, y.data()), TCONV_OK)
        << tconv_last_error();
    ASSERT_EQ(tconv_layer_run_device(
                  layer.get(), tconv_device_buffer_pointer(xThere.get()), 1, 8,
                  tconv_device_buffer_pointer(yThere.get()), nullptr, nullptr),
              TCONV_OK);
    layer.reset(); // the launch has not begun
    EXPECT_EQ(valuesIn<float>(yThere, outputs), y);
    xThere.reset();
    yThere.reset();
    expectNothingLeft();
  }
}

} // namespace
