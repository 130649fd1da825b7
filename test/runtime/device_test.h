// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tests of GPU layers share: the fake driver, and what it counts.
#ifndef TCONV_TEST_RUNTIME_DEVICE_TEST_H
#define TCONV_TEST_RUNTIME_DEVICE_TEST_H

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <dlfcn.h>
#include <gtest/gtest.h>

#include "fake_cuda/fake_cuda.h"
#include "support/bounds.h"
#include "support/layers.h"
#include "support/naive_ptx.h"

namespace tconv::test {

/// The fake driver in this process.
class FakeCuda {
public:
  FakeCuda() : library_(dlopen(FAKE_CUDA_LIBRARY, RTLD_NOW | RTLD_LOCAL)) {}
  template <typename Function> Function get(const char *name) const {
    void *found = library_ ? dlsym(library_, name) : nullptr;
    EXPECT_NE(found, nullptr) << name;
    return reinterpret_cast<Function>(found);
  }
  fake_cuda_counts count() const {
    fake_cuda_counts counts = {};
    get<fake_cuda_count_fn>("fake_cuda_count")(&counts);
    return counts;
  }
  void fail(const char *function, int result, int64_t skip = 0) const {
    get<fake_cuda_fail_fn>("fake_cuda_fail")(function, result, skip);
  }
  bool failed() const {
    return get<fake_cuda_failed_fn>("fake_cuda_failed")() != 0;
  }

private:
  void *library_;
};

inline tconv_status makeLayer(const tconv_params &params, const char *target,
                              LayerHandle &layer,
                              int32_t accuracy = TCONV_ACCURACY_DEFAULT) {
  tconv_layer_options options;
  tconv_layer_options_init(&options);
  options.target = target;
  options.accuracy = accuracy;
  tconv_layer *raw = nullptr;
  tconv_status status = tconv_layer_create(&params, &options, &raw);
  layer.reset(raw);
  return status;
}

/// Registers a kernel for as long as the process runs.
inline void registerNaive(const tconv_params &params,
                          const NaiveOptions &options = {}) {
  const tconv_kernel *kernel = &(new NaiveKernel(params, options))->kernel;
  ASSERT_EQ(tconv_register_kernels(&kernel, 1), TCONV_OK) << tconv_last_error();
}

struct DestroyBuffer {
  void operator()(tconv_device_buffer *buffer) const {
    tconv_device_buffer_destroy(buffer);
  }
};
using BufferHandle = std::unique_ptr<tconv_device_buffer, DestroyBuffer>;

inline BufferHandle makeBuffer(int64_t bytes, const char *target = "cuda") {
  tconv_device_buffer *raw = nullptr;
  EXPECT_EQ(tconv_device_buffer_create(target, bytes, &raw), TCONV_OK)
      << tconv_last_error();
  return BufferHandle(raw);
}

template <typename T> BufferHandle bufferOf(const std::vector<T> &values) {
  auto bytes = static_cast<int64_t>(values.size() * sizeof(T));
  BufferHandle buffer = makeBuffer(bytes);
  EXPECT_EQ(tconv_device_buffer_write(buffer.get(), values.data(), bytes),
            TCONV_OK)
      << tconv_last_error();
  return buffer;
}

template <typename T>
std::vector<T> valuesIn(const BufferHandle &buffer, int64_t count) {
  std::vector<T> values(static_cast<size_t>(count));
  EXPECT_EQ(tconv_device_buffer_read(buffer.get(), values.data(),
                                     count * static_cast<int64_t>(sizeof(T))),
            TCONV_OK)
      << tconv_last_error();
  return values;
}

/// What the bounds of SPEC.md say of a layer's result; "" where they hold.
inline std::string compareWithExact(tconv_layer *layer,
                                    const tconv_params &params,
                                    const std::vector<float> &x, int64_t batch,
                                    int64_t length,
                                    const std::vector<float> &y) {
  std::vector<float> weight(static_cast<size_t>(weightElements(params)));
  std::vector<float> bias(static_cast<size_t>(params.out_channels));
  EXPECT_EQ(tconv_layer_get_weight(layer, weight.data()), TCONV_OK);
  if (params.has_bias) {
    EXPECT_EQ(tconv_layer_get_bias(layer, bias.data()), TCONV_OK);
  }
  Accuracy accuracy(params, /*fast=*/false);
  return accuracy.compare({x.data(), weight.data(),
                           params.has_bias ? bias.data() : nullptr, batch,
                           length},
                          y.data());
}

} // namespace tconv::test

#endif // TCONV_TEST_RUNTIME_DEVICE_TEST_H
