// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A core on which instructions are put by hand.
#ifndef TCONV_TEST_TOOLS_DAVINCI_BENCH_H
#define TCONV_TEST_TOOLS_DAVINCI_BENCH_H

#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "davinci/instructions.h"
#include "ptx/formats.h"

namespace tconv::davinci::test {

// The IR's numbers of pipes.
constexpr uint64_t S = 0, V = 1, M = 2, MTE1 = 3, MTE2 = 4, MTE3 = 5, ALL = 6,
                   FIX = 10;

class Bench {
public:
  explicit Bench(Policy policy = Policy::InOrder)
      : policy(policy), global(memory) {
    begin(0);
  }

  /// Another block, on a core of its own.
  void begin(uint64_t block) {
    core = std::make_unique<Core>(global, report, policy, block, 8);
  }

  uint64_t run(const std::string &name,
               std::initializer_list<uint64_t> words = {}) {
    auto found = known.find(name);
    if (found == known.end())
      found = known.emplace(name, makeInstruction(name)).first;
    EXPECT_EQ(found->second.arguments, static_cast<int>(words.size())) << name;
    core->instruction = found->first.c_str();
    return found->second.run(*core, std::vector<uint64_t>(words).data());
  }

  void set(uint64_t from, uint64_t to, uint64_t event = 0) {
    run("SET.FLAG.IMM", {from, to, event});
  }
  void wait(uint64_t from, uint64_t to, uint64_t event = 0) {
    run("WAIT.FLAG.IMM", {from, to, event});
  }
  void order(uint64_t from, uint64_t to) {
    set(from, to);
    wait(from, to);
  }
  void finish() {
    run("BARRIER", {ALL});
    core->finish();
  }

  /// Global memory with values, or without any.
  uint64_t input(const std::vector<float> &values, bool half = false) {
    std::vector<uint8_t> bytes(values.size() * (half ? 2 : 4));
    for (size_t at = 0; at < values.size(); ++at) {
      uint16_t short_ = ptx::floatToF16(values[at]);
      std::memcpy(bytes.data() + at * (half ? 2 : 4),
                  half ? static_cast<const void *>(&short_) : &values[at],
                  half ? 2 : 4);
    }
    uint64_t address = output(bytes.size());
    EXPECT_FALSE(memory.write(address, bytes.data(), bytes.size()));
    return address;
  }
  uint64_t output(uint64_t bytes) {
    uint64_t address = 0;
    EXPECT_FALSE(memory.allocate(bytes, "buffer", address));
    return address;
  }
  std::vector<float> floats(uint64_t address, size_t count) {
    std::vector<float> values(count);
    EXPECT_FALSE(memory.read(address, values.data(), 4 * count));
    return values;
  }

  /// The kinds found so far, in order of their first time.
  std::vector<std::string> kinds() const {
    std::vector<std::string> all;
    for (const Finding &finding : report.findings)
      all.push_back(findingKindName(finding.kind));
    return all;
  }

  Policy policy;
  ptx::Memory memory;
  GlobalMemory global;
  Report report;
  std::unique_ptr<Core> core;
  std::map<std::string, Instruction> known;
};

// --- Configuration words, field by field -------------------------------------

inline uint64_t field(uint64_t value, int low) { return value << low; }

/// Of copies with bursts of any length: the first word.
inline uint64_t burst(uint64_t count, uint64_t bytes, uint64_t left = 0,
                      uint64_t right = 0) {
  return field(count, 4) | field(bytes, 16) | field(left, 48) |
         field(right, 54);
}
/// Of ND to NZ copies.
inline uint64_t ndFirst(uint64_t n, uint64_t d) {
  return field(1, 4) | field(n, 16) | field(d, 32);
}
inline uint64_t ndSecond(uint64_t srcStride, uint64_t c0Stride,
                         uint64_t nStride = 1) {
  return srcStride | field(c0Stride, 16) | field(nStride, 32);
}
/// Of 3D loads of a filter of one element.
inline uint64_t loadFirst(uint64_t k, uint64_t m) { return k | field(m, 16); }
inline uint64_t loadSecond(uint64_t channels, bool isB) {
  return 1 | field(1, 6) | field(1, 12) | field(1, 20) | field(1, 28) |
         field(1, 36) | field(isB, 46) | field(isB, 47) | field(channels, 48);
}
inline uint64_t madWord(uint64_t m, uint64_t k, uint64_t n, bool first = true) {
  return m | field(k, 12) | field(n, 24) | field(first, 63);
}
inline uint64_t fixFirst(uint64_t n, uint64_t m, uint64_t stride) {
  return field(n, 4) | field(m, 16) | field(stride, 32);
}
inline uint64_t fixSecond(uint64_t srcStride, uint64_t quantisation = 0) {
  return srcStride | field(quantisation, 34) | field(1, 43);
}
/// Of vector instructions: neighbouring blocks and repeats.
inline uint64_t binaryWord(uint64_t repeats) {
  return 1 | field(1, 8) | field(1, 16) | field(8, 24) | field(8, 32) |
         field(8, 40) | field(repeats, 56);
}
inline uint64_t unaryWord(uint64_t repeats, uint64_t toRepeat = 8,
                          uint64_t fromRepeat = 8) {
  return 1 | field(1, 16) | field(toRepeat, 32) | field(fromRepeat, 40) |
         field(repeats, 56);
}

} // namespace tconv::davinci::test

#endif // TCONV_TEST_TOOLS_DAVINCI_BENCH_H
