// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tables of kernels that a program brings: what is refused, that a refusal
// changes nothing, and which kernel of several is taken. Every test has layers
// of its own, for what is registered stays so.
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/bounds.h"
#include "support/layers.h"
#include "target/target.h"
#ifdef TCONV_TEST_KERNELS
#include "newer_kernels.h"
#include "test_kernels.h"
#endif

using namespace tconv;
using namespace tconv::test;

namespace {

void packNothing(const tconv_pack_args *) {}

/// A kernel that says who it is: every output is MARK.
template <int MARK>
void writeMark(const tconv_kernel_args *args, int64_t begin, int64_t end) {
  if (begin == 0 && end > 0)
    for (int64_t t = 0; t < args->output_length; ++t)
      static_cast<float *>(args->y)[t] = MARK;
}

using Run = void (*)(const tconv_kernel_args *, int64_t, int64_t);

/// A kernel of the layer that `layerOf` makes, for this machine.
tconv_kernel kernelOf(int64_t kernelSize, Run run,
                      const char *target = levelsHere()[0].c_str()) {
  tconv_kernel kernel = {};
  kernel.abi_version = TCONV_KERNEL_ABI_VERSION;
  kernel.struct_size = sizeof(kernel);
  kernel.in_channels = kernel.out_channels = kernel.stride = 1;
  kernel.dilation = kernel.groups = 1;
  kernel.kernel_size = kernelSize;
  kernel.dtype = TCONV_F32;
  kernel.task_positions = int64_t(1) << 40; // one task
  kernel.task_columns = 1;
  kernel.pack = packNothing;
  kernel.run = run;
  kernel.description = "{}";
  kernel.target = target;
  kernel.accuracy = TCONV_ACCURACY_DIRECT;
  return kernel;
}

LayerHandle layerOf(int64_t kernelSize, const char *target = nullptr) {
  tconv_params params = parse("in_channels=1 out_channels=1 pad_mode=valid "
                              "kernel_size=" +
                              std::to_string(kernelSize));
  tconv_layer_options options;
  tconv_layer_options_init(&options);
  options.target = target;
  tconv_layer *layer = nullptr;
  EXPECT_EQ(tconv_layer_create(&params, &options, &layer), TCONV_OK)
      << tconv_last_error();
  return LayerHandle(layer);
}

/// The mark of the kernel that a layer's run takes; 0 on the reference path,
/// where x = 0 gives y = 0.
int markOf(tconv_layer *layer) {
  const float x[4] = {};
  std::vector<float> y(2000, -1);
  EXPECT_EQ(tconv_layer_run(layer, x, 1, 4, y.data()), TCONV_OK)
      << tconv_last_error();
  return static_cast<int>(y[0]);
}
int markOf(int64_t kernelSize) { return markOf(layerOf(kernelSize).get()); }

tconv_status add(const std::vector<const tconv_kernel *> &table) {
  return tconv_register_kernels(table.data(), table.size());
}

const char *const kForeign =
#if defined(__aarch64__)
    "cpu:x86-64-v3";
#else
    "cpu:aarch64+neon";
#endif

class Registered : public testing::Test {
protected:
  void SetUp() override {
    if (levelsHere().empty()) // of which the targets below are made
      GTEST_SKIP() << "no kernels are made for this machine";
    // What isn't registered takes the reference path.
    setenv("TCONV_COMPILER_LIBRARY", "/nonexistent/compiler", 1);
  }

  /// A table with something wrong in it is refused with this status, a message
  /// that has these words, and no effect: the good kernels of the table are
  /// not taken, and those that were there still are.
  static void refuses(const tconv_kernel *bad, tconv_status status,
                      const std::vector<std::string> &words) {
    static std::deque<tconv_kernel> forever; // what is registered stays so
    static int64_t size = 1000;
    int64_t before = ++size, within = ++size;
    tconv_kernel &there = forever.emplace_back(kernelOf(before, writeMark<1>));
    tconv_kernel &replacement =
        forever.emplace_back(kernelOf(before, writeMark<2>));
    tconv_kernel &other = forever.emplace_back(kernelOf(within, writeMark<3>));
    ASSERT_EQ(add({&there}), TCONV_OK) << tconv_last_error();
    LayerHandle running = layerOf(before);
    ASSERT_EQ(markOf(running.get()), 1);
    for (const std::vector<const tconv_kernel *> &table :
         {std::vector<const tconv_kernel *>{bad, &replacement, &other},
          {&replacement, &other, bad}}) {
      EXPECT_EQ(add(table), status) << tconv_last_error();
      for (const std::string &word : words)
        EXPECT_NE(std::string(tconv_last_error()).find(word), std::string::npos)
            << word << " in: " << tconv_last_error();
      EXPECT_EQ(markOf(running.get()), 1);
      EXPECT_EQ(markOf(before), 1);
      EXPECT_EQ(markOf(within), 0);
    }
    // It was the bad one: the rest is fine.
    EXPECT_EQ(add({&replacement, &other}), TCONV_OK) << tconv_last_error();
    EXPECT_EQ(markOf(within), 3);
  }
};

TEST_F(Registered, AnotherVersionIsRefused) {
  tconv_kernel bad = kernelOf(1, writeMark<9>);
  bad.abi_version = TCONV_KERNEL_ABI_VERSION + 1;
  refuses(&bad, TCONV_ABI_MISMATCH,
          {"kernels[", "abi_version = " + std::to_string(bad.abi_version),
           "must be " + std::to_string(TCONV_KERNEL_ABI_VERSION)});
}

TEST_F(Registered, AnotherSizeIsRefused) {
  for (int more : {-16, -4, 8}) {
    tconv_kernel bad = kernelOf(1, writeMark<9>);
    bad.struct_size = static_cast<uint32_t>(sizeof(bad)) + more;
    refuses(&bad, TCONV_ABI_MISMATCH, {"kernels[", "struct_size"});
  }
}

TEST_F(Registered, GranulesDivideTheKernelsBlocks) {
  for (int64_t granule : {int64_t(-1), int64_t(3), int64_t(1) << 41}) {
    tconv_kernel bad = kernelOf(1, writeMark<9>);
    bad.task_granule = granule;
    refuses(&bad, TCONV_ABI_MISMATCH,
            {"kernels[", "task_granule = " + std::to_string(granule),
             "task_positions = " + std::to_string(bad.task_positions)});
  }
}

TEST_F(Registered, RoomOfItemsIsNotNegative) {
  tconv_kernel bad = kernelOf(1, writeMark<9>);
  bad.item_granule = -1;
  refuses(&bad, TCONV_ABI_MISMATCH, {"kernels[", "item_granule makes no"});
  bad.item_granule = 1;
  bad.item_after = -2;
  refuses(&bad, TCONV_ABI_MISMATCH, {"kernels[", "item_after or"});
}

TEST_F(Registered, NullIsRefused) {
  refuses(nullptr, TCONV_ABI_MISMATCH, {"kernels[", "NULL"});
}

TEST_F(Registered, NoTargetIsRefused) {
  tconv_kernel bad = kernelOf(1, writeMark<9>, nullptr);
  refuses(&bad, TCONV_ABI_MISMATCH, {"kernels[", "target = NULL"});
}

TEST_F(Registered, UnknownTargetIsRefused) {
  tconv_kernel bad = kernelOf(1, writeMark<9>, "cpu:z80");
  refuses(&bad, TCONV_INVALID_VALUE, {"kernels[", "cpu:z80"});
}

TEST_F(Registered, AnotherMachineIsRefused) {
  tconv_kernel bad = kernelOf(1, writeMark<9>, kForeign);
  refuses(&bad, TCONV_UNSUPPORTED, {"kernels[", kForeign, "lacks it"});
}

TEST_F(Registered, AnotherCpuThanTheNativeOneIsRefused) {
  tconv_kernel bad =
      kernelOf(1, writeMark<9>, "cpu:native GenuineNobody-6-1-1 features=0");
  refuses(&bad, TCONV_UNSUPPORTED,
          {"kernels[", "GenuineNobody", "this machine's CPU is"});
}

TEST_F(Registered, KernelsWithoutCodeAreRefused) {
  tconv_kernel bad = kernelOf(1, nullptr);
  refuses(&bad, TCONV_ABI_MISMATCH, {"kernels[", "run"});
  bad = kernelOf(1, writeMark<9>);
  bad.task_positions = 0;
  refuses(&bad, TCONV_ABI_MISMATCH, {"kernels[", "task_positions"});
}

TEST_F(Registered, TheTableItselfIsChecked) {
  EXPECT_EQ(tconv_register_kernels(nullptr, 0), TCONV_OK);
  EXPECT_EQ(tconv_register_kernels(nullptr, 1), TCONV_INVALID_TYPE);
  EXPECT_NE(std::string(tconv_last_error()).find("kernels"), std::string::npos);
}

TEST_F(Registered, AForeignKernelIsFineBesideOneThatRunsHere) {
  static const tconv_kernel foreign = kernelOf(21, writeMark<1>, kForeign),
                            here = kernelOf(21, writeMark<2>);
  ASSERT_EQ(add({&foreign, &here}), TCONV_OK) << tconv_last_error();
  EXPECT_EQ(markOf(21), 2);
  // One of another layer is no help.
  static const tconv_kernel other = kernelOf(22, writeMark<2>);
  EXPECT_EQ(add({&foreign, &other}), TCONV_UNSUPPORTED);
}

TEST_F(Registered, TheBestLevelIsTaken) {
  const std::vector<std::string> &levels = levelsHere();
  static const tconv_kernel best =
                                kernelOf(31, writeMark<1>, levels[0].c_str()),
                            worst = kernelOf(31, writeMark<2>,
                                             levels.back().c_str());
  ASSERT_EQ(add({&worst}), TCONV_OK);
  EXPECT_EQ(markOf(31), 2);
  if (levels.size() == 1)
    GTEST_SKIP() << "this machine has one level";
  // A layer keeps its kernel; the next one gets the better.
  LayerHandle old = layerOf(31);
  EXPECT_EQ(markOf(old.get()), 2);
  ASSERT_EQ(add({&best, &worst}), TCONV_OK);
  EXPECT_EQ(markOf(old.get()), 2);
  ASSERT_EQ(tconv_set_cache_capacity(1), TCONV_OK);
  static const tconv_kernel other = kernelOf(32, writeMark<3>);
  ASSERT_EQ(add({&other}), TCONV_OK);
  EXPECT_EQ(markOf(32), 3); // pushes the first kernel out of the memory cache
  EXPECT_EQ(markOf(31), 1);
  EXPECT_EQ(markOf(layerOf(31, levels.back().c_str()).get()), 2);
}

TEST_F(Registered, TheMachinesOwnIsBetterThanAnyLevel) {
  static const std::string own = kernelTarget(kNativeTarget);
  static const tconv_kernel native = kernelOf(41, writeMark<1>, own.c_str()),
                            level = kernelOf(41, writeMark<2>);
  ASSERT_EQ(add({&level, &native}), TCONV_OK) << tconv_last_error();
  EXPECT_EQ(markOf(41), 1);
}

TEST_F(Registered, OtherLengthsAreBetterThanTheReference) {
  static tconv_kernel kernel = kernelOf(51, writeMark<1>);
  kernel.length_class = TCONV_LENGTH_SHORT; // of this layer all is bulk
  ASSERT_EQ(add({&kernel}), TCONV_OK);
  EXPECT_EQ(markOf(51), 1);
}

#ifdef TCONV_TEST_KERNELS

/// Runs a layer by a kernel of this program, and checks what it gives.
void runAhead(const tconv_params &params, int64_t length,
              const char *target = nullptr) {
  tconv_layer_options options;
  tconv_layer_options_init(&options);
  options.target = target;
  tconv_layer *raw = nullptr;
  ASSERT_EQ(tconv_layer_create(&params, &options, &raw), TCONV_OK);
  LayerHandle layer(raw);
  Random random(1);
  std::vector<float> x = randomValues(random, xElements(params, 1, length));
  std::vector<float> weight(weightElements(params)), bias(params.out_channels),
      y(yElements(params, 1, length));
  ASSERT_EQ(tconv_layer_get_weight(raw, weight.data()), TCONV_OK);
  if (params.has_bias) {
    ASSERT_EQ(tconv_layer_get_bias(raw, bias.data()), TCONV_OK);
  }
  ASSERT_EQ(tconv_layer_run(raw, x.data(), 1, length, y.data()), TCONV_OK);
  EXPECT_EQ(described(raw, 1, length, "from"), "ahead of time");
  EXPECT_EQ(described(raw, 1, length, "length_class"),
            length < 10 ? "short" : "bulk");
  Accuracy accuracy(params, runsFast(raw, 1, length));
  EXPECT_EQ(
      accuracy.compare({x.data(), weight.data(),
                        params.has_bias ? bias.data() : nullptr, 1, length},
                       y.data()),
      "");
}

TEST_F(Registered, KernelsOfThisBuildRun) {
  ASSERT_EQ(test_kernels_register(), TCONV_OK) << tconv_last_error();
  tconv_params params;
  test_kernels_up_params(&params);
  for (int64_t length : {2, 400}) {
    runAhead(params, length);
    for (const std::string &level : levelsHere())
      if (level != "cpu:x86-64-v2") // none was made
        runAhead(params, length, level.c_str());
  }
}

TEST_F(Registered, KernelsForANewerCpuAreRefused) {
  const std::string target = newer_kernels_kernels[0]->target;
  if (!checkKernelTarget(target))
    GTEST_SKIP() << "this machine has " << target;
  EXPECT_EQ(newer_kernels_register(), TCONV_UNSUPPORTED);
  EXPECT_NE(std::string(tconv_last_error()).find(target), std::string::npos)
      << tconv_last_error();
  tconv_params params;
  newer_kernels_only_params(&params);
  tconv_layer *raw = nullptr;
  ASSERT_EQ(tconv_layer_create(&params, nullptr, &raw), TCONV_OK);
  LayerHandle layer(raw);
  EXPECT_EQ(described(raw, 1, 300, "path"), "reference");
}

#endif // TCONV_TEST_KERNELS

} // namespace
