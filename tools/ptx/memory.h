// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The global memory of a device that isn't there: allocations with exact
// bounds, at addresses that mean nothing to the host.
#ifndef TCONV_TOOLS_PTX_MEMORY_H
#define TCONV_TOOLS_PTX_MEMORY_H

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "layer/layer.h"

namespace tconv::ptx {

/// One allocation.
struct Allocation {
  uint64_t address = 0;
  uint64_t bytes = 0;
  std::string name; ///< for messages
  uint8_t *data = nullptr;
  /// 1 for each byte that was written; null: all were.
  std::unique_ptr<uint8_t[]> written;
  std::unique_ptr<uint8_t[]> owned; ///< data, where it isn't the caller's
  bool readOnly = false;
};

/// Any number of threads may use one, as long as nobody frees what another
/// uses.
class Memory {
public:
  Memory();
  Memory(const Memory &) = delete;
  Memory &operator=(const Memory &) = delete;

  /// Memory that nobody has written yet. At least 256-byte aligned, with a gap
  /// before the next one; addresses are not used twice. Fails where `bytes` is
  /// 0 or can't be had.
  Status allocate(uint64_t bytes, const std::string &name, uint64_t &address);

  /// Lets kernels use `bytes` bytes of the caller's, taken as written; they
  /// have to stay there until release().
  /// @param alignment of the address: a power of two, at least the elements'
  ///   size. 1 gives an address that is a multiple of 1 but not of 2, so that
  ///   a kernel that expects more is found out.
  Status attach(void *data, uint64_t bytes, bool readOnly, uint64_t alignment,
                const std::string &name, uint64_t &address);

  /// Ends an allocation. Fails where `address` is not the start of one.
  Status release(uint64_t address);

  /// Copies from or to the host; the ranges must lie within one allocation.
  Status write(uint64_t address, const void *from, uint64_t bytes);
  Status read(uint64_t address, void *to, uint64_t bytes) const;
  Status fill(uint64_t address, uint8_t value, uint64_t bytes);
  /// How many bytes of the range no one has written.
  Status countUnwritten(uint64_t address, uint64_t bytes,
                        uint64_t &count) const;

  /// The allocation that holds `address`, or the nearest one below it for a
  /// message (`inside` tells); null if there is none.
  const Allocation *find(uint64_t address, bool &inside) const;

  /// Bytes of all allocations.
  uint64_t bytesInUse() const;

private:
  Status place(Allocation allocation, uint64_t alignment, uint64_t &address);
  Status range(uint64_t address, uint64_t bytes, const Allocation *&found,
               uint64_t &offset) const;

  mutable std::mutex mutex;
  std::map<uint64_t, Allocation> allocations;
  uint64_t next = 0;
  uint64_t used = 0;
};

} // namespace tconv::ptx

#endif // TCONV_TOOLS_PTX_MEMORY_H
