// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tuning file, and the choices in it as texts.
#include <gtest/gtest.h>

#include "kernel/kernel_key.h"
#include "support/layers.h"
#include "tuning/tuning_file.h"

using namespace tconv;
using ::tconv::test::parse;

namespace {

const char *const kLayer = "in_channels=64 out_channels=32 kernel_size=8 "
                           "stride=4 pad_mode=pad padding=2 has_bias=1";

KernelRequest request(const char *layer = kLayer) {
  KernelRequest request;
  request.params = parse(layer);
  request.target = "cpu:native";
  request.accuracy = TCONV_ACCURACY_DEFAULT;
  request.lengthClass = TCONV_LENGTH_BULK;
  return request;
}

TuningFile example() {
  TuningFile file;
  file.machine = "A CPU \"of note\"";
  file.identity = {"cpu features=1", "build=12 llvm=22", "built-in"};
  TuningEntry entry;
  entry.key = tuningKey(request());
  entry.name = "up";
  entry.threads = 2;
  entry.batch = 3;
  entry.length = 861;
  entry.choice = {"positions", 32, 96, 64, 24, 3};
  entry.tuned = true;
  entry.milliseconds = 1.25;
  entry.modelMilliseconds = 1.5;
  entry.finished = true;
  file.entries.push_back(entry);
  entry.key.lengthClass = TCONV_LENGTH_SHORT;
  entry.key.accuracy = TCONV_ACCURACY_DIRECT;
  entry.choice = {"rows", 32, 72, 64, 72, 0};
  entry.tuned = entry.finished = false;
  entry.trials = {
      {"kind=positions,outputs=1", 1.5, "kind=positions,channels=32,outputs=1"},
      {"kind=rows,channels=64", 0, ""}};
  file.entries.push_back(entry);
  return file;
}

TEST(Choice, ThereAndBack) {
  const char *text =
      "kind=positions,channels=32,positions=96,depth=64,panel=24,outputs=3";
  ScheduleChoice choice;
  ASSERT_FALSE(parseChoice(text, choice));
  EXPECT_EQ(choice.kind, "positions");
  EXPECT_EQ(choice.channels, 32);
  EXPECT_EQ(choice.outputs, 3);
  EXPECT_EQ(formatChoice(choice), text);
  // In any order, and any part of it.
  ASSERT_FALSE(parseChoice("depth=7,kind=rows", choice));
  EXPECT_EQ(choice.channels, 0);
  EXPECT_EQ(formatChoice(choice), "kind=rows,depth=7");
  ASSERT_FALSE(parseChoice("engine=halide:Adams2019", choice));
  EXPECT_EQ(choice.engine, "halide:Adams2019");
  EXPECT_EQ(formatChoice(choice), "engine=halide:Adams2019");
  // The default engine is what nothing says.
  ASSERT_FALSE(parseChoice("engine=mlir,kind=rows", choice));
  EXPECT_EQ(formatChoice(choice), "kind=rows");
}

TEST(Choice, RefusalsNameFieldAndValue) {
  const struct {
    const char *text;
    std::vector<const char *> names;
  } cases[] = {
      {"", {"empty"}},
      {"kind", {"'kind'", "field=value"}},
      {"kind=", {"kind is empty"}},
      {"kind=../../rows", {"'../../rows'"}},
      {"kind=rows,", {"''"}},
      {"engine=", {"engine is empty"}},
      {"engine=halide:", {"'halide:'", "Mullapudi2016"}},
      {"engine=gcc,kind=rows", {"'gcc'"}},
      {"channels=0", {"channels", "'0'"}},
      {"channels=-4", {"channels", "'-4'"}},
      {"depth=4x", {"depth", "'4x'"}},
      {"panel=2147483648", {"panel", "2147483648"}},
      {"panel=99999999999999999999", {"panel", "'99999999999999999999'"}},
      {"tile=4", {"unknown field 'tile'", "outputs"}},
  };
  for (const auto &c : cases) {
    ScheduleChoice choice;
    choice.kind = "kept";
    Status status = parseChoice(c.text, choice);
    ASSERT_TRUE(static_cast<bool>(status)) << c.text;
    EXPECT_EQ(status.code(), TCONV_INVALID_VALUE);
    for (const char *name : c.names)
      EXPECT_NE(status.message().find(name), std::string::npos)
          << c.text << ": " << status.message();
    EXPECT_EQ(choice.kind, "kept");
  }
}

TEST(TuningFile, ThereAndBack) {
  std::string text = formatTuningFile(example());
  TuningFile read;
  Status status = parseTuningFile(text, read);
  ASSERT_FALSE(static_cast<bool>(status)) << status.message();
  EXPECT_EQ(formatTuningFile(read), text);
  ASSERT_EQ(read.entries.size(), 2U);
  EXPECT_EQ(read.machine, "A CPU \"of note\"");
  EXPECT_EQ(read.entries[0].choice.panel, 24);
  EXPECT_EQ(read.entries[0].batch, 3);
  EXPECT_DOUBLE_EQ(read.entries[0].modelMilliseconds, 1.5);
  EXPECT_EQ(read.entries[1].key.lengthClass, TCONV_LENGTH_SHORT);
  EXPECT_EQ(read.entries[1].key.accuracy, TCONV_ACCURACY_DIRECT);
  ASSERT_EQ(read.entries[1].trials.size(), 2U);
  EXPECT_EQ(read.entries[1].trials[0].blocks,
            "kind=positions,channels=32,outputs=1");
  EXPECT_EQ(read.entries[1].trials[1].ratio, 0);
}

TEST(TuningFile, EntriesAreFoundByWhatShapesAKernel) {
  TuningFile file = example();
  EXPECT_EQ(file.find(tuningKey(request())), &file.entries[0]);
  // The same kernel under another pad mode, or of another output's length.
  KernelRequest same = request("in_channels=64 out_channels=32 kernel_size=8 "
                               "stride=4 pad_mode=crop crop_begin=2 "
                               "crop_end=9 has_bias=1");
  EXPECT_EQ(file.find(tuningKey(same)), &file.entries[0]);
  KernelRequest other = request();
  other.params.has_bias = 0;
  EXPECT_EQ(file.find(tuningKey(other)), nullptr);
  other = request();
  other.target = "cpu:x86-64";
  EXPECT_EQ(file.find(tuningKey(other)), nullptr);
  other = request();
  other.accuracy = TCONV_ACCURACY_DIRECT;
  EXPECT_EQ(file.find(tuningKey(other)), nullptr);
  other.lengthClass = TCONV_LENGTH_SHORT;
  EXPECT_EQ(file.find(tuningKey(other)), &file.entries[1]);

  // Whoever writes a line himself need not write the general form.
  std::string text = formatTuningFile(file);
  std::string general = file.entries[0].key.layer;
  text.replace(text.find(general), general.size(),
               "has_bias=1 stride=4 kernel_size=8 out_channels=32 "
               "in_channels=64 padding=2 pad_mode=pad");
  TuningFile read;
  Status status = parseTuningFile(text, read);
  ASSERT_FALSE(static_cast<bool>(status)) << status.message();
  EXPECT_NE(read.find(tuningKey(request())), nullptr);
}

TEST(TuningFile, WhatMakesNoSenseIsRefused) {
  std::string good = formatTuningFile(example());
  const struct {
    const char *there, *instead;
    std::vector<const char *> names;
  } cases[] = {
      {"\"version\": 2", "\"version\": 3", {"version = 3", "from 1 to 2"}},
      {"\"version\": 2", "\"version\": \"2\"", {"version"}},
      {"\"version\": 2,", "", {"no 'version'"}},
      {"\"cpu\":", "\"cup\":", {"no 'cpu'"}},
      {"\"entries\": [", "\"entries\": 3, \"x\": [", {"entries", "list"}},
      {"\"length\": 861", "\"length\": 0", {"entry 1", "length = 0"}},
      {"\"length\": 861", "\"length\": 8.5", {"entry 1", "length = 8.5"}},
      {"\"length\": 861",
       "\"length\": 18446744073709551615",
       {"entry 1", "length = 18446744073709551615"}},
      {"\"length_class\": \"bulk\"",
       "\"length_class\": \"long\"",
       {"entry 1", "length_class", "long", "'bulk'"}},
      {"\"accuracy\": \"direct\"",
       "\"accuracy\": \"exact\"",
       {"entry 2", "accuracy", "'default'"}},
      {"\"kind\": \"positions\"", "\"kind\": \"a/b\"", {"entry 1", "a/b"}},
      {"\"engine\": \"mlir\"",
       "\"engine\": \"halide:Foo\"",
       {"entry 1", "halide:Foo", "Adams2019"}},
      {"\"engine\": \"mlir\"", "\"engine\": 3", {"entry 1", "engine = 3"}},
      {"\"channels\": 32", "\"channels\": -1", {"entry 1", "channels = -1"}},
      {"\"channels\": 32", "\"channels\": 3000000000", {"entry 1", "channels"}},
      {"\"tuned\": true", "\"tuned\": 1", {"entry 1", "tuned = 1"}},
      {"\"milliseconds\": 1.25", "\"milliseconds\": \"x\"", {"milliseconds"}},
      {"in_channels=64", "in_channels=0", {"entry 1", "in_channels"}},
      {"in_channels=64", "in_chanels=64", {"entry 1", "in_channels"}},
      {"\"blocks\": {", "\"blocks\": 3, \"x\": {", {"entry 1", "blocks"}},
      {"kind=rows,channels=64", "kind=rows;channels=64", {"trial 2"}},
      {"\"ratio\": 1.5", "\"ratio\": -1.5", {"trial 1", "ratio = -1.5"}},
      {"{", "[", {"JSON"}},
  };
  for (const auto &c : cases) {
    std::string text = good;
    size_t at = text.find(c.there);
    ASSERT_NE(at, std::string::npos) << c.there;
    text.replace(at, std::string(c.there).size(), c.instead);
    TuningFile file;
    file.machine = "kept";
    Status status = parseTuningFile(text, file);
    ASSERT_TRUE(static_cast<bool>(status)) << c.instead;
    EXPECT_EQ(status.code(), TCONV_INVALID_VALUE);
    for (const char *name : c.names)
      EXPECT_NE(status.message().find(name), std::string::npos)
          << c.instead << ": " << status.message();
    EXPECT_EQ(file.machine, "kept");
  }
  TuningFile twice = example();
  twice.entries.push_back(twice.entries[0]);
  Status status = parseTuningFile(formatTuningFile(twice), twice);
  EXPECT_NE(status.message().find("entry 3"), std::string::npos)
      << status.message();
  // Whatever is cut off is missed.
  for (size_t size = 0; size + 2 < good.size(); size += 7) {
    TuningFile file;
    EXPECT_TRUE(static_cast<bool>(parseTuningFile(good.substr(0, size), file)));
  }
  EXPECT_EQ(readTuningFile("no/such.json", twice).code(), TCONV_NOT_FOUND);
}

TEST(TuningFile, EntriesNameTheirEngine) {
  TuningFile file = example();
  file.identity.halide = "build=5 llvm=22";
  file.entries[0].choice = {};
  file.entries[0].choice.engine = "halide:Li2018";
  std::string text = formatTuningFile(file);
  TuningFile read;
  Status status = parseTuningFile(text, read);
  ASSERT_FALSE(static_cast<bool>(status)) << status.message();
  EXPECT_EQ(formatTuningFile(read), text);
  EXPECT_EQ(read.identity.halide, "build=5 llvm=22");
  EXPECT_EQ(formatChoice(read.entries[0].choice), "engine=halide:Li2018");
  EXPECT_EQ(read.entries[1].choice.engine, "");
}

TEST(TuningFile, VersionOneHadNoEngines) {
  std::string text = formatTuningFile(example());
  for (const char *gone : {"\"version\": 2", "      \"engine\": \"mlir\",\n",
                           "      \"engine\": \"mlir\",\n"}) {
    size_t at = text.find(gone);
    ASSERT_NE(at, std::string::npos) << gone;
    text.replace(at, std::string(gone).size(),
                 text[at] == '"' ? "\"version\": 1" : "");
  }
  TuningFile read;
  Status status = parseTuningFile(text, read);
  ASSERT_FALSE(static_cast<bool>(status)) << status.message();
  EXPECT_EQ(formatTuningFile(read), formatTuningFile(example()));
}

TEST(TuningFile, SaysForWhomItHolds) {
  TuningIdentity here = identityHere("build=1 llvm=2", "build=4 llvm=2");
  EXPECT_EQ(differs(here, here), "");
  TuningIdentity there = here;
  there.cpu += "x";
  EXPECT_NE(differs(there, here).find("CPU " + there.cpu), std::string::npos);
  there = here;
  there.compiler = "build=3 llvm=2";
  EXPECT_NE(differs(there, here).find("build=3"), std::string::npos);
  there = here;
  there.schedules = "0123";
  EXPECT_NE(differs(there, here).find("0123"), std::string::npos);
  there = here;
  there.halide = "build=6 llvm=2";
  EXPECT_NE(differs(there, here).find("Halide engine build=6"),
            std::string::npos);
  // A search that did without Halide holds whatever Halide there is.
  there.halide.clear();
  EXPECT_EQ(differs(there, here), "");
}

TEST(TuningFile, ATunedKernelIsAnotherKernel) {
  KernelRequest plain = request(), tuned = request(), other = request();
  tuned.tuning = "kind=rows";
  other.tuning = "kind=positions";
  EXPECT_NE(requestText(plain), requestText(tuned));
  EXPECT_NE(requestText(other), requestText(tuned));
  EXPECT_EQ(requestText(plain).find("tuning"), std::string::npos);
  EXPECT_NE(KernelKey({requestText(plain), "c"}).name(),
            KernelKey({requestText(tuned), "c"}).name());
}

} // namespace
