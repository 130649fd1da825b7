// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "device/cuda_driver.h"

#include <atomic>
#include <mutex>

#include <dlfcn.h>
#include <unistd.h>

#include "support/environment.h"

using namespace tconv;

namespace {

/// The first driver that serves all functions below, and the first whose
/// cuModuleLoadDataEx knows PTX 7.0.
constexpr int kOldestDriver = 11000;
constexpr const char *kLibrary = "libcuda.so.1";
constexpr const char *kVariable = "TCONV_CUDA_LIBRARY";

struct Driver {
  std::mutex mutex;
  cuda::Api api;
  std::string path; ///< of the library; "": not opened
  /// In which it was initialised; 0: in none. What stands above and below is
  /// read without the lock once this is set.
  std::atomic<pid_t> process{0};
  int version = 0;
};

/// Never destroyed: layers may outlive static destructors.
Driver &driver() {
  static Driver *instance = new Driver;
  return *instance;
}

/// Looks up what is needed; the message names the first that is missing.
Status lookUp(void *library, const std::string &path, cuda::Api &api) {
  const char *missing = nullptr;
#define TCONV_CUDA_LOOK_UP(member, symbol, parameters)                         \
  api.member = reinterpret_cast<decltype(api.member)>(dlsym(library, #symbol));
  TCONV_CUDA_OPTIONAL_FUNCTIONS(TCONV_CUDA_LOOK_UP)
#define TCONV_CUDA_REQUIRE(member, symbol, parameters)                         \
  TCONV_CUDA_LOOK_UP(member, symbol, parameters)                               \
  if (!api.member && !missing)                                                 \
    missing = #symbol;
  TCONV_CUDA_FUNCTIONS(TCONV_CUDA_REQUIRE)
#undef TCONV_CUDA_REQUIRE
#undef TCONV_CUDA_LOOK_UP
  if (!missing)
    return Status::ok();
  return {TCONV_UNSUPPORTED,
          path + ": has no " + missing + ": a driver of CUDA " +
              cudaVersionText(kOldestDriver) + " or newer is needed"};
}

Status open(Driver &d) {
  std::string named = environment(kVariable);
  std::string path = named.empty() ? kLibrary : named;
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *error = dlerror();
    return {TCONV_NOT_FOUND,
            "no CUDA driver on this machine: " +
                (error ? std::string(error) : path + " can't be opened")};
  }
  cuda::Api api;
  if (Status error = lookUp(library, path, api)) {
    dlclose(library);
    return error;
  }
  d.api = api;
  d.path = path;
  return Status::ok();
}

Status initialise(Driver &d) {
  if (cuda::Result result = d.api.init(0))
    return cudaStatus(d.api, d.path + ": cuInit", result);
  int version = 0;
  if (cuda::Result result = d.api.driverVersion(&version))
    return cudaStatus(d.api, d.path + ": cuDriverGetVersion", result);
  if (version < kOldestDriver)
    return {TCONV_UNSUPPORTED,
            d.path + ": the driver serves CUDA " + cudaVersionText(version) +
                ": " + cudaVersionText(kOldestDriver) + " is needed"};
  d.version = version;
  d.process = getpid();
  say("CUDA driver " + d.path + ", CUDA " + cudaVersionText(version));
  return Status::ok();
}

tconv_status codeOf(cuda::Result result) {
  switch (result) {
  case cuda::kOutOfMemory:
    return TCONV_OUT_OF_MEMORY;
  case cuda::kStubLibrary:
  case cuda::kNoDevice:
  case cuda::kNoBinaryForGpu:
  case cuda::kUnsupportedPtxVersion:
  case cuda::kSystemDriverMismatch:
    return TCONV_UNSUPPORTED;
  case cuda::kInvalidImage:
  case cuda::kInvalidPtx:
    return TCONV_COMPILE_ERROR;
  default:
    return TCONV_DEVICE_ERROR;
  }
}

} // namespace

const cuda::Api *tconv::cudaDriver(Status &why) {
  Driver &d = driver();
  why = Status::ok();
  if (pid_t process = d.process; process != 0) {
    if (process == getpid())
      return &d.api;
    why = {TCONV_UNSUPPORTED,
           "CUDA was initialised before fork(): a child can't use it"};
    return nullptr;
  }
  std::lock_guard<std::mutex> lock(d.mutex);
  if (d.process == 0) {
    if (d.path.empty())
      why = open(d);
    if (!why)
      why = initialise(d);
    if (why)
      return nullptr;
  }
  return &d.api;
}

const cuda::Api *tconv::cudaDriverHere() {
  return driver().process == getpid() ? &driver().api : nullptr;
}

int tconv::cudaDriverVersion() { return driver().version; }

std::string tconv::cudaVersionText(int version) {
  return std::to_string(version / 1000) + "." +
         std::to_string(version % 1000 / 10);
}

Status tconv::cudaStatus(const cuda::Api &api, const std::string &call,
                         cuda::Result result, const std::string &detail) {
  if (result == cuda::kSuccess)
    return Status::ok();
  // A toolkit's stub, and a driver asked for a number that it doesn't know,
  // leave these alone.
  const char *name = nullptr, *text = nullptr;
  if (api.errorName(result, &name) != cuda::kSuccess)
    name = nullptr;
  if (api.errorText(result, &text) != cuda::kSuccess)
    text = nullptr;
  std::string message = call + ": ";
  message += name ? name : "CUDA's error";
  message += " (" + std::to_string(result) + ")";
  if (text && *text)
    message += std::string(": ") + text;
  if (result == cuda::kStubLibrary)
    message += ": this is a toolkit's stub, no driver";
  if (!detail.empty())
    message += "\n" + detail;
  return {codeOf(result), message};
}
