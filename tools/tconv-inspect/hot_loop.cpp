// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-inspect/hot_loop.h"

#include <regex>
#include <sstream>
#include <vector>

using nlohmann::ordered_json;

namespace {

struct Counts {
  int64_t instructions = 0, multiplyAdds = 0, loads = 0, broadcasts = 0,
          stackAccesses = 0;

  /// Many multiply-adds, and little else: a loop that packs x may have more of
  /// them than the register tile's, among a lot of shuffles.
  double weight() const {
    auto count = static_cast<double>(multiplyAdds);
    return instructions ? count * count / static_cast<double>(instructions) : 0;
  }

  /// @param framePointer whether the function keeps one; otherwise that
  ///        register is like any other
  void add(const std::string &line, bool framePointer);
};

void Counts::add(const std::string &line, bool framePointer) {
  static const std::regex multiplyAdd(
      "^\\s+(vfn?m(add|sub)\\w+|fmla|fmls)\\b.*(zmm|ymm|xmm|\\.4s)"
      "|^\\s+(v?mulps|tdpbf16ps)\\b");
  static const std::regex broadcast("^\\s+(v?broadcast\\w+|ld1r|dup)\\b|\\{1to"
                                    "|^\\s+v?shufps\\s+\\$0,");
  static const std::regex stackPointer("\\(%rsp|\\[sp\\b");
  static const std::regex framePointers("\\(%rbp|\\[x29\\b");
  // AT&T: what is written stands last, so memory before a comma is read;
  // comparisons write nothing. An address is no access.
  static const std::regex load("^\\s+(?!lea|prefetch|nop)(\\w+\\s.*\\)[^,]*,"
                               "|(cmp|test)\\w*\\s.*\\()|^\\s+ld\\w+\\s");
  ++instructions;
  multiplyAdds += std::regex_search(line, multiplyAdd);
  broadcasts += std::regex_search(line, broadcast);
  if (std::regex_search(line, stackPointer) ||
      (framePointer && std::regex_search(line, framePointers)))
    ++stackAccesses;
  else
    loads += std::regex_search(line, load);
}

bool isInstruction(const std::string &line) {
  return line.size() > 1 && line[0] == '\t' && line[1] != '.' && line[1] != '#';
}

} // namespace

ordered_json tconv::tools::hotLoop(const std::string &assembly) {
  static const std::regex jump(
      "^\\s+(j\\w+|b\\.\\w+|cbn?z|tbn?z|b)\\s.*?(\\.L\\w+)");
  static const std::regex keepsFrame(
      "^\\s+(movq\\s+%rsp, %rbp|mov\\s+x29, sp|add\\s+x29, sp,)");
  Counts best, counts;
  std::string label, bestLabel;
  bool framePointer = false;
  std::istringstream stream(assembly);
  for (std::string line; std::getline(stream, line);) {
    size_t colon = line.find(':');
    if (!line.empty() && colon != std::string::npos && line[0] != '\t' &&
        line[0] != ' ' && line[0] != '#') {
      label = line.substr(0, colon);
      counts = Counts();
      // A name that is not local begins another function.
      if (label[0] != '.')
        framePointer = false;
      continue;
    }
    if (!isInstruction(line))
      continue;
    framePointer = framePointer || std::regex_search(line, keepsFrame);
    counts.add(line, framePointer);
    std::smatch match;
    if (!std::regex_search(line, match, jump) || match[2] != label)
      continue;
    if (counts.weight() > best.weight()) {
      best = counts;
      bestLabel = label;
    }
  }
  if (bestLabel.empty())
    return nullptr;
  return {{"label", bestLabel},
          {"instructions", best.instructions},
          {"multiply_adds", best.multiplyAdds},
          {"loads", best.loads},
          {"broadcasts", best.broadcasts},
          {"stack_accesses", best.stackAccesses}};
}
