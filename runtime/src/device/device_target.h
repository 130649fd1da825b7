// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a GPU target to the device that is meant, and to the target that
// kernels for it have.
#ifndef TCONV_SRC_DEVICE_DEVICE_TARGET_H
#define TCONV_SRC_DEVICE_DEVICE_TARGET_H

#include "device/cuda_driver.h"

namespace tconv {

struct DeviceTarget {
  const cuda::Api *api = nullptr; ///< NULL: no GPU
  cuda::Device device = 0;
  std::string kernels; ///< "nvptx:sm_86"
};

/// The device of a GPU target that was checked (isDeviceTarget): "cuda" and
/// "nvptx:sm_XX" mean that of the calling thread's current context, else the
/// first one; "cuda:N" the one with that number. Kernels are those of the
/// newest architecture that there are targets for and the device runs; for
/// "nvptx:sm_XX" they are that one's, which the device must run.
Status resolveDevice(const std::string &target, DeviceTarget &result);

/// What is known of a device.
struct DeviceFacts {
  std::string name;
  int capability = 0; ///< 86 for 8.6
  int multiprocessors = 0;
  int64_t maxSharedPerBlock = 0; ///< bytes
  int64_t memory = 0;            ///< bytes
};

/// Number of devices, 0 where the driver has none.
Status deviceCount(int &count);
Status deviceOf(const cuda::Api &api, int index, cuda::Device &device);
Status deviceFacts(const cuda::Api &api, cuda::Device device,
                   DeviceFacts &facts);

} // namespace tconv

#endif // TCONV_SRC_DEVICE_DEVICE_TARGET_H
