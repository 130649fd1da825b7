// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernel/registered.h"

#include <algorithm>
#include <mutex>
#include <vector>

#include "target/target.h"

using namespace tconv;

namespace {

struct Registry {
  std::mutex mutex;
  std::vector<const tconv_kernel *> kernels; ///< only those that run here
};

/// Never destroyed: layers may outlive static destructors.
Registry &registry() {
  static Registry *instance = new Registry;
  return *instance;
}

bool sameLayer(const tconv_kernel &a, const tconv_kernel &b) {
  return a.in_channels == b.in_channels && a.out_channels == b.out_channels &&
         a.kernel_size == b.kernel_size && a.stride == b.stride &&
         a.dilation == b.dilation && a.groups == b.groups &&
         a.crop_begin == b.crop_begin && a.has_bias == b.has_bias &&
         a.dtype == b.dtype;
}

std::string layerText(const tconv_kernel &kernel) {
  return "in_channels=" + std::to_string(kernel.in_channels) +
         " out_channels=" + std::to_string(kernel.out_channels) +
         " kernel_size=" + std::to_string(kernel.kernel_size) +
         " stride=" + std::to_string(kernel.stride);
}

/// Place of a kernel's target among those that `request` may use, best first;
/// -1 where it is none of them.
int64_t rank(const tconv_kernel &kernel, const std::string &requested) {
  if (kernel.target == kernelTarget(requested))
    return 0;
  if (int wanted = nvptxArchitecture(requested)) {
    // What was made for an older architecture runs on a newer one: PTX on all,
    // machine code within a generation.
    int have = nvptxArchitecture(kernel.target);
    bool runs = kernel.device && have > 0 && have <= wanted &&
                (kernel.device->format != TCONV_DEVICE_CUBIN ||
                 have / 10 == wanted / 10);
    return runs ? wanted - have : -1;
  }
  if (requested != kNativeTarget)
    return -1;
  const std::vector<std::string> &levels = levelsHere();
  auto found = std::find(levels.begin(), levels.end(), kernel.target);
  return found == levels.end() ? -1 : 1 + (found - levels.begin());
}

const tconv_kernel *find(const KernelRequest &request, bool anyLength) {
  std::lock_guard<std::mutex> lock(registry().mutex);
  const tconv_kernel *best = nullptr;
  int64_t bestRank = 0;
  for (const tconv_kernel *kernel : registry().kernels) {
    if (!anyLength && kernel->length_class != request.lengthClass)
      continue;
    if (!satisfies(*kernel, request.accuracy) ||
        checkKernel(kernel, request.params))
      continue;
    // Whoever names no engine takes what the program brings.
    if (!request.engine.empty() && request.engine != kernelEngine(*kernel))
      continue;
    int64_t here = rank(*kernel, request.target);
    if (here >= 0 && (!best || here < bestRank)) {
      best = kernel;
      bestRank = here;
    }
  }
  return best;
}

} // namespace

Status tconv::registerKernels(const tconv_kernel *const *kernels,
                              size_t count) {
  std::vector<const tconv_kernel *> good;
  for (size_t i = 0; i < count; ++i) {
    std::string name = "kernels[" + std::to_string(i) + "]";
    if (Status error = checkKernelAbi(kernels[i]))
      return {error.code(), name + ": " + error.message()};
    const tconv_kernel &kernel = *kernels[i];
    if (!kernel.target)
      return {TCONV_ABI_MISMATCH,
              name + ": target = NULL: must say what CPU it is for"};
    Status target = checkKernelTarget(kernel.target);
    if (!target) {
      good.push_back(&kernel);
      continue;
    }
    if (target.code() != TCONV_UNSUPPORTED)
      return {target.code(), name + ": " + target.message()};
    // Fine where a lesser kernel of the same layer runs here.
    auto other = [&](const tconv_kernel *candidate) {
      return candidate && !checkKernelAbi(candidate) && candidate->target &&
             sameLayer(*candidate, kernel) &&
             !checkKernelTarget(candidate->target);
    };
    if (std::none_of(kernels, kernels + count, other))
      return {TCONV_UNSUPPORTED,
              name + " (" + layerText(kernel) + "): " + target.message()};
  }
  std::lock_guard<std::mutex> lock(registry().mutex);
  std::vector<const tconv_kernel *> &all = registry().kernels;
  std::vector<const tconv_kernel *> added;
  for (const tconv_kernel *kernel : good)
    if (std::find(all.begin(), all.end(), kernel) == all.end())
      added.push_back(kernel);
  all.insert(all.end(), added.begin(), added.end());
  return Status::ok();
}

const tconv_kernel *tconv::findRegistered(const KernelRequest &request) {
  return find(request, /*anyLength=*/false);
}

const tconv_kernel *
tconv::findRegisteredOfAnyLength(const KernelRequest &request) {
  if (request.lengthClass == TCONV_LENGTH_STEP) {
    KernelRequest few = request;
    few.lengthClass = TCONV_LENGTH_SHORT;
    if (const tconv_kernel *kernel = find(few, /*anyLength=*/false))
      return kernel;
  }
  return find(request, /*anyLength=*/true);
}
