// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where kernels, and what is measured of a machine, are kept on disk.
#ifndef TCONV_SRC_KERNEL_DISK_CACHE_SETTINGS_H
#define TCONV_SRC_KERNEL_DISK_CACHE_SETTINGS_H

#include <cstdint>
#include <string>

namespace tconv {

struct DiskCacheSettings {
  std::string folder; ///< "": none
  uint64_t limit = 0; ///< bytes; 0: no cache
  std::string why;    ///< where there is none
};

/// From TCONV_CACHE_DIR, else XDG_CACHE_HOME, else HOME; TCONV_CACHE_SIZE in
/// bytes or with K, M or G, 256M by default, 0 for no cache.
DiskCacheSettings diskCacheSettings();

} // namespace tconv

#endif // TCONV_SRC_KERNEL_DISK_CACHE_SETTINGS_H
