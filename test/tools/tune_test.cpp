// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tconv-tune without a compiler: the search with measurements that are made
// up, and the file that it goes on from.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "tconv-tune/measure.h"
#include "tconv-tune/report.h"
#include "tconv-tune/search.h"
#include "tconv-tune/store.h"

using namespace tconv;
using namespace tconv::tools;

namespace {

const Stop kNever = [] { return false; };

/// A layer whose times have one valley.
struct Valley {
  ScheduleChoice best{"rows", 64, 192, 96, 48, 3};
  int64_t tile = 24; ///< what panels are multiples of
  std::vector<std::string> asked;

  /// Fills in what is open, as the compiler does.
  static ScheduleChoice filled(ScheduleChoice choice) {
    const ScheduleChoice usual{"positions", 16, 96, 256, 24, 1};
    if (choice.kind.empty())
      choice.kind = usual.kind;
    for (const auto &[name, member] : kChoiceFields)
      if (choice.*member == 0)
        choice.*member = usual.*member;
    return choice;
  }

  double time(const ScheduleChoice &choice) const {
    double distance = choice.kind == best.kind ? 0 : 0.5;
    distance += 0.4 * std::fabs(double(choice.outputs - best.outputs));
    for (const auto &[name, member] : kChoiceFields)
      if (std::string(name) != "outputs" && best.*member != 0)
        distance +=
            0.1 *
            std::fabs(std::log2(double(choice.*member) / double(best.*member)));
    return 1 + distance;
  }

  Measure measure() {
    return [this](const ScheduleChoice &choice, Trial &trial) {
      asked.push_back(formatChoice(choice));
      trial.choice = filled(choice);
      bool legal = trial.choice.panel % tile == 0 &&
                   trial.choice.positions % trial.choice.panel == 0;
      trial.ratio = legal ? time(trial.choice) / time(filled({})) : 0;
      return Status::ok();
    };
  }

  SearchSpace space() const {
    SearchSpace space;
    space.model = filled({});
    space.kinds = {"positions", "rows"};
    space.mostOutputs = 4;
    return space;
  }
};

TEST(TuneSearch, FindsThePlantedOptimum) {
  Valley valley;
  // Kind and outputs are tried one by one from the model's; here both gain.
  valley.best.kind = "positions";
  SearchResult result;
  ASSERT_FALSE(search(valley.space(), valley.measure(), kNever, result));
  EXPECT_TRUE(result.finished);
  EXPECT_EQ(result.best.choice.outputs, 3);
  EXPECT_EQ(result.best.choice.kind, "positions");
  EXPECT_EQ(result.best.choice.panel, 48);
  EXPECT_EQ(result.best.choice.channels, 64);
  EXPECT_EQ(result.best.choice.positions, 192);
  EXPECT_EQ(result.best.choice.depth, 96);
  EXPECT_GT(result.second.ratio, result.best.ratio);
  EXPECT_LT(result.second.ratio, 1);
  EXPECT_EQ(result.tried, static_cast<int64_t>(valley.asked.size()));
}

TEST(TuneSearch, TriesEveryAlgorithmAndKindFirst) {
  Valley valley;
  SearchResult result;
  ASSERT_FALSE(search(valley.space(), valley.measure(), kNever, result));
  ASSERT_GE(valley.asked.size(), 4U);
  EXPECT_EQ(valley.asked[0], "kind=positions,outputs=2");
  EXPECT_EQ(valley.asked[1], "kind=positions,outputs=3");
  EXPECT_EQ(valley.asked[2], "kind=positions,outputs=4");
  EXPECT_EQ(valley.asked[3], "kind=rows");
  // None twice, and the model's own never.
  std::set<std::string> different(valley.asked.begin(), valley.asked.end());
  EXPECT_EQ(different.size(), valley.asked.size());
  EXPECT_EQ(different.count(formatChoice(valley.space().model)), 0U);
}

TEST(TuneSearch, OtherEnginesAreTakenAsTheyAre) {
  Valley valley;
  SearchSpace space = valley.space();
  space.engines = {"halide", "halide:Li2018"};
  std::vector<std::string> asked;
  double ratioOfHalide = 0;
  Measure withEngines = [&](const ScheduleChoice &choice, Trial &trial) {
    asked.push_back(formatChoice(choice));
    if (choice.engine.empty())
      return valley.measure()(choice, trial);
    trial = {choice.engine == "halide" ? ratioOfHalide : 0, choice};
    return Status::ok();
  };
  // Better than anything with sizes: those are looked at all the same, for the
  // other engine is no start for them.
  ratioOfHalide = 0.01;
  SearchResult result;
  ASSERT_FALSE(search(space, withEngines, kNever, result));
  ASSERT_GT(asked.size(), 6U);
  EXPECT_EQ(asked[0], "engine=halide");
  EXPECT_EQ(asked[1], "engine=halide:Li2018");
  EXPECT_EQ(formatChoice(result.best.choice), "engine=halide");
  // Between the model and the best of its engine: that wins.
  ratioOfHalide = 0.97;
  ASSERT_FALSE(search(space, withEngines, kNever, result));
  EXPECT_EQ(result.best.choice.engine, "");
  EXPECT_EQ(result.best.choice.outputs, 3);
  EXPECT_LT(result.best.ratio, 0.97);
}

TEST(TuneSearch, KeepsTheModelWhereNothingIsBetter) {
  Valley valley;
  valley.best = Valley::filled({});
  SearchResult result;
  ASSERT_FALSE(search(valley.space(), valley.measure(), kNever, result));
  EXPECT_TRUE(result.finished);
  EXPECT_EQ(result.best.ratio, 1);
  EXPECT_EQ(formatChoice(result.best.choice),
            formatChoice(valley.space().model));
  EXPECT_EQ(result.second.ratio, 0);
}

TEST(TuneSearch, ASearchWithoutAnythingLegalEnds) {
  SearchResult result;
  int64_t calls = 0;
  Measure refuseAll = [&](const ScheduleChoice &choice, Trial &trial) {
    trial = {0, choice};
    ++calls;
    return Status::ok();
  };
  ASSERT_FALSE(search(Valley().space(), refuseAll, kNever, result));
  EXPECT_TRUE(result.finished);
  EXPECT_EQ(result.best.ratio, 1);
  EXPECT_EQ(result.tried, calls);
  EXPECT_LE(calls, 24);
}

TEST(TuneSearch, SizesStayWhereTheyChangeAnything) {
  Valley valley;
  valley.best = {"positions", 256, 192, 512, 24, 1};
  SearchSpace space = valley.space();
  space.most.channels = 20;
  space.most.depth = 256;
  SearchResult result;
  ASSERT_FALSE(search(space, valley.measure(), kNever, result));
  EXPECT_EQ(result.best.choice.channels, 20);
  EXPECT_EQ(result.best.choice.depth, 256);
}

TEST(TuneSearch, BlocksHaveWholePanels) {
  Valley valley;
  SearchSpace space = valley.space();
  space.model.positions = 120; // five panels, of which no two make a whole
  SearchResult result;
  ASSERT_FALSE(search(space, valley.measure(), kNever, result));
  bool wider = false;
  for (const std::string &text : valley.asked) {
    ScheduleChoice asked;
    ASSERT_FALSE(parseChoice(text, asked));
    if (asked.panel == 0)
      continue;
    EXPECT_EQ(asked.positions % asked.panel, 0) << text;
    EXPECT_EQ(asked.panel % asked.outputs, 0) << text;
    wider = wider || asked.panel > space.model.panel;
  }
  EXPECT_TRUE(wider);
}

TEST(TuneSearch, AFailureEndsIt) {
  SearchResult result;
  Measure fails = [](const ScheduleChoice &, Trial &) {
    return Status(TCONV_OUT_OF_MEMORY, "no memory");
  };
  Status status = search(Valley().space(), fails, kNever, result);
  EXPECT_EQ(status.code(), TCONV_OUT_OF_MEMORY);
  EXPECT_FALSE(result.finished);
  EXPECT_EQ(result.best.ratio, 1);
}

/// Whatever stops a search, it asks before each candidate, and goes on as if
/// nothing had been.
TEST(TuneSearch, GoesOnWhereItWasStopped) {
  Valley whole;
  SearchResult expected;
  ASSERT_FALSE(search(whole.space(), whole.measure(), kNever, expected));
  for (int64_t allowed : {int64_t{0}, int64_t{1}, int64_t{3}, int64_t{9}}) {
    Valley valley;
    SearchSpace space = valley.space();
    int64_t left = allowed;
    Measure measured = valley.measure();
    Measure noting = [&](const ScheduleChoice &choice, Trial &trial) {
      Status status = measured(choice, trial);
      space.known[formatChoice(choice)] = trial;
      return status;
    };
    SearchResult first;
    SearchSpace before = space;
    ASSERT_FALSE(search(before, noting, [&] { return left-- <= 0; }, first));
    EXPECT_FALSE(first.finished);
    EXPECT_EQ(static_cast<int64_t>(valley.asked.size()), allowed);
    SearchResult second;
    SearchSpace after = space;
    ASSERT_FALSE(search(after, noting, kNever, second));
    EXPECT_TRUE(second.finished);
    EXPECT_EQ(valley.asked, whole.asked);
    EXPECT_EQ(formatChoice(second.best.choice),
              formatChoice(expected.best.choice));
    EXPECT_EQ(second.tried, expected.tried);
  }
}

class TuneStore : public testing::Test {
protected:
  void SetUp() override {
    const auto *info = testing::UnitTest::GetInstance()->current_test_info();
    folder = std::filesystem::path(testing::TempDir()) /
             (std::string("tconv-") + info->name());
    std::filesystem::create_directories(folder);
    path = (folder / "tuning.json").string();
    launch.key = {"in_channels=2 out_channels=2 kernel_size=2 pad_mode=crop",
                  TCONV_LENGTH_BULK, TCONV_ACCURACY_DEFAULT, "cpu:native"};
    launch.length = 100;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::filesystem::path folder;
  std::string path;
  TuningIdentity identity{"cpu", "compiler", "built-in"};
  TuningEntry launch;
};

TEST_F(TuneStore, ACandidateThatKillsIsNotTriedAgain) {
  {
    Store store;
    ASSERT_FALSE(store.open(path, false, identity, "machine"));
    TuningEntry &entry = store.entryFor(launch);
    ASSERT_FALSE(store.begin(entry, {"rows", 0, 0, 0, 0, 2}));
    ASSERT_FALSE(store.finish(entry, {0.9, {"rows", 8, 8, 8, 8, 2}}));
    ASSERT_FALSE(store.begin(entry, {"rows", 0, 0, 0, 0, 3}));
    // And here the process ends.
  }
  Store store;
  ASSERT_FALSE(store.open(path, false, identity, "machine"));
  auto known = Store::known(store.entryFor(launch));
  ASSERT_EQ(known.size(), 2U);
  EXPECT_DOUBLE_EQ(known.at("kind=rows,outputs=2").ratio, 0.9);
  EXPECT_EQ(known.at("kind=rows,outputs=2").choice.channels, 8);
  EXPECT_EQ(known.at("kind=rows,outputs=3").ratio, 0);
  // Nothing but the file is left.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
}

TEST_F(TuneStore, AnotherLaunchBeginsAnew) {
  Store store;
  ASSERT_FALSE(store.open(path, false, identity, "machine"));
  store.entryFor(launch).finished = true;
  EXPECT_TRUE(store.entryFor(launch).finished);
  launch.threads = 2;
  EXPECT_FALSE(store.entryFor(launch).finished);
  EXPECT_EQ(store.file().entries.size(), 1U);
}

TEST_F(TuneStore, AnothersFileIsNotLost) {
  Store store;
  ASSERT_FALSE(store.open(path, false, identity, "machine"));
  TuningIdentity other = identity;
  other.compiler = "another";
  Status status = store.open(path, false, other, "machine");
  EXPECT_NE(status.message().find("another"), std::string::npos);
  EXPECT_NE(status.message().find("--again"), std::string::npos);
  std::ofstream(path) << "{";
  EXPECT_EQ(store.open(path, false, identity, "machine").code(),
            TCONV_INVALID_VALUE);
  EXPECT_FALSE(store.open(path, true, other, "machine"));
  EXPECT_FALSE(store.open(path, false, other, "machine"));
  EXPECT_EQ(
      store.open((folder / "no" / "file").string(), false, other, "").code(),
      TCONV_NOT_FOUND);
}

TEST(TuneMeasure, WrongResultsAreSeen) {
  const std::vector<float> expected = {1, 2, 3};
  EXPECT_EQ(difference({1, 2.125F, 3}, expected, 0.125), "");
  EXPECT_EQ(difference({1, 2, 2.75F}, expected, 0.125),
            "element 2 of y is 2.750000, not 3.000000");
  EXPECT_NE(difference({1, NAN, 3}, expected, 1e30).find("element 1"),
            std::string::npos);
}

TEST(TuneReport, MeansAreOverWhatWasMeasured) {
  std::vector<TuneResult> results(4);
  results[0].entry.modelMilliseconds = 2;
  results[0].entry.milliseconds = 1;
  results[0].entry.tuned = true;
  results[0].name = "slow";
  results[1].entry.modelMilliseconds = results[1].entry.milliseconds = 5;
  results[2].name = "not begun";
  results[3].entry.modelMilliseconds = 3;
  results[3].entry.milliseconds = 3;
  Summary summary = summarize(results);
  EXPECT_EQ(summary.layers, 3);
  EXPECT_DOUBLE_EQ(summary.geometricMean, std::cbrt(2.0));
  EXPECT_DOUBLE_EQ(summary.worst, 2);
  EXPECT_EQ(summary.worstName, "slow");
}

} // namespace
