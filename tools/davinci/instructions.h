// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The instructions that lowered kernels call, by the names that they have in
// the IR after "llvm.hivm.".
#ifndef TCONV_TOOLS_DAVINCI_INSTRUCTIONS_H
#define TCONV_TOOLS_DAVINCI_INSTRUCTIONS_H

#include <cstdint>
#include <functional>
#include <string>

#include "davinci/core.h"

namespace tconv::davinci {

/// Works on a core. Arguments are 64-bit words: addresses, configuration words,
/// and scalars' bits.
using Handler = std::function<uint64_t(Core &, const uint64_t *)>;

struct Instruction {
  std::string name;
  int arguments = 0;
  Handler run;
};

/// One that the model doesn't know is a finding when it is executed, for the
/// templates have many branches that no kernel takes.
Instruction makeInstruction(const std::string &name);

// --- By unit; an empty handler where the unit doesn't know the name ----------

Handler makeControl(const std::string &name, int &arguments);
Handler makeCopy(const std::string &name, int &arguments);
Handler makeLoad(const std::string &name, int &arguments);
Handler makeCube(const std::string &name, int &arguments);
Handler makeFixpipe(const std::string &name, int &arguments);
Handler makeVector(const std::string &name, int &arguments);
Handler makeVectorMove(const std::string &name, int &arguments);

/// Splits "VADD.f32" at its first point; "" for what isn't there.
std::string stemOf(const std::string &name);
std::string suffixOf(const std::string &name);
/// "f16", "bf16", "f32", "s16", ...; false for anything else.
bool elementOf(const std::string &text, Element &type);

} // namespace tconv::davinci

#endif // TCONV_TOOLS_DAVINCI_INSTRUCTIONS_H
