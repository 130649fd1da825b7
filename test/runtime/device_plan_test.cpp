// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Plans of several launches: what is refused, and what they come to.
#include "kernel/device_plan.h"

#include <gtest/gtest.h>

using namespace tconv;

namespace {

/// One that packs once, and runs `ceil(length / 4)` blocks for each item of the
/// batch, with 4 * blocks bytes of workspace.
struct Example {
  Example() {
    plan.struct_size = sizeof(plan);
    plan.object_count = 1;
    plan.objects = &object;
    plan.step_count = static_cast<int32_t>(steps.size());
    plan.steps = steps.data();
    plan.launch_count = static_cast<int32_t>(launches.size());
    plan.launches = launches.data();
    plan.pack_workspace_bytes = kZero;
    plan.run_workspace_bytes = kBytes;
    for (tconv_device_launch &launch : launches) {
      launch.struct_size = sizeof(launch);
      launch.workspace = TCONV_DEVICE_WORKSPACE;
      launch.arguments = arguments;
      launch.argument_count = 2;
    }
    launches[0].purpose = TCONV_DEVICE_PACKS;
    launches[0].entry = "pack";
    launches[1].purpose = TCONV_DEVICE_RUNS;
    launches[1].entry = "run";
    for (int32_t &axis : launches[0].grid)
      axis = kOne;
    launches[1].grid[0] = kBlocks;
    launches[1].grid[1] = kOne;
    launches[1].grid[2] = TCONV_DEVICE_BATCH;
  }

  enum : int32_t {
    kZero = TCONV_DEVICE_VARIABLES,
    kOne,
    kThree,
    kFour,
    kRounded,
    kBlocks,
    kBytes
  };
  tconv_device_object object = {"code", 4, TCONV_DEVICE_MIX, 0};
  std::vector<tconv_device_step> steps = {
      {TCONV_DEVICE_CONSTANT, 0, 0, 0, 0},
      {TCONV_DEVICE_CONSTANT, 0, 0, 0, 1},
      {TCONV_DEVICE_CONSTANT, 0, 0, 0, 3},
      {TCONV_DEVICE_CONSTANT, 0, 0, 0, 4},
      {TCONV_DEVICE_ADD, TCONV_DEVICE_LENGTH, kThree, 0, 0},
      {TCONV_DEVICE_DIVIDE, kRounded, kFour, 0, 0},
      {TCONV_DEVICE_MULTIPLY, kBlocks, kFour, 0, 0}};
  std::vector<tconv_device_launch> launches =
      std::vector<tconv_device_launch>(2);
  int32_t arguments[2] = {TCONV_DEVICE_X, kBytes};
  tconv_device_plan plan = {};
};

DeviceVariables variables(int64_t batch, int64_t length) {
  tconv_kernel_args args = {};
  args.batch = batch;
  args.length = length;
  args.x = reinterpret_cast<const void *>(uintptr_t(0x1000));
  return runVariables(args, {20, 40});
}

TEST(DevicePlan, Launches) {
  Example example;
  EXPECT_FALSE(checkDevicePlan(example.plan));
  DeviceVariables values = variables(3, 9);
  EXPECT_EQ(values[TCONV_DEVICE_VECTOR_CORES], 40);
  int64_t bytes = 0;
  ASSERT_FALSE(planWorkspace(example.plan, TCONV_DEVICE_RUNS, values, bytes));
  EXPECT_EQ(bytes, 12);
  values[TCONV_DEVICE_WORKSPACE] = 0x2000;
  std::vector<PlannedLaunch> launches;
  ASSERT_FALSE(planLaunches(example.plan, TCONV_DEVICE_RUNS, values, launches));
  ASSERT_EQ(launches.size(), 1U);
  EXPECT_STREQ(launches[0].launch->entry, "run");
  EXPECT_EQ(launches[0].blocks(), 9);
  EXPECT_EQ(launches[0].workspace, 0x2000);
  EXPECT_EQ(launches[0].arguments, (std::vector<int64_t>{0x1000, 12}));
  ASSERT_FALSE(planLaunches(example.plan, TCONV_DEVICE_PACKS,
                            packVariables(1, 2, {20, 40}), launches));
  ASSERT_EQ(launches.size(), 1U);
  EXPECT_STREQ(launches[0].launch->entry, "pack");
}

TEST(DevicePlan, NothingToDoIsNotIssued) {
  Example example;
  std::vector<PlannedLaunch> launches;
  ASSERT_FALSE(
      planLaunches(example.plan, TCONV_DEVICE_RUNS, variables(0, 9), launches));
  EXPECT_TRUE(launches.empty());
}

TEST(DevicePlan, RoundsDown) {
  Example example;
  const struct {
    int32_t operation;
    int64_t left, right, result;
  } cases[] = {
      {TCONV_DEVICE_DIVIDE, -1, 4, -1},  {TCONV_DEVICE_REMAINDER, -1, 4, 3},
      {TCONV_DEVICE_DIVIDE, -8, 4, -2},  {TCONV_DEVICE_REMAINDER, -8, 4, 0},
      {TCONV_DEVICE_SUBTRACT, 1, 4, -3}, {TCONV_DEVICE_MINIMUM, 1, 4, 1},
      {TCONV_DEVICE_MAXIMUM, 1, 4, 4}};
  for (const auto &one : cases) {
    example.steps[2].constant = one.left;
    example.steps[3].constant = one.right;
    example.steps[4] = {one.operation, Example::kThree, Example::kFour, 0, 0};
    example.arguments[1] = Example::kRounded;
    example.launches[1].grid[0] = Example::kOne;
    std::vector<PlannedLaunch> launches;
    ASSERT_FALSE(planLaunches(example.plan, TCONV_DEVICE_RUNS, variables(1, 9),
                              launches));
    EXPECT_EQ(launches[0].arguments[1], one.result) << one.operation;
  }
}

TEST(DevicePlan, RefusesWhatDoesNotFit) {
  Example example;
  std::vector<PlannedLaunch> launches;
  Status status = planLaunches(example.plan, TCONV_DEVICE_RUNS,
                               variables(1, INT64_MAX), launches);
  EXPECT_EQ(status.code(), TCONV_INVALID_VALUE) << status.message();
  status = planLaunches(example.plan, TCONV_DEVICE_RUNS, variables(65536, 1),
                        launches);
  EXPECT_EQ(status.code(), TCONV_INVALID_VALUE);
  EXPECT_NE(status.message().find("batch = 65536"), std::string::npos)
      << status.message();
  EXPECT_FALSE(planLaunches(example.plan, TCONV_DEVICE_RUNS,
                            variables(65535, 1), launches));
  example.steps[3].constant = 0;
  EXPECT_TRUE(
      planLaunches(example.plan, TCONV_DEVICE_RUNS, variables(1, 1), launches));
}

TEST(DevicePlan, RefusesWhatMakesNoSense) {
  const std::pair<const char *, void (*)(Example &)> wrong[] = {
      {"struct_size", [](Example &e) { e.plan.struct_size = 1; }},
      {"no object", [](Example &e) { e.plan.object_count = 0; }},
      {"no launch", [](Example &e) { e.plan.launch_count = 0; }},
      {"no code", [](Example &e) { e.object.code = nullptr; }},
      {"cores", [](Example &e) { e.object.cores = 3; }},
      {"operation", [](Example &e) { e.steps[4].operation = 8; }},
      {"a later operand", [](Example &e) { e.steps[4].right = e.kBlocks; }},
      {"itself", [](Example &e) { e.steps[4].right = e.kRounded; }},
      {"operand", [](Example &e) { e.steps[4].left = -1; }},
      {"launch's size", [](Example &e) { e.launches[1].struct_size = 0; }},
      {"purpose", [](Example &e) { e.launches[1].purpose = 0; }},
      {"entry", [](Example &e) { e.launches[1].entry = nullptr; }},
      {"object", [](Example &e) { e.launches[1].object = 1; }},
      {"grid", [](Example &e) { e.launches[1].grid[1] = e.kBytes + 1; }},
      {"workspace", [](Example &e) { e.launches[1].workspace = -1; }},
      {"argument", [](Example &e) { e.arguments[1] = e.kBytes + 1; }},
      {"no arguments", [](Example &e) { e.launches[1].arguments = nullptr; }},
      {"bytes", [](Example &e) { e.plan.run_workspace_bytes = -1; }},
  };
  for (const auto &[name, spoil] : wrong) {
    Example example;
    spoil(example);
    EXPECT_EQ(checkDevicePlan(example.plan).code(), TCONV_ABI_MISMATCH) << name;
  }
}

} // namespace
