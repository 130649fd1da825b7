// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pass reduce-addresses: what it makes of loops, and that random ones do
// afterwards what they did before.
#include "test/compiler/llvm_module.h"

#include "compiler/Target/CPU/ReduceAddresses.h"

#include "llvm/ExecutionEngine/GenericValue.h"
#include "llvm/ExecutionEngine/Interpreter.h"
#include "llvm/IR/OptBisect.h"
#include "llvm/Support/FormatVariadic.h"
#include <random>

using namespace mlir::tconv;

namespace {

constexpr const char *kDeclarations = R"(
declare void @llvm.prefetch.p0(ptr, i32, i32, i32)
declare <8 x float> @llvm.masked.load.v8f32.p0(ptr, <8 x i1>, <8 x float>)
declare void @llvm.masked.store.v8f32.p0(<8 x float>, ptr, <8 x i1>)
)";

/// What comes of a function.
void expectReduced(const std::string &before, const std::string &after,
                   const char *target = kX86) {
  Module reduced(before + kDeclarations, target);
  reduced.run(ReduceAddressesPass());
  EXPECT_EQ(reduced.text(), Module(after + kDeclarations, target).text());
}

void expectUntouched(const std::string &function, const char *target = kX86) {
  expectReduced(function, function, target);
}

/// A loop over %i from 0 to %n.
std::string loop(const std::string &body, const std::string &preheader = "",
                 const std::string &phis = "", const std::string &latch = "",
                 const std::string &start = "0") {
  return llvm::formatv(R"(
define void @f(ptr %p, ptr %q, i64 %n, i64 %m, <8 x i1> %mask) {{
entry:
{1}  br label %loop
loop:
  %i = phi i64 [ {4}, %entry ], [ %next, %loop ]
{2}{0}  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %n
{3}  br i1 %more, label %loop, label %exit
exit:
  ret void
}
)",
                       body, preheader, phis, latch, start);
}

TEST(ReduceAddresses, FoldedOnesStay) {
  expectUntouched(loop(R"(
  %a = getelementptr inbounds float, ptr %p, i64 %i
  %b = getelementptr i8, ptr %a, i64 32
  %x = load float, ptr %b
  %j = shl i64 %i, 3
  %c = getelementptr i8, ptr %q, i64 %j
  store float %x, ptr %c
)"));
}

TEST(ReduceAddresses, PointersThatGrowStay) {
  std::string growing =
      loop(R"(
  %a = getelementptr i8, ptr %r, i64 64
  %x = load float, ptr %a
  %s = getelementptr i8, ptr %r, i64 96
)",
           "", "  %r = phi ptr [ %p, %entry ], [ %s, %loop ]\n");
  expectUntouched(growing);
  expectUntouched(growing, kArm);
}

TEST(ReduceAddresses, TheCounterServesWhereItsScalesDo) {
  expectReduced(loop(R"(
  %j = add i64 %i, %m
  %a = getelementptr inbounds nuw float, ptr %p, i64 %j
  %x = load float, ptr %a
  %b = getelementptr inbounds nuw double, ptr %q, i64 %j
  store float %x, ptr %b
)"),
                loop(R"(
  %j = mul i64 %i, 4
  %a = getelementptr i8, ptr %base, i64 %j
  %x = load float, ptr %a
  %k = mul i64 %i, 8
  %b = getelementptr i8, ptr %other, i64 %k
  store float %x, ptr %b
)",
                     R"(
  %base = getelementptr float, ptr %p, i64 %m
  %other = getelementptr double, ptr %q, i64 %m
)"));
}

TEST(ReduceAddresses, OneOffsetServesMultiplesOfAStep) {
  // A step of 256 is too far from 16 and has an offset of its own.
  expectReduced(loop(R"(
  %j = shl i64 %i, 2
  %a = getelementptr float, ptr %p, i64 %j
  %x = load float, ptr %a
  %k = shl i64 %i, 7
  %b = getelementptr i8, ptr %q, i64 %k
  store float %x, ptr %b
  %l = mul i64 %i, 256
  %c = getelementptr i8, ptr %q, i64 %l
  store float %x, ptr %c
)"),
                loop(R"(
  %a = getelementptr i8, ptr %p, i64 %o
  %x = load float, ptr %a
  %j = mul i64 %o, 8
  %b = getelementptr i8, ptr %q, i64 %j
  store float %x, ptr %b
  %c = getelementptr i8, ptr %q, i64 %u
  store float %x, ptr %c
)",
                     "",
                     "  %o = phi i64 [ 0, %entry ], [ %w, %loop ]\n"
                     "  %u = phi i64 [ 0, %entry ], [ %v, %loop ]\n",
                     "  %w = add i64 %o, 16\n"
                     "  %v = add i64 %u, 256\n"));
}

TEST(ReduceAddresses, ConstantDifferencesBecomeDisplacements) {
  // Also where the bases are apart before the loop, and behind an or.
  expectReduced(loop(R"(
  %j = mul i64 %i, 48
  %k = add i64 %j, %m
  %a = getelementptr i8, ptr %p, i64 %k
  %b = getelementptr i8, ptr %a, i64 8192
  call void @llvm.prefetch.p0(ptr %b, i32 0, i32 3, i32 1)
  %x = call <8 x float> @llvm.masked.load.v8f32.p0(ptr %a, <8 x i1> %mask, <8 x float> zeroinitializer)
  %l = or disjoint i64 %j, 4
  %n1 = add i64 %l, %m
  %c = getelementptr i8, ptr %p, i64 %n1
  call void @llvm.masked.store.v8f32.p0(<8 x float> %x, ptr %c, <8 x i1> %mask)
  %d = getelementptr i8, ptr %far, i64 %j
  store i8 1, ptr %d
)",
                     "  %near = getelementptr i8, ptr %p, i64 %m\n"
                     "  %far = getelementptr i8, ptr %near, i64 -1024\n"),
                loop(R"(
  %a = getelementptr i8, ptr %base, i64 %o
  %b = getelementptr i8, ptr %a, i64 8192
  call void @llvm.prefetch.p0(ptr %b, i32 0, i32 3, i32 1)
  %x = call <8 x float> @llvm.masked.load.v8f32.p0(ptr %a, <8 x i1> %mask, <8 x float> zeroinitializer)
  %c = getelementptr i8, ptr %a, i64 4
  call void @llvm.masked.store.v8f32.p0(<8 x float> %x, ptr %c, <8 x i1> %mask)
  %d = getelementptr i8, ptr %a, i64 -1024
  store i8 1, ptr %d
)",
                     "  %base = getelementptr i8, ptr %p, i64 %m\n",
                     "  %o = phi i64 [ 0, %entry ], [ %v, %loop ]\n",
                     "  %v = add i64 %o, 48\n"));
}

TEST(ReduceAddresses, CountersThatDoNotStartAtZero) {
  std::string body = R"(
  %j = mul i64 %i, 24
  %a = getelementptr i8, ptr %p, i64 %j
  store i8 1, ptr %a
)";
  expectReduced(loop(body, "", "", "", "%m"),
                loop(R"(
  %a = getelementptr i8, ptr %base, i64 %o
  store i8 1, ptr %a
)",
                     "  %j = mul i64 %m, 24\n"
                     "  %base = getelementptr i8, ptr %p, i64 %j\n",
                     "  %o = phi i64 [ 0, %entry ], [ %v, %loop ]\n",
                     "  %v = add i64 %o, 24\n", "%m"));
}

/// Loads at a displacement, from an address that grows by 24.
const char *const kDisplaced = R"(
  %j = mul i64 %i, 24
  %a = getelementptr i8, ptr %p, i64 %j
  %x = load float, ptr %a
  %b = getelementptr i8, ptr %a, i64 8
  store float %x, ptr %b
)";

TEST(ReduceAddresses, BasesGrowWhereOffsetsHaveNoDisplacement) {
  expectReduced(loop(kDisplaced),
                loop(R"(
  %x = load float, ptr %r
  %b = getelementptr i8, ptr %r, i64 8
  store float %x, ptr %b
)",
                     "", "  %r = phi ptr [ %p, %entry ], [ %s, %loop ]\n",
                     "  %s = getelementptr i8, ptr %r, i64 24\n"),
                kArm);
}

TEST(ReduceAddresses, InnermostLoopsOnly) {
  auto nest = [](const char *before, const char *phi, const char *body,
                 const char *latch) {
    return llvm::formatv(R"(
define void @f(ptr %p, i64 %n) {{
entry:
  br label %outer
outer:
  %i = phi i64 [ 0, %entry ], [ %i1, %end ]
  %j = mul i64 %i, 40
  %a = getelementptr i8, ptr %p, i64 %j
  store i8 1, ptr %a
{0}  br label %inner
inner:
  %k = phi i64 [ 0, %outer ], [ %k1, %inner ]
{1}{2}  store i8 2, ptr %b
  %k1 = add i64 %k, 1
  %more = icmp slt i64 %k1, %n
{3}  br i1 %more, label %inner, label %end
end:
  %i1 = add i64 %i, 1
  %again = icmp slt i64 %i1, %n
  br i1 %again, label %outer, label %exit
exit:
  ret void
}
)",
                         before, phi, body, latch)
        .str();
  };
  expectReduced(nest("", "", R"(
  %l = mul i64 %k, 24
  %m = add i64 %j, %l
  %b = getelementptr i8, ptr %p, i64 %m
)",
                     ""),
                nest("  %base = getelementptr i8, ptr %p, i64 %j\n",
                     "  %o = phi i64 [ 0, %outer ], [ %v, %inner ]\n",
                     "  %b = getelementptr i8, ptr %base, i64 %o\n",
                     "  %v = add i64 %o, 24\n"));
}

TEST(ReduceAddresses, LoopsWithoutAPreheaderStay) {
  const char *function = R"(
define void @f(ptr %p, i64 %n, i1 %either) {
entry:
  br i1 %either, label %loop, label %other
other:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ 0, %other ], [ %next, %loop ]
  %j = mul i64 %i, 24
  %a = getelementptr i8, ptr %p, i64 %j
  store i8 1, ptr %a
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %n
  br i1 %more, label %loop, label %exit
exit:
  ret void
}
)";
  expectUntouched(function);
}

TEST(ReduceAddresses, LoopsWithTwoLatchesStay) {
  const char *function = R"(
define void @f(ptr %p, i64 %n, i1 %either) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ], [ %next, %other ]
  %j = mul i64 %i, 24
  %a = getelementptr i8, ptr %p, i64 %j
  store i8 1, ptr %a
  %next = add i64 %i, 1
  br i1 %either, label %loop, label %other
other:
  %more = icmp slt i64 %next, %n
  br i1 %more, label %loop, label %exit
exit:
  ret void
}
)";
  expectUntouched(function);
}

TEST(ReduceAddresses, WhatDoesNotGrowByAConstantStays) {
  expectUntouched(loop(R"(
  %j = mul i64 %i, %m
  %a = getelementptr i8, ptr %p, i64 %j
  %x = load i64, ptr %a
  %b = getelementptr i8, ptr %q, i64 %x
  store i8 1, ptr %b
  %short = trunc i64 %i to i32
  %k = mul i32 %short, 24
  %c = getelementptr i8, ptr %q, i32 %k
  store i8 1, ptr %c
)"));
}

TEST(ReduceAddresses, StepsWithoutAQuotientStay) {
  expectUntouched(loop(R"(
  %back = sub i64 %down, 1
  %j = shl i64 %down, 63
  %a = getelementptr i8, ptr %p, i64 %j
  store i8 1, ptr %a
)",
                       "",
                       "  %down = phi i64 [ 0, %entry ], [ %back, %loop ]\n"));
}

TEST(ReduceAddresses, NoMoreBasesThanThereAreRegisters) {
  auto many = [](int count) {
    std::string body = "  %j = mul i64 %i, 24\n";
    for (int i = 0; i < count; ++i)
      body += llvm::formatv("  %j{0} = mul i64 %m, {1}\n"
                            "  %k{0} = add i64 %j{0}, %j\n"
                            "  %a{0} = getelementptr i8, ptr %p, i64 %k{0}\n"
                            "  store i8 1, ptr %a{0}\n",
                            i, i + 2)
                  .str();
    return loop(body);
  };
  expectUntouched(many(13));
  Module few(many(12), kX86);
  std::string before = few.text();
  few.run(ReduceAddressesPass());
  EXPECT_NE(few.text(), before);
}

/// Random functions f(ptr %p, i64 %a, i64 %b, i64 %c) of two nested loops whose
/// stores stay within kRoom bytes of %p.
class RandomLoop {
public:
  static constexpr int64_t kRoom = 1 << 16;
  static constexpr int64_t kTurns = 5;    ///< at most, of either loop
  static constexpr int64_t kArgument = 7; ///< how large a to c are at most

  explicit RandomLoop(uint32_t seed) : random(seed) {}

  std::string text() {
    std::string start = pick({"0", "3", "%c", "%i"});
    int64_t step = pick({1, 1, 2, -1, 12});
    int64_t pointerStep = pick({1, 8, 24, -40});
    // The counter's largest size, for start and all turns.
    int64_t counter = kArgument + kTurns * std::abs(step);
    values = {{"%a", kArgument},      {"%b", kArgument},
              {"%i", kTurns},         {"%hoisted", 2 * kArgument},
              {"%turn", kTurns},      {"%j", counter},
              {"%j24", 24 * counter}, {"%j24", 24 * counter}};
    std::string body;
    for (int i = 0, count = 1 + random() % 6; i < count; ++i)
      body += store(i, kTurns * std::abs(pointerStep));
    // Loops come from MLIR with their test at the beginning.
    std::string first, last;
    int64_t turns = 1 + random() % kTurns;
    if (random() % 2) {
      first = llvm::formatv("  %more = icmp slt i64 %turn, {0}\n"
                            "  br i1 %more, label %within, label %end\n"
                            "within:\n",
                            turns);
      last = "  br label %inner";
    } else {
      last = llvm::formatv("  %more = icmp slt i64 %turn1, {0}\n"
                           "  br i1 %more, label %inner, label %end",
                           turns);
    }
    return llvm::formatv(R"(
define void @f(ptr %p, i64 %a, i64 %b, i64 %c) {{
entry:
  br label %outer
outer:
  %i = phi i64 [ 0, %entry ], [ %i1, %end ]
  %hoisted = add i64 %a, %b
  %start = add i64 {0}, 0
  br label %inner
inner:
  %j = phi i64 [ %start, %outer ], [ %j1, %latch ]
  %r = phi ptr [ %p, %outer ], [ %r1, %latch ]
  %turn = phi i64 [ 0, %outer ], [ %turn1, %latch ]
  %j24 = mul i64 %j, 24
{5}{1}  br label %latch
latch:
  %j1 = add i64 %j, {2}
  %r1 = getelementptr i8, ptr %r, i64 {3}
  %turn1 = add i64 %turn, 1
{6}
end:
  %i1 = add i64 %i, 1
  %again = icmp slt i64 %i1, {4}
  br i1 %again, label %outer, label %exit
exit:
  ret void
}
)",
                         start, body, step, pointerStep, 1 + random() % kTurns,
                         first, last);
  }

private:
  struct Value {
    std::string name;
    int64_t largest; ///< its size
  };

  template <typename T> T pick(std::initializer_list<T> list) {
    return list.begin()[random() % list.size()];
  }
  std::string pick(std::initializer_list<const char *> list) {
    return list.begin()[random() % list.size()];
  }

  /// A store, behind some arithmetic, and at times behind a branch.
  std::string store(int number, int64_t pointerRoom) {
    std::string text;
    if (random() % 3 == 0)
      text += llvm::formatv("  %odd{0} = trunc i64 %turn to i1\n"
                            "  br i1 %odd{0}, label %then{0}, label %else{0}\n"
                            "then{0}:\n",
                            number);
    bool branches = !text.empty();
    size_t known = values.size();
    for (int i = 0, count = random() % 5; i < count; ++i) {
      const Value &left = values[random() % values.size()];
      const Value &right = values[random() % values.size()];
      int64_t factor = pick({1, 2, 3, 4, 16, 24, -8});
      Value value;
      value.name = llvm::formatv("%v{0}.{1}", number, i);
      const char *form;
      switch (random() % 6) {
      case 0:
        form = "  {0} = add nsw i64 {1}, {2}\n";
        value.largest = left.largest + right.largest;
        break;
      case 1:
        form = "  {0} = sub i64 {1}, {2}\n";
        value.largest = left.largest + right.largest;
        break;
      case 2:
        form = "  {0} = mul nsw i64 {1}, {3}\n";
        value.largest = left.largest * std::abs(factor);
        break;
      case 3:
        form = "  {0}s = shl i64 {1}, 3\n"
               "  {0} = or disjoint i64 {0}s, 4\n";
        value.largest = left.largest * 8 + 4;
        break;
      case 4:
        form = "  {0} = shl i64 {1}, 3\n";
        value.largest = left.largest * 8;
        break;
      default:
        form = "  {0} = add i64 {1}, {3}\n";
        value.largest = left.largest + std::abs(factor);
      }
      if (value.largest * 8 > kRoom / 2)
        continue;
      text += llvm::formatv(form, value.name, left.name, right.name, factor);
      values.push_back(value);
    }
    const Value &index =
        values[random() % 2 ? values.size() - 1 : random() % values.size()];
    EXPECT_LT(index.largest * 8 + pointerRoom + 64, kRoom);
    text += llvm::formatv("  %p{0} = getelementptr {1}, ptr {2}, i64 {3}\n"
                          "  %q{0} = getelementptr i8, ptr %p{0}, i64 {4}\n"
                          "  %old{0} = load i32, ptr %q{0}, align 1\n"
                          "  %mixed{0} = mul i32 %old{0}, 31\n"
                          "  %new{0} = add i32 %mixed{0}, {5}\n"
                          "  store i32 %new{0}, ptr %q{0}, align 1\n",
                          number, pick({"i8", "float", "double"}),
                          pick({"%p", "%p", "%r"}), index.name,
                          pick({0, 4, -4, 32}), number + 1);
    if (branches) {
      text += llvm::formatv("  br label %else{0}\nelse{0}:\n", number);
      values.resize(known); // they hold in the branch only
    }
    return text;
  }

  std::mt19937 random;
  std::vector<Value> values;
};

/// What f leaves behind.
std::vector<uint8_t> memoryAfter(std::unique_ptr<llvm::Module> module) {
  std::vector<uint8_t> memory(2 * RandomLoop::kRoom);
  for (size_t i = 0; i < memory.size(); ++i)
    memory[i] = i % 251;
  llvm::Function *f = module->getFunction("f");
  std::string error;
  std::unique_ptr<llvm::ExecutionEngine> engine(
      llvm::EngineBuilder(std::move(module))
          .setEngineKind(llvm::EngineKind::Interpreter)
          .setErrorStr(&error)
          .create());
  EXPECT_TRUE(engine) << error;
  std::vector<llvm::GenericValue> arguments(4);
  arguments[0] = llvm::PTOGV(memory.data() + RandomLoop::kRoom);
  for (int i = 1; i < 4; ++i)
    arguments[i].IntVal = llvm::APInt(64, 2 * i + 1);
  engine->runFunction(f, arguments);
  return memory;
}

TEST(ReduceAddresses, RandomLoopsDoWhatTheyDid) {
  for (const char *target : {kX86, kArm}) {
    int reduced = 0;
    for (uint32_t seed = 0; seed < 400; ++seed) {
      std::string text = RandomLoop(seed).text();
      Module before(text, target), after(text, target);
      after.run(ReduceAddressesPass());
      std::string result = after.text();
      reduced += result != before.text();
      ASSERT_EQ(memoryAfter(std::move(before.module)),
                memoryAfter(std::move(after.module)))
          << target << ", seed " << seed << ":\n"
          << text << result;
    }
    EXPECT_GT(reduced, 200) << target;
  }
}

/// A gate that counts what it is asked, and forbids nothing.
struct CountingGate : llvm::OptPassGate {
  bool isEnabled() const override { return true; }
  bool shouldRunPass(llvm::StringRef name, llvm::StringRef) const override {
    reductions += name == "Loop Strength Reduction";
    others += name != "Loop Strength Reduction";
    return true;
  }
  mutable int reductions = 0;
  mutable int others = 0;
};

TEST(ReduceAddresses, LlvmsStrengthReductionIsLeftOutWhereAsked) {
  for (Addresses addresses : {Addresses::asTheyAre, Addresses::reduced}) {
    Module module(loop(kDisplaced), kX86);
    CountingGate gate;
    module.context.setOptPassGate(gate);
    auto code = generateCode(*module.module, *module.machine,
                             llvm::CodeGenFileType::ObjectFile, addresses);
    ASSERT_TRUE(static_cast<bool>(code));
    EXPECT_EQ(gate.reductions, addresses == Addresses::asTheyAre ? 1 : 0);
    EXPECT_GT(gate.others, 0);
    // The context outlives what held for the code.
    EXPECT_EQ(&module.context.getOptPassGate(), &gate);
  }
}

} // namespace
