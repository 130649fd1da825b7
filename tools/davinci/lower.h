// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the text of hivm_text.h to LLVM IR that calls the model.
#ifndef TCONV_TOOLS_DAVINCI_LOWER_H
#define TCONV_TOOLS_DAVINCI_LOWER_H

#include <memory>
#include <string>
#include <vector>

#include "davinci/instructions.h"
#include "layer/layer.h"

namespace llvm {
class LLVMContext;
class Module;
} // namespace llvm

namespace tconv::davinci {

/// MLIR's ordinary passes. Errors name the line of the text.
Status lowerText(const std::string &text, llvm::LLVMContext &context,
                 std::unique_ptr<llvm::Module> &module);

/// Adds from a file of IR or bitcode what the module calls and doesn't have.
/// The target that it was made for is ignored: no other machine's instructions
/// are in it but calls.
Status linkTemplates(llvm::Module &module, const std::string &path);

/// What the model gives to the code; both have C linkage in the JIT.
constexpr const char *kCallSymbol = "tconv_davinci_call";
constexpr const char *kAccessSymbol = "tconv_davinci_access";

/// Turns calls of "llvm.hivm.NAME" and "hivm.NAME" into
///   i64 tconv_davinci_call(i32 index, ptr words)
/// with the index into `instructions`, and accesses to the memories into ones
/// through
///   ptr tconv_davinci_access(i64 address, i32 space, i64 bytes, i1 isWrite).
/// @param entries kernels, each of which gets a function `invoke_NAME(ptr
///   arguments)`, an array of pointers to the arguments
Status instrument(llvm::Module &module, const std::vector<std::string> &entries,
                  std::vector<Instruction> &instructions);

} // namespace tconv::davinci

#endif // TCONV_TOOLS_DAVINCI_LOWER_H
