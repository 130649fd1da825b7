// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/NVPTX/Image.h"

#include "tconv/compiler_abi.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include <cstddef>
#include <cstring>

using namespace mlir::tconv;

KernelImage mlir::tconv::deviceImage(const DeviceKernel &from) {
  constexpr uint64_t kDevice = llvm::alignTo(sizeof(tconv_kernel), 8);
  constexpr uint64_t kStrings =
      llvm::alignTo(kDevice + sizeof(tconv_device_code), 8);
  std::string bytes(kStrings, '\0');
  tconv_kernel kernel = from.kernel;
  tconv_device_code device = from.device;
  kernel.abi_version = TCONV_KERNEL_ABI_VERSION;
  kernel.struct_size = sizeof(kernel);
  device.struct_size = sizeof(device);
  device.code_size = from.code.size() + (device.format == TCONV_DEVICE_PTX);
  std::memcpy(bytes.data(), &kernel, sizeof(kernel));
  std::memcpy(bytes.data() + kDevice, &device, sizeof(device));

  std::vector<uint64_t> relocations;
  auto point = [&](uint64_t word, uint64_t to) {
    llvm::support::endian::write64le(bytes.data() + word, to);
    relocations.push_back(word);
  };
  // Each with a zero byte, which is part of a text.
  auto place = [&](uint64_t word, const std::string &text) {
    bytes.resize(llvm::alignTo(bytes.size(), 16));
    uint64_t at = bytes.size();
    bytes += text;
    bytes += '\0';
    point(word, at);
  };
  point(offsetof(tconv_kernel, device), kDevice);
  place(offsetof(tconv_kernel, description), from.description);
  place(offsetof(tconv_kernel, target), from.target);
  place(kDevice + offsetof(tconv_device_code, code), from.code);
  place(kDevice + offsetof(tconv_device_code, run_entry), from.runEntry);
  place(kDevice + offsetof(tconv_device_code, pack_entry), from.packEntry);
  std::sort(relocations.begin(), relocations.end());
  return KernelImage::ofData(std::move(bytes), std::move(relocations),
                             /*kernel=*/0, TCONV_IMAGE_NVPTX);
}
