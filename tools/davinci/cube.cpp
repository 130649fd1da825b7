// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The matrix unit: L0C (+)= L0A * L0B.
#include <algorithm>
#include <cstring>
#include <vector>

#include "davinci/instructions.h"

namespace tconv::davinci {
namespace {

using Words = const uint64_t *;

struct Mad {
  explicit Mad(uint64_t word)
      : m(bits(word, 0, 12)), k(bits(word, 12, 12)), n(bits(word, 24, 12)),
        unitFlag(bits(word, 55, 2)), fromBias(bits(word, 62, 1)),
        isFirst(bits(word, 63, 1)) {}

  uint64_t m, k, n;
  uint64_t unitFlag;
  bool fromBias;
  bool isFirst; ///< L0C holds nothing yet
};

/// An operand as float, row after row of `depth` along k, and whether a row has
/// poison in it.
struct Operand {
  std::vector<float> values;
  std::vector<uint8_t> poison;
};

/// @param rows m of L0A or n of L0B
Operand readOperand(LocalMemory &memory, Space space, uint64_t address,
                    uint64_t rows, uint64_t padded, uint64_t k, Element type) {
  uint64_t size = static_cast<uint64_t>(elementBytes(type));
  uint64_t perBlock = kBlock / size;
  uint64_t blocks = (k + perBlock - 1) / perBlock;
  Operand operand;
  operand.values.resize(rows * k);
  operand.poison.resize(rows);
  for (uint64_t row = 0; row < rows; ++row) {
    for (uint64_t block = 0; block < blocks; ++block) {
      // L0A: [m / 16][k / block][16][block]; L0B: [k / block][n /
      // 16][16][block].
      uint64_t fractal = space == Space::L0A ? row / 16 * blocks + block
                                             : block * (padded / 16) + row / 16;
      uint64_t at = address + (fractal * 16 + row % 16) * kBlock;
      uint64_t count = std::min(perBlock, k - block * perBlock);
      for (uint64_t element = 0; element < count; ++element)
        operand.values[row * k + block * perBlock + element] =
            static_cast<float>(
                loadElement(memory.data(at + element * size), type));
      operand.poison[row] |=
          memory.isPoison(at, static_cast<int>(count * size));
    }
  }
  return operand;
}

void multiply(Core &core, const Mad &c, uint64_t to, const Operand &a,
              const Operand &b, uint64_t step) {
  LocalMemory &l0c = core.local(Space::L0C);
  uint64_t rows = (c.m + 15) / 16 * 16;
  uint64_t columns = (c.n + 15) / 16 * 16;
  for (uint64_t row = 0; row < rows; ++row) {
    for (uint64_t column = 0; column < columns; ++column) {
      // [n / 16][m / 16][16][16]
      uint64_t at = to + (column / 16 * rows * 16 + row * 16 + column % 16) * 4;
      if (row >= c.m || column >= c.n) {
        std::memset(l0c.poisonOf(at), 1, 4);
        continue;
      }
      bool poison = a.poison[row] || b.poison[column];
      float sum = 0;
      if (!c.isFirst) {
        std::memcpy(&sum, l0c.data(at), 4);
        poison |= l0c.isPoison(at, 4);
      }
      // One step's products are summed exactly and rounded once with what is
      // there: the order within a core is not known.
      const float *left = a.values.data() + row * c.k;
      const float *right = b.values.data() + column * c.k;
      for (uint64_t k = 0; k < c.k; k += step) {
        double part = 0;
        uint64_t end = std::min(k + step, c.k);
        for (uint64_t inner = k; inner < end; ++inner)
          part += static_cast<double>(left[inner]) * right[inner];
        sum = static_cast<float>(sum + part);
      }
      std::memcpy(l0c.data(at), &sum, 4);
      std::memset(l0c.poisonOf(at), poison, 4);
    }
  }
}

void mad(Core &core, Words w, Element type) {
  constexpr Pipe kPipe = Pipe::Cube;
  constexpr uint64_t kMost = 4095;
  Mad c(w[3]);
  uint64_t to = w[0];
  uint64_t a = w[1];
  uint64_t b = w[2];
  bool good = core.expect(
      c.m >= 1 && c.n >= 1 && c.k >= 1 && c.m <= kMost && c.n <= kMost &&
          c.k <= kMost,
      FindingKind::FieldRange, kPipe, to,
      "m = " + std::to_string(c.m) + ", n = " + std::to_string(c.n) +
          ", k = " + std::to_string(c.k) + ", each of 1 to 4095");
  good &= core.expectAligned(Space::L0A, a, 512, kPipe);
  good &= core.expectAligned(Space::L0B, b, 512, kPipe);
  good &= core.expectAligned(Space::L0C, to, 1024, kPipe);
  if (!good)
    return;
  if (c.fromBias)
    return core.unsupported(kPipe, "sums that begin with the bias table");
  if (c.m == 1)
    return core.unsupported(kPipe,
                            "m = 1, where a core takes its left operand for a "
                            "vector that lies in a row");
  uint64_t size = static_cast<uint64_t>(elementBytes(type));
  uint64_t perBlock = kBlock / size;
  uint64_t rows = (c.m + 15) / 16 * 16;
  uint64_t columns = (c.n + 15) / 16 * 16;
  uint64_t depth = (c.k + perBlock - 1) / perBlock * perBlock;
  core.beginRegions(kPipe);
  good &= core.addRegion(Space::L0A, a, rows * depth * size, false);
  good &= core.addRegion(Space::L0B, b, columns * depth * size, false);
  if (!c.isFirst)
    good &= core.addRegion(Space::L0C, to, rows * columns * 4, false);
  good &= core.addRegion(Space::L0C, to, rows * columns * 4, true);
  if (!good)
    return;
  // Small products follow each other so fast that sums are not there yet.
  constexpr uint64_t kSlowEnough = 10;
  LocalMemory &l0c = core.local(Space::L0C);
  uint32_t before = l0c.shadow(to).written[static_cast<int>(kPipe)];
  if (rows / 16 * (columns / 16) < kSlowEnough &&
      !core.clocks().isDone(kPipe, kPipe, before))
    core.report(FindingKind::PipeRace, kPipe, to,
                "a product of fewer than 10 fractals adds to sums that an "
                "earlier one may still be writing: no barrier between");
  // Where the fixpipe is told by the unit flag, it is told of these sums alone.
  if (c.unitFlag != 0)
    core.clocks().order(Pipe::Fix, core.unitFlagFix, kPipe);
  constexpr uint64_t kStepF32 = 4;
  uint64_t step = type == Element::F32 ? kStepF32 : perBlock;
  core.counts().multiplications += c.m * c.n * c.k;
  core.issue(costOfMad(c.m, c.n, c.k, step), rows * columns * 4, [=, &core] {
    multiply(core, c, to,
             readOperand(core.local(Space::L0A), Space::L0A, a, c.m, rows, c.k,
                         type),
             readOperand(core.local(Space::L0B), Space::L0B, b, c.n, columns,
                         c.k, type),
             step);
  });
  if (c.unitFlag == 3)
    core.unitFlagCube = core.clocks().now(kPipe);
}

} // namespace

Handler makeCube(const std::string &name, int &arguments) {
  if (stemOf(name) != "MAD")
    return nullptr;
  std::string types = suffixOf(name);
  Element type = Element::F16;
  if (types == "bf162f32")
    type = Element::BF16;
  else if (types == "f322f32")
    type = Element::F32;
  else if (types != "f162f32")
    return nullptr;
  arguments = 4;
  return [type](Core &core, Words w) -> uint64_t {
    mad(core, w, type);
    return 0;
  };
}

} // namespace tconv::davinci
