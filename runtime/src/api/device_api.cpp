// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of the C interface that deals in devices.
#include <cstdio>
#include <cstring>

#include "api/launch.h"
#include "device/device_layer.h"
#include "support/fork.h"
#include "support/status.h"
#include "target/target.h"

using namespace tconv;

struct tconv_device_buffer {
  DeviceKind kind;
  std::shared_ptr<const DeviceContext> context;
  std::unique_ptr<DeviceMemory> memory;
};

namespace {

Status checkStride(const char *name, int64_t stride) {
  if (stride >= 0)
    return Status::ok();
  return {TCONV_INVALID_VALUE, std::string("strides.") + name + " = " +
                                   std::to_string(stride) +
                                   ": must be at least 0"};
}

/// Offset of an array's last element; false where its bytes don't fit.
bool lastElement(int64_t batch, int64_t batchStride, int64_t channels,
                 int64_t channelStride, int64_t length, int32_t dtype,
                 int64_t &last) {
  int64_t a, b, bytes;
  return !__builtin_mul_overflow(batch - 1, batchStride, &a) &&
         !__builtin_mul_overflow(channels - 1, channelStride, &b) &&
         !__builtin_add_overflow(a, b, &last) &&
         !__builtin_add_overflow(last, length - 1, &last) &&
         !__builtin_mul_overflow(last, dtypeBytes(dtype), &bytes) &&
         !__builtin_add_overflow(bytes, dtypeBytes(dtype), &bytes);
}

/// Whether no two rows of y share an element: either axis may be the outer one.
bool rowsApart(int64_t batch, int64_t channels, const tconv_kernel_args &args) {
  auto apart = [&](int64_t inner, int64_t innerStride, int64_t outer,
                   int64_t outerStride) {
    return (inner == 1 || innerStride >= args.output_length) &&
           (outer == 1 ||
            outerStride - args.output_length >= (inner - 1) * innerStride);
  };
  return apart(channels, args.y_channel_stride, batch, args.y_batch_stride) ||
         apart(batch, args.y_batch_stride, channels, args.y_channel_stride);
}

Status setStrides(const tconv_params &params, const tconv_strides &strides,
                  tconv_kernel_args &args) {
  if (strides.struct_size != sizeof(strides))
    return {TCONV_INVALID_VALUE,
            "strides.struct_size = " + std::to_string(strides.struct_size) +
                ": must be " + std::to_string(sizeof(strides))};
  const std::pair<const char *, int64_t> all[] = {
      {"x_batch", strides.x_batch},
      {"x_channel", strides.x_channel},
      {"y_batch", strides.y_batch},
      {"y_channel", strides.y_channel}};
  for (const auto &[name, stride] : all)
    if (Status error = checkStride(name, stride))
      return error;
  int64_t ignored;
  if (!lastElement(args.batch, strides.x_batch, params.in_channels,
                   strides.x_channel, args.length, params.dtype, ignored) ||
      !lastElement(args.batch, strides.y_batch, params.out_channels,
                   strides.y_channel, args.output_length, params.dtype,
                   ignored))
    return {TCONV_INVALID_VALUE,
            "strides: x or y doesn't fit a signed 64-bit number of bytes"};
  args.x_batch_stride = strides.x_batch;
  args.x_channel_stride = strides.x_channel;
  args.y_batch_stride = strides.y_batch;
  args.y_channel_stride = strides.y_channel;
  if (rowsApart(args.batch, params.out_channels, args))
    return Status::ok();
  return {TCONV_INVALID_VALUE,
          "strides: y_batch = " + std::to_string(strides.y_batch) +
              ", y_channel = " + std::to_string(strides.y_channel) +
              ": elements of y coincide"};
}

/// Refuses an x and a y that share memory; strides are checked.
Status checkApart(const tconv_params &params, const tconv_kernel_args &args) {
  int64_t xLast = 0, yLast = 0;
  lastElement(args.batch, args.x_batch_stride, params.in_channels,
              args.x_channel_stride, args.length, params.dtype, xLast);
  lastElement(args.batch, args.y_batch_stride, params.out_channels,
              args.y_channel_stride, args.output_length, params.dtype, yLast);
  auto x = reinterpret_cast<uintptr_t>(args.x);
  auto y = reinterpret_cast<uintptr_t>(args.y);
  auto bytes = static_cast<uintptr_t>(dtypeBytes(params.dtype));
  if (x < y ? y - x > static_cast<uintptr_t>(xLast) * bytes
            : x - y > static_cast<uintptr_t>(yLast) * bytes)
    return Status::ok();
  char text[64];
  std::snprintf(text, sizeof(text), "y = %p: overlaps x = %p", args.y, args.x);
  return {TCONV_INVALID_VALUE, text};
}

Status runOnDevice(tconv_layer &layer, const LaunchArgs &tensors,
                   const tconv_strides *strides, void *stream) {
  if (!layer.device)
    return {TCONV_INVALID_VALUE,
            "layer: its target is '" + layer.target +
                "': must be a device's to run on a device's memory"};
  if (Status error = checkElements("x", tensors.x, layer.params.dtype))
    return error;
  if (Status error = checkElements("y", tensors.y, layer.params.dtype))
    return error;
  tconv_kernel_args args = contiguousArgs(layer.params, tensors);
  if (strides)
    if (Status error = setStrides(layer.params, *strides, args))
      return error;
  if (Status error = checkApart(layer.params, args))
    return error;
  return layer.device->run(layer, layer.state(), args, stream);
}

/// The driver of "cuda" or "ascend".
Status driverOf(const char *kind, const DeviceDriver *&driver) {
  if (Status error = checkPointer("kind", kind))
    return error;
  for (DeviceKind one : {DeviceKind::cuda, DeviceKind::ascend})
    if (std::strcmp(kind, deviceKindName(one)) == 0) {
      driver = &deviceDriver(one);
      return Status::ok();
    }
  return {TCONV_INVALID_VALUE,
          "kind = '" + std::string(kind) + "': must be cuda or ascend"};
}

Status countDevices(const char *kind, int32_t *count) {
  if (Status error = checkPointer("count", count))
    return error;
  const DeviceDriver *driver = nullptr;
  if (Status error = driverOf(kind, driver))
    return error;
  int found = 0;
  if (Status error = driver->count(found))
    return error;
  *count = found;
  return Status::ok();
}

Status describeDevice(const char *kind, int32_t device,
                      tconv_device_info *info) {
  if (Status error = checkPointer("info", info))
    return error;
  if (info->struct_size != sizeof(*info))
    return {TCONV_INVALID_VALUE,
            "info.struct_size = " + std::to_string(info->struct_size) +
                ": must be " + std::to_string(sizeof(*info))};
  const DeviceDriver *driver = nullptr;
  if (Status error = driverOf(kind, driver))
    return error;
  tconv_device_info found = {};
  found.struct_size = sizeof(found);
  if (Status error = driver->describe(device, found))
    return error;
  *info = found;
  return Status::ok();
}

/// The context in which this thread works on a device.
Status contextOf(const std::string &target,
                 std::shared_ptr<const DeviceContext> &context) {
  if (!isDeviceTarget(target))
    return {TCONV_INVALID_VALUE, "target = '" + target +
                                     "': must be cuda, cuda:N, ascend, "
                                     "ascend:N or one of " +
                                     nvptxTargets() + ", " + ascendTargets()};
  DeviceTarget device;
  if (Status error = resolveDevice(target, device))
    return error;
  return device.driver->context(device.device, /*stream=*/nullptr, context);
}

Status createBuffer(const std::string &target, int64_t bytes,
                    tconv_device_buffer **result) {
  if (bytes < 0)
    return {TCONV_INVALID_VALUE,
            "bytes = " + std::to_string(bytes) + ": must be at least 0"};
  auto buffer = std::make_unique<tconv_device_buffer>();
  buffer->kind = deviceKind(target);
  if (Status error = contextOf(target, buffer->context))
    return error;
  if (Status error = buffer->context->allocate(bytes, "buffer", buffer->memory))
    return error;
  buffer->memory->keepForLaunches();
  *result = buffer.release();
  return Status::ok();
}

/// Runs a call on a buffer's bytes with its context current.
template <typename Function>
Status withBuffer(const tconv_device_buffer &buffer, int64_t bytes,
                  Function &&function) {
  if (Status why = deviceDriver(buffer.kind).open()) // in a child after fork()
    return why;
  if (bytes < 0 || bytes > buffer.memory->bytes())
    return {TCONV_INVALID_VALUE, "bytes = " + std::to_string(bytes) +
                                     ": must be from 0 to " +
                                     std::to_string(buffer.memory->bytes())};
  std::unique_ptr<DeviceScope> scope = buffer.context->enter();
  if (scope->status())
    return scope->status();
  return function();
}

/// Copies on a stream of its own and waits for that.
template <typename Copy>
Status copyOnStream(const tconv_device_buffer &buffer, Copy &&copy) {
  std::unique_ptr<DeviceStream> stream;
  if (Status error = buffer.context->createStream(stream))
    return error;
  Status issued = copy(*stream);
  Status done = stream->synchronize("buffer");
  return issued ? issued : done;
}

Status readDevice(const std::string &target, const void *from, int64_t bytes,
                  void *to) {
  std::shared_ptr<const DeviceContext> context;
  if (Status error = contextOf(target, context))
    return error;
  std::unique_ptr<DeviceScope> scope = context->enter();
  if (scope->status())
    return scope->status();
  if (Status error = context->checkReachable("from", from))
    return error;
  if (Status error = context->synchronize())
    return error;
  std::unique_ptr<DeviceStream> stream;
  if (Status error = context->createStream(stream))
    return error;
  Status issued =
      stream->copyToHost(to, reinterpret_cast<uint64_t>(from), bytes);
  Status done = stream->synchronize("from");
  return issued ? issued : done;
}

} // namespace

extern "C" {

tconv_status tconv_layer_run_device(tconv_layer *layer, const void *x,
                                    int64_t batch, int64_t length, void *y,
                                    const tconv_strides *strides,
                                    void *stream) {
  return guard([&]() -> Status {
    if (Status error = checkPointer("layer", layer))
      return error;
    LaunchArgs args = {x, y, batch, length, 0};
    if (Status error =
            checkLaunch(layer->params, batch, length, args.outputLength))
      return error;
    if (batch == 0)
      return Status::ok();
    return runOnDevice(*layer, args, strides, stream);
  });
}

tconv_status tconv_layer_device(const tconv_layer *layer, int32_t *device) {
  return guard([&]() -> Status {
    if (Status error = checkPointer("layer", layer))
      return error;
    if (Status error = checkPointer("device", device))
      return error;
    *device = layer->device ? layer->device->device() : -1;
    return Status::ok();
  });
}

tconv_status tconv_device_count(int32_t *count) {
  return tconv_device_count_of("cuda", count);
}

tconv_status tconv_device_get_info(int32_t device, tconv_device_info *info) {
  return tconv_device_get_info_of("cuda", device, info);
}

tconv_status tconv_device_count_of(const char *kind, int32_t *count) {
  return guard([&] {
    ForkHold hold;
    return countDevices(kind, count);
  });
}

tconv_status tconv_device_get_info_of(const char *kind, int32_t device,
                                      tconv_device_info *info) {
  return guard([&] {
    ForkHold hold;
    return describeDevice(kind, device, info);
  });
}

tconv_status tconv_device_buffer_create(const char *target, int64_t bytes,
                                        tconv_device_buffer **buffer) {
  return guard([&]() -> Status {
    ForkHold hold;
    if (Status error = checkPointer("target", target))
      return error;
    if (Status error = checkPointer("buffer", buffer))
      return error;
    return createBuffer(target, bytes, buffer);
  });
}

void tconv_device_buffer_destroy(tconv_device_buffer *buffer) { delete buffer; }

void *tconv_device_buffer_pointer(const tconv_device_buffer *buffer) {
  return buffer ? reinterpret_cast<void *>(buffer->memory->address()) : nullptr;
}

int32_t tconv_device_buffer_device(const tconv_device_buffer *buffer) {
  return buffer ? buffer->context->device() : -1;
}

tconv_status tconv_device_buffer_write(tconv_device_buffer *buffer,
                                       const void *from, int64_t bytes) {
  return guard([&]() -> Status {
    if (Status error = checkPointer("buffer", buffer))
      return error;
    if (bytes > 0)
      if (Status error = checkPointer("from", from))
        return error;
    return withBuffer(*buffer, bytes, [&] {
      return copyOnStream(*buffer, [&](DeviceStream &stream) {
        return stream.copyToDevice(*buffer->memory, from, bytes);
      });
    });
  });
}

tconv_status tconv_device_buffer_read(const tconv_device_buffer *buffer,
                                      void *to, int64_t bytes) {
  return guard([&]() -> Status {
    if (Status error = checkPointer("buffer", buffer))
      return error;
    if (bytes > 0)
      if (Status error = checkPointer("to", to))
        return error;
    return withBuffer(*buffer, bytes, [&]() -> Status {
      if (Status error = buffer->context->synchronize())
        return error;
      return copyOnStream(*buffer, [&](DeviceStream &stream) {
        return stream.copyToHost(to, buffer->memory->address(), bytes);
      });
    });
  });
}

tconv_status tconv_device_read(const char *target, const void *from,
                               int64_t bytes, void *to) {
  return guard([&]() -> Status {
    ForkHold hold;
    if (Status error = checkPointer("target", target))
      return error;
    if (bytes < 0)
      return {TCONV_INVALID_VALUE,
              "bytes = " + std::to_string(bytes) + ": must be at least 0"};
    if (bytes > 0)
      for (const auto &[name, pointer] :
           {std::pair<const char *, const void *>("from", from), {"to", to}})
        if (Status error = checkPointer(name, pointer))
          return error;
    return readDevice(target, from, bytes, to);
  });
}

tconv_status tconv_device_buffer_wait(const tconv_device_buffer *buffer) {
  return guard([&]() -> Status {
    if (Status error = checkPointer("buffer", buffer))
      return error;
    return withBuffer(*buffer, 0,
                      [&] { return buffer->context->synchronize(); });
  });
}

} // extern "C"
