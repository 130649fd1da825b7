// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Vector instructions that only move: fill, spread, copy.
#include <cstring>
#include <vector>

#include "davinci/instructions.h"
#include "davinci/vector_layout.h"

namespace tconv::davinci {
namespace {

using Words = const uint64_t *;

constexpr Pipe kPipe = Pipe::Vector;

VectorOperand destination(uint64_t address, uint64_t word, Element type) {
  return {address, bits(word, 0, 16),
          bits(word, 32, 8) | bits(word, 52, 4) << 8, type};
}

/// dst, scalar, word: every active element becomes the scalar.
void fill(Core &core, Words w, Element type) {
  VectorOperand to = destination(w[0], w[2], type);
  VectorShape shape =
      VectorShape::make(core.registers, bits(w[2], 56, 8), to.size());
  if (!core.expectAligned(Space::UB, to.address, kBlock, kPipe))
    return;
  core.beginRegions(kPipe);
  if (!addOperand(core, to, shape, true))
    return;
  uint64_t scalar = w[1];
  core.issue(costOfVector(shape.repeats), shape.repeats * 256, [=, &core] {
    LocalMemory &ub = core.local(Space::UB);
    for (uint64_t repeat = 0; repeat < shape.repeats; ++repeat)
      for (uint64_t element = 0; element < shape.perRepeat; ++element)
        if (shape.isActive(repeat, element)) {
          uint64_t at = to.at(repeat, element);
          std::memcpy(ub.data(at), &scalar, to.size());
          std::memset(ub.poisonOf(at), 0, to.size());
        }
  });
}

/// dst, src, word: eight elements a repeat, each to fill a block.
void spread(Core &core, Words w, uint64_t size) {
  uint64_t to = w[0];
  uint64_t from = w[1];
  uint64_t blockStride = bits(w[2], 0, 16);
  uint64_t repeatStride = bits(w[2], 32, 8) | bits(w[2], 52, 4) << 8;
  uint64_t repeats = bits(w[2], 56, 8);
  bool good = core.expectAligned(Space::UB, to, kBlock, kPipe);
  good &= core.expectAligned(Space::UB, from, kBlock, kPipe);
  if (!good)
    return;
  core.beginRegions(kPipe);
  good = core.addRegion(Space::UB, from, repeats * 8 * size, false);
  for (uint64_t block = 0; block < repeats * 8 && good; ++block)
    good = core.addRegion(
        Space::UB,
        to + (block / 8 * repeatStride + block % 8 * blockStride) * kBlock,
        kBlock, true);
  if (!good)
    return;
  core.issue(costOfVector(repeats), repeats * 256, [=, &core] {
    LocalMemory &ub = core.local(Space::UB);
    std::vector<uint8_t> values(ub.data(from),
                                ub.data(from) + repeats * 8 * size);
    std::vector<uint8_t> poison(ub.poisonOf(from),
                                ub.poisonOf(from) + repeats * 8 * size);
    for (uint64_t block = 0; block < repeats * 8; ++block) {
      uint64_t at =
          to + (block / 8 * repeatStride + block % 8 * blockStride) * kBlock;
      for (uint64_t byte = 0; byte < kBlock; byte += size) {
        std::memcpy(ub.data(at + byte), values.data() + block * size, size);
        std::memcpy(ub.poisonOf(at + byte), poison.data() + block * size, size);
      }
    }
  });
}

/// dst, src, word: as it is.
void copy(Core &core, Words w, Element type) {
  VectorOperand to = destination(w[0], w[2], type);
  VectorOperand from = {w[1], bits(w[2], 16, 16), bits(w[2], 40, 12), type};
  VectorShape shape =
      VectorShape::make(core.registers, bits(w[2], 56, 8), to.size());
  bool good = core.expectAligned(Space::UB, to.address, kBlock, kPipe);
  good &= core.expectAligned(Space::UB, from.address, kBlock, kPipe);
  if (!good)
    return;
  core.beginRegions(kPipe);
  if (!addOperand(core, from, shape, false) ||
      !addOperand(core, to, shape, true))
    return;
  core.issue(costOfVector(shape.repeats), shape.repeats * 256, [=, &core] {
    LocalMemory &ub = core.local(Space::UB);
    for (uint64_t repeat = 0; repeat < shape.repeats; ++repeat)
      for (uint64_t element = 0; element < shape.perRepeat; ++element)
        if (shape.isActive(repeat, element)) {
          uint64_t at = to.at(repeat, element);
          uint64_t source = from.at(repeat, element);
          std::memmove(ub.data(at), ub.data(source), to.size());
          std::memmove(ub.poisonOf(at), ub.poisonOf(source), to.size());
        }
  });
}

/// Registers of destinations and of sources (two each, 16 addresses of blocks),
/// word: a matrix of 16 blocks is transposed, so that of 2-byte elements block
/// i gets the elements i of all; of 4-byte ones, of which a block has 8, blocks
/// 2i and 2i + 1 get the elements i of the first and of the last eight.
void transpose(Core &core, Words w, uint64_t size) {
  if (!core.expect(w[0] < 7 && w[1] < 7, FindingKind::FieldRange, kPipe, 0,
                   "address registers " + std::to_string(w[0]) + " and " +
                       std::to_string(w[1])))
    return;
  std::array<uint64_t, 16> to;
  std::array<uint64_t, 16> from;
  bool good = true;
  for (uint64_t block = 0; block < 16; ++block) {
    to[block] = core.registers.addresses[w[0] + block / 8][block % 8];
    from[block] = core.registers.addresses[w[1] + block / 8][block % 8];
    good &= core.expectAligned(Space::UB, to[block], kBlock, kPipe);
    good &= core.expectAligned(Space::UB, from[block], kBlock, kPipe);
  }
  uint64_t toStride = bits(w[2], 0, 16) * kBlock;
  uint64_t fromStride = bits(w[2], 16, 16) * kBlock;
  uint64_t repeats = bits(w[2], 56, 8);
  core.beginRegions(kPipe);
  for (uint64_t repeat = 0; repeat < repeats && good; ++repeat)
    for (uint64_t block = 0; block < 16 && good; ++block)
      good = core.addRegion(Space::UB, from[block] + repeat * fromStride,
                            kBlock, false) &&
             core.addRegion(Space::UB, to[block] + repeat * toStride, kBlock,
                            true);
  if (!good)
    return;
  core.issue(costOfVector(2 * repeats), repeats * 512, [=, &core] {
    LocalMemory &ub = core.local(Space::UB);
    std::array<std::array<uint8_t, kBlock>, 16> values;
    std::array<std::array<uint8_t, kBlock>, 16> poison;
    for (uint64_t repeat = 0; repeat < repeats; ++repeat) {
      for (uint64_t block = 0; block < 16; ++block) {
        uint64_t at = from[block] + repeat * fromStride;
        std::memcpy(values[block].data(), ub.data(at), kBlock);
        std::memcpy(poison[block].data(), ub.poisonOf(at), kBlock);
      }
      uint64_t perBlock = kBlock / size;
      uint64_t parts = 16 / perBlock; // of a transposed row
      for (uint64_t block = 0; block < 16; ++block) {
        for (uint64_t element = 0; element < perBlock; ++element) {
          uint64_t source = block % parts * perBlock + element;
          uint64_t offset = block / parts * size;
          uint64_t at = to[block] + repeat * toStride + element * size;
          std::memcpy(ub.data(at), &values[source][offset], size);
          std::memcpy(ub.poisonOf(at), &poison[source][offset], size);
        }
      }
    }
  });
}

} // namespace

Handler makeVectorMove(const std::string &name, int &arguments) {
  std::string stem = stemOf(name);
  std::string suffix = suffixOf(name);
  arguments = 3;
  Element type = Element::F32;
  if (stem == "VBRCB" && (suffix == "b16" || suffix == "b32")) {
    uint64_t size = suffix == "b16" ? 2 : 4;
    return [size](Core &core, Words w) -> uint64_t {
      spread(core, w, size);
      return 0;
    };
  }
  if (name == "S.VNCHWCONV.b16" || name == "S.VNCHWCONV.b32") {
    uint64_t size = name.back() == '6' ? 2 : 4;
    return [size](Core &core, Words w) -> uint64_t {
      transpose(core, w, size);
      return 0;
    };
  }
  if (!elementOf(suffix, type))
    return nullptr;
  if (stem == "MOVEV")
    return [type](Core &core, Words w) -> uint64_t {
      fill(core, w, type);
      return 0;
    };
  if (stem == "VCOPY")
    return [type](Core &core, Words w) -> uint64_t {
      copy(core, w, type);
      return 0;
    };
  return nullptr;
}

} // namespace tconv::davinci
