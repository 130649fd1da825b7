// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a layer's parameters mean: checks, the general form, the one shape
// formula, layer lines. Shared by the runtime and the compiler (static library
// tconv_layer); it depends on neither.
#ifndef TCONV_SRC_LAYER_LAYER_H
#define TCONV_SRC_LAYER_LAYER_H

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tconv/compiler_abi.h"
#include "tconv/tconv.h"

namespace tconv {

/// A status with its message. Converts to true when it is an error.
class [[nodiscard]] Status {
public:
  Status() = default;
  Status(tconv_status code, std::string message)
      : code_(code), message_(std::move(message)) {}
  static Status ok() { return {}; }
  explicit operator bool() const { return code_ != TCONV_OK; }
  tconv_status code() const { return code_; }
  const std::string &message() const { return message_; }

private:
  tconv_status code_ = TCONV_OK;
  std::string message_;
};

/// The general form of a layer: every pad mode resolved into crops.
///   y[n, co, t] = bias[co] + sum over ci in co's group, i, k with
///     i * stride + k * dilation - cropBegin = t of x[n, ci, i] * w[ci, co', k]
struct GeneralForm {
  int64_t inChannels = 0;
  int64_t outChannels = 0;
  int64_t kernelSize = 0;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t groups = 1;
  int64_t cropBegin = 0;         ///< negative: lengthened with the bias alone
  int64_t cropEnd = 0;           ///< negative: lengthened
  int64_t fixedOutputLength = 0; ///< not 0: cropEnd isn't looked at
  bool hasBias = false;
  tconv_dtype dtype = TCONV_F32;
};

/// "f32", "f16" or "bf16".
const char *dtypeName(int32_t dtype);

/// Bytes of an element.
int64_t dtypeBytes(int32_t dtype);

/// What tconv_params_init sets.
tconv_params defaultParams();

/// Checks parameters; the message names the argument and the value.
Status checkParams(const tconv_params &params);

/// The general form of checked parameters.
GeneralForm generalForm(const tconv_params &params);

/// Output length of `length` input positions; fails where length < 1, where
/// nothing is left, or where a size doesn't fit 64 bits.
Status outputLength(const tconv_params &params, int64_t length,
                    int64_t &result);

/// Checks that x, y and the weight of a launch fit signed 64-bit byte counts.
Status checkSizes(const tconv_params &params, int64_t batch, int64_t length,
                  int64_t outputLength);

/// Phases that taps reach.
int64_t phasesOf(const tconv_params &params);

/// Coarse classes of length.
constexpr int kLengthClasses = 4;

/// Terms of every sum at least with which weights of few bits are exact enough.
constexpr int64_t kStepTerms = 2048;
/// Up to this many positions such weights are the faster ones.
constexpr int64_t kCompactPositions = 4;

/// Positions of the class of steps, at most; 0 for layers that haven't got it,
/// whose short lengths are all of the few.
int64_t stepPositions(const tconv_params &params);

/// "bulk", "short", "medium" or "step".
const char *lengthClassName(tconv_length_class lengthClass);

/// "default", "direct" or "tf32".
const char *accuracyName(tconv_accuracy accuracy);

/// The coarse class that a launch of one batch item belongs to.
tconv_length_class lengthClass(const tconv_params &params, int64_t length);

/// The one of a launch that may lay `batch` items one after the other (see
/// batch_fold.h): as many as are few together have a class of more positions
/// than each, up to medium.
tconv_length_class lengthClass(const tconv_params &params, int64_t batch,
                               int64_t length);

/// Reads "NAME: key=value ..." or "key=value ..."; an unknown key is refused
/// with the nearest known one.
Status parseLayerLine(std::string_view line, tconv_params &params,
                      tconv_shape &shape, std::string &name);

/// The layer line of parameters, defaults left out.
std::string formatLayerLine(const tconv_params &params);

/// One line of a layer file.
struct NamedLayer {
  std::string name; ///< "" where the line has none
  tconv_params params;
  tconv_shape shape;
};

/// Reads a file of layer lines; '#' starts a comment, blank lines don't count.
/// Errors begin with FILE:LINE. `layers` is changed only on success.
Status parseLayerFile(const std::string &path, std::vector<NamedLayer> &layers);

} // namespace tconv

#endif // TCONV_SRC_LAYER_LAYER_H
