// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_SRC_SUPPORT_ENVIRONMENT_H
#define TCONV_SRC_SUPPORT_ENVIRONMENT_H

#include <string>

namespace tconv {

/// Value of an environment variable, "" where it isn't set.
std::string environment(const char *name);

/// Whether TCONV_VERBOSE asks for a word about what is done.
bool verbose();
/// Writes "tconv: MESSAGE" to stderr where verbose().
void say(const std::string &message);
/// The same, and each message once in the life of the process.
void sayOnce(const std::string &message);

} // namespace tconv

#endif // TCONV_SRC_SUPPORT_ENVIRONMENT_H
