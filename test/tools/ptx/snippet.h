// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs a few instructions on arrays.
#ifndef TCONV_TEST_TOOLS_PTX_SNIPPET_H
#define TCONV_TEST_TOOLS_PTX_SNIPPET_H

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ptx/launch.h"

namespace tconv::ptx::test {

/// The first lines of every text here.
inline std::string header() {
  return ".version 8.7\n.target sm_100\n.address_size 64\n";
}

inline std::shared_ptr<const Module> parse(const std::string &text) {
  std::shared_ptr<const Module> module;
  Status status = Module::parse(text, module);
  EXPECT_FALSE(status) << status.message() << "\n" << text;
  return module;
}

/// Runs `body` for each element: %d = f(%a, %b, %c), registers of the arrays'
/// widths, %i the element's number. `body` may declare more in braces.
template <typename D, typename A, typename B = uint32_t, typename C = uint32_t>
std::vector<D> evaluate(const std::string &body, const std::vector<A> &a,
                        const std::vector<B> &b = {},
                        const std::vector<C> &c = {}) {
  auto bits = [](size_t bytes) { return ".b" + std::to_string(8 * bytes); };
  std::string text = header() + ".visible .entry k(.param .u64 pa, .param .u64 "
                                "pb, .param .u64 pc, .param .u64 pd, .param "
                                ".u32 n) {\n.reg .pred %out;\n.reg .b32 %i, "
                                "%n, %t;\n.reg .b64 %p, %o;\n";
  text += ".reg " + bits(sizeof(A)) + " %a;\n.reg " + bits(sizeof(B)) +
          " %b;\n.reg " + bits(sizeof(C)) + " %c;\n.reg " + bits(sizeof(D)) +
          " %d;\n"
          "mov.u32 %i, %ctaid.x;\nmov.u32 %t, %tid.x;\n"
          "mad.lo.u32 %i, %i, 32, %t;\nld.param.u32 %n, [n];\n"
          "setp.ge.u32 %out, %i, %n;\n@%out ret;\n";
  auto load = [&](const char *name, size_t bytes) {
    text += std::string("ld.param.u64 %p, [p") + name + "];\n" +
            "mul.wide.u32 %o, %i, " + std::to_string(bytes) +
            ";\nadd.u64 %p, %p, %o;\nld.global" + bits(bytes) + " %" + name +
            ", [%p];\n";
  };
  load("a", sizeof(A));
  if (!b.empty())
    load("b", sizeof(B));
  if (!c.empty())
    load("c", sizeof(C));
  text += "{\n" + body + "\n}\n";
  text += "ld.param.u64 %p, [pd];\nmul.wide.u32 %o, %i, " +
          std::to_string(sizeof(D)) + ";\nadd.u64 %p, %p, %o;\nst.global" +
          bits(sizeof(D)) + " [%p], %d;\nret;\n}\n";
  std::vector<D> result(a.size());
  std::shared_ptr<const Module> module = parse(text);
  if (!module)
    return result;
  Memory memory;
  LaunchConfig config;
  config.entry = "k";
  config.grid[0] = static_cast<uint32_t>((a.size() + 31) / 32);
  config.block[0] = 32;
  auto place = [&](const void *data, size_t bytes) {
    uint64_t address = 0;
    if (bytes != 0) {
      EXPECT_FALSE(memory.allocate(bytes, "x", address));
      if (data) {
        EXPECT_FALSE(memory.write(address, data, bytes));
      }
    }
    addParameter(config.parameters, address);
    return address;
  };
  place(a.data(), a.size() * sizeof(A));
  place(b.data(), b.size() * sizeof(B));
  place(c.data(), c.size() * sizeof(C));
  uint64_t out = place(nullptr, a.size() * sizeof(D));
  addParameter(config.parameters, static_cast<uint32_t>(a.size()));
  Report report;
  Status status = launch(*module, memory, config, LaunchOptions(), report);
  EXPECT_FALSE(status) << status.message();
  EXPECT_TRUE(report.findings.empty())
      << body << ": " << report.findings[0].message;
  EXPECT_FALSE(memory.read(out, result.data(), a.size() * sizeof(D)));
  return result;
}

/// Random bits, and values at the ends of the ranges in every combination.
template <typename T> std::vector<T> values(size_t count, uint32_t seed) {
  std::mt19937_64 random(seed);
  std::vector<T> result(count);
  const uint64_t edges[] = {0,          1,          2,          31,
                            32,         33,         63,         64,
                            ~0ull,      ~0ull >> 1, 1ull << 63, 0x7fffffff,
                            0x80000000, 0x7fff,     0x8000,     0xffff};
  for (T &value : result) {
    uint64_t bits = random();
    if (bits % 3 == 0)
      bits = edges[bits / 3 % 16];
    else if (bits % 3 == 1)
      bits >>= bits / 3 % 64;
    std::memcpy(&value, &bits, sizeof(T));
  }
  return result;
}

template <typename To, typename From> To bitsOf(From value) {
  static_assert(sizeof(To) == sizeof(From), "sizes differ");
  To result;
  std::memcpy(&result, &value, sizeof(To));
  return result;
}

} // namespace tconv::ptx::test

#endif // TCONV_TEST_TOOLS_PTX_SNIPPET_H
