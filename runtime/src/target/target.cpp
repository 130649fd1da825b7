// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "target/target.h"

#include "target/host_cpu.h"

using namespace tconv;

namespace {

/// A CPU level, and whether this machine has it.
struct Level {
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

/// Worst first, as messages list them.
const Level kLevels[] = {
    {"cpu:x86-64", TCONV_HAS_LEVEL("x86-64")},
    {"cpu:x86-64-v2", TCONV_HAS_LEVEL("x86-64-v2")},
    {"cpu:x86-64-v3", TCONV_HAS_LEVEL("x86-64-v3")},
    {"cpu:x86-64-v4", TCONV_HAS_LEVEL("x86-64-v4")},
    {"cpu:aarch64+neon", hasNeon},
};

} // namespace

Status tconv::checkTarget(const std::string &target) {
  if (target == kNativeTarget || target == kReferenceTarget)
    return Status::ok();
  std::string known = kNativeTarget;
  for (const Level &level : kLevels) {
    if (target == level.name) {
      if (level.available())
        return Status::ok();
      return {TCONV_UNSUPPORTED,
              "target = '" + target + "': this machine's CPU lacks it"};
    }
    known += std::string(", ") + level.name;
  }
  return {TCONV_INVALID_VALUE, "target = '" + target + "': must be one of " +
                                   known + ", " + kReferenceTarget};
}

const std::vector<std::string> &tconv::levelsHere() {
  static const auto *levels = [] {
    auto *list = new std::vector<std::string>;
    for (const Level &level : kLevels)
      if (level.available())
        list->insert(list->begin(), level.name);
    return list;
  }();
  return *levels;
}

std::string tconv::kernelTarget(const std::string &target) {
  return target == kNativeTarget ? target + " " + hostCpu() : target;
}

Status tconv::checkKernelTarget(const std::string &made) {
  std::string native = std::string(kNativeTarget) + " ";
  if (made.compare(0, native.size(), native) != 0)
    return checkTarget(made);
  if (made == native + hostCpu())
    return Status::ok();
  return {TCONV_UNSUPPORTED,
          "target = '" + made + "': this machine's CPU is " + hostCpu()};
}

uint32_t tconv::machineHere() {
#if defined(__x86_64__)
  return TCONV_IMAGE_X86_64;
#elif defined(__aarch64__)
  return TCONV_IMAGE_AARCH64;
#else
  return 0;
#endif
}
