// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernel/compiler_loader.h"

#include <dlfcn.h>

#include "kernel/kernel_key.h"
#include "support/environment.h"

using namespace tconv;

namespace {

/// What the engines' libraries are called.
struct Names {
  const char *variable; ///< of the environment, for another file
  const char *file; ///< with the version of its SONAME, as the build knows it
  const char *noun; ///< in messages
};

const Names &namesOf(EngineKind kind) {
  static constexpr Names names[kEngineKinds] = {
      {"TCONV_COMPILER_LIBRARY", TCONV_COMPILER_FILE, "compiler"},
      {"TCONV_HALIDE_LIBRARY", TCONV_HALIDE_FILE, "Halide engine"}};
  return names[static_cast<int>(kind)];
}

/// Where the library may lie. One that is named must be that one; else beside
/// this library, else wherever the system looks.
std::vector<std::string> candidates(const Names &names) {
  std::string named = environment(names.variable);
  if (!named.empty())
    return {named};
  std::vector<std::string> result;
  Dl_info self;
  if (dladdr(reinterpret_cast<const void *>(&tconv_version), &self) &&
      self.dli_fname) {
    std::string path = self.dli_fname;
    size_t slash = path.rfind('/');
    if (slash != std::string::npos)
      result.push_back(path.substr(0, slash + 1) + names.file);
  }
  result.push_back(names.file);
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
  result.library = library;
  return result;
}

/// Where a library is there and what it needs isn't, or where it is none of
/// what everybody has, the system's words name a file that nobody has heard of.
/// This says what to do.
std::string advice(EngineKind kind, const std::string &reasons) {
  auto lacks = [&](const char *file) {
    return reasons.find(file) != std::string::npos;
  };
  const char *otherwise = " (kernels compiled ahead of time and packed caches "
                          "do without): ";
  if (lacks("libLLVM") || lacks("libMLIR"))
    return std::string("it needs the libraries of LLVM and MLIR ") +
           ownLlvmVersion() + ", which are not installed" + otherwise;
  if (lacks("libz.") || lacks("libzstd."))
    return "it needs the libraries of zlib and zstd, which are not installed" +
           std::string(otherwise);
  if (kind != EngineKind::halide)
    return "";
  if (lacks("libHalide.so"))
    return std::string("it needs libHalide.so of Halide 21, which is not where "
                       "it was: pip install halide==21.*, and set "
                       "LD_LIBRARY_PATH to the folder halide/lib64 that this "
                       "makes") +
           otherwise;
  return std::string("it is a part of tconv where that was built with Halide "
                     "21: tools/dev build, or pip install halide==21.* and "
                     "cmake -DTCONV_HALIDE=ON") +
         otherwise;
}

Compiler open(EngineKind kind) {
  const Names &names = namesOf(kind);
  std::string reasons;
  for (const std::string &path : candidates(names)) {
    // Locally bound: the engine's symbols are nobody else's. Never closed:
    // kernels and threads of LLVM may outlive any layer.
    if (void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
      Compiler result = query(library, path);
      if (result.api)
        say(std::string(names.noun) + " " + path + ", LLVM " +
            (result.api->llvm_version ? result.api->llvm_version : "?"));
      return result;
    }
    const char *error = dlerror();
    reasons += reasons.empty() ? "" : "; ";
    reasons += error ? error : path;
  }
  Compiler none;
  none.why = {TCONV_NOT_FOUND, std::string("no ") + names.noun + ": " +
                                   advice(kind, reasons) + reasons};
  return none;
}

/// One for each engine, each opened when it is asked for.
template <EngineKind kind> const Compiler &opened() {
  static const Compiler *instance = new Compiler(open(kind));
  return *instance;
}

} // namespace

std::string tconv::compilerLine(EngineKind kind) {
  if (environment(namesOf(kind).variable).empty())
    return ownCompilerText(kind);
  const tconv_compiler_api *api = compiler(kind).api;
  return api ? compilerText(api->build_id, api->llvm_version)
             : ownCompilerText(kind);
}

const Compiler &tconv::compiler(EngineKind kind) {
  return kind == EngineKind::halide ? opened<EngineKind::halide>()
                                    : opened<EngineKind::mlir>();
}
