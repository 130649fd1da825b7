// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "davinci/lower.h"

#include <map>

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include "llvm/IRReader/IRReader.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/SourceMgr.h"

using namespace llvm;

namespace tconv::davinci {
namespace {

/// "MAD.f162f32" of "llvm.hivm.MAD.f162f32" or "hivm.MAD.f162f32"; else "".
StringRef instructionName(const Value *callee) {
  if (!isa_and_nonnull<Function>(callee))
    return "";
  StringRef name = callee->getName();
  name.consume_front("llvm.");
  return name.consume_front("hivm.") ? name : "";
}

bool isMemory(const Value *pointer) {
  unsigned space = pointer->getType()->getPointerAddressSpace();
  return space > 0 && space < static_cast<unsigned>(kSpaces);
}

class Instrumenter {
public:
  Instrumenter(Module &module, std::vector<tconv::davinci::Instruction> &known)
      : module(module), known(known), context(module.getContext()) {
    Type *i32 = Type::getInt32Ty(context);
    Type *i64 = Type::getInt64Ty(context);
    Type *pointer = PointerType::get(context, 0);
    call = module.getOrInsertFunction(kCallSymbol, i64, i32, pointer);
    access = module.getOrInsertFunction(kAccessSymbol, pointer, i64, i32, i64,
                                        Type::getInt1Ty(context));
  }

  Status run() {
    for (Function &function : module) {
      function.removeFnAttr("target-cpu");
      function.removeFnAttr("target-features");
      std::vector<llvm::Instruction *> all;
      for (BasicBlock &block : function)
        for (llvm::Instruction &one : block)
          all.push_back(&one);
      // One array for the words of all calls.
      words = nullptr;
      for (llvm::Instruction *one : all)
        if (Status status = change(function, *one))
          return status;
    }
    return Status::ok();
  }

  Status addInvoker(const std::string &entry) {
    Function *target = module.getFunction("_mlir_ciface_" + entry);
    if (!target || target->isDeclaration())
      return Status(TCONV_NOT_FOUND, "kernel '" + entry + "' is not in the IR");
    Type *pointer = PointerType::get(context, 0);
    Function *invoker = Function::Create(
        FunctionType::get(Type::getVoidTy(context), {pointer}, false),
        GlobalValue::ExternalLinkage, "invoke_" + entry, module);
    IRBuilder<> builder(BasicBlock::Create(context, "", invoker));
    std::vector<Value *> arguments;
    for (Argument &argument : target->args()) {
      Value *slot = builder.CreateConstGEP1_64(pointer, invoker->getArg(0),
                                               argument.getArgNo());
      Value *at = builder.CreateLoad(pointer, slot);
      arguments.push_back(builder.CreateLoad(argument.getType(), at));
    }
    builder.CreateCall(target, arguments);
    builder.CreateRetVoid();
    return Status::ok();
  }

private:
  Status change(Function &function, llvm::Instruction &one) {
    if (auto *calling = dyn_cast<CallInst>(&one)) {
      StringRef name = instructionName(calling->getCalledOperand());
      if (!name.empty())
        return changeCall(function, *calling, name.str());
    }
    if (auto *load = dyn_cast<LoadInst>(&one)) {
      if (isMemory(load->getPointerOperand()))
        load->setOperand(0, translated(one, load->getPointerOperand(),
                                       load->getType(), false));
    } else if (auto *store = dyn_cast<StoreInst>(&one)) {
      if (isMemory(store->getPointerOperand()))
        store->setOperand(1, translated(one, store->getPointerOperand(),
                                        store->getValueOperand()->getType(),
                                        true));
    } else if (auto *moving = dyn_cast<AnyMemIntrinsic>(&one)) {
      bool touches = isMemory(moving->getRawDest());
      if (auto *transfer = dyn_cast<AnyMemTransferInst>(moving))
        touches |= isMemory(transfer->getRawSource());
      if (touches)
        return unsupported(function, "a block copy by the scalar unit");
    } else if (isa<AtomicRMWInst, AtomicCmpXchgInst>(one)) {
      return unsupported(function, "an atomic operation");
    }
    return Status::ok();
  }

  Status unsupported(Function &function, const char *what) {
    return Status(TCONV_UNSUPPORTED, (what + std::string(" in function '") +
                                      function.getName().str() + "'"));
  }

  Value *translated(llvm::Instruction &one, Value *pointer, Type *type,
                    bool isWrite) {
    IRBuilder<> builder(&one);
    uint64_t bytes =
        module.getDataLayout().getTypeStoreSize(type).getFixedValue();
    return builder.CreateCall(
        access, {builder.CreatePtrToInt(pointer, builder.getInt64Ty()),
                 builder.getInt32(pointer->getType()->getPointerAddressSpace()),
                 builder.getInt64(bytes), builder.getInt1(isWrite)});
  }

  /// A scalar's bits as a word.
  Value *wordOf(IRBuilder<> &builder, Value *value) {
    Type *type = value->getType();
    if (type->isPointerTy())
      return builder.CreatePtrToInt(value, builder.getInt64Ty());
    if (type->isFloatingPointTy())
      value = builder.CreateBitCast(
          value, builder.getIntNTy(type->getPrimitiveSizeInBits()));
    return builder.CreateZExtOrTrunc(value, builder.getInt64Ty());
  }

  Status changeCall(Function &function, CallInst &calling,
                    const std::string &name) {
    constexpr unsigned kMost = 8;
    if (calling.arg_size() > kMost)
      return unsupported(function, ("a call of " + name).c_str());
    auto [at, isNew] = indices.emplace(name, known.size());
    if (isNew)
      known.push_back(makeInstruction(name));
    const auto &instruction = known[at->second];
    // What has another number of operands is not what the model knows.
    if (instruction.arguments >= 0 &&
        instruction.arguments != static_cast<int>(calling.arg_size()))
      return unsupported(
          function,
          (name + " with " + std::to_string(calling.arg_size()) + " operands")
              .c_str());
    IRBuilder<> builder(context);
    if (!words) {
      builder.SetInsertPoint(&function.getEntryBlock(),
                             function.getEntryBlock().begin());
      words = builder.CreateAlloca(ArrayType::get(builder.getInt64Ty(), kMost));
    }
    builder.SetInsertPoint(&calling);
    for (unsigned index = 0; index < calling.arg_size(); ++index)
      builder.CreateStore(
          wordOf(builder, calling.getArgOperand(index)),
          builder.CreateConstGEP1_64(builder.getInt64Ty(), words, index));
    Value *result = builder.CreateCall(
        call, {builder.getInt32(static_cast<uint32_t>(at->second)), words});
    Type *type = calling.getType();
    if (type->isPointerTy())
      calling.replaceAllUsesWith(builder.CreateIntToPtr(result, type));
    else if (type->isIntegerTy())
      calling.replaceAllUsesWith(builder.CreateZExtOrTrunc(result, type));
    else if (!type->isVoidTy())
      return unsupported(function, ("the result of " + name).c_str());
    calling.eraseFromParent();
    return Status::ok();
  }

  Module &module;
  std::vector<tconv::davinci::Instruction> &known;
  LLVMContext &context;
  FunctionCallee call;
  FunctionCallee access;
  std::map<std::string, size_t> indices;
  Value *words = nullptr;
};

} // namespace

Status linkTemplates(Module &module, const std::string &path) {
  SMDiagnostic diagnostic;
  std::unique_ptr<Module> templates =
      getLazyIRFileModule(path, diagnostic, module.getContext());
  if (!templates)
    return Status(TCONV_NOT_FOUND,
                  "templates '" + path + "': " + diagnostic.getMessage().str());
  templates->setTargetTriple(module.getTargetTriple());
  templates->setDataLayout(module.getDataLayout());
  if (Linker::linkModules(module, std::move(templates),
                          Linker::Flags::LinkOnlyNeeded))
    return Status(TCONV_INVALID_VALUE,
                  "templates '" + path + "' can't be linked");
  return Status::ok();
}

Status instrument(Module &module, const std::vector<std::string> &entries,
                  std::vector<tconv::davinci::Instruction> &instructions) {
  Instrumenter instrumenter(module, instructions);
  if (Status status = instrumenter.run())
    return status;
  for (const std::string &entry : entries)
    if (Status status = instrumenter.addInvoker(entry))
      return status;
  return Status::ok();
}

} // namespace tconv::davinci
