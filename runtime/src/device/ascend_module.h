// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An Ascend's kernel, which is several, loaded by the driver, and its launches.
#ifndef TCONV_SRC_DEVICE_ASCEND_MODULE_H
#define TCONV_SRC_DEVICE_ASCEND_MODULE_H

#include <list>
#include <map>
#include <mutex>
#include <vector>

#include "device/ascend_context.h"

namespace tconv {

class AscendModule : public DeviceModule {
public:
  static Status load(const tconv_kernel &kernel,
                     std::shared_ptr<const AscendContext> context,
                     std::unique_ptr<DeviceModule> &result);
  ~AscendModule() override;

  Status pack(uint64_t weight, uint64_t packed, void *stream,
              std::unique_ptr<DeviceMemory> &scratch) override;
  /// One round of launches, or several where there are more batch items than
  /// blocks for them. Rounds of one stream don't overlap, and so share a
  /// workspace.
  Status run(const tconv_kernel_args &args, void *stream,
             std::unique_ptr<DeviceMemory> *scratch) override;

private:
  AscendModule(const tconv_kernel &kernel,
               std::shared_ptr<const AscendContext> context)
      : kernel_(kernel), context_(std::move(context)) {}
  Status open();
  Status function(const tconv_device_launch &launch);
  Status launch(const PlannedLaunch &planned, ascend::Stream stream);
  /// How many batch items a round can have.
  Status roundOf(const tconv_kernel_args &args, int64_t &items);
  /// The workspace of a stream of the caller's; the lock is held.
  Status workspaceOf(ascend::Stream stream, int64_t bytes, uint64_t &address);

  const tconv_kernel &kernel_;
  std::shared_ptr<const AscendContext> context_;
  std::vector<ascend::Binary> binaries_;
  /// By launches of the plan.
  std::map<const tconv_device_launch *, ascend::Function> functions_;
  uint64_t syncAddress_ = 0;

  struct Workspace {
    ascend::Stream stream;
    std::unique_ptr<DeviceMemory> memory;
  };
  std::mutex mutex_; ///< held while a round is issued to a caller's stream
  std::list<Workspace> workspaces_; ///< the last used one first
};

} // namespace tconv

#endif // TCONV_SRC_DEVICE_ASCEND_MODULE_H
