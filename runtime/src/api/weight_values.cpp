// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "api/weight_values.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "support/fork.h"

using namespace tconv;

WeightValues::WeightValues(int64_t count, int64_t groups,
                           std::optional<const Draw> draw)
    : size_(count), groups_(groups),
      values_(static_cast<float *>(
          allocateAligned(count * static_cast<int64_t>(sizeof(float))))),
      draw_(std::move(draw)) {
  if (!values_)
    throw std::bad_alloc();
}

WeightValues::WeightValues(const float *values, int64_t count, int64_t groups)
    : WeightValues(count, groups, std::nullopt) {
  // In parts that the first cache holds, so that memory is read once.
  constexpr int64_t kPart = 4096;
  MagnitudeScan scan(size_ / groups_);
  for (int64_t begin = 0; begin < count; begin += kPart) {
    int64_t part = std::min(kPart, count - begin);
    float *to = values_.get() + begin;
    std::memcpy(to, values + begin, static_cast<size_t>(part) * sizeof(float));
    scan.add(to, part);
  }
  magnitudes_ = scan.result();
  written_.store(true, std::memory_order_release);
}

WeightValues::WeightValues(const Draw &draw, int64_t groups)
    : WeightValues(draw.elements(), groups, draw) {}

void WeightValues::ensureWritten() const {
  if (written_.load(std::memory_order_acquire))
    return;
  ForkHold hold;
  std::lock_guard<std::mutex> lock(drawing_);
  if (written_.load(std::memory_order_relaxed))
    return;
  draw_->into(values_.get());
  MagnitudeScan scan(size_ / groups_);
  scan.add(values_.get(), size_);
  magnitudes_ = scan.result();
  written_.store(true, std::memory_order_release);
}

const float *WeightValues::data() const {
  ensureWritten();
  return values_.get();
}

const Magnitudes &WeightValues::magnitudes() const {
  ensureWritten();
  return magnitudes_;
}
