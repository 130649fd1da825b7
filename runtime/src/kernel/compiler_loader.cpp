// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernel/compiler_loader.h"

#include <dlfcn.h>

#include "kernel/kernel_key.h"
#include "support/status.h"

using namespace tconv;

namespace {

/// With the version of its SONAME, which the build knows.
constexpr const char *kLibraryName = TCONV_COMPILER_FILE;

/// Where the compiler may lie. One that is named must be that one; else beside
/// this library, else wherever the system looks.
std::vector<std::string> candidates() {
  std::string named = environment("TCONV_COMPILER_LIBRARY");
  if (!named.empty())
    return {named};
  std::vector<std::string> result;
  Dl_info self;
  if (dladdr(reinterpret_cast<const void *>(&tconv_version), &self) &&
      self.dli_fname) {
    std::string path = self.dli_fname;
    size_t slash = path.rfind('/');
    if (slash != std::string::npos)
      result.push_back(path.substr(0, slash + 1) + kLibraryName);
  }
  result.push_back(kLibraryName);
  return result;
}

Compiler query(void *library, const std::string &path) {
  Compiler result;
  auto ask = reinterpret_cast<tconv_compiler_query_fn>(
      dlsym(library, TCONV_COMPILER_QUERY_SYMBOL));
  if (!ask) {
    result.why = {TCONV_ABI_MISMATCH,
                  path + ": has no " TCONV_COMPILER_QUERY_SYMBOL};
    return result;
  }
  const tconv_compiler_api *api = ask(TCONV_COMPILER_ABI_VERSION);
  std::string wanted =
      "; version " + std::to_string(TCONV_COMPILER_ABI_VERSION) + " is needed";
  if (!api)
    result.why = {TCONV_ABI_MISMATCH, path + ": refuses this runtime" + wanted};
  else if (api->version != TCONV_COMPILER_ABI_VERSION)
    result.why = {TCONV_ABI_MISMATCH, path + ": its interface has version " +
                                          std::to_string(api->version) +
                                          wanted};
  else if (api->struct_size != sizeof(tconv_compiler_api))
    result.why = {TCONV_ABI_MISMATCH,
                  path + ": its interface has " +
                      std::to_string(api->struct_size) + " bytes, not " +
                      std::to_string(sizeof(tconv_compiler_api))};
  else if (!api->compile || !api->kernel || !api->release)
    result.why = {TCONV_ABI_MISMATCH, path + ": its interface has holes"};
  else
    result.api = api;
  return result;
}

/// Where the compiler is there and what it needs isn't, the system's words name
/// a file that nobody has heard of.
std::string withLlvm(const std::string &reasons) {
  if (reasons.find("libLLVM") == std::string::npos &&
      reasons.find("libMLIR") == std::string::npos)
    return "";
  return std::string("it needs the libraries of LLVM and MLIR ") +
         ownLlvmVersion() +
         ", which are not installed (kernels compiled ahead of time and packed "
         "caches do without): ";
}

Compiler open() {
  std::string reasons;
  for (const std::string &path : candidates()) {
    // Locally bound: the compiler's symbols are nobody else's. Never closed:
    // kernels and threads of LLVM may outlive any layer.
    if (void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
      Compiler result = query(library, path);
      if (result.api)
        say("compiler " + path + ", LLVM " +
            (result.api->llvm_version ? result.api->llvm_version : "?"));
      return result;
    }
    const char *error = dlerror();
    reasons += reasons.empty() ? "" : "; ";
    reasons += error ? error : path;
  }
  Compiler none;
  none.why = {TCONV_NOT_FOUND, "no compiler: " + withLlvm(reasons) + reasons};
  return none;
}

} // namespace

std::string tconv::compilerLine() {
  if (environment("TCONV_COMPILER_LIBRARY").empty())
    return ownCompilerText();
  const tconv_compiler_api *api = compiler().api;
  return api ? compilerText(api->build_id, api->llvm_version)
             : ownCompilerText();
}

const Compiler &tconv::compiler() {
  static const Compiler *instance = new Compiler(open());
  return *instance;
}
