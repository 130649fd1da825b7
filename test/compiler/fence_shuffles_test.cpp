// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pass fence-shuffles: what it puts where, and that code stays what it was.
#include "test/compiler/llvm_module.h"

#include "compiler/Target/CPU/FenceShuffles.h"

#include "llvm/IR/Instructions.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir::tconv;

namespace {

/// Four vectors, interleaved in two steps, and a broadcast that a shuffle
/// reads.
std::string network(int lanes) {
  auto mask = [&](int first) {
    std::string text;
    for (int i = 0; i < lanes; ++i)
      text += llvm::formatv("{0}i32 {1}", i ? ", " : "",
                            first + i / 2 + i % 2 * lanes);
    return text;
  };
  return llvm::formatv(R"(
define void @f(ptr %p, ptr %q, float %s) {{
  %a = load <{0} x float>, ptr %p
  %pb = getelementptr i8, ptr %p, i64 64
  %b = load <{0} x float>, ptr %pb
  %pc = getelementptr i8, ptr %p, i64 128
  %c = load <{0} x float>, ptr %pc
  %e = insertelement <{0} x float> poison, float %s, i64 0
  %d = shufflevector <{0} x float> %e, <{0} x float> poison, <{0} x i32> zeroinitializer
  %ac = shufflevector <{0} x float> %a, <{0} x float> %c, <{0} x i32> <{1}>
  %bd = shufflevector <{0} x float> %b, <{0} x float> %d, <{0} x i32> <{1}>
  %low = shufflevector <{0} x float> %ac, <{0} x float> %bd, <{0} x i32> <{1}>
  %high = shufflevector <{0} x float> %ac, <{0} x float> %bd, <{0} x i32> <{2}>
  store <{0} x float> %low, ptr %q
  %qh = getelementptr i8, ptr %q, i64 64
  store <{0} x float> %high, ptr %qh
  %qa = getelementptr i8, ptr %q, i64 128
  store <{0} x float> %ac, ptr %qa
  ret void
}
)",
                       lanes, mask(0), mask(lanes / 2));
}

size_t count(llvm::StringRef text, llvm::StringRef part) {
  return text.count(part);
}

/// Lines of assembly that are instructions.
size_t instructionsOf(Module &module) {
  auto code = generateCode(*module.module, *module.machine,
                           llvm::CodeGenFileType::AssemblyFile);
  EXPECT_TRUE(static_cast<bool>(code));
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(code->data(), code->size()).split(lines, '\n');
  return llvm::count_if(lines, [](llvm::StringRef line) {
    return line.starts_with("\t") && !line.starts_with("\t.") &&
           !line.starts_with("\t#");
  });
}

constexpr const char *kAvx512 = "cpu:x86-64-v4";

/// The network of so many lanes and what the pass makes of it.
struct Fenced {
  Fenced(int lanes, const char *target)
      : before(network(lanes), target), after(network(lanes), target) {
    after.run(FenceShufflesPass());
  }
  Module before, after;
};

TEST(FenceShuffles, BehindShufflesThatShufflesRead) {
  Fenced f(16, kAvx512);
  std::string text = f.after.text();
  // The two of the first step: not the broadcast, nor what is only stored.
  EXPECT_EQ(count(text, "call <16 x float> @llvm.arithmetic.fence"), 2u)
      << text;
  EXPECT_EQ(count(text, "shufflevector"), 5u) << text;
  // Every other use of them is behind the fence too, so that no copy is needed.
  for (llvm::Instruction &instruction : f.after.module->begin()->front()) {
    if (auto *call = llvm::dyn_cast<llvm::CallInst>(&instruction)) {
      EXPECT_TRUE(call->getArgOperand(0)->hasOneUse());
    }
  }
}

TEST(FenceShuffles, OnlyWhereTheSearchTakesTime) {
  for (auto [lanes, target] :
       {std::pair(8, kX86), std::pair(8, kAvx512), std::pair(4, kArm)}) {
    Fenced f(lanes, target);
    EXPECT_EQ(f.after.text(), f.before.text()) << target;
  }
}

TEST(FenceShuffles, CostNoInstruction) {
  Fenced f(16, kAvx512);
  EXPECT_EQ(instructionsOf(f.after), instructionsOf(f.before));
}

} // namespace
