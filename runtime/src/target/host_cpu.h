// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_SRC_TARGET_HOST_CPU_H
#define TCONV_SRC_TARGET_HOST_CPU_H

#include <string>

namespace tconv {

/// Identity of this machine's CPU: everything that what "cpu:native" compiles
/// to depends on. Machines of one identity may share such kernels.
/// "AuthenticAMD-25-1-1 features=... l1=32768 l2=524288 l3=33554432"; made
/// without LLVM, so that a cached kernel is found without it.
const std::string &hostCpu();

/// Whether kernels may use AMX's tile registers for bf16. Linux saves them for
/// processes that ask: the first call does.
bool tileRegistersHere();

} // namespace tconv

#endif // TCONV_SRC_TARGET_HOST_CPU_H
