// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The draws of initial weights. Every tensor has an engine of its own; their
// seeds come from one for the whole process.
#include <algorithm>
#include <cmath>
#include <mutex>
#include <random>

#include "init/initializer.h"
#include "support/fork.h"

using namespace tconv;

namespace {

using Engine = std::mt19937_64;

/// Where tensors get their seeds.
struct SharedEngine {
  std::mutex mutex;
  Engine engine;
  SharedEngine() {
    std::random_device source;
    std::seed_seq seed{source(), source(), source(), source()};
    engine.seed(seed);
  }
};

SharedEngine &sharedEngine() {
  static SharedEngine *instance = new SharedEngine;
  return *instance;
}

int64_t product(const std::vector<int64_t> &shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

double fanIn(const std::vector<int64_t> &shape) {
  double fan = static_cast<double>(shape[1]);
  return shape.size() > 2 ? fan * static_cast<double>(shape[2]) : fan;
}

double fanOut(const std::vector<int64_t> &shape) {
  double fan = static_cast<double>(shape[0]);
  return shape.size() > 2 ? fan * static_cast<double>(shape[2]) : fan;
}

void drawUniform(Engine &engine, double bound, float *out, int64_t count) {
  if (bound == 0) {
    std::fill_n(out, count, 0.0f);
    return;
  }
  std::uniform_real_distribution<double> draw(-bound, bound);
  for (int64_t i = 0; i < count; ++i)
    out[i] = static_cast<float>(draw(engine));
}

void drawNormal(Engine &engine, double mean, double sigma, float *out,
                int64_t count) {
  // std::normal_distribution asks for a sigma above 0.
  std::normal_distribution<double> draw(0, 1);
  for (int64_t i = 0; i < count; ++i)
    out[i] = static_cast<float>(mean + sigma * draw(engine));
}

/// N(0, 1) restricted to [low, high]. Drawing until one falls inside never
/// ends where the interval is far out or narrow, so those draw from an
/// exponential or a uniform distribution that lies above it (C. P. Robert,
/// "Simulation of truncated normal variables", 1995).
class TruncatedNormal {
public:
  TruncatedNormal(double low, double high) : low_(low), high_(high) {
    // The density is symmetric: an interval below zero is turned round.
    if (high_ < 0) {
      mirrored_ = true;
      std::swap(low_, high_);
      low_ = -low_;
      high_ = -high_;
    }
  }

  double operator()(Engine &engine) {
    double z = draw(engine);
    return mirrored_ ? -z : z;
  }

private:
  double draw(Engine &engine) {
    constexpr double kWide = 2.5; // about sqrt(2 pi), the normal curve's width
    double width = high_ - low_;
    if (low_ <= 0) {
      if (width > kWide)
        for (;;)
          if (double z = normal_(engine); z >= low_ && z <= high_)
            return z;
      return drawFlat(engine, width, 0);
    }
    double rate = (low_ + std::sqrt(low_ * low_ + 4)) / 2;
    if (width * rate < 1)
      return drawFlat(engine, width, low_);
    for (;;) {
      double z = low_ - std::log1p(-unit_(engine)) / rate;
      double accept = std::exp(-(z - rate) * (z - rate) / 2);
      if (z <= high_ && unit_(engine) <= accept)
        return z;
    }
  }

  /// From a uniform distribution; `peak` is where the density is highest.
  double drawFlat(Engine &engine, double width, double peak) {
    for (;;) {
      double z = low_ + width * unit_(engine);
      if (unit_(engine) <= std::exp((peak * peak - z * z) / 2))
        return z;
    }
  }

  double low_, high_;
  bool mirrored_ = false;
  std::normal_distribution<double> normal_{0, 1};
  std::uniform_real_distribution<double> unit_{0, 1};
};

void drawTruncatedNormal(Engine &engine, double mean, double sigma, double low,
                         double high, float *out, int64_t count) {
  if (sigma == 0) {
    std::fill_n(out, count, static_cast<float>(std::clamp(mean, low, high)));
    return;
  }
  TruncatedNormal draw((low - mean) / sigma, (high - mean) / sigma);
  for (int64_t i = 0; i < count; ++i)
    out[i] =
        static_cast<float>(std::clamp(mean + sigma * draw(engine), low, high));
}

/// A matrix of the first axis by the rest, whose shorter side's vectors are
/// orthonormal: the Q of a normal matrix's QR decomposition with a positive
/// diagonal in R.
void drawOrthogonal(Engine &engine, double gain,
                    const std::vector<int64_t> &shape, float *out) {
  int64_t rows = shape[0], columns = product(shape) / shape[0];
  int64_t vectors = std::min(rows, columns), size = std::max(rows, columns);
  std::normal_distribution<double> draw(0, 1);
  std::vector<double> basis(static_cast<size_t>(vectors * size));
  for (double &value : basis)
    value = draw(engine);
  for (int64_t i = 0; i < vectors; ++i) {
    double *vector = basis.data() + i * size;
    // Twice is enough: the second pass removes what rounding left.
    for (int pass = 0; pass < 2; ++pass)
      for (int64_t j = 0; j < i; ++j) {
        const double *other = basis.data() + j * size;
        double dot = 0;
        for (int64_t k = 0; k < size; ++k)
          dot += vector[k] * other[k];
        for (int64_t k = 0; k < size; ++k)
          vector[k] -= dot * other[k];
      }
    double norm = 0;
    for (int64_t k = 0; k < size; ++k)
      norm += vector[k] * vector[k];
    norm = std::sqrt(norm);
    for (int64_t k = 0; k < size; ++k)
      vector[k] /= norm;
  }
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      out[row * columns + column] = static_cast<float>(
          gain * (rows < columns ? basis[row * size + column]
                                 : basis[column * size + row]));
}

void fillDirac(int64_t group, const std::vector<int64_t> &shape, float *out) {
  std::fill_n(out, product(shape), 0.0f);
  int64_t perGroup = shape[0] / group;
  int64_t diagonal = std::min(perGroup, shape[1]);
  for (int64_t g = 0; g < group; ++g)
    for (int64_t i = 0; i < diagonal; ++i)
      out[((g * perGroup + i) * shape[1] + i) * shape[2] + shape[2] / 2] = 1;
}

double heGain(const tconv_initializer &init) {
  switch (init.nonlinearity) {
  case TCONV_RELU:
    return std::sqrt(2.0);
  case TCONV_TANH:
    return 5.0 / 3;
  case TCONV_LINEAR:
    return 1;
  default:
    return std::sqrt(2 / (1 + init.a * init.a));
  }
}

void drawVarianceScaling(Engine &engine, const tconv_initializer &init,
                         const std::vector<int64_t> &shape, float *out,
                         int64_t count) {
  /// Deviation of N(0, 1) restricted to two deviations on each side.
  constexpr double kTruncatedDeviation = 0.87962566103423978;
  double in = fanIn(shape), outgoing = fanOut(shape);
  double fan = init.mode == TCONV_FAN_IN    ? in
               : init.mode == TCONV_FAN_OUT ? outgoing
                                            : (in + outgoing) / 2;
  double variance = init.a / fan;
  if (init.scaling == TCONV_SCALING_TRUNCATED_NORMAL)
    drawTruncatedNormal(engine, 0, std::sqrt(variance) / kTruncatedDeviation,
                        -2, 2, out, count);
  else if (init.scaling == TCONV_SCALING_UNTRUNCATED_NORMAL)
    drawNormal(engine, 0, std::sqrt(variance), out, count);
  else
    drawUniform(engine, std::sqrt(3 * variance), out, count);
}

void draw(Engine &engine, const tconv_initializer &init,
          const std::vector<int64_t> &shape, float *out) {
  int64_t count = product(shape);
  double fan = 1;
  if (shape.size() > 1)
    fan = init.mode == TCONV_FAN_OUT ? fanOut(shape) : fanIn(shape);
  switch (init.distribution) {
  case TCONV_INIT_DEFAULT:
    draw(engine, defaultWeightInitializer(), shape, out);
    return;
  case TCONV_INIT_CONSTANT:
    std::fill_n(out, count, static_cast<float>(init.a));
    return;
  case TCONV_INIT_UNIFORM:
    return drawUniform(engine, init.a, out, count);
  case TCONV_INIT_NORMAL:
    return drawNormal(engine, init.a, init.b, out, count);
  case TCONV_INIT_TRUNCATED_NORMAL:
    return drawTruncatedNormal(engine, init.a, init.b, init.c, init.d, out,
                               count);
  case TCONV_INIT_HE_UNIFORM:
    return drawUniform(engine, std::sqrt(3.0) * heGain(init) / std::sqrt(fan),
                       out, count);
  case TCONV_INIT_HE_NORMAL:
    return drawNormal(engine, 0, heGain(init) / std::sqrt(fan), out, count);
  case TCONV_INIT_XAVIER_UNIFORM:
    return drawUniform(engine,
                       init.a * std::sqrt(6 / (fanIn(shape) + fanOut(shape))),
                       out, count);
  case TCONV_INIT_XAVIER_NORMAL:
    return drawNormal(engine, 0,
                      init.a * std::sqrt(2 / (fanIn(shape) + fanOut(shape))),
                      out, count);
  case TCONV_INIT_ORTHOGONAL:
    return drawOrthogonal(engine, init.a, shape, out);
  case TCONV_INIT_DIRAC:
    return fillDirac(init.group, shape, out);
  case TCONV_INIT_VARIANCE_SCALING:
    return drawVarianceScaling(engine, init, shape, out, count);
  }
}

} // namespace

Draw::Draw(const tconv_initializer &initializer, std::vector<int64_t> shape)
    : initializer_(initializer), shape_(std::move(shape)) {
  if (initializer.distribution == TCONV_INIT_CONSTANT ||
      initializer.distribution == TCONV_INIT_DIRAC)
    return;
  ForkHold hold;
  SharedEngine &shared = sharedEngine();
  std::lock_guard<std::mutex> lock(shared.mutex);
  seed_ = shared.engine();
}

int64_t Draw::elements() const { return product(shape_); }

void Draw::into(float *out) const {
  Engine engine(seed_);
  draw(engine, initializer_, shape_, out);
}

void tconv::setSeed(uint64_t seed) {
  ForkHold hold;
  SharedEngine &shared = sharedEngine();
  std::lock_guard<std::mutex> lock(shared.mutex);
  shared.engine.seed(seed);
}
