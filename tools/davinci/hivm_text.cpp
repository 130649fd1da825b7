// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "davinci/hivm_text.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <map>
#include <regex>
#include <sstream>

namespace tconv::davinci {
namespace {

Status wrong(int line, const std::string &what) {
  return Status(TCONV_INVALID_VALUE,
                "line " + std::to_string(line) + ": " + what);
}

bool contains(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}

/// Functions that the made text calls.
constexpr const char *kDeclarations =
    " func.func private @hivm.LINE(i64)"
    " func.func private @hivm.MASK.NORM()"
    " func.func private @hivm.ROW.STRIDE(i64)"
    " func.func private @hivm.BARRIER(i64)"
    " func.func private @hivm.SET.FLAG.REG(i64, i64, i64)"
    " func.func private @hivm.WAIT.FLAG.REG(i64, i64, i64)"
    " func.func private @hivm.SET.FFTS.BASE(i64)"
    " func.func private @hivm.CROSS.SET(i64, i64, i64, i64)"
    " func.func private @hivm.CROSS.WAIT(i64, i64, i64)"
    " func.func private @hivm.GET.BLOCK.IDX() -> i64"
    " func.func private @hivm.GET.BLOCK.NUM() -> i64"
    " func.func private @hivm.GET.SUBBLOCKID() -> i64"
    " func.func private @hivm.GET.SUBBLOCKDIM() -> i64";

/// What bishengir-compile adds to a mixed kernel's name.
constexpr const char *kCubePart = "_mix_aic";
constexpr const char *kVectorPart = "_mix_aiv";

bool endsWith(const std::string &text, const std::string &end) {
  return text.size() >= end.size() &&
         text.compare(text.size() - end.size(), end.size(), end) == 0;
}

class Converter {
public:
  /// @param side of a mixed module: whose functions are kept
  Converter(PlainModule &module, CoreType side) : module(module), side(side) {}

  /// Known once it has converted.
  bool isMixed() const { return mixed; }

  Status convert(const std::string &text) {
    std::istringstream stream(text);
    std::string one;
    bool hasModule = false;
    while (std::getline(stream, one)) {
      ++line;
      if (Status status = spaces(one))
        return status;
      size_t begin = one.find_first_not_of(" \t");
      std::string rest = begin == std::string::npos ? "" : one.substr(begin);
      if (isLeftOut(rest, one)) {
        one.clear();
      } else if (rest.compare(0, 6, "module") == 0 && !hasModule) {
        hasModule = true;
        if (Status status = moduleLine(rest, one))
          return status;
      } else if (rest.compare(0, 9, "func.func") == 0) {
        if (Status status = function(one))
          return status;
      } else if (contains(rest, "hivm.hir.")) {
        if (Status status = operation(rest, one))
          return status;
      } else if (!asked.empty() && contains(rest, "arith.constant ")) {
        // The function that tells the workspace returns one constant.
        workspaces[asked] = std::strtoull(
            rest.c_str() + rest.find("arith.constant ") + 15, nullptr, 10);
      } else if (contains(rest, "memref.collapse_shape")) {
        collapse(one);
      } else if (contains(rest, "call @")) {
        one.insert(callAt(one), marker() + rowStride(rest));
      }
      module.text += one;
      module.text += '\n';
    }
    if (!hasModule)
      return wrong(line, "the text has no module");
    if (module.entries.empty())
      return wrong(line, "the module has no kernel (no function with "
                         "hacc.entry)");
    for (KernelEntry &entry : module.entries)
      if (workspaces.count(entry.name))
        entry.workspaceBytes = workspaces[entry.name];
    return Status::ok();
  }

private:
  /// The functions of the other side of a mixed kernel, line by line.
  bool isLeftOut(const std::string &rest, const std::string &one) {
    if (!mixed)
      return false;
    if (!leftOutEnd.empty()) {
      if (one == leftOutEnd)
        leftOutEnd.clear();
      return true;
    }
    const char *other =
        side == CoreType::Cube ? "func_core_type<AIV>" : "func_core_type<AIC>";
    if (rest.compare(0, 9, "func.func") != 0 || !contains(rest, other))
      return false;
    if (rest.back() == '{')
      leftOutEnd = one.substr(0, one.size() - rest.size()) + "}";
    return true;
  }

  Status spaces(std::string &text) {
    static const std::map<std::string, int> kSpaces = {
        {"gm", 1}, {"cbuf", 2}, {"ca", 3}, {"cb", 4}, {"cc", 5}, {"ub", 6}};
    constexpr const char *kStart = "#hivm.address_space<";
    for (size_t at = text.find(kStart); at != std::string::npos;
         at = text.find(kStart, at)) {
      size_t name = at + std::strlen(kStart);
      size_t end = text.find('>', name);
      if (end == std::string::npos)
        return wrong(line, "an address space without an end");
      auto found = kSpaces.find(text.substr(name, end - name));
      if (found == kSpaces.end())
        return wrong(line, "address space '" + text.substr(name, end - name) +
                               "' is not known");
      text.replace(at, end + 1 - at, std::to_string(found->second));
    }
    return Status::ok();
  }

  Status moduleLine(const std::string &rest, std::string &out) {
    if (contains(rest, "module_core_type<AIV>"))
      module.core = CoreType::Vector;
    else if (contains(rest, "module_core_type<MIX>")) {
      mixed = true;
      module.core = side;
    }
    if (rest.back() != '{')
      return wrong(line, "a module whose body begins on another line");
    out = std::string("module {") + kDeclarations;
    return Status::ok();
  }

  /// Takes the attributes off a function's line, and notes kernels.
  Status function(std::string &text) {
    bool isEntry = contains(text, "hacc.entry");
    bool isDeclared = contains(text, "func.func private @");
    bool hasBody = text.back() == '{';
    constexpr const char *kAsks = "_infer_workspace_shape_function(";
    size_t asks = text.find(kAsks);
    asked = asks == std::string::npos
                ? ""
                : text.substr(text.find('@') + 1, asks - text.find('@') - 1);
    size_t attributes = text.find(" attributes {");
    if (isEntry) {
      if (Status status = entry(text.substr(0, attributes)))
        return status;
    }
    if (attributes != std::string::npos)
      text.erase(attributes);
    else if (hasBody)
      text.pop_back();
    // Those of arguments and results.
    for (size_t at = text.find('{'); at != std::string::npos;
         at = text.find('{')) {
      size_t end = text.find('}', at);
      if (end == std::string::npos)
        return wrong(line, "an attribute without an end");
      text.erase(at, end + 1 - at);
    }
    if (isEntry || isDeclared)
      text += " attributes {llvm.emit_c_interface}";
    if (hasBody)
      text += " {";
    return Status::ok();
  }

  Status entry(const std::string &text) {
    KernelEntry made;
    made.line = line;
    size_t name = text.find('@');
    size_t open = text.find('(', name);
    size_t close = text.rfind(')');
    if (name == std::string::npos || open == std::string::npos ||
        close == std::string::npos)
      return wrong(line, "a kernel's signature is not understood");
    made.symbol = made.name = text.substr(name + 1, open - name - 1);
    if (mixed) {
      std::string part = side == CoreType::Cube ? kCubePart : kVectorPart;
      if (!endsWith(made.name, part))
        return wrong(line, "a part of a mixed kernel that is not called ..." +
                               part + ": " + made.name);
      made.name.erase(made.name.size() - part.size());
    }
    int depth = 0;
    size_t start = open + 1;
    for (size_t at = start; at <= close; ++at) {
      char c = text[at];
      depth += c == '<' || c == '{' ? 1 : c == '>' || c == '}' ? -1 : 0;
      if (depth != 0 || (c != ',' && at != close))
        continue;
      std::string one = text.substr(start, at - start);
      start = at + 1;
      if (one.find_first_not_of(' ') == std::string::npos)
        continue;
      if (Status status = parameter(one, made))
        return status;
    }
    module.entries.push_back(std::move(made));
    return Status::ok();
  }

  Status parameter(const std::string &text, KernelEntry &made) {
    KernelParameter parameter;
    size_t colon = text.find(':');
    size_t type = text.find_first_not_of(' ', colon + 1);
    size_t end = text.find(" {", type);
    parameter.type = text.substr(type, end - type);
    if (contains(text, "ffts_base_address"))
      parameter.role = KernelParameter::Role::FftsAddress;
    else if (contains(text, "arg_type<workspace>"))
      parameter.role = KernelParameter::Role::Workspace;
    if (parameter.type.compare(0, 8, "memref<?") == 0) {
      if (parameter.type.find('?', 8) != std::string::npos)
        return wrong(line, "parameter '" + parameter.type +
                               "': only buffers of one dimension are taken");
      parameter.isMemory = true;
    } else if (parameter.type == "i64" || parameter.type == "index") {
      parameter.bytes = 8;
    } else if (parameter.type == "i32" || parameter.type == "f32") {
      parameter.bytes = 4;
    } else {
      return wrong(line,
                   "parameter type '" + parameter.type + "' is not known");
    }
    made.parameters.push_back(std::move(parameter));
    return Status::ok();
  }

  std::string fresh(const char *what) {
    return "%dv" + std::to_string(line) + what;
  }

  std::string constant(const std::string &name, uint64_t value) {
    return name + " = arith.constant " + std::to_string(value) + " : i64 ";
  }

  std::string marker() {
    std::string name = fresh("l");
    return constant(name, static_cast<uint64_t>(line)) +
           "func.call @hivm.LINE(" + name + ") : (i64) -> () ";
  }

  /// Where a line's call begins: after whatever makes its operands.
  static size_t callAt(const std::string &text) {
    size_t call = std::min(text.find("func.call @"), text.find("call @"));
    size_t before = text.find_last_not_of(' ', call == 0 ? 0 : call - 1);
    bool hasResult = before != std::string::npos && text[before] == '=';
    return hasResult ? 0 : call;
  }

  /// Some templates use the outer strides of what they get in global memory and
  /// take the innermost for 1: asks the model whether it is.
  std::string rowStride(const std::string &call) {
    static const std::regex kTo(
        R"(call @fixpipe_\w+\(%\w+, (%\w+),.* : \(memref<.*?>, (memref<.*?), 1>,)");
    static const std::regex kFrom(
        R"(call @nd2nz_\w+\((%\w+),.* : \((memref<.*?), 1>,)");
    std::smatch found;
    bool isFix = std::regex_search(call, found, kTo);
    if (!isFix && !std::regex_search(call, found, kFrom))
      return "";
    std::string type = found[2].str() + ", 1>";
    std::string shape = type.substr(7, type.find(',') - 7);
    auto rank = std::count(shape.begin(), shape.end(), 'x');
    std::string ranks = std::to_string(rank);
    std::string text = fresh("p") + ", " + fresh("o") + ", " + fresh("z") +
                       ":" + ranks + ", " + fresh("t") + ":" + ranks +
                       " = memref.extract_strided_metadata " + found[1].str() +
                       " : " + type + " -> memref<" +
                       shape.substr(shape.rfind('x') + 1) + ", 1>, index";
    for (auto axis = 0; axis < 2 * rank; ++axis)
      text += ", index";
    return text + " " + fresh("w") + " = arith.index_cast " + fresh("t") + "#" +
           std::to_string(rank - 1) +
           " : index to i64 func.call @hivm.ROW.STRIDE(" + fresh("w") +
           ") : (i64) -> () ";
  }

  /// Where dimensions are collapsed of which the last is dynamic, the older
  /// MLIR of bishengir knows its stride, but the newer one wants to be told
  /// that it is not known: by a type with ?, cast to the other.
  void collapse(std::string &text) {
    static const std::regex kCollapse(
        R"(^(.*)(%\w+) = (memref\.collapse_shape %\w+ \[(.*)\] : memref<([0-9?x]*)x\w+, strided<.* into )(memref<.*strided<\[)([^\]]*)(\].*)$)");
    std::smatch found;
    if (!std::regex_match(text, found, kCollapse))
      return;
    std::vector<std::string> sizes = split(found[5], 'x');
    std::vector<std::string> strides = split(found[7], ',');
    // Of each group "[0, 1]" the dimensions.
    std::string groups = found[4];
    size_t group = 0;
    bool isChanged = false;
    for (size_t open = groups.find('['); open != std::string::npos;
         open = groups.find('[', open + 1), ++group) {
      size_t close = groups.find(']', open);
      std::vector<std::string> dimensions =
          split(groups.substr(open + 1, close - open - 1), ',');
      while (dimensions.size() > 1 && sizeAt(sizes, dimensions.back()) == "1")
        dimensions.pop_back();
      if (dimensions.size() > 1 && group < strides.size() &&
          sizeAt(sizes, dimensions.back()) == "?" && strides[group] != "?") {
        strides[group] = "?";
        isChanged = true;
      }
    }
    if (!isChanged)
      return;
    std::string unknown = found[6];
    for (size_t index = 0; index < strides.size(); ++index)
      unknown += (index ? ", " : "") + strides[index];
    unknown += found[8];
    text = found[1].str() + fresh("y") + " = " + found[3].str() + unknown +
           " " + found[2].str() + " = memref.cast " + fresh("y") + " : " +
           unknown + " to " + found[6].str() + found[7].str() + found[8].str();
  }

  static std::vector<std::string> split(const std::string &text, char at) {
    std::vector<std::string> parts;
    std::istringstream stream(text);
    std::string part;
    while (std::getline(stream, part, at)) {
      part.erase(0, part.find_first_not_of(' '));
      parts.push_back(part);
    }
    return parts;
  }

  static std::string sizeAt(const std::vector<std::string> &sizes,
                            const std::string &dimension) {
    size_t index = std::strtoull(dimension.c_str(), nullptr, 10);
    return index < sizes.size() ? sizes[index] : "";
  }

  /// "%7 = " or "".
  static std::string resultOf(const std::string &text) {
    size_t at = text.find("hivm.hir.");
    size_t name = text.rfind('%', at);
    return at >= 3 && text.compare(at - 3, 3, " = ") == 0
               ? text.substr(name, at - name)
               : "";
  }

  /// What stands before that on the line: other operations.
  static std::string beforeOf(const std::string &text) {
    return text.substr(0, text.find("hivm.hir.") - resultOf(text).size());
  }

  Status pipe(const std::string &text, uint64_t &number) {
    static const std::map<std::string, uint64_t> kPipes = {
        {"<PIPE_S>", 0},    {"<PIPE_V>", 1},    {"<PIPE_M>", 2},
        {"<PIPE_MTE1>", 3}, {"<PIPE_MTE2>", 4}, {"<PIPE_MTE3>", 5},
        {"<PIPE_ALL>", 6},  {"<PIPE_FIX>", 10}};
    auto found = kPipes.find(text);
    if (found == kPipes.end())
      return wrong(line, "pipe '" + text + "' is not known");
    number = found->second;
    return Status::ok();
  }

  /// What stands between the first [ and its ], at the commas.
  std::vector<std::string> list(const std::string &text) {
    size_t open = text.find('[');
    size_t close = text.rfind(']');
    if (open == std::string::npos || close == std::string::npos)
      return {};
    return split(text.substr(open + 1, close - open - 1), ',');
  }

  Status flag(const std::string &rest, const char *name, std::string &out) {
    std::vector<std::string> items = list(rest);
    if (items.size() != 3)
      return wrong(line, "a flag without two pipes and an event: " + rest);
    uint64_t from = 0;
    uint64_t to = 0;
    if (Status status = pipe(items[0], from))
      return status;
    if (Status status = pipe(items[1], to))
      return status;
    out = constant(fresh("a"), from) + constant(fresh("b"), to);
    std::string event = items[2];
    constexpr const char *kEvent = "<EVENT_ID";
    if (event.compare(0, std::strlen(kEvent), kEvent) == 0) {
      out += constant(
          fresh("c"),
          std::strtoull(event.c_str() + std::strlen(kEvent), nullptr, 10));
      event = fresh("c");
    } else if (event[0] != '%') {
      return wrong(line, "event '" + event + "' is not known");
    }
    out += std::string("func.call @hivm.") + name + "(" + fresh("a") + ", " +
           fresh("b") + ", " + event + ") : (i64, i64, i64) -> ()";
    return Status::ok();
  }

  /// "flag = 4" or "flag = %44"; the number's name.
  Status crossFlag(const std::string &rest, const char *name,
                   std::string &out) {
    std::vector<std::string> items = list(rest);
    constexpr const char *kFlag = "] flag = ";
    size_t at = rest.find(kFlag);
    if (items.size() != 3 || at == std::string::npos ||
        (items[0] != "<CUBE>" && items[0] != "<VECTOR>") ||
        items[2] != "<PIPE_S>")
      return wrong(line, "a flag between cores of another form: " + rest);
    uint64_t from = 0;
    if (Status status = pipe(items[1], from))
      return status;
    CoreType kind = items[0] == "<CUBE>" ? CoreType::Cube : CoreType::Vector;
    std::string flag = rest.substr(at + std::strlen(kFlag));
    std::string after = flag.substr(std::min(flag.find(' '), flag.size()));
    flag.resize(flag.size() - after.size());
    out = constant(fresh("a"), static_cast<uint64_t>(kind)) +
          constant(fresh("b"), from);
    if (flag[0] != '%') {
      out += constant(fresh("c"), std::strtoull(flag.c_str(), nullptr, 10));
      flag = fresh("c");
    }
    out += std::string("func.call @hivm.") + name + "(" + fresh("a") + ", " +
           fresh("b") + ", " + flag;
    if (std::strcmp(name, "CROSS.WAIT") == 0) {
      if (!after.empty())
        return wrong(line, "a wait between cores of another form: " + rest);
      out += ") : (i64, i64, i64) -> ()";
      return Status::ok();
    }
    constexpr const char *kAddress = " ffts_base_addr = ";
    if (after.compare(0, std::strlen(kAddress), kAddress) != 0)
      return wrong(line, "a flag between cores without the address of flags: " +
                             rest);
    out += ", " + after.substr(std::strlen(kAddress)) +
           ") : (i64, i64, i64, i64) -> ()";
    return Status::ok();
  }

  Status pointer(const std::string &rest, std::string &out) {
    size_t open = rest.find('(', rest.find("hivm.hir."));
    size_t close = rest.find(')', open);
    size_t type = rest.rfind(" : memref<");
    std::string address = rest.substr(open + 1, close - open - 1);
    std::string memref = rest.substr(type + 3);
    size_t comma = memref.rfind(", ");
    if (open == std::string::npos || close == std::string::npos ||
        type == std::string::npos || comma == std::string::npos ||
        address.find(',') != std::string::npos || contains(memref, "?"))
      return wrong(line, "a pointer_cast of another form: " + rest);
    std::string space = memref.substr(comma + 2, memref.size() - comma - 3);
    out = beforeOf(rest) + fresh("s") +
          " = llvm.mlir.zero : !llvm.struct<(ptr<" + space + ">, ptr<" + space +
          ">, i64, array<1 x i64>, array<1 x i64>)> " + fresh("m") +
          " = builtin.unrealized_conversion_cast " + fresh("s") +
          " : !llvm.struct<(ptr<" + space + ">, ptr<" + space +
          ">, i64, array<1 x i64>, array<1 x i64>)> to memref<?xi8, " + space +
          "> " + fresh("i") + " = arith.index_cast " + address +
          " : i64 to index " + resultOf(rest) + "memref.view " + fresh("m") +
          "[" + fresh("i") + "][] : memref<?xi8, " + space + "> to " + memref;
    return Status::ok();
  }

  Status operation(const std::string &rest, std::string &out) {
    static const std::map<std::string, const char *> kNumbers = {
        {"get_block_idx", "GET.BLOCK.IDX"},
        {"get_block_num", "GET.BLOCK.NUM"},
        {"get_sub_block_idx", "GET.SUBBLOCKID"},
        {"get_sub_block_num", "GET.SUBBLOCKDIM"}};
    size_t start = rest.find("hivm.hir.") + 9;
    size_t end = start;
    while (end < rest.size() && (std::isalnum(rest[end]) || rest[end] == '_'))
      ++end;
    std::string name = rest.substr(start, end - start);
    std::string made;
    auto number = kNumbers.find(name);
    if (name == "set_flag" || name == "wait_flag") {
      if (Status status =
              flag(rest, name == "set_flag" ? "SET.FLAG.REG" : "WAIT.FLAG.REG",
                   made))
        return status;
    } else if (name == "sync_block_set" || name == "sync_block_wait") {
      if (Status status = crossFlag(
              rest, name == "sync_block_set" ? "CROSS.SET" : "CROSS.WAIT",
              made))
        return status;
    } else if (name == "set_ffts_base_addr") {
      size_t value = rest.find('%', end);
      if (value == std::string::npos)
        return wrong(line, "no address of flags: " + rest);
      made = "func.call @hivm.SET.FFTS.BASE(" + rest.substr(value) +
             ") : (i64) -> ()";
    } else if (name == "pipe_barrier") {
      std::vector<std::string> items = list(rest);
      uint64_t which = 0;
      if (items.size() != 1)
        return wrong(line, "a barrier without a pipe: " + rest);
      if (Status status = pipe(items[0], which))
        return status;
      made = constant(fresh("a"), which) + "func.call @hivm.BARRIER(" +
             fresh("a") + ") : (i64) -> ()";
    } else if (name == "set_mask_norm") {
      made = "func.call @hivm.MASK.NORM() : () -> ()";
    } else if (name == "pointer_cast") {
      return pointer(rest, out);
    } else if (number != kNumbers.end()) {
      made = resultOf(rest) + "func.call @hivm." + number->second +
             "() : () -> i64";
    } else {
      return wrong(line,
                   "operation hivm.hir." + name + " is not known to the model");
    }
    out = beforeOf(rest) + marker() + made;
    return Status::ok();
  }

  PlainModule &module;
  CoreType side;
  bool mixed = false;
  std::string leftOutEnd; ///< the last line of what is left out; else empty
  std::string asked;      ///< whose workspace this function tells; else empty
  std::map<std::string, uint64_t> workspaces;
  int line = 0;
};

} // namespace

Status makePlain(const std::string &text, std::vector<PlainModule> &modules) {
  modules.assign(1, PlainModule());
  Converter first(modules[0], CoreType::Cube);
  if (Status status = first.convert(text))
    return status;
  if (!first.isMixed())
    return Status::ok();
  PlainModule other;
  if (Status status = Converter(other, CoreType::Vector).convert(text))
    return status;
  modules.push_back(std::move(other));
  bool isPaired = modules[0].entries.size() == modules[1].entries.size();
  for (size_t at = 0; isPaired && at < modules[0].entries.size(); ++at)
    isPaired = modules[0].entries[at].name == modules[1].entries[at].name &&
               modules[0].entries[at].parameters.size() ==
                   modules[1].entries[at].parameters.size();
  if (!isPaired)
    return Status(TCONV_INVALID_VALUE,
                  "a mixed module whose functions for cube and for vector "
                  "cores are no pairs");
  return Status::ok();
}

} // namespace tconv::davinci
