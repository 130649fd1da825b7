// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// mma.sync.aligned.m16n8kK.row.col.f32 with f16, bf16 and tf32 operands.
// Products and sums are made in double and rounded once: at least as exact as
// any GPU, whose own order and rounding of these sums nobody documents.
// Compiled like alu.cpp. Products of such operands are exact in double, so that
// it changes nothing whether they are fused with the sums.
#include "ptx/alu.h"
#include "ptx/formats.h"
#include "ptx/warp.h"

namespace tconv::ptx::TCONV_PTX_ISA {

Handler findMma(Type type, int depth);

namespace {

struct HalfElement {
  static float load(uint16_t bits) { return f16ToFloat(bits); }
};
struct BrainElement {
  static float load(uint16_t bits) { return bf16ToFloat(bits); }
};

/// A row of eight, for whatever vectors the machine has.
typedef double Row __attribute__((vector_size(64)));

/// d = a * b + c. A is (16, Depth), B (Depth, 8), C and D (16, 8).
template <int Depth>
void contract(const double (&a)[16][Depth], const double (&b)[Depth][8],
              Warp &warp, const uint32_t *dOffsets, const uint32_t *cOffsets) {
  Row factors[Depth];
  __builtin_memcpy(factors, b, sizeof(b));
  // A register has the even or the odd columns of eight rows. All are read
  // before any is written: D may be C's registers in another order.
  double sums[16][8];
  for (uint32_t half = 0; half < 2; ++half)
    for (uint32_t odd = 0; odd < 2; ++odd) {
      const float *c = lanesOf<float>(warp, cOffsets[2 * half + odd]);
      for (uint32_t lane = 0; lane < kLanes; ++lane)
        sums[8 * half + lane / 4][2 * (lane % 4) + odd] =
            static_cast<double>(c[lane]);
    }
  // Four rows at a time, so that they stay in registers.
  for (uint32_t first = 0; first < 16; first += 4) {
    Row rows[4];
    __builtin_memcpy(rows, sums[first], sizeof(rows));
    for (int k = 0; k < Depth; ++k)
      for (uint32_t row = 0; row < 4; ++row)
        rows[row] += a[first + row][k] * factors[k];
    __builtin_memcpy(sums[first], rows, sizeof(rows));
  }
  for (uint32_t half = 0; half < 2; ++half)
    for (uint32_t odd = 0; odd < 2; ++odd) {
      float *d = lanesOf<float>(warp, dOffsets[2 * half + odd]);
      for (uint32_t lane = 0; lane < kLanes; ++lane) {
        float value =
            static_cast<float>(sums[8 * half + lane / 4][2 * (lane % 4) + odd]);
        d[lane] = value != value ? bitsAs<float>(0x7fffffffu) : value;
      }
    }
}

/// Two elements in each register: Depth 8 or 16. A register of all lanes is a
/// matrix of 8 x 8 in rows: of A as it is, of B transposed.
template <typename Element, int Depth>
void mmaShort(Warp &warp, const Op &op, uint32_t) {
  const auto *list = reinterpret_cast<const uint32_t *>(op.immediate);
  constexpr uint32_t parts = Depth / 8;
  const uint32_t *aOffsets = list + 4;
  const uint32_t *bOffsets = aOffsets + 2 * parts;
  double a[16][Depth];
  double b[Depth][8];
  float wide[64];
  for (uint32_t part = 0; part < parts; ++part) {
    for (uint32_t half = 0; half < 2; ++half) {
      const uint16_t *x = lanesOf<uint16_t>(warp, aOffsets[2 * part + half]);
      for (uint32_t at = 0; at < 64; ++at)
        wide[at] = Element::load(x[at]);
      for (uint32_t row = 0; row < 8; ++row)
        for (uint32_t k = 0; k < 8; ++k)
          a[8 * half + row][8 * part + k] =
              static_cast<double>(wide[8 * row + k]);
    }
    const uint16_t *x = lanesOf<uint16_t>(warp, bOffsets[part]);
    for (uint32_t at = 0; at < 64; ++at)
      wide[at] = Element::load(x[at]);
    for (uint32_t k = 0; k < 8; ++k)
      for (uint32_t column = 0; column < 8; ++column)
        b[8 * part + k][column] = static_cast<double>(wide[8 * column + k]);
  }
  contract<Depth>(a, b, warp, list, bOffsets + parts);
}

/// One TF32 in each register: Depth 4 or 8; a register of all lanes is a matrix
/// of 8 x 4. The bits that TF32 doesn't have are dropped.
template <int Depth> void mmaTf32(Warp &warp, const Op &op, uint32_t) {
  const auto *list = reinterpret_cast<const uint32_t *>(op.immediate);
  constexpr uint32_t parts = Depth / 4;
  const uint32_t *aOffsets = list + 4;
  const uint32_t *bOffsets = aOffsets + 2 * parts;
  double a[16][Depth];
  double b[Depth][8];
  auto load = [](uint32_t bits) {
    return static_cast<double>(bitsAs<float>(bits & ~0x1fffu));
  };
  for (uint32_t part = 0; part < parts; ++part) {
    for (uint32_t half = 0; half < 2; ++half) {
      const uint32_t *x = lanesOf<uint32_t>(warp, aOffsets[2 * part + half]);
      for (uint32_t row = 0; row < 8; ++row)
        for (uint32_t k = 0; k < 4; ++k)
          a[8 * half + row][4 * part + k] = load(x[4 * row + k]);
    }
    const uint32_t *x = lanesOf<uint32_t>(warp, bOffsets[part]);
    for (uint32_t k = 0; k < 4; ++k)
      for (uint32_t column = 0; column < 8; ++column)
        b[4 * part + k][column] = load(x[4 * column + k]);
  }
  contract<Depth>(a, b, warp, list, bOffsets + parts);
}

} // namespace

Handler findMma(Type type, int depth) {
  if (type == Type::F16)
    return depth == 8    ? mmaShort<HalfElement, 8>
           : depth == 16 ? mmaShort<HalfElement, 16>
                         : nullptr;
  if (type == Type::BF16)
    return depth == 8    ? mmaShort<BrainElement, 8>
           : depth == 16 ? mmaShort<BrainElement, 16>
                         : nullptr;
  if (type == Type::TF32)
    return depth == 4 ? mmaTf32<4> : depth == 8 ? mmaTf32<8> : nullptr;
  return nullptr;
}

} // namespace tconv::ptx::TCONV_PTX_ISA
