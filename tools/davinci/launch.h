// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs a kernel's blocks, and says what they did.
#ifndef TCONV_TOOLS_DAVINCI_LAUNCH_H
#define TCONV_TOOLS_DAVINCI_LAUNCH_H

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "davinci/program.h"
#include "davinci/report.h"

namespace tconv::davinci {

struct LaunchOptions {
  Policy policy = Policy::InOrder;
  uint64_t instructionLimit = 1ull << 32; ///< of a block
  uint64_t workspaceBytes = 1 << 20;
};

struct LaunchConfig {
  std::string entry;
  /// Every program id gets a block.
  std::array<uint32_t, 3> grid = {1, 1, 1};
  /// All that the entry takes but the address of the flags between cores and
  /// the workspace; the grid may be left out. Buffers are addresses in the
  /// memory.
  std::vector<uint64_t> parameters;
  /// The workspace's address in the memory. Without, the launch has one of its
  /// own, of LaunchOptions::workspaceBytes or what a mixed kernel asks for.
  std::optional<uint64_t> workspace;
};

/// Runs the blocks one after the other, each on a core of its own, or on the
/// cores of a Team where the kernel is mixed. Fails,
/// without having run anything, for an unknown entry or another number of
/// parameters than it takes.
Status launch(const Program &program, ptx::Memory &memory,
              const LaunchConfig &config, const LaunchOptions &options,
              Report &report);

} // namespace tconv::davinci

#endif // TCONV_TOOLS_DAVINCI_LAUNCH_H
