// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ptx/flow.h"

#include <algorithm>

namespace tconv::ptx {
namespace {

/// Basic blocks; the last one, empty, stands for the end of the kernel.
struct Blocks {
  std::vector<uint32_t> begin; ///< first operation of each, and the number
  std::vector<uint32_t> ofOp;
  std::vector<std::vector<uint32_t>> successors;
  std::vector<std::vector<uint32_t>> predecessors;

  uint32_t end() const { return static_cast<uint32_t>(begin.size() - 1); }
};

bool endsBlock(const Op &op) {
  return op.control == Control::Branch || op.control == Control::Exit ||
         op.control == Control::Trap;
}

Blocks findBlocks(const Program &program) {
  size_t count = program.ops.size();
  std::vector<bool> leader(count + 1, false);
  leader[0] = true;
  for (size_t index = 0; index < count; ++index) {
    const Op &op = program.ops[index];
    if (op.control == Control::Branch)
      leader[op.target] = true;
    if (endsBlock(op))
      leader[index + 1] = true;
  }
  leader[count] = true;
  Blocks blocks;
  blocks.ofOp.resize(count + 1);
  for (size_t index = 0; index <= count; ++index) {
    if (leader[index])
      blocks.begin.push_back(static_cast<uint32_t>(index));
    blocks.ofOp[index] = static_cast<uint32_t>(blocks.begin.size() - 1);
  }
  uint32_t end = blocks.end();
  blocks.successors.resize(end + 1);
  blocks.predecessors.resize(end + 1);
  for (uint32_t block = 0; block < end; ++block) {
    const Op &last = program.ops[blocks.begin[block + 1] - 1];
    auto &to = blocks.successors[block];
    bool goesOn = last.guard != 0 || !endsBlock(last);
    if (goesOn)
      to.push_back(block + 1);
    if (last.control == Control::Branch)
      to.push_back(blocks.ofOp[last.target]);
    else if (endsBlock(last))
      to.push_back(end);
    std::sort(to.begin(), to.end());
    to.erase(std::unique(to.begin(), to.end()), to.end());
    for (uint32_t next : to)
      blocks.predecessors[next].push_back(block);
  }
  return blocks;
}

/// Blocks in an order in which each comes after those it leads to, as far as
/// loops allow; those from which the end can't be reached are left out.
std::vector<uint32_t> backwardOrder(const Blocks &blocks) {
  std::vector<uint32_t> order;
  std::vector<bool> seen(blocks.end() + 1, false);
  std::vector<std::pair<uint32_t, size_t>> stack = {{blocks.end(), 0}};
  seen[blocks.end()] = true;
  while (!stack.empty()) {
    auto &[block, next] = stack.back();
    if (next == blocks.predecessors[block].size()) {
      order.push_back(block);
      stack.pop_back();
      continue;
    }
    uint32_t before = blocks.predecessors[block][next++];
    if (!seen[before]) {
      seen[before] = true;
      stack.emplace_back(before, 0);
    }
  }
  std::reverse(order.begin(), order.end());
  return order;
}

} // namespace

void findRejoins(Program &program) {
  // Cooper, Harvey and Kennedy's iteration, on the reversed graph.
  Blocks blocks = findBlocks(program);
  std::vector<uint32_t> order = backwardOrder(blocks);
  constexpr uint32_t none = ~0u;
  std::vector<uint32_t> rank(blocks.end() + 1, none);
  for (uint32_t index = 0; index < order.size(); ++index)
    rank[order[index]] = index;
  std::vector<uint32_t> parent(blocks.end() + 1, none);
  parent[blocks.end()] = blocks.end();
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t index = 1; index < order.size(); ++index) {
      uint32_t block = order[index];
      uint32_t meet = none;
      for (uint32_t next : blocks.successors[block]) {
        if (rank[next] == none || parent[next] == none)
          continue;
        if (meet == none) {
          meet = next;
          continue;
        }
        uint32_t other = next;
        while (meet != other) {
          while (rank[meet] > rank[other])
            meet = parent[meet];
          while (rank[other] > rank[meet])
            other = parent[other];
        }
      }
      if (parent[block] != meet) {
        parent[block] = meet;
        changed = true;
      }
    }
  }
  for (size_t index = 0; index < program.ops.size(); ++index) {
    Op &op = program.ops[index];
    if (op.control != Control::Branch)
      continue;
    uint32_t meet = parent[blocks.ofOp[index]];
    op.rejoin = meet == none ? static_cast<uint32_t>(program.ops.size())
                             : blocks.begin[meet];
  }
}

std::vector<bool>
findMaybeUnwritten(const Program &program, size_t registers,
                   const std::vector<std::vector<uint32_t>> &uses,
                   const std::vector<std::vector<uint32_t>> &definitions) {
  Blocks blocks = findBlocks(program);
  std::vector<bool> tracked(registers, false);
  // A text that claims this much is no compiler's.
  if (static_cast<uint64_t>(registers) * blocks.begin.size() > 1ull << 31) {
    tracked.assign(registers, true);
    return tracked;
  }
  // Registers written on every path from the start, at each block's start.
  std::vector<std::vector<bool>> written(blocks.end() + 1);
  std::vector<bool> reached(blocks.end() + 1, false);
  written[0].assign(registers, false);
  reached[0] = true;
  auto step = [&](size_t index, std::vector<bool> &now, bool look) {
    const Op &op = program.ops[index];
    bool all = true;
    for (uint32_t use : uses[index]) {
      all = all && now[use];
      if (look && !now[use])
        tracked[use] = true;
    }
    for (uint32_t definition : definitions[index]) {
      if (op.propagates && !all)
        now[definition] = now[definition] && op.guard != 0;
      else if (op.guard == 0)
        now[definition] = true;
    }
  };
  std::vector<uint32_t> work = {0};
  std::vector<bool> waiting(blocks.end() + 1, false);
  while (!work.empty()) {
    uint32_t block = work.back();
    work.pop_back();
    waiting[block] = false;
    if (block == blocks.end())
      continue;
    std::vector<bool> now = written[block];
    for (uint32_t index = blocks.begin[block]; index < blocks.begin[block + 1];
         ++index)
      step(index, now, false);
    for (uint32_t next : blocks.successors[block]) {
      bool changed = !reached[next];
      if (changed) {
        reached[next] = true;
        written[next] = now;
      } else {
        for (size_t index = 0; index < registers; ++index) {
          if (written[next][index] && !now[index]) {
            written[next][index] = false;
            changed = true;
          }
        }
      }
      if (changed && !waiting[next]) {
        waiting[next] = true;
        work.push_back(next);
      }
    }
  }
  for (uint32_t block = 0; block < blocks.end(); ++block) {
    if (!reached[block])
      continue;
    std::vector<bool> now = written[block];
    for (uint32_t index = blocks.begin[block]; index < blocks.begin[block + 1];
         ++index)
      step(index, now, true);
  }
  return tracked;
}

} // namespace tconv::ptx
