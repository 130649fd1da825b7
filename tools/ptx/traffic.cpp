// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ptx/traffic.h"

#include <algorithm>
#include <cstring>

namespace tconv::ptx {
namespace {

/// Whether the pattern is the one that `traffic` has; makes it so.
bool isKnown(const uint64_t (&addresses)[kLanes], uint32_t mask,
             uint32_t period, Traffic &traffic) {
  uint32_t phase = static_cast<uint32_t>(addresses[0]) & (period - 1);
  uint32_t deltas[kLanes];
  for (uint32_t lane = 0; lane < kLanes; ++lane)
    deltas[lane] = static_cast<uint32_t>(addresses[lane] - addresses[0]);
  if (traffic.mask == mask && traffic.phase == phase &&
      std::memcmp(deltas, traffic.deltas, sizeof(deltas)) == 0)
    return true;
  traffic.mask = mask;
  traffic.phase = phase;
  std::memcpy(traffic.deltas, deltas, sizeof(deltas));
  return false;
}

/// Sorts and drops what is there twice.
uint32_t distinct(uint64_t *values, uint32_t count) {
  std::sort(values, values + count);
  return static_cast<uint32_t>(std::unique(values, values + count) - values);
}

} // namespace

void countSectors(const uint64_t (&addresses)[kLanes], uint32_t mask,
                  uint32_t bytes, Traffic &traffic) {
  if (isKnown(addresses, mask, 32, traffic))
    return;
  uint64_t sectors[kLanes];
  uint64_t places[kLanes];
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    sectors[lane] = addresses[lane] / 32;
    places[lane] = addresses[lane];
  }
  traffic.cost = distinct(sectors, kLanes);
  traffic.least = (distinct(places, kLanes) * bytes + 31) / 32;
}

void countPasses(const uint64_t (&addresses)[kLanes], uint32_t mask,
                 uint32_t bytes, Traffic &traffic) {
  if (isKnown(addresses, mask, 128, traffic))
    return;
  uint32_t words = std::max(1u, bytes / 4);
  uint32_t together = kLanes / words;
  traffic.cost = 0;
  traffic.least = 0;
  for (uint32_t first = 0; first < kLanes; first += together) {
    uint64_t wanted[kLanes];
    uint32_t count = 0;
    for (uint32_t lane = first; lane < first + together; ++lane) {
      if ((mask >> lane & 1) == 0)
        continue;
      for (uint32_t word = 0; word < words; ++word)
        wanted[count++] = addresses[lane] / 4 + word;
    }
    count = distinct(wanted, count);
    uint32_t perBank[32] = {};
    uint32_t most = 0;
    for (uint32_t index = 0; index < count; ++index)
      most = std::max(most, ++perBank[wanted[index] % 32]);
    traffic.cost += most;
    traffic.least += (count + 31) / 32;
  }
}

} // namespace tconv::ptx
