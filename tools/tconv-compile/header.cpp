// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-compile/header.h"

#include <algorithm>
#include <cctype>
#include <iterator>

#include <nlohmann/json.hpp>

#include "tconv/version.h"

using namespace tconv;

namespace {

/// Keywords of C up to C17 and of C++ up to C++20; those that begin with an
/// underscore are refused by their beginning.
const char *const keywords[] = {"alignas",
                                "alignof",
                                "and",
                                "and_eq",
                                "asm",
                                "auto",
                                "bitand",
                                "bitor",
                                "bool",
                                "break",
                                "case",
                                "catch",
                                "char",
                                "char16_t",
                                "char32_t",
                                "char8_t",
                                "class",
                                "co_await",
                                "co_return",
                                "co_yield",
                                "compl",
                                "concept",
                                "const",
                                "const_cast",
                                "consteval",
                                "constexpr",
                                "constinit",
                                "continue",
                                "decltype",
                                "default",
                                "delete",
                                "do",
                                "double",
                                "dynamic_cast",
                                "else",
                                "enum",
                                "explicit",
                                "export",
                                "extern",
                                "false",
                                "float",
                                "for",
                                "friend",
                                "goto",
                                "if",
                                "inline",
                                "int",
                                "long",
                                "mutable",
                                "namespace",
                                "new",
                                "noexcept",
                                "not",
                                "not_eq",
                                "nullptr",
                                "operator",
                                "or",
                                "or_eq",
                                "private",
                                "protected",
                                "public",
                                "register",
                                "reinterpret_cast",
                                "requires",
                                "restrict",
                                "return",
                                "short",
                                "signed",
                                "sizeof",
                                "static",
                                "static_assert",
                                "static_cast",
                                "struct",
                                "switch",
                                "template",
                                "this",
                                "thread_local",
                                "throw",
                                "true",
                                "try",
                                "typedef",
                                "typeid",
                                "typename",
                                "typeof",
                                "union",
                                "unsigned",
                                "using",
                                "virtual",
                                "void",
                                "volatile",
                                "wchar_t",
                                "while",
                                "xor",
                                "xor_eq"};

/// What kernel_abi.h and the headers that it includes declare, main, and the
/// functions inside of an object.
const char *const taken[] = {"NULL",
                             "layer",
                             "layer_pack",
                             "main",
                             "max_align_t",
                             "nullptr_t",
                             "offsetof",
                             "ptrdiff_t",
                             "size_t",
                             "tconv_dtype",
                             "tconv_activation",
                             "tconv_pack_args",
                             "tconv_kernel",
                             "tconv_kernel_args",
                             "tconv_kernel_positions",
                             "tconv_kernel_task_count"};

bool isIdentifier(const std::string &name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])))
    return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return c < 128 && (std::isalnum(c) || c == '_');
  });
}

bool startsWith(const std::string &name, const char *start) {
  return name.rfind(start, 0) == 0;
}

bool endsWith(const std::string &name, const std::string &end) {
  return name.size() > end.size() &&
         name.compare(name.size() - end.size(), end.size(), end) == 0;
}

/// Whether a C program can't have something of this name.
bool isTaken(const std::string &name) {
  auto isName = [&](const char *other) { return name == other; };
  if (std::any_of(std::begin(taken), std::end(taken), isName))
    return true;
  if (name[0] == '_' &&
      (name[1] == '_' || std::isupper(static_cast<unsigned char>(name[1]))))
    return true;
  // The types and macros of stdint.h: int32_t, UINT8_MAX, PTRDIFF_MIN.
  for (const char *start : {"int", "uint"})
    if (startsWith(name, start) && endsWith(name, "_t"))
      return true;
  for (const char *start :
       {"INT", "UINT", "PTRDIFF_", "SIZE_", "SIG_", "WCHAR_", "WINT_"})
    for (const char *end : {"_C", "_MAX", "_MIN", "_WIDTH"})
      if (startsWith(name, start) && endsWith(name, end))
        return true;
  return startsWith(name, "TCONV_");
}

void replaceAll(std::string &text, const char *from, const char *to) {
  for (size_t at; (at = text.find(from)) != std::string::npos;)
    text.replace(at, std::string(from).size(), to);
}

} // namespace

Status tconv::tools::checkSymbol(const std::string &symbol) {
  auto isName = [&](const char *other) { return symbol == other; };
  std::string why;
  if (!isIdentifier(symbol))
    why = "is no C identifier";
  else if (std::any_of(std::begin(keywords), std::end(keywords), isName))
    why = "is no C identifier but a keyword of C or C++";
  else if (isTaken(symbol))
    why = "is taken: by the language, by tconv/kernel_abi.h or by a kernel";
  else
    return Status::ok();
  return Status(TCONV_INVALID_VALUE, "--symbol: '" + symbol + "' " + why);
}

std::string tconv::tools::symbolOf(const std::string &name) {
  std::string symbol;
  for (unsigned char c : name)
    symbol += c < 128 && std::isalnum(c) ? static_cast<char>(c) : '_';
  return checkSymbol(symbol) ? "layer_" + symbol : symbol;
}

std::string tconv::tools::headerGuard(const std::string &name) {
  std::string guard = name + "_H";
  for (char &c : guard)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return guard;
}

std::string tconv::tools::madeBy() {
  return "Made by tconv-compile " + std::to_string(TCONV_VERSION_MAJOR) + "." +
         std::to_string(TCONV_VERSION_MINOR) + "." +
         std::to_string(TCONV_VERSION_PATCH);
}

std::string tconv::tools::commentText(std::string text) {
  replaceAll(text, "*/", "* /");
  replaceAll(text, "/*", "/ *");
  return text;
}

std::string tconv::tools::headerText(const std::string &symbol,
                                     const std::string &description) {
  std::string guard = headerGuard("TCONV_KERNEL_" + symbol);
  std::string comment = commentText(nlohmann::json::parse(description).dump(2));
  return "/* " + madeBy() + ":\n" + comment + "\n*/\n#ifndef " + guard +
         "\n#define " + guard +
         "\n\n#include \"tconv/kernel_abi.h\"\n\n#ifdef __cplusplus\n"
         "extern \"C\" {\n#endif\n\nextern const tconv_kernel " +
         symbol + ";\n\n#ifdef __cplusplus\n}\n#endif\n\n#endif /* " + guard +
         " */\n";
}
