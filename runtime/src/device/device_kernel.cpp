// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "device/device_kernel.h"

#include <algorithm>
#include <mutex>
#include <vector>

using namespace tconv;

namespace {

/// Kernels that are loaded somewhere.
struct Loaded {
  std::mutex mutex;
  std::vector<std::weak_ptr<const DeviceKernel>> kernels;
};

/// Never destroyed: layers may outlive static destructors.
Loaded &loaded() {
  static Loaded *instance = new Loaded;
  return *instance;
}

} // namespace

Status DeviceKernel::load(std::shared_ptr<const LoadedKernel> kernel,
                          std::shared_ptr<const DeviceContext> context,
                          std::shared_ptr<const DeviceKernel> &result) {
  std::lock_guard<std::mutex> lock(loaded().mutex);
  std::vector<std::weak_ptr<const DeviceKernel>> &all = loaded().kernels;
  all.erase(std::remove_if(all.begin(), all.end(),
                           [](const auto &kept) { return kept.expired(); }),
            all.end());
  for (const std::weak_ptr<const DeviceKernel> &kept : all) {
    std::shared_ptr<const DeviceKernel> other = kept.lock();
    if (other && other->kernel_ == kernel &&
        other->context_->isSame(*context)) {
      result = std::move(other);
      return Status::ok();
    }
  }
  std::shared_ptr<DeviceKernel> made(
      new DeviceKernel(std::move(kernel), std::move(context)));
  std::unique_ptr<DeviceScope> scope = made->context_->enter();
  if (scope->status())
    return scope->status();
  if (Status error = made->context_->load(made->kernel(), made->module_))
    return error;
  all.push_back(made);
  result = std::move(made);
  return Status::ok();
}
