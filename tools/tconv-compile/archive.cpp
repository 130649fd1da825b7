// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-compile/archive.h"

#include "compiler/Target/CPU/Codegen.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/Object/ArchiveWriter.h"

using namespace tconv;

Status tconv::tools::tableObject(const std::string &name,
                                 const std::vector<std::string> &kernels,
                                 const mlir::tconv::CpuTarget &target,
                                 std::string &bytes) {
  auto machine = mlir::tconv::createTargetMachine(target);
  if (!machine)
    return {TCONV_COMPILE_ERROR, llvm::toString(machine.takeError())};
  llvm::LLVMContext context;
  llvm::Module module(name + "_kernels", context);
  module.setTargetTriple((*machine)->getTargetTriple());
  module.setDataLayout((*machine)->createDataLayout());
  // The module takes what is made with it as its parent.
  std::vector<llvm::Constant *> addresses;
  addresses.reserve(kernels.size());
  for (const std::string &kernel : kernels)
    addresses.push_back(new llvm::GlobalVariable(
        module, llvm::Type::getInt8Ty(context), /*isConstant=*/true,
        llvm::GlobalValue::ExternalLinkage, nullptr, kernel));
  auto *type = llvm::ArrayType::get(llvm::PointerType::get(context, 0),
                                    addresses.size());
  new llvm::GlobalVariable(
      module, type, /*isConstant=*/true, llvm::GlobalValue::ExternalLinkage,
      llvm::ConstantArray::get(type, addresses), name + "_kernels");
  auto *size = module.getDataLayout().getIntPtrType(context);
  new llvm::GlobalVariable(
      module, size, /*isConstant=*/true, llvm::GlobalValue::ExternalLinkage,
      llvm::ConstantInt::get(size, kernels.size()), name + "_kernel_count");
  auto code = mlir::tconv::generateCode(module, **machine,
                                        llvm::CodeGenFileType::ObjectFile);
  if (!code)
    return {TCONV_COMPILE_ERROR, llvm::toString(code.takeError())};
  bytes.assign(code->begin(), code->end());
  return Status::ok();
}

Status tconv::tools::writeArchive(
    const std::vector<std::pair<std::string, std::string>> &members,
    std::string &bytes) {
  std::vector<llvm::NewArchiveMember> list;
  list.reserve(members.size());
  for (const auto &[name, content] : members)
    list.emplace_back(llvm::MemoryBufferRef(content, name));
  auto buffer = llvm::writeArchiveToBuffer(
      list, llvm::SymtabWritingMode::NormalSymtab, llvm::object::Archive::K_GNU,
      /*Deterministic=*/true, /*Thin=*/false);
  if (!buffer)
    return {TCONV_INTERNAL, "archive: " + llvm::toString(buffer.takeError())};
  bytes = (*buffer)->getBuffer().str();
  return Status::ok();
}
