// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Initial weights: arguments, checks, names. The draws are in draws.cpp.
#include "init/initializer.h"

#include <cctype>
#include <cmath>
#include <cstring>
#include <sstream>

#include "support/status.h"

using namespace tconv;

namespace {

bool needsFan(int32_t distribution) {
  switch (distribution) {
  case TCONV_INIT_DEFAULT:
  case TCONV_INIT_HE_UNIFORM:
  case TCONV_INIT_HE_NORMAL:
  case TCONV_INIT_XAVIER_UNIFORM:
  case TCONV_INIT_XAVIER_NORMAL:
  case TCONV_INIT_VARIANCE_SCALING:
    return true;
  default:
    return false;
  }
}

template <typename Value>
Status invalid(const char *owner, const char *field, Value value,
               const std::string &why) {
  std::ostringstream text;
  text << owner << "." << field << " = " << value << ": " << why;
  return {TCONV_INVALID_VALUE, text.str()};
}

Status checkRange(const char *owner, const char *field, int32_t value,
                  int32_t last) {
  if (value >= 0 && value <= last)
    return Status::ok();
  return invalid(owner, field, value,
                 "must be from 0 to " + std::to_string(last));
}

Status checkSpread(const char *owner, const char *field, double value) {
  if (value >= 0 && std::isfinite(value))
    return Status::ok();
  return invalid(owner, field, value, "must be finite and at least 0");
}

Status checkFinite(const char *owner, const char *field, double value) {
  if (std::isfinite(value))
    return Status::ok();
  return invalid(owner, field, value, "must be finite");
}

Status checkNumbers(const char *name, const tconv_initializer &init) {
  switch (init.distribution) {
  case TCONV_INIT_UNIFORM:
    return checkSpread(name, "a", init.a);
  case TCONV_INIT_NORMAL:
  case TCONV_INIT_TRUNCATED_NORMAL:
    if (Status error = checkFinite(name, "a", init.a))
      return error;
    if (Status error = checkSpread(name, "b", init.b))
      return error;
    if (init.distribution == TCONV_INIT_NORMAL)
      return Status::ok();
    if (std::isnan(init.c))
      return checkFinite(name, "c", init.c);
    if (!(init.d > init.c))
      return invalid(name, "d", init.d, "must be more than c, the lower bound");
    return Status::ok();
  case TCONV_INIT_HE_UNIFORM:
  case TCONV_INIT_HE_NORMAL:
    if (Status error = checkFinite(name, "a", init.a))
      return error;
    if (Status error = checkRange(name, "mode", init.mode, TCONV_FAN_OUT))
      return error;
    return checkRange(name, "nonlinearity", init.nonlinearity, TCONV_LINEAR);
  case TCONV_INIT_XAVIER_UNIFORM:
  case TCONV_INIT_XAVIER_NORMAL:
    return checkSpread(name, "a", init.a);
  case TCONV_INIT_ORTHOGONAL:
    return checkFinite(name, "a", init.a);
  case TCONV_INIT_VARIANCE_SCALING:
    if (!(init.a > 0) || !std::isfinite(init.a))
      return invalid(name, "a", init.a, "must be finite and more than 0");
    if (Status error = checkRange(name, "mode", init.mode, TCONV_FAN_AVG))
      return error;
    return checkRange(name, "scaling", init.scaling, TCONV_SCALING_UNIFORM);
  default:
    return Status::ok();
  }
}

struct Name {
  const char *name;
  tconv_distribution distribution;
  double a, b;
};

constexpr Name kNames[] = {
    {"zero", TCONV_INIT_CONSTANT, 0, 0},
    {"zeros", TCONV_INIT_CONSTANT, 0, 0},
    {"one", TCONV_INIT_CONSTANT, 1, 0},
    {"ones", TCONV_INIT_CONSTANT, 1, 0},
    {"uniform", TCONV_INIT_UNIFORM, 0.07, 0},
    {"normal", TCONV_INIT_NORMAL, 0, 0.01},
    {"truncatednormal", TCONV_INIT_TRUNCATED_NORMAL, 0, 0.01},
    {"heuniform", TCONV_INIT_HE_UNIFORM, 0, 0},
    {"he_uniform", TCONV_INIT_HE_UNIFORM, 0, 0},
    {"henormal", TCONV_INIT_HE_NORMAL, 0, 0},
    {"he_normal", TCONV_INIT_HE_NORMAL, 0, 0},
    {"xavieruniform", TCONV_INIT_XAVIER_UNIFORM, 1, 0},
    {"xavier_uniform", TCONV_INIT_XAVIER_UNIFORM, 1, 0},
    {"xaviernormal", TCONV_INIT_XAVIER_NORMAL, 1, 0},
    {"xavier_normal", TCONV_INIT_XAVIER_NORMAL, 1, 0},
    {"orthogonal", TCONV_INIT_ORTHOGONAL, 1, 0},
    {"dirac", TCONV_INIT_DIRAC, 0, 0},
    {"variancescaling", TCONV_INIT_VARIANCE_SCALING, 1, 0},
};

Status initializerByName(const char *name, tconv_initializer &out) {
  std::string lower = name;
  for (char &c : lower)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::string known;
  for (const Name &candidate : kNames) {
    if (lower == candidate.name) {
      out = makeInitializer(candidate.distribution, candidate.a, candidate.b);
      return Status::ok();
    }
    known += known.empty() ? "" : ", ";
    known += candidate.name;
  }
  return {TCONV_INVALID_VALUE, std::string("name = '") + name +
                                   "': no initializer; must be one of " +
                                   known};
}

} // namespace

tconv_initializer tconv::makeInitializer(tconv_distribution distribution,
                                         double a, double b) {
  tconv_initializer init;
  std::memset(&init, 0, sizeof(init));
  init.struct_size = sizeof(init);
  init.distribution = distribution;
  init.a = a;
  init.b = b;
  init.group = 1;
  if (distribution == TCONV_INIT_TRUNCATED_NORMAL) {
    init.c = -2;
    init.d = 2;
  }
  return init;
}

tconv_initializer tconv::defaultWeightInitializer() {
  return makeInitializer(TCONV_INIT_HE_UNIFORM, std::sqrt(5.0));
}

tconv_initializer tconv::defaultBiasInitializer(int64_t fanIn) {
  return makeInitializer(TCONV_INIT_UNIFORM,
                         1 / std::sqrt(static_cast<double>(fanIn)));
}

Status tconv::checkInitializer(const char *name, const tconv_initializer &init,
                               const std::vector<int64_t> &shape) {
  if (Status error = checkStructSize(name, init.struct_size, sizeof(init),
                                     "tconv_initializer_by_name"))
    return error;
  if (Status error = checkRange(name, "distribution", init.distribution,
                                TCONV_INIT_VARIANCE_SCALING))
    return error;
  if (Status error = checkNumbers(name, init))
    return error;
  size_t rank = shape.size();
  if (rank < 2 && (needsFan(init.distribution) ||
                   init.distribution == TCONV_INIT_ORTHOGONAL))
    return invalid(name, "distribution", init.distribution,
                   "needs at least 2 axes (fan_in and fan_out); the tensor "
                   "has " +
                       std::to_string(rank));
  if (init.distribution == TCONV_INIT_DIRAC) {
    if (rank != 3)
      return invalid(name, "distribution", init.distribution,
                     "dirac needs 3 axes; the tensor has " +
                         std::to_string(rank));
    if (init.group < 1 || shape[0] % init.group != 0)
      return invalid(name, "group", init.group,
                     "must be at least 1 and divide the first axis, " +
                         std::to_string(shape[0]));
  }
  return Status::ok();
}

extern "C" {

tconv_status tconv_initializer_by_name(const char *name,
                                       tconv_initializer *out) {
  return guard([&]() -> Status {
    if (Status error = checkPointer("name", name))
      return error;
    if (Status error = checkPointer("out", out))
      return error;
    return initializerByName(name, *out);
  });
}

tconv_status tconv_initialize(const tconv_initializer *initializer,
                              const int64_t *shape, int rank, float *out) {
  return guard([&]() -> Status {
    if (Status error = checkPointer("initializer", initializer))
      return error;
    if (rank < 1 || rank > 3)
      return {TCONV_INVALID_VALUE,
              "rank = " + std::to_string(rank) + ": must be from 1 to 3"};
    if (Status error = checkPointer("shape", shape))
      return error;
    if (Status error = checkPointer("out", out))
      return error;
    std::vector<int64_t> sizes(shape, shape + rank);
    int64_t bytes = sizeof(float);
    for (int axis = 0; axis < rank; ++axis)
      if (sizes[axis] < 1 || __builtin_mul_overflow(bytes, sizes[axis], &bytes))
        return {TCONV_INVALID_VALUE,
                "shape[" + std::to_string(axis) +
                    "] = " + std::to_string(sizes[axis]) +
                    ": must be at least 1, and the tensor's bytes must fit a "
                    "signed 64-bit number"};
    if (Status error = checkInitializer("initializer", *initializer, sizes))
      return error;
    Draw(*initializer, sizes).into(out);
    return Status::ok();
  });
}

tconv_status tconv_set_seed(uint64_t seed) {
  return guard([&] {
    setSeed(seed);
    return Status::ok();
  });
}

} // extern "C"
