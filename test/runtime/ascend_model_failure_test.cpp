// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What goes wrong between a layer's parameters and its numbers on an Ascend:
// each failure has a status and words, leaves nothing behind, and the next
// layer works.
#include "ascend_model.h"

using namespace tconv::test;

namespace {

/// One way to fail, and what is said of it.
struct Failure {
  const char *name;
  const char *variable, *value; ///< of the environment
  tconv_status status;
  const char *words[4]; ///< NULL: no more
};
std::ostream &operator<<(std::ostream &stream, const Failure &one) {
  return stream << one.name;
}

/// There is no kernel.
const Failure kWithoutKernel[] = {{"NoBishengir",
                                   "TCONV_BISHENGIR",
                                   "/nonexistent/folder",
                                   TCONV_COMPILE_ERROR,
                                   {"bishengir-compile is not installed"}},
                                  {"NoHivmc",
                                   "PATH",
                                   "/usr/bin:/bin",
                                   TCONV_COMPILE_ERROR,
                                   {"hivmc of CANN is missing"}},
                                  {"HivmcFails",
                                   "FAKE_HIVMC",
                                   "fail",
                                   TCONV_COMPILE_ERROR,
                                   {"_pack", "told to fail"}},
                                  {"HivmcWritesNothing",
                                   "FAKE_HIVMC",
                                   "nothing",
                                   TCONV_COMPILE_ERROR,
                                   {"_pack", "hivmc made no object"}}};

/// There is one, and it does not load, or does not run.
const Failure kOnTheDevice[] = {
    {"ObjectOfSomebodyElse",
     "FAKE_HIVMC",
     "garbage",
     TCONV_COMPILE_ERROR,
     {"aclrtBinaryLoadFromData", "E10001", "none of"}},
    {"ObjectThatIsBroken",
     "FAKE_HIVMC",
     "text",
     TCONV_COMPILE_ERROR,
     {"aclrtBinaryLoadFromData", "E10001"}},
    {"ObjectOfOtherKernels",
     "FAKE_HIVMC",
     "rename",
     TCONV_DEVICE_ERROR,
     {"aclrtBinaryGetFunction", "E10002", "no kernel", "_pack"}},
    {"KernelWithoutAWait",
     "FAKE_HIVMC",
     "drop-wait",
     TCONV_DEVICE_ERROR,
     {"507015", "_product", "flag-left-set"}},
    {"KernelsWithoutACopy",
     "FAKE_HIVMC",
     "drop-copy",
     TCONV_DEVICE_ERROR,
     {"507015", "_edge", "uninitialised"}},
    {"LaunchFails",
     "FAKE_ASCEND",
     "aclrtLaunchKernelWithHostArgs=207004",
     TCONV_DEVICE_ERROR,
     {"aclrtLaunchKernelWithHostArgs", "207004"}}};

class AscendFailures : public AscendModel {
protected:
  /// A layer that nothing is planted in: its parameters are others, so that its
  /// kernel is not the one in the cache.
  void expectOthersWork() {
    LayerHandle layer;
    tconv_params params = parse("in_channels=3 out_channels=2 kernel_size=3");
    ASSERT_EQ(makeLayer(params, "ascend", layer), TCONV_OK)
        << tconv_last_error();
    EXPECT_EQ(runOnHost(layer.get(), params, random, 1, 20), "");
    layer.reset();
    fake.expectNothingLeft("a layer that works");
  }

  tconv_params params =
      parse("in_channels=16 out_channels=8 kernel_size=4 stride=2 dtype=f16");
};

class AscendFailuresOf : public AscendFailures,
                         public testing::WithParamInterface<Failure> {
protected:
  /// With the cause in the environment; FAKE_ASCEND is read once a process.
  template <typename Function> void withFailure(Function &&function) {
    const Failure &one = GetParam();
    const char *given = std::getenv(one.variable);
    std::string before = given ? given : "";
    setenv(one.variable, one.value, 1);
    LayerHandle layer;
    ASSERT_EQ(makeLayer(params, "ascend", layer), TCONV_OK)
        << tconv_last_error();
    function(layer.get());
    layer.reset();
    fake.expectNothingLeft("the failure");
    setenv(one.variable, before.c_str(), 1);
    if (one.variable != std::string("FAKE_ASCEND"))
      expectOthersWork();
  }
  static void expectWords(const std::string &message) {
    for (const char *word : GetParam().words) {
      if (!word)
        break;
      EXPECT_NE(message.find(word), std::string::npos)
          << word << " is not in: " << message;
    }
  }
};

class AscendWithoutKernel : public AscendFailuresOf {};
class AscendOnTheDevice : public AscendFailuresOf {};

INSTANTIATE_TEST_SUITE_P(One, AscendWithoutKernel,
                         testing::ValuesIn(kWithoutKernel),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });
INSTANTIATE_TEST_SUITE_P(One, AscendOnTheDevice,
                         testing::ValuesIn(kOnTheDevice), [](const auto &info) {
                           return std::string(info.param.name);
                         });

/// Arrays of the host have the plain path; those of a device have no other.
TEST_P(AscendWithoutKernel, IsSaidAndLeavesNothing) {
  withFailure([&](tconv_layer *layer) {
    EXPECT_EQ(runOnHost(layer, params, random, 1, 150), "");
    EXPECT_EQ(described(layer, 1, 150, "path"), "reference");
    expectWords(described(layer, 1, 150, "why"));
    BufferHandle x = makeBuffer(16 * 150 * 2, "ascend");
    BufferHandle y = makeBuffer(8 * 300 * 2, "ascend");
    EXPECT_EQ(tconv_layer_run_device(
                  layer, tconv_device_buffer_pointer(x.get()), 1, 150,
                  tconv_device_buffer_pointer(y.get()), nullptr, nullptr),
              GetParam().status);
    EXPECT_EQ(std::string(tconv_last_error()).find("no kernel: "), 0U)
        << tconv_last_error();
    expectWords(tconv_last_error());
    EXPECT_EQ(fake.count().launches, 0);
  });
}

TEST_P(AscendOnTheDevice, IsSaidAndLeavesNothing) {
  withFailure([&](tconv_layer *layer) {
    std::vector<uint16_t> x(16 * 150, 0x3c00), y(8 * 300, 77);
    std::vector<uint16_t> untouched = y;
    EXPECT_EQ(tconv_layer_run(layer, x.data(), 1, 150, y.data()),
              GetParam().status);
    expectWords(tconv_last_error());
    EXPECT_EQ(y, untouched);
  });
}

TEST_F(AscendFailures, MemoryThatIsTooShort) {
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "ascend", layer), TCONV_OK);
  std::vector<uint16_t> values(16 * 150 - 1, 0x3c00);
  auto bytes = static_cast<int64_t>(values.size() * 2);
  BufferHandle x = makeBuffer(bytes, "ascend");
  BufferHandle y = makeBuffer(8 * 300 * 2, "ascend");
  ASSERT_EQ(tconv_device_buffer_write(x.get(), values.data(), bytes), TCONV_OK);
  ASSERT_EQ(tconv_layer_run_device(
                layer.get(), tconv_device_buffer_pointer(x.get()), 1, 150,
                tconv_device_buffer_pointer(y.get()), nullptr, nullptr),
            TCONV_OK)
      << tconv_last_error();
  // Whoever waits hears of it.
  EXPECT_EQ(tconv_device_buffer_wait(y.get()), TCONV_DEVICE_ERROR);
  std::string message = tconv_last_error();
  for (const char *word : {"aclrtSynchronizeDevice", "507015", "out-of-bounds"})
    EXPECT_NE(message.find(word), std::string::npos) << message;
  // The same layer, with memory that is long enough.
  EXPECT_EQ(runOnHost(layer.get(), params, random, 1, 150), "");
  layer.reset(), x.reset(), y.reset();
  fake.expectNothingLeft("the layer");
}

TEST_F(AscendFailures, EveryCallMayFail) {
  int64_t skip = 0;
  for (bool came = true; came; ++skip) {
    fake.fail(nullptr, 507899, skip);
    {
      LayerHandle layer;
      if (makeLayer(params, "ascend", layer) == TCONV_OK)
        (void)runOnHost(layer.get(), params, random, 1, 20);
    }
    came = fake.failed();
    fake.expectNothingLeft("call " + std::to_string(skip));
    ASSERT_LT(skip, 500);
  }
  EXPECT_GT(skip, 30);
  expectOthersWork();
}

} // namespace
