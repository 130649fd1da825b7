// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The boundary: what is a Status or an exception inside becomes a tconv_status
// and a message for the thread.
#ifndef TCONV_SRC_SUPPORT_STATUS_H
#define TCONV_SRC_SUPPORT_STATUS_H

#include <exception>
#include <new>
#include <stdexcept>
#include <string>

#include "layer/layer.h"
#include "support/environment.h"

namespace tconv {

/// Keeps the message for tconv_last_error(); allocates nothing, so that it
/// works when memory has run out.
void setLastError(const char *message) noexcept;

/// Runs one call of the C interface; no exception leaves it.
template <typename Function> tconv_status guard(Function &&function) noexcept {
  try {
    Status status = function();
    if (status)
      setLastError(status.message().c_str());
    return status.code();
  } catch (const std::bad_alloc &) {
    setLastError("out of memory");
    return TCONV_OUT_OF_MEMORY;
  } catch (const std::length_error &) {
    setLastError("out of memory: larger than any object can be");
    return TCONV_OUT_OF_MEMORY;
  } catch (const std::exception &error) {
    setLastError(error.what());
  } catch (...) {
    setLastError("unknown exception");
  }
  return TCONV_INTERNAL;
}

/// A pointer argument that must not be NULL.
Status checkPointer(const char *name, const void *pointer);

Status checkStructSize(const char *name, uint32_t size, size_t expected,
                       const char *initFunction);

/// Name of a status, such as "TCONV_INVALID_VALUE".
const char *statusName(tconv_status status);

} // namespace tconv

#endif // TCONV_SRC_SUPPORT_STATUS_H
