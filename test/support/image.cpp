// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "support/image.h"

#include <cstring>

#include "target/target.h"

using namespace tconv;
using namespace tconv::test;

namespace {

#if defined(__aarch64__)
constexpr unsigned char kReturn[] = {0xc0, 0x03, 0x5f, 0xd6};
#else
constexpr unsigned char kReturn[] = {0xc3};
#endif

} // namespace

FakeImage::FakeImage(const tconv_params &params, const std::string &description,
                     size_t padding) {
  GeneralForm form = generalForm(params);
  tconv_kernel described;
  std::memset(&described, 0, sizeof(described));
  described.abi_version = TCONV_KERNEL_ABI_VERSION;
  described.struct_size = sizeof(described);
  described.in_channels = form.inChannels;
  described.out_channels = form.outChannels;
  described.kernel_size = form.kernelSize;
  described.stride = form.stride;
  described.dilation = form.dilation;
  described.groups = form.groups;
  described.crop_begin = form.cropBegin;
  described.has_bias = form.hasBias;
  described.dtype = form.dtype;
  described.task_positions = 16;
  described.task_columns = 1;
  described.accuracy = TCONV_ACCURACY_DIRECT;

  bytes.assign(codeSize, '\0');
  std::memcpy(&bytes[0], kReturn, sizeof(kReturn));
  std::memcpy(&bytes[64], kReturn, sizeof(kReturn));
  bytes.append(reinterpret_cast<const char *>(&described), sizeof(described));
  // Addresses are offsets so far.
  auto point = [&](size_t field, uint64_t target) {
    uint64_t at = kernel + field;
    std::memcpy(&bytes[at], &target, sizeof(target));
    relocations.push_back(at);
  };
  point(offsetof(tconv_kernel, pack), 0);
  point(offsetof(tconv_kernel, run), 64);
  point(offsetof(tconv_kernel, description), bytes.size());
  bytes += description + '\0';
  bytes.append(padding, 'x');
}

tconv_kernel_image FakeImage::view() const {
  tconv_kernel_image view = {};
  view.struct_size = sizeof(view);
  view.machine = machineHere();
  view.bytes = bytes.data();
  view.size = bytes.size();
  view.code_size = codeSize;
  view.kernel = kernel;
  view.relocations = relocations.data();
  view.relocation_count = relocations.size();
  return view;
}
