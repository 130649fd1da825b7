// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NVIDIA's tools, where they are installed: ptxas checks PTX and makes cubins,
// fatbinary packs them, nvdisasm shows their code.
#ifndef TCONV_COMPILER_TARGET_NVPTX_TOOLKIT_H
#define TCONV_COMPILER_TARGET_NVPTX_TOOLKIT_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>
#include <vector>

namespace mlir::tconv {

/// The path of a tool such as "ptxas": in PATH, in CUDA_HOME or CUDA_PATH, in
/// the usual folders, or where Python's packages put it. Empty where there is
/// none.
std::string findTool(llvm::StringRef name);

/// What ptxas says of one kernel.
struct PtxasFigures {
  std::string entry;
  int64_t registers = 0, sharedBytes = 0, stackBytes = 0;
  int64_t spillStores = 0, spillLoads = 0; ///< bytes
};

struct Cubin {
  std::string bytes;
  std::vector<PtxasFigures> figures;
};

/// Assembles PTX. Spills and ptxas's warnings are errors.
llvm::Expected<Cubin> assemble(llvm::StringRef ptx, int64_t architecture);

/// The same; where ptxas spills to have as many blocks of a multiprocessor as
/// the text asks for (.minnctapersm), `ptx` asks for one fewer, until it
/// doesn't.
llvm::Expected<Cubin> assembleUnspilled(std::string &ptx, int64_t architecture);

/// A fat binary of a cubin and the PTX that it was made of.
llvm::Expected<std::string>
packFatbin(llvm::StringRef ptx, llvm::StringRef cubin, int64_t architecture);

/// The instructions of a cubin as text.
llvm::Expected<std::string> disassemble(llvm::StringRef cubin);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_NVPTX_TOOLKIT_H
