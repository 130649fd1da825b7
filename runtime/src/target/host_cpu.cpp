// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "target/host_cpu.h"

#include "target/caches.h"

#include <cstdint>
#include <cstdio>
#include <fstream>

#if defined(__x86_64__)
#include "target/cpuid.h"
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

namespace {

[[maybe_unused]] std::string hex(uint64_t number) {
  char text[24];
  std::snprintf(text, sizeof(text), "%llx",
                static_cast<unsigned long long>(number));
  return text;
}

#if defined(__x86_64__)

using Registers = tconv::CpuidRegisters;
using tconv::cpuidLeaf;

/// The register state that the operating system saves: AVX-512 without it is
/// no AVX-512.
uint64_t savedState() {
  unsigned low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t(high) << 32 | low;
}

bool findTileRegisters() {
#if defined(__linux__)
  constexpr unsigned bf16 = 1u << 22, tiles = 1u << 24; // leaf 7, EDX
  constexpr uint64_t state = 3u << 17;                  // XTILECFG, XTILEDATA
  if ((cpuidLeaf(7).edx & (bf16 | tiles)) != (bf16 | tiles) ||
      !(cpuidLeaf(1).ecx & bit_OSXSAVE) || (savedState() & state) != state)
    return false;
  constexpr long requestPermission = 0x1023, tileData = 18; // asm/prctl.h
  return syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
#else
  return false;
#endif
}

std::string describe() {
  Registers vendor = cpuidLeaf(0), basic = cpuidLeaf(1);
  std::string text;
  for (unsigned part : {vendor.ebx, vendor.edx, vendor.ecx})
    for (int byte = 0; byte < 4; ++byte)
      if (char c = static_cast<char>(part >> (8 * byte)); c > ' ' && c < 127)
        text += c;
  unsigned family = basic.eax >> 8 & 15, model = basic.eax >> 4 & 15;
  // Extended fields: added from family 15 on, and before it only to the model.
  if (family == 6 || family == 15)
    model |= (basic.eax >> 16 & 15) << 4;
  if (family == 15)
    family += basic.eax >> 20 & 255;
  text += "-" + std::to_string(family) + "-" + std::to_string(model) + "-" +
          std::to_string(basic.eax & 15) + " features=";
  // Leaf 1's EBX names the core that runs this, so it has no part in it.
  Registers extended = cpuidLeaf(7), more = cpuidLeaf(7, 1),
            amd = cpuidLeaf(0x80000001), state = cpuidLeaf(13, 1),
            avx10 = cpuidLeaf(0x24);
  bool hasState = basic.ecx & bit_OSXSAVE;
  for (uint64_t word :
       {uint64_t(basic.ecx), uint64_t(basic.edx), uint64_t(extended.ebx),
        uint64_t(extended.ecx), uint64_t(extended.edx), uint64_t(more.eax),
        uint64_t(more.ebx), uint64_t(more.edx), uint64_t(amd.ecx),
        uint64_t(amd.edx), uint64_t(cpuidLeaf(0x80000008).ebx),
        uint64_t(state.eax), uint64_t(cpuidLeaf(0x14).ebx),
        uint64_t(cpuidLeaf(0x19).ebx), uint64_t(avx10.ebx),
        hasState ? savedState() : 0})
    text += hex(word) + ".";
  text.pop_back();
  // The CPU may have what the system grants this process no use of.
  return text + (tconv::tileRegistersHere() ? " tiles" : "");
}

#elif defined(__aarch64__)

/// The first line of /proc/cpuinfo with this key, or nothing.
std::string cpuinfo(const std::string &key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.compare(0, key.size(), key) == 0)
      if (size_t colon = line.find(": "); colon != std::string::npos)
        return line.substr(colon + 2);
  return "";
}

std::string describe() {
  std::string text = "arm";
  for (const char *key : {"CPU implementer", "CPU part", "CPU variant"})
    text += "-" + cpuinfo(key);
  return text + " features=" + hex(getauxval(AT_HWCAP)) + "." +
         hex(getauxval(AT_HWCAP2));
}

#else

std::string describe() { return "unknown"; }

#endif

/// The cost model reads the sizes.
std::string caches() {
  tconv::CacheSizes sizes = tconv::cacheSizes();
  return " l1=" + std::to_string(sizes.l1) + " l2=" + std::to_string(sizes.l2) +
         " l3=" + std::to_string(sizes.l3);
}

} // namespace

bool tconv::tileRegistersHere() {
#if defined(__x86_64__)
  static const bool here = findTileRegisters();
  return here;
#else
  return false;
#endif
}

const std::string &tconv::hostCpu() {
  static const auto *identity = new std::string(describe() + caches());
  return *identity;
}
