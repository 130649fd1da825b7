// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "davinci/mutate.h"

#include <algorithm>
#include <regex>
#include <sstream>

namespace tconv::davinci {
namespace {

bool contains(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}

std::string trimmed(const std::string &text) {
  size_t begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? "" : text.substr(begin);
}

class Planter {
public:
  explicit Planter(const std::string &text) {
    std::istringstream stream(text);
    std::string one;
    while (std::getline(stream, one))
      lines.push_back(one);
  }

  std::vector<Mutant> all() {
    bool isKernel = false;
    for (at = 0; at < lines.size(); ++at) {
      const std::string &line = lines[at];
      if (contains(line, "func.func"))
        isKernel = contains(line, "hacc.entry");
      else if (isKernel)
        plant(line);
    }
    return std::move(mutants);
  }

private:
  void plant(const std::string &line) {
    if (contains(line, "hivm.hir.wait_flag"))
      replace("drop-wait", "");
    if (contains(line, "hivm.hir.set_flag"))
      replace("drop-set", "");
    if (contains(line, "hivm.hir.pipe_barrier"))
      replace("drop-barrier", "");
    if (contains(line, "hivm.hir.set_flag") ||
        contains(line, "hivm.hir.wait_flag"))
      otherEvent(line);
    if (contains(line, " call @") || contains(line, "func.call @")) {
      replace("drop-call", "");
      flip(line);
      dropInnerFlags(line);
    }
    if (contains(line, "hivm.hir.pointer_cast"))
      movePointer(line);
    if (contains(line, "memref.reinterpret_cast %arg"))
      changeView(line);
  }

  void add(const char *kind, const std::string &after, std::string text) {
    Mutant mutant;
    mutant.kind = kind;
    mutant.line = static_cast<int>(at) + 1;
    mutant.before = trimmed(lines[at]);
    mutant.after = trimmed(after);
    mutant.text = std::move(text);
    mutants.push_back(std::move(mutant));
  }

  std::string textWith(const std::string &changed) const {
    std::string text;
    for (size_t index = 0; index < lines.size(); ++index)
      text += (index == at ? changed : lines[index]) + "\n";
    return text;
  }

  void replace(const char *kind, const std::string &after) {
    add(kind, after, textWith(after));
  }

  void otherEvent(const std::string &line) {
    std::string changed = line;
    size_t digit = changed.find("EVENT_ID");
    if (digit == std::string::npos)
      return;
    digit += 8;
    changed[digit] = changed[digit] == '5' ? '4' : '5';
    replace("other-event", changed);
  }

  /// The cube's "nothing is there yet".
  void flip(const std::string &line) {
    for (const auto &[from, to] :
         {std::pair("%true, ", "%false, "), std::pair("%false, ", "%true, ")}) {
      size_t place = line.find(from);
      // Both constants have to be there.
      bool hasOther = false;
      for (const std::string &one : lines)
        hasOther |= contains(one, to == std::string("%true, ") ? "%true = "
                                                               : "%false = ");
      if (!contains(line, "@mma") || place == std::string::npos || !hasOther)
        continue;
      std::string changed = line;
      changed.replace(place, std::string(from).size(), to);
      replace("flip-first", changed);
      return;
    }
  }

  /// The cube's template is told which flags to wait for and to set; -1: none.
  void dropInnerFlags(const std::string &line) {
    constexpr const char *kNone = "%c-1_i64";
    constexpr size_t kFirst = 7; // after operands, sizes and the sums
    bool hasNone = false;
    for (const std::string &one : lines)
      hasNone |= contains(one, "%c-1_i64 = ");
    if (!contains(line, "@mma_tile") || !hasNone)
      return;
    size_t start = line.find('(') + 1;
    size_t close = line.find(')', start);
    for (size_t index = 0; start < close; ++index) {
      size_t end = std::min(line.find(',', start), close);
      std::string argument = line.substr(start, end - start);
      if (index >= kFirst && index < kFirst + 4 && argument != kNone)
        replace(index < kFirst + 2 ? "drop-wait" : "drop-set",
                line.substr(0, start) + kNone + line.substr(end));
      start = end + 2;
    }
  }

  void movePointer(const std::string &line) {
    static const struct {
      const char *kind;
      const char *bytes;
    } kMoves[] = {{"misalign", "16"},      // half a block
                  {"move-buffer", "4096"}, // onto a neighbour
                  {"beyond-end", "1048576"}};
    if (contains(line, "memref<0x"))
      return; // holds nothing
    size_t open = line.find("pointer_cast(") + 13;
    size_t close = line.find(')', open);
    for (const auto &move : kMoves) {
      std::string number = "%moved" + std::to_string(at);
      std::ostringstream changed;
      changed << number << "c = arith.constant " << move.bytes << " : i64 "
              << number << " = arith.addi " << line.substr(open, close - open)
              << ", " << number << "c : i64 " << line.substr(0, open) << number
              << line.substr(close);
      replace(move.kind, changed.str());
    }
  }

  /// Changes the type of what this line makes in all lines that use it.
  std::string textWithType(const std::string &changed, const std::string &from,
                           const std::string &to) const {
    std::string name = trimmed(lines[at]);
    name = name.substr(0, name.find(' '));
    std::regex use(name + "(?![A-Za-z0-9_])");
    std::string text;
    for (size_t index = 0; index < lines.size(); ++index) {
      std::string line = index == at ? changed : lines[index];
      if (index != at && std::regex_search(line, use))
        for (size_t place = line.find(from); place != std::string::npos;
             place = line.find(from, place + to.size()))
          line.replace(place, from.size(), to);
      text += line + "\n";
    }
    return text;
  }

  void changeView(const std::string &line) {
    static const std::regex kView(
        R"(offset: \[([^\]]+)\], sizes: \[([0-9, ]+)\], strides: \[([0-9, ]+)\] : .* to (memref<.*>)$)");
    std::smatch found;
    if (!std::regex_search(line, found, kView))
      return;
    std::string offset = found[1];
    std::string sizes = found[2];
    std::string strides = found[3];
    std::string type = found[4];
    if (offset[0] == '%') {
      std::string number = "%moved" + std::to_string(at);
      std::string changed = number + "c = arith.constant 1 : index " + number +
                            " = arith.addi " + offset + ", " + number +
                            "c : index " + line;
      size_t place = changed.find("[" + offset + "]");
      changed.replace(place, offset.size() + 2, "[" + number + "]");
      replace("shift-view", changed);
    }
    size_t last = sizes.rfind(' ') + 1;
    std::string count = sizes.substr(last);
    std::string longer = std::to_string(std::stoull(count) + 1);
    std::string longerType = type;
    size_t place = longerType.find("x" + count + "x");
    if (place == std::string::npos && last == 0)
      place = longerType.find("<" + count + "x");
    if (place != std::string::npos) {
      longerType.replace(place + 1, count.size(), longer);
      std::string changed = line;
      changed.replace(line.find("sizes: [" + sizes) + 8 + last, count.size(),
                      longer);
      changed.replace(changed.rfind(type), type.size(), longerType);
      add("one-too-long", changed, textWithType(changed, type, longerType));
    }
    size_t stride = strides.rfind(' ') + 1;
    if (strides.substr(stride) == "1" && contains(type, ", 1]")) {
      std::string widerType = type;
      widerType.replace(widerType.find(", 1]"), 4, ", 2]");
      std::string changed = line;
      changed.replace(line.find("strides: [" + strides) + 10 + stride, 1, "2");
      changed.replace(changed.rfind(type), type.size(), widerType);
      add("stride-2", changed, textWithType(changed, type, widerType));
    }
  }

  std::vector<std::string> lines;
  size_t at = 0;
  std::vector<Mutant> mutants;
};

} // namespace

std::vector<Mutant> makeMutants(const std::string &text) {
  return Planter(text).all();
}

} // namespace tconv::davinci
