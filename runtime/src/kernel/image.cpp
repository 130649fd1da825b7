// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernel/image.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/mman.h>
#include <unistd.h>

#include "kernel/device_image.h"
#include "target/target.h"

using namespace tconv;

namespace {

Status wrong(const std::string &what, uint64_t have) {
  return {TCONV_ABI_MISMATCH,
          "kernel image: " + what + " = " + std::to_string(have)};
}

/// Whether [at, at + bytes) lies in [begin, end).
bool within(uint64_t at, uint64_t bytes, uint64_t begin, uint64_t end) {
  return at >= begin && at <= end && bytes <= end - at;
}

} // namespace

Status tconv::checkImage(const tconv_kernel_image &image) {
  constexpr uint64_t kMaxSize = uint64_t(1) << 30;
  if (image.struct_size != sizeof(image))
    return wrong("struct_size", image.struct_size);
  bool forDevice = isDeviceImage(image.machine);
  if (image.machine != machineHere() && !forDevice)
    return {TCONV_UNSUPPORTED,
            "kernel image: machine = " + std::to_string(image.machine) +
                ": this process needs " + std::to_string(machineHere())};
  if (!image.bytes || image.size == 0 || image.size > kMaxSize)
    return wrong("size", image.size);
  if (image.code_size > image.size || (forDevice && image.code_size > 0) ||
      image.code_size % TCONV_IMAGE_ALIGNMENT != 0)
    return wrong("code_size", image.code_size);
  // The kernel and what is relocated are data.
  if (image.kernel % alignof(tconv_kernel) != 0 ||
      !within(image.kernel, sizeof(tconv_kernel), image.code_size, image.size))
    return wrong("kernel", image.kernel);
  if (image.relocation_count > 0 && !image.relocations)
    return wrong("relocation_count", image.relocation_count);
  const char *bytes = static_cast<const char *>(image.bytes);
  for (uint64_t i = 0; i < image.relocation_count; ++i) {
    uint64_t at = image.relocations[i];
    if (at % sizeof(uint64_t) != 0 ||
        (i > 0 && at <= image.relocations[i - 1]) ||
        !within(at, sizeof(uint64_t), image.code_size, image.size))
      return wrong("relocation", at);
    uint64_t target;
    std::memcpy(&target, bytes + at, sizeof(target));
    if (target > image.size)
      return wrong("relocation's target", target);
  }
  if (forDevice)
    return checkDeviceImage(image);
  uint64_t device;
  std::memcpy(&device, bytes + image.kernel + offsetof(tconv_kernel, device),
              sizeof(device));
  return device == 0 ? Status::ok() : wrong("device code", device);
}

Status MappedImage::map(const tconv_kernel_image &image,
                        std::unique_ptr<MappedImage> &result) {
  if (Status error = checkImage(image))
    return error;
  void *memory = mmap(nullptr, image.size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return {TCONV_OUT_OF_MEMORY,
            "kernel: " + std::to_string(image.size) +
                " bytes can't be mapped: " + std::strerror(errno)};
  std::unique_ptr<MappedImage> mapped(new MappedImage(memory, image.size));
  char *base = static_cast<char *>(memory);
  std::memcpy(base, image.bytes, image.size);
  for (uint64_t i = 0; i < image.relocation_count; ++i) {
    uint64_t word;
    std::memcpy(&word, base + image.relocations[i], sizeof(word));
    word += reinterpret_cast<uintptr_t>(base);
    std::memcpy(base + image.relocations[i], &word, sizeof(word));
  }
  // Where pages are larger than the image's alignment, the one that code and
  // data share is executable.
  auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  uint64_t code = (image.code_size + page - 1) / page * page;
  code = code < image.size ? code : image.size;
  bool good = mprotect(base, image.size, PROT_READ) == 0;
  if (good && code > 0)
    good = mprotect(base, code, PROT_READ | PROT_EXEC) == 0;
  if (!good)
    return {TCONV_UNSUPPORTED,
            std::string("kernel: memory can't be made executable: ") +
                std::strerror(errno)};
  __builtin___clear_cache(base, base + code);
  mapped->kernel_ = reinterpret_cast<const tconv_kernel *>(base + image.kernel);
  result = std::move(mapped);
  return Status::ok();
}

MappedImage::~MappedImage() { munmap(memory_, size_); }
