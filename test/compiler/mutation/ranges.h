// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a kernel's registers can hold, as far as plain intervals tell.
#ifndef TCONV_TEST_COMPILER_MUTATION_RANGES_H
#define TCONV_TEST_COMPILER_MUTATION_RANGES_H

#include <cstdint>
#include <vector>

#include "ptx/syntax.h"

namespace tconv::test {

/// Signed numbers from `low` to `high`.
struct Range {
  int64_t low = INT64_MIN, high = INT64_MAX;

  bool isOne() const { return low == high; }
  bool operator==(const Range &other) const {
    return low == other.low && high == other.high;
  }
};

/// Ranges of registers, by instructions in the order of the text. A register
/// that is written at several places may hold anything.
class Ranges {
public:
  explicit Ranges(const ptx::Function &function);

  Range of(const ptx::Operand &operand) const;
  /// Of what an instruction writes, from its operands.
  Range result(const ptx::Instruction &instruction) const;

private:
  std::vector<Range> registers_;
};

/// How many instructions write each register.
std::vector<int> countWrites(const ptx::Function &function);
/// The register that an instruction writes first, or -1: a store, a branch.
int64_t writtenRegister(const ptx::Instruction &instruction);

} // namespace tconv::test

#endif // TCONV_TEST_COMPILER_MUTATION_RANGES_H
