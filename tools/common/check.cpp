// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "common/check.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <set>
#include <vector>

namespace tconv::tools {
namespace {

/// One output, summed three ways.
struct Sums {
  double exact = 0;
  double magnitude = 0; ///< sum of |x * w| and |bias|
  float plain = 0;      ///< left to right in float32
};

class Checker {
public:
  Checker(const Launch &launch)
      : launch(launch), form(generalForm(launch.entry.params)) {}

  Sums sums(int64_t n, int64_t co, int64_t t) const {
    const LayerEntry &entry = launch.entry;
    int64_t cinGroup = form.inChannels / form.groups;
    int64_t coutGroup = form.outChannels / form.groups;
    Sums sums;
    for (int64_t c = 0; c < cinGroup; ++c) {
      int64_t ci = group(co) * cinGroup + c;
      const float *x =
          launch.x + (n * form.inChannels + ci) * entry.shape.length;
      const float *w =
          launch.weight + (ci * coutGroup + co % coutGroup) * form.kernelSize;
      for (int64_t k = 0; k < form.kernelSize; ++k) {
        int64_t scaled = t + form.cropBegin - k * form.dilation;
        if (scaled < 0 || scaled % form.stride != 0 ||
            scaled / form.stride >= entry.shape.length)
          continue;
        double product = static_cast<double>(x[scaled / form.stride]) * w[k];
        sums.exact += product;
        sums.magnitude += std::fabs(product);
        sums.plain = std::fma(x[scaled / form.stride], w[k], sums.plain);
      }
    }
    if (launch.bias) {
      sums.exact += launch.bias[co];
      sums.magnitude += std::fabs(launch.bias[co]);
      sums.plain += launch.bias[co];
    }
    return sums;
  }

  int64_t group(int64_t co) const {
    return co / (form.outChannels / form.groups);
  }

  void add(int64_t n, int64_t co, int64_t t) {
    Sums expected = sums(n, co, t);
    float got =
        launch.y[(n * form.outChannels + co) * launch.entry.outputLength + t];
    double error = std::fabs(got - expected.exact) - rounding(expected.exact);
    error = error < 0 ? 0 : error; // NaN stays
    if (std::isnan(error))
      error = std::numeric_limits<double>::infinity();
    double plain = std::fabs(expected.plain - expected.exact);
    part.error = std::max(part.error, error);
    part.plain = std::max(part.plain, plain);
    part.magnitude = std::max(part.magnitude, expected.magnitude);
    part.value = std::max(part.value, std::fabs(expected.exact));
    errors.rms += error * error;
    errors.plainRms += plain * plain;
    ++errors.samples;
  }

  /// Half a unit of the last place, where a dtype is shorter than the sums.
  double rounding(double value) const {
    if (form.dtype == TCONV_F32)
      return 0;
    int digits = form.dtype == TCONV_F16 ? 11 : 8;
    int least = form.dtype == TCONV_F16 ? -14 : -126; // exponent of normal ones
    // A sum may be just beyond the power of two that the value is below.
    int exponent = std::ilogb(std::max(1.001 * std::fabs(value), 1e-300));
    return std::ldexp(1.0, std::max(exponent, least) - digits);
  }

  /// Ends one batch item's group, for which the bound holds as a whole.
  void endGroup(bool fast) {
    // The largest magnitude that was seen stands for the largest there is, so
    // a sample's bound is not wider than that of all.
    constexpr double eps = 1.1920928955078125e-07;
    int64_t common = std::gcd(form.stride, form.dilation);
    int64_t taps = (form.kernelSize * common + form.stride - 1) / form.stride;
    int64_t products = form.inChannels / form.groups * taps;
    auto longest = static_cast<double>(products);
    double bound = (fast ? 8 : 4) * eps * std::sqrt(longest) * part.magnitude +
                   2 * eps * part.value + longest * std::ldexp(1.0, -149);
    bound = std::max(bound, 2 * part.plain);
    maximumKept = maximumKept && part.error <= bound;
    if (part.error / bound >= worst) {
      worst = part.error / bound;
      errors.bound = bound;
    }
    errors.maximum = std::max(errors.maximum, part.error);
    part = Part();
  }

  Errors finish(bool fast) {
    auto count = static_cast<double>(std::max<int64_t>(errors.samples, 1));
    errors.rms = std::sqrt(errors.rms / count);
    errors.plainRms = std::sqrt(errors.plainRms / count);
    // Few samples say little about a mean.
    bool rmsKept = errors.samples < 512 ||
                   errors.rms <= (fast ? 3 : 1.5) * errors.plainRms;
    errors.within = maximumKept && rmsKept;
    return errors;
  }

private:
  const Launch &launch;
  GeneralForm form;
  Errors errors;
  /// What was seen of one batch item's group.
  struct Part {
    double error = 0, plain = 0, magnitude = 0, value = 0;
  };
  Part part;
  double worst = 0; ///< largest share of its bound that an error took
  bool maximumKept = true;
};

/// Up to `count` of [0, size): `edge` at each end, the rest drawn.
std::vector<int64_t> sample(int64_t size, int64_t count, int64_t edge,
                            std::mt19937_64 &random) {
  if (count >= size) {
    std::vector<int64_t> all(static_cast<size_t>(size));
    std::iota(all.begin(), all.end(), 0);
    return all;
  }
  std::set<int64_t> chosen;
  for (int64_t index = 0; index < std::min(edge, size); ++index) {
    chosen.insert(index);
    chosen.insert(size - 1 - index);
  }
  std::uniform_int_distribution<int64_t> draw(0, size - 1);
  while (static_cast<int64_t>(chosen.size()) < count)
    chosen.insert(draw(random));
  return {chosen.begin(), chosen.end()};
}

} // namespace

Errors checkLaunch(const Launch &launch, bool everywhere, bool fast) {
  constexpr int64_t wanted = 4096;
  const LayerEntry &entry = launch.entry;
  std::mt19937_64 random(entry.params.in_channels * 7919 + entry.outputLength);
  int64_t channels = everywhere ? entry.params.out_channels : 16;
  int64_t batch = everywhere ? entry.shape.batch : 2;
  std::vector<int64_t> items = sample(entry.shape.batch, batch, 1, random);
  std::vector<int64_t> outputs =
      sample(entry.params.out_channels, channels, 1, random);
  int64_t positions =
      wanted / static_cast<int64_t>(items.size() * outputs.size());
  std::vector<int64_t> times =
      sample(entry.outputLength, everywhere ? entry.outputLength : positions,
             positions / 4, random);
  Checker checker(launch);
  for (int64_t n : items)
    for (size_t index = 0; index < outputs.size(); ++index) {
      int64_t co = outputs[index];
      for (int64_t t : times)
        checker.add(n, co, t);
      if (index + 1 == outputs.size() ||
          checker.group(outputs[index + 1]) != checker.group(co))
        checker.endGroup(fast);
    }
  return checker.finish(fast);
}

} // namespace tconv::tools
