// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Huawei's open compiler for Ascend, run as a process on text: it plans a
// core's memories, sets flags, double-buffers, and leaves HIVM, from which
// hivmc of CANN makes an object.
#ifndef TCONV_COMPILER_TARGET_ASCEND_BISHENGIR_H
#define TCONV_COMPILER_TARGET_ASCEND_BISHENGIR_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace mlir::tconv {

/// The path of "bishengir-compile" or "bishengir-opt": in the folder that
/// TCONV_BISHENGIR names (or beside the program that it names), in PATH, or in
/// the Python package ascendnpu-ir of the active environment or of python3.
/// Empty where there is none.
std::string findBishengir(llvm::StringRef name);

struct AscendCode {
  std::string hivm;   ///< what it lowered a kernel to
  std::string object; ///< empty where hivmc is missing
  std::string notes;  ///< what it said although it went well
};

/// Compiles a module with one kernel for a product such as "Ascend910B3". What
/// is wrong comes back as NAME:line:column: message. With `sumsTwice` there is
/// room in L0C for two tiles of sums; where there isn't, its double buffering
/// must be off, since it would give up all of it.
llvm::Expected<AscendCode> compileAscend(llvm::StringRef name,
                                         llvm::StringRef text,
                                         llvm::StringRef product,
                                         bool sumsTwice);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_ASCEND_BISHENGIR_H
