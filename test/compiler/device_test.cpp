// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels for GPUs, run by the PTX interpreter: results by SPEC.md's bounds, no
// finding. TCONV_TEST_DEVICE_LAYERS=N makes the sweep longer or shorter,
// TCONV_TEST_SEED=S another one.
#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>

#include "device_kernel.h"
#include "support/bounds.h"
#include "support/data.h"
#include "support/layers.h"

using namespace tconv::test;
using mlir::tconv::CompileOptions;

namespace {

int fromEnvironment(const char *name, int otherwise) {
  const char *text = std::getenv(name);
  return text ? std::atoi(text) : otherwise;
}

struct Variant {
  const char *name;
  const char *target;
  int32_t dtype;
  tconv_accuracy accuracy;
  const char *kind; ///< null: the layer's own
};

std::ostream &operator<<(std::ostream &stream, const Variant &variant) {
  return stream << variant.name;
}

const Variant kVariants[] = {
    {"f32_sm75", "nvptx:sm_75", TCONV_F32, TCONV_ACCURACY_DEFAULT, nullptr},
    {"f32_sm80", "nvptx:sm_80", TCONV_F32, TCONV_ACCURACY_DEFAULT, nullptr},
    {"f32_sm75_gemm", "nvptx:sm_75", TCONV_F32, TCONV_ACCURACY_DEFAULT, "gemm"},
    {"f32_sm80_gemm", "nvptx:sm_80", TCONV_F32, TCONV_ACCURACY_DEFAULT, "gemm"},
    {"f32_sm100_gemm", "nvptx:sm_100", TCONV_F32, TCONV_ACCURACY_DEFAULT,
     "gemm"},
    {"f32_small", "nvptx:sm_90", TCONV_F32, TCONV_ACCURACY_DEFAULT, "small"},
    {"tf32", "nvptx:sm_80", TCONV_F32, TCONV_ACCURACY_TF32, "tf32"},
    {"f16_sm75", "nvptx:sm_75", TCONV_F16, TCONV_ACCURACY_DEFAULT, "mma"},
    {"f16_sm80", "nvptx:sm_80", TCONV_F16, TCONV_ACCURACY_DEFAULT, "mma"},
    {"f16_small", "nvptx:sm_80", TCONV_F16, TCONV_ACCURACY_DEFAULT, "small"},
    {"bf16_sm75", "nvptx:sm_75", TCONV_BF16, TCONV_ACCURACY_DEFAULT, "gemm"},
    {"bf16_sm80", "nvptx:sm_89", TCONV_BF16, TCONV_ACCURACY_DEFAULT, "mma"},
    {"bf16_small", "nvptx:sm_75", TCONV_BF16, TCONV_ACCURACY_DEFAULT, "small"},
};

class Device : public testing::TestWithParam<Variant> {};

/// A layer as a variant compiles it, with weights; runs are checked.
class CheckedLayer {
public:
  CheckedLayer(const tconv_params &params, const Variant &variant,
               tconv_length_class lengthClass)
      : params_(withType(params, variant.dtype)),
        tf32_(variant.kind && std::string(variant.kind) == "tf32"),
        kernel_(params_, optionsOf(variant, lengthClass)), accuracy_(params_) {}

  const tconv_params &params() const { return params_; }
  const DeviceKernel &kernel() const { return kernel_; }
  std::string error() const { return kernel_.error(); }
  std::vector<float> values(Random &random, int64_t count) const {
    return roundTo(params_.dtype, randomValues(random, count));
  }

  std::string setWeights(std::vector<float> weight, std::vector<float> bias) {
    weight_ = std::move(weight);
    bias_ = std::move(bias);
    return kernel_.pack(weight_);
  }

  std::string run(const std::vector<float> &x, int64_t batch, int64_t length,
                  const ::tconv::ptx::LaunchOptions &launch = {}) {
    const float *bias = params_.has_bias ? bias_.data() : nullptr;
    std::vector<float> y;
    std::string error =
        kernel_.run({x.data(), weight_.data(), bias, batch, length}, y, launch);
    if (!error.empty())
      return error;
    std::vector<float> xUsed = tf32_ ? roundToTf32(x) : x;
    std::vector<float> weightUsed = tf32_ ? roundToTf32(weight_) : weight_;
    Tensors used = {xUsed.data(), weightUsed.data(), bias, batch, length};
    return params_.dtype == TCONV_F32 ? accuracy_.compare(used, y.data())
                                      : compare16(params_, used, y);
  }

  std::string compareMeanSquare() const {
    return params_.dtype == TCONV_F32 ? accuracy_.compareMeanSquare() : "";
  }

private:
  static tconv_params withType(tconv_params params, int32_t dtype) {
    params.dtype = dtype;
    return params;
  }
  static CompileOptions optionsOf(const Variant &variant,
                                  tconv_length_class lengthClass) {
    CompileOptions options;
    options.target = variant.target;
    options.accuracy = variant.accuracy;
    if (variant.kind)
      options.scheduleKind = variant.kind;
    options.lengthClass = lengthClass;
    return options;
  }

  tconv_params params_;
  bool tf32_;
  DeviceKernel kernel_;
  Accuracy accuracy_;
  std::vector<float> weight_, bias_;
};

void check(const tconv_params &params, const Variant &variant, Random &random,
           const std::vector<int64_t> &lengths) {
  SCOPED_TRACE(::tconv::formatLayerLine(params));
  CheckedLayer layer(params, variant,
                     random() % 2 ? TCONV_LENGTH_BULK : TCONV_LENGTH_MEDIUM);
  ASSERT_EQ(layer.error(), "");
  SCOPED_TRACE(layer.kernel().description());
  std::vector<float> weight = layer.values(random, weightElements(params));
  std::vector<float> bias = layer.values(random, params.out_channels);
  ASSERT_EQ(layer.setWeights(weight, bias), "");
  for (int64_t length : lengths) {
    if (length == 0)
      continue;
    SCOPED_TRACE("length " + std::to_string(length));
    int64_t batch = 1 + static_cast<int64_t>(random() % 2);
    std::vector<float> x =
        layer.values(random, xElements(params, batch, length));
    // Both ends of what the order of warps and of copies can be.
    ::tconv::ptx::LaunchOptions launch;
    if (random() % 2) {
      launch.schedule = ::tconv::ptx::Schedule::Random;
      launch.seed = random();
      launch.eagerCopies = true;
    }
    ASSERT_EQ(layer.run(x, batch, length, launch), "");
  }
  ASSERT_EQ(layer.compareMeanSquare(), "");
}

/// Infinity and NaN, in weights, in x and in both: they reach the outputs that
/// the formula says, which at the ends of x has fewer terms.
void checkSpecial(const tconv_params &params, const Variant &variant,
                  Random &random, int64_t length) {
  SCOPED_TRACE(::tconv::formatLayerLine(params) + " length " +
               std::to_string(length));
  CheckedLayer layer(params, variant, TCONV_LENGTH_MEDIUM);
  ASSERT_EQ(layer.error(), "");
  SCOPED_TRACE(layer.kernel().description());
  std::vector<float> bias = layer.values(random, params.out_channels);
  const float specials[] = {INFINITY, -INFINITY, NAN};
  for (bool inWeights : {false, true}) {
    std::vector<float> weight = layer.values(random, weightElements(params));
    // A few, so that most outputs stay finite.
    for (int i = 0; inWeights && i < 3; ++i)
      weight[random() % weight.size()] = specials[random() % 3];
    ASSERT_EQ(layer.setWeights(weight, bias), "");
    for (bool inX : {false, true}) {
      std::vector<float> x = layer.values(random, xElements(params, 1, length));
      if (inX)
        x[random() % x.size()] = specials[random() % 3];
      ASSERT_EQ(layer.run(x, 1, length), "")
          << (inWeights ? "in weights" : "") << (inX ? " in x" : "");
    }
  }
}

bool fits(const tconv_params &params, const Variant &variant) {
  bool small = variant.kind && std::string(variant.kind) == "small";
  return !small || params.stride <= 32;
}

TEST_P(Device, RandomLayers) {
  const Variant &variant = GetParam();
  Random random(fromEnvironment("TCONV_TEST_SEED", 1));
  int wanted = fromEnvironment("TCONV_TEST_DEVICE_LAYERS", 12);
  for (int i = 0; i < wanted && !HasFatalFailure();) {
    tconv_params params = randomParams(random);
    if (!fits(params, variant))
      continue;
    ++i;
    check(params, variant, random,
          {randomLength(random, params, 4), randomLength(random, params, 200)});
  }
}

TEST_P(Device, SpecialValues) {
  const Variant &variant = GetParam();
  Random random(fromEnvironment("TCONV_TEST_SEED", 1) + 100);
  int wanted = fromEnvironment("TCONV_TEST_DEVICE_LAYERS", 12) / 2;
  for (int i = 0; i < wanted && !HasFatalFailure();) {
    tconv_params params = randomParams(random);
    int64_t length = randomLength(random, params, 60);
    if (!fits(params, variant) || length == 0)
      continue;
    ++i;
    checkSpecial(params, variant, random, length);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Device, testing::ValuesIn(kVariants),
                         [](const auto &info) { return info.param.name; });

TEST(DeviceOracle, Cases) {
  for (const OracleCase &one : loadOracle()) {
    SCOPED_TRACE(one.line);
    for (const char *target : {"nvptx:sm_75", "nvptx:sm_80"}) {
      CompileOptions options;
      options.target = target;
      DeviceKernel kernel(one.params, options);
      ASSERT_EQ(kernel.error(), "");
      ASSERT_EQ(kernel.pack(one.weight), "");
      Tensors tensors = {one.x.data(), one.weight.data(),
                         one.bias.empty() ? nullptr : one.bias.data(),
                         one.batch, one.length};
      std::vector<float> y;
      ASSERT_EQ(kernel.run(tensors, y), "");
      Accuracy accuracy(one.params);
      ASSERT_EQ(accuracy.compare(tensors, y.data()), "");
    }
  }
}

/// The image that crosses to the runtime, loaded at an address.
TEST(DeviceImage, IsAKernel) {
  tconv_params params = parse("in_channels=16 out_channels=12 kernel_size=8 "
                              "stride=4 pad_mode=pad padding=2 has_bias=1");
  CompileOptions options;
  options.target = "nvptx:sm_86";
  mlir::tconv::Compilation compilation(params, options);
  mlir::tconv::KernelImage image;
  ASSERT_FALSE(compilation.image(image));
  tconv_kernel_image view = image.view();
  EXPECT_EQ(view.machine, static_cast<uint32_t>(TCONV_IMAGE_NVPTX));
  EXPECT_EQ(view.code_size, 0u);
  std::vector<uint64_t> words((view.size + 7) / 8);
  std::memcpy(words.data(), view.bytes, view.size);
  for (uint64_t i = 0; i < view.relocation_count; ++i) {
    ASSERT_EQ(view.relocations[i] % 8, 0u);
    ASSERT_LT(words[view.relocations[i] / 8], view.size);
    words[view.relocations[i] / 8] += reinterpret_cast<uintptr_t>(words.data());
  }
  ASSERT_EQ(view.kernel % 8, 0u);
  auto *kernel =
      reinterpret_cast<const tconv_kernel *>(words.data() + view.kernel / 8);
  EXPECT_EQ(kernel->abi_version, TCONV_KERNEL_ABI_VERSION);
  EXPECT_EQ(kernel->struct_size, sizeof(tconv_kernel));
  EXPECT_EQ(kernel->run, nullptr);
  EXPECT_EQ(kernel->pack, nullptr);
  EXPECT_EQ(kernel->crop_begin, 2);
  EXPECT_EQ(kernel->has_bias, 1);
  EXPECT_STREQ(kernel->target, "nvptx:sm_86");
  EXPECT_NE(std::strstr(kernel->description, "\"kind\":\"gemm\""), nullptr);
  const tconv_device_code *device = kernel->device;
  ASSERT_NE(device, nullptr);
  EXPECT_EQ(device->struct_size, sizeof(tconv_device_code));
  EXPECT_EQ(device->format, TCONV_DEVICE_PTX);
  EXPECT_EQ(device->min_sm, 86);
  const char *text = static_cast<const char *>(device->code);
  EXPECT_EQ(std::strlen(text) + 1, device->code_size);
  for (const char *entry : {device->run_entry, device->pack_entry})
    EXPECT_NE(std::strstr(text, (std::string(".entry ") + entry + "(").c_str()),
              nullptr);
  EXPECT_GT(device->run_threads, 0);
  EXPECT_GT(device->pack_blocks, 0);
}

/// What can't be is refused with the argument and the value.
TEST(DeviceRefusals, NameTheArgument) {
  tconv_params params = parse("in_channels=16 out_channels=12 kernel_size=8");
  CompileOptions options;
  options.target = "nvptx:sm_75";
  options.accuracy = TCONV_ACCURACY_TF32;
  EXPECT_NE(DeviceKernel(params, options).error().find("nvptx:sm_75"),
            std::string::npos);
  options.accuracy = TCONV_ACCURACY_DEFAULT;
  // A schedule for tensor cores on another type, and one for a newer GPU.
  options.scheduleKind = "mma";
  EXPECT_NE(DeviceKernel(params, options).error().find("mma does not multiply"),
            std::string::npos);
  options.scheduleKind = "gemm";
  options.scheduleFeature = "nvptx/sm_80";
  EXPECT_NE(DeviceKernel(params, options).error().find("needs sm_80"),
            std::string::npos);
  params.dtype = TCONV_F16;
  options = {};
  options.target = "cpu:x86-64";
  mlir::tconv::Compilation cpu(params, options);
  EXPECT_TRUE(cpu.runTo(mlir::tconv::Stage::llvmDialect));
}

} // namespace
