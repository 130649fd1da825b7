// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A layer by cuDNN: the gradient of a convolution with respect to its input,
// of height 1.
#ifndef TCONV_TOOLS_BENCH_CUDNN_LAYER_H
#define TCONV_TOOLS_BENCH_CUDNN_LAYER_H

#include <functional>

#include <nlohmann/json.hpp>

#include "tconv-bench/cudnn_library.h"
#include "tconv-bench/device.h"

namespace tconv::tools {

/// The convolution whose gradient holds a layer's y. cuDNN crops both sides
/// alike, so that what it computes may have to be longer.
struct CudnnShape {
  int padding = 0;
  int64_t length = 0; ///< positions of what cuDNN computes
  int64_t first = 0;  ///< where y begins in it

  bool isExact(const LayerEntry &entry) const {
    return length == entry.outputLength;
  }
};

/// TCONV_UNSUPPORTED where cuDNN has no such convolution.
Status cudnnShape(const LayerEntry &entry, CudnnShape &shape);

class CudnnLayer {
public:
  /// Judges y, without its bias: an error is why it is wrong.
  /// @param fast the algorithm shares products
  using Judge = std::function<Status(const std::vector<float> &y, bool fast)>;

  CudnnLayer(const CudnnLibrary &library, const BenchDevice &device,
             const LayerEntry &entry, DeviceArrays &arrays);
  ~CudnnLayer();
  CudnnLayer(const CudnnLayer &) = delete;
  CudnnLayer &operator=(const CudnnLayer &) = delete;

  /// Tries every algorithm, and takes the fastest whose y is right; x lies in
  /// the arrays. TCONV_UNSUPPORTED where cuDNN can do none; TCONV_INTERNAL
  /// where all that it does is wrong.
  /// @param bias empty for none
  Status prepare(const std::vector<float> &weight,
                 const std::vector<float> &bias, tconv_accuracy accuracy,
                 const Judge &judge);
  /// Issues one run to the arrays' stream.
  Status issue();
  /// "algorithm 1, FMA_MATH"
  std::string way() const;
  /// All that was tried, and what came of it.
  const nlohmann::ordered_json &description() const { return description_; }

private:
  struct Choice {
    int algorithm = -1, math = 0;
    size_t workspace = 0; ///< bytes
  };

  Status describe(tconv_accuracy accuracy);
  Status tryChoice(Choice &choice, const Judge &judge, double &seconds);
  Status convolve(const Choice &choice);
  Status addBias();
  /// Reads y, without what is longer.
  Status read(std::vector<float> &y);
  Status checkBias(const std::vector<float> &without);

  const CudnnLibrary &library_;
  const cudnn::Api &api_;
  const BenchDevice &device_;
  const LayerEntry &entry_;
  DeviceArrays &arrays_;
  CudnnShape shape_;
  cudnn::Tensor x_ = nullptr, y_ = nullptr, biasLayout_ = nullptr;
  cudnn::Filter filter_ = nullptr;
  cudnn::Convolution convolution_ = nullptr;
  std::vector<float> biasValues_;
  std::unique_ptr<DeviceMemory> weight_, bias_, result_, workspace_;
  Choice chosen_;
  nlohmann::ordered_json description_;
};

} // namespace tconv::tools

#endif // TCONV_TOOLS_BENCH_CUDNN_LAYER_H
