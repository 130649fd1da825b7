// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Links an object into an image that runs at any address: ORC's linker, into
// memory of an "executor" whose addresses are offsets. Whoever runs the kernel
// maps the image, now or from a cache, and needs nothing of LLVM for it.
#ifndef TCONV_COMPILER_JIT_JIT_H
#define TCONV_COMPILER_JIT_JIT_H

#include "tconv/compiler_abi.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace mlir::tconv {

/// A linked kernel. The same object gives the same bytes.
class KernelImage {
public:
  /// @param symbol name of the exported tconv_kernel
  static llvm::Expected<KernelImage> link(llvm::SmallVector<char, 0> object,
                                          llvm::StringRef symbol);

  /// An image without code of this process. @param relocations as in
  /// tconv_kernel_image. @param kernel where the tconv_kernel is
  static KernelImage ofData(std::string bytes,
                            std::vector<uint64_t> relocations, uint64_t kernel,
                            uint32_t machine);

  /// What crosses to the runtime; points into this object.
  tconv_kernel_image view() const;

private:
  std::string bytes_;
  std::vector<uint64_t> relocations_;
  uint64_t codeSize_ = 0;
  uint64_t kernel_ = 0;
  uint32_t machine_ = 0;
};

} // namespace mlir::tconv

#endif // TCONV_COMPILER_JIT_JIT_H
