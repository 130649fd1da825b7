// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// cuDNN, opened when somebody wants to compare with it.
#ifndef TCONV_TOOLS_BENCH_CUDNN_LIBRARY_H
#define TCONV_TOOLS_BENCH_CUDNN_LIBRARY_H

#include <memory>
#include <string>

#include "layer/layer.h"
#include "tconv-bench/cudnn_api.h"

namespace tconv::tools {

/// The library and a handle of it in the context that was the thread's current
/// one, which must be so again in every call, and outlive it.
class CudnnLibrary {
public:
  /// Opens libcudnn.so.9 or .8, or what TCONV_CUDNN_LIBRARY names:
  /// TCONV_NOT_FOUND where there is none, TCONV_UNSUPPORTED where it lacks a
  /// function or refuses this machine.
  static Status open(std::unique_ptr<CudnnLibrary> &result);
  ~CudnnLibrary();
  CudnnLibrary(const CudnnLibrary &) = delete;
  CudnnLibrary &operator=(const CudnnLibrary &) = delete;

  const cudnn::Api &api() const { return api_; }
  cudnn::Handle handle() const { return handle_; }
  /// "9.13.0"
  std::string version() const;

  /// OK for success; TCONV_UNSUPPORTED where cuDNN can't do it; else
  /// TCONV_DEVICE_ERROR. The message has the call and what cuDNN says.
  Status status(const std::string &call, cudnn::Result result) const;

private:
  explicit CudnnLibrary(void *library) : library_(library) {}
  Status lookUp(const std::string &path);

  void *library_;
  cudnn::Api api_;
  cudnn::Handle handle_ = nullptr;
};

} // namespace tconv::tools

#endif // TCONV_TOOLS_BENCH_CUDNN_LIBRARY_H
