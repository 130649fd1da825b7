// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is asked for, and what is found.
#ifndef TCONV_SRC_KERNEL_LOADED_KERNEL_H
#define TCONV_SRC_KERNEL_LOADED_KERNEL_H

#include <memory>
#include <string>

#include "engine/engine.h"
#include "layer/batch_fold.h"

namespace tconv {

/// What a kernel is made for. Lengths have no part in it, and neither has what
/// only sets the output's length: a kernel gets that when it is launched.
struct KernelRequest {
  tconv_params params;
  std::string target;
  tconv_accuracy accuracy;
  tconv_length_class lengthClass;
  /// What comes before the cost model's choice: formatChoice's text.
  std::string tuning = {};
  /// A checked text (engine.h). "" is the default and leaves others a say: the
  /// tuning file, and kernels that the program brings.
  std::string engine = {};
};

/// Where a kernel came from.
enum class Origin { compiled, diskCache, packedCache, aheadOfTime };
const char *originName(Origin origin);

/// A kernel that was checked against its request, and what owns its code.
class LoadedKernel {
public:
  LoadedKernel(const tconv_kernel *kernel, std::shared_ptr<const void> owner,
               Origin origin, double milliseconds)
      : kernel_(kernel), owner_(std::move(owner)), origin_(origin),
        milliseconds_(milliseconds) {}

  const tconv_kernel &operator*() const { return *kernel_; }
  const tconv_kernel *get() const { return kernel_; }
  Origin origin() const { return origin_; }
  /// How long it took to get it: to compile it, or to load it.
  double milliseconds() const { return milliseconds_; }

private:
  const tconv_kernel *kernel_;
  std::shared_ptr<const void> owner_; ///< NULL where the program has the code
  Origin origin_;
  double milliseconds_;
};

struct KernelResult {
  std::shared_ptr<const LoadedKernel> kernel; ///< NULL: see error
  Status error;
};

/// Whether a kernel is one that this runtime can launch, and the one that was
/// asked for.
Status checkKernel(const tconv_kernel *kernel, const tconv_params &params);

/// The part of the above that needs no request.
Status checkKernelAbi(const tconv_kernel *kernel);

/// Of what the positions of a launch's blocks must be a multiple; 0: they are
/// the kernel's task_positions, as in all kernels that end before the field.
int64_t taskGranule(const tconv_kernel &kernel);

/// What lies between batch items where a launch lays them one after the other;
/// a granule of 0 where it can't, as in all kernels that end before the field.
ItemRoom itemRoom(const tconv_kernel &kernel);

/// Whether a kernel is as exact as is asked for.
bool satisfies(const tconv_kernel &kernel, tconv_accuracy wanted);

/// The engine that made a kernel.
const char *kernelEngine(const tconv_kernel &kernel);

} // namespace tconv

#endif // TCONV_SRC_KERNEL_LOADED_KERNEL_H
