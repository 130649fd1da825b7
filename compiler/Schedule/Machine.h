// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the cost model knows of a core.
#ifndef TCONV_COMPILER_SCHEDULE_MACHINE_H
#define TCONV_COMPILER_SCHEDULE_MACHINE_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Operation.h"
#include <array>
#include <cstdint>

namespace mlir::tconv {

/// The defaults are a small core's with AVX2. cpu:native reads what it can from
/// the machine it is on (compiler/Target/CPU), named levels have figures of
/// their own, so that a kernel built elsewhere is the same kernel.
struct Machine {
  int64_t lanes = 8;      ///< f32 in a vector register
  int64_t registers = 16; ///< vector registers
  // Of whole vectors. cpu:native has them measured
  // (compiler/Target/CPU/Rates.h).
  int64_t fmasPerCycle = 2;
  int64_t loadsPerCycle = 2; ///< from L1
  int64_t fmaLatency = 4;    ///< cycles
  int64_t l1Bytes = 32 << 10;
  int64_t l2Bytes = 512 << 10;
  int64_t l3Bytes = 32 << 20; ///< of the last level, shared
  // Of one core. cpu:native has them measured.
  int64_t l3BytesPerCycle = 8;
  int64_t memoryBytesPerCycle = 3;
  /// 1: it has AMX's tile registers, and the process may use them.
  int64_t tileRegisters = 0;
};

/// An L2 from which a register tile can read its inputs.
inline constexpr int64_t kLargeL2Bytes = 1 << 20;

/// The figures by their names, for attributes and for people.
std::array<std::pair<llvm::StringLiteral, int64_t *>, 11>
machineFields(Machine &machine);

/// The name under which a module or a function carries its machine: a
/// dictionary of machineFields. What it leaves out has Machine's defaults.
inline constexpr llvm::StringLiteral kMachineAttr = "tconv.machine";

DictionaryAttr machineAttr(MLIRContext *context, Machine machine);
Machine machineOf(Operation *op);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_SCHEDULE_MACHINE_H
