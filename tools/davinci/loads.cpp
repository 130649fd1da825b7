// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From L1 into the cube's operands.
#include <cstring>

#include "davinci/instructions.h"

namespace tconv::davinci {
namespace {

using Words = const uint64_t *;

/// A 3D load takes a feature map [C1][H][W][32 bytes] in L1 as the matrix that
/// a convolution multiplies: a row for each position of the filter, a column
/// for each element it covers.
struct Load3d {
  Load3d(Words w, const Registers &registers)
      : kExtent(bits(w[2], 0, 16)), mExtent(bits(w[2], 16, 16)),
        kStart(bits(w[2], 32, 16)), mStart(bits(w[2], 48, 16)),
        strideW(bits(w[3], 0, 6)), strideH(bits(w[3], 6, 6)),
        filterW(bits(w[3], 12, 8) | bits(w[3], 44, 1) << 8),
        filterH(bits(w[3], 20, 8) | bits(w[3], 45, 1) << 8),
        dilationW(bits(w[3], 28, 8)), dilationH(bits(w[3], 36, 8)),
        transpose(bits(w[3], 46, 1)), channels(bits(w[3], 48, 16)) {
    uint64_t map = bits(w[3], 47, 1) ? registers.matrixB : registers.matrixA;
    width = bits(map, 0, 16);
    height = bits(map, 16, 16);
    left = bits(map, 32, 8);
    right = bits(map, 40, 8);
    top = bits(map, 48, 8);
    bottom = bits(map, 56, 8);
  }

  uint64_t kExtent, mExtent, kStart, mStart;
  uint64_t strideW, strideH, filterW, filterH, dilationW, dilationH;
  bool transpose;
  uint64_t channels;
  uint64_t width = 0, height = 0, left = 0, right = 0, top = 0, bottom = 0;
};

/// Where the byte of an element lies in L1; false in the padding.
bool locate(const Load3d &c, uint64_t row, uint64_t column, uint64_t size,
            uint64_t &offset) {
  uint64_t perBlock = kBlock / size;
  uint64_t spanW = c.dilationW * (c.filterW - 1) + 1;
  uint64_t outW = (c.width + c.left + c.right - spanW) / c.strideW + 1;
  uint64_t inner = column % perBlock;
  uint64_t rest = column / perBlock;
  uint64_t filterX = rest % c.filterW;
  uint64_t filterY = rest / c.filterW % c.filterH;
  uint64_t block = rest / (c.filterW * c.filterH);
  // Wraps where it is in the padding on the left or top.
  uint64_t x = row % outW * c.strideW + filterX * c.dilationW - c.left;
  uint64_t y = row / outW * c.strideH + filterY * c.dilationH - c.top;
  if (x >= c.width || y >= c.height)
    return false;
  offset = ((block * c.height + y) * c.width + x) * kBlock + inner * size;
  return true;
}

void load3d(Core &core, Words w, Space space, uint64_t size) {
  constexpr Pipe kPipe = Pipe::Mte1;
  Load3d c(w, core.registers);
  uint64_t to = w[0];
  uint64_t from = w[1];
  uint64_t perBlock = kBlock / size;
  auto field = [&](bool condition, const std::string &text) {
    return core.expect(condition, FindingKind::FieldRange, kPipe, from, text);
  };
  bool good = field(c.kExtent >= 1 && c.mExtent >= 1,
                    "an extent of 0: k " + std::to_string(c.kExtent) + ", m " +
                        std::to_string(c.mExtent));
  good &= field(c.strideW >= 1 && c.strideH >= 1 && c.filterW >= 1 &&
                    c.filterH >= 1 && c.dilationW >= 1 && c.dilationH >= 1,
                "a stride, filter size or dilation of 0");
  good &= field(c.width >= 1 && c.height >= 1 && c.width <= 32767 &&
                    c.height <= 32767,
                "a feature map of " + std::to_string(c.height) + " x " +
                    std::to_string(c.width));
  if (good) {
    good &= core.expect(c.mStart % 16 == 0 && c.kExtent % perBlock == 0 &&
                            c.kStart % perBlock == 0,
                        FindingKind::Layout, kPipe, from,
                        "m from " + std::to_string(c.mStart) + " on, k " +
                            std::to_string(c.kExtent) + " from " +
                            std::to_string(c.kStart) +
                            " on don't begin or end at a fractal");
    uint64_t columns = (c.channels + perBlock - 1) / perBlock * perBlock *
                       c.filterW * c.filterH;
    good &= core.expect(c.kStart + c.kExtent <= columns, FindingKind::Layout,
                        kPipe, from,
                        "k to " + std::to_string(c.kStart + c.kExtent) +
                            ", of " + std::to_string(columns) + " columns");
    uint64_t spanW = c.dilationW * (c.filterW - 1) + 1;
    uint64_t spanH = c.dilationH * (c.filterH - 1) + 1;
    good &= field(c.width + c.left + c.right >= spanW &&
                      c.height + c.top + c.bottom >= spanH,
                  "the filter is larger than the feature map");
  }
  good &= core.expectAligned(space, to, 512, kPipe);
  good &= core.expectAligned(Space::L1, from, kBlock, kPipe);
  if (!good)
    return;
  // L0A: fractals of 16 rows by 32 bytes, row after row of them; within one,
  // row after row. L0B, transposed: rows are k, columns n; fractals of 32 bytes
  // of k by 16 of n, k after k of them; within one, column after column.
  bool isB = space == Space::L0B;
  if (isB != c.transpose)
    return core.unsupported(
        kPipe, std::string("a 3D load into ") + spaceName(space) +
                   (isB ? " that does not transpose" : " that transposes"));
  uint64_t rows = (c.mExtent + 15) / 16 * 16;
  uint64_t columns = isB ? (c.kExtent + 15) / 16 * 16 : c.kExtent;
  uint64_t bytes = rows * columns * size;
  core.beginRegions(kPipe);
  // Whole rows of blocks are read, from the first to the last position.
  uint64_t first = ~0ull;
  uint64_t last = 0;
  uint64_t offset = 0;
  uint64_t present = std::min(c.mExtent, rows);
  for (uint64_t block = 0; block < c.kExtent / perBlock && good; ++block) {
    first = ~0ull;
    last = 0;
    for (uint64_t row = 0; row < present; ++row) {
      if (!locate(c, c.mStart + row, c.kStart + block * perBlock, size, offset))
        continue;
      first = std::min(first, offset);
      last = std::max(last, offset + kBlock);
    }
    if (last != 0)
      good &= core.addRegion(Space::L1, from + first, last - first, false);
  }
  good &= core.addRegion(space, to, bytes, true);
  if (!good)
    return;
  uint64_t pad = core.registers.loadPadding;
  core.issue(costOfLoad(space, bytes), bytes, [=, &core] {
    LocalMemory &l1 = core.local(Space::L1);
    LocalMemory &l0 = core.local(space);
    uint64_t depth = isB ? perBlock : 0;
    for (uint64_t row = 0; row < rows; ++row) {
      for (uint64_t column = 0; column < columns; ++column) {
        uint64_t at = 0;
        if (isB)
          at = ((row / depth * (columns / 16) + column / 16) * 16 +
                column % 16) *
                   depth +
               row % depth;
        else
          at = ((row / 16 * (columns / perBlock) + column / perBlock) * 16 +
                row % 16) *
                   perBlock +
               column % perBlock;
        at = to + at * size;
        uint64_t source = 0;
        if (row >= c.mExtent || column >= c.kExtent) {
          std::memset(l0.poisonOf(at), 1, size);
        } else if (locate(c, c.mStart + row, c.kStart + column, size, source)) {
          std::memcpy(l0.data(at), l1.data(from + source), size);
          std::memcpy(l0.poisonOf(at), l1.poisonOf(from + source), size);
        } else {
          std::memcpy(l0.data(at), &pad, size);
          std::memset(l0.poisonOf(at), 0, size);
        }
      }
    }
  });
}

} // namespace

Handler makeLoad(const std::string &name, int &arguments) {
  constexpr const char *kStart = "LOAD.L1.TO.L0";
  constexpr const char *k3d = ".3DV2.";
  size_t at = name.find(k3d);
  if (name.compare(0, std::strlen(kStart), kStart) != 0 ||
      at != std::strlen(kStart) + 1)
    return nullptr;
  Element type = Element::F16;
  if (!elementOf(name.substr(at + std::strlen(k3d)), type))
    return nullptr;
  Space space = name[at - 1] == 'A' ? Space::L0A : Space::L0B;
  uint64_t size = static_cast<uint64_t>(elementBytes(type));
  arguments = 4;
  return [space, size](Core &core, Words w) -> uint64_t {
    load3d(core, w, space, size);
    return 0;
  };
}

} // namespace tconv::davinci
