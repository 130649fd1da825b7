// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is used of cuDNN, written down here so that nothing of it is needed to
// build: names, numbers and signatures are the library's, of versions 8 and 9,
// and test/tools/cudnn_header_test.cpp compares them with its header where
// there is one.
#ifndef TCONV_TOOLS_BENCH_CUDNN_API_H
#define TCONV_TOOLS_BENCH_CUDNN_API_H

#include <cstddef>

struct CUstream_st;
struct cudnnContext;
struct cudnnTensorStruct;
struct cudnnFilterStruct;
struct cudnnConvolutionStruct;

namespace tconv::cudnn {

using Result = int;
using Stream = CUstream_st *;
using Handle = cudnnContext *;
using Tensor = cudnnTensorStruct *;
using Filter = cudnnFilterStruct *;
using Convolution = cudnnConvolutionStruct *;

enum : Result { kSuccess = 0 };
/// cudnnStatus_t of version 8 and, from kNotSupported9 on up to the next
/// thousand, of version 9.
enum : Result { kNotSupported8 = 9, kNotSupported9 = 3000 };
/// cudnnDataType_t.
enum : int { kFloat = 0, kHalf = 2, kBFloat16 = 9 };
/// cudnnTensorFormat_t.
enum : int { kNCHW = 0 };
/// cudnnConvolutionMode_t.
enum : int { kCrossCorrelation = 1 };
/// cudnnMathType_t. The default one rounds f32 to TF32 where that is faster.
enum : int {
  kDefaultMath = 0,
  kTensorOpMath = 1,
  kTensorOpMathAllowConversion = 2,
  kFmaMath = 3,
};
/// cudnnConvolutionBwdDataAlgo_t: those up to kGemm1 sum products, the others
/// transform what they multiply.
enum : int { kGemm0 = 0, kGemm1 = 1, kAlgorithms = 6 };

/// cudnnConvolutionBwdDataAlgoPerf_t.
struct Performance {
  int algorithm;
  Result status;
  float milliseconds;
  size_t workspace; ///< bytes
  int deterministic;
  int math;
  int reserved[3];
};

// F(member, symbol, parameters) of functions that return a status. The layer's
// x is the gradient "dy" of a convolution, its y that of the convolution's
// input, "dx".
#define TCONV_CUDNN_FUNCTIONS(F)                                               \
  F(create, cudnnCreate, (Handle * handle))                                    \
  F(destroy, cudnnDestroy, (Handle handle))                                    \
  F(setStream, cudnnSetStream, (Handle handle, Stream stream))                 \
  F(tensorCreate, cudnnCreateTensorDescriptor, (Tensor * tensor))              \
  F(tensorSet, cudnnSetTensor4dDescriptor,                                     \
    (Tensor tensor, int format, int type, int n, int c, int h, int w))         \
  F(tensorDestroy, cudnnDestroyTensorDescriptor, (Tensor tensor))              \
  F(filterCreate, cudnnCreateFilterDescriptor, (Filter * filter))              \
  F(filterSet, cudnnSetFilter4dDescriptor,                                     \
    (Filter filter, int type, int format, int k, int c, int h, int w))         \
  F(filterDestroy, cudnnDestroyFilterDescriptor, (Filter filter))              \
  F(convolutionCreate, cudnnCreateConvolutionDescriptor,                       \
    (Convolution * convolution))                                               \
  F(convolutionSet, cudnnSetConvolution2dDescriptor,                           \
    (Convolution convolution, int padH, int padW, int strideH, int strideW,    \
     int dilationH, int dilationW, int mode, int computeType))                 \
  F(convolutionGroups, cudnnSetConvolutionGroupCount,                          \
    (Convolution convolution, int groups))                                     \
  F(convolutionMath, cudnnSetConvolutionMathType,                              \
    (Convolution convolution, int math))                                       \
  F(convolutionDestroy, cudnnDestroyConvolutionDescriptor,                     \
    (Convolution convolution))                                                 \
  F(algorithmCount, cudnnGetConvolutionBackwardDataAlgorithmMaxCount,          \
    (Handle handle, int *count))                                               \
  F(algorithms, cudnnGetConvolutionBackwardDataAlgorithm_v7,                   \
    (Handle handle, Filter w, Tensor dy, Convolution convolution, Tensor dx,   \
     int requested, int *returned, Performance *results))                      \
  F(workspaceSize, cudnnGetConvolutionBackwardDataWorkspaceSize,               \
    (Handle handle, Filter w, Tensor dy, Convolution convolution, Tensor dx,   \
     int algorithm, size_t *bytes))                                            \
  F(backwardData, cudnnConvolutionBackwardData,                                \
    (Handle handle, const void *alpha, Filter wLayout, const void *w,          \
     Tensor dyLayout, const void *dy, Convolution convolution, int algorithm,  \
     void *workspace, size_t workspaceBytes, const void *beta,                 \
     Tensor dxLayout, void *dx))                                               \
  F(addTensor, cudnnAddTensor,                                                 \
    (Handle handle, const void *alpha, Tensor aLayout, const void *a,          \
     const void *beta, Tensor cLayout, void *c))

/// The library's functions.
struct Api {
#define TCONV_CUDNN_MEMBER(member, symbol, parameters)                         \
  Result(*member) parameters = nullptr;
  TCONV_CUDNN_FUNCTIONS(TCONV_CUDNN_MEMBER)
#undef TCONV_CUDNN_MEMBER
  size_t (*version)() = nullptr;
  const char *(*errorText)(Result result) = nullptr;
  /// Of version 9: what went wrong last in this thread; NULL in others.
  void (*lastError)(char *message, size_t size) = nullptr;
};

} // namespace tconv::cudnn

#endif // TCONV_TOOLS_BENCH_CUDNN_API_H
