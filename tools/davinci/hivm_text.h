// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What bishengir-compile leaves of a module (module.hivm.opt.mlir), made into
// what ordinary MLIR reads. Line numbers stay as they are.
#ifndef TCONV_TOOLS_DAVINCI_HIVM_TEXT_H
#define TCONV_TOOLS_DAVINCI_HIVM_TEXT_H

#include <string>
#include <vector>

#include "davinci/types.h"
#include "layer/layer.h"

namespace tconv::davinci {

struct KernelParameter {
  enum class Role : uint8_t { Plain, FftsAddress, Workspace };
  Role role = Role::Plain;
  bool isMemory = false; ///< a one-dimensional buffer in global memory
  int bytes = 8;         ///< of a number
  std::string type;      ///< as in the text
};

struct KernelEntry {
  /// As it is launched; of a mixed kernel, what both functions begin with.
  std::string name;
  std::string symbol; ///< of the function
  int line = 0;
  std::vector<KernelParameter> parameters;
  /// Of a mixed kernel: bytes of workspace that a block takes.
  uint64_t workspaceBytes = 0;
};

struct PlainModule {
  std::string text;
  CoreType core = CoreType::Cube;
  std::vector<KernelEntry> entries;
};

/// One module, or two of a mixed one: the cube core's, then the vector cores'.
/// The dialect's operations become calls of "hivm.NAME", its memories address
/// spaces, its attributes go. Before each call stands hivm.LINE with the line.
/// Errors name the line and what is not known on it.
Status makePlain(const std::string &text, std::vector<PlainModule> &modules);

} // namespace tconv::davinci

#endif // TCONV_TOOLS_DAVINCI_HIVM_TEXT_H
