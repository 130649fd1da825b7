// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "davinci/mutate.h"

#include <algorithm>
#include <map>
#include <random>
#include <regex>
#include <set>
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
    if (contains(line, "hivm.hir.sync_block_wait")) {
      replace("drop-core-wait", "");
      otherCoreFlag(line);
    }
    if (contains(line, "hivm.hir.sync_block_set")) {
      replace("drop-core-set", "");
      otherCoreFlag(line);
    }
    if (contains(line, "hivm.hir.pipe_barrier"))
      replace("drop-barrier", "");
    if (contains(line, "hivm.hir.set_flag") ||
        contains(line, "hivm.hir.wait_flag"))
      otherEvent(line);
    if (contains(line, " call @") || contains(line, "func.call @")) {
      replace("drop-call", "");
      flip(line);
      dropInnerFlags(line);
      changeCopy(line);
    }
    if (contains(line, "hivm.hir.pointer_cast"))
      movePointer(line);
    if (contains(line, "memref.reinterpret_cast %arg"))
      shiftView(line);
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

  /// A flag between cores that nobody else uses.
  void otherCoreFlag(const std::string &line) {
    static const std::regex kFlag(R"(flag = (\d+))");
    std::smatch found;
    if (!std::regex_search(line, found, kFlag))
      return;
    std::string changed = line;
    changed.replace(found.position(1), found.length(1), "9");
    replace("other-core-flag", changed);
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

  /// A view of global memory that begins an element later.
  void shiftView(const std::string &line) {
    static const std::regex kOffset(R"(offset: \[(%[^\]]+)\])");
    std::smatch found;
    if (!std::regex_search(line, found, kOffset))
      return;
    std::string number = "%moved" + std::to_string(at);
    std::string changed = line;
    changed.replace(found.position(1), found.length(1), number);
    replace("shift-view", number + "c = arith.constant 1 : index " + number +
                              " = arith.addi " + found[1].str() + ", " +
                              number + "c : index " + changed);
  }

  /// An operand of a call.
  struct Operand {
    size_t at = 0; ///< where its name begins
    std::string name, type;
    /// Of a view with run-time sizes and strides.
    size_t rank() const {
      size_t strided = type.find("strided<[?");
      if (type.compare(0, 8, "memref<?") != 0 || strided == std::string::npos)
        return 0;
      size_t end = type.find(']', strided);
      return std::count(type.begin() + strided, type.begin() + end, '?');
    }
    bool isGlobal() const { return contains(type, "address_space<gm>"); }
    std::string element() const {
      size_t end = type.find(',');
      size_t begin = type.rfind('x', end) + 1;
      return type.substr(begin, end - begin);
    }
    std::string space() const { return type.substr(type.rfind(", ") + 2); }
  };

  /// The parts of a list, between commas that are in no brackets, to the
  /// closing parenthesis; and where each begins.
  static std::vector<std::pair<size_t, std::string>>
  listAt(const std::string &line, size_t begin) {
    std::vector<std::pair<size_t, std::string>> parts;
    int depth = 0;
    for (size_t end = begin; end < line.size(); ++end) {
      char one = line[end];
      if (depth == 0 && (one == ',' || one == ')')) {
        if (end > begin)
          parts.emplace_back(begin, line.substr(begin, end - begin));
        begin = end + 2;
        if (one == ')')
          break;
      }
      depth += one == '<' || one == '[' || one == '(';
      depth -= one == '>' || one == ']' || one == ')';
    }
    return parts;
  }

  static std::vector<Operand> operandsOf(const std::string &line) {
    size_t open = line.find('(');
    auto names = listAt(line, open + 1);
    auto types = listAt(line, line.find(" : (", open) + 4);
    std::vector<Operand> operands;
    for (size_t index = 0; index < std::min(names.size(), types.size());
         ++index)
      operands.push_back(
          {names[index].first, names[index].second, types[index].second});
    return operands;
  }

  /// The call of this line with other sizes or strides of some operands, which
  /// `change` makes of their names.
  template <typename Change>
  void changeOperands(const char *kind, const std::string &line,
                      const std::vector<Operand> &operands, Change change) {
    std::string before;
    std::string call = line;
    for (size_t index = operands.size(); index-- > 0;) {
      const Operand &one = operands[index];
      size_t rank = one.rank();
      std::string name =
          "%moved" + std::to_string(at) + "x" + std::to_string(index);
      std::vector<std::string> sizes;
      std::vector<std::string> strides;
      for (size_t axis = 0; axis < rank; ++axis) {
        std::string number = rank == 1 ? "" : "#" + std::to_string(axis);
        sizes.push_back(name + "s" + number);
        strides.push_back(name + "t" + number);
      }
      if (rank == 0)
        continue;
      std::string changed = change(one, name, sizes, strides);
      if (changed.empty())
        continue;
      std::string count = rank == 1 ? "" : ":" + std::to_string(rank);
      std::string base =
          "memref<" + one.element() + ", " + one.space(); // ends with '>'
      std::string types = base + ", index";
      for (size_t axis = 0; axis < 2 * rank; ++axis)
        types += ", index";
      before += name + "b, " + name + "o, " + name + "s" + count + ", " + name +
                "t" + count + " = memref.extract_strided_metadata " + one.name +
                " : " + one.type + " -> " + types + " " + changed + name +
                " = memref.reinterpret_cast " + name + "b to offset: [" + name +
                "o], sizes: [" + joined(sizes) + "], strides: [" +
                joined(strides) + "] : " + base + " to " + one.type + " ";
      call.replace(one.at, one.name.size(), name);
    }
    if (!before.empty())
      replace(kind, before + call);
  }

  static std::string joined(const std::vector<std::string> &list) {
    std::string text;
    for (const std::string &one : list)
      text += (text.empty() ? "" : ", ") + one;
    return text;
  }

  /// Copies between global and local memory, one element too long, or with
  /// twice the stride.
  void changeCopy(const std::string &line) {
    std::vector<Operand> operands = operandsOf(line);
    bool isCopy =
        std::any_of(operands.begin(), operands.end(), [](const Operand &one) {
          return one.isGlobal() && one.rank() > 0;
        });
    if (!isCopy)
      return;
    changeOperands(
        "one-too-long", line, operands,
        [](const Operand &one, const std::string &name,
           std::vector<std::string> &sizes, std::vector<std::string> &) {
          // Fractals have room for whole ones only, and sizes of their own.
          if (one.rank() > 2)
            return std::string();
          std::string last = sizes.back();
          sizes.back() = name + "n";
          return name + "c = arith.constant 1 : index " + name +
                 "n = arith.addi " + last + ", " + name + "c : index ";
        });
    changeOperands(
        "stride-2", line, operands,
        [](const Operand &one, const std::string &name,
           std::vector<std::string> &, std::vector<std::string> &strides) {
          if (!one.isGlobal())
            return std::string();
          std::string last = strides.back();
          strides.back() = name + "n";
          return name + "n = arith.addi " + last + ", " + last + " : index ";
        });
  }

  std::vector<std::string> lines;
  size_t at = 0;
  std::vector<Mutant> mutants;
};

} // namespace

std::vector<Mutant> makeMutants(const std::string &text, uint64_t perKind,
                                uint32_t seed) {
  std::vector<Mutant> all = Planter(text).all();
  if (perKind == 0)
    return all;
  std::map<std::string, std::vector<size_t>> kinds;
  for (size_t index = 0; index < all.size(); ++index)
    kinds[all[index].kind].push_back(index);
  std::mt19937 draw(seed);
  std::set<size_t> chosen;
  for (auto &[kind, indices] : kinds)
    for (uint64_t count = 0; count < perKind && !indices.empty(); ++count) {
      std::swap(indices[draw() % indices.size()], indices.back());
      chosen.insert(indices.back());
      indices.pop_back();
    }
  std::vector<Mutant> sample;
  for (size_t index : chosen)
    sample.push_back(std::move(all[index]));
  return sample;
}

} // namespace tconv::davinci
