// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernel/device_image.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

using namespace tconv;

namespace {

Status wrong(const std::string &what, uint64_t have) {
  return {TCONV_ABI_MISMATCH,
          "kernel image: " + what + " = " + std::to_string(have)};
}

/// Follows an image's pointers before it is loaded.
class Walk {
public:
  explicit Walk(const tconv_kernel_image &image)
      : image_(image), bytes_(static_cast<const char *>(image.bytes)) {}

  /// Reads a structure; `at` is in the image.
  template <typename T> T read(uint64_t at) const {
    T value;
    std::memcpy(&value, bytes_ + at, sizeof(value));
    return value;
  }

  /// Follows the pointer at `field` to `size` bytes; false where it is none,
  /// or they are outside.
  bool follow(uint64_t field, uint64_t size, uint64_t &target) {
    const uint64_t *end = image_.relocations + image_.relocation_count;
    if (!std::binary_search(image_.relocations, end, field))
      return false;
    target = read<uint64_t>(field);
    pointers_.push_back(field);
    return target <= image_.size && size <= image_.size - target;
  }
  /// The same, to `count` aligned structures, which are looked at.
  template <typename T>
  bool followArray(uint64_t field, int64_t count, uint64_t &target) {
    constexpr int64_t kMost = 1 << 16;
    if (count < 0 || count > kMost)
      return false;
    if (count == 0)
      return true;
    uint64_t size = static_cast<uint64_t>(count) * sizeof(T);
    if (!follow(field, size, target) || target % alignof(T) != 0)
      return false;
    looked_.push_back({target, size});
    return true;
  }
  bool followText(uint64_t field) {
    uint64_t target;
    return follow(field, 1, target) &&
           std::memchr(bytes_ + target, '\0', image_.size - target);
  }
  /// NULL stays NULL.
  bool isNull(uint64_t field) const {
    const uint64_t *end = image_.relocations + image_.relocation_count;
    return read<uint64_t>(field) == 0 &&
           !std::binary_search(image_.relocations, end, field);
  }

  /// Of what was looked at, nothing but the pointers changes in loading.
  Status checkRelocations() {
    std::sort(pointers_.begin(), pointers_.end());
    for (uint64_t i = 0; i < image_.relocation_count; ++i) {
      uint64_t at = image_.relocations[i];
      bool pointer = std::binary_search(pointers_.begin(), pointers_.end(), at);
      for (const Part &part : looked_)
        if (!pointer && at + sizeof(uint64_t) > part.begin &&
            at < part.begin + part.size)
          return wrong("relocation in the device's code", at);
    }
    return Status::ok();
  }

private:
  struct Part {
    uint64_t begin, size;
  };
  const tconv_kernel_image &image_;
  const char *bytes_;
  std::vector<uint64_t> pointers_;
  std::vector<Part> looked_;
};

Status checkPlan(Walk &walk, uint64_t field) {
  uint64_t at, objects = 0, steps = 0, launches = 0;
  if (!walk.followArray<tconv_device_plan>(field, 1, at))
    return wrong("plan of the device's code", field);
  auto plan = walk.read<tconv_device_plan>(at);
  if (!walk.followArray<tconv_device_object>(
          at + offsetof(tconv_device_plan, objects), plan.object_count,
          objects))
    return wrong("objects of the plan",
                 static_cast<uint64_t>(plan.object_count));
  if (!walk.followArray<tconv_device_step>(
          at + offsetof(tconv_device_plan, steps), plan.step_count, steps))
    return wrong("steps of the plan", static_cast<uint64_t>(plan.step_count));
  if (!walk.followArray<tconv_device_launch>(
          at + offsetof(tconv_device_plan, launches), plan.launch_count,
          launches))
    return wrong("launches of the plan",
                 static_cast<uint64_t>(plan.launch_count));
  uint64_t ignored;
  for (int32_t i = 0; i < plan.object_count; ++i) {
    uint64_t object =
        objects + static_cast<uint64_t>(i) * sizeof(tconv_device_object);
    uint64_t size = walk.read<tconv_device_object>(object).code_size;
    if (!walk.follow(object + offsetof(tconv_device_object, code), size,
                     ignored))
      return wrong("bytes of an object of the plan", size);
  }
  for (int32_t i = 0; i < plan.launch_count; ++i) {
    uint64_t launch =
        launches + static_cast<uint64_t>(i) * sizeof(tconv_device_launch);
    int32_t count = walk.read<tconv_device_launch>(launch).argument_count;
    if (!walk.followText(launch + offsetof(tconv_device_launch, entry)))
      return wrong("name of a launch of the plan", launch);
    if (!walk.followArray<int32_t>(
            launch + offsetof(tconv_device_launch, arguments), count, ignored))
      return wrong("arguments of a launch of the plan",
                   static_cast<uint64_t>(count));
  }
  return Status::ok();
}

} // namespace

bool tconv::isDeviceImage(uint32_t machine) {
  return machine == TCONV_IMAGE_NVPTX || machine == TCONV_IMAGE_ASCEND;
}

Status tconv::checkDeviceImage(const tconv_kernel_image &image) {
  Walk walk(image);
  uint64_t device;
  if (!walk.followArray<tconv_device_code>(
          image.kernel + offsetof(tconv_kernel, device), 1, device))
    return wrong("the kernel's device code", 0);
  auto code = walk.read<tconv_device_code>(device);
  uint64_t plan = device + offsetof(tconv_device_code, plan);
  if (image.machine == TCONV_IMAGE_ASCEND) {
    for (size_t field : {offsetof(tconv_device_code, code),
                         offsetof(tconv_device_code, run_entry),
                         offsetof(tconv_device_code, pack_entry)})
      if (!walk.isNull(device + field))
        return wrong("pointer beside the plan", field);
    if (Status error = checkPlan(walk, plan))
      return error;
    return walk.checkRelocations();
  }
  uint64_t ignored;
  if (!walk.isNull(plan))
    return wrong("plan of the device's code", device);
  if (!walk.follow(device + offsetof(tconv_device_code, code), code.code_size,
                   ignored))
    return wrong("bytes of the device's code", code.code_size);
  for (size_t name : {offsetof(tconv_device_code, run_entry),
                      offsetof(tconv_device_code, pack_entry)})
    if (!walk.followText(device + name))
      return wrong("name of an entry of the device's code", name);
  return walk.checkRelocations();
}
