// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whole kernels against plain sums, under every schedule of warps.
#include <cmath>

#include "ptx/formats.h"
#include "tconv-ptx/trial.h"
#include "tools/ptx/snippet.h"

namespace tconv::ptx::test {
namespace {

using tools::TrialBuffer;
using tools::TrialLaunch;
using tools::TrialOutcome;
using tools::Trials;

double element(const TrialBuffer &buffer, size_t index) {
  float wide = 0;
  uint16_t half = 0;
  if (buffer.type == "f32") {
    std::memcpy(&wide, buffer.bytes.data() + 4 * index, 4);
    return static_cast<double>(wide);
  }
  std::memcpy(&half, buffer.bytes.data() + 2 * index, 2);
  return static_cast<double>(buffer.type == "f16" ? f16ToFloat(half)
                                                  : bf16ToFloat(half));
}

std::shared_ptr<const Module> moduleOf(const std::string &name,
                                       Trials &trials) {
  Status status =
      readTrials(std::string(TCONV_PTX_TEST_DIR "/") + name + ".json", trials);
  EXPECT_FALSE(status) << status.message();
  std::shared_ptr<const Module> module;
  std::FILE *file = std::fopen(trials.file.c_str(), "rb");
  EXPECT_NE(file, nullptr);
  std::string text;
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file))
    text += static_cast<char>(c);
  std::fclose(file);
  status = Module::parse(text, module);
  EXPECT_FALSE(status) << status.message();
  return module;
}

/// The sum that output (row, column) of a launch is; sizes as the kernels have
/// them.
using Sum = double (*)(const TrialLaunch &, size_t row, size_t column);

void checkKernel(const std::string &name, size_t rowsAt, size_t columnsAt,
                 Sum sum) {
  Trials trials;
  std::shared_ptr<const Module> module = moduleOf(name, trials);
  ASSERT_TRUE(module);
  for (const TrialLaunch &launch : trials.launches) {
    size_t rows = launch.parameters[rowsAt].value;
    size_t columns = columnsAt ? launch.parameters[columnsAt].value : 8;
    std::vector<float> wanted(rows * columns);
    for (size_t at = 0; at < wanted.size(); ++at)
      wanted[at] = static_cast<float>(sum(launch, at / columns, at % columns));
    for (int round = 0; round < 6; ++round) {
      LaunchOptions options;
      options.schedule = static_cast<Schedule>(round % 4);
      options.seed = static_cast<uint64_t>(round);
      options.eagerCopies = round % 2 == 1;
      options.threads = 1 + round % 2;
      TrialOutcome outcome;
      Status status = runTrial(*module, trials.entry, launch, options, outcome);
      ASSERT_FALSE(status) << status.message();
      ASSERT_TRUE(outcome.report.findings.empty())
          << outcome.report.findings[0].message << " at line "
          << outcome.report.findings[0].line;
      ASSERT_EQ(outcome.outputs.size(), 1u);
      for (size_t at = 0; at < wanted.size(); ++at) {
        float got = 0;
        std::memcpy(&got, outcome.outputs[0].data() + 4 * at, 4);
        ASSERT_TRUE(std::isnan(wanted[at]) ? std::isnan(got)
                                           : got == wanted[at])
            << name << ", " << rows << " x " << columns << ", element " << at
            << ": " << got << " instead of " << wanted[at];
      }
    }
  }
}

TEST(Kernels, Ffma) {
  checkKernel(
      "ffma", 4, 5, [](const TrialLaunch &launch, size_t row, size_t column) {
        size_t m = launch.parameters[4].value;
        size_t n = launch.parameters[5].value;
        size_t k = launch.parameters[6].value;
        double result =
            launch.parameters[2].isBuffer ? element(launch.buffers[2], row) : 0;
        for (size_t i = 0; i < k; ++i)
          result += element(launch.buffers[0], i * m + row) *
                    element(launch.buffers[1], i * n + column);
        return result;
      });
}

TEST(Kernels, MmaF16) {
  checkKernel("mma_f16", 3, 4,
              [](const TrialLaunch &launch, size_t row, size_t column) {
                size_t k = launch.parameters[5].value;
                double result = 0;
                for (size_t i = 0; i < k; ++i)
                  result += element(launch.buffers[0], row * k + i) *
                            element(launch.buffers[1], column * k + i);
                return result;
              });
}

TEST(Kernels, MmaTf32) {
  checkKernel("mma_tf32", 3, 0,
              [](const TrialLaunch &launch, size_t row, size_t column) {
                size_t k = launch.parameters[4].value;
                double result = 0;
                for (size_t i = 0; i < k; ++i)
                  result += element(launch.buffers[0], row * k + i) *
                            element(launch.buffers[1], column * k + i);
                return result;
              });
}

} // namespace
} // namespace tconv::ptx::test
