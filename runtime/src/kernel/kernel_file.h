// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A kernel in a file: one entry of a disk cache, self-contained.
//
//   bytes      content (little-endian)
//   0  .. 8    magic
//   8  .. 12   format version
//   12 .. 16   bytes of this header
//   16 .. 24   checksum (XXH3, 64 bits) of all bytes from 24 on
//   24 .. 32   bytes of the file
//   32 .. 48   key: hash of the key's text
//   48 .. 52   version of the kernel ABI
//   52 .. 56   machine, a tconv_image_machine
//   56 .. 104  bytes of the key's text, of the description, number of
//              relocations, bytes of the image, of its code, place of the
//              kernel in it
//   104 .. 128 zeros
//   128 ..     key's text, description (JSON), zeros up to a multiple of 8,
//              relocations (8 bytes each), image
//
// Nothing of it is believed before the checksum is right, and nothing of it
// runs before checkImage has passed it. The checksum finds what rots, not what
// is forged: against that, a cache trusts its folder's permissions.
#ifndef TCONV_SRC_KERNEL_KERNEL_FILE_H
#define TCONV_SRC_KERNEL_KERNEL_FILE_H

#include <string>
#include <string_view>
#include <vector>

#include "kernel/kernel_key.h"

namespace tconv {

constexpr uint32_t kKernelFileVersion = 1;

/// A kernel file that has been read. `image` points into it.
struct KernelFile {
  KernelKey key;
  std::string description; ///< one JSON object
  uint32_t kernelAbi = TCONV_KERNEL_ABI_VERSION;
  std::vector<uint64_t> relocations;
  tconv_kernel_image image = {};

  KernelFile() = default;
  KernelFile(const KernelFile &) = delete;
  KernelFile &operator=(const KernelFile &) = delete;
};

std::string writeKernelFile(const KernelKey &key,
                            const std::string &description,
                            const tconv_kernel_image &image);

/// Reads what lies in `bytes`, which must outlive `file`. The status says what
/// is wrong; `file` means something on success only.
Status readKernelFile(std::string_view bytes, KernelFile &file);

/// Size of the kernel file that `bytes` begins with, by its header alone; 0
/// where none begins there.
uint64_t kernelFileSize(std::string_view bytes);

/// Checksum of the formats here.
uint64_t checksum64(std::string_view bytes);

} // namespace tconv

#endif // TCONV_SRC_KERNEL_KERNEL_FILE_H
