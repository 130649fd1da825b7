// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/CPU/Target.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"
#include <unistd.h>

using namespace mlir;
using namespace mlir::tconv;

namespace {

struct Level {
  const char *cpu;
  const char *triple;
  const char *schedules;
  int64_t lanes;
  Machine machine;
};

// Caches of the smaller cores that have the level.
constexpr const char *kX86 = "x86_64-unknown-linux-gnu";
const Level levels[] = {
    {"x86-64", kX86, "cpu/portable", 4, {32 << 10, 256 << 10}},
    {"x86-64-v2", kX86, "cpu/portable", 4, {32 << 10, 256 << 10}},
    {"x86-64-v3", kX86, "cpu/avx2", 8, {32 << 10, 512 << 10}},
    {"x86-64-v4", kX86, "cpu/avx512", 16, {32 << 10, 1 << 20}},
    {"aarch64+neon",
     "aarch64-unknown-linux-gnu",
     "cpu/portable",
     4,
     {32 << 10, 512 << 10}},
};

/// A cache size of this machine, or `otherwise` where it doesn't say.
int64_t cacheBytes(int name, int64_t otherwise) {
  long bytes = sysconf(name);
  return bytes > 0 ? bytes : otherwise;
}

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
  if (has({"avx512f", "avx512vl", "avx512dq", "avx512bw"})) {
    target.schedules = "cpu/avx512";
    target.lanes = 16;
  } else if (has({"avx2", "fma"})) {
    target.schedules = "cpu/avx2";
    target.lanes = 8;
  }
#if defined(_SC_LEVEL1_DCACHE_SIZE)
  Machine &machine = target.machine;
  machine.l1Bytes = cacheBytes(_SC_LEVEL1_DCACHE_SIZE, machine.l1Bytes);
  machine.l2Bytes = cacheBytes(_SC_LEVEL2_CACHE_SIZE, machine.l2Bytes);
#endif
  return target;
}

} // namespace

llvm::Expected<CpuTarget> mlir::tconv::parseCpuTarget(llvm::StringRef name) {
  llvm::StringRef level = name;
  if (level.consume_front("cpu:")) {
    if (level == "native") {
      CpuTarget target = native();
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
        }
        target.schedules = known.schedules;
        target.lanes = known.lanes;
        target.machine = known.machine;
        return target;
      }
  }
  return llvm::createStringError(
      "unknown target '%s'; known are cpu:native, cpu:x86-64, cpu:x86-64-v2, "
      "cpu:x86-64-v3, cpu:x86-64-v4, cpu:aarch64+neon",
      name.str().c_str());
}
