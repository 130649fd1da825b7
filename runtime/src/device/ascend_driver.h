// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// AscendCL, opened when somebody asks for an Ascend and not before.
#ifndef TCONV_SRC_DEVICE_ASCEND_DRIVER_H
#define TCONV_SRC_DEVICE_ASCEND_DRIVER_H

#include <string>

#include "device/ascend_api.h"
#include "layer/layer.h"

namespace tconv {

/// libascendcl.so, or what TCONV_ASCENDCL_LIBRARY names, opened and
/// initialised; once it is, for good. What it lacks is looked for in
/// libruntime.so. NULL and why where it can't be had, and the next call tries
/// again: TCONV_NOT_FOUND without a library, else TCONV_UNSUPPORTED. Never to
/// be had in a child of a process that has it.
const ascend::Api *ascendDriver(Status &why);

/// The same for those who clean up: NULL unless this process has it already.
const ascend::Api *ascendDriverHere();

/// What a result means here: OK for success, otherwise `call`, the number, and
/// what the library said last.
Status ascendStatus(const ascend::Api &api, const std::string &call,
                    ascend::Result result);

} // namespace tconv

#endif // TCONV_SRC_DEVICE_ASCEND_DRIVER_H
