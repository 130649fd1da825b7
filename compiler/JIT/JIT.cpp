// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/JIT/JIT.h"

#include "compiler/Target/CPU/Codegen.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"

using namespace mlir::tconv;

LoadedKernel::LoadedKernel() = default;
LoadedKernel::~LoadedKernel() = default;

llvm::Expected<std::unique_ptr<LoadedKernel>>
LoadedKernel::load(llvm::SmallVector<char, 0> object, llvm::StringRef symbol) {
  initializeTargets();
  // A kernel calls nothing outside itself, so no symbols of the process are
  // offered to it, and no platform support is set up.
  auto jit = llvm::orc::LLJITBuilder()
                 .setLinkProcessSymbolsByDefault(false)
                 .setPlatformSetUp(llvm::orc::setUpInactivePlatform)
                 .create();
  if (!jit)
    return jit.takeError();
  if (llvm::Error error = (*jit)->addObjectFile(
          std::make_unique<llvm::SmallVectorMemoryBuffer>(std::move(object))))
    return error;
  llvm::Expected<llvm::orc::ExecutorAddr> address = (*jit)->lookup(symbol);
  if (!address)
    return address.takeError();
  std::unique_ptr<LoadedKernel> loaded(new LoadedKernel());
  loaded->jit_ = std::move(*jit);
  loaded->kernel_ = address->toPtr<const tconv_kernel *>();
  return loaded;
}
