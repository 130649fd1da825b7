// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A layer: parameters, weights, and for each length class the kernel that runs
// it with its packed weights.
//
// A running launch needs three things to stay as they are: the weights, the
// bias and what was packed from them. It takes a share of the layer's current
// State and keeps it; setting weights puts another State in its place. So
// nobody waits for a launch, and no lock is held while one runs.
#ifndef TCONV_SRC_API_LAYER_HANDLE_H
#define TCONV_SRC_API_LAYER_HANDLE_H

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "api/weight_values.h"
#include "kernel/kernel_cache.h"
#include "layer/layer.h"
#include "support/fork.h"
#include "support/memory.h"
#include "threads/threads.h"

namespace tconv {

class DeviceLayer;

/// How launches of one length class are run with one set of weights.
struct Plan {
  std::shared_ptr<const LoadedKernel> kernel; ///< NULL: the reference
  Status why;                                 ///< ... and why
  /// NULL where the kernel is a GPU's: DeviceLayer packs them there.
  std::unique_ptr<void, AlignedFree> packed;
};

/// One set of weights, and how they are used.
struct Weights {
  template <typename... Arguments>
  explicit Weights(Arguments &&...arguments)
      : values(std::forward<Arguments>(arguments)...) {}

  const WeightValues values;
  /// Set once each, under the layer's `prepare` mutex of the class.
  mutable std::array<std::unique_ptr<const Plan>, kLengthClasses> plans;
  /// The same for those who don't hold the mutex; NULL until there is one.
  mutable std::array<std::atomic<const Plan *>, kLengthClasses> ready{};
  /// The backgroundGeneration() in which one was asked for there; 0: never.
  mutable std::array<std::atomic<uint32_t>, kLengthClasses> asked{};
};

struct State {
  std::shared_ptr<const Weights> weights;
  std::shared_ptr<const std::vector<float>> bias; ///< NULL without a bias
};

} // namespace tconv

struct tconv_layer {
  tconv_layer();
  ~tconv_layer();
  tconv_layer(const tconv_layer &) = delete;
  tconv_layer &operator=(const tconv_layer &) = delete;

  tconv_params params;
  std::string target; ///< that kernels are made for: never "cuda"
  std::string engine; ///< "": the default, unless somebody knows better
  tconv_accuracy accuracy = TCONV_ACCURACY_DEFAULT;
  tconv_compilation compilation = TCONV_COMPILE_WAIT;
  tconv::ParallelFor parallelFor;
  std::unique_ptr<tconv::DeviceLayer> device; ///< NULL: runs on the CPU
  /// Whether kernels may be asked for to which batch items are one row.
  bool foldsBatches = false;

  tconv::State state() const;
  /// Replaces the weights, the bias, or both: what is NULL stays.
  void setState(std::shared_ptr<const tconv::Weights> weights,
                std::shared_ptr<const std::vector<float>> bias);
  /// The class of launches of this batch and length, of which plans are made.
  tconv_length_class lengthClassOf(int64_t batch, int64_t length) const;
  /// The plan, made if there is none yet.
  const tconv::Plan &plan(const tconv::Weights &weights,
                          tconv_length_class lengthClass);
  /// The plan, unless a kernel would have to be compiled for it and the layer
  /// is one that doesn't wait: NULL then.
  const tconv::Plan *planAtHand(const tconv::Weights &weights,
                                tconv_length_class lengthClass);
  /// Has the plan made in the background, once for these weights.
  void askForPlan(const tconv::Weights &weights,
                  tconv_length_class lengthClass);

  std::vector<int64_t> weightShape() const;
  int64_t weightElements() const;

private:
  friend void tconv::layersAfterFork();
  std::unique_ptr<const tconv::Plan> makePlan(const tconv::Weights &weights,
                                              tconv_length_class lengthClass);
  tconv::KernelRequest request(tconv_length_class lengthClass,
                               tconv_accuracy exactness, bool vectors) const;
  const tconv::KernelResult &kernel(tconv_length_class lengthClass,
                                    tconv_accuracy exactness,
                                    bool vectors = false);

  mutable std::mutex stateMutex_; ///< held for a few instructions
  tconv::State state_;
  /// Held while compiling and packing for a class.
  std::array<std::mutex, tconv::kLengthClasses> prepareMutexes_;
  /// What the cache gave, for each accuracy; a failure stays with the layer.
  std::array<
      std::array<std::unique_ptr<tconv::KernelResult>, TCONV_ACCURACY_TF32 + 1>,
      tconv::kLengthClasses>
      kernels_;
  /// Those of vectors, where tile registers can't take the weights.
  std::array<std::unique_ptr<tconv::KernelResult>, tconv::kLengthClasses>
      vectorKernels_;
  /// All layers, for layersAfterFork.
  tconv_layer *previous_ = nullptr, *next_ = nullptr;
};

#endif // TCONV_SRC_API_LAYER_HANDLE_H
