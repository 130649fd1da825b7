// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What bishengir-compile leaves of a module (module.hivm.opt.mlir), made into
// what ordinary MLIR reads. Line numbers stay as they are.
#ifndef TCONV_TOOLS_DAVINCI_HIVM_TEXT_H
#define TCONV_TOOLS_DAVINCI_HIVM_TEXT_H

#include <string>
#include <vector>

#include "layer/layer.h"

namespace tconv::davinci {

enum class CoreType : uint8_t { Cube, Vector };

struct KernelParameter {
  enum class Role : uint8_t { Plain, FftsAddress, Workspace };
  Role role = Role::Plain;
  bool isMemory = false; ///< a one-dimensional buffer in global memory
  int bytes = 8;         ///< of a number
  std::string type;      ///< as in the text
};

struct KernelEntry {
  std::string name;
  int line = 0;
  std::vector<KernelParameter> parameters;
};

struct PlainModule {
  std::string text;
  CoreType core = CoreType::Cube;
  std::vector<KernelEntry> entries;
};

/// The dialect's operations become calls of "hivm.NAME", its memories address
/// spaces, its attributes go. Before each call stands hivm.LINE with the line.
/// Errors name the line and what is not known on it.
Status makePlain(const std::string &text, PlainModule &module);

} // namespace tconv::davinci

#endif // TCONV_TOOLS_DAVINCI_HIVM_TEXT_H
