// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/Ascend/KernelImage.h"

#include "compiler/Target/Ascend/Bishengir.h"
#include "tconv/compiler_abi.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>
#include <cstddef>
#include <cstring>

using namespace mlir::tconv;

namespace {

/// Structures and bytes one after the other, and the pointers among them.
class ImageWriter {
public:
  /// A place for `count` of T, zero; where it is.
  template <typename T> uint64_t reserve(size_t count = 1) {
    return append(std::string(sizeof(T) * count, '\0'));
  }
  uint64_t append(llvm::StringRef bytes) {
    bytes_.resize(llvm::alignTo(bytes_.size(), 16));
    uint64_t at = bytes_.size();
    bytes_ += bytes;
    return at;
  }
  uint64_t text(const std::string &text) {
    return append(llvm::StringRef(text.c_str(), text.size() + 1));
  }
  template <typename T> void write(uint64_t at, const T &value) {
    std::memcpy(bytes_.data() + at, &value, sizeof(value));
  }
  /// Makes the word at `field` a pointer to `target`.
  void point(uint64_t field, uint64_t target) {
    write(field, target);
    relocations_.push_back(field);
  }
  KernelImage finish(uint64_t kernel) {
    std::sort(relocations_.begin(), relocations_.end());
    return KernelImage::ofData(std::move(bytes_), std::move(relocations_),
                               kernel, TCONV_IMAGE_ASCEND);
  }

private:
  std::string bytes_;
  std::vector<uint64_t> relocations_;
};

} // namespace

llvm::Expected<KernelImage>
mlir::tconv::ascendKernelImage(const AscendImage &image, tconv_kernel kernel,
                               const std::string &target) {
  ImageWriter out;
  uint64_t at = out.reserve<tconv_kernel>();
  uint64_t device = out.reserve<tconv_device_code>();
  uint64_t plan = out.reserve<tconv_device_plan>();
  uint64_t objects = out.reserve<tconv_device_object>(image.kernels.size());
  uint64_t steps = out.reserve<tconv_device_step>(image.plan.steps.size());
  uint64_t launches =
      out.reserve<tconv_device_launch>(image.plan.launches.size());

  kernel.abi_version = TCONV_KERNEL_ABI_VERSION;
  kernel.struct_size = sizeof(kernel);
  kernel.packed_bytes = image.packedBytes;
  kernel.task_positions = image.tilePositions;
  kernel.task_columns = 1;
  out.write(at, kernel);
  out.point(at + offsetof(tconv_kernel, description),
            out.text(image.description));
  out.point(at + offsetof(tconv_kernel, target), out.text(target));
  out.point(at + offsetof(tconv_kernel, device), device);

  tconv_device_code code = {};
  code.struct_size = sizeof(code);
  code.format = TCONV_DEVICE_ASCEND;
  out.write(device, code);
  out.point(device + offsetof(tconv_device_code, plan), plan);

  tconv_device_plan header = {};
  header.struct_size = sizeof(header);
  header.object_count = static_cast<int32_t>(image.kernels.size());
  header.step_count = static_cast<int32_t>(image.plan.steps.size());
  header.launch_count = static_cast<int32_t>(image.plan.launches.size());
  header.pack_workspace_bytes = image.plan.packWorkspaceBytes;
  header.run_workspace_bytes = image.plan.runWorkspaceBytes;
  out.write(plan, header);
  out.point(plan + offsetof(tconv_device_plan, objects), objects);
  out.point(plan + offsetof(tconv_device_plan, steps), steps);
  out.point(plan + offsetof(tconv_device_plan, launches), launches);

  for (auto [index, from] : llvm::enumerate(image.kernels)) {
    auto made =
        compileAscend(from.name, from.text, image.product, image.sumsTwice);
    if (!made)
      return made.takeError();
    if (made->object.empty())
      return llvm::createStringError("object: hivmc of CANN is missing: "
                                     "bishengir-compile found none in PATH");
    tconv_device_object object = {};
    object.code_size = made->object.size();
    object.cores = from.onCube ? TCONV_DEVICE_MIX : TCONV_DEVICE_VECTOR;
    uint64_t place = objects + index * sizeof(object);
    out.write(place, object);
    out.point(place + offsetof(tconv_device_object, code),
              out.append(made->object));
  }
  for (auto [index, step] : llvm::enumerate(image.plan.steps))
    out.write(steps + index * sizeof(step), step);
  for (auto [index, from] : llvm::enumerate(image.plan.launches)) {
    tconv_device_launch launch = {};
    launch.struct_size = sizeof(launch);
    launch.purpose = from.purpose;
    launch.object = static_cast<int32_t>(std::distance(
        image.kernels.begin(),
        llvm::find_if(image.kernels, [&from = from](const AscendText &text) {
          return text.name == from.entry;
        })));
    std::copy(from.grid.begin(), from.grid.end(), launch.grid);
    launch.workspace = TCONV_DEVICE_WORKSPACE;
    launch.argument_count = static_cast<int32_t>(from.arguments.size());
    uint64_t place = launches + index * sizeof(launch);
    out.write(place, launch);
    out.point(place + offsetof(tconv_device_launch, entry),
              out.text(from.entry));
    uint64_t arguments = out.reserve<int32_t>(from.arguments.size());
    for (auto [number, value] : llvm::enumerate(from.arguments))
      out.write(arguments + number * sizeof(int32_t), value);
    out.point(place + offsetof(tconv_device_launch, arguments), arguments);
  }
  return out.finish(at);
}
