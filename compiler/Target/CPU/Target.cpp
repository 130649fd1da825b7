// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/CPU/Target.h"

#include "compiler/Target/CPU/Rates.h"
#include "target/caches.h"
#include "target/host_cpu.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir;
using namespace mlir::tconv;

namespace {

struct Level {
  const char *cpu;
  const char *triple;
  const char *schedules;
  Machine machine;
};

// Of the smaller cores that have the level.
constexpr const char *kX86 = "x86_64-unknown-linux-gnu";
constexpr Machine machineWith(int64_t lanes, int64_t registers,
                              int64_t l2Bytes) {
  Machine machine;
  machine.lanes = lanes;
  machine.registers = registers;
  machine.l2Bytes = l2Bytes;
  return machine;
}
/// Every core with AMX has an L2 of 2 MiB and an L1 of 48 KiB.
constexpr Machine machineWithTiles() {
  Machine machine = machineWith(16, 32, 2 << 20);
  machine.l1Bytes = 48 << 10;
  machine.tileRegisters = 1;
  return machine;
}
constexpr Level levels[] = {
    {"x86-64", kX86, "cpu/portable", machineWith(4, 16, 256 << 10)},
    {"x86-64-v2", kX86, "cpu/portable", machineWith(4, 16, 256 << 10)},
    {"x86-64-v3", kX86, "cpu/avx2", machineWith(8, 16, 512 << 10)},
    {"x86-64-v4", kX86, "cpu/avx512", machineWith(16, 32, 1 << 20)},
    {"x86-64-v4+amx", kX86, "cpu/avx512", machineWithTiles()},
    {"aarch64+neon", "aarch64-unknown-linux-gnu", "cpu/portable",
     machineWith(4, 32, 512 << 10)},
};

CpuTarget native() {
  CpuTarget target;
  target.triple = llvm::sys::getProcessTriple();
  target.cpu = llvm::sys::getHostCPUName().str();
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  std::vector<std::string> list;
  for (const auto &feature : features)
    list.push_back((feature.second ? "+" : "-") + feature.first().str());
  llvm::sort(list); // the map's order is arbitrary
  target.features = llvm::join(list, ",");
  auto has = [&](std::initializer_list<const char *> names) {
    return llvm::all_of(
        names, [&](const char *name) { return features.lookup(name); });
  };
  target.schedules = "cpu/portable";
  target.machine.lanes = 4;
  if (has({"avx512f", "avx512vl", "avx512dq", "avx512bw"})) {
    target.schedules = "cpu/avx512";
    target.machine.lanes = 16;
    target.machine.registers = 32;
    target.machine.tileRegisters =
        has({"amx-tile", "amx-bf16"}) && ::tconv::tileRegistersHere();
  } else if (has({"avx2", "fma"})) {
    target.schedules = "cpu/avx2";
    target.machine.lanes = 8;
  }
  ::tconv::CacheSizes caches = ::tconv::cacheSizes();
  auto take = [](int64_t bytes, int64_t &field) {
    if (bytes > 0)
      field = bytes;
  };
  take(caches.l1, target.machine.l1Bytes);
  take(caches.l2, target.machine.l2Bytes);
  take(caches.l3, target.machine.l3Bytes);
  readRates(target.cpu, target.machine);
  return target;
}

} // namespace

llvm::Expected<CpuTarget> mlir::tconv::parseCpuTarget(llvm::StringRef name) {
  llvm::StringRef level = name;
  if (level.consume_front("cpu:")) {
    if (level == "native") {
      // What it reads and measures holds for the process.
      static const CpuTarget host = native();
      CpuTarget target = host;
      target.name = name.str();
      return target;
    }
    for (const Level &known : levels)
      if (level == known.cpu) {
        CpuTarget target;
        target.name = name.str();
        target.triple = known.triple;
        target.cpu = known.cpu;
        if (!target.isX86()) {
          target.cpu = "generic";
          target.features = "+neon";
        } else if (known.machine.tileRegisters) {
          target.cpu = "x86-64-v4";
          target.features = "+amx-tile,+amx-bf16";
        }
        target.schedules = known.schedules;
        target.machine = known.machine;
        return target;
      }
  }
  return llvm::createStringError(
      "unknown target '%s'; known are cpu:native, cpu:x86-64, cpu:x86-64-v2, "
      "cpu:x86-64-v3, cpu:x86-64-v4, cpu:x86-64-v4+amx, cpu:aarch64+neon",
      name.str().c_str());
}
