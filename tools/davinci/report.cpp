// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "davinci/report.h"

namespace tconv::davinci {

const char *findingKindName(FindingKind kind) {
  switch (kind) {
  case FindingKind::Capacity:
    return "capacity";
  case FindingKind::Alignment:
    return "alignment";
  case FindingKind::FieldRange:
    return "field-range";
  case FindingKind::Layout:
    return "layout";
  case FindingKind::OutOfBounds:
    return "out-of-bounds";
  case FindingKind::ReadOnly:
    return "read-only";
  case FindingKind::Uninitialised:
    return "uninitialised";
  case FindingKind::PipeRace:
    return "pipe-race";
  case FindingKind::CoreRace:
    return "core-race";
  case FindingKind::FlagSetTwice:
    return "flag-set-twice";
  case FindingKind::FlagNotSet:
    return "flag-not-set";
  case FindingKind::FlagLeftSet:
    return "flag-left-set";
  case FindingKind::EndsEarly:
    return "ends-early";
  case FindingKind::Flag:
    return "flag";
  case FindingKind::Trap:
    return "trap";
  case FindingKind::Unsupported:
    return "unsupported";
  case FindingKind::InstructionLimit:
    return "instruction-limit";
  }
  return "";
}

void Report::add(Finding finding) {
  constexpr size_t kMost = 100;
  ++findingCount;
  for (Finding &known : findings) {
    if (known.kind == finding.kind && known.line == finding.line &&
        known.instruction == finding.instruction) {
      ++known.times;
      return;
    }
  }
  if (findings.size() == kMost)
    return;
  finding.times = 1;
  findings.push_back(std::move(finding));
}

} // namespace tconv::davinci
