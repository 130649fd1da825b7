// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers for tests: a handle that cleans up, random parameters and data.
#ifndef TCONV_TEST_SUPPORT_LAYERS_H
#define TCONV_TEST_SUPPORT_LAYERS_H

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tconv/tconv.h"

namespace tconv::test {

using Random = std::mt19937_64;

struct DestroyLayer {
  void operator()(tconv_layer *layer) const { tconv_layer_destroy(layer); }
};
using LayerHandle = std::unique_ptr<tconv_layer, DestroyLayer>;

/// "NAME: " or not, then key=value ...; throws where it is refused.
tconv_params parse(const std::string &line);

/// Makes a layer for the target under test, whatever the options say of it.
tconv_status makeForTarget(const tconv_params &params,
                           tconv_layer_options options, LayerHandle &layer);
/// Sets the weight, and the bias of a layer that has one.
tconv_status setWeights(tconv_layer *layer, const std::vector<float> &weight,
                        const std::vector<float> &bias);

int64_t weightElements(const tconv_params &params);
int64_t xElements(const tconv_params &params, int64_t batch, int64_t length);
int64_t yElements(const tconv_params &params, int64_t batch, int64_t length);

/// N(0, 1).
std::vector<float> randomValues(Random &random, int64_t count);

/// Target that the numeric tests are run for: TCONV_TEST_TARGET, else
/// cpu:native.
std::string testTarget();
/// Whether a test may end on the reference path: where there is no compiler.
bool referenceAllowed();
/// One field of tconv_layer_describe, as text; "" where there is none.
std::string described(tconv_layer *layer, int64_t batch, int64_t length,
                      const std::string &field);

/// Whether such a launch takes a kernel that shares products, so that SPEC.md's
/// bounds for fast algorithms hold. Makes the kernel if need be.
bool runsFast(tconv_layer *layer, int64_t batch, int64_t length);

/// A legal layer of small, odd or extreme parameters.
tconv_params randomParams(Random &random);
/// A length between 1 and `most` with at least one output, or 0.
int64_t randomLength(Random &random, const tconv_params &params, int64_t most);

} // namespace tconv::test

#endif // TCONV_TEST_SUPPORT_LAYERS_H
