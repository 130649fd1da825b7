// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "support/status.h"

#include <cstdio>

using namespace tconv;

namespace {
thread_local char lastError[8192];
} // namespace

void tconv::setLastError(const char *message) noexcept {
  std::snprintf(lastError, sizeof(lastError), "%s", message);
}

Status tconv::checkPointer(const char *name, const void *pointer) {
  if (pointer)
    return Status::ok();
  return {TCONV_INVALID_TYPE,
          std::string(name) + " = NULL: must point to a value"};
}

Status tconv::checkStructSize(const char *name, uint32_t size, size_t expected,
                              const char *initFunction) {
  if (size == expected)
    return Status::ok();
  return {TCONV_INVALID_VALUE, std::string(name) +
                                   ".struct_size = " + std::to_string(size) +
                                   ": must be " + std::to_string(expected) +
                                   "; " + initFunction + " sets it"};
}

const char *tconv::statusName(tconv_status status) {
  switch (status) {
  case TCONV_OK:
    return "TCONV_OK";
  case TCONV_INVALID_TYPE:
    return "TCONV_INVALID_TYPE";
  case TCONV_INVALID_VALUE:
    return "TCONV_INVALID_VALUE";
  case TCONV_OUT_OF_MEMORY:
    return "TCONV_OUT_OF_MEMORY";
  case TCONV_NOT_FOUND:
    return "TCONV_NOT_FOUND";
  case TCONV_UNSUPPORTED:
    return "TCONV_UNSUPPORTED";
  case TCONV_COMPILE_ERROR:
    return "TCONV_COMPILE_ERROR";
  case TCONV_ABI_MISMATCH:
    return "TCONV_ABI_MISMATCH";
  case TCONV_INTERNAL:
    return "TCONV_INTERNAL";
  case TCONV_DEVICE_ERROR:
    return "TCONV_DEVICE_ERROR";
  }
  return "unknown status";
}

extern "C" {

const char *tconv_status_name(tconv_status status) {
  return statusName(status);
}

const char *tconv_last_error(void) { return lastError; }

} // extern "C"
