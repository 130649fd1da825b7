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

/// The newest of them that a device of this compute capability runs, 86 for
/// 8.6; "" where it is older than all.
std::string nearestNvptxTarget(int capability);

/// Whether a target is a GPU's: one of these, "cuda", or "cuda:N".
bool isDeviceTarget(const std::string &target);

/// N of "cuda:N"; -1 for others.
int cudaDeviceIndex(const std::string &target);

/// Refuses layers and accuracies that a target does not compute
/// (TCONV_UNSUPPORTED).
Status checkTargetComputes(const std::string &target,
                           const tconv_params &params, int32_t accuracy);

/// Refuses what is no target (TCONV_INVALID_VALUE), and one whose kernels this
/// machine's CPU can't run, a GPU's among them (TCONV_UNSUPPORTED).
Status checkTarget(const std::string &target);

/// The CPU levels whose kernels this machine can run, best first.
const std::vector<std::string> &levelsHere();

/// The targets whose kernels may serve a request for this one, best first: it,
/// and for "cpu:native" the levels of this machine, for a GPU's the older
/// architectures.
std::vector<std::string> targetsServing(const std::string &target);

/// The `target` that a kernel for `target` carries: for "cpu:native" it names
/// the CPU of this machine.
std::string kernelTarget(const std::string &target);

/// Whether a kernel with this `target` can run here; the message names both
/// CPUs. A GPU's always can: its device is looked for when a layer wants one.
Status checkKernelTarget(const std::string &kernelTarget);

/// Machine code of this process: a tconv_image_machine, or 0.
uint32_t machineHere();

} // namespace tconv

#endif // TCONV_SRC_TARGET_TARGET_H
