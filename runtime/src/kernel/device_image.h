// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_SRC_KERNEL_DEVICE_IMAGE_H
#define TCONV_SRC_KERNEL_DEVICE_IMAGE_H

#include "layer/layer.h"

namespace tconv {

/// Whether images of this machine hold kernels of a device.
bool isDeviceImage(uint32_t machine);

/// Whether the image of a device's kernel has the code and the plan that it
/// describes: every pointer that is followed once it is loaded lies in it, and
/// what counts isn't relocated. The image's own bounds have been checked.
Status checkDeviceImage(const tconv_kernel_image &image);

} // namespace tconv

#endif // TCONV_SRC_KERNEL_DEVICE_IMAGE_H
