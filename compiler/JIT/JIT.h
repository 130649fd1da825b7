// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads an object file into this process through ORC.
#ifndef TCONV_COMPILER_JIT_JIT_H
#define TCONV_COMPILER_JIT_JIT_H

#include "tconv/kernel_abi.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace llvm::orc {
class LLJIT;
}

namespace mlir::tconv {

/// A loaded kernel; its code lives as long as this object.
class LoadedKernel {
public:
  /// @param symbol name of the exported tconv_kernel
  static llvm::Expected<std::unique_ptr<LoadedKernel>>
  load(llvm::SmallVector<char, 0> object, llvm::StringRef symbol);
  ~LoadedKernel();

  const tconv_kernel &kernel() const { return *kernel_; }

private:
  LoadedKernel();
  std::unique_ptr<llvm::orc::LLJIT> jit_;
  const tconv_kernel *kernel_ = nullptr;
};

} // namespace mlir::tconv

#endif // TCONV_COMPILER_JIT_JIT_H
