// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every refusal: its status, the whole message, and that nothing has changed.
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include "support/layers.h"

using namespace tconv::test;

namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

tconv_params good() {
  return parse("in_channels=6 out_channels=4 kernel_size=5 stride=3 group=2 "
               "has_bias=1");
}

struct ParamsCase {
  std::function<void(tconv_params &)> change;
  tconv_status status;
  const char *message;
};

TEST(Refusals, Parameters) {
  using P = tconv_params &;
  const ParamsCase cases[] = {
      {[](P p) { p.in_channels = 0; }, TCONV_INVALID_VALUE,
       "in_channels = 0: must be at least 1"},
      {[](P p) { p.out_channels = -4; }, TCONV_INVALID_VALUE,
       "out_channels = -4: must be at least 1"},
      {[](P p) { p.kernel_size = 0; }, TCONV_INVALID_VALUE,
       "kernel_size = 0: must be at least 1"},
      {[](P p) { p.stride = -1; }, TCONV_INVALID_VALUE,
       "stride = -1: must be at least 1"},
      {[](P p) { p.dilation = 0; }, TCONV_INVALID_VALUE,
       "dilation = 0: must be at least 1"},
      {[](P p) { p.group = 0; }, TCONV_INVALID_VALUE,
       "group = 0: must be at least 1"},
      {[](P p) { p.group = 4; }, TCONV_INVALID_VALUE,
       "group = 4: must divide in_channels = 6"},
      {[](P p) { p.group = 3; }, TCONV_INVALID_VALUE,
       "group = 3: must divide out_channels = 4"},
      {[](P p) { p.has_bias = 2; }, TCONV_INVALID_TYPE,
       "has_bias = 2: must be 0 or 1"},
      {[](P p) { p.dtype = 9; }, TCONV_INVALID_VALUE,
       "dtype = 9: must be 1 (f32), 2 (f16) or 3 (bf16)"},
      {[](P p) { p.pad_mode = 4; }, TCONV_INVALID_VALUE,
       "pad_mode = 4: must be 0 (same), 1 (valid), 2 (pad) or 3 (crop)"},
      {[](P p) { p.pad_mode = -1; }, TCONV_INVALID_VALUE,
       "pad_mode = -1: must be 0 (same), 1 (valid), 2 (pad) or 3 (crop)"},
      {[](P p) {
         p.pad_mode = TCONV_PAD;
         p.padding = -1;
       },
       TCONV_INVALID_VALUE, "padding = -1: must be at least 0"},
      {[](P p) { p.padding = 1; }, TCONV_INVALID_VALUE,
       "padding = 1: must be 0 unless pad_mode is 'pad'"},
      {[](P p) {
         p.pad_mode = TCONV_VALID;
         p.padding = 2;
       },
       TCONV_INVALID_VALUE, "padding = 2: must be 0 unless pad_mode is 'pad'"},
      {[](P p) {
         p.pad_mode = TCONV_PAD;
         p.output_padding = -1;
       },
       TCONV_INVALID_VALUE, "output_padding = -1: must be at least 0"},
      {[](P p) {
         p.pad_mode = TCONV_PAD;
         p.output_padding = 3;
       },
       TCONV_INVALID_VALUE,
       "output_padding = 3: must be less than stride = 3 or dilation = 1"},
      {[](P p) { p.output_padding = 1; }, TCONV_INVALID_VALUE,
       "output_padding = 1: must be 0 unless pad_mode is 'pad'"},
      {[](P p) { p.crop_begin = 1; }, TCONV_INVALID_VALUE,
       "crop_begin = 1: must be 0 unless pad_mode is 'crop'"},
      {[](P p) { p.crop_end = -1; }, TCONV_INVALID_VALUE,
       "crop_end = -1: must be 0 unless pad_mode is 'crop'"},
      {[](P p) { p.output_length = 9; }, TCONV_INVALID_VALUE,
       "output_length = 9: must be 0 unless pad_mode is 'crop'"},
      {[](P p) {
         p.pad_mode = TCONV_CROP;
         p.output_length = -9;
       },
       TCONV_INVALID_VALUE, "output_length = -9: must be at least 0"},
      {[](P p) { p.dilation = kMost; }, TCONV_INVALID_VALUE,
       "dilation * (kernel_size - 1) + 1: its size doesn't fit a signed "
       "64-bit number"},
      {[](P p) { p.in_channels = kMost - 1; }, TCONV_INVALID_VALUE,
       "weight (in_channels, out_channels / group, kernel_size): its size "
       "doesn't fit a signed 64-bit number"},
      {[](P p) { p.struct_size = 4; }, TCONV_INVALID_VALUE,
       "params.struct_size = 4: must be 104; tconv_params_init sets it"},
  };
  ASSERT_EQ(tconv_params_check(nullptr), TCONV_INVALID_TYPE);
  EXPECT_STREQ(tconv_last_error(), "params = NULL: must point to a value");
  for (const ParamsCase &one : cases) {
    tconv_params params = good();
    ASSERT_EQ(tconv_params_check(&params), TCONV_OK);
    one.change(params);
    EXPECT_EQ(tconv_params_check(&params), one.status) << one.message;
    EXPECT_STREQ(tconv_last_error(), one.message);
    auto *untouched = reinterpret_cast<tconv_layer *>(8), *layer = untouched;
    EXPECT_EQ(tconv_layer_create(&params, nullptr, &layer), one.status);
    EXPECT_STREQ(tconv_last_error(), one.message);
    EXPECT_EQ(layer, untouched);
  }
}

TEST(Refusals, PaddingHasNoBoundButTheOutput) {
  tconv_params params = good();
  params.pad_mode = TCONV_PAD;
  params.padding = 1000000;
  EXPECT_EQ(tconv_params_check(&params), TCONV_OK);
  int64_t outputs = 3;
  EXPECT_EQ(tconv_params_output_length(&params, 10, &outputs),
            TCONV_INVALID_VALUE);
  EXPECT_EQ(outputs, 3);
  EXPECT_EQ(tconv_params_output_length(&params, 1000000, &outputs), TCONV_OK);
  EXPECT_EQ(outputs, 999999 * int64_t(3) - 2000000 + 5);
}

TEST(Refusals, OutputPaddingUpToDilation) {
  tconv_params params = good();
  params.pad_mode = TCONV_PAD;
  params.dilation = 5;
  params.output_padding = 4;
  EXPECT_EQ(tconv_params_check(&params), TCONV_OK);
  params.output_padding = 5;
  EXPECT_EQ(tconv_params_check(&params), TCONV_INVALID_VALUE);
}

tconv_initializer named(const char *name) {
  tconv_initializer result;
  EXPECT_EQ(tconv_initializer_by_name(name, &result), TCONV_OK);
  return result;
}

TEST(Refusals, Options) {
  tconv_initializer normal = named("normal"), he = named("HeUniform");
  tconv_initializer negative = normal, unknown = normal, short_ = normal;
  negative.b = -1;
  unknown.distribution = 99;
  short_.struct_size = 1;
  using O = tconv_layer_options &;
  const struct {
    std::function<void(O)> change;
    tconv_status status;
    const char *message;
  } cases[] = {
      {[](O o) { o.struct_size = 0; }, TCONV_INVALID_VALUE,
       "options.struct_size = 0: must be 64; tconv_layer_options_init sets "
       "it"},
      {[](O o) { o.accuracy = 3; }, TCONV_INVALID_VALUE,
       "accuracy = 3: must be 0 (default), 1 (direct) or 2 (tf32)"},
      {[](O o) { o.accuracy = TCONV_ACCURACY_TF32; }, TCONV_UNSUPPORTED,
       "accuracy = 2 (tf32), target = 'cpu:native': TF32 needs a GPU target "
       "from nvptx:sm_80 on"},
      {[](O o) { o.target = "nvptx:sm_80"; }, TCONV_NOT_FOUND,
       "target = 'nvptx:sm_80': no CUDA driver on this machine: "
       "/nonexistent/libcuda.so.1: cannot open shared object file: No such "
       "file or directory"},
      {[](O o) { o.target = "cpu:z80"; }, TCONV_INVALID_VALUE,
       "target = 'cpu:z80': must be one of cpu:native, cpu:x86-64, "
       "cpu:x86-64-v2, cpu:x86-64-v3, cpu:x86-64-v4, cpu:x86-64-v4+amx, "
       "cpu:aarch64+neon, "
       "nvptx:sm_75, nvptx:sm_80, nvptx:sm_86, nvptx:sm_89, nvptx:sm_90, "
       "nvptx:sm_100, nvptx:sm_120, cuda, cuda:N, "
       "ascend:910b1, ascend:910b2, ascend:910b3, ascend:910b4, "
       "ascend:910_9362, ascend:910_9372, ascend:910_9381, ascend:910_9382, "
       "ascend:910_9391, ascend:910_9392, ascend, ascend:N, reference"},
#if defined(__x86_64__)
      {[](O o) { o.target = "cpu:aarch64+neon"; }, TCONV_UNSUPPORTED,
       "target = 'cpu:aarch64+neon': this machine's CPU lacks it"},
#else
      {[](O o) { o.target = "cpu:x86-64-v3"; }, TCONV_UNSUPPORTED,
       "target = 'cpu:x86-64-v3': this machine's CPU lacks it"},
#endif
      {[](O o) { o.engine = "haldie"; }, TCONV_INVALID_VALUE,
       "engine = 'haldie': must be 'mlir', 'halide', or 'halide:' and one of "
       "Mullapudi2016, Adams2019, Li2018, Anderson2021"},
      {[](O o) { o.engine = ""; }, TCONV_INVALID_VALUE,
       "engine = '': must be 'mlir', 'halide', or 'halide:' and one of "
       "Mullapudi2016, Adams2019, Li2018, Anderson2021"},
      {[&](O o) { o.weight_init = &negative; }, TCONV_INVALID_VALUE,
       "weight_init.b = -1: must be finite and at least 0"},
      {[&](O o) { o.weight_init = &unknown; }, TCONV_INVALID_VALUE,
       "weight_init.distribution = 99: must be from 0 to 11"},
      {[&](O o) { o.weight_init = &short_; }, TCONV_INVALID_VALUE,
       "weight_init.struct_size = 1: must be 64; tconv_initializer_by_name "
       "sets it"},
      {[&](O o) { o.bias_init = &he; }, TCONV_INVALID_VALUE,
       "bias_init.distribution = 5: needs at least 2 axes (fan_in and "
       "fan_out); the tensor has 1"},
  };
  setenv("TCONV_CUDA_LIBRARY", "/nonexistent/libcuda.so.1", 1);
  for (const auto &one : cases) {
    tconv_params params = good();
    tconv_layer_options options;
    tconv_layer_options_init(&options);
    one.change(options);
    tconv_layer *layer = nullptr;
    EXPECT_EQ(tconv_layer_create(&params, &options, &layer), one.status);
    EXPECT_STREQ(tconv_last_error(), one.message);
    EXPECT_EQ(layer, nullptr);
  }
  // Legal element types, but not on this target.
  for (int32_t dtype : {TCONV_F16, TCONV_BF16}) {
    tconv_params params = good();
    params.dtype = dtype;
    EXPECT_EQ(tconv_params_check(&params), TCONV_OK);
    tconv_layer *layer = nullptr;
    EXPECT_EQ(tconv_layer_create(&params, nullptr, &layer), TCONV_UNSUPPORTED);
    EXPECT_EQ(std::string(tconv_last_error()),
              std::string("dtype = ") + (dtype == TCONV_F16 ? "f16" : "bf16") +
                  ", target = 'cpu:native': computes f32 only");
  }
  // Without a bias, its initializer isn't looked at.
  tconv_params params = good();
  params.has_bias = 0;
  tconv_layer_options options;
  tconv_layer_options_init(&options);
  options.bias_init = &he;
  tconv_layer *layer = nullptr;
  EXPECT_EQ(tconv_layer_create(&params, &options, &layer), TCONV_OK);
  tconv_layer_destroy(layer);
}

TEST(Refusals, Initializers) {
  tconv_initializer out;
  std::memset(&out, 7, sizeof(out));
  for (const char *name : {"constant", "identity", "sparse", "", "normals"}) {
    EXPECT_EQ(tconv_initializer_by_name(name, &out), TCONV_INVALID_VALUE);
    std::string message = tconv_last_error();
    EXPECT_EQ(message.find("name = '" + std::string(name) +
                           "': no initializer; must be one of zero, zeros, "),
              0u)
        << message;
  }
  EXPECT_EQ(out.mode, 0x07070707);
  EXPECT_EQ(tconv_initializer_by_name(nullptr, &out), TCONV_INVALID_TYPE);

  float values[4];
  const int64_t shape[] = {2, 2, 1}, empty[] = {2, 0}, huge[] = {kMost, 2};
  tconv_initializer init = named("truncatednormal");
  EXPECT_EQ(tconv_initialize(&init, shape, 4, values), TCONV_INVALID_VALUE);
  EXPECT_STREQ(tconv_last_error(), "rank = 4: must be from 1 to 3");
  EXPECT_EQ(tconv_initialize(&init, empty, 2, values), TCONV_INVALID_VALUE);
  EXPECT_EQ(tconv_initialize(&init, huge, 2, values), TCONV_INVALID_VALUE);
  EXPECT_EQ(tconv_initialize(&init, nullptr, 2, values), TCONV_INVALID_TYPE);
  EXPECT_EQ(tconv_initialize(&init, shape, 2, nullptr), TCONV_INVALID_TYPE);
  init.d = init.c;
  EXPECT_EQ(tconv_initialize(&init, shape, 2, values), TCONV_INVALID_VALUE);
  EXPECT_STREQ(tconv_last_error(),
               "initializer.d = -2: must be more than c, the lower bound");
  init = named("dirac");
  EXPECT_EQ(tconv_initialize(&init, shape, 2, values), TCONV_INVALID_VALUE);
  init.group = 3;
  EXPECT_EQ(tconv_initialize(&init, shape, 3, values), TCONV_INVALID_VALUE);
  EXPECT_STREQ(tconv_last_error(), "initializer.group = 3: must be at least 1 "
                                   "and divide the first axis, 2");
  init = named("orthogonal");
  EXPECT_EQ(tconv_initialize(&init, shape, 1, values), TCONV_INVALID_VALUE);
  init = named("variancescaling");
  init.a = 0;
  EXPECT_EQ(tconv_initialize(&init, shape, 3, values), TCONV_INVALID_VALUE);
  init = named("he_normal");
  init.mode = TCONV_FAN_AVG;
  EXPECT_EQ(tconv_initialize(&init, shape, 3, values), TCONV_INVALID_VALUE);
  init = named("normal");
  init.a = NAN;
  EXPECT_EQ(tconv_initialize(&init, shape, 3, values), TCONV_INVALID_VALUE);
}

TEST(Refusals, Threads) {
  int64_t before = tconv_get_num_threads();
  EXPECT_EQ(tconv_set_num_threads(0), TCONV_INVALID_VALUE);
  EXPECT_STREQ(tconv_last_error(), "threads = 0: must be at least 1");
  EXPECT_EQ(tconv_set_num_threads(-3), TCONV_INVALID_VALUE);
  EXPECT_EQ(tconv_get_num_threads(), before);
}

TEST(Refusals, Kernels) {
  tconv_params params = good(), wrong = good();
  wrong.stride = 0;
  tconv_layer_options options;
  tconv_layer_options_init(&options);
  tconv_layer_options nowhere = options, reference = options;
  nowhere.target = "cpu:moon";
  reference.target = "reference";
  auto *unchanged = reinterpret_cast<tconv_kernel_ref *>(&params);
  const struct {
    const tconv_params *params;
    const tconv_layer_options *options;
    int64_t length;
    tconv_status status;
    const char *message; ///< its beginning
  } cases[] = {
      {nullptr, nullptr, 5, TCONV_INVALID_TYPE, "params = NULL"},
      {&wrong, nullptr, 5, TCONV_INVALID_VALUE, "stride = 0: must be at least"},
      {&params, nullptr, 0, TCONV_INVALID_VALUE,
       "length = 0: must be at least"},
      {&params, nullptr, kMost, TCONV_INVALID_VALUE, "length = 922337203685"},
      {&params, &nowhere, 5, TCONV_INVALID_VALUE, "target = 'cpu:moon': must"},
      {&params, &reference, 5, TCONV_INVALID_VALUE,
       "target = 'reference': has no kernels"},
  };
  for (const auto &c : cases) {
    tconv_kernel_ref *ref = unchanged;
    EXPECT_EQ(tconv_kernel_acquire(c.params, c.options, c.length, &ref),
              c.status);
    EXPECT_EQ(std::string(tconv_last_error()).rfind(c.message, 0), 0u)
        << tconv_last_error();
    EXPECT_EQ(ref, unchanged);
    EXPECT_EQ(tconv_warm_cache(c.params, c.options, c.length), c.status);
    EXPECT_EQ(std::string(tconv_last_error()).rfind(c.message, 0), 0u)
        << tconv_last_error();
  }
  EXPECT_EQ(tconv_kernel_acquire(&params, nullptr, 5, nullptr),
            TCONV_INVALID_TYPE);
  EXPECT_EQ(tconv_kernel_get(nullptr), nullptr);
  tconv_kernel_release(nullptr);
  EXPECT_EQ(tconv_register_kernels(nullptr, 1), TCONV_INVALID_TYPE);
  EXPECT_EQ(tconv_register_kernels(nullptr, 0), TCONV_OK);
  EXPECT_EQ(tconv_add_packed_cache(nullptr), TCONV_INVALID_TYPE);
  EXPECT_EQ(tconv_add_packed_cache("/no/such/file"), TCONV_NOT_FOUND);
  EXPECT_STREQ(tconv_last_error(),
               "/no/such/file: can't be read: No such file or directory");
  // A folder opens, and can't be read.
  EXPECT_EQ(tconv_add_packed_cache("/"), TCONV_NOT_FOUND);
}

class RefusedCalls : public testing::Test {
protected:
  void SetUp() override {
    params_ = good();
    tconv_layer *layer = nullptr;
    ASSERT_EQ(tconv_layer_create(&params_, nullptr, &layer), TCONV_OK);
    layer_.reset(layer);
    Random random(5);
    x_ = randomValues(random, xElements(params_, 2, 10));
    before_ = run();
  }
  // After a refusal, the layer works as before.
  void TearDown() override { EXPECT_EQ(run(), before_); }

  std::vector<float> run() {
    std::vector<float> y(yElements(params_, 2, 10));
    EXPECT_EQ(tconv_layer_run(layer_.get(), x_.data(), 2, 10, y.data()),
              TCONV_OK);
    return y;
  }
  void expect(tconv_status have, tconv_status wanted, const std::string &text) {
    EXPECT_EQ(have, wanted);
    EXPECT_EQ(std::string(tconv_last_error()).substr(0, text.size()), text);
  }

  tconv_params params_;
  LayerHandle layer_;
  std::vector<float> x_, before_;
};

TEST_F(RefusedCalls, Run) {
  std::vector<float> y(before_.size(), 42.0f);
  tconv_layer *layer = layer_.get();
  const float *x = x_.data();
  expect(tconv_layer_run(nullptr, x, 2, 10, y.data()), TCONV_INVALID_TYPE,
         "layer = NULL: must point to a value");
  expect(tconv_layer_run(layer, nullptr, 2, 10, y.data()), TCONV_INVALID_TYPE,
         "x = NULL: must point to a value");
  expect(tconv_layer_run(layer, x, 2, 10, nullptr), TCONV_INVALID_TYPE,
         "y = NULL: must point to a value");
  expect(tconv_layer_run(layer, x, -1, 10, y.data()), TCONV_INVALID_VALUE,
         "batch = -1: must be at least 0");
  expect(tconv_layer_run(layer, x, 2, 0, y.data()), TCONV_INVALID_VALUE,
         "length = 0: must be at least 1");
  expect(tconv_layer_run(layer, x, 0, 0, y.data()), TCONV_INVALID_VALUE,
         "length = 0: must be at least 1");
  expect(tconv_layer_run(layer, x, 2, kMost, y.data()), TCONV_INVALID_VALUE,
         "length = 9223372036854775807: ");
  expect(tconv_layer_run(layer, x, kMost, 10, y.data()), TCONV_INVALID_VALUE,
         "x (9223372036854775807, 6, 10): its size doesn't fit a signed "
         "64-bit number");
  expect(tconv_layer_run(layer, x, 2, 10, x_.data()), TCONV_INVALID_VALUE,
         "y = 0x");
  expect(tconv_layer_run(layer, x, 2, 10, x_.data() + x_.size() - 1),
         TCONV_INVALID_VALUE, "y = 0x");
  expect(tconv_layer_run(layer, y.data() + y.size() - 1, 2, 10, y.data()),
         TCONV_INVALID_VALUE, "y = 0x");
  auto *odd = reinterpret_cast<float *>(reinterpret_cast<char *>(y.data()) + 1);
  expect(tconv_layer_run(layer, x, 1, 10, odd), TCONV_INVALID_VALUE, "y = 0x");
  EXPECT_EQ(y, std::vector<float>(y.size(), 42.0f));
}

TEST_F(RefusedCalls, NoBatchIsFine) {
  EXPECT_EQ(tconv_layer_run(layer_.get(), nullptr, 0, 10, nullptr), TCONV_OK);
}

TEST_F(RefusedCalls, WeightAndBias) {
  std::vector<float> weight(weightElements(params_));
  const int64_t good[] = {6, 2, 5}, swapped[] = {2, 6, 5}, four[] = {4},
                five[] = {5};
  tconv_layer *layer = layer_.get();
  expect(tconv_layer_set_weight(layer, weight.data(), swapped, 3),
         TCONV_INVALID_VALUE,
         "weight has the shape (2, 6, 5): must be (6, 2, 5)");
  expect(tconv_layer_set_weight(layer, weight.data(), good, 2),
         TCONV_INVALID_VALUE, "weight has the shape (6, 2): must be (6, 2, 5)");
  expect(tconv_layer_set_weight(layer, weight.data(), nullptr, 3),
         TCONV_INVALID_TYPE, "shape = NULL");
  expect(tconv_layer_set_weight(layer, weight.data(), good, -1),
         TCONV_INVALID_VALUE, "rank = -1: must be 3");
  expect(tconv_layer_set_weight(layer, nullptr, good, 3), TCONV_INVALID_TYPE,
         "weight = NULL");
  expect(tconv_layer_set_bias(layer, weight.data(), five, 1),
         TCONV_INVALID_VALUE, "bias has the shape (5,): must be (4,)");
  expect(tconv_layer_set_bias(layer, nullptr, four, 1), TCONV_INVALID_TYPE,
         "bias = NULL");
  expect(tconv_layer_get_weight(layer, nullptr), TCONV_INVALID_TYPE,
         "weight = NULL");
  tconv_params without = params_;
  without.has_bias = 0;
  tconv_layer *other = nullptr;
  ASSERT_EQ(tconv_layer_create(&without, nullptr, &other), TCONV_OK);
  LayerHandle handle(other);
  expect(tconv_layer_set_bias(other, weight.data(), four, 1),
         TCONV_INVALID_VALUE, "bias: the layer has none (has_bias = 0)");
  expect(tconv_layer_get_bias(other, weight.data()), TCONV_INVALID_VALUE,
         "bias: the layer has none (has_bias = 0)");
}

TEST_F(RefusedCalls, Describe) {
  size_t needed = 0;
  char small[8] = "kept";
  tconv_layer *layer = layer_.get();
  EXPECT_EQ(tconv_layer_describe(layer, 1, 5, nullptr, 0, &needed), TCONV_OK);
  EXPECT_GT(needed, sizeof(small));
  expect(tconv_layer_describe(layer, 1, 5, small, sizeof(small), &needed),
         TCONV_INVALID_VALUE, "size = 8: must be at least ");
  EXPECT_STREQ(small, "kept");
  expect(tconv_layer_describe(layer, 1, 5, nullptr, 1000, nullptr),
         TCONV_INVALID_TYPE, "json = NULL");
  expect(tconv_layer_describe(layer, 1, 0, small, sizeof(small), nullptr),
         TCONV_INVALID_VALUE, "length = 0");
  expect(tconv_layer_prepare(layer, -2, 5), TCONV_INVALID_VALUE, "batch = -2");
}

TEST(Refusals, MemoryThatCannotBeHad) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "AddressSanitizer ends the program instead";
#endif
  // Fits 64 bits, but no machine.
  tconv_params params = parse("in_channels=1048576 out_channels=1048576 "
                              "kernel_size=1048576");
  tconv_layer *layer = nullptr;
  EXPECT_EQ(tconv_layer_create(&params, nullptr, &layer), TCONV_OUT_OF_MEMORY);
  EXPECT_EQ(std::string(tconv_last_error()).find("out of memory"), 0u);
  EXPECT_EQ(layer, nullptr);
}

TEST(Refusals, NamesOfStatuses) {
  EXPECT_STREQ(tconv_status_name(TCONV_OK), "TCONV_OK");
  EXPECT_STREQ(tconv_status_name(TCONV_INVALID_TYPE), "TCONV_INVALID_TYPE");
  EXPECT_STREQ(tconv_status_name(static_cast<tconv_status>(77)),
               "unknown status");
}

} // namespace
