// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The cores of a mixed kernel's block: flags between them, and each mistake
// with them, by a few instructions that have it; the same without it have none.
#include <functional>
#include <ostream>

#include "davinci/team.h"
#include "tools/davinci/bench.h"

namespace tconv::davinci::test {
namespace {

constexpr uint64_t kCube = 0, kVector = 1; // kinds of cores in the IR
constexpr uint64_t kReady = 4, kFree = 0;  // flags

/// A block in which the cube core hands a row of 16 numbers to its vector
/// cores, twice in one place of global memory. Of these, what is on is wrong.
struct Block {
  Policy policy = Policy::InOrder;
  // Without ...
  bool noReadySet = false, noReadyWait = false, noFreeSet = false,
       noFreeWait = false, noAddress = false;
  /// The vector cores say so before they have read.
  bool freeTooEarly = false;
  bool otherAddress = false;
  bool otherKind = false;
  bool otherFlag = false; ///< one that doesn't exist
  bool oneVectorOnly = false;
  bool onceMore = false; ///< the cube core sets its flag
  uint64_t manySets = 0;
  bool cubeTraps = false;
};

class Runner {
public:
  explicit Runner(const Block &block)
      : block(block), bench(block.policy), workspace(bench.output(64)),
        y(bench.output(128)) {
    source = bench.input(std::vector<float>(64, 3));
    // What the cube core writes comes from a copy, not from its sums: here
    // only who writes and who reads counts.
    team =
        std::make_unique<Team>(bench.global, bench.report, block.policy, 0, 1);
  }

  void run() {
    team->run([&](Core &core) {
      if (!block.noAddress)
        call(core, "SET.FFTS.BASE", {kFlagsAddress});
      core.number() == 0 ? cube(core) : vector(core);
    });
    team->finish();
  }

  const Block &block;
  Bench bench;
  uint64_t workspace, y, source = 0;

private:
  static void call(Core &core, const std::string &name,
                   std::initializer_list<uint64_t> words) {
    if (core.isStopped())
      return;
    // Named for as long as findings may point to it.
    static const char *const kKnown[] = {"MOV.OUT.TO.UB.ALIGN.b32.V220",
                                         "MOV.UB.TO.OUT.ALIGN.b32.V220",
                                         "SET.FLAG.IMM",
                                         "WAIT.FLAG.IMM",
                                         "SET.FFTS.BASE",
                                         "CROSS.SET",
                                         "CROSS.WAIT",
                                         "BARRIER",
                                         "TRAP"};
    for (const char *one : kKnown)
      if (name == one)
        core.instruction = one;
    makeInstruction(name).run(core, std::vector<uint64_t>(words).data());
  }
  static void order(Core &core, uint64_t from, uint64_t to) {
    call(core, "SET.FLAG.IMM", {from, to, 0});
    call(core, "WAIT.FLAG.IMM", {from, to, 0});
  }
  static void copy(Core &core, uint64_t from, uint64_t to) {
    call(core, "MOV.OUT.TO.UB.ALIGN.b32.V220", {0, from, burst(1, 64), 0});
    order(core, MTE2, MTE3);
    call(core, "MOV.UB.TO.OUT.ALIGN.b32.V220", {to, 0, burst(1, 64), 0});
  }

  void cube(Core &core) {
    if (block.cubeTraps)
      return call(core, "TRAP", {});
    for (int tile = 0; tile < 2; ++tile) {
      if (!block.noFreeWait)
        call(core, "CROSS.WAIT", {kCube, MTE2, kFree});
      copy(core, source + 64 * static_cast<uint64_t>(tile), workspace);
      order(core, MTE3, MTE2);
      if (!block.noReadySet)
        call(core, "CROSS.SET",
             {block.otherKind ? kVector : kCube, MTE3,
              block.otherFlag ? kCrossFlags : kReady,
              block.otherAddress ? kFlagsAddress + 8 : kFlagsAddress});
    }
    if (!block.noFreeWait)
      call(core, "CROSS.WAIT", {kCube, MTE2, kFree});
    for (uint64_t set = 0; set < block.manySets; ++set)
      call(core, "CROSS.SET", {kCube, MTE3, 7, kFlagsAddress});
    if (block.onceMore)
      call(core, "CROSS.SET", {kCube, MTE3, kReady, kFlagsAddress});
    call(core, "BARRIER", {ALL});
  }

  void vector(Core &core) {
    auto free = [&] {
      if (!block.noFreeSet && !(block.oneVectorOnly && core.number() == 2))
        call(core, "CROSS.SET", {kVector, MTE2, kFree, kFlagsAddress});
    };
    free();
    for (int tile = 0; tile < 2; ++tile) {
      if (!block.noReadyWait)
        call(core, "CROSS.WAIT", {kVector, MTE3, kReady});
      if (block.freeTooEarly)
        free();
      call(core, "MOV.OUT.TO.UB.ALIGN.b32.V220",
           {0, workspace, burst(1, 64), 0});
      if (!block.freeTooEarly)
        free();
      order(core, MTE2, MTE3);
      if (core.number() == 1)
        call(core, "MOV.UB.TO.OUT.ALIGN.b32.V220",
             {y + 64 * static_cast<uint64_t>(tile), 0, burst(1, 64), 0});
      order(core, MTE3, MTE2);
    }
    for (uint64_t set = 0; set < block.manySets; ++set)
      call(core, "CROSS.WAIT", {kVector, MTE3, 7});
    call(core, "BARRIER", {ALL});
  }

  std::unique_ptr<Team> team;
};

struct Case {
  const char *name;
  const char *kind;    ///< of the first finding; "": none
  const char *message; ///< a part of it
  std::function<void(Block &)> plant;
};
std::ostream &operator<<(std::ostream &out, const Case &one) {
  return out << one.name;
}

const Case cases[] = {
    {"Right", "", "", [](Block &) {}},
    {"RightAfterManySets", "", "", [](Block &b) { b.manySets = kMostPending; }},
    {"ReadBeforeItIsWritten", "core-race", "vector core 0 of this block reads",
     [](Block &b) { b.noReadyWait = true; }},
    {"WrittenBeforeItIsRead", "core-race", "of this block",
     [](Block &b) { b.noFreeWait = true; }},
    {"FreeBeforeItIsRead", "core-race", "vector core 0 of this block reads",
     [](Block &b) { b.freeTooEarly = true; }},
    {"NeverReady", "flag-not-set", "nobody will set",
     [](Block &b) { b.noReadySet = true; }},
    {"NeverFree", "flag-not-set", "the cube core waits for flag 0",
     [](Block &b) { b.noFreeSet = true; }},
    {"FreeByOneVectorCoreOnly", "flag-not-set", "the cube core waits",
     [](Block &b) { b.oneVectorOnly = true; }},
    {"LeftSet", "flag-left-set", "flag 4 of the cube core",
     [](Block &b) { b.onceMore = true; }},
    {"TooManySets", "flag-set-twice", "16th time",
     [](Block &b) { b.manySets = kMostPending + 1; }},
    {"NoAddress", "flag", "before their address",
     [](Block &b) { b.noAddress = true; }},
    {"OtherAddress", "flag", "the launch didn't give",
     [](Block &b) { b.otherAddress = true; }},
    {"OtherKindOfCore", "flag", "on the cube core",
     [](Block &b) { b.otherKind = true; }},
    {"NoSuchFlag", "flag", "there are 16",
     [](Block &b) { b.otherFlag = true; }},
    {"OneStopsAndAllDo", "trap", "", [](Block &b) { b.cubeTraps = true; }},
};

class TeamTest : public testing::TestWithParam<std::tuple<Case, Policy>> {};

TEST_P(TeamTest, FindsIt) {
  auto [one, policy] = GetParam();
  Block block;
  block.policy = policy;
  one.plant(block);
  Runner runner(block);
  runner.run();
  const std::vector<Finding> &found = runner.bench.report.findings;
  if (*one.kind == 0) {
    EXPECT_TRUE(found.empty()) << found.front().message;
    EXPECT_EQ(runner.bench.floats(runner.y, 32), std::vector<float>(32, 3));
    EXPECT_EQ(runner.bench.report.counts.blocks, 1u);
    return;
  }
  ASSERT_FALSE(found.empty());
  bool isThere = false;
  std::string all;
  for (const Finding &finding : found) {
    std::string kind = findingKindName(finding.kind);
    isThere |= kind == one.kind &&
               finding.message.find(one.message) != std::string::npos;
    all += kind + ": " + finding.message + "\n";
  }
  EXPECT_TRUE(isThere) << all;
}

INSTANTIATE_TEST_SUITE_P(
    All, TeamTest,
    testing::Combine(testing::ValuesIn(cases),
                     testing::Values(Policy::InOrder, Policy::ConsumersFirst,
                                     Policy::ProducersFirst)),
    [](const auto &info) {
      return std::get<0>(info.param).name +
             std::to_string(static_cast<int>(std::get<1>(info.param)));
    });

TEST(Team, FlagBetweenCoresWithoutATeam) {
  Bench bench;
  bench.run("SET.FFTS.BASE", {kFlagsAddress});
  bench.run("CROSS.SET", {kCube, FIX, kReady, kFlagsAddress});
  EXPECT_EQ(bench.kinds(), std::vector<std::string>{"flag"});
}

TEST(Team, VectorCoresHaveNumbers) {
  Bench bench;
  Team team(bench.global, bench.report, Policy::InOrder, 5, 8);
  int arguments = 0;
  auto ask = [&](int core, const char *name) {
    return makeControl(name, arguments)(team.core(core), nullptr);
  };
  EXPECT_EQ(ask(1, "GET.SUBBLOCKID"), 0u);
  EXPECT_EQ(ask(2, "GET.SUBBLOCKID"), 1u);
  EXPECT_EQ(ask(2, "GET.SUBBLOCKDIM"), 2u);
  for (int core = 0; core < kBlockCores; ++core)
    EXPECT_EQ(ask(core, "GET.BLOCK.IDX"), 5u);
}

TEST(Team, TimeOfABlockIsThatOfItsLongestCore) {
  Block right;
  Runner runner(right);
  runner.run();
  const Counts &counts = runner.bench.report.counts;
  EXPECT_EQ(counts.cycles, counts.longestBlock);
  // Two tiles one after the other: each a read, a write and a read of another
  // core at least, none of which overlaps.
  constexpr double kOneTile = 347 + 203 + 347;
  EXPECT_GT(counts.cycles, 2 * kOneTile);
}

} // namespace
} // namespace tconv::davinci::test
