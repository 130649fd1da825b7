// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernel/kernel_key.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "runtime/build_id.h"
#include "support/environment.h"
#include "target/target.h"

using namespace tconv;

std::string tconv::schedulesText(const std::string &folder) {
  namespace fs = std::filesystem;
  if (folder.empty())
    return "built-in";
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end;
       !error && entry != end; entry.increment(error))
    if (entry->path().extension() == ".mlir")
      files.push_back(entry->path());
  std::sort(files.begin(), files.end());
  std::ostringstream all;
  for (const fs::path &file : files) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream content;
    content << stream.rdbuf();
    // With its size, so that no two folders run together to one text.
    all << file.lexically_relative(folder).generic_string() << '\n'
        << content.str().size() << '\n'
        << content.str();
  }
  return hexText(hash128(all.str()));
}

Hash128 tconv::hash128(const std::string &text) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(text.data(), text.size()));
  Hash128 hash;
  std::copy(std::begin(canonical.digest), std::end(canonical.digest),
            hash.begin());
  return hash;
}

std::string tconv::hexText(const Hash128 &hash) {
  const char *digits = "0123456789abcdef";
  std::string text;
  for (uint8_t byte : hash) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string tconv::requestText(const KernelRequest &request) {
  GeneralForm form = generalForm(request.params);
  const struct {
    const char *name;
    int64_t value;
  } fields[] = {
      {"in_channels", form.inChannels},
      {"out_channels", form.outChannels},
      {"kernel_size", form.kernelSize},
      {"stride", form.stride},
      {"dilation", form.dilation},
      {"groups", form.groups},
      {"crop_begin", form.cropBegin},
      {"has_bias", form.hasBias},
      {"dtype", form.dtype},
      {"accuracy", request.accuracy},
      {"length_class", request.lengthClass},
      {"kernel_abi", TCONV_KERNEL_ABI_VERSION},
  };
  std::string text;
  for (const auto &field : fields)
    text += std::string(field.name) + "=" + std::to_string(field.value) + " ";
  // A request of the default engine keeps the name that it had before there
  // was another, as one without tuning does. Schedule files are that engine's.
  if (checkedEngine(request.engine).kind == EngineKind::mlir)
    text += "schedules=" + schedulesText(environment("TCONV_SCHEDULE_PATH"));
  else
    text += "engine=" + request.engine;
  // Last but for the target, which may have spaces in it.
  if (!request.tuning.empty())
    text += " tuning=" + request.tuning;
  return text + " target=" + kernelTarget(request.target);
}

std::string tconv::compilerText(const char *buildId, const char *llvmVersion) {
  return std::string("build=") + (buildId ? buildId : "?") +
         " llvm=" + (llvmVersion ? llvmVersion : "?");
}

const char *tconv::ownLlvmVersion() { return TCONV_BUILD_LLVM; }

const std::string &tconv::ownCompilerText(EngineKind kind) {
  static const auto *texts = new std::array<std::string, kEngineKinds>{
      compilerText(TCONV_BUILD_ID, TCONV_BUILD_LLVM),
      compilerText(TCONV_HALIDE_BUILD_ID, TCONV_BUILD_LLVM)};
  return (*texts)[static_cast<size_t>(kind)];
}
