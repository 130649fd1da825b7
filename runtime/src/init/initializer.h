// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_SRC_INIT_INITIALIZER_H
#define TCONV_SRC_INIT_INITIALIZER_H

#include <vector>

#include "layer/layer.h"

namespace tconv {

/// Checks an initializer against a shape; `name` is what the message calls it.
Status checkInitializer(const char *name, const tconv_initializer &initializer,
                        const std::vector<int64_t> &shape);

/// A tensor that is settled and still to be drawn: the numbers are the same
/// whenever that happens, and however often.
class Draw {
public:
  /// Takes the process's next seed, unless all values are known without; both
  /// arguments have been checked.
  Draw(const tconv_initializer &initializer, std::vector<int64_t> shape);

  int64_t elements() const;
  void into(float *out) const;

private:
  tconv_initializer initializer_;
  std::vector<int64_t> shape_;
  uint64_t seed_ = 0;
};

/// An initializer with everything but the distribution at zero.
tconv_initializer makeInitializer(tconv_distribution distribution, double a = 0,
                                  double b = 0);

/// The layer's defaults. The fan is the weight's.
tconv_initializer defaultWeightInitializer();
tconv_initializer defaultBiasInitializer(int64_t fanIn);

/// Makes the seeds of the draws from here on repeatable.
void setSeed(uint64_t seed);

} // namespace tconv

#endif // TCONV_SRC_INIT_INITIALIZER_H
