// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/CPU/Rates.h"
#include "compiler/Target/CPU/Target.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <cstdlib>
#include <tuple>

using namespace mlir::tconv;

namespace {

/// The folder of a kernel cache that nothing else uses.
class RatesTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("tconv", folder));
    cache = (folder + "/cache").str();
    setenv("TCONV_CACHE_DIR", cache.c_str(), 1);
    unsetenv("TCONV_CACHE_SIZE");
    llvm::Expected<CpuTarget> target = parseCpuTarget("cpu:x86-64-v3");
    ASSERT_TRUE(static_cast<bool>(target));
    machine = target->machine;
    machine.l3Bytes = 16 << 20;
  }
  void TearDown() override {
    unsetenv("TCONV_CACHE_DIR");
    std::ignore = llvm::sys::fs::remove_directories(folder);
  }

  std::string path() const {
    return cache + "/machine-cpu-" + std::to_string(machine.lanes) + "-" +
           std::to_string(machine.l1Bytes) + "-" +
           std::to_string(machine.l2Bytes) + "-" +
           std::to_string(machine.l3Bytes) + ".json";
  }
  void write(llvm::StringRef text) {
    ASSERT_FALSE(llvm::sys::fs::create_directories(cache));
    std::error_code error;
    llvm::raw_fd_ostream out(path(), error);
    ASSERT_FALSE(error);
    out << text;
  }

  llvm::SmallString<128> folder;
  std::string cache;
  Machine machine;
};

// Against rates that are all too low. Whatever interrupts the measurement makes
// cycles longer.
TEST(Rates, CyclesAreNotShorterThanAnyCoreHasThem) {
  constexpr double shortest = 1 / 8e9;
  for (int i = 0; i < 10; ++i)
    EXPECT_GT(secondsPerCycle(), shortest);
}

TEST_F(RatesTest, IsMeasured) {
  Rates rates = measureRates(machine);
#if defined(__x86_64__)
  if (__builtin_cpu_supports("fma")) {
    // The machine's lanes are those of AVX2. No core that has it does less than
    // a vector's FMA a cycle, or more than two.
    EXPECT_GE(rates.fmas, 1);
    EXPECT_LE(rates.fmas, 2);
    EXPECT_GE(rates.loads, 1);
  }
#endif
  EXPECT_GT(rates.l3, 0);
  EXPECT_LE(rates.l3, 64);
  EXPECT_GT(rates.memory, 0);
  EXPECT_LE(rates.memory, rates.l3 * 2);
  // A last level that L2 is.
  machine.l3Bytes = machine.l2Bytes;
  rates = measureRates(machine);
  EXPECT_EQ(rates.l3, 0);
  EXPECT_GT(rates.memory, 0);
}

TEST_F(RatesTest, OfLanesThatNoUnitHasNothingIsMeasured) {
  machine.lanes = 32;
  Rates rates = measureRates(machine);
  EXPECT_EQ(rates.fmas, 0);
  EXPECT_EQ(rates.loads, 0);
  EXPECT_GT(rates.l3, 0);
}

TEST_F(RatesTest, IsMeasuredOnce) {
  readRates("cpu", machine);
  EXPECT_TRUE(llvm::sys::fs::exists(path()));
  // What the file says is what the machine has from now on.
  write(R"({"fmas_per_cycle": 3, "loads_per_cycle": 6,
             "l3_bytes_per_cycle": 5, "memory_bytes_per_cycle": 7})");
  readRates("cpu", machine);
  EXPECT_EQ(machine.fmasPerCycle, 3);
  EXPECT_EQ(machine.loadsPerCycle, 6);
  EXPECT_EQ(machine.l3BytesPerCycle, 5);
  EXPECT_EQ(machine.memoryBytesPerCycle, 7);
}

TEST_F(RatesTest, NonsenseIsMeasuredAnew) {
  for (const char *text :
       {"", "{", "[]", "{}",
        R"({"l3_bytes_per_cycle": 5, "memory_bytes_per_cycle": 7})",
        R"({"fmas_per_cycle": 2, "loads_per_cycle": 2,
            "l3_bytes_per_cycle": -5, "memory_bytes_per_cycle": 7})",
        R"({"fmas_per_cycle": 2, "loads_per_cycle": 2,
            "l3_bytes_per_cycle": 5, "memory_bytes_per_cycle": 7000})",
        R"({"fmas_per_cycle": "2", "loads_per_cycle": 2,
            "l3_bytes_per_cycle": 5, "memory_bytes_per_cycle": 7})"}) {
    write(text);
    readRates("cpu", machine);
    EXPECT_GT(machine.l3BytesPerCycle, 0) << text;
    EXPECT_LE(machine.memoryBytesPerCycle, 64) << text;
    auto buffer = llvm::MemoryBuffer::getFile(path());
    ASSERT_TRUE(static_cast<bool>(buffer));
    EXPECT_NE((*buffer)->getBuffer(), text);
  }
}

TEST_F(RatesTest, AreMeasuredWithoutACache) {
  setenv("TCONV_CACHE_SIZE", "0", 1);
  machine.memoryBytesPerCycle = 1000;
  readRates("cpu", machine);
  unsetenv("TCONV_CACHE_SIZE");
  EXPECT_LE(machine.memoryBytesPerCycle, 64);
  EXPECT_FALSE(llvm::sys::fs::exists(cache));
}

TEST_F(RatesTest, AFolderThatCannotBeMadeIsNoFailure) {
  setenv("TCONV_CACHE_DIR", "/dev/null/cache", 1);
  readRates("cpu", machine);
  EXPECT_GT(machine.l3BytesPerCycle, 0);
}

} // namespace
