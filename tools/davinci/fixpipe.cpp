// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the cube's sums to rows in global memory.
#include <cstring>
#include <vector>

#include "davinci/instructions.h"

namespace tconv::davinci {
namespace {

using Words = const uint64_t *;

struct Fix {
  explicit Fix(Words w)
      : n(bits(w[2], 4, 12)), m(bits(w[2], 16, 16)),
        dstStride(bits(w[2], 32, 32)), srcStride(bits(w[3], 0, 16)),
        unitFlag(bits(w[3], 32, 2)), quantisation(bits(w[3], 34, 5)),
        relu(bits(w[3], 39, 3)), channelSplit(bits(w[3], 42, 1)),
        toRows(bits(w[3], 43, 1)) {}

  uint64_t n, m;
  uint64_t dstStride; ///< elements from row to row
  uint64_t srcStride; ///< rows of 16 elements from fractal column to the next
  uint64_t unitFlag;
  uint64_t quantisation; ///< 0: none, 1: to f16, 16: to bf16
  uint64_t relu;
  bool channelSplit;
  bool toRows;
};

void fix(Core &core, Words w, Element type) {
  constexpr Pipe kPipe = Pipe::Fix;
  Fix c(w);
  uint64_t to = w[0];
  uint64_t from = w[1];
  uint64_t wanted = type == Element::F32 ? 0 : type == Element::F16 ? 1 : 16;
  bool good = core.expect(
      c.n >= 1 && c.m >= 1, FindingKind::FieldRange, kPipe, to,
      "n = " + std::to_string(c.n) + ", m = " + std::to_string(c.m));
  good &= core.expect(
      c.srcStride >= c.m, FindingKind::Layout, kPipe, from,
      "fractal columns " + std::to_string(c.srcStride) +
          " rows apart are shorter than m = " + std::to_string(c.m));
  good &= core.expect(
      c.dstStride >= c.n || c.m == 1, FindingKind::Layout, kPipe, to,
      "rows " + std::to_string(c.dstStride) +
          " elements apart are shorter than n = " + std::to_string(c.n));
  good &= core.expectAligned(Space::L0C, from, 64, kPipe);
  if (!good)
    return;
  if (!c.toRows || c.channelSplit || c.relu != 0 || c.quantisation != wanted ||
      bits(core.registers.ndParameters, 0, 16) != 1)
    return core.unsupported(
        kPipe, "a mode of the fixpipe: to rows " + std::to_string(c.toRows) +
                   ", channel split " + std::to_string(c.channelSplit) +
                   ", relu " + std::to_string(c.relu) + ", quantisation " +
                   std::to_string(c.quantisation));
  uint64_t size = static_cast<uint64_t>(elementBytes(type));
  core.beginRegions(kPipe);
  for (uint64_t column = 0; column < c.n && good; column += 16)
    good &= core.addRegion(Space::L0C, from + column * c.srcStride * 4,
                           c.m * 16 * 4, false);
  for (uint64_t row = 0; row < c.m && good; ++row)
    good &= core.addRegion(Space::Global, to + row * c.dstStride * size,
                           c.n * size, true);
  if (c.unitFlag != 0)
    core.clocks().order(Pipe::Cube, core.unitFlagCube, kPipe);
  uint64_t bytes = c.m * c.n * size;
  Cost cost = costOfGlobalWrite(bytes);
  core.issue(cost, bytes, [=, &core] {
    LocalMemory &l0c = core.local(Space::L0C);
    std::vector<uint8_t> line(c.n * size);
    std::vector<uint8_t> poison(c.n * size);
    for (uint64_t row = 0; row < c.m; ++row) {
      for (uint64_t column = 0; column < c.n; ++column) {
        uint64_t at =
            from +
            (column / 16 * c.srcStride * 16 + row * 16 + column % 16) * 4;
        if (at + 4 > l0c.capacity())
          return;
        storeElement(line.data() + column * size, type,
                     loadElement(l0c.data(at), Element::F32));
        std::memset(poison.data() + column * size, l0c.isPoison(at, 4), size);
      }
      core.writeGlobal(kPipe, to + row * c.dstStride * size, c.n * size,
                       line.data(), poison.data());
    }
  });
  core.unitFlagFix = core.clocks().now(kPipe);
}

} // namespace

Handler makeFixpipe(const std::string &name, int &arguments) {
  constexpr const char *kStart = "FIX.L0C.TO.OUT.";
  if (name.compare(0, std::strlen(kStart), kStart) != 0)
    return nullptr;
  std::string types = name.substr(std::strlen(kStart));
  Element type = Element::F32;
  if (types == "f2h" || types == "f322f16")
    type = Element::F16;
  else if (types == "f322bf16")
    type = Element::BF16;
  else if (types != "f32")
    return nullptr;
  arguments = 4;
  return [type](Core &core, Words w) -> uint64_t {
    fix(core, w, type);
    return 0;
  };
}

} // namespace tconv::davinci
