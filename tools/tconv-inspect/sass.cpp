// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-inspect/sass.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <vector>

using nlohmann::ordered_json;

namespace {

/// "FFMA" of "@!P0 FFMA.FTZ R1, R2, R3, R4;", and what comes after it.
bool splitInstruction(const std::string &line, std::string &opcode,
                      std::string &rest) {
  size_t open = line.find("/*"), close = line.find("*/");
  if (open == std::string::npos || close == std::string::npos ||
      line.find_first_not_of(" \t") != open ||
      line.find_first_not_of("0123456789abcdef", open + 2) != close)
    return false;
  std::istringstream words(line.substr(close + 2));
  std::string word;
  while (words >> word && (word == "{" || word[0] == '@')) {
  }
  if (word.empty() || !std::isupper(static_cast<unsigned char>(word[0])))
    return false;
  opcode = word.substr(0, word.find_first_of(".;"));
  std::getline(words, rest);
  return true;
}

uint64_t productsOf(const std::map<std::string, uint64_t> &counts) {
  uint64_t products = 0;
  for (const char *opcode : {"FFMA", "FFMA2", "HMMA"})
    if (auto found = counts.find(opcode); found != counts.end())
      products += found->second;
  return products;
}

} // namespace

ordered_json tconv::tools::sassLoop(const std::string &text) {
  std::vector<std::string> opcodes;
  std::map<std::string, size_t> labels; // of the function that is read
  std::map<std::string, uint64_t> best;
  std::istringstream lines(text);
  for (std::string line, opcode, rest; std::getline(lines, line);) {
    if (line.rfind(".L", 0) == 0) {
      labels[line.substr(0, line.find(':'))] = opcodes.size();
      continue;
    }
    if (!splitInstruction(line, opcode, rest))
      continue;
    opcodes.push_back(opcode);
    size_t open = rest.find("`("), close = rest.find(')', open);
    if (opcode != "BRA" || open == std::string::npos ||
        close == std::string::npos)
      continue;
    auto target = labels.find(rest.substr(open + 2, close - open - 2));
    if (target == labels.end()) // forward
      continue;
    std::map<std::string, uint64_t> counts;
    for (size_t i = target->second; i < opcodes.size(); ++i)
      ++counts[opcodes[i]];
    if (productsOf(counts) > productsOf(best))
      best = std::move(counts);
  }
  // A loop for rare cases, beside products that stand one after the other, is
  // not what a kernel spends its time in.
  std::map<std::string, uint64_t> every;
  for (const std::string &opcode : opcodes)
    ++every[opcode];
  if (productsOf(best) * 2 < productsOf(every) || productsOf(best) == 0)
    return nullptr;
  uint64_t all = 0;
  std::vector<std::pair<uint64_t, std::string>> sorted;
  for (const auto &[opcode, count] : best) {
    all += count;
    sorted.emplace_back(count, opcode);
  }
  std::sort(sorted.rbegin(), sorted.rend());
  ordered_json mix;
  mix["instructions"] = all;
  mix["products"] = productsOf(best);
  mix["products_share"] =
      static_cast<double>(productsOf(best)) / static_cast<double>(all);
  for (const auto &[count, opcode] : sorted)
    mix[opcode] = count;
  return mix;
}
