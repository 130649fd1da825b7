// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_TCONV_COMPILE_TUNING_H
#define TCONV_TOOLS_TCONV_COMPILE_TUNING_H

#include <string>

#include "compiler/API/Compiler.h"
#include "tuning/tuning_file.h"

namespace tconv::tools {

/// A tuning file that a user named. Unlike one of the environment it must be
/// good: he is told where it isn't.
class TuningArgument {
public:
  /// Reads the file; "" is none.
  Status read(const std::string &path, const std::string &schedulePath);
  /// Puts what the file has for a layer into the options of its compilation,
  /// which are complete otherwise.
  /// @param named the engine that the user named, or ""; no other is taken then
  /// @return the engine that is to compile
  Engine apply(const tconv_params &params, const std::string &named,
               mlir::tconv::CompileOptions &options) const;

private:
  TuningFile file_;
};

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_COMPILE_TUNING_H
