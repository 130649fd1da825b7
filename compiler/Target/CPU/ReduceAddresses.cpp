// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/CPU/ReduceAddresses.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Analysis/InstSimplifyFolder.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Operator.h"
#include "llvm/IR/PatternMatch.h"
#include "llvm/Transforms/Utils/Local.h"
#include <memory>

using namespace llvm;
using namespace llvm::PatternMatch;
using namespace mlir::tconv;

namespace {

/// Integer registers that may hold bases: the rest of x86's sixteen are the
/// stack's, the offsets' and the loop's bound.
constexpr size_t kMaxBases = 12;
/// A displacement like any other, to ask whether a machine has such at all.
constexpr int64_t kDisplacement = 16;
/// How far back values from outside of the loop are taken apart.
constexpr int kMaxDepth = 8;

/// constant + the sum of factor * value, modulo 2^64. Values are from outside
/// of the loop, or phis of its header that grow by a constant.
struct Sum {
  struct Term {
    Value *value;
    uint64_t factor;
    bool operator==(const Term &other) const {
      return value == other.value && factor == other.factor;
    }
  };
  SmallVector<Term, 4> terms;
  uint64_t constant = 0;

  void add(const Sum &other, uint64_t factor) {
    constant += other.constant * factor;
    for (const Term &term : other.terms)
      add(term.value, term.factor * factor);
  }
  void add(Value *value, uint64_t factor) {
    // In an order of addresses: it only has to be the same for equal sums.
    auto *place =
        llvm::lower_bound(terms, value, [](const Term &term, Value *value) {
          return term.value < value;
        });
    if (place == terms.end() || place->value != value)
      place = terms.insert(place, {value, 0});
    place->factor += factor;
    if (place->factor == 0)
      terms.erase(place);
  }
};

/// A load, store or prefetch whose address grows by a constant.
struct Access {
  Use *address;
  Type *type; ///< of what lies there
  const Sum *sum;
  int64_t step; ///< bytes a turn
  size_t group = 0;
};

/// What grows in a loop: a counter that is there, or an offset in bytes.
struct Offset {
  int64_t step;
  PHINode *phi; ///< null until it is made
};

/// Addresses that are the same but for their displacement.
struct Group {
  const Access *anchor; ///< the one with displacement 0
  size_t offset;        ///< index of what is added to the base
  int64_t scale;        ///< of the offset; 0: there is none, the base grows
  bool folded;          ///< each address is what it should be already
  Value *base = nullptr;
};

/// The operand that says where an instruction reads or writes at one plain
/// address, and the type of what it does there; null for other instructions.
std::pair<Use *, Type *> addressOf(Instruction &instruction) {
  if (auto *load = dyn_cast<LoadInst>(&instruction))
    return {&load->getOperandUse(LoadInst::getPointerOperandIndex()),
            load->getType()};
  if (auto *store = dyn_cast<StoreInst>(&instruction))
    return {&store->getOperandUse(StoreInst::getPointerOperandIndex()),
            store->getValueOperand()->getType()};
  auto *call = dyn_cast<IntrinsicInst>(&instruction);
  if (!call)
    return {};
  switch (call->getIntrinsicID()) {
  case Intrinsic::prefetch:
    // Its displacements are those of 64 bits, where the size counts.
    return {&call->getArgOperandUse(0), Type::getInt64Ty(call->getContext())};
  case Intrinsic::masked_load:
    return {&call->getArgOperandUse(0), call->getType()};
  case Intrinsic::masked_store:
    return {&call->getArgOperandUse(1), call->getArgOperand(0)->getType()};
  default:
    return {};
  }
}

class LoopAddresses {
public:
  LoopAddresses(Loop &loop, const DataLayout &layout,
                const TargetTransformInfo &machine)
      : loop(loop), layout(layout), machine(machine),
        index(Type::getInt64Ty(loop.getHeader()->getContext())),
        byte(Type::getInt8Ty(loop.getHeader()->getContext())),
        preheader(loop.getLoopPreheader()), latch(loop.getLoopLatch()) {}

  /// Whether anything was changed.
  bool run();

private:
  struct Counter {
    PHINode *phi;
    int64_t step;
  };
  using Builder = IRBuilder<InstSimplifyFolder>;

  bool isAddressable(const Value *value) const;
  const Counter *counterOf(const Value *value) const;
  bool isFree(Type *type, int64_t scale, int64_t displacement) const;
  bool isFolded(const Access &access) const;
  const Sum *sumOf(Value *value, int depth = 0);
  std::unique_ptr<Sum> takeApart(Value *value, int depth);
  void findCounters();
  void findAccesses();
  void chooseOffsets();
  std::pair<size_t, int64_t> offsetOf(int64_t step) const;
  bool makeGroups();
  std::pair<size_t, size_t> costNow() const;
  Value *atStart(Value *value, bool fromZero, Builder &builder);
  void makeBases();
  void rewrite();

  Loop &loop;
  const DataLayout &layout;
  const TargetTransformInfo &machine;
  IntegerType *index; ///< the type of offsets
  IntegerType *byte;
  BasicBlock *preheader;
  BasicBlock *latch;
  /// Phis of the header that grow by a constant.
  SmallVector<Counter, 2> counters;
  DenseMap<Value *, std::unique_ptr<Sum>> sums; ///< null: no such sum
  SmallVector<Access, 16> accesses;
  SmallVector<Offset, 2> offsets;
  SmallVector<Group, 8> groups;
  /// Values before the first turn, and as they were with counters from zero.
  DenseMap<Value *, Value *> starts[2];
};

bool LoopAddresses::isAddressable(const Value *value) const {
  Type *type = value->getType();
  return type->isIntegerTy(64) ||
         (type->isPointerTy() && layout.getIndexTypeSizeInBits(type) == 64);
}

const LoopAddresses::Counter *
LoopAddresses::counterOf(const Value *value) const {
  const auto *found = llvm::find_if(
      counters, [&](const Counter &counter) { return counter.phi == value; });
  return found == counters.end() ? nullptr : found;
}

/// Whether the machine has base + scale * offset + displacement as an address
/// of the type.
bool LoopAddresses::isFree(Type *type, int64_t scale,
                           int64_t displacement) const {
  return machine.isLegalAddressingMode(type, nullptr, displacement,
                                       /*HasBaseReg=*/true, scale);
}

/// Whether the address needs no instruction in the loop now: it is a growing
/// pointer, or a base and a scaled counter, and a displacement.
bool LoopAddresses::isFolded(const Access &access) const {
  Value *address = *access.address;
  auto *gep = dyn_cast<GetElementPtrInst>(address);
  APInt constant(64, 0);
  while (gep && loop.contains(gep) &&
         gep->accumulateConstantOffset(layout, constant)) {
    address = gep->getPointerOperand();
    gep = dyn_cast<GetElementPtrInst>(address);
  }
  if (!gep || !loop.contains(gep))
    return isFree(access.type, 0, constant.getSExtValue());
  SmallMapVector<Value *, APInt, 4> variables;
  if (!loop.isLoopInvariant(gep->getPointerOperand()) ||
      !gep->collectOffset(layout, 64, variables, constant) ||
      variables.size() != 1)
    return false;
  auto [variable, factor] = variables.front();
  int64_t scale = factor.getSExtValue();
  const APInt *amount;
  Value *shifted;
  if (match(variable, m_Shl(m_Value(shifted), m_APInt(amount))) &&
      amount->ult(4)) {
    variable = shifted;
    scale <<= amount->getZExtValue();
  }
  return counterOf(variable) &&
         isFree(access.type, scale, constant.getSExtValue());
}

/// The value as a sum, or null if it isn't one. The pointer stays valid.
const Sum *LoopAddresses::sumOf(Value *value, int depth) {
  auto found = sums.find(value);
  if (found == sums.end()) {
    std::unique_ptr<Sum> sum = takeApart(value, depth);
    found = sums.try_emplace(value, std::move(sum)).first;
  }
  return found->second.get();
}

std::unique_ptr<Sum> LoopAddresses::takeApart(Value *value, int depth) {
  if (!isAddressable(value))
    return nullptr;
  auto sum = std::make_unique<Sum>();
  if (auto *constant = dyn_cast<ConstantInt>(value)) {
    sum->constant = constant->getZExtValue();
    return sum;
  }
  bool inside = !loop.isLoopInvariant(value);
  depth += !inside;
  // Whether factor times an operand could be added.
  auto add = [&](Value *operand, uint64_t factor) {
    const Sum *part = sumOf(operand, depth);
    if (part)
      sum->add(*part, factor);
    return part != nullptr;
  };
  bool done = false;
  if (auto *instruction = dyn_cast<Instruction>(value);
      instruction && !counterOf(value) && depth <= kMaxDepth) {
    Value *left, *right;
    const APInt *factor;
    if (match(value, m_AddLike(m_Value(left), m_Value(right)))) {
      done = add(left, 1) && add(right, 1);
    } else if (match(value, m_Sub(m_Value(left), m_Value(right)))) {
      done = add(left, 1) && add(right, -1);
    } else if (match(value, m_Mul(m_Value(left), m_APInt(factor)))) {
      done = add(left, factor->getZExtValue());
    } else if (match(value, m_Shl(m_Value(left), m_APInt(factor)))) {
      done = factor->ult(64) && add(left, 1ull << factor->getZExtValue());
    } else if (auto *gep = dyn_cast<GetElementPtrInst>(value)) {
      SmallMapVector<Value *, APInt, 4> variables;
      APInt constant(64, 0);
      done = gep->collectOffset(layout, 64, variables, constant) &&
             add(gep->getPointerOperand(), 1);
      for (const auto &[variable, factor] : variables)
        done = done && add(variable, factor.getZExtValue());
      sum->constant += constant.getZExtValue();
    }
  }
  if (done)
    return sum;
  if (inside && !counterOf(value))
    return nullptr;
  *sum = Sum();
  sum->add(value, 1);
  return sum;
}

void LoopAddresses::findCounters() {
  SmallVector<Counter, 2> found;
  for (PHINode &phi : loop.getHeader()->phis()) {
    if (!isAddressable(&phi))
      continue;
    // It must be known as a counter while what it becomes is taken apart.
    counters.assign(1, {&phi, 0});
    const Sum *next = sumOf(phi.getIncomingValueForBlock(latch));
    if (next && next->terms.size() == 1 &&
        next->terms[0] == Sum::Term{&phi, 1} && next->constant != 0)
      found.push_back({&phi, static_cast<int64_t>(next->constant)});
    sums.clear();
  }
  counters = std::move(found);
}

void LoopAddresses::findAccesses() {
  for (BasicBlock *block : loop.blocks())
    for (Instruction &instruction : *block) {
      auto [address, type] = addressOf(instruction);
      const Sum *sum = address ? sumOf(*address) : nullptr;
      if (!sum)
        continue;
      uint64_t step = 0;
      for (const Sum::Term &term : sum->terms)
        if (const Counter *counter = counterOf(term.value))
          step += term.factor * static_cast<uint64_t>(counter->step);
      // Steps beyond any array don't count: their quotients may overflow.
      auto size = static_cast<int64_t>(step);
      if (size != 0 && isInt<32>(size))
        accesses.push_back({address, type, sum, size});
    }
}

/// Which offset serves a step, and its scale; none: the number of offsets.
std::pair<size_t, int64_t> LoopAddresses::offsetOf(int64_t step) const {
  for (size_t i = 0; i < offsets.size(); ++i)
    if (step % offsets[i].step == 0 &&
        isFree(byte, step / offsets[i].step, kDisplacement))
      return {i, step / offsets[i].step};
  return {offsets.size(), 1};
}

/// A counter that all addresses are made of serves where it can; the smallest
/// of the remaining steps makes an offset that serves its multiples as well.
/// There are none where an address can't have an offset and a displacement:
/// there it is the bases that grow.
void LoopAddresses::chooseOffsets() {
  if (!isFree(byte, 1, kDisplacement))
    return;
  const Counter *shared = nullptr;
  bool mixed = false;
  for (const Access &access : accesses)
    for (const Sum::Term &term : access.sum->terms)
      if (const Counter *counter = counterOf(term.value)) {
        mixed |= shared && shared != counter;
        shared = counter;
      }
  if (!mixed && shared->phi->getType() == index)
    offsets.push_back({shared->step, shared->phi});
  SmallVector<int64_t, 4> steps;
  for (const Access &access : accesses)
    if (!is_contained(steps, access.step))
      steps.push_back(access.step);
  llvm::sort(steps, [](int64_t a, int64_t b) {
    return std::pair(AbsoluteValue(a), a) < std::pair(AbsoluteValue(b), b);
  });
  for (int64_t step : steps)
    if (offsetOf(step).first == offsets.size())
      offsets.push_back({step, nullptr});
}

/// Puts accesses into groups. Fails where there would be too many.
bool LoopAddresses::makeGroups() {
  // A group's first access is its anchor: small constants first, since small
  // displacements make short instructions, and a base is often there already.
  auto constantOf = [](const Access &access) {
    return static_cast<int64_t>(access.sum->constant);
  };
  SmallVector<Access *, 16> order(llvm::make_pointer_range(accesses));
  llvm::stable_sort(order, [&](const Access *a, const Access *b) {
    return AbsoluteValue(constantOf(*a)) < AbsoluteValue(constantOf(*b));
  });
  for (Access *access : order) {
    auto [offset, scale] = offsetOf(access->step);
    if (offset == offsets.size())
      scale = 0;
    bool folded =
        (scale == 0 || offsets[offset].phi != nullptr) && isFolded(*access);
    auto *group = llvm::find_if(groups, [&](const Group &group) {
      const Sum &anchor = *group.anchor->sum;
      return anchor.terms == access->sum->terms &&
             isFree(access->type, group.scale,
                    access->sum->constant - anchor.constant);
    });
    access->group = group - groups.begin();
    if (group == groups.end())
      groups.push_back({access, offset, scale, folded});
    else
      group->folded &= folded;
  }
  auto [bases, instructions] = costNow();
  if (groups.size() > std::max(kMaxBases, bases))
    return false;
  // A base that grows takes an instruction to do so.
  auto growing = llvm::count_if(groups, [](const Group &group) {
    return group.scale == 0 && !group.folded;
  });
  return static_cast<size_t>(growing) <= instructions;
}

/// How many values from outside of the loop its addresses are made of now, and
/// by how many instructions, other than ones that add a constant.
std::pair<size_t, size_t> LoopAddresses::costNow() const {
  SmallPtrSet<Value *, 16> seen;
  SmallVector<Value *, 16> open;
  size_t bases = 0;
  size_t instructions = 0;
  for (const Access &access : accesses)
    open.push_back(*access.address);
  while (!open.empty()) {
    Value *value = open.pop_back_val();
    if (isa<Constant>(value) || counterOf(value) || !seen.insert(value).second)
      continue;
    if (loop.isLoopInvariant(value)) {
      ++bases;
      continue;
    }
    auto *instruction = cast<Instruction>(value);
    auto *gep = dyn_cast<GetElementPtrInst>(instruction);
    instructions += !gep || !gep->hasAllConstantIndices();
    llvm::append_range(open, instruction->operands());
  }
  return {bases, instructions};
}

/// The value, one that sumOf knows, as it is before the loop's first turn, or
/// would be if the counters started from zero.
Value *LoopAddresses::atStart(Value *value, bool fromZero, Builder &builder) {
  if (loop.isLoopInvariant(value))
    return value;
  if (counterOf(value))
    return fromZero ? ConstantInt::get(index, 0)
                    : cast<PHINode>(value)->getIncomingValueForBlock(preheader);
  DenseMap<Value *, Value *> &known = starts[fromZero];
  if (Value *start = known.lookup(value))
    return start;
  auto *instruction = cast<Instruction>(value);
  SmallVector<Value *, 4> operands;
  for (Value *operand : instruction->operands())
    operands.push_back(atStart(operand, fromZero, builder));
  Value *start;
  switch (instruction->getOpcode()) {
  case Instruction::GetElementPtr:
    start = builder.CreateGEP(
        cast<GetElementPtrInst>(instruction)->getSourceElementType(),
        operands[0], ArrayRef(operands).drop_front());
    break;
  case Instruction::Or: // of disjoint bits, at least where it counts
    start = builder.CreateAdd(operands[0], operands[1]);
    break;
  default:
    start = builder.CreateBinOp(cast<BinaryOperator>(instruction)->getOpcode(),
                                operands[0], operands[1]);
  }
  known[value] = start;
  return start;
}

void LoopAddresses::makeBases() {
  Builder builder(preheader, InstSimplifyFolder(layout));
  builder.SetInsertPoint(preheader->getTerminator());
  // Something that starts so before the loop and grows by the step.
  auto grow = [&](Value *start, int64_t step) {
    auto *phi = PHINode::Create(start->getType(), 2, "",
                                loop.getHeader()->getFirstNonPHIIt());
    Value *size = ConstantInt::getSigned(index, step);
    IRBuilder<> end(latch->getTerminator());
    phi->addIncoming(start, preheader);
    phi->addIncoming(phi->getType() == index ? end.CreateAdd(phi, size)
                                             : end.CreatePtrAdd(phi, size),
                     latch);
    return phi;
  };
  for (Group &group : groups) {
    if (group.folded)
      continue;
    bool fromZero = group.scale != 0 && offsets[group.offset].phi;
    group.base = atStart(*group.anchor->address, fromZero, builder);
    if (group.scale == 0)
      group.base = grow(group.base, group.anchor->step);
  }
  for (Offset &offset : offsets)
    if (!offset.phi)
      offset.phi = grow(ConstantInt::get(index, 0), offset.step);
}

void LoopAddresses::rewrite() {
  // What a group has been added up to, block by block.
  DenseMap<std::pair<size_t, BasicBlock *>, Value *> moved;
  SmallVector<WeakTrackingVH, 16> old;
  for (const Access &access : accesses) {
    const Group &group = groups[access.group];
    if (group.folded)
      continue;
    auto *user = cast<Instruction>(access.address->getUser());
    IRBuilder<> builder(user);
    Value *&address = moved[{access.group, user->getParent()}];
    if (!address && group.scale == 0)
      address = group.base;
    if (!address) {
      Value *offset = offsets[group.offset].phi;
      if (group.scale != 1)
        offset = builder.CreateMul(offset,
                                   ConstantInt::getSigned(index, group.scale));
      address = builder.CreatePtrAdd(group.base, offset);
    }
    uint64_t displacement = access.sum->constant - group.anchor->sum->constant;
    Value *displaced = address;
    if (displacement != 0)
      displaced =
          builder.CreatePtrAdd(address, ConstantInt::get(index, displacement));
    old.emplace_back(*access.address);
    access.address->set(displaced);
  }
  RecursivelyDeleteTriviallyDeadInstructionsPermissive(old);
  for (const Counter &counter : counters)
    RecursivelyDeleteDeadPHINode(counter.phi);
}

bool LoopAddresses::run() {
  if (!preheader || !latch)
    return false;
  findCounters();
  if (counters.empty())
    return false;
  findAccesses();
  if (llvm::all_of(accesses,
                   [&](const Access &access) { return isFolded(access); }))
    return false;
  chooseOffsets();
  if (!makeGroups())
    return false;
  makeBases();
  rewrite();
  return true;
}

} // namespace

PreservedAnalyses ReduceAddressesPass::run(Function &function,
                                           FunctionAnalysisManager &analyses) {
  auto &loops = analyses.getResult<LoopAnalysis>(function);
  auto &machine = analyses.getResult<TargetIRAnalysis>(function);
  bool changed = false;
  for (Loop *loop : loops.getLoopsInPreorder())
    if (loop->isInnermost())
      changed |= LoopAddresses(*loop, function.getDataLayout(), machine).run();
  if (!changed)
    return PreservedAnalyses::all();
  PreservedAnalyses preserved;
  preserved.preserveSet<CFGAnalyses>();
  return preserved;
}
