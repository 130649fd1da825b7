// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers on an Ascend from their parameters to their numbers in one process:
// this build's compiler, Huawei's open one, fake_hivmc, the runtime, and
// AscendCL with the model of the core behind it.
#ifndef TCONV_TEST_RUNTIME_ASCEND_MODEL_H
#define TCONV_TEST_RUNTIME_ASCEND_MODEL_H

#include <cstdlib>
#include <string>
#include <vector>

#include <unistd.h>

#include "ascend_process.h"
#include "device_common.h"
#include "support/elements.h"

namespace tconv::test {

/// What TCONV_BISHENGIR may name: what it does name, what the build's tools
/// fetched, or a program of PATH. "" where there is none.
inline std::string findBishengirCompile() {
  if (const char *given = std::getenv("TCONV_BISHENGIR"))
    return given;
  auto runs = [](const std::string &path) {
    return access(path.c_str(), X_OK) == 0;
  };
  std::string built = BISHENGIR_OF_BUILD;
  if (runs(built + "/bin/bishengir-compile"))
    return built;
  const char *given = std::getenv("PATH");
  std::string path = given ? given : "";
  for (size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
    end = path.find(':', begin);
    std::string tool = path.substr(begin, end - begin) + "/bishengir-compile";
    if (runs(tool))
      return tool;
  }
  return "";
}

/// Arrays of one launch in the layer's dtype; values are what its elements
/// hold.
struct LaunchData {
  LaunchData(const tconv_params &params, Random &random, int64_t batch,
             int64_t length)
      : batch(batch), length(length),
        x(roundTo(params.dtype,
                  randomValues(random, xElements(params, batch, length)))),
        outputs(yElements(params, batch, length)) {}

  int64_t batch, length;
  std::vector<float> x;
  int64_t outputs; ///< elements of y
};

/// A layer's weights as the device has them, for the sums in float64.
class ExactLayer {
public:
  ExactLayer(tconv_layer *layer, const tconv_params &params)
      : params_(params), weight_(static_cast<size_t>(weightElements(params))),
        bias_(static_cast<size_t>(params.out_channels)) {
    EXPECT_EQ(tconv_layer_get_weight(layer, weight_.data()), TCONV_OK);
    if (params.has_bias) {
      EXPECT_EQ(tconv_layer_get_bias(layer, bias_.data()), TCONV_OK);
    }
    weight_ = roundTo(params.dtype, weight_);
    bias_ = roundTo(params.dtype, bias_);
  }
  /// What SPEC.md's bounds, and half a last place of 16 bits, say of y; ""
  /// where they hold.
  std::string compare(const LaunchData &data,
                      const std::vector<float> &y) const {
    Tensors tensors = {data.x.data(), weight_.data(),
                       params_.has_bias ? bias_.data() : nullptr, data.batch,
                       data.length};
    if (params_.dtype != TCONV_F32)
      return compare16(params_, tensors, y);
    Accuracy accuracy(params_, /*fast=*/false);
    return accuracy.compare(tensors, y.data());
  }

private:
  tconv_params params_;
  std::vector<float> weight_, bias_;
};

/// tconv_layer_run, checked; "" or what is wrong.
inline std::string runOnHost(tconv_layer *layer, const tconv_params &params,
                             Random &random, int64_t batch, int64_t length) {
  LaunchData data(params, random, batch, length);
  std::vector<uint8_t> x = toBytes(params.dtype, data.x);
  Elements y(params.dtype, static_cast<size_t>(data.outputs));
  if (tconv_status status =
          tconv_layer_run(layer, x.data(), batch, length, y.data()))
    return "status " + std::to_string(status) + ": " + tconv_last_error();
  const auto *bytes = static_cast<const uint8_t *>(y.data());
  return ExactLayer(layer, params)
      .compare(data, fromBytes(params.dtype, {bytes, bytes + y.size()}));
}

class AscendModel : public testing::Test {
protected:
  explicit AscendModel(const char *library = FAKE_ASCEND_MODEL_NEW)
      : library_(library), fake(library) {}
  void SetUp() override {
    std::string found = findBishengirCompile();
    if (found.empty())
      GTEST_SKIP() << "bishengir-compile is not installed";
    setenv("TCONV_BISHENGIR", found.c_str(), 1);
    const char *path = std::getenv("PATH");
    setenv("PATH",
           (FAKE_HIVMC_FOLDER ":" + std::string(path ? path : "")).c_str(), 1);
    setenv("TCONV_ASCENDCL_LIBRARY", library_, 1);
  }

  const char *library_;
  FakeAscend fake;
  Random random{1};
};

} // namespace tconv::test

#endif // TCONV_TEST_RUNTIME_ASCEND_MODEL_H
