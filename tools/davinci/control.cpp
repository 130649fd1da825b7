// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Flags, barriers and registers.
#include <map>

#include "davinci/instructions.h"

namespace tconv::davinci {
namespace {

using Words = const uint64_t *;

struct Known {
  int arguments;
  uint64_t (*run)(Core &, Words);
};

template <uint64_t Registers::*Field>
uint64_t setRegister(Core &core, Words w) {
  core.registers.*Field = w[0];
  return 0;
}

uint64_t setFlag(Core &core, Words w) {
  core.setFlag(w[0], w[1], w[2]);
  return 0;
}

uint64_t waitFlag(Core &core, Words w) {
  core.waitFlag(w[0], w[1], w[2]);
  return 0;
}

uint64_t setCrossFlag(Core &core, Words w) {
  core.setCrossFlag(static_cast<CoreType>(w[0]), w[1], w[2], w[3]);
  return 0;
}

uint64_t waitCrossFlag(Core &core, Words w) {
  core.waitCrossFlag(static_cast<CoreType>(w[0]), w[1], w[2]);
  return 0;
}

uint64_t moveMask(Core &core, Words w) {
  (w[0] ? core.registers.maskHigh : core.registers.maskLow) = w[1];
  return 0;
}

/// register, index, two addresses.
uint64_t moveAddresses(Core &core, Words w) {
  if (!core.expect(w[0] < 8 && w[1] < 7, FindingKind::FieldRange, Pipe::Scalar,
                   0,
                   "address register " + std::to_string(w[0]) + ", entry " +
                       std::to_string(w[1])))
    return 0;
  core.registers.addresses[w[0]][w[1]] = w[2];
  core.registers.addresses[w[0]][w[1] + 1] = w[3];
  return 0;
}

uint64_t trap(Core &core, Words) {
  core.report(FindingKind::Trap, Pipe::Scalar, 0, "the kernel traps");
  core.stop();
  return 0;
}

const std::map<std::string, Known> &known() {
  static const std::map<std::string, Known> table = {
      {"SET.FLAG.IMM", {3, setFlag}},
      {"SET.FLAG.REG", {3, setFlag}},
      {"WAIT.FLAG.IMM", {3, waitFlag}},
      {"WAIT.FLAG.REG", {3, waitFlag}},
      {"BARRIER",
       {1,
        [](Core &core, Words w) -> uint64_t {
          core.barrier(w[0]);
          return 0;
        }}},
      {"GET.CTRL",
       {0,
        [](Core &core, Words) -> uint64_t { return core.registers.control; }}},
      {"SET.CTRL", {1, setRegister<&Registers::control>}},
      {"SBITSET0",
       {2,
        [](Core &, Words w) -> uint64_t {
          return w[0] & ~(1ull << (w[1] & 63));
        }}},
      {"SBITSET1",
       {2,
        [](Core &, Words w) -> uint64_t {
          return w[0] | 1ull << (w[1] & 63);
        }}},
      {"SET.FMATRIX", {1, setRegister<&Registers::matrixA>}},
      {"SET.FMATRIX.B", {1, setRegister<&Registers::matrixB>}},
      {"SET.MOV.PAD.VAL", {1, setRegister<&Registers::padValue>}},
      {"SET.PADDING", {1, setRegister<&Registers::loadPadding>}},
      {"SET.ND.PARA", {1, setRegister<&Registers::ndParameters>}},
      {"MOVEMASK", {2, moveMask}},
      {"MOVEVA", {4, moveAddresses}},
      {"GET.BLOCK.IDX",
       {0, [](Core &core, Words) -> uint64_t { return core.block(); }}},
      {"GET.BLOCK.NUM",
       {0, [](Core &core, Words) -> uint64_t { return core.blocks(); }}},
      {"GET.SUBBLOCKDIM",
       {0,
        [](Core &core, Words) -> uint64_t {
          return core.isInTeam() && core.number() > 0 ? kBlockCores - 1 : 1;
        }}},
      {"GET.SUBBLOCKID",
       {0,
        [](Core &core, Words) -> uint64_t {
          return core.number() > 0 ? static_cast<uint64_t>(core.number() - 1)
                                   : 0;
        }}},
      // Cleans the scalar unit's cache, which the model doesn't have.
      {"DCCI", {2, [](Core &, Words) -> uint64_t { return 0; }}},
      {"TRAP", {0, trap}},
      {"SET.FFTS.BASE", {1, setRegister<&Registers::flagsAddress>}},
      {"CROSS.SET", {4, setCrossFlag}},
      {"CROSS.WAIT", {3, waitCrossFlag}},
      // Not instructions, but the loader's: where the kernel is, and the mask
      // that takes bits.
      {"LINE",
       {1,
        [](Core &core, Words w) -> uint64_t {
          core.line = static_cast<int>(w[0]);
          return 0;
        }}},
      {"ROW.STRIDE",
       {1,
        [](Core &core, Words w) -> uint64_t {
          core.expect(w[0] == 1, FindingKind::Layout, Pipe::Scalar, 0,
                      "rows in global memory whose elements are " +
                          std::to_string(static_cast<int64_t>(w[0])) +
                          " apart; the unit takes them for neighbours");
          return 0;
        }}},
      {"MASK.NORM",
       {0,
        [](Core &core, Words) -> uint64_t {
          core.registers.control &= ~(1ull << kControlCountMode);
          return 0;
        }}},
  };
  return table;
}

} // namespace

Handler makeControl(const std::string &name, int &arguments) {
  auto found = known().find(name);
  if (found == known().end())
    return nullptr;
  arguments = found->second.arguments;
  return found->second.run;
}

} // namespace tconv::davinci
