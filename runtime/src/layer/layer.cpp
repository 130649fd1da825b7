// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "layer/layer.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "layer/batch_fold.h"

using namespace tconv;

namespace {

/// Up to this many positions, weights are read rather than computed with.
constexpr int64_t kShortPositions = 16;
/// Up to this many, weights count alone; of a few more fast algorithms are
/// worth it, which have more weights, if an element of x has so many that its
/// transform doesn't matter, and if all of them are near even for two threads.
constexpr int64_t kFastStepPositions = 6, kFastWeightsOfInput = 512,
                  kMostFastWeights = 1 << 21;
/// Up to this many positions, vectors along the positions would hold too much
/// padding, so that kernels get vectors along the channels.
constexpr int64_t kMediumPositions = 192;
/// The same of layers that fast algorithms are for, whose columns are several
/// positions, and which have rows enough (outputs of a group and phase) to fill
/// vectors with.
constexpr int64_t kFastMediumPositions = 384, kVectorRows = 16;
/// ... but only with enough input channels per group to be worth a kernel of
/// its own: with fewer, the weights that a launch reads are too few for their
/// layout to matter.
constexpr int64_t kShortMinGroupChannels = 8;
/// Batch items of so many positions fill columns of several.
constexpr int64_t kColumnsItem = 6;

Status invalid(const char *name, int64_t value, const std::string &why) {
  return {TCONV_INVALID_VALUE,
          std::string(name) + " = " + std::to_string(value) + ": " + why};
}

Status overflow(const char *what) {
  return {TCONV_INVALID_VALUE,
          std::string(what) + ": its size doesn't fit a signed 64-bit number"};
}

Status checkAtLeast(const char *name, int64_t value, int64_t least) {
  if (value >= least)
    return Status::ok();
  return invalid(name, value, "must be at least " + std::to_string(least));
}

/// a * b * ... ; false where it doesn't fit.
bool product(std::initializer_list<int64_t> factors, int64_t &result) {
  result = 1;
  for (int64_t factor : factors)
    if (__builtin_mul_overflow(result, factor, &result))
      return false;
  return true;
}

/// dilation * (kernel_size - 1) + 1 of parameters that passed checkParams.
int64_t effectiveSize(const tconv_params &params) {
  return params.dilation * (params.kernel_size - 1) + 1;
}

Status checkPadMode(const tconv_params &params) {
  int32_t mode = params.pad_mode;
  if (mode < TCONV_SAME || mode > TCONV_CROP)
    return invalid("pad_mode", mode,
                   "must be 0 (same), 1 (valid), 2 (pad) or 3 (crop)");
  if (Status error = checkAtLeast("padding", params.padding, 0))
    return error;
  if (params.padding != 0 && mode != TCONV_PAD)
    return invalid("padding", params.padding,
                   "must be 0 unless pad_mode is 'pad'");
  if (Status error = checkAtLeast("output_padding", params.output_padding, 0))
    return error;
  if (params.output_padding != 0 && mode != TCONV_PAD)
    return invalid("output_padding", params.output_padding,
                   "must be 0 unless pad_mode is 'pad'");
  if (params.output_padding != 0 && params.output_padding >= params.stride &&
      params.output_padding >= params.dilation)
    return invalid(
        "output_padding", params.output_padding,
        "must be less than stride = " + std::to_string(params.stride) +
            " or dilation = " + std::to_string(params.dilation));
  if (params.crop_begin != 0 && mode != TCONV_CROP)
    return invalid("crop_begin", params.crop_begin,
                   "must be 0 unless pad_mode is 'crop'");
  if (params.crop_end != 0 && mode != TCONV_CROP)
    return invalid("crop_end", params.crop_end,
                   "must be 0 unless pad_mode is 'crop'");
  if (Status error = checkAtLeast("output_length", params.output_length, 0))
    return error;
  if (params.output_length != 0 && mode != TCONV_CROP)
    return invalid("output_length", params.output_length,
                   "must be 0 unless pad_mode is 'crop'");
  return Status::ok();
}

} // namespace

const char *tconv::dtypeName(int32_t dtype) {
  switch (dtype) {
  case TCONV_F16:
    return "f16";
  case TCONV_BF16:
    return "bf16";
  default:
    return "f32";
  }
}

int64_t tconv::dtypeBytes(int32_t dtype) { return dtype == TCONV_F32 ? 4 : 2; }

tconv_params tconv::defaultParams() {
  tconv_params params;
  std::memset(&params, 0, sizeof(params));
  params.struct_size = sizeof(params);
  params.stride = 1;
  params.pad_mode = TCONV_SAME;
  params.dtype = TCONV_F32;
  params.dilation = 1;
  params.group = 1;
  return params;
}

Status tconv::checkParams(const tconv_params &params) {
  if (params.struct_size != sizeof(tconv_params))
    return invalid("params.struct_size", params.struct_size,
                   "must be " + std::to_string(sizeof(tconv_params)) +
                       "; tconv_params_init sets it");
  const std::pair<const char *, int64_t> positive[] = {
      {"in_channels", params.in_channels},
      {"out_channels", params.out_channels},
      {"kernel_size", params.kernel_size},
      {"stride", params.stride},
      {"dilation", params.dilation},
      {"group", params.group}};
  for (auto [name, value] : positive)
    if (Status error = checkAtLeast(name, value, 1))
      return error;
  if (params.in_channels % params.group != 0)
    return invalid("group", params.group,
                   "must divide in_channels = " +
                       std::to_string(params.in_channels));
  if (params.out_channels % params.group != 0)
    return invalid("group", params.group,
                   "must divide out_channels = " +
                       std::to_string(params.out_channels));
  if (params.has_bias != 0 && params.has_bias != 1)
    return {TCONV_INVALID_TYPE,
            "has_bias = " + std::to_string(params.has_bias) +
                ": must be 0 or 1"};
  if (params.dtype < TCONV_F32 || params.dtype > TCONV_BF16)
    return invalid("dtype", params.dtype,
                   "must be 1 (f32), 2 (f16) or 3 (bf16)");
  if (Status error = checkPadMode(params))
    return error;

  int64_t size;
  if (__builtin_mul_overflow(params.dilation, params.kernel_size - 1, &size) ||
      __builtin_add_overflow(size, 1, &size))
    return overflow("dilation * (kernel_size - 1) + 1");
  if (!product({params.in_channels, params.out_channels / params.group,
                params.kernel_size, int64_t(sizeof(float))},
               size))
    return overflow("weight (in_channels, out_channels / group, kernel_size)");
  if (!product({params.out_channels, int64_t(sizeof(float))}, size))
    return overflow("bias (out_channels)");
  return Status::ok();
}

GeneralForm tconv::generalForm(const tconv_params &params) {
  GeneralForm form;
  form.inChannels = params.in_channels;
  form.outChannels = params.out_channels;
  form.kernelSize = params.kernel_size;
  form.stride = params.stride;
  form.dilation = params.dilation;
  form.groups = params.group;
  form.hasBias = params.has_bias != 0;
  form.dtype = static_cast<tconv_dtype>(params.dtype);
  // What the taps of one position add beyond the stride; the full, uncropped
  // length is length * stride + excess.
  int64_t excess = effectiveSize(params) - params.stride;
  switch (params.pad_mode) {
  case TCONV_SAME:
    form.cropBegin = std::max<int64_t>(excess, 0) / 2;
    form.cropEnd = excess - form.cropBegin;
    break;
  case TCONV_VALID:
    form.cropEnd = std::min<int64_t>(excess, 0);
    break;
  case TCONV_PAD:
    form.cropBegin = params.padding;
    form.cropEnd = params.padding - params.output_padding;
    break;
  default:
    form.cropBegin = params.crop_begin;
    form.cropEnd = params.output_length != 0 ? 0 : params.crop_end;
    form.fixedOutputLength = params.output_length;
    break;
  }
  return form;
}

Status tconv::outputLength(const tconv_params &params, int64_t length,
                           int64_t &result) {
  if (Status error = checkAtLeast("length", length, 1))
    return error;
  GeneralForm form = generalForm(params);
  int64_t full, kept = form.fixedOutputLength, last;
  if (__builtin_mul_overflow(length - 1, form.stride, &full) ||
      __builtin_add_overflow(full, effectiveSize(params), &full))
    return invalid("length", length,
                   "the output's length doesn't fit a signed 64-bit number");
  if (kept == 0 && (__builtin_sub_overflow(full, form.cropBegin, &kept) ||
                    __builtin_sub_overflow(kept, form.cropEnd, &kept)))
    return invalid("length", length,
                   "the output's length doesn't fit a signed 64-bit number");
  if (kept < 1)
    return invalid("length", length,
                   "the output would have " + std::to_string(kept) +
                       " positions; it must have at least 1");
  // Every uncropped coordinate of an output, rounded up to whole strides, has
  // to be a number too: kernels count in them.
  if (__builtin_add_overflow(kept, form.cropBegin, &last) ||
      __builtin_add_overflow(last, form.stride, &last) ||
      __builtin_add_overflow(kept, form.stride, &last) ||
      __builtin_add_overflow(last, form.stride, &last) ||
      __builtin_sub_overflow(form.cropBegin, form.stride, &last))
    return invalid("length", length,
                   "the output's positions don't fit a signed 64-bit number");
  result = kept;
  return Status::ok();
}

Status tconv::checkSizes(const tconv_params &params, int64_t batch,
                         int64_t length, int64_t outputLength) {
  if (Status error = checkAtLeast("batch", batch, 0))
    return error;
  int64_t size;
  if (!product({params.in_channels, length, int64_t(sizeof(float))}, size) ||
      __builtin_mul_overflow(size, batch, &size))
    return overflow(("x (" + std::to_string(batch) + ", " +
                     std::to_string(params.in_channels) + ", " +
                     std::to_string(length) + ")")
                        .c_str());
  if (!product({params.out_channels, outputLength, int64_t(sizeof(float))},
               size) ||
      __builtin_mul_overflow(size, batch, &size))
    return overflow(("y (" + std::to_string(batch) + ", " +
                     std::to_string(params.out_channels) + ", " +
                     std::to_string(outputLength) + ")")
                        .c_str());
  return Status::ok();
}

const char *tconv::lengthClassName(tconv_length_class lengthClass) {
  switch (lengthClass) {
  case TCONV_LENGTH_SHORT:
    return "short";
  case TCONV_LENGTH_MEDIUM:
    return "medium";
  case TCONV_LENGTH_STEP:
    return "step";
  default:
    return "bulk";
  }
}

const char *tconv::accuracyName(tconv_accuracy accuracy) {
  switch (accuracy) {
  case TCONV_ACCURACY_DIRECT:
    return "direct";
  case TCONV_ACCURACY_TF32:
    return "tf32";
  default:
    return "default";
  }
}

int64_t tconv::phasesOf(const tconv_params &params) {
  return params.stride / std::gcd(params.stride, params.dilation);
}

/// Terms of the shortest sum that isn't empty.
static int64_t shortestSum(const tconv_params &params) {
  int64_t taps = params.kernel_size / phasesOf(params);
  return params.in_channels / params.group * std::max<int64_t>(taps, 1);
}

/// Whether every phase has two taps or more at neighbouring elements of x.
static bool isForFastAlgorithms(const tconv_params &params) {
  return params.stride % params.dilation == 0 &&
         params.kernel_size / phasesOf(params) >= 2;
}

int64_t tconv::stepPositions(const tconv_params &params) {
  if (shortestSum(params) >= kStepTerms)
    return kCompactPositions;
  int64_t ofInput = params.out_channels / params.group * params.kernel_size;
  bool worth = ofInput >= kFastWeightsOfInput &&
               ofInput <= kMostFastWeights / params.in_channels;
  return worth && isForFastAlgorithms(params) ? kFastStepPositions : 0;
}

/// Whether rows (output channel of a group and phase) fill vectors.
static bool fillsVectors(const tconv_params &params) {
  return params.out_channels / params.group * phasesOf(params) > kVectorRows;
}

/// Positions of the class of medium lengths, at most.
static int64_t mediumPositions(const tconv_params &params) {
  return fillsVectors(params) && isForFastAlgorithms(params)
             ? kFastMediumPositions
             : kMediumPositions;
}

/// Positions of a batch item; 0 where there is no output.
static int64_t positionsOf(const tconv_params &params, int64_t length) {
  int64_t kept;
  if (outputLength(params, length, kept))
    return 0;
  int64_t stride = params.stride;
  int64_t crop = generalForm(params).cropBegin % stride;
  crop += crop < 0 ? stride : 0;
  return (kept + crop + stride - 1) / stride;
}

/// Whether a layer has other classes than bulk.
static bool hasClasses(const tconv_params &params) {
  return params.in_channels / params.group >= kShortMinGroupChannels;
}

/// The class of so many positions of such a layer.
static tconv_length_class classOf(const tconv_params &params,
                                  int64_t positions) {
  if (positions < 1)
    return TCONV_LENGTH_BULK;
  if (positions <= stepPositions(params))
    return TCONV_LENGTH_STEP;
  if (positions <= kShortPositions)
    return TCONV_LENGTH_SHORT;
  return positions <= mediumPositions(params) ? TCONV_LENGTH_MEDIUM
                                              : TCONV_LENGTH_BULK;
}

tconv_length_class tconv::lengthClass(const tconv_params &params,
                                      int64_t length) {
  return lengthClass(params, /*batch=*/1, length);
}

tconv_length_class tconv::lengthClass(const tconv_params &params, int64_t batch,
                                      int64_t length) {
  if (!hasClasses(params))
    return TCONV_LENGTH_BULK;
  int64_t positions = positionsOf(params, length);
  tconv_length_class ofItem = classOf(params, positions);
  // With few rows, kernels of more positions have vectors of positions.
  if (batch <= 1 || ofItem == TCONV_LENGTH_BULK || !fillsVectors(params))
    return ofItem;
  // A kernel may find that the room isn't worth it; its class does no harm.
  int64_t distance = itemDistance(batch, length, positions, itemRoom(params),
                                  /*readAgain=*/true);
  if (distance == 0)
    return ofItem;
  tconv_length_class ofAll =
      classOf(params, (batch - 1) * distance + positions);
  if (ofAll != TCONV_LENGTH_MEDIUM && ofAll != TCONV_LENGTH_BULK)
    return ofAll;
  // Kernels of the bulk class are made for rows that long, and columns of
  // several positions for items that have a few of them.
  return positions < kColumnsItem ? TCONV_LENGTH_SHORT : TCONV_LENGTH_MEDIUM;
}
