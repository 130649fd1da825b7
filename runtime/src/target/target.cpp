// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "target/target.h"

#include <cctype>
#include <cstring>

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
bool hasTiles() {
  return __builtin_cpu_supports("x86-64-v4") && tileRegistersHere();
}
bool hasNeon() { return false; }
#else
#define TCONV_HAS_LEVEL(level) [] { return false; }
bool hasTiles() { return false; }
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
    {"cpu:x86-64-v4+amx", hasTiles},
    {"cpu:aarch64+neon", hasNeon},
};

/// Architectures of the GPU targets.
const int kArchitectures[] = {75, 80, 86, 89, 90, 100, 120};
constexpr const char *kNvptx = "nvptx:sm_";
constexpr const char *kCuda = "cuda";

/// The parts of Ascend that bishengir-compile knows under these names, with
/// capitals and "Ascend" before them.
const char *const kAscendParts[] = {
    "910b1",    "910b2",    "910b3",    "910b4",    "910_9362",
    "910_9372", "910_9381", "910_9382", "910_9391", "910_9392"};
constexpr const char *kAscend = "ascend";
constexpr const char *kCudaPrefix = "cuda:", *kAscendPrefix = "ascend:";

/// What follows a prefix; "" where that isn't how the text begins. Every
/// look-up of a kernel asks some of the following: for a CPU's nothing is put
/// together.
std::string after(const char *prefix, const std::string &text) {
  size_t size = std::strlen(prefix);
  return text.compare(0, size, prefix) == 0 ? text.substr(size) : "";
}

} // namespace

int tconv::nvptxArchitecture(const std::string &target) {
  std::string digits = after(kNvptx, target);
  if (digits.empty())
    return 0;
  for (int architecture : kArchitectures)
    if (digits == std::to_string(architecture))
      return architecture;
  return 0;
}

std::string tconv::nvptxTargets() {
  std::string list;
  for (int architecture : kArchitectures)
    list +=
        (list.empty() ? "" : ", ") + (kNvptx + std::to_string(architecture));
  return list;
}

std::string tconv::nearestNvptxTarget(int capability) {
  int nearest = 0;
  for (int architecture : kArchitectures)
    if (architecture <= capability)
      nearest = architecture;
  return nearest ? kNvptx + std::to_string(nearest) : "";
}

std::string tconv::ascendPart(const std::string &target) {
  std::string name = after(kAscendPrefix, target);
  for (const char *part : kAscendParts)
    if (name == part)
      return part;
  return "";
}

std::string tconv::ascendTargets() {
  std::string list;
  for (const char *part : kAscendParts)
    list += std::string(list.empty() ? "" : ", ") + kAscendPrefix + part;
  return list;
}

std::string tconv::ascendTargetOf(const std::string &socName) {
  std::string lower = socName;
  for (char &letter : lower)
    letter =
        static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  for (const char *part : kAscendParts)
    if (lower == std::string(kAscend) + part)
      return std::string(kAscendPrefix) + part;
  return "";
}

int tconv::deviceIndex(const std::string &target) {
  constexpr size_t kMostDigits = 4;
  std::string digits = after(kCudaPrefix, target);
  if (digits.empty())
    digits = after(kAscendPrefix, target);
  // Ascend's parts have letters or more digits in their names.
  if (digits.empty() || digits.size() > kMostDigits ||
      digits.find_first_not_of("0123456789") != std::string::npos)
    return -1;
  return std::stoi(digits);
}

bool tconv::foldsBatches(const std::string &target) {
  return !isDeviceTarget(target);
}

DeviceKind tconv::deviceKind(const std::string &target) {
  bool numbered = deviceIndex(target) >= 0;
  std::string kind = numbered ? target.substr(0, target.find(':')) : target;
  if (kind == kCuda || nvptxArchitecture(target) != 0)
    return DeviceKind::cuda;
  if (kind == kAscend || !ascendPart(target).empty())
    return DeviceKind::ascend;
  return DeviceKind::none;
}

const char *tconv::deviceKindName(DeviceKind kind) {
  return kind == DeviceKind::ascend ? kAscend : kCuda;
}

bool tconv::isKernelTarget(const std::string &target) {
  return nvptxArchitecture(target) != 0 || !ascendPart(target).empty() ||
         !isDeviceTarget(target);
}

Status tconv::checkTargetComputes(const std::string &target,
                                  const tconv_params &params,
                                  int32_t accuracy) {
  constexpr int kTf32 = 80; // the first architecture with TF32
  auto given = [&] { return "target = '" + target + "': "; };
  if (params.dtype != TCONV_F32 && !isDeviceTarget(target))
    return {TCONV_UNSUPPORTED, std::string("dtype = ") +
                                   dtypeName(params.dtype) + ", " + given() +
                                   "computes f32 only"};
  if (accuracy != TCONV_ACCURACY_TF32)
    return Status::ok();
  if (params.dtype != TCONV_F32)
    return {TCONV_INVALID_VALUE, std::string("accuracy = 2 (tf32): is for f32 "
                                             "layers, dtype = ") +
                                     dtypeName(params.dtype)};
  if (nvptxArchitecture(target) < kTf32)
    return {TCONV_UNSUPPORTED,
            "accuracy = 2 (tf32), " + given() +
                "TF32 needs a GPU target from nvptx:sm_80 on"};
  return Status::ok();
}

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
  if (isDeviceTarget(target))
    return {TCONV_UNSUPPORTED, "target = '" + target + "': is a " +
                                   (deviceKind(target) == DeviceKind::cuda
                                        ? "GPU's"
                                        : "device's of Ascend")};
  return {TCONV_INVALID_VALUE,
          "target = '" + target + "': must be one of " + known + ", " +
              nvptxTargets() + ", " + kCuda + ", cuda:N, " + ascendTargets() +
              ", " + kAscend + ", ascend:N, " + kReferenceTarget};
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

std::vector<std::string> tconv::targetsServing(const std::string &target) {
  std::vector<std::string> result = {target};
  if (target == kNativeTarget)
    result.insert(result.end(), levelsHere().begin(), levelsHere().end());
  size_t first = result.size();
  for (int architecture : kArchitectures)
    if (architecture < nvptxArchitecture(target))
      result.insert(result.begin() + first,
                    kNvptx + std::to_string(architecture));
  return result;
}

std::string tconv::kernelTarget(const std::string &target) {
  return target == kNativeTarget ? target + " " + hostCpu() : target;
}

Status tconv::checkKernelTarget(const std::string &made) {
  if (isDeviceTarget(made) && isKernelTarget(made))
    return Status::ok();
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
