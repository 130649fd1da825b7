// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// CUDA's driver, opened when somebody asks for a GPU and not before.
#ifndef TCONV_SRC_DEVICE_CUDA_DRIVER_H
#define TCONV_SRC_DEVICE_CUDA_DRIVER_H

#include <string>

#include "device/cuda_api.h"
#include "layer/layer.h"

namespace tconv {

/// libcuda.so.1, or what TCONV_CUDA_LIBRARY names, opened and initialised; once
/// it is, for good. NULL and why where it can't be had, and the next call tries
/// again: TCONV_NOT_FOUND without a library, else TCONV_UNSUPPORTED.
/// Never to be had in a child of a process that has it: CUDA doesn't survive
/// fork(). Whoever may be the first to ask holds the fork's gate.
const cuda::Api *cudaDriver(Status &why);

/// The same for those who clean up: NULL unless this process has it already.
const cuda::Api *cudaDriverHere();

/// CUDA's version that the driver serves, 12040 for 12.4; 0: not known.
int cudaDriverVersion();
/// "12.4"
std::string cudaVersionText(int version);

/// What a result of the driver means here: OK for success, otherwise `call` and
/// the result's name, and what the driver says of it.
/// @param detail what else there is to say, such as a log; or ""
Status cudaStatus(const cuda::Api &api, const std::string &call,
                  cuda::Result result, const std::string &detail = "");

} // namespace tconv

#endif // TCONV_SRC_DEVICE_CUDA_DRIVER_H
