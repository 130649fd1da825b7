// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tools/tconv-bench/cudnn_api.h writes down of cuDNN, against its header.
// Nothing runs: what is wrong doesn't compile.
#include <type_traits>

#include <cudnn.h>

#include "tconv-bench/cudnn_api.h"

using namespace tconv;

// Each number.
#define SAME(ours, theirs)                                                     \
  static_assert(static_cast<int>(ours) == static_cast<int>(theirs), #ours)
SAME(cudnn::kSuccess, CUDNN_STATUS_SUCCESS);
#if CUDNN_MAJOR >= 9
SAME(cudnn::kNotSupported9, CUDNN_STATUS_NOT_SUPPORTED);
#else
SAME(cudnn::kNotSupported8, CUDNN_STATUS_NOT_SUPPORTED);
#endif
SAME(cudnn::kFloat, CUDNN_DATA_FLOAT);
SAME(cudnn::kHalf, CUDNN_DATA_HALF);
SAME(cudnn::kBFloat16, CUDNN_DATA_BFLOAT16);
SAME(cudnn::kNCHW, CUDNN_TENSOR_NCHW);
SAME(cudnn::kCrossCorrelation, CUDNN_CROSS_CORRELATION);
SAME(cudnn::kDefaultMath, CUDNN_DEFAULT_MATH);
SAME(cudnn::kTensorOpMath, CUDNN_TENSOR_OP_MATH);
SAME(cudnn::kTensorOpMathAllowConversion,
     CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION);
SAME(cudnn::kFmaMath, CUDNN_FMA_MATH);
SAME(cudnn::kGemm0, CUDNN_CONVOLUTION_BWD_DATA_ALGO_0);
SAME(cudnn::kGemm1, CUDNN_CONVOLUTION_BWD_DATA_ALGO_1);
SAME(cudnn::kAlgorithms, CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT);

// The one structure.
using Theirs = cudnnConvolutionBwdDataAlgoPerf_t;
static_assert(sizeof(cudnn::Performance) == sizeof(Theirs));
#define SAME_PLACE(ours, theirs)                                               \
  SAME(offsetof(cudnn::Performance, ours), offsetof(Theirs, theirs))
SAME_PLACE(algorithm, algo);
SAME_PLACE(status, status);
SAME_PLACE(milliseconds, time);
SAME_PLACE(workspace, memory);
SAME_PLACE(deterministic, determinism);
SAME_PLACE(math, mathType);

// Each function: as many parameters, of the same kinds. Enumerations are ints
// here, and so is a pointer to one; the descriptors' types are the library's.
template <typename T> struct Parameter {
  using type = std::conditional_t<std::is_enum_v<T>, int, T>;
};
template <> struct Parameter<Theirs *> {
  using type = cudnn::Performance *;
};
template <typename> struct Signature;
template <typename R, typename... P> struct Signature<R (*)(P...)> {
  using type = int (*)(typename Parameter<P>::type...);
};
#define SAME_FUNCTION(member, symbol, parameters)                              \
  static_assert(std::is_same_v<Signature<decltype(&symbol)>::type,             \
                               decltype(cudnn::Api::member)>,                  \
                #symbol);
TCONV_CUDNN_FUNCTIONS(SAME_FUNCTION)
static_assert(
    std::is_same_v<decltype(&cudnnGetVersion), decltype(cudnn::Api::version)>);

int main() { return 0; }
