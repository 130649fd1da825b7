// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The readers of kernel files and packed caches, and the mapping of images:
// first with the bytes as they are, then with the checksum that makes them
// good, so that what lies behind it is reached. Nothing that is mapped is run.
#include "fuzz.h"

#include <cstring>

#include "kernel/device_image.h"
#include "kernel/image.h"
#include "kernel/kernel_file.h"
#include "kernel/packed_cache.h"
#include "target/target.h"

using namespace tconv;

namespace {

constexpr size_t kLongest = 20000;

void read(const std::string &bytes) {
  KernelFile file;
  Status status = readKernelFile(bytes, file);
  if (status) {
    FUZZ_CHECK(!status.message().empty());
    return;
  }
  // It is what would be written.
  FUZZ_CHECK(kernelFileSize(bytes) == bytes.size());
  tconv_kernel_image image = file.image;
  std::string again = writeKernelFile(file.key, file.description, image);
  FUZZ_CHECK(again.size() == bytes.size());
  std::unique_ptr<MappedImage> mapped;
  status = MappedImage::map(image, mapped);
  FUZZ_CHECK(bool(status) == (mapped == nullptr));
  if (!mapped)
    return;
  // The kernel's bytes are there; addresses among them lie in the image.
  FUZZ_CHECK(image.machine == machineHere() || isDeviceImage(image.machine));
  tconv_kernel kernel;
  std::memcpy(&kernel, mapped->kernel(), sizeof(kernel));
  FUZZ_CHECK(std::memcmp(&kernel,
                         static_cast<const char *>(image.bytes) + image.kernel,
                         8) == 0 ||
             image.relocation_count > 0);
}

void unpack(const std::string &bytes) {
  std::vector<std::string_view> files = {"unchanged"};
  if (Status status = unpackKernelFiles(bytes, files)) {
    FUZZ_CHECK(!status.message().empty() && files.size() == 1);
    return;
  }
  size_t total = 0;
  for (std::string_view file : files) {
    FUZZ_CHECK(file.data() >= bytes.data() &&
               file.data() + file.size() <= bytes.data() + bytes.size());
    total += file.size();
    read(std::string(file));
  }
  FUZZ_CHECK(total <= bytes.size());
}

/// Both formats have it at the same place.
void correctChecksum(std::string &bytes) {
  constexpr size_t kPlace = 16, kChecked = 24;
  if (bytes.size() < kChecked)
    return;
  uint64_t checksum = checksum64(std::string_view(bytes).substr(kChecked));
  std::memcpy(&bytes[kPlace], &checksum, sizeof(checksum));
}

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > kLongest)
    return -1; // not for the corpus
  std::string bytes(reinterpret_cast<const char *>(data), size);
  read(bytes);
  unpack(bytes);
  correctChecksum(bytes);
  read(bytes);
  unpack(bytes);
  return 0;
}
