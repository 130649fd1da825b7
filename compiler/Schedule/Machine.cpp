// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Schedule/Machine.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::tconv;

std::array<std::pair<llvm::StringLiteral, int64_t *>, 11>
mlir::tconv::machineFields(Machine &machine) {
  return {{{"lanes", &machine.lanes},
           {"registers", &machine.registers},
           {"fmas_per_cycle", &machine.fmasPerCycle},
           {"loads_per_cycle", &machine.loadsPerCycle},
           {"fma_latency", &machine.fmaLatency},
           {"l1_bytes", &machine.l1Bytes},
           {"l2_bytes", &machine.l2Bytes},
           {"l3_bytes", &machine.l3Bytes},
           {"l3_bytes_per_cycle", &machine.l3BytesPerCycle},
           {"memory_bytes_per_cycle", &machine.memoryBytesPerCycle},
           {"tile_registers", &machine.tileRegisters}}};
}

DictionaryAttr mlir::tconv::machineAttr(MLIRContext *context, Machine machine) {
  Builder b(context);
  SmallVector<NamedAttribute> fields;
  for (auto [name, value] : machineFields(machine))
    fields.push_back(b.getNamedAttr(name, b.getI64IntegerAttr(*value)));
  return b.getDictionaryAttr(fields);
}

Machine mlir::tconv::machineOf(Operation *op) {
  Machine machine;
  for (; op; op = op->getParentOp())
    if (auto given = op->getAttrOfType<DictionaryAttr>(kMachineAttr)) {
      for (auto [name, value] : machineFields(machine)) {
        auto attr = given.getAs<IntegerAttr>(name);
        // Text may say anything; what no machine has is left out.
        if (attr && attr.getValue().isStrictlyPositive() &&
            attr.getValue().getActiveBits() < 48)
          *value = attr.getValue().getSExtValue();
      }
      break;
    }
  return machine;
}
