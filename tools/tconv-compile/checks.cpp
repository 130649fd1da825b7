// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-compile/checks.h"

#include <filesystem>

#include "compiler/Target/CPU/Target.h"
#include "target/target.h"

using namespace tconv;

Status tconv::tools::readEngine(const std::string &text, Engine &engine) {
  if (text.empty())
    return Status::ok();
  Status status = parseEngine(text, engine);
  return status ? Status(status.code(), "--engine: " + status.message())
                : status;
}

Status tconv::tools::checkTarget(const std::string &target,
                                 const Engine &engine) {
  // Which of them there are, the engine knows.
  if (engine.kind == EngineKind::halide && target.rfind("nvptx:", 0) == 0)
    return Status::ok();
  if (nvptxArchitecture(target) != 0)
    return Status::ok();
  if (target.rfind("nvptx:", 0) == 0)
    return Status(TCONV_INVALID_VALUE, "--target: unknown target '" + target +
                                           "'; known are " + nvptxTargets());
  if (!ascendPart(target).empty()) {
    if (engine.kind != EngineKind::halide)
      return Status::ok();
    return Status(TCONV_UNSUPPORTED, "--target: the Halide engine makes "
                                     "nothing for " +
                                         target);
  }
  if (target.rfind("ascend:", 0) == 0)
    return Status(TCONV_INVALID_VALUE, "--target: unknown target '" + target +
                                           "'; known are " + ascendTargets());
  auto parsed = mlir::tconv::parseCpuTarget(target);
  if (parsed)
    return Status::ok();
  // The compiler's message lists the targets that there are.
  std::string message = llvm::toString(parsed.takeError());
  return Status(TCONV_INVALID_VALUE, "--target: " + message);
}

Status tconv::tools::checkSchedulePath(const std::string &folder) {
  std::error_code ignored;
  if (folder.empty() || std::filesystem::is_directory(folder, ignored))
    return Status::ok();
  return Status(TCONV_NOT_FOUND,
                "--schedule-path: '" + folder + "' is no folder");
}

tconv_accuracy tconv::tools::chooseAccuracy(const std::string &name) {
  return name == "direct" ? TCONV_ACCURACY_DIRECT
         : name == "tf32" ? TCONV_ACCURACY_TF32
                          : TCONV_ACCURACY_DEFAULT;
}

tconv_length_class tconv::tools::chooseLengthClass(const std::string &name,
                                                   const tconv_params &params,
                                                   const tconv_shape &shape,
                                                   const std::string &target) {
  if (name.empty() && shape.length > 0)
    return lengthClass(params, foldsBatches(target) ? shape.batch : 1,
                       shape.length);
  for (tconv_length_class other :
       {TCONV_LENGTH_STEP, TCONV_LENGTH_SHORT, TCONV_LENGTH_MEDIUM})
    if (name == lengthClassName(other))
      return other;
  return TCONV_LENGTH_BULK;
}

namespace {

/// No layer that the short class is for needs so many positions to be past it.
constexpr int64_t kLongest = int64_t(1) << 20;

/// The shortest length that gives an output. A longer one has at least as many
/// positions.
int64_t shortestLength(const tconv_params &params) {
  int64_t low = 1, high = kLongest, kept;
  while (low < high) {
    int64_t middle = (low + high) / 2;
    if (outputLength(params, middle, kept))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/// Place of a class by rising lengths.
int rankOf(tconv_length_class lengthClass) {
  switch (lengthClass) {
  case TCONV_LENGTH_STEP:
    return 0;
  case TCONV_LENGTH_SHORT:
    return 1;
  case TCONV_LENGTH_MEDIUM:
    return 2;
  default:
    return 3;
  }
}

} // namespace

int64_t tconv::tools::lengthOfClass(const tconv_params &params,
                                    tconv_length_class wanted) {
  // Positions grow with the length, and the classes with them.
  int64_t low = shortestLength(params), high = kLongest;
  while (low < high) {
    int64_t middle = (low + high) / 2;
    if (rankOf(lengthClass(params, middle)) < rankOf(wanted))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

std::vector<tconv_length_class>
tconv::tools::lengthClasses(const tconv_params &params) {
  std::vector<tconv_length_class> classes;
  tconv_length_class first = lengthClass(params, shortestLength(params));
  tconv_length_class last = lengthClass(params, kLongest);
  // The bulk kernel comes first: it is the one that is taken for all lengths
  // where there is no other.
  for (tconv_length_class lengthClass : {TCONV_LENGTH_BULK, TCONV_LENGTH_MEDIUM,
                                         TCONV_LENGTH_SHORT, TCONV_LENGTH_STEP})
    if (rankOf(lengthClass) >= rankOf(first) &&
        rankOf(lengthClass) <= rankOf(last))
      classes.push_back(lengthClass);
  return classes;
}
