// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ascends. AscendCL tells no clock and no width, and nothing is assumed of
// them: there is no peak to compare with.
#include "device/ascend_context.h"
#include "tconv-bench/device.h"

namespace tconv::tools {
namespace {

class AscendTimer : public StreamTimer {
public:
  AscendTimer(const ascend::Api &api, ascend::Stream stream)
      : api_(api), stream_(stream) {}
  ~AscendTimer() override {
    for (ascend::Event event : {begin_, end_})
      if (event)
        (void)api_.eventDestroy(event);
  }
  Status create() {
    for (ascend::Event *event : {&begin_, &end_})
      if (ascend::Result error = api_.eventCreate(event))
        return ascendStatus(api_, "aclrtCreateEvent", error);
    return Status::ok();
  }
  Status start() override {
    return ascendStatus(api_, "aclrtRecordEvent",
                        api_.eventRecord(begin_, stream_));
  }
  Status stop(double &seconds) override {
    if (ascend::Result error = api_.eventRecord(end_, stream_))
      return ascendStatus(api_, "aclrtRecordEvent", error);
    // The stream, since that is who reports a kernel that went wrong.
    if (ascend::Result error = api_.streamSynchronize(stream_))
      return ascendStatus(api_, "kernel: aclrtSynchronizeStream", error);
    float milliseconds = 0;
    if (ascend::Result error = api_.eventElapsed(&milliseconds, begin_, end_))
      return ascendStatus(api_, "aclrtEventElapsedTime", error);
    seconds = 1e-3 * milliseconds;
    return Status::ok();
  }

private:
  const ascend::Api &api_;
  ascend::Stream stream_;
  ascend::Event begin_ = nullptr, end_ = nullptr;
};

class AscendDevice : public BenchDevice {
public:
  explicit AscendDevice(std::shared_ptr<const DeviceContext> context)
      : BenchDevice(std::move(context)),
        api_(static_cast<const AscendContext &>(*context_).api()) {}

  Status describe() {
    if (scope_->status())
      return scope_->status();
    tconv_device_info info = {};
    if (Status error = ascendDevices().describe(context_->device(), info))
      return error;
    machine_.cpu = info.name;
    machine_.isa = info.target;
    machine_.cores = info.multiprocessors;
    machine_.threads = 1;
    machine_.how = "AscendCL tells no clock";
    machine_.clock = "aclrtEvent";
    machine_.units = "cube cores";
    how_ = machine_.clock + ", " + machine_.cpu;
    return Status::ok();
  }
  Status timer(const DeviceStream &stream,
               std::unique_ptr<StreamTimer> &result) const override {
    if (!api_.hasEvents())
      return {TCONV_UNSUPPORTED, "AscendCL's library has no events to take "
                                 "times by"};
    auto timer = std::make_unique<AscendTimer>(api_, stream.address());
    if (Status error = timer->create())
      return error;
    result = std::move(timer);
    return Status::ok();
  }

private:
  const ascend::Api &api_;
};

} // namespace

Status openAscendDevice(const std::string &target,
                        std::unique_ptr<BenchDevice> &result) {
  DeviceTarget found;
  if (Status error = ascendDevices().resolve(target, found))
    return error;
  std::shared_ptr<const DeviceContext> context;
  if (Status error =
          ascendDevices().context(found.device, /*stream=*/nullptr, context))
    return error;
  auto made = std::make_unique<AscendDevice>(std::move(context));
  if (Status error = made->describe())
    return error;
  result = std::move(made);
  return Status::ok();
}

} // namespace tconv::tools
