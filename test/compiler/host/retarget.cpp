// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "host/retarget.h"

#include <map>
#include <regex>

#include "llvm/IR/Constants.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/ReplaceConstant.h"
#include "llvm/IR/Verifier.h"
#include "llvm/IRReader/IRReader.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace tconv::test;
using namespace llvm;

namespace {

constexpr unsigned kShared = 3, kGlobal = 1;
constexpr StringLiteral kPrefix = "llvm.nvvm.";

std::unique_ptr<Module> parse(const std::string &text, LLVMContext &context,
                              std::string &error) {
  SMDiagnostic diagnostic;
  std::unique_ptr<Module> module =
      parseIR(MemoryBufferRef(text, "kernel"), diagnostic, context);
  if (!module) {
    raw_string_ostream stream(error);
    diagnostic.print("kernel", stream, /*ShowColors=*/false);
  }
  return module;
}

std::string print(const Module &module) {
  std::string text;
  raw_string_ostream stream(text);
  module.print(stream, nullptr);
  return text;
}

std::vector<CallInst *> callsOf(Function &function, StringRef start) {
  std::vector<CallInst *> calls;
  for (Instruction &instruction : instructions(function))
    if (auto *call = dyn_cast<CallInst>(&instruction))
      if (call->getCalledFunction() &&
          call->getCalledFunction()->getName().starts_with(start))
        calls.push_back(call);
  return calls;
}

std::vector<CallInst *> barriersOf(Function &function) {
  return callsOf(function, "llvm.nvvm.barrier.");
}

std::vector<CallInst *> waitsOf(Function &function) {
  return callsOf(function, "llvm.nvvm.cp.async.wait");
}

std::string plant(Function &function, const Planted &planted,
                  int64_t sharedBytes) {
  bool wait = planted.kind == Planted::dropWait;
  switch (planted.kind) {
  case Planted::nothing:
    return "";
  case Planted::dropBarrier:
  case Planted::dropWait: {
    std::vector<CallInst *> calls =
        wait ? waitsOf(function) : barriersOf(function);
    if (planted.which >= static_cast<int>(calls.size()))
      return "there is no barrier or wait " + std::to_string(planted.which);
    calls[planted.which]->eraseFromParent();
    return "";
  }
  case Planted::overrunStores:
    for (Instruction &instruction : instructions(function))
      if (auto *store = dyn_cast<StoreInst>(&instruction))
        if (store->getPointerAddressSpace() == kGlobal) {
          IRBuilder<> builder(store);
          store->setOperand(
              StoreInst::getPointerOperandIndex(),
              builder.CreateGEP(store->getValueOperand()->getType(),
                                store->getPointerOperand(),
                                builder.getInt64(1)));
        }
    return "";
  case Planted::overrunShared: {
    GlobalVariable *shared = function.getParent()->getNamedGlobal(
        (function.getName() + "_shared").str());
    for (Instruction &instruction : instructions(function)) {
      auto *store = dyn_cast<StoreInst>(&instruction);
      auto *call = dyn_cast<CallInst>(&instruction);
      bool copy = call && call->getCalledFunction() && !call->arg_empty() &&
                  call->getCalledFunction()->getName().starts_with(
                      "llvm.nvvm.cp.async.c");
      if (!copy && !(store && store->getPointerAddressSpace() == kShared))
        continue;
      IRBuilder<> builder(&instruction);
      instruction.setOperand(copy ? 0 : StoreInst::getPointerOperandIndex(),
                             builder.CreateGEP(builder.getInt8Ty(), shared,
                                               builder.getInt64(sharedBytes)));
      return "";
    }
    return "there is no write to shared memory";
  }
  }
  return "";
}

/// Gives a kernel its block's shared memory in place of a variable.
std::string replaceShared(Function &function, int64_t &bytes) {
  Module &module = *function.getParent();
  std::string name = (function.getName() + "_shared").str();
  GlobalVariable *variable = module.getNamedGlobal(name);
  if (!variable)
    return "";
  bytes = static_cast<int64_t>(
      module.getDataLayout().getTypeAllocSize(variable->getValueType()));
  convertUsersOfConstantsToInstructions({variable});
  auto type = PointerType::get(module.getContext(), kShared);
  FunctionCallee shared = module.getOrInsertFunction("tconv_gpu_shared", type);
  IRBuilder<> builder(&*function.getEntryBlock().begin());
  variable->replaceAllUsesWith(builder.CreateCall(shared));
  variable->eraseFromParent();
  return "";
}

std::string hostName(const Function &intrinsic) {
  std::string name = "tconv_gpu_";
  for (char c : intrinsic.getName().drop_front(kPrefix.size()))
    name += c == '.' ? '_' : c;
  return name;
}

/// A C function can't return four words as an intrinsic does: it writes them.
void returnByMemory(Function &intrinsic) {
  Type *result = intrinsic.getReturnType();
  std::vector<Type *> types = {PointerType::get(intrinsic.getContext(), 0)};
  for (Type *type : intrinsic.getFunctionType()->params())
    types.push_back(type->isVectorTy() ? Type::getInt32Ty(type->getContext())
                                       : type);
  FunctionCallee function = intrinsic.getParent()->getOrInsertFunction(
      hostName(intrinsic) + "_by_memory",
      FunctionType::get(Type::getVoidTy(intrinsic.getContext()), types, false));
  std::map<Function *, Value *> places;
  for (User *user : make_early_inc_range(intrinsic.users())) {
    auto *call = cast<CallInst>(user);
    Value *&place = places[call->getFunction()];
    if (!place)
      place = IRBuilder<>(&*call->getFunction()->getEntryBlock().begin())
                  .CreateAlloca(result);
    IRBuilder<> builder(call);
    std::vector<Value *> arguments = {place};
    for (auto [i, argument] : enumerate(call->args()))
      arguments.push_back(builder.CreateBitCast(argument, types[i + 1]));
    builder.CreateCall(function, arguments);
    call->replaceAllUsesWith(builder.CreateLoad(result, place));
    call->eraseFromParent();
  }
}

/// What a GPU does becomes calls of ordinary functions.
void renameIntrinsics(Module &module) {
  for (Function &function : make_early_inc_range(module)) {
    if (!function.getName().starts_with(kPrefix))
      continue;
    if (function.getReturnType()->isStructTy()) {
      returnByMemory(function);
      function.eraseFromParent();
      continue;
    }
    // What an intrinsic promises, such as touching no memory, a copy that is
    // done later does not keep.
    function.setAttributes({});
    for (User *user : function.users())
      cast<CallInst>(user)->setAttributes({});
    function.setName(hostName(function));
  }
}

} // namespace

std::string tconv::test::retarget(const std::string &ir,
                                  const std::string &runEntry,
                                  const std::string &packEntry,
                                  Sanitizer sanitizer, const Planted &planted,
                                  HostKernels &kernels) {
  LLVMContext context;
  std::string error;
  std::unique_ptr<Module> module = parse(ir, context, error);
  if (!module)
    return error;
  Function *run = module->getFunction(runEntry);
  Function *pack = module->getFunction(packEntry);
  if (!run || !pack)
    return "there is no " + runEntry + " or no " + packEntry;
  kernels.barriers = static_cast<int>(barriersOf(*run).size());
  kernels.waits = static_cast<int>(waitsOf(*run).size());
  if (GlobalVariable *shared = module->getNamedGlobal(runEntry + "_shared"))
    kernels.runShared = static_cast<int64_t>(
        module->getDataLayout().getTypeAllocSize(shared->getValueType()));
  if (error = plant(*run, planted, kernels.runShared); !error.empty())
    return error;
  for (auto [function, bytes] :
       {std::pair(run, &kernels.runShared), {pack, &kernels.packShared}}) {
    if (error = replaceShared(*function, *bytes); !error.empty())
      return error;
    function->setCallingConv(CallingConv::C);
    function->setAttributes({});
    function->addFnAttr(sanitizer == Sanitizer::address
                            ? Attribute::SanitizeAddress
                            : Attribute::SanitizeThread);
  }
  renameIntrinsics(*module);
  module->setTargetTriple(Triple());
  module->setDataLayout("");
  // The host has one address space.
  static const std::regex space(" addrspace\\([0-9]+\\)"),
      cast("addrspacecast");
  std::string text = std::regex_replace(print(*module), space, "");
  kernels.text = std::regex_replace(text, cast, "bitcast");
  // So that what went wrong here is not clang's to say.
  return parse(kernels.text, context, error) ? "" : error;
}
