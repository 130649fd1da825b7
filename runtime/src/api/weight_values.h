// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The values of a weight tensor. Initial ones are drawn when they are first
// asked for: nearly every layer gets others before that.
#ifndef TCONV_SRC_API_WEIGHT_VALUES_H
#define TCONV_SRC_API_WEIGHT_VALUES_H

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "init/initializer.h"
#include "support/magnitudes.h"
#include "support/memory.h"

namespace tconv {

/// Floats of (Cin, Cout / group, K) that never change. Their memory is had, or
/// std::bad_alloc thrown, when this is made, and first touched when they are
/// written. Any threads may use one object.
class WeightValues {
public:
  /// A copy of `count` floats, which `groups` divides.
  WeightValues(const float *values, int64_t count, int64_t groups);
  /// What a draw gives, made when somebody asks for them.
  WeightValues(const Draw &draw, int64_t groups);

  int64_t size() const { return size_; }
  /// Drawing may need memory of its own (orthogonal does): std::bad_alloc, and
  /// the next call tries again.
  const float *data() const;
  /// By group; throws like data().
  const Magnitudes &magnitudes() const;

private:
  WeightValues(int64_t count, int64_t groups, std::optional<const Draw> draw);
  void ensureWritten() const;

  int64_t size_, groups_;
  std::unique_ptr<float, AlignedFree> values_;
  std::optional<const Draw> draw_; ///< none where they were given
  // What `written_` says is there is read without the lock.
  mutable std::mutex drawing_;
  mutable std::atomic<bool> written_{false};
  mutable Magnitudes magnitudes_{};
};

} // namespace tconv

#endif // TCONV_SRC_API_WEIGHT_VALUES_H
