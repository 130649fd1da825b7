// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Halide/Link.h"

#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/PassInstrumentation.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"
#include "llvm/Transforms/Utils/LowerMemIntrinsics.h"

using namespace llvm;
using namespace mlir::tconv;

/// Halide's allocations. Its context is {where free memory begins, the last
/// block}; a block begins with {the block before it, whether it is free} and
/// takes 64 bytes for that, so that what follows is aligned. What is freed is
/// taken back once all that came after it is free too: at the latest where its
/// scope ends, which is what the workspace's size is computed by. And what is
/// called instead of the C library's memset and memcpy.
static constexpr const char kSupport[] = R"(
define noalias ptr @halide_malloc(ptr %context, i64 %size) {
  %block = load ptr, ptr %context
  %last.at = getelementptr i8, ptr %context, i64 8
  %last = load ptr, ptr %last.at
  store ptr %last, ptr %block
  %free.at = getelementptr i8, ptr %block, i64 8
  store i64 0, ptr %free.at
  %data = getelementptr i8, ptr %block, i64 64
  %more = add i64 %size, 127
  %rounded = and i64 %more, -64
  %end = getelementptr i8, ptr %data, i64 %rounded
  store ptr %end, ptr %context
  store ptr %block, ptr %last.at
  ret ptr %data
}
define void @halide_free(ptr %context, ptr %data) {
entry:
  %block = getelementptr i8, ptr %data, i64 -64
  %free.at = getelementptr i8, ptr %block, i64 8
  store i64 1, ptr %free.at
  %last.at = getelementptr i8, ptr %context, i64 8
  br label %check
check:
  %last = load ptr, ptr %last.at
  %none = icmp eq ptr %last, null
  br i1 %none, label %done, label %look
look:
  %last.free.at = getelementptr i8, ptr %last, i64 8
  %free = load i64, ptr %last.free.at
  %used = icmp eq i64 %free, 0
  br i1 %used, label %done, label %take
take:
  %before = load ptr, ptr %last
  store ptr %last, ptr %context
  store ptr %before, ptr %last.at
  br label %check
done:
  ret void
}
define void @halide_set(ptr %to, i8 %value, i64 %bytes) {
entry:
  %lane = insertelement <32 x i8> poison, i8 %value, i64 0
  %lanes = shufflevector <32 x i8> %lane, <32 x i8> poison, <32 x i32> zeroinitializer
  %whole = and i64 %bytes, -32
  br label %vectors
vectors:
  %i = phi i64 [ 0, %entry ], [ %i.next, %vector ]
  %more = icmp ult i64 %i, %whole
  br i1 %more, label %vector, label %rest
vector:
  %i.to = getelementptr i8, ptr %to, i64 %i
  store <32 x i8> %lanes, ptr %i.to, align 1
  %i.next = add i64 %i, 32
  br label %vectors
rest:
  %j = phi i64 [ %i, %vectors ], [ %j.next, %byte ]
  %left = icmp ult i64 %j, %bytes
  br i1 %left, label %byte, label %done
byte:
  %j.to = getelementptr i8, ptr %to, i64 %j
  store i8 %value, ptr %j.to
  %j.next = add i64 %j, 1
  br label %rest
done:
  ret void
}
define void @halide_copy(ptr %to, ptr %from, i64 %bytes) {
entry:
  %whole = and i64 %bytes, -32
  br label %vectors
vectors:
  %i = phi i64 [ 0, %entry ], [ %i.next, %vector ]
  %more = icmp ult i64 %i, %whole
  br i1 %more, label %vector, label %rest
vector:
  %i.from = getelementptr i8, ptr %from, i64 %i
  %i.to = getelementptr i8, ptr %to, i64 %i
  %eight = load <8 x float>, ptr %i.from, align 1
  store <8 x float> %eight, ptr %i.to, align 1
  %i.next = add i64 %i, 32
  br label %vectors
rest:
  %j = phi i64 [ %i, %vectors ], [ %j.next, %byte ]
  %left = icmp ult i64 %j, %bytes
  br i1 %left, label %byte, label %done
byte:
  %j.from = getelementptr i8, ptr %from, i64 %j
  %j.to = getelementptr i8, ptr %to, i64 %j
  %one = load i8, ptr %j.from
  store i8 %one, ptr %j.to
  %j.next = add i64 %j, 1
  br label %rest
done:
  ret void
}
)";

/// The products of a sum are fused into it, as the compiler's own are; nothing
/// else is left to LLVM's liberty.
static void fuseProducts(Function &function) {
  for (Instruction &instruction : instructions(function))
    if (instruction.getOpcode() == Instruction::FMul ||
        instruction.getOpcode() == Instruction::FAdd) {
      instruction.copyFastMathFlags(FastMathFlags());
      instruction.setHasAllowContract(true);
    }
}

/// LLVM would call the C library for these.
static void expandMemory(Function &function) {
  SmallVector<MemIntrinsic *> found;
  for (Instruction &instruction : instructions(function))
    if (auto *memory = dyn_cast<MemIntrinsic>(&instruction))
      found.push_back(memory);
  for (MemIntrinsic *memory : found) {
    IRBuilder<> b(memory);
    Value *length = b.CreateZExtOrTrunc(memory->getLength(), b.getInt64Ty());
    auto call = [&](StringRef name, Value *from) {
      FunctionCallee callee = function.getParent()->getOrInsertFunction(
          name, b.getVoidTy(), b.getPtrTy(), from->getType(), b.getInt64Ty());
      b.CreateCall(callee, {memory->getRawDest(), from, length});
    };
    if (auto *set = dyn_cast<MemSetInst>(memory)) {
      call("halide_set", set->getValue());
    } else if (auto *move = dyn_cast<MemMoveInst>(memory)) {
      expandMemMoveAsLoop(
          move, TargetTransformInfo(function.getParent()->getDataLayout()));
    } else {
      call("halide_copy", cast<MemCpyInst>(memory)->getRawSource());
    }
    memory->eraseFromParent();
  }
}

/// Halide's own prefetches come in bursts; these are spread over the products.
static void prefetchFactors(Function &function, int64_t ahead) {
  constexpr int kLeastProducts = 8; // of a register tile's step
  for (BasicBlock &block : function) {
    int products = 0;
    SmallVector<LoadInst *> vectors;
    for (Instruction &instruction : block) {
      if (!instruction.getType()->isVectorTy())
        continue;
      products += instruction.getOpcode() == Instruction::FMul;
      if (auto *load = dyn_cast<LoadInst>(&instruction))
        vectors.push_back(load);
    }
    if (products < kLeastProducts)
      continue;
    for (LoadInst *load : vectors) {
      IRBuilder<> b(load);
      Value *place =
          b.CreateConstGEP1_64(b.getInt8Ty(), load->getPointerOperand(),
                               static_cast<uint64_t>(ahead));
      b.CreateIntrinsic(Intrinsic::prefetch, {b.getPtrTy()},
                        {place, b.getInt32(0), b.getInt32(3), b.getInt32(1)});
    }
  }
}

static Error linkIn(Module &module, std::unique_ptr<Module> other) {
  other->setTargetTriple(module.getTargetTriple());
  other->setDataLayout(module.getDataLayout());
  // Flags of Halide's own use; some clash with ours.
  if (NamedMDNode *flags = other->getModuleFlagsMetadata())
    flags->eraseFromParent();
  if (Linker::linkModules(module, std::move(other)))
    return createStringError("the pipeline can't be linked");
  return Error::success();
}

static void setTarget(Function &function, const CpuTarget &target) {
  function.removeFnAttr("tune-cpu");
  function.removeFnAttr("target-features");
  function.addFnAttr("target-cpu", target.cpu);
  if (!target.features.empty())
    function.addFnAttr("target-features", target.features);
  if (target.isX86())
    function.addFnAttr("prefer-vector-width",
                       std::to_string(target.machine.lanes * 32));
  function.addFnAttr("no-builtins");
  function.addFnAttr(Attribute::NoUnwind);
}

Error mlir::tconv::halide::linkPipeline(Module &module, StringRef bitcode,
                                        const CpuTarget &target,
                                        StringRef symbol, int64_t prefetch) {
  LLVMContext &context = module.getContext();
  auto pipeline =
      parseBitcodeFile(MemoryBufferRef(bitcode, "pipeline"), context);
  if (!pipeline)
    return pipeline.takeError();
  for (Function &function : **pipeline) {
    fuseProducts(function);
    expandMemory(function);
    if (prefetch)
      prefetchFactors(function, prefetch);
  }
  if (Error error = linkIn(module, std::move(*pipeline)))
    return error;
  SMDiagnostic diagnostic;
  std::unique_ptr<Module> support =
      parseAssemblyString(kSupport, diagnostic, context);
  if (!support)
    return createStringError("support: " + diagnostic.getMessage());
  if (Error error = linkIn(module, std::move(support)))
    return error;

  // Names that Halide made depend on what it compiled before.
  unsigned number = 0;
  for (GlobalObject &global : module.global_objects()) {
    if (global.isDeclaration() || global.getName() == symbol)
      continue;
    if (!global.hasLocalLinkage()) {
      global.setLinkage(GlobalValue::InternalLinkage);
      global.setVisibility(GlobalValue::DefaultVisibility);
      global.setDSOLocal(true);
    }
    global.setComdat(nullptr);
    if (!global.getName().starts_with(symbol))
      global.setName(symbol + "_" + Twine(number++));
  }
  for (Function &function : module)
    if (!function.isDeclaration())
      setTarget(function, target);

  // Not by PassBuilder, which would bring all of LLVM's passes along.
  FunctionAnalysisManager functions;
  ModuleAnalysisManager modules;
  functions.registerPass([] { return PassInstrumentationAnalysis(); });
  modules.registerPass([] { return PassInstrumentationAnalysis(); });
  modules.registerPass(
      [&] { return FunctionAnalysisManagerModuleProxy(functions); });
  GlobalDCEPass().run(module, modules);

  std::string broken;
  raw_string_ostream stream(broken);
  if (verifyModule(module, &stream))
    return createStringError("the pipeline can't be linked: " + broken);
  for (const Function &function : module)
    if (function.isDeclaration() && !function.isIntrinsic())
      return createStringError("Halide's code calls " + function.getName());
  return Error::success();
}
