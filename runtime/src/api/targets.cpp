// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "api/targets.h"

using namespace tconv;

namespace {

struct Target {
  const char *name;
  bool (*available)();
};

#if defined(__x86_64__)
#define TCONV_HAS_LEVEL(level)                                                 \
  [] { return bool(__builtin_cpu_supports(level)); }
bool hasNeon() { return false; }
#else
#define TCONV_HAS_LEVEL(level) [] { return false; }
#if defined(__aarch64__)
bool hasNeon() { return true; }
#else
bool hasNeon() { return false; }
#endif
#endif

const Target kTargets[] = {
    {"cpu:native", [] { return true; }},
    {"cpu:x86-64", TCONV_HAS_LEVEL("x86-64")},
    {"cpu:x86-64-v2", TCONV_HAS_LEVEL("x86-64-v2")},
    {"cpu:x86-64-v3", TCONV_HAS_LEVEL("x86-64-v3")},
    {"cpu:x86-64-v4", TCONV_HAS_LEVEL("x86-64-v4")},
    {"cpu:aarch64+neon", hasNeon},
    {"reference", [] { return true; }},
};

} // namespace

Status tconv::checkTarget(const std::string &target) {
  std::string known;
  for (const Target &candidate : kTargets) {
    if (target == candidate.name) {
      if (candidate.available())
        return Status::ok();
      return {TCONV_UNSUPPORTED,
              "target = '" + target + "': this machine's CPU lacks it"};
    }
    known += known.empty() ? "" : ", ";
    known += candidate.name;
  }
  return {TCONV_INVALID_VALUE,
          "target = '" + target + "': must be one of " + known};
}

Status tconv::checkEngine(const std::string &engine) {
  if (engine == "mlir")
    return Status::ok();
  return {TCONV_INVALID_VALUE, "engine = '" + engine + "': must be 'mlir'"};
}
