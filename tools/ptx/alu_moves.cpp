// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Selection, and moves between registers of one or several widths.
#include "ptx/alu_parts.h"

namespace tconv::ptx::TCONV_PTX_ISA {
namespace {

/// d = c ? a : b, c a predicate.
template <typename T> void select(Warp &warp, const Op &op, uint32_t mask) {
  T *d = lanesOf<T>(warp, op.dst);
  const T *a = lanesOf<T>(warp, op.a);
  const T *b = lanesOf<T>(warp, op.b);
  uint32_t chosen = *lanesOf<uint32_t>(warp, op.c);
  forLanes(mask, [=](uint32_t i) { d[i] = chosen >> i & 1 ? a[i] : b[i]; });
}
template <typename T> void move(Warp &warp, const Op &op, uint32_t mask) {
  T *d = lanesOf<T>(warp, op.dst);
  const T *a = lanesOf<T>(warp, op.a);
  forLanes(mask, [=](uint32_t i) { d[i] = a[i]; });
}
template <typename T> void broadcast(Warp &warp, const Op &op, uint32_t mask) {
  T *d = lanesOf<T>(warp, op.dst);
  T value = static_cast<T>(op.immediate);
  forLanes(mask, [=](uint32_t i) { d[i] = value; });
}

/// Element Op::immediate of the elements of type D in each S.
template <typename D, typename S>
void extract(Warp &warp, const Op &op, uint32_t mask) {
  D *d = lanesOf<D>(warp, op.dst);
  const S *a = lanesOf<S>(warp, op.a);
  uint32_t by = static_cast<uint32_t>(op.immediate) * bitsOf<D>;
  forLanes(mask, [=](uint32_t i) { d[i] = static_cast<D>(a[i] >> by); });
}
/// Op::immediate points at the list of the elements' offsets.
template <typename D, typename S>
void pack(Warp &warp, const Op &op, uint32_t mask) {
  D *d = lanesOf<D>(warp, op.dst);
  constexpr uint32_t count = sizeof(D) / sizeof(S);
  const auto *list = reinterpret_cast<const uint32_t *>(op.immediate);
  const S *s[count];
  for (uint32_t part = 0; part < count; ++part)
    s[part] = lanesOf<S>(warp, list[part]);
  forLanes(mask, [=](uint32_t i) {
    D value = 0;
    for (uint32_t part = 0; part < count; ++part)
      value |= static_cast<D>(s[part][i]) << (part * bitsOf<S>);
    d[i] = value;
  });
}
template <typename D, typename S>
void resize(Warp &warp, const Op &op, uint32_t mask) {
  D *d = lanesOf<D>(warp, op.dst);
  const S *a = lanesOf<S>(warp, op.a);
  forLanes(mask, [=](uint32_t i) { d[i] = static_cast<D>(a[i]); });
}

} // namespace

Handler findMoves(const AluForm &form) {
  int to = typeBytes(form.type);
  int from = typeBytes(form.second);
  switch (form.operation) {
  case Operation::Selp:
    return to == 2   ? select<uint16_t>
           : to == 4 ? select<uint32_t>
                     : select<uint64_t>;
  case Operation::Mov:
    return to == 2 ? move<uint16_t> : to == 4 ? move<uint32_t> : move<uint64_t>;
  case Operation::Broadcast:
    return to == 2   ? broadcast<uint16_t>
           : to == 4 ? broadcast<uint32_t>
                     : broadcast<uint64_t>;
  case Operation::Extract:
    if (to == 2)
      return from == 4 ? extract<uint16_t, uint32_t>
                       : extract<uint16_t, uint64_t>;
    return extract<uint32_t, uint64_t>;
  case Operation::Pack:
    if (from == 2)
      return to == 4 ? pack<uint32_t, uint16_t> : pack<uint64_t, uint16_t>;
    return pack<uint64_t, uint32_t>;
  case Operation::Resize:
    if (to == 2)
      return from == 4 ? resize<uint16_t, uint32_t>
                       : resize<uint16_t, uint64_t>;
    if (to == 4)
      return from == 2 ? resize<uint32_t, uint16_t>
                       : resize<uint32_t, uint64_t>;
    return from == 2 ? resize<uint64_t, uint16_t> : resize<uint64_t, uint32_t>;
  default:
    return nullptr;
  }
}

} // namespace tconv::ptx::TCONV_PTX_ISA
