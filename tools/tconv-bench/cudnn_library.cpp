// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-bench/cudnn_library.h"

#include <dlfcn.h>

#include "support/environment.h"

namespace tconv::tools {
namespace {

constexpr const char *kLibraries[] = {"libcudnn.so.9", "libcudnn.so.8"};
constexpr const char *kVariable = "TCONV_CUDNN_LIBRARY";

Status openAny(void *&library, std::string &path) {
  std::string named = environment(kVariable), errors;
  auto tryOne = [&](const std::string &name) {
    library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library) {
      path = name;
      return true;
    }
    const char *error = dlerror();
    errors += (errors.empty() ? "" : "; ") + (error ? error : name);
    return false;
  };
  if (!named.empty()) {
    if (tryOne(named))
      return Status::ok();
  } else {
    for (const char *name : kLibraries)
      if (tryOne(name))
        return Status::ok();
  }
  return {TCONV_NOT_FOUND, "no cuDNN on this machine: " + errors};
}

} // namespace

Status CudnnLibrary::open(std::unique_ptr<CudnnLibrary> &result) {
  void *library = nullptr;
  std::string path;
  if (Status error = openAny(library, path))
    return error;
  std::unique_ptr<CudnnLibrary> made(new CudnnLibrary(library));
  if (Status error = made->lookUp(path))
    return error;
  if (Status error =
          made->status("cudnnCreate", made->api_.create(&made->handle_))) {
    made->handle_ = nullptr;
    return {error.code(), path + ": " + error.message()};
  }
  result = std::move(made);
  return Status::ok();
}

CudnnLibrary::~CudnnLibrary() {
  // The library stays open: it has threads of its own.
  if (handle_)
    (void)api_.destroy(handle_);
}

Status CudnnLibrary::lookUp(const std::string &path) {
  const char *missing = nullptr;
  auto find = [&](auto &member, const char *symbol) {
    member = reinterpret_cast<std::decay_t<decltype(member)>>(
        dlsym(library_, symbol));
    return member != nullptr;
  };
#define TCONV_CUDNN_REQUIRE(member, symbol, parameters)                        \
  if (!find(api_.member, #symbol) && !missing)                                 \
    missing = #symbol;
  TCONV_CUDNN_FUNCTIONS(TCONV_CUDNN_REQUIRE)
#undef TCONV_CUDNN_REQUIRE
  if (!find(api_.version, "cudnnGetVersion") && !missing)
    missing = "cudnnGetVersion";
  if (!find(api_.errorText, "cudnnGetErrorString") && !missing)
    missing = "cudnnGetErrorString";
  find(api_.lastError, "cudnnGetLastErrorString");
  if (missing)
    return {TCONV_UNSUPPORTED,
            path + ": has no " + missing + ": cuDNN 8 or 9 is needed"};
  return Status::ok();
}

std::string CudnnLibrary::version() const {
  size_t number = api_.version();
  // Version 9 has one more digit for the major.
  size_t unit = number >= 90000 ? 10000 : 1000;
  return std::to_string(number / unit) + "." +
         std::to_string(number % unit / 100) + "." +
         std::to_string(number % 100);
}

Status CudnnLibrary::status(const std::string &call,
                            cudnn::Result result) const {
  if (result == cudnn::kSuccess)
    return Status::ok();
  const char *text = api_.errorText(result);
  std::string message = call + ": " + (text ? text : "cuDNN's status") + " (" +
                        std::to_string(result) + ")";
  char last[512] = "";
  if (api_.lastError)
    api_.lastError(last, sizeof(last) - 1);
  if (*last)
    message += std::string(": ") + last;
  bool nine = api_.version() >= 90000;
  bool unsupported = nine ? result / 1000 * 1000 == cudnn::kNotSupported9
                          : result == cudnn::kNotSupported8;
  return {unsupported ? TCONV_UNSUPPORTED : TCONV_DEVICE_ERROR, message};
}

} // namespace tconv::tools
