// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "device/device_layer.h"

#include <algorithm>

#include "support/fork.h"
#include "support/half.h"

using namespace tconv;

namespace {

/// Floats as elements of a layer's dtype, in memory of the device; `host` must
/// stay until the stream has been waited for.
Status upload(const std::shared_ptr<const DeviceContext> &context,
              const float *values, int64_t count, int32_t dtype,
              const std::string &what, DeviceStream &stream,
              std::vector<char> &host, std::unique_ptr<DeviceMemory> &result) {
  host.resize(static_cast<size_t>(count * dtypeBytes(dtype)));
  fromFloats(dtype, values, count, host.data());
  if (Status error =
          context->allocate(static_cast<int64_t>(host.size()), what, result))
    return error;
  return stream.copyToDevice(*result, host.data(),
                             static_cast<int64_t>(host.size()));
}

} // namespace

bool DeviceLayer::find(const DeviceContext &context, const State &state,
                       tconv_length_class lengthClass, DevicePlan &result) {
  std::lock_guard<std::mutex> lock(entriesMutex_);
  for (const Entry &entry : entries_) {
    if (entry.lengthClass == lengthClass && entry.context->isSame(context) &&
        entry.state.weights == state.weights &&
        entry.state.bias == state.bias) {
      result = entry.plan;
      return true;
    }
  }
  return false;
}

std::shared_ptr<const DeviceWeights>
DeviceLayer::packedBy(const DeviceKernel *kernel, const Weights *weights) {
  std::lock_guard<std::mutex> lock(entriesMutex_);
  for (const Entry &entry : entries_)
    if (entry.state.weights.get() == weights &&
        entry.plan.weights->kernel.get() == kernel)
      return entry.plan.weights;
  return nullptr;
}

void DeviceLayer::keep(Entry entry) {
  // What goes away goes after the lock is free.
  std::vector<Entry> gone;
  gone.reserve(entries_.size()); // only those who prepare change it
  std::lock_guard<std::mutex> lock(entriesMutex_);
  std::vector<Entry> kept;
  kept.reserve(entries_.size() + 1);
  for (Entry &old : entries_) {
    bool current = old.state.weights == entry.state.weights &&
                   old.state.bias == entry.state.bias;
    (current ? kept : gone).push_back(std::move(old));
  }
  kept.push_back(std::move(entry));
  entries_ = std::move(kept);
}

Status DeviceLayer::make(tconv_layer &layer, const State &state,
                         std::shared_ptr<const LoadedKernel> kernel,
                         const std::shared_ptr<const DeviceContext> &context,
                         DevicePlan &result) {
  std::shared_ptr<const DeviceKernel> loaded;
  if (Status error = DeviceKernel::load(std::move(kernel), context, loaded))
    return error;
  std::unique_ptr<DeviceScope> scope = context->enter();
  if (scope->status())
    return scope->status();
  // The stream goes first: what it copies from and to outlives it.
  std::vector<char> hostWeight, hostBias;
  std::unique_ptr<DeviceMemory> weight, packed, bias, scratch;
  std::unique_ptr<DeviceStream> stream;
  if (Status error = context->createStream(stream))
    return error;
  auto issue = [&]() -> Status {
    int32_t dtype = layer.params.dtype;
    result.weights = packedBy(loaded.get(), state.weights.get());
    if (!result.weights) {
      const WeightValues &values = state.weights->values;
      if (Status error = upload(context, values.data(), values.size(), dtype,
                                "weight", *stream, hostWeight, weight))
        return error;
      if (Status error = context->allocate(loaded->kernel().packed_bytes,
                                           "packed weights", packed))
        return error;
      if (Status error = loaded->module().pack(
              weight->address(), packed->address(), stream->address(), scratch))
        return error;
    }
    if (!state.bias)
      return Status::ok();
    return upload(context, state.bias->data(), layer.params.out_channels, dtype,
                  "bias", *stream, hostBias, bias);
  };
  Status issued = issue();
  // Whatever was issued is done before its memory goes.
  Status done = stream->synchronize("packing weights");
  if (issued || done)
    return issued ? issued : done;
  if (!result.weights) {
    packed->keepForLaunches();
    result.weights = std::make_shared<const DeviceWeights>(
        DeviceWeights{std::move(loaded), std::move(packed)});
  }
  if (bias)
    bias->keepForLaunches();
  result.bias = std::move(bias);
  return Status::ok();
}

Status DeviceLayer::plan(tconv_layer &layer, const State &state,
                         tconv_length_class lengthClass,
                         const std::shared_ptr<const DeviceContext> &context,
                         DevicePlan &result) {
  if (find(*context, state, lengthClass, result))
    return Status::ok();
  const Plan &chosen = layer.plan(*state.weights, lengthClass);
  if (!chosen.kernel)
    return {chosen.why.code(), "no kernel: " + chosen.why.message()};
  ForkHold hold;
  std::lock_guard<std::mutex> lock(prepareMutex_);
  if (find(*context, state, lengthClass, result))
    return Status::ok();
  DevicePlan made;
  if (Status error = make(layer, state, chosen.kernel, context, made))
    return error;
  keep({context, lengthClass, state, made});
  result = std::move(made);
  return Status::ok();
}

Status DeviceLayer::prepare(tconv_layer &layer, const State &state,
                            tconv_length_class lengthClass) {
  // In a child after fork(), this says so before a lock is touched.
  if (Status why = driver_.open())
    return why;
  std::shared_ptr<const DeviceContext> context;
  if (Status error = driver_.context(device_, /*stream=*/nullptr, context))
    return error;
  DevicePlan ignored;
  return plan(layer, state, lengthClass, context, ignored);
}

Status DeviceLayer::runIn(const std::shared_ptr<const DeviceContext> &context,
                          tconv_layer &layer, const State &state,
                          const tconv_kernel_args &args, void *stream,
                          std::unique_ptr<DeviceMemory> *scratch) {
  DevicePlan plan;
  if (Status error = this->plan(
          layer, state, lengthClass(layer.params, args.length), context, plan))
    return error;
  tconv_kernel_args full = args;
  full.weights =
      reinterpret_cast<const void *>(plan.weights->packed->address());
  full.bias = plan.bias ? reinterpret_cast<const void *>(plan.bias->address())
                        : nullptr;
  std::unique_ptr<DeviceScope> scope = context->enter();
  if (scope->status())
    return scope->status();
  if (Status error = context->checkReachable("x", args.x))
    return error;
  if (Status error = context->checkReachable("y", args.y))
    return error;
  return plan.weights->kernel->module().run(full, stream, scratch);
}

Status DeviceLayer::run(tconv_layer &layer, const State &state,
                        const tconv_kernel_args &args, void *stream) {
  if (Status why = driver_.open())
    return why;
  std::shared_ptr<const DeviceContext> context;
  if (Status error = driver_.context(device_, stream, context))
    return error;
  return runIn(context, layer, state, args, stream, /*scratch=*/nullptr);
}

Status DeviceLayer::runOnHostArrays(tconv_layer &layer, const State &state,
                                    const tconv_kernel_args &args) {
  if (Status why = driver_.open())
    return why;
  std::shared_ptr<const DeviceContext> context;
  if (Status error = driver_.context(device_, /*stream=*/nullptr, context))
    return error;
  std::unique_ptr<DeviceScope> scope = context->enter();
  if (scope->status())
    return scope->status();
  int64_t bytes = dtypeBytes(layer.params.dtype);
  std::unique_ptr<DeviceMemory> x, y, scratch;
  std::unique_ptr<DeviceStream> stream;
  if (Status error =
          context->allocate(args.batch * args.x_batch_stride * bytes, "x", x))
    return error;
  if (Status error =
          context->allocate(args.batch * args.y_batch_stride * bytes, "y", y))
    return error;
  if (Status error = context->createStream(stream))
    return error;
  auto issue = [&]() -> Status {
    if (Status error = stream->copyToDevice(*x, args.x, x->bytes()))
      return error;
    tconv_kernel_args there = args;
    there.x = reinterpret_cast<const void *>(x->address());
    there.y = reinterpret_cast<void *>(y->address());
    if (Status error =
            runIn(context, layer, state, there, stream->address(), &scratch))
      return error;
    // After a launch that failed, nothing is copied: y stays as it was.
    return stream->copyToHost(args.y, y->address(), y->bytes());
  };
  Status issued = issue();
  // Whatever was issued is done before its memory goes.
  Status done = stream->synchronize("kernel");
  return issued ? issued : done;
}
