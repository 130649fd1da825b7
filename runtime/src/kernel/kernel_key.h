// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Under what a kernel is kept: everything that shapes its code, as a text that
// a person can read, and the hash of that text.
#ifndef TCONV_SRC_KERNEL_KERNEL_KEY_H
#define TCONV_SRC_KERNEL_KERNEL_KEY_H

#include <array>

#include "kernel/loaded_kernel.h"

namespace tconv {

using Hash128 = std::array<uint8_t, 16>;

Hash128 hash128(const std::string &text);
std::string hexText(const Hash128 &hash);

struct KernelKey {
  /// One line: "in_channels=512 ... schedules=built-in target=cpu:x86-64-v3".
  /// No length is in it; an engine is, where it isn't the default.
  std::string request;
  /// One line: who compiles. "build=0123... llvm=22.1.8"
  std::string compiler;

  /// What is hashed: both lines.
  std::string text() const { return request + "\n" + compiler; }
  std::string name() const { return hexText(hash128(text())); }
};

/// The request's line. Reads the folder that TCONV_SCHEDULE_PATH names, since
/// what its files say shapes the code, not what they are called.
std::string requestText(const KernelRequest &request);

/// "built-in", or a hash of all schedule files of a folder, by name and
/// content.
std::string schedulesText(const std::string &folder);

/// The compiler's line.
std::string compilerText(const char *buildId, const char *llvmVersion);

/// The line of the engine's library that was built with this one; known without
/// opening it.
const std::string &ownCompilerText(EngineKind kind);
/// The version of LLVM that it has; "" where it was built without a compiler.
const char *ownLlvmVersion();

} // namespace tconv

#endif // TCONV_SRC_KERNEL_KERNEL_KEY_H
