// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "support/environment.h"

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <set>

using namespace tconv;

std::string tconv::environment(const char *name) {
#if defined(__GLIBC__)
  // A program with more rights than its caller must not run his code.
  const char *value = secure_getenv(name);
#else
  const char *value = std::getenv(name);
#endif
  return value ? value : "";
}

bool tconv::verbose() {
  std::string value = environment("TCONV_VERBOSE");
  return !value.empty() && value != "0";
}

void tconv::say(const std::string &message) {
  if (verbose())
    std::fprintf(stderr, "tconv: %s\n", message.c_str());
}

void tconv::sayOnce(const std::string &message) {
  if (!verbose())
    return;
  static std::mutex mutex;
  static auto *said = new std::set<std::string>;
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (!said->insert(message).second)
      return;
  }
  say(message);
}
