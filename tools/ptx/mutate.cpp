// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ptx/mutate.h"

#include <algorithm>
#include <map>
#include <set>

namespace tconv::ptx {
namespace {

/// An instruction as pieces of its text.
struct Pieces {
  std::string guard; ///< "@%p1 ", "@!%p1 " or ""
  std::string opcode;
  std::vector<std::string> operands;

  std::string join() const {
    std::string text = guard + opcode;
    for (size_t index = 0; index < operands.size(); ++index)
      text += (index ? ", " : " ") + operands[index];
    return text + ";";
  }
};

std::string trim(const std::string &text) {
  size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string::npos)
    return "";
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

/// Splits at commas outside of brackets.
std::vector<std::string> splitOperands(const std::string &text) {
  std::vector<std::string> parts;
  std::string part;
  int depth = 0;
  for (char c : text) {
    if (c == '{' || c == '[')
      ++depth;
    if (c == '}' || c == ']')
      --depth;
    if (c == ',' && depth == 0) {
      parts.push_back(trim(part));
      part.clear();
      continue;
    }
    part += c;
  }
  if (!trim(part).empty())
    parts.push_back(trim(part));
  return parts;
}

/// False where a line holds anything but one whole instruction.
bool split(const std::string &line, Pieces &pieces) {
  std::string text = line.substr(0, line.find("//"));
  std::replace(text.begin(), text.end(), '\t', ' ');
  text = trim(text);
  size_t end = text.find(';');
  if (end == std::string::npos || end + 1 != text.size())
    return false;
  text = text.substr(0, end);
  if (text[0] == '@') {
    size_t space = text.find(' ');
    pieces.guard = text.substr(0, space) + " ";
    text = trim(text.substr(space));
  }
  size_t space = text.find(' ');
  pieces.opcode = text.substr(0, space);
  if (space != std::string::npos)
    pieces.operands = splitOperands(text.substr(space));
  return true;
}

bool startsWith(const std::string &text, const std::string &start) {
  return text.compare(0, start.size(), start) == 0;
}

bool isInteger(const std::string &text) {
  size_t begin = text[0] == '-' ? 1 : 0;
  return begin < text.size() &&
         text.find_first_not_of("0123456789", begin) == std::string::npos &&
         text.size() < 18;
}

/// Replaces the part of a dotted opcode that is `from`.
bool replacePart(std::string &opcode, const std::string &from,
                 const std::string &to) {
  size_t at = (opcode + ".").find("." + from + ".");
  if (at == std::string::npos)
    return false;
  opcode.replace(at + 1, from.size(), to);
  return true;
}

/// Swaps the first two elements of "{a, b, ...}".
bool swapElements(std::string &vector, size_t first, size_t second) {
  if (vector[0] != '{')
    return false;
  std::vector<std::string> parts =
      splitOperands(vector.substr(1, vector.size() - 2));
  if (second >= parts.size() || parts[first] == parts[second])
    return false;
  std::swap(parts[first], parts[second]);
  std::string text = "{";
  for (size_t index = 0; index < parts.size(); ++index)
    text += (index ? ", " : "") + parts[index];
  vector = text + "}";
  return true;
}

/// Bytes of the type at an opcode's end.
int64_t bytesOf(const std::string &opcode) {
  size_t dot = opcode.rfind('.');
  int bytes = dot == std::string::npos
                  ? 0
                  : typeBytes(typeOfName(opcode.substr(dot + 1)));
  return bytes ? bytes : 16;
}

class Maker {
public:
  Maker(int line, const Pieces &pieces, std::vector<Mutant> &mutants)
      : line(line), whole(pieces), mutants(mutants) {}

  void run() {
    guards();
    synchronization();
    memory();
    comparisons();
    numbers();
    operations();
    operands();
  }

private:
  void add(const std::string &kind, const std::string &after) {
    if (after != whole.join())
      mutants.push_back({kind, line, whole.join(), after});
  }
  void add(const std::string &kind, const Pieces &pieces) {
    add(kind, pieces.join());
  }
  bool is(const char *start) const { return startsWith(whole.opcode, start); }

  void guards() {
    if (whole.guard.empty())
      return;
    Pieces changed = whole;
    changed.guard.clear();
    add("drop-guard", changed);
    changed.guard = whole.guard[1] == '!' ? "@" + whole.guard.substr(2)
                                          : "@!" + whole.guard.substr(1);
    add("negate-guard", changed);
  }

  void synchronization() {
    if (is("bar.sync") || is("barrier.sync") || is("bar.warp.sync"))
      add("drop-barrier", "");
    if (is("cp.async.wait"))
      add("drop-wait", "");
    if (is("cp.async.commit_group"))
      add("drop-commit", "");
    if (is("cp.async.wait_group") && isInteger(whole.operands[0])) {
      Pieces changed = whole;
      changed.operands[0] = std::to_string(std::stoll(whole.operands[0]) + 1);
      add("wait-for-less", changed);
    }
  }

  void memory() {
    bool isCopy = is("cp.async.c") && whole.operands.size() >= 3;
    bool isStore = is("st.") || is("stmatrix");
    if (isStore && !is("st.param"))
      add("drop-store", "");
    if (isCopy && whole.operands.size() >= 3) {
      add("drop-copy", "");
      if (whole.operands.size() == 4) {
        Pieces changed = whole;
        changed.operands.pop_back();
        add("drop-zero-fill", changed);
      }
    }
    if (is("ld.param"))
      return;
    for (size_t index = 0; index < whole.operands.size(); ++index) {
      const std::string &operand = whole.operands[index];
      if (operand[0] != '[' || operand.find('%') == std::string::npos)
        continue;
      int64_t by = isCopy || is("ldmatrix") || is("stmatrix")
                       ? 16
                       : bytesOf(whole.opcode);
      std::string inner = operand.substr(1, operand.size() - 2);
      size_t plus = inner.find('+');
      int64_t offset = 0;
      if (plus != std::string::npos && isInteger(inner.substr(plus + 1)))
        offset = std::stoll(inner.substr(plus + 1));
      std::string base = inner.substr(0, plus);
      for (int64_t shift : {by, -by}) {
        Pieces changed = whole;
        changed.operands[index] =
            "[" + base + "+" + std::to_string(offset + shift) + "]";
        add("shift-address", changed);
      }
    }
  }

  void comparisons() {
    if (!is("setp."))
      return;
    static const char *const pairs[][2] = {{"lt", "le"}, {"le", "lt"},
                                           {"gt", "ge"}, {"ge", "gt"},
                                           {"eq", "ne"}, {"ne", "eq"}};
    for (const auto &pair : pairs) {
      Pieces changed = whole;
      if (replacePart(changed.opcode, pair[0], pair[1])) {
        add("change-comparison", changed);
        break;
      }
    }
  }

  void numbers() {
    bool takes = is("add.") || is("sub.") || is("mul.") || is("mad.") ||
                 is("shl.") || is("shr.") || is("and.b") || is("or.b") ||
                 is("xor.b") || is("setp.") || is("selp.") || is("mov.");
    if (!takes)
      return;
    for (size_t index = 1; index < whole.operands.size(); ++index) {
      if (!isInteger(whole.operands[index]))
        continue;
      Pieces changed = whole;
      changed.operands[index] =
          std::to_string(std::stoll(whole.operands[index]) + 1);
      add("change-number", changed);
    }
  }

  void operations() {
    static const char *const pairs[][2] = {
        {"add", "sub"}, {"sub", "add"}, {"and", "or"},
        {"or", "and"},  {"xor", "or"},  {"shl", "shr"},
        {"shr", "shl"}, {"min", "max"}, {"max", "min"}};
    size_t dot = whole.opcode.find('.');
    for (const auto &pair : pairs) {
      if (whole.opcode.substr(0, dot) != pair[0])
        continue;
      Pieces changed = whole;
      changed.opcode = pair[1] + whole.opcode.substr(dot);
      // Left shifts are of untyped bits only.
      if (startsWith(changed.opcode, "shl.")) {
        size_t width = changed.opcode.find_first_of("0123456789");
        changed.opcode = "shl.b" + changed.opcode.substr(width);
      }
      add("change-operation", changed);
    }
    if (is("mma.") || is("fma.") || is("red.") || is("atom."))
      add("drop-operation", "");
    if (is("ldmatrix")) {
      Pieces changed = whole;
      if (!replacePart(changed.opcode, "trans", "shared") ||
          !replacePart(changed.opcode, "shared.shared", "shared"))
        replacePart(changed.opcode, "shared", "trans.shared");
      add("transpose", changed);
    }
  }

  void operands() {
    size_t count = whole.operands.size();
    auto swap = [&](size_t first, size_t second) {
      if (second >= count)
        return;
      Pieces changed = whole;
      std::swap(changed.operands[first], changed.operands[second]);
      add("swap-operands", changed);
    };
    if (is("sub.") || is("selp.") || is("div.") || is("rem.") ||
        is("setp.lt") || is("setp.le") || is("setp.gt") || is("setp.ge"))
      swap(1, 2);
    if (is("fma.") || is("mad.lo"))
      swap(2, 3);
    if (is("cvt.rn.f16x2") || is("cvt.rn.bf16x2") || is("prmt"))
      swap(1, 2);
    bool hasVectors = is("ld.") || is("st.") || is("ldmatrix") ||
                      is("stmatrix") || is("mma.") || is("mov.");
    for (size_t index = 0; hasVectors && index < count; ++index) {
      Pieces changed = whole;
      if (swapElements(changed.operands[index], 0, 1))
        add("swap-elements", changed);
      changed = whole;
      if (swapElements(changed.operands[index], 1, 2))
        add("swap-elements", changed);
    }
  }

  int line;
  Pieces whole;
  std::vector<Mutant> &mutants;
};

} // namespace

std::vector<Mutant> makeMutants(const Syntax &syntax, const std::string &entry,
                                uint64_t perKind) {
  std::vector<Mutant> all;
  std::map<int, int> perLine;
  for (const Function &function : syntax.functions)
    for (const Instruction &instruction : function.instructions)
      ++perLine[instruction.line];
  for (const Function &function : syntax.functions) {
    if (function.name != entry)
      continue;
    for (const Instruction &instruction : function.instructions) {
      Pieces pieces;
      if (perLine[instruction.line] == 1 &&
          split(syntax.lines[static_cast<size_t>(instruction.line) - 1],
                pieces))
        Maker(instruction.line, pieces, all).run();
    }
  }
  if (perKind == 0)
    return all;
  // Evenly spread over what is alike.
  std::map<std::string, std::vector<size_t>> groups;
  for (size_t index = 0; index < all.size(); ++index) {
    Pieces pieces;
    split(all[index].before, pieces);
    groups[all[index].kind + " " + pieces.opcode].push_back(index);
  }
  std::set<size_t> chosen;
  for (const auto &[name, group] : groups) {
    uint64_t count = std::min<uint64_t>(perKind, group.size());
    for (uint64_t pick = 0; pick < count; ++pick)
      chosen.insert(group[pick * group.size() / count]);
  }
  std::vector<Mutant> sample;
  for (size_t index : chosen)
    sample.push_back(all[index]);
  return sample;
}

std::string mutatedText(const Syntax &syntax, const Mutant &mutant) {
  std::string text;
  int line = 0;
  for (const std::string &one : syntax.lines) {
    ++line;
    text += line == mutant.line ? mutant.after : one;
    text += '\n';
  }
  return text;
}

} // namespace tconv::ptx
