// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A libcudnn.so.9 without a GPU, for gradients of convolutions of height 1 in
// the memory of the fake driver. It checks what cuDNN would refuse, computes
// by scattering in float64, and rounds factors to TF32 where their math lets
// it.
//
// The environment variable FAKE_CUDNN sets, in words with commas between them:
//
//   FUNCTION=N   every call of this function fails with status N
//   version=N    cudnnGetVersion; 91000 by default
//   wrong=N      what algorithm N computes is wrong in one element
//   wrong_bias   what cudnnAddTensor adds is wrong
//   tf32         factors are rounded whatever their math
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "device/cuda_api.h"
#include "support/half.h"
#include "tconv-bench/cudnn_api.h"

using namespace tconv;
using cudnn::Result;

#define EXPORT extern "C" __attribute__((visibility("default")))

// Of the fake driver.
extern "C" {
cuda::Result cuStreamSynchronize(cuda::Stream);
cuda::Result cuMemcpyHtoDAsync_v2(cuda::Address, const void *, size_t,
                                  cuda::Stream);
cuda::Result cuMemcpyDtoHAsync_v2(void *, cuda::Address, size_t, cuda::Stream);
cuda::Result cuCtxGetCurrent(cuda::Context *);
}

struct cudnnContext {
  cuda::Context context = nullptr;
  cuda::Stream stream = nullptr;
};
struct cudnnTensorStruct {
  int type = 0, n = 0, c = 0, w = 0;
  int64_t elements() const { return int64_t(n) * c * w; }
};
struct cudnnFilterStruct {
  int type = 0, k = 0, c = 0, w = 0;
};
struct cudnnConvolutionStruct {
  int padding = 0, stride = 1, dilation = 1, groups = 1, math = 0;
};

namespace {

constexpr Result kBadParam = 2000, kExecutionFailed = 5000;
constexpr size_t kWorkspace = 512; ///< of algorithm 1, bytes

std::map<std::string, int> readWords() {
  std::map<std::string, int> words;
  const char *text = std::getenv("FAKE_CUDNN");
  std::istringstream stream(text ? text : "");
  for (std::string word; std::getline(stream, word, ',');) {
    size_t equals = word.find('=');
    words[word.substr(0, equals)] =
        equals == std::string::npos ? 1 : std::atoi(word.c_str() + equals + 1);
  }
  return words;
}

/// What a word is set to.
int setting(const std::string &name, int otherwise) {
  static const std::map<std::string, int> words = readWords();
  auto found = words.find(name);
  return found == words.end() ? otherwise : found->second;
}

int32_t dtypeOf(int type) {
  return type == cudnn::kHalf       ? TCONV_F16
         : type == cudnn::kBFloat16 ? TCONV_BF16
                                    : TCONV_F32;
}

/// Arrays of the device, through the stream and to its end.
bool load(cudnn::Handle handle, const void *from, int type, int64_t count,
          std::vector<float> &values) {
  std::vector<char> bytes(
      static_cast<size_t>(count * dtypeBytes(dtypeOf(type))));
  if (cuMemcpyDtoHAsync_v2(bytes.data(), reinterpret_cast<cuda::Address>(from),
                           bytes.size(), handle->stream) ||
      cuStreamSynchronize(handle->stream))
    return false;
  values.resize(static_cast<size_t>(count));
  toFloats(dtypeOf(type), bytes.data(), count, values.data());
  return true;
}

bool store(cudnn::Handle handle, void *to, int type,
           const std::vector<float> &values) {
  auto count = static_cast<int64_t>(values.size());
  std::vector<char> bytes(
      static_cast<size_t>(count * dtypeBytes(dtypeOf(type))));
  fromFloats(dtypeOf(type), values.data(), count, bytes.data());
  return !cuMemcpyHtoDAsync_v2(reinterpret_cast<cuda::Address>(to),
                               bytes.data(), bytes.size(), handle->stream) &&
         !cuStreamSynchronize(handle->stream);
}

/// Whether the four are one convolution.
bool fits(cudnn::Filter w, cudnn::Tensor dy, cudnn::Convolution convolution,
          cudnn::Tensor dx) {
  int extent = convolution->dilation * (w->w - 1) + 1;
  int positions = dx->w + 2 * convolution->padding - extent;
  return w->type == dy->type && w->type == dx->type && dy->n == dx->n &&
         w->k == dy->c && w->c * convolution->groups == dx->c &&
         dy->c % convolution->groups == 0 && positions >= 0 &&
         positions / convolution->stride + 1 == dy->w;
}

} // namespace

#define FAIL_IF_ORDERED(function)                                              \
  if (Result ordered = setting(#function, 0))                                  \
  return ordered

EXPORT size_t cudnnGetVersion() {
  return static_cast<size_t>(setting("version", 91000));
}

EXPORT const char *cudnnGetErrorString(Result result) {
  return result == kBadParam          ? "CUDNN_STATUS_BAD_PARAM"
         : result == kExecutionFailed ? "CUDNN_STATUS_EXECUTION_FAILED"
                                      : "CUDNN_STATUS_OTHER";
}

EXPORT void cudnnGetLastErrorString(char *message, size_t size) {
  std::strncpy(message, "said by the fake", size);
}

EXPORT Result cudnnCreate(cudnn::Handle *handle) {
  FAIL_IF_ORDERED(cudnnCreate);
  auto made = new cudnnContext;
  if (cuCtxGetCurrent(&made->context) || !made->context) {
    delete made;
    return 1001;
  }
  *handle = made;
  return 0;
}
EXPORT Result cudnnDestroy(cudnn::Handle handle) {
  delete handle;
  return 0;
}
EXPORT Result cudnnSetStream(cudnn::Handle handle, cudnn::Stream stream) {
  FAIL_IF_ORDERED(cudnnSetStream);
  handle->stream = stream;
  return 0;
}

EXPORT Result cudnnCreateTensorDescriptor(cudnn::Tensor *tensor) {
  FAIL_IF_ORDERED(cudnnCreateTensorDescriptor);
  *tensor = new cudnnTensorStruct;
  return 0;
}
EXPORT Result cudnnSetTensor4dDescriptor(cudnn::Tensor tensor, int format,
                                         int type, int n, int c, int h, int w) {
  FAIL_IF_ORDERED(cudnnSetTensor4dDescriptor);
  if (format != cudnn::kNCHW || n < 1 || c < 1 || h != 1 || w < 1)
    return kBadParam;
  *tensor = {type, n, c, w};
  return 0;
}
EXPORT Result cudnnDestroyTensorDescriptor(cudnn::Tensor tensor) {
  delete tensor;
  return 0;
}

EXPORT Result cudnnCreateFilterDescriptor(cudnn::Filter *filter) {
  FAIL_IF_ORDERED(cudnnCreateFilterDescriptor);
  *filter = new cudnnFilterStruct;
  return 0;
}
EXPORT Result cudnnSetFilter4dDescriptor(cudnn::Filter filter, int type,
                                         int format, int k, int c, int h,
                                         int w) {
  FAIL_IF_ORDERED(cudnnSetFilter4dDescriptor);
  if (format != cudnn::kNCHW || k < 1 || c < 1 || h != 1 || w < 1)
    return kBadParam;
  *filter = {type, k, c, w};
  return 0;
}
EXPORT Result cudnnDestroyFilterDescriptor(cudnn::Filter filter) {
  delete filter;
  return 0;
}

EXPORT Result
cudnnCreateConvolutionDescriptor(cudnn::Convolution *convolution) {
  FAIL_IF_ORDERED(cudnnCreateConvolutionDescriptor);
  *convolution = new cudnnConvolutionStruct;
  return 0;
}
EXPORT Result cudnnSetConvolution2dDescriptor(cudnn::Convolution convolution,
                                              int padH, int padW, int strideH,
                                              int strideW, int dilationH,
                                              int dilationW, int mode,
                                              int computeType) {
  FAIL_IF_ORDERED(cudnnSetConvolution2dDescriptor);
  if (padH != 0 || padW < 0 || strideH < 1 || strideW < 1 || dilationH < 1 ||
      dilationW < 1 || mode != cudnn::kCrossCorrelation ||
      computeType != cudnn::kFloat)
    return kBadParam;
  convolution->padding = padW;
  convolution->stride = strideW;
  convolution->dilation = dilationW;
  return 0;
}
EXPORT Result cudnnSetConvolutionGroupCount(cudnn::Convolution convolution,
                                            int groups) {
  FAIL_IF_ORDERED(cudnnSetConvolutionGroupCount);
  convolution->groups = groups;
  return 0;
}
EXPORT Result cudnnSetConvolutionMathType(cudnn::Convolution convolution,
                                          int math) {
  FAIL_IF_ORDERED(cudnnSetConvolutionMathType);
  convolution->math = math;
  return 0;
}
EXPORT Result cudnnDestroyConvolutionDescriptor(cudnn::Convolution old) {
  delete old;
  return 0;
}

EXPORT Result cudnnGetConvolutionBackwardDataAlgorithmMaxCount(cudnn::Handle,
                                                               int *count) {
  FAIL_IF_ORDERED(cudnnGetConvolutionBackwardDataAlgorithmMaxCount);
  *count = 6;
  return 0;
}

EXPORT Result cudnnGetConvolutionBackwardDataAlgorithm_v7(
    cudnn::Handle, cudnn::Filter w, cudnn::Tensor dy,
    cudnn::Convolution convolution, cudnn::Tensor dx, int requested,
    int *returned, cudnn::Performance *results) {
  FAIL_IF_ORDERED(cudnnGetConvolutionBackwardDataAlgorithm_v7);
  if (!fits(w, dy, convolution, dx) || requested < 6)
    return kBadParam;
  auto one = [](int algorithm, int math, Result status) {
    cudnn::Performance performance = {};
    performance.algorithm = algorithm;
    performance.math = math;
    performance.status = status;
    return performance;
  };
  int unsupported = setting("version", 91000) >= 90000 ? 3000 : 9;
  results[0] = one(0, convolution->math, 0);
  results[1] = one(1, cudnn::kTensorOpMathAllowConversion, 0);
  results[2] = one(1, convolution->math, 0);
  results[3] = one(4, convolution->math, unsupported);
  *returned = 4;
  return 0;
}

EXPORT Result cudnnGetConvolutionBackwardDataWorkspaceSize(
    cudnn::Handle, cudnn::Filter w, cudnn::Tensor dy,
    cudnn::Convolution convolution, cudnn::Tensor dx, int algorithm,
    size_t *bytes) {
  FAIL_IF_ORDERED(cudnnGetConvolutionBackwardDataWorkspaceSize);
  if (!fits(w, dy, convolution, dx))
    return kBadParam;
  *bytes = algorithm == 1 ? kWorkspace : 0;
  return 0;
}

EXPORT Result cudnnConvolutionBackwardData(
    cudnn::Handle handle, const void *alpha, cudnn::Filter wLayout,
    const void *w, cudnn::Tensor dyLayout, const void *dy,
    cudnn::Convolution convolution, int algorithm, void *workspace,
    size_t workspaceBytes, const void *beta, cudnn::Tensor dxLayout, void *dx) {
  FAIL_IF_ORDERED(cudnnConvolutionBackwardData);
  if (!fits(wLayout, dyLayout, convolution, dxLayout) || algorithm > 1 ||
      *static_cast<const float *>(alpha) != 1 ||
      *static_cast<const float *>(beta) != 0)
    return kBadParam;
  std::vector<float> x, weight, y;
  int64_t weights = int64_t(wLayout->k) * wLayout->c * wLayout->w;
  std::vector<float> scratch(kWorkspace / sizeof(float));
  if (algorithm == 1 && (workspaceBytes < kWorkspace ||
                         !store(handle, workspace, cudnn::kFloat, scratch)))
    return kExecutionFailed;
  if (!load(handle, dy, dyLayout->type, dyLayout->elements(), x) ||
      !load(handle, w, wLayout->type, weights, weight))
    return kExecutionFailed;
  if (wLayout->type == cudnn::kFloat &&
      (convolution->math != cudnn::kFmaMath || setting("tf32", 0)))
    for (std::vector<float> *values : {&x, &weight})
      for (float &value : *values)
        value = toTF32(value);
  std::vector<double> sums(static_cast<size_t>(dxLayout->elements()));
  int inputs = dyLayout->c / convolution->groups;
  for (int n = 0; n < dyLayout->n; ++n)
    for (int ci = 0; ci < dyLayout->c; ++ci)
      for (int i = 0; i < dyLayout->w; ++i)
        for (int co = 0; co < wLayout->c; ++co)
          for (int k = 0; k < wLayout->w; ++k) {
            int t = i * convolution->stride + k * convolution->dilation -
                    convolution->padding;
            if (t < 0 || t >= dxLayout->w)
              continue;
            int channel = ci / inputs * wLayout->c + co;
            size_t row = static_cast<size_t>(n) * dxLayout->c + channel;
            sums[row * dxLayout->w + t] +=
                double(x[(static_cast<size_t>(n) * dyLayout->c + ci) *
                             dyLayout->w +
                         i]) *
                weight[(static_cast<size_t>(ci) * wLayout->c + co) *
                           wLayout->w +
                       k];
          }
  y.assign(sums.begin(), sums.end());
  if (setting("wrong", -1) == algorithm)
    y.front() += 0.125F;
  // So that it is known which one is the faster.
  if (algorithm == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return store(handle, dx, dxLayout->type, y) ? 0 : kExecutionFailed;
}

EXPORT Result cudnnAddTensor(cudnn::Handle handle, const void *alpha,
                             cudnn::Tensor aLayout, const void *a,
                             const void *beta, cudnn::Tensor cLayout, void *c) {
  FAIL_IF_ORDERED(cudnnAddTensor);
  if (aLayout->n != 1 || aLayout->w != 1 || aLayout->c != cLayout->c ||
      *static_cast<const float *>(alpha) != 1 ||
      *static_cast<const float *>(beta) != 1)
    return kBadParam;
  std::vector<float> bias, y;
  if (!load(handle, a, aLayout->type, aLayout->elements(), bias) ||
      !load(handle, c, cLayout->type, cLayout->elements(), y))
    return kExecutionFailed;
  for (size_t i = 0; i < y.size(); ++i)
    y[i] += bias[i / cLayout->w % cLayout->c] +
            static_cast<float>(setting("wrong_bias", 0));
  return store(handle, c, cLayout->type, y) ? 0 : kExecutionFailed;
}
