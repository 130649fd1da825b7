// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "api/layer_handle.h"

#include <cstring>

#include "device/device_layer.h"
#include "kernel/description.h"
#include "support/status.h"
#include "target/target.h"
#include "threads/background.h"

using namespace tconv;

namespace {

/// Head of the list of all layers, so that a child can make their locks anew.
struct Registry {
  std::mutex mutex;
  tconv_layer *first = nullptr;
};

Registry &registry() {
  static Registry *instance = new Registry;
  return *instance;
}

} // namespace

tconv_layer::tconv_layer() {
  ForkHold hold;
  std::lock_guard<std::mutex> lock(registry().mutex);
  next_ = registry().first;
  if (next_)
    next_->previous_ = this;
  registry().first = this;
}

tconv_layer::~tconv_layer() {
  forgetJobs(this);
  ForkHold hold;
  std::lock_guard<std::mutex> lock(registry().mutex);
  (previous_ ? previous_->next_ : registry().first) = next_;
  if (next_)
    next_->previous_ = previous_;
}

void tconv::layersAfterFork() {
  // Whoever changes a layer keeps fork() waiting; only a thread that takes its
  // share of a state may have been stopped with the lock in its hand.
  for (tconv_layer *layer = registry().first; layer; layer = layer->next_)
    new (&layer->stateMutex_) std::mutex;
}

State tconv_layer::state() const {
  std::lock_guard<std::mutex> lock(stateMutex_);
  return state_;
}

void tconv_layer::setState(std::shared_ptr<const Weights> weights,
                           std::shared_ptr<const std::vector<float>> bias) {
  ForkHold hold;
  // What goes away goes after the lock is free.
  State old;
  std::lock_guard<std::mutex> lock(stateMutex_);
  old = state_;
  if (weights)
    state_.weights = std::move(weights);
  if (bias)
    state_.bias = std::move(bias);
}

std::vector<int64_t> tconv_layer::weightShape() const {
  return {params.in_channels, params.out_channels / params.group,
          params.kernel_size};
}

int64_t tconv_layer::weightElements() const {
  return params.in_channels * (params.out_channels / params.group) *
         params.kernel_size;
}

tconv_length_class tconv_layer::lengthClassOf(int64_t batch,
                                              int64_t length) const {
  return lengthClass(params, foldsBatches ? batch : 1, length);
}

const Plan &tconv_layer::plan(const Weights &weights,
                              tconv_length_class lengthClass) {
  if (const Plan *made =
          weights.ready[lengthClass].load(std::memory_order_acquire))
    return *made;
  ForkHold hold;
  std::lock_guard<std::mutex> lock(prepareMutexes_[lengthClass]);
  std::unique_ptr<const Plan> &slot = weights.plans[lengthClass];
  if (!slot) {
    slot = makePlan(weights, lengthClass);
    weights.ready[lengthClass].store(slot.get(), std::memory_order_release);
  }
  return *slot;
}

const Plan *tconv_layer::planAtHand(const Weights &weights,
                                    tconv_length_class lengthClass) {
  if (const Plan *made =
          weights.ready[lengthClass].load(std::memory_order_acquire))
    return made;
  if (compilation == TCONV_COMPILE_WAIT || target == kReferenceTarget)
    return &plan(weights, lengthClass);
  if (weights.asked[lengthClass] == backgroundGeneration() ||
      !kernelIsMade(request(lengthClass, accuracy, /*vectors=*/false)))
    return nullptr;
  return &plan(weights, lengthClass);
}

void tconv_layer::askForPlan(const Weights &weights,
                             tconv_length_class lengthClass) {
  ForkHold hold;
  uint32_t now = backgroundGeneration();
  if (weights.asked[lengthClass].exchange(now) == now)
    return;
  // Weights that are set meanwhile are those to be packed.
  bool begun = doInBackground(this, [this, lengthClass] {
    State current = state();
    plan(*current.weights, lengthClass);
  });
  if (begun)
    return;
  sayOnce("no thread to compile on: the call that needs a kernel waits");
  plan(weights, lengthClass);
}

/// Whether a kernel may compute with these weights. For fast algorithms and
/// tile registers the largest one of every group is from 2^-40 to 2^40, or all
/// are zero. x is looked at by the kernels themselves, while they pack it; with
/// these bounds and theirs, no sum of transformed values overflows where the
/// formula's own doesn't, and none sinks among the subnormal numbers. Compact
/// weights, a few of which share an exponent, hold none but zero below 2^-90 as
/// exactly as they have to.
static bool takes(const tconv_kernel &kernel, const Magnitudes &weights) {
  Numbers numbers = numbersIn(kernel);
  if (kernel.accuracy != TCONV_ACCURACY_DEFAULT && !numbers.pieces)
    return true;
  const float least = 0x1p-40F, most = 0x1p40F, leastCompact = 0x1p-90F;
  if (numbers.compactWeights && weights.least < leastCompact)
    return false;
  return weights.leastPeak >= least && weights.mostPeak <= most;
}

std::unique_ptr<const Plan>
tconv_layer::makePlan(const Weights &weights, tconv_length_class lengthClass) {
  auto plan = std::make_unique<Plan>();
  const Magnitudes &magnitudes = weights.values.magnitudes();
  if (target == kReferenceTarget) {
    plan->why = {TCONV_OK, "target = 'reference'"};
  } else if (!magnitudes.finite() && !isDeviceTarget(target)) {
    // A CPU's kernels multiply zeros, with which they pad x, by weights. Those
    // of devices sum again what that makes NaN.
    plan->why = {TCONV_UNSUPPORTED, "weight holds a value that isn't finite"};
  } else {
    const KernelResult *result = &kernel(lengthClass, accuracy);
    auto refused = [&] {
      return result->kernel && !takes(**result->kernel, magnitudes);
    };
    if (refused()) {
      say("another kernel for " + formatLayerLine(params) +
          ": weights too large or too small for " +
          scheduleIn(**result->kernel));
      result = &kernel(lengthClass, TCONV_ACCURACY_DIRECT);
      if (refused())
        result = &kernel(lengthClass, TCONV_ACCURACY_DIRECT, /*vectors=*/true);
    }
    plan->kernel = result->kernel;
    plan->why = result->error;
  }
  if (!plan->kernel) {
    std::string status =
        plan->why ? std::string(statusName(plan->why.code())) + ": " : "";
    say("reference for " + formatLayerLine(params) + ": " + status +
        plan->why.message());
    return plan;
  }
  const tconv_kernel &kernel = **plan->kernel;
  if (kernel.device)
    return plan;
  plan->packed.reset(allocateAligned(kernel.packed_bytes));
  if (!plan->packed)
    throw std::bad_alloc();
  tconv_pack_args args;
  std::memset(&args, 0, sizeof(args));
  args.struct_size = sizeof(args);
  args.weight = weights.values.data();
  args.packed = plan->packed.get();
  kernel.pack(&args);
  return plan;
}

KernelRequest tconv_layer::request(tconv_length_class lengthClass,
                                   tconv_accuracy exactness,
                                   bool vectors) const {
  std::string tuning;
  if (vectors)
    tuning = lengthClass == TCONV_LENGTH_BULK ? "kind=positions" : "kind=rows";
  return {params, target, exactness, lengthClass, tuning, engine};
}

/// Asks the cache once for the life of the layer. Only memory that has run out
/// may be there at the next call.
const KernelResult &tconv_layer::kernel(tconv_length_class lengthClass,
                                        tconv_accuracy exactness,
                                        bool vectors) {
  std::unique_ptr<KernelResult> &slot =
      vectors ? vectorKernels_[lengthClass] : kernels_[lengthClass][exactness];
  if (slot)
    return *slot;
  KernelResult result = getKernel(request(lengthClass, exactness, vectors));
  if (result.error.code() == TCONV_OUT_OF_MEMORY)
    throw std::bad_alloc();
  slot = std::make_unique<KernelResult>(std::move(result));
  if (verbose() && slot->kernel)
    say("kernel for " + formatLayerLine(params) + ": target=" + target +
        " engine=" + kernelEngine(**slot->kernel) +
        " length_class=" + lengthClassName(lengthClass) +
        " schedule=" + scheduleIn(**slot->kernel) +
        " from=" + originName(slot->kernel->origin()) +
        " ms=" + std::to_string(slot->kernel->milliseconds()));
  return *slot;
}
