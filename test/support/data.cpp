// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "support/data.h"

#include <fstream>
#include <stdexcept>

#include <nlohmann/json.hpp>

using namespace tconv;
using namespace tconv::test;

namespace {

std::vector<float> readFloats(const std::string &path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file)
    throw std::runtime_error(path + ": can't be read");
  std::vector<float> result(static_cast<size_t>(file.tellg()) / sizeof(float));
  file.seekg(0);
  file.read(reinterpret_cast<char *>(result.data()),
            static_cast<std::streamsize>(result.size() * sizeof(float)));
  return result;
}

std::vector<float> slice(const std::vector<float> &data,
                         const nlohmann::json &where) {
  if (where.is_null())
    return {};
  size_t count = 1;
  for (int64_t size : where.at("shape"))
    count *= static_cast<size_t>(size);
  size_t offset = where.at("offset");
  if (offset + count > data.size())
    throw std::runtime_error("data.f32 is too short");
  auto first = data.begin() + static_cast<std::ptrdiff_t>(offset);
  return {first, first + static_cast<std::ptrdiff_t>(count)};
}

} // namespace

std::string test::testPath(const std::string &relative) {
  return std::string(TCONV_TEST_DIR "/") + relative;
}

std::vector<OracleCase> test::loadOracle() {
  std::vector<float> data = readFloats(testPath("data/mindspore/data.f32"));
  std::ifstream lines(testPath("data/mindspore/cases.jsonl"));
  std::vector<OracleCase> cases;
  for (std::string line; std::getline(lines, line);) {
    nlohmann::json json = nlohmann::json::parse(line);
    OracleCase one;
    one.line = line;
    tconv_params &params = one.params;
    params = defaultParams();
    params.in_channels = json.at("in_channels");
    params.out_channels = json.at("out_channels");
    params.kernel_size = json.at("kernel_size");
    params.stride = json.at("stride");
    params.padding = json.at("padding");
    params.dilation = json.at("dilation");
    params.group = json.at("group");
    params.has_bias = json.at("has_bias").get<bool>() ? 1 : 0;
    std::string mode = json.at("pad_mode");
    params.pad_mode = mode == "same"    ? TCONV_SAME
                      : mode == "valid" ? TCONV_VALID
                                        : TCONV_PAD;
    one.batch = json.at("x").at("shape").at(0);
    one.length = json.at("x").at("shape").at(2);
    one.yShape = json.at("y").at("shape").get<std::vector<int64_t>>();
    one.x = slice(data, json.at("x"));
    one.weight = slice(data, json.at("weight"));
    one.bias = slice(data, json.at("bias"));
    one.y = slice(data, json.at("y"));
    cases.push_back(std::move(one));
  }
  return cases;
}
