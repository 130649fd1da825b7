// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ptx/memory.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <new>

namespace tconv::ptx {
namespace {

/// Above the windows of op.h, and what no host pointer looks like.
constexpr uint64_t kFirst = 0x7000000000000ull;
constexpr uint64_t kGap = 1 << 16;
constexpr uint64_t kAlignment = 256;

std::string hexadecimal(uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof(text), "0x%" PRIx64, value);
  return text;
}

} // namespace

Memory::Memory() : next(kFirst) {}

Status Memory::place(Allocation allocation, uint64_t alignment,
                     uint64_t &address) {
  std::lock_guard<std::mutex> lock(mutex);
  uint64_t start = (next + kAlignment - 1) / kAlignment * kAlignment;
  // As little aligned as was asked for, and no more.
  if (alignment < kAlignment)
    start += alignment;
  if (allocation.bytes > (1ull << 62) - start)
    return Status(TCONV_OUT_OF_MEMORY,
                  "addresses of device memory are used up");
  address = start;
  allocation.address = start;
  next = start + allocation.bytes + kGap;
  used += allocation.bytes;
  allocations.emplace(start, std::move(allocation));
  return Status::ok();
}

Status Memory::allocate(uint64_t bytes, const std::string &name,
                        uint64_t &address) {
  if (bytes == 0)
    return Status(TCONV_INVALID_VALUE, "an allocation of 0 bytes");
  if (bytes > 1ull << 48)
    return Status(TCONV_OUT_OF_MEMORY,
                  "no " + std::to_string(bytes) + " bytes of device memory");
  Allocation allocation;
  allocation.bytes = bytes;
  allocation.name = name;
  allocation.owned.reset(new (std::nothrow) uint8_t[bytes]);
  // Zero: the system gives pages of it for nothing.
  allocation.written.reset(new (std::nothrow) uint8_t[bytes]());
  if (!allocation.owned || !allocation.written)
    return Status(TCONV_OUT_OF_MEMORY,
                  "no " + std::to_string(bytes) + " bytes of device memory");
  // What no sum of real data looks like, in any format: NaNs.
  std::memset(allocation.owned.get(), 0xff, bytes);
  allocation.data = allocation.owned.get();
  return place(std::move(allocation), kAlignment, address);
}

Status Memory::attach(void *data, uint64_t bytes, bool readOnly,
                      uint64_t alignment, const std::string &name,
                      uint64_t &address) {
  if (bytes == 0 || data == nullptr)
    return Status(TCONV_INVALID_VALUE, "memory of 0 bytes");
  if (alignment == 0 || (alignment & (alignment - 1)) != 0)
    return Status(TCONV_INVALID_VALUE, "alignment " +
                                           std::to_string(alignment) +
                                           " is no power of two");
  Allocation allocation;
  allocation.bytes = bytes;
  allocation.name = name;
  allocation.data = static_cast<uint8_t *>(data);
  allocation.readOnly = readOnly;
  return place(std::move(allocation), alignment, address);
}

Status Memory::release(uint64_t address) {
  std::lock_guard<std::mutex> lock(mutex);
  auto found = allocations.find(address);
  if (found == allocations.end())
    return Status(TCONV_INVALID_VALUE,
                  "no allocation starts at " + hexadecimal(address));
  used -= found->second.bytes;
  allocations.erase(found);
  return Status::ok();
}

const Allocation *Memory::find(uint64_t address, bool &inside) const {
  std::lock_guard<std::mutex> lock(mutex);
  inside = false;
  auto after = allocations.upper_bound(address);
  if (after == allocations.begin())
    return nullptr;
  const Allocation &below = std::prev(after)->second;
  inside = address - below.address < below.bytes;
  return &below;
}

Status Memory::range(uint64_t address, uint64_t bytes, const Allocation *&found,
                     uint64_t &offset) const {
  bool inside = false;
  found = find(address, inside);
  if (inside) {
    offset = address - found->address;
    if (bytes <= found->bytes - offset)
      return Status::ok();
  }
  return Status(TCONV_INVALID_VALUE, std::to_string(bytes) + " bytes at " +
                                         hexadecimal(address) +
                                         " are no device memory");
}

Status Memory::write(uint64_t address, const void *from, uint64_t bytes) {
  if (bytes == 0)
    return Status::ok();
  const Allocation *found = nullptr;
  uint64_t offset = 0;
  if (Status status = range(address, bytes, found, offset))
    return status;
  std::memcpy(found->data + offset, from, bytes);
  if (found->written)
    std::memset(found->written.get() + offset, 1, bytes);
  return Status::ok();
}

Status Memory::fill(uint64_t address, uint8_t value, uint64_t bytes) {
  if (bytes == 0)
    return Status::ok();
  const Allocation *found = nullptr;
  uint64_t offset = 0;
  if (Status status = range(address, bytes, found, offset))
    return status;
  std::memset(found->data + offset, value, bytes);
  if (found->written)
    std::memset(found->written.get() + offset, 1, bytes);
  return Status::ok();
}

Status Memory::read(uint64_t address, void *to, uint64_t bytes) const {
  if (bytes == 0)
    return Status::ok();
  const Allocation *found = nullptr;
  uint64_t offset = 0;
  if (Status status = range(address, bytes, found, offset))
    return status;
  std::memcpy(to, found->data + offset, bytes);
  return Status::ok();
}

Status Memory::countUnwritten(uint64_t address, uint64_t bytes,
                              uint64_t &count) const {
  count = 0;
  const Allocation *found = nullptr;
  uint64_t offset = 0;
  if (Status status = range(address, bytes, found, offset))
    return status;
  if (!found->written)
    return Status::ok();
  const uint8_t *begin = found->written.get() + offset;
  count = static_cast<uint64_t>(std::count(begin, begin + bytes, 0));
  return Status::ok();
}

uint64_t Memory::bytesInUse() const {
  std::lock_guard<std::mutex> lock(mutex);
  return used;
}

} // namespace tconv::ptx
