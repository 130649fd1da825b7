// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a GPU's target to the device that is meant, and to the target that
// kernels for it have.
#ifndef TCONV_SRC_DEVICE_CUDA_TARGET_H
#define TCONV_SRC_DEVICE_CUDA_TARGET_H

#include "device/cuda_driver.h"

namespace tconv {

/// The device of a GPU's target, and the target of its kernels: those of the
/// newest architecture that there are targets for and the device runs; for
/// "nvptx:sm_XX" they are that one's, which the device must run.
Status resolveCudaDevice(const cuda::Api &api, const std::string &target,
                         cuda::Device &device, std::string &kernels);

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

#endif // TCONV_SRC_DEVICE_CUDA_TARGET_H
