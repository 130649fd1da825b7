// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ptx/handlers.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "ptx/access.h"
#include "ptx/block.h"

namespace tconv::ptx {
namespace {

//===- Registers ------------------------------------------------------------//

/// Moves element `element` of the lanes in the mask between a register and
/// memory at pointers[lane].
template <typename T>
void loadLanes(uint8_t *registers, uint8_t *const *pointers, uint32_t element,
               uint32_t mask) {
  T *d = reinterpret_cast<T *>(registers);
  forLanes(mask, [=](uint32_t lane) {
    std::memcpy(&d[lane], pointers[lane] + element * sizeof(T), sizeof(T));
  });
}
template <typename T>
void storeLanes(const uint8_t *registers, uint8_t *const *pointers,
                uint32_t element, uint32_t mask) {
  const T *d = reinterpret_cast<const T *>(registers);
  // In the order of the lanes: where two meet, the last one stays.
  for (uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    uint32_t lane = static_cast<uint32_t>(__builtin_ctz(rest));
    std::memcpy(pointers[lane] + element * sizeof(T), &d[lane], sizeof(T));
  }
}

void loadRegisters(Warp &warp, const MemoryForm &form, uint8_t *const *pointers,
                   uint32_t mask) {
  for (uint32_t element = 0; element < form.elements; ++element) {
    if (form.registers[element] == kSink)
      continue;
    uint8_t *to = warp.registers + form.registers[element];
    if (form.storageBytes == form.elementBytes) {
      if (form.elementBytes == 4)
        loadLanes<uint32_t>(to, pointers, element, mask);
      else if (form.elementBytes == 8)
        loadLanes<uint64_t>(to, pointers, element, mask);
      else
        loadLanes<uint16_t>(to, pointers, element, mask);
      continue;
    }
    forLanes(mask, [&](uint32_t lane) {
      uint64_t value = 0;
      std::memcpy(&value, pointers[lane] + element * form.elementBytes,
                  form.elementBytes);
      if (form.isSigned) {
        uint32_t unused = 64 - 8u * form.elementBytes;
        value = static_cast<uint64_t>(static_cast<int64_t>(value << unused) >>
                                      unused);
      }
      std::memcpy(to + lane * form.storageBytes, &value, form.storageBytes);
    });
  }
}

void storeRegisters(Warp &warp, const MemoryForm &form,
                    uint8_t *const *pointers, uint32_t mask) {
  for (uint32_t element = 0; element < form.elements; ++element) {
    const uint8_t *from = warp.registers + form.registers[element];
    if (form.storageBytes == form.elementBytes) {
      if (form.elementBytes == 4)
        storeLanes<uint32_t>(from, pointers, element, mask);
      else if (form.elementBytes == 8)
        storeLanes<uint64_t>(from, pointers, element, mask);
      else
        storeLanes<uint16_t>(from, pointers, element, mask);
      continue;
    }
    for (uint32_t rest = mask; rest != 0; rest &= rest - 1) {
      uint32_t lane = static_cast<uint32_t>(__builtin_ctz(rest));
      std::memcpy(pointers[lane] + element * form.elementBytes,
                  from + lane * form.storageBytes, form.elementBytes);
    }
  }
}

//===- Pointers into each space -------------------------------------------//

/// Several lanes that read the same bytes count as one reader, "several lanes
/// of the warp".
void readSharedLanes(Warp &warp, const Op &op, const uint64_t *addresses,
                     uint32_t mask, uint32_t bytes) {
  Block &block = *warp.block;
  uint32_t rest = mask;
  while (rest != 0) {
    uint32_t lane = static_cast<uint32_t>(__builtin_ctz(rest));
    uint32_t next = lane + 1;
    uint32_t who = lane;
    while (next < kLanes && addresses[next] == addresses[lane]) {
      if (rest >> next & 1)
        who = kLanes;
      ++next;
    }
    block.readShared(warp, op, addresses[lane], bytes, who);
    rest = next < kLanes ? rest >> next << next : 0;
  }
}

void sharedPointers(Warp &warp, const Op &op,
                    const uint64_t (&addresses)[kLanes], uint32_t mask,
                    uint32_t bytes, bool isStore, uint8_t **pointers) {
  Block &block = *warp.block;
  block.checkShared(warp, op, addresses, mask, bytes);
  if (block.state.options.checkShared) {
    if (isStore)
      forLanes(mask, [&](uint32_t lane) {
        block.writeShared(warp, op, addresses[lane], bytes, lane);
      });
    else
      readSharedLanes(warp, op, addresses, mask, bytes);
  }
  uint64_t moved = static_cast<uint64_t>(__builtin_popcount(mask)) * bytes;
  (isStore ? block.counts.sharedStoreBytes : block.counts.sharedLoadBytes) +=
      moved;
  if (block.state.options.countTraffic) {
    Traffic &traffic = block.traffic[op.extra];
    countPasses(addresses, mask, bytes, traffic);
    block.counts.sharedPasses += traffic.cost;
    block.counts.sharedPassesLeast += traffic.least;
  }
  uint8_t *base = block.shared.data();
  for (uint32_t lane = 0; lane < kLanes; ++lane)
    pointers[lane] = base + addresses[lane];
}

void countGlobal(Block &block, const Op &op,
                 const uint64_t (&addresses)[kLanes], uint32_t mask,
                 uint32_t bytes, bool isStore) {
  uint64_t moved = static_cast<uint64_t>(__builtin_popcount(mask)) * bytes;
  (isStore ? block.counts.globalStoreBytes : block.counts.globalLoadBytes) +=
      moved;
  if (!block.state.options.countTraffic)
    return;
  Traffic &traffic = block.traffic[op.extra];
  countSectors(addresses, mask, bytes, traffic);
  (isStore ? block.counts.globalStoreSectors
           : block.counts.globalLoadSectors) += traffic.cost;
  (isStore ? block.counts.globalStoreSectorsLeast
           : block.counts.globalLoadSectorsLeast) += traffic.least;
}

void globalPointers(Warp &warp, const Op &op,
                    const uint64_t (&addresses)[kLanes], uint32_t mask,
                    uint32_t bytes, bool isStore, uint8_t **pointers) {
  Block &block = *warp.block;
  countGlobal(block, op, addresses, mask, bytes, isStore);
  const View *view = block.viewOf(warp, op, addresses, mask, bytes);
  bool isPlain = view && !isStore && !view->written && !view->shadow;
  if (isPlain) {
    for (uint32_t lane = 0; lane < kLanes; ++lane)
      pointers[lane] = view->data + (addresses[lane] - view->begin);
    return;
  }
  for (uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    uint32_t lane = static_cast<uint32_t>(__builtin_ctz(rest));
    const View &one = block.viewOfLane(warp, op, addresses[lane], lane, bytes);
    if (isStore && one.allocation->readOnly)
      block.fatal(FindingKind::ReadOnly, warp, op, lane,
                  "a store to '" + one.allocation->name + "'");
    if (isStore)
      block.writeGlobal(warp, op, one, addresses[lane], bytes, lane);
    else
      block.readGlobal(warp, op, one, addresses[lane], bytes, lane);
    pointers[lane] = one.data + (addresses[lane] - one.begin);
  }
}

void localPointers(Warp &warp, const Op &op,
                   const uint64_t (&addresses)[kLanes], uint32_t mask,
                   uint32_t bytes, bool isStore, uint8_t **pointers) {
  Block &block = *warp.block;
  uint64_t size = block.program.localBytes;
  forLanes(mask, [&](uint32_t lane) {
    uint64_t address = addresses[lane];
    if (address > size || bytes > size - address)
      block.fatal(FindingKind::OutOfBounds, warp, op, lane,
                  std::to_string(bytes) + " bytes at " +
                      std::to_string(address) + " of local memory, which has " +
                      std::to_string(size));
    uint8_t *written = warp.localWritten + lane * size + address;
    if (isStore)
      std::memset(written, 1, bytes);
    else if (std::memchr(written, 0, bytes) != nullptr)
      block.note(FindingKind::UnwrittenMemory, warp, op, lane,
                 "nothing was written at " + std::to_string(address) +
                     " of local memory");
    pointers[lane] = warp.local + lane * size + address;
  });
}

void parameterPointers(Warp &warp, const Op &op,
                       const uint64_t (&addresses)[kLanes], uint32_t mask,
                       uint32_t bytes, uint8_t **pointers) {
  Block &block = *warp.block;
  const std::vector<uint8_t> &parameters = block.state.config.parameters;
  forLanes(mask, [&](uint32_t lane) {
    uint64_t address = addresses[lane];
    if (address > parameters.size() || bytes > parameters.size() - address)
      block.fatal(FindingKind::OutOfBounds, warp, op, lane,
                  std::to_string(bytes) + " bytes at " +
                      std::to_string(address) + " of " +
                      std::to_string(parameters.size()) +
                      " bytes of parameters");
    pointers[lane] = const_cast<uint8_t *>(parameters.data()) + address;
  });
}

void pointersOf(Warp &warp, const Op &op, Space space,
                const uint64_t (&addresses)[kLanes], uint32_t mask,
                uint32_t bytes, bool isStore, uint8_t **pointers) {
  warp.block->checkAlignment(warp, op, addresses, mask, bytes, space);
  switch (space) {
  case Space::Shared:
    sharedPointers(warp, op, addresses, mask, bytes, isStore, pointers);
    break;
  case Space::Local:
    localPointers(warp, op, addresses, mask, bytes, isStore, pointers);
    break;
  case Space::Param:
    parameterPointers(warp, op, addresses, mask, bytes, pointers);
    break;
  default:
    globalPointers(warp, op, addresses, mask, bytes, isStore, pointers);
    break;
  }
}

//===- Atomic operations ----------------------------------------------------//

template <typename T>
T combine(AtomicOperation operation, T old, T value, T other) {
  switch (operation) {
  case AtomicOperation::Add:
    return static_cast<T>(old + value);
  case AtomicOperation::Min:
    return std::min(old, value);
  case AtomicOperation::Max:
    return std::max(old, value);
  case AtomicOperation::Exch:
    return value;
  case AtomicOperation::Cas:
    return old == value ? other : old;
  case AtomicOperation::Inc:
    return old >= value ? T(0) : static_cast<T>(old + 1);
  case AtomicOperation::Dec:
    return old == T(0) || old > value ? value : static_cast<T>(old - 1);
  default:
    return old;
  }
}
template <typename T>
T combineBits(AtomicOperation operation, T old, T value, T other) {
  switch (operation) {
  case AtomicOperation::And:
    return old & value;
  case AtomicOperation::Or:
    return old | value;
  case AtomicOperation::Xor:
    return old ^ value;
  default:
    return combine(operation, old, value, other);
  }
}

/// One thread of the host at a time; atomics are too rare to be fast.
std::mutex atomicMutex;

template <typename T, T (*Combine)(AtomicOperation, T, T, T)>
void runAtomic(Warp &warp, const Op &op, const MemoryForm &form, uint32_t lane,
               uint8_t *pointer) {
  T old;
  std::memcpy(&old, pointer, sizeof(T));
  T value = lanesOf<T>(warp, op.b)[lane];
  T other = op.c ? lanesOf<T>(warp, op.c)[lane] : T(0);
  T result =
      Combine(static_cast<AtomicOperation>(form.operation), old, value, other);
  std::memcpy(pointer, &result, sizeof(T));
  if (form.registers[0] != kSink)
    lanesOf<T>(warp, form.registers[0])[lane] = old;
}

/// Unsigned arithmetic wraps: signed sums are made with it.
template <typename T, typename U>
T combineSigned(AtomicOperation operation, T old, T value, T other) {
  if (operation == AtomicOperation::Add)
    return static_cast<T>(static_cast<U>(old) + static_cast<U>(value));
  return combineBits<T>(operation, old, value, other);
}

} // namespace

void load(Warp &warp, const Op &op, uint32_t mask) {
  const MemoryForm &form = warp.block->program.memory[op.extra];
  bySpace(
      warp, op, form, mask,
      [&](Space space, uint32_t lanes, const uint64_t (&addresses)[kLanes]) {
        uint8_t *pointers[kLanes];
        pointersOf(warp, op, space, addresses, lanes, form.bytes, false,
                   pointers);
        loadRegisters(warp, form, pointers, lanes);
      });
}

void store(Warp &warp, const Op &op, uint32_t mask) {
  const MemoryForm &form = warp.block->program.memory[op.extra];
  bySpace(
      warp, op, form, mask,
      [&](Space space, uint32_t lanes, const uint64_t (&addresses)[kLanes]) {
        if (space == Space::Param)
          warp.block->fatal(FindingKind::ReadOnly, warp, op,
                            static_cast<uint32_t>(__builtin_ctz(lanes)),
                            "a store to a parameter");
        uint8_t *pointers[kLanes];
        pointersOf(warp, op, space, addresses, lanes, form.bytes, true,
                   pointers);
        storeRegisters(warp, form, pointers, lanes);
      });
}

void atomic(Warp &warp, const Op &op, uint32_t mask) {
  Block &block = *warp.block;
  const MemoryForm &form = block.program.memory[op.extra];
  bySpace(
      warp, op, form, mask,
      [&](Space space, uint32_t lanes, const uint64_t (&addresses)[kLanes]) {
        uint32_t bytes = form.bytes;
        block.checkAlignment(warp, op, addresses, lanes, bytes, space);
        // Atomic operations don't race with each other: bounds are all
        // that is looked at.
        uint8_t *base = block.shared.data();
        if (space == Space::Shared)
          block.checkShared(warp, op, addresses, lanes, bytes);
        else if (space != Space::Global)
          block.fatal(FindingKind::Unsupported, warp, op,
                      static_cast<uint32_t>(__builtin_ctz(lanes)),
                      "an atomic operation on local memory");
        std::lock_guard<std::mutex> lock(atomicMutex);
        for (uint32_t rest = lanes; rest != 0; rest &= rest - 1) {
          uint32_t lane = static_cast<uint32_t>(__builtin_ctz(rest));
          uint8_t *pointer = base + addresses[lane];
          if (space == Space::Global) {
            const View &view =
                block.viewOfLane(warp, op, addresses[lane], lane, bytes);
            if (view.allocation->readOnly)
              block.fatal(FindingKind::ReadOnly, warp, op, lane,
                          "a store to '" + view.allocation->name + "'");
            pointer = view.data + (addresses[lane] - view.begin);
          }
          switch (form.type) {
          case Type::F32:
            runAtomic<float, combine<float>>(warp, op, form, lane, pointer);
            break;
          case Type::F64:
            runAtomic<double, combine<double>>(warp, op, form, lane, pointer);
            break;
          case Type::S32:
            runAtomic<int32_t, combineSigned<int32_t, uint32_t>>(warp, op, form,
                                                                 lane, pointer);
            break;
          case Type::S64:
            runAtomic<int64_t, combineSigned<int64_t, uint64_t>>(warp, op, form,
                                                                 lane, pointer);
            break;
          case Type::U32:
          case Type::B32:
            runAtomic<uint32_t, combineBits<uint32_t>>(warp, op, form, lane,
                                                       pointer);
            break;
          default:
            runAtomic<uint64_t, combineBits<uint64_t>>(warp, op, form, lane,
                                                       pointer);
            break;
          }
        }
      });
}

/// The rows of the matrices: lane 8 * i + j gives row j of matrix i.
static uint32_t matrixRows(Warp &warp, const Op &op, const MemoryForm &form,
                           bool isStore, uint8_t **rows) {
  uint32_t mask =
      form.elements == 4 ? kAllLanes : (1u << (8 * form.elements)) - 1;
  uint64_t addresses[kLanes];
  addressesOf(warp, op.a, true, form.address64, op.immediate, mask, addresses);
  Block &block = *warp.block;
  block.checkAlignment(warp, op, addresses, mask, 16, Space::Shared);
  block.checkShared(warp, op, addresses, mask, 16);
  uint64_t moved = 128u * form.elements;
  (isStore ? block.counts.sharedStoreBytes : block.counts.sharedLoadBytes) +=
      moved;
  if (block.state.options.countTraffic) {
    Traffic &traffic = block.traffic[op.extra];
    countPasses(addresses, mask, 16, traffic);
    block.counts.sharedPasses += traffic.cost;
    block.counts.sharedPassesLeast += traffic.least;
  }
  for (uint32_t row = 0; row < 8u * form.elements; ++row) {
    rows[row] = block.shared.data() + addresses[row];
    if (!block.state.options.checkShared)
      continue;
    // Several lanes touch each row.
    if (isStore)
      block.writeShared(warp, op, addresses[row], 16, kLanes);
    else
      block.readShared(warp, op, addresses[row], 16, kLanes);
  }
  return mask;
}

void loadMatrix(Warp &warp, const Op &op, uint32_t) {
  const MemoryForm &form = warp.block->program.memory[op.extra];
  uint8_t *rows[kLanes];
  matrixRows(warp, op, form, false, rows);
  for (uint32_t matrix = 0; matrix < form.elements; ++matrix) {
    uint16_t values[8][8];
    for (uint32_t row = 0; row < 8; ++row)
      std::memcpy(values[row], rows[8 * matrix + row], 16);
    uint32_t *d = lanesOf<uint32_t>(warp, form.registers[matrix]);
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      uint32_t row = lane / 4;
      uint32_t column = 2 * (lane % 4);
      uint32_t low = form.operation ? values[column][row] : values[row][column];
      uint32_t high =
          form.operation ? values[column + 1][row] : values[row][column + 1];
      d[lane] = high << 16 | low;
    }
  }
}

void storeMatrix(Warp &warp, const Op &op, uint32_t) {
  const MemoryForm &form = warp.block->program.memory[op.extra];
  uint8_t *rows[kLanes];
  matrixRows(warp, op, form, true, rows);
  for (uint32_t matrix = 0; matrix < form.elements; ++matrix) {
    uint16_t values[8][8];
    const uint32_t *s = lanesOf<uint32_t>(warp, form.registers[matrix]);
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      uint32_t row = lane / 4;
      uint32_t column = 2 * (lane % 4);
      uint16_t low = static_cast<uint16_t>(s[lane]);
      uint16_t high = static_cast<uint16_t>(s[lane] >> 16);
      (form.operation ? values[column][row] : values[row][column]) = low;
      (form.operation ? values[column + 1][row] : values[row][column + 1]) =
          high;
    }
    for (uint32_t row = 0; row < 8; ++row)
      std::memcpy(rows[8 * matrix + row], values[row], 16);
  }
}

void convertAddress(Warp &warp, const Op &op, uint32_t mask) {
  uint64_t *d = lanesOf<uint64_t>(warp, op.dst);
  const uint64_t *a = lanesOf<uint64_t>(warp, op.a);
  uint64_t window = windowOf(static_cast<Space>(op.c));
  if (op.b == 0)
    window = 0 - window;
  forLanes(mask, [=](uint32_t lane) { d[lane] = a[lane] + window; });
}

} // namespace tconv::ptx
