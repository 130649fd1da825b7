// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A cache packed into one file, to be shipped: kernel files one after the
// other.
//
//   bytes      content (little-endian)
//   0  .. 8    magic
//   8  .. 12   format version
//   12 .. 16   bytes of this header
//   16 .. 24   checksum (XXH3, 64 bits) of all bytes from 24 on
//   24 .. 32   bytes of the file
//   32 .. 40   number of kernel files
//   40 ..      the kernel files, each filled up with zeros to a multiple of 8
#ifndef TCONV_SRC_KERNEL_PACKED_CACHE_H
#define TCONV_SRC_KERNEL_PACKED_CACHE_H

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/kernel_file.h"

namespace tconv {

/// Packs kernel files, which must be sound. The same ones give the same bytes
/// in any order.
std::string packKernelFiles(std::vector<std::string> files);

/// The kernel files of a packed cache; they lie in `bytes`.
Status unpackKernelFiles(std::string_view bytes,
                         std::vector<std::string_view> &files);

/// All bytes of a file.
Status readWholeFile(const std::string &path, std::string &bytes);

/// Adds a packed cache to those of this process, or nothing of it.
Status addPackedCache(const std::string &path);

/// Looks a request up in the packed caches: whoever compiled, for "cpu:native"
/// this CPU first and then the best level that it has. NULL if there is none.
std::shared_ptr<const KernelFile> findPacked(const KernelRequest &request);

} // namespace tconv

#endif // TCONV_SRC_KERNEL_PACKED_CACHE_H
