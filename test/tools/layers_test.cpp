// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "common/layers.h"

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <gtest/gtest.h>

#include "common/machine.h"
#include "common/timing.h"

using namespace tconv;
using namespace tconv::tools;

namespace {

class Layers : public testing::Test {
protected:
  void TearDown() override { std::filesystem::remove(path); }

  Status read(const std::string &text, const std::string &filter = "") {
    std::ofstream(path) << text;
    return readLayersFile(path, filter, entries);
  }

  std::string path = (std::filesystem::temp_directory_path() /
                      ("tconv-layers-" + std::to_string(getpid())))
                         .string();
  std::vector<LayerEntry> entries;
};

TEST_F(Layers, NamesNumbersAndFigures) {
  Status status =
      read("# a comment\n\n"
           "one.two: in_channels=6 out_channels=4 kernel_size=5 stride=3 "
           "group=2 pad_mode=pad padding=1 has_bias=1 batch=2 length=10\r\n"
           "  in_channels=1 out_channels=1 kernel_size=1 length=7\n");
  ASSERT_FALSE(status) << status.message();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].name, "one.two");
  EXPECT_EQ(entries[1].name, "line 4");
  EXPECT_EQ(entries[0].outputLength, 9 * 3 - 2 + 5);
  EXPECT_EQ(entries[0].inputElements(), 2 * 6 * 10);
  EXPECT_EQ(entries[0].outputElements(), 2 * 4 * 30);
  EXPECT_EQ(entries[0].weightElements(), 6 * 2 * 5);
  EXPECT_EQ(entries[0].flops(), 2.0 * 2 * 6 * 2 * 5 * 10);
  EXPECT_EQ(entries[0].compulsoryBytes(), 4.0 * (120 + 240 + 60 + 4));
  EXPECT_EQ(entries[1].compulsoryBytes(), 4.0 * (7 + 7 + 1));
}

TEST_F(Layers, Filter) {
  const char *text =
      "a.x: in_channels=1 out_channels=1 kernel_size=1 length=7\n"
      "b.x: in_channels=1 out_channels=1 kernel_size=1 length=7\n";
  ASSERT_FALSE(read(text, "b."));
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].name, "b.x");
  Status status = read(text, "c.");
  EXPECT_NE(status.message().find("'c.'"), std::string::npos);
  EXPECT_EQ(entries.size(), 1u) << "a failed read changed the entries";
}

TEST_F(Layers, ErrorsNameFileLineAndValue) {
  struct {
    const char *line, *message;
  } refusals[] = {
      {"in_channels=1 out_channels=1 kernel_size=1 strid=2 length=3",
       "'stride'"},
      {"in_channels=1 out_channels=1 kernel_size=0 length=3", "kernel_size"},
      {"in_channels=1 out_channels=1 kernel_size=1 length=x", "x"},
      {"in_channels=1 out_channels=1 kernel_size=1", "length"},
      {"in_channels=3 out_channels=1 kernel_size=1 group=2 length=3", "group"},
      {"in_channels=1 out_channels=1 kernel_size=1 length=9223372036854775807 "
       "stride=9 pad_mode=same",
       "9223372036854775807"},
  };
  for (const auto &refusal : refusals) {
    Status status = read(std::string("# first\n") + refusal.line + "\n");
    ASSERT_TRUE(status) << refusal.line;
    EXPECT_EQ(status.message().find(path + ":2: "), 0u) << status.message();
    EXPECT_NE(status.message().find(refusal.message), std::string::npos)
        << status.message();
  }
}

TEST_F(Layers, FilesWithoutLayers) {
  EXPECT_NE(read("# nothing\n").message().find("no layer"), std::string::npos);
  EXPECT_EQ(readLayersFile("/nowhere/at.all", "", entries).code(),
            TCONV_NOT_FOUND);
  EXPECT_TRUE(readLayersFile("/", "", entries));
}

TEST(Timing, MinimumMedianAndFailure) {
  Timing timing;
  int calls = 0;
  auto run = [&] {
    double until = now() + (++calls == 2 ? 0.001 : 0.05);
    while (now() < until) {
    }
    return Status::ok();
  };
  ASSERT_FALSE(measure(0, 5, run, timing));
  EXPECT_EQ(timing.runs, 5);
  EXPECT_GE(timing.minimum, 0.001);
  EXPECT_LT(timing.minimum, 0.05);
  EXPECT_GE(timing.median, 0.05);
  auto fail = [&] { return Status(TCONV_INTERNAL, "no"); };
  EXPECT_EQ(measure(0, 5, fail, timing).message(), "no");
}

TEST(Machine, FiguresArePlausible) {
  Machine machine = measureMachine(1);
  EXPECT_FALSE(machine.cpu.empty());
  EXPECT_EQ(machine.cores, availableCores());
  // Slower than any machine that runs this, faster than any there is.
  EXPECT_GT(machine.peak1, 0.5);
  EXPECT_LT(machine.peak1, 2000);
  EXPECT_EQ(machine.peak(1), machine.peakThreads);
  EXPECT_GT(machine.copyGbs, 0.2);
  EXPECT_LT(machine.copyGbs, 2000);
}

} // namespace
