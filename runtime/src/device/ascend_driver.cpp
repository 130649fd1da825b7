// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "device/ascend_driver.h"

#include <atomic>
#include <mutex>

#include <dlfcn.h>
#include <unistd.h>

#include "support/environment.h"

using namespace tconv;

namespace {

constexpr const char *kLibrary = "libascendcl.so";
constexpr const char *kRuntime = "libruntime.so";
constexpr const char *kVariable = "TCONV_ASCENDCL_LIBRARY";

struct Driver {
  std::mutex mutex;
  ascend::Api api;
  std::string path; ///< of the library; "": not opened
  /// In which it was initialised; 0: in none. What stands above is read without
  /// the lock once this is set.
  std::atomic<pid_t> process{0};
};

/// Never destroyed: layers may outlive static destructors.
Driver &driver() {
  static Driver *instance = new Driver;
  return *instance;
}

/// Functions of one set.
struct Lookup {
  void *library, *runtime;
  const char *missing = nullptr; ///< the first that is

  template <typename Member> void optional(Member &member, const char *symbol) {
    void *found = dlsym(library, symbol);
    if (!found && runtime)
      found = dlsym(runtime, symbol);
    member = reinterpret_cast<Member>(found);
  }
  template <typename Member> void require(Member &member, const char *symbol) {
    optional(member, symbol);
    if (!member && !missing)
      missing = symbol;
  }
};

#define TCONV_ASCEND_OPTIONAL(member, symbol, parameters)                      \
  lookup.optional(api.member, #symbol);
#define TCONV_ASCEND_REQUIRE(member, symbol, parameters)                       \
  lookup.require(api.member, #symbol);

Status lookUp(void *library, void *runtime, const std::string &path,
              ascend::Api &api) {
  Lookup lookup{library, runtime};
  TCONV_ASCEND_FUNCTIONS(TCONV_ASCEND_REQUIRE)
  lookup.require(api.socName, "aclrtGetSocName");
  lookup.optional(api.recentError, "aclGetRecentErrMsg");
  lookup.optional(api.capability, "aclGetDeviceCapability");
  TCONV_ASCEND_EVENT_FUNCTIONS(TCONV_ASCEND_OPTIONAL)
  if (!lookup.missing) {
    TCONV_ASCEND_NEW_FUNCTIONS(TCONV_ASCEND_REQUIRE)
    api.isNew = !lookup.missing;
    std::string newer = api.isNew ? "" : lookup.missing;
    lookup.missing = nullptr;
    TCONV_ASCEND_OLD_FUNCTIONS(TCONV_ASCEND_REQUIRE)
    if (api.isNew || !lookup.missing)
      return Status::ok();
    return {TCONV_UNSUPPORTED, path + ": has no " + newer + ", and " +
                                   kRuntime + " no " + lookup.missing +
                                   ": kernels can't be loaded"};
  }
  return {TCONV_UNSUPPORTED, path + ": has no " + lookup.missing +
                                 ": is it a CANN of version 8 or newer?"};
}
#undef TCONV_ASCEND_REQUIRE

Status open(Driver &d) {
  std::string named = environment(kVariable);
  std::string path = named.empty() ? kLibrary : named;
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *error = dlerror();
    return {TCONV_NOT_FOUND,
            "no AscendCL on this machine: " +
                (error ? std::string(error) : path + " can't be opened")};
  }
  // What is named stands for both.
  void *runtime =
      named.empty() ? dlopen(kRuntime, RTLD_NOW | RTLD_LOCAL) : nullptr;
  ascend::Api api;
  if (Status error = lookUp(library, runtime, path, api)) {
    if (runtime)
      dlclose(runtime);
    dlclose(library);
    return error;
  }
  d.api = api;
  d.path = path;
  return Status::ok();
}

Status initialise(Driver &d) {
  ascend::Result result = d.api.init(nullptr);
  // Somebody else in the process may have done it.
  if (result && result != ascend::kRepeatInitialize) {
    Status error = ascendStatus(d.api, d.path + ": aclInit", result);
    return {TCONV_UNSUPPORTED, error.message()};
  }
  d.process = getpid();
  say("AscendCL " + d.path + ", " +
      (d.api.isNew ? "kernels by its own calls" : "kernels by libruntime"));
  return Status::ok();
}

} // namespace

const ascend::Api *tconv::ascendDriver(Status &why) {
  Driver &d = driver();
  why = Status::ok();
  if (pid_t process = d.process; process != 0) {
    if (process == getpid())
      return &d.api;
    why = {TCONV_UNSUPPORTED,
           "AscendCL was initialised before fork(): a child can't use it"};
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

const ascend::Api *tconv::ascendDriverHere() {
  return driver().process == getpid() ? &driver().api : nullptr;
}

Status tconv::ascendStatus(const ascend::Api &api, const std::string &call,
                           ascend::Result result) {
  if (result == ascend::kSuccess)
    return Status::ok();
  std::string message = call + ": AscendCL's error " + std::to_string(result);
  const char *text = api.recentError ? api.recentError() : nullptr;
  if (text && *text)
    message += std::string(": ") + text;
  bool memory =
      result == ascend::kMemoryAllocation || result == ascend::kBadAlloc;
  return {memory ? TCONV_OUT_OF_MEMORY : TCONV_DEVICE_ERROR, message};
}
