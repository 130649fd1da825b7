// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The machines that kernels are made for. Shared by the runtime and the
// compiler.
#ifndef TCONV_SRC_TARGET_TARGET_H
#define TCONV_SRC_TARGET_TARGET_H

#include <string>
#include <vector>

#include "layer/layer.h"

namespace tconv {

constexpr const char *kNativeTarget = "cpu:native";
constexpr const char *kReferenceTarget = "reference";

/// The architecture of a GPU target, 80 for "nvptx:sm_80"; 0 for others.
int nvptxArchitecture(const std::string &target);

/// The GPU targets there are, as messages list them.
std::string nvptxTargets();

/// Refuses layers and accuracies that a target does not compute
/// (TCONV_UNSUPPORTED).
Status checkTargetComputes(const std::string &target,
                           const tconv_params &params, int32_t accuracy);

/// Refuses what is no target (TCONV_INVALID_VALUE), and one whose kernels this
/// machine can't run (TCONV_UNSUPPORTED).
Status checkTarget(const std::string &target);

/// The CPU levels whose kernels this machine can run, best first.
const std::vector<std::string> &levelsHere();

/// The `target` that a kernel for `target` carries: for "cpu:native" it names
/// the CPU of this machine.
std::string kernelTarget(const std::string &target);

/// Whether a kernel with this `target` can run here; the message names both
/// CPUs.
Status checkKernelTarget(const std::string &kernelTarget);

/// Machine code of this process: a tconv_image_machine, or 0.
uint32_t machineHere();

} // namespace tconv

#endif // TCONV_SRC_TARGET_TARGET_H
