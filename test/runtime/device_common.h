// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tests of layers on devices share, whatever the device.
#ifndef TCONV_TEST_RUNTIME_DEVICE_COMMON_H
#define TCONV_TEST_RUNTIME_DEVICE_COMMON_H

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/bounds.h"
#include "support/layers.h"

namespace tconv::test {

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

#endif // TCONV_TEST_RUNTIME_DEVICE_COMMON_H
