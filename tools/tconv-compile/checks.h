// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arguments that tconv-compile and tconv-inspect have in common.
#ifndef TCONV_TOOLS_TCONV_COMPILE_CHECKS_H
#define TCONV_TOOLS_TCONV_COMPILE_CHECKS_H

#include <string>
#include <vector>

#include "engine/engine.h"

namespace tconv::tools {

/// Refuses what is no target of an engine, and what will be one: the message
/// says which of both, and lists the targets that there are.
Status checkTarget(const std::string &target, const Engine &engine = {});

/// Reads --engine; empty is the default.
Status readEngine(const std::string &text, Engine &engine);

/// Refuses a folder that is not there; without this the built-in schedules
/// would be taken and nobody told. Empty is no folder, and fine.
Status checkSchedulePath(const std::string &folder);

/// "default" or "direct", as checked before.
tconv_accuracy chooseAccuracy(const std::string &name);

/// "bulk", "medium", "short", "step", or empty: the class of a launch of this
/// shape, bulk where its length is 0.
tconv_length_class chooseLengthClass(const std::string &name,
                                     const tconv_params &params,
                                     const tconv_shape &shape,
                                     const std::string &target);

/// The classes that lengths of a layer can have; at least one.
std::vector<tconv_length_class> lengthClasses(const tconv_params &params);

/// A length of one of these classes.
int64_t lengthOfClass(const tconv_params &params,
                      tconv_length_class lengthClass);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_COMPILE_CHECKS_H
