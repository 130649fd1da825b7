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

/// The part of an Ascend target, "910b3" for "ascend:910b3"; "" for others.
std::string ascendPart(const std::string &target);

/// The Ascend targets there are, as messages list them.
std::string ascendTargets();

/// The target of a device by the name that its driver has for it,
/// "Ascend910B3"; "" where there are no kernels for it.
std::string ascendTargetOf(const std::string &socName);

/// The two kinds of devices that have drivers here.
enum class DeviceKind { none, cuda, ascend };

/// Whose target it is: one of the above, "cuda", "cuda:N", "ascend" or
/// "ascend:N".
DeviceKind deviceKind(const std::string &target);
inline bool isDeviceTarget(const std::string &target) {
  return deviceKind(target) != DeviceKind::none;
}

/// "cuda" or "ascend".
const char *deviceKindName(DeviceKind kind);

/// Whether kernels are made for a target as it is: it doesn't mean whichever
/// device is there.
bool isKernelTarget(const std::string &target);

/// N of "cuda:N" or "ascend:N"; -1 for others.
int deviceIndex(const std::string &target);

/// Whether a target's kernels for short rows can lay the items of a batch one
/// after the other. A device's can't.
bool foldsBatches(const std::string &target);

/// Refuses layers and accuracies that a target does not compute
/// (TCONV_UNSUPPORTED).
Status checkTargetComputes(const std::string &target,
                           const tconv_params &params, int32_t accuracy);

/// Refuses what is no target (TCONV_INVALID_VALUE), and one whose kernels this
/// machine's CPU can't run, a device's among them (TCONV_UNSUPPORTED).
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
/// CPUs. A device's always can: its device is looked for when a layer wants
/// one.
Status checkKernelTarget(const std::string &kernelTarget);

/// Machine code of this process: a tconv_image_machine, or 0.
uint32_t machineHere();

} // namespace tconv

#endif // TCONV_SRC_TARGET_TARGET_H
