// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The engines that copy from and to global memory, and within UB.
#include <cstring>
#include <vector>

#include "davinci/instructions.h"

namespace tconv::davinci {
namespace {

using Words = const uint64_t *;

uint64_t roundUp(uint64_t value, uint64_t to) {
  return (value + to - 1) / to * to;
}

/// Matrices from global memory into the fractals of L1: rows of 32 bytes, of
/// which `dstC0Stride` form a column of blocks.
struct Nd2Nz {
  explicit Nd2Nz(Words w)
      : matrices(bits(w[2], 4, 12)), n(bits(w[2], 16, 16)),
        d(bits(w[2], 32, 16)), srcMatrixStride(bits(w[2], 48, 16)),
        srcStride(bits(w[3], 0, 16)), dstC0Stride(bits(w[3], 16, 16)),
        dstNStride(bits(w[3], 32, 16)), dstMatrixStride(bits(w[3], 48, 16)) {}

  uint64_t matrices;
  uint64_t n;               ///< rows
  uint64_t d;               ///< elements of a row
  uint64_t srcMatrixStride; ///< elements
  uint64_t srcStride;       ///< elements from row to row
  uint64_t dstC0Stride;     ///< blocks of 32 bytes
  uint64_t dstNStride;      ///< blocks of 32 bytes
  uint64_t dstMatrixStride; ///< elements
};

void nd2nz(Core &core, Words w, uint64_t size) {
  constexpr Pipe kPipe = Pipe::Mte2;
  constexpr uint64_t kMostRows = 16384;
  Nd2Nz c(w);
  uint64_t to = w[0];
  uint64_t from = w[1];
  bool good =
      core.expect(c.n >= 1 && c.n <= kMostRows, FindingKind::FieldRange, kPipe,
                  to, "n = " + std::to_string(c.n) + ", of 1 to 16384");
  good &= core.expect(
      c.d >= 1 && c.matrices >= 1, FindingKind::FieldRange, kPipe, to,
      "d = " + std::to_string(c.d) +
          ", number of matrices = " + std::to_string(c.matrices));
  // A row takes a block; a column of blocks must hold all rows.
  if (good && c.d * size > kBlock && c.n > 1)
    good &= core.expect(
        c.dstC0Stride >= c.n * c.dstNStride, FindingKind::Layout, kPipe, to,
        "columns of " + std::to_string(c.dstC0Stride) +
            " blocks are shorter than " + std::to_string(c.n) + " rows");
  good &= core.expectAligned(Space::L1, to, kBlock, kPipe);
  if (!good)
    return;
  core.beginRegions(kPipe);
  uint64_t columns = (c.d * size + kBlock - 1) / kBlock;
  for (uint64_t matrix = 0; matrix < c.matrices; ++matrix) {
    uint64_t matrixTo = to + matrix * c.dstMatrixStride * size;
    uint64_t matrixFrom = from + matrix * c.srcMatrixStride * size;
    for (uint64_t row = 0; row < c.n; ++row)
      good &=
          core.addRegion(Space::Global, matrixFrom + row * c.srcStride * size,
                         c.d * size, false);
    for (uint64_t column = 0; column < columns; ++column) {
      uint64_t start = matrixTo + column * c.dstC0Stride * kBlock;
      if (c.dstNStride == 1) {
        good &= core.addRegion(Space::L1, start, c.n * kBlock, true);
        continue;
      }
      for (uint64_t row = 0; row < c.n; ++row)
        good &= core.addRegion(Space::L1, start + row * c.dstNStride * kBlock,
                               kBlock, true);
    }
    if (!good)
      break;
  }
  uint64_t bytes = c.matrices * c.n * c.d * size;
  core.issue(
      costOfGlobalRead(bytes), bytes, [&core, c, to, from, size, columns] {
        LocalMemory &l1 = core.local(Space::L1);
        std::vector<uint8_t> row(columns * kBlock);
        std::vector<uint8_t> poison(columns * kBlock);
        for (uint64_t matrix = 0; matrix < c.matrices; ++matrix) {
          for (uint64_t n = 0; n < c.n; ++n) {
            // What is left of the last block is zero.
            std::fill(row.begin(), row.end(), 0);
            std::fill(poison.begin(), poison.end(), 0);
            core.readGlobal(
                from + (matrix * c.srcMatrixStride + n * c.srcStride) * size,
                c.d * size, row.data(), poison.data());
            for (uint64_t column = 0; column < columns; ++column) {
              uint64_t at =
                  to + matrix * c.dstMatrixStride * size +
                  (column * c.dstC0Stride + n * c.dstNStride) * kBlock;
              if (at + kBlock > l1.capacity())
                continue;
              std::memcpy(l1.data(at), row.data() + column * kBlock, kBlock);
              std::memcpy(l1.poisonOf(at), poison.data() + column * kBlock,
                          kBlock);
            }
          }
        }
      });
}

/// Bursts of any length; those in UB begin at blocks of 32 bytes.
struct MoveAligned {
  explicit MoveAligned(Words w)
      : bursts(bits(w[2], 4, 12)), length(bits(w[2], 16, 21)),
        left(bits(w[2], 48, 6)), right(bits(w[2], 54, 6)),
        srcGap(bits(w[3], 0, 32)), dstGap(bits(w[3], 32, 32)) {}

  uint64_t bursts;
  uint64_t length; ///< bytes
  uint64_t left;   ///< elements of padding
  uint64_t right;
  uint64_t srcGap; ///< bytes in global memory, blocks in UB
  uint64_t dstGap;
};

bool checkMove(Core &core, const MoveAligned &c, Pipe pipe, uint64_t ub) {
  bool good = core.expect(c.bursts >= 1 && c.length >= 1,
                          FindingKind::FieldRange, pipe, ub,
                          std::to_string(c.bursts) + " bursts of " +
                              std::to_string(c.length) + " bytes");
  return core.expectAligned(Space::UB, ub, kBlock, pipe) && good;
}

void moveIn(Core &core, Words w, uint64_t size) {
  constexpr Pipe kPipe = Pipe::Mte2;
  MoveAligned c(w);
  uint64_t to = w[0];
  uint64_t from = w[1];
  bool good = checkMove(core, c, kPipe, to);
  good &= core.expect(c.left * size <= kBlock && c.right * size <= kBlock,
                      FindingKind::FieldRange, kPipe, to,
                      "padding of " + std::to_string(c.left) + " and " +
                          std::to_string(c.right) +
                          " elements is more than 32 bytes");
  if (!good)
    return;
  uint64_t filled = (c.left + c.right) * size + c.length;
  uint64_t pitch = roundUp(filled, kBlock) + c.dstGap * kBlock;
  core.beginRegions(kPipe);
  for (uint64_t burst = 0; burst < c.bursts && good; ++burst) {
    good &= core.addRegion(Space::Global, from + burst * (c.length + c.srcGap),
                           c.length, false);
    good &= core.addRegion(Space::UB, to + burst * pitch,
                           roundUp(filled, kBlock), true);
  }
  uint64_t bytes = c.bursts * c.length;
  uint64_t pad = core.registers.padValue;
  core.issue(costOfGlobalRead(bytes), bytes, [=, &core] {
    LocalMemory &ub = core.local(Space::UB);
    for (uint64_t burst = 0; burst < c.bursts; ++burst) {
      uint64_t at = to + burst * pitch;
      if (at + roundUp(filled, kBlock) > ub.capacity())
        return;
      for (uint64_t element = 0; element < c.left + c.right; ++element) {
        uint64_t start = at + element * size;
        if (element >= c.left)
          start += c.length;
        std::memcpy(ub.data(start), &pad, size);
        std::memset(ub.poisonOf(start), 0, size);
      }
      core.readGlobal(from + burst * (c.length + c.srcGap), c.length,
                      ub.data(at + c.left * size),
                      ub.poisonOf(at + c.left * size));
      // No one says what is in the rest of the last block.
      std::memset(ub.poisonOf(at + filled), 1,
                  roundUp(filled, kBlock) - filled);
    }
  });
}

void moveOut(Core &core, Words w) {
  constexpr Pipe kPipe = Pipe::Mte3;
  MoveAligned c(w);
  uint64_t to = w[0];
  uint64_t from = w[1];
  bool good = checkMove(core, c, kPipe, from);
  if (!good)
    return;
  if (bits(core.registers.control, 6, 5) != 0)
    return core.unsupported(kPipe, "sums into global memory are not modelled");
  uint64_t pitch = roundUp(c.length, kBlock) + c.srcGap * kBlock;
  core.beginRegions(kPipe);
  for (uint64_t burst = 0; burst < c.bursts && good; ++burst) {
    good &= core.addRegion(Space::UB, from + burst * pitch, c.length, false);
    good &= core.addRegion(Space::Global, to + burst * (c.length + c.dstGap),
                           c.length, true);
  }
  uint64_t bytes = c.bursts * c.length;
  core.issue(costOfGlobalWrite(bytes), bytes, [=, &core] {
    LocalMemory &ub = core.local(Space::UB);
    for (uint64_t burst = 0; burst < c.bursts; ++burst) {
      uint64_t at = from + burst * pitch;
      if (at + c.length > ub.capacity())
        return;
      core.writeGlobal(kPipe, to + burst * (c.length + c.dstGap), c.length,
                       ub.data(at), ub.poisonOf(at));
    }
  });
}

/// Blocks of 32 bytes within UB, by the vector unit.
void moveWithin(Core &core, Words w) {
  constexpr Pipe kPipe = Pipe::Vector;
  uint64_t to = w[0];
  uint64_t from = w[1];
  uint64_t bursts = bits(w[2], 4, 12);
  uint64_t length = bits(w[2], 16, 16) * kBlock;
  uint64_t srcPitch = length + bits(w[2], 32, 16) * kBlock;
  uint64_t dstPitch = length + bits(w[2], 48, 16) * kBlock;
  bool good = core.expect(bursts >= 1 && length >= 1, FindingKind::FieldRange,
                          kPipe, to,
                          std::to_string(bursts) + " bursts of " +
                              std::to_string(length) + " bytes");
  good &= core.expectAligned(Space::UB, to, kBlock, kPipe);
  good &= core.expectAligned(Space::UB, from, kBlock, kPipe);
  if (!good)
    return;
  core.beginRegions(kPipe);
  for (uint64_t burst = 0; burst < bursts && good; ++burst) {
    good &= core.addRegion(Space::UB, from + burst * srcPitch, length, false);
    good &= core.addRegion(Space::UB, to + burst * dstPitch, length, true);
  }
  if (!good)
    return;
  uint64_t bytes = bursts * length;
  core.issue(costOfVector((bytes + 255) / 256), bytes, [=, &core] {
    LocalMemory &ub = core.local(Space::UB);
    for (uint64_t burst = 0; burst < bursts; ++burst) {
      std::memmove(ub.data(to + burst * dstPitch),
                   ub.data(from + burst * srcPitch), length);
      std::memmove(ub.poisonOf(to + burst * dstPitch),
                   ub.poisonOf(from + burst * srcPitch), length);
    }
  });
}

bool startsWith(const std::string &text, const char *start) {
  return text.compare(0, std::strlen(start), start) == 0;
}

} // namespace

Handler makeCopy(const std::string &name, int &arguments) {
  constexpr const char *kNd2Nz = "MOV.OUT.TO.L1.MULTI.ND2NZ.";
  constexpr const char *kIn = "MOV.OUT.TO.UB.ALIGN.b";
  constexpr const char *kOut = "MOV.UB.TO.OUT.ALIGN.b";
  arguments = 4;
  if (startsWith(name, kNd2Nz)) {
    std::string text = name.substr(std::strlen(kNd2Nz));
    if (text == "f32s" || text == "s32s" || text == "u32s")
      text.pop_back();
    Element type = Element::F16;
    if (!elementOf(text, type))
      return nullptr;
    uint64_t size = static_cast<uint64_t>(elementBytes(type));
    return [size](Core &core, Words w) -> uint64_t {
      nd2nz(core, w, size);
      return 0;
    };
  }
  if (startsWith(name, kIn)) {
    uint64_t size =
        std::strtoull(name.c_str() + std::strlen(kIn), nullptr, 10) / 8;
    return [size](Core &core, Words w) -> uint64_t {
      moveIn(core, w, size);
      return 0;
    };
  }
  if (startsWith(name, kOut)) {
    return [](Core &core, Words w) -> uint64_t {
      moveOut(core, w);
      return 0;
    };
  }
  if (name == "MOV.UB.TO.UB.v220") {
    arguments = 3;
    return [](Core &core, Words w) -> uint64_t {
      moveWithin(core, w);
      return 0;
    };
  }
  return nullptr;
}

} // namespace tconv::davinci
