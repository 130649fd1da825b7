// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "device/device.h"

#include "device/ascend_context.h"
#include "device/cuda_context.h"

using namespace tconv;

const DeviceDriver &tconv::deviceDriver(DeviceKind kind) {
  return kind == DeviceKind::ascend ? ascendDevices() : cudaDevices();
}

Status tconv::resolveDevice(const std::string &target, DeviceTarget &result) {
  DeviceTarget found;
  found.driver = &deviceDriver(deviceKind(target));
  Status error = found.driver->open();
  if (!error)
    error = found.driver->resolve(target, found);
  if (error)
    return {error.code(), "target = '" + target + "': " + error.message()};
  result = std::move(found);
  return Status::ok();
}
