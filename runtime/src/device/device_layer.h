// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a layer keeps on a device, and its runs there.
#ifndef TCONV_SRC_DEVICE_DEVICE_LAYER_H
#define TCONV_SRC_DEVICE_DEVICE_LAYER_H

#include <mutex>
#include <vector>

#include "api/layer_handle.h"
#include "device/device_kernel.h"

namespace tconv {

/// Weights that a kernel packed in a context.
struct DeviceWeights {
  std::shared_ptr<const DeviceKernel> kernel;
  std::shared_ptr<const DeviceMemory> packed;
};

/// What launches of one length class need in one context.
struct DevicePlan {
  std::shared_ptr<const DeviceWeights> weights;
  std::shared_ptr<const DeviceMemory> bias; ///< NULL without a bias
};

/// The device's side of a layer; its lock is never held while something runs.
class DeviceLayer {
public:
  explicit DeviceLayer(const DeviceTarget &target)
      : driver_(*target.driver), device_(target.device) {}
  DeviceLayer(const DeviceLayer &) = delete;
  DeviceLayer &operator=(const DeviceLayer &) = delete;

  int device() const { return device_; }
  DeviceKind kind() const { return driver_.kind(); }

  /// Packs the weights for launches in the context that this thread would use.
  Status prepare(tconv_layer &layer, const State &state,
                 tconv_length_class lengthClass);
  /// Launches on `stream`. `args` holds tensors in the device's memory; what
  /// is the layer's own (weights, bias) is filled in.
  Status run(tconv_layer &layer, const State &state,
             const tconv_kernel_args &args, void *stream);
  /// Copies x to the device, runs, waits, copies y back. `args` holds
  /// contiguous tensors in the host's memory.
  Status runOnHostArrays(tconv_layer &layer, const State &state,
                         const tconv_kernel_args &args);

private:
  /// A plan, and what it was made for.
  struct Entry {
    std::shared_ptr<const DeviceContext> context;
    tconv_length_class lengthClass;
    State state;
    DevicePlan plan;
  };

  Status plan(tconv_layer &layer, const State &state,
              tconv_length_class lengthClass,
              const std::shared_ptr<const DeviceContext> &context,
              DevicePlan &result);
  bool find(const DeviceContext &context, const State &state,
            tconv_length_class lengthClass, DevicePlan &result);
  /// Weights that a kernel has packed already, for another length class or
  /// with another bias; NULL if there are none.
  std::shared_ptr<const DeviceWeights> packedBy(const DeviceKernel *kernel,
                                                const Weights *weights);
  Status make(tconv_layer &layer, const State &state,
              std::shared_ptr<const LoadedKernel> kernel,
              const std::shared_ptr<const DeviceContext> &context,
              DevicePlan &result);
  /// Puts a plan in the place of those of former weights.
  void keep(Entry entry);

  Status runIn(const std::shared_ptr<const DeviceContext> &context,
               tconv_layer &layer, const State &state,
               const tconv_kernel_args &args, void *stream,
               std::unique_ptr<DeviceMemory> *scratch);

  const DeviceDriver &driver_;
  int device_;
  std::mutex entriesMutex_; ///< held for a few instructions
  std::vector<Entry> entries_;
  std::mutex prepareMutex_; ///< held while loading and packing
};

} // namespace tconv

#endif // TCONV_SRC_DEVICE_DEVICE_LAYER_H
