// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A recursive descent over the tokens. Whatever a hostile text claims (sizes,
// counts, depths) is bounded before anything is allocated for it.
#include "ptx/parser.h"

#include <cstring>

#include "ptx/lexer.h"

namespace tconv::ptx {
namespace {

constexpr uint64_t kMaximumRegisters = 1u << 20;
constexpr uint64_t kMaximumVariableBytes = 1u << 28;
constexpr int kMaximumDepth = 16;

/// Registers that one declaration made: one name, or PREFIX<COUNT>.
struct RegisterRange {
  uint32_t first = 0;
  uint64_t count = 0; ///< 0: one register of just this name
};
using Scope = std::map<std::string, RegisterRange>;

#define TRY(call)                                                              \
  do {                                                                         \
    if (Status status_ = (call))                                               \
      return status_;                                                          \
  } while (false)

class Parser {
public:
  Parser(std::vector<Token> tokens, Syntax &syntax)
      : tokens(std::move(tokens)), syntax(syntax) {}

  Status run() {
    while (peek().kind != Token::End)
      TRY(moduleItem());
    return Status::ok();
  }

private:
  const Token &peek(size_t ahead = 0) const {
    return tokens[std::min(at + ahead, tokens.size() - 1)];
  }
  const Token &take() {
    const Token &token = tokens[at];
    if (at + 1 < tokens.size())
      ++at;
    return token;
  }
  bool isCharacter(char c, size_t ahead = 0) const {
    const Token &token = peek(ahead);
    return token.kind == Token::Character && token.text[0] == c;
  }
  bool takeCharacter(char c) {
    if (!isCharacter(c))
      return false;
    take();
    return true;
  }
  bool takeDotted(const char *name) {
    if (peek().kind != Token::Dotted || peek().text != name)
      return false;
    take();
    return true;
  }
  Status fail(const std::string &what) const {
    return errorAt(syntax, peek().line, what);
  }
  Status unexpected(const std::string &wanted) const {
    const Token &token = peek();
    if (token.kind == Token::End)
      return fail("the text ends where " + wanted + " is wanted");
    return fail("'" + std::string(token.kind == Token::Dotted ? "." : "") +
                token.text + "' where " + wanted + " is wanted");
  }
  Status expect(char c) {
    if (takeCharacter(c))
      return Status::ok();
    return unexpected(std::string("'") + c + "'");
  }
  Status name(std::string &text) {
    if (peek().kind != Token::Name)
      return unexpected("a name");
    text = take().text;
    return Status::ok();
  }
  Status integer(uint64_t &value) {
    bool negative = takeCharacter('-');
    if (peek().kind != Token::Integer)
      return unexpected("an integer");
    value = take().bits;
    if (negative)
      value = 0 - value;
    return Status::ok();
  }

  /// .file and .loc end with their line.
  void skipLine() {
    int line = peek().line;
    while (peek().kind != Token::End && peek().line == line)
      take();
  }

  Status moduleItem() {
    if (peek().kind != Token::Dotted)
      return unexpected("a directive");
    const std::string directive = peek().text;
    if (directive == "version") {
      take();
      if (peek().kind != Token::Float64)
        return unexpected("a version such as 8.0");
      syntax.version = take().text;
      return Status::ok();
    }
    if (directive == "target") {
      take();
      TRY(name(syntax.target));
      std::string platform;
      while (takeCharacter(','))
        TRY(name(platform));
      return Status::ok();
    }
    if (directive == "address_size") {
      take();
      uint64_t size = 0;
      TRY(integer(size));
      return size == 64 ? Status::ok()
                        : fail("addresses of " + std::to_string(size) +
                               " bits; only 64 are supported");
    }
    if (directive == "file" || directive == "loc") {
      skipLine();
      return Status::ok();
    }
    if (directive == "section") {
      while (peek().kind != Token::End && !isCharacter('{'))
        take();
      while (peek().kind != Token::End && !isCharacter('}'))
        take();
      return expect('}');
    }
    bool isExternal = false;
    while (true) {
      if (takeDotted("extern"))
        isExternal = true;
      else if (!takeDotted("visible") && !takeDotted("weak") &&
               !takeDotted("common"))
        break;
    }
    if (takeDotted("entry"))
      return entry();
    if (peek().kind == Token::Dotted && peek().text == "func") {
      if (!isExternal)
        return fail("device functions (.func) are not supported");
      while (peek().kind != Token::End && !isCharacter(';'))
        take();
      return expect(';');
    }
    return variables(isExternal, syntax.variables);
  }

  Status spaceOf(const std::string &text, Space &space) const {
    for (Space one :
         {Space::Global, Space::Shared, Space::Local, Space::Const}) {
      if (text == spaceName(one)) {
        space = one;
        return Status::ok();
      }
    }
    return unexpected("a declaration");
  }

  /// Bytes of an element type, also of those that registers can't have.
  Status elementType(Type &type) {
    if (peek().kind != Token::Dotted)
      return unexpected("a type");
    type = typeOfName(peek().text);
    if (typeBytes(type) == 0)
      return unexpected("a type");
    take();
    return Status::ok();
  }

  /// [.align N] .type NAME [N] of a variable or parameter.
  Status declarator(Variable &variable, Type &type, bool &unsized) {
    variable.line = peek().line;
    variable.alignment = 0;
    auto align = [&]() -> Status {
      while (takeDotted("align")) {
        TRY(integer(variable.alignment));
        uint64_t value = variable.alignment;
        if (value == 0 || value > 4096 || (value & (value - 1)) != 0)
          return fail("alignment " + std::to_string(value) +
                      " is no power of two up to 4096");
      }
      return Status::ok();
    };
    TRY(align());
    TRY(elementType(type));
    // What follows .ptr is about the memory that a pointer points at.
    if (takeDotted("ptr")) {
      uint64_t pointee = variable.alignment;
      while (peek().kind == Token::Dotted && peek().text != "align")
        take();
      TRY(align());
      variable.alignment = pointee;
    }
    TRY(name(variable.name));
    variable.bytes = static_cast<uint64_t>(typeBytes(type));
    if (variable.alignment == 0)
      variable.alignment = variable.bytes;
    unsized = false;
    while (takeCharacter('[')) {
      if (takeCharacter(']')) {
        unsized = true;
        continue;
      }
      uint64_t count = 0;
      TRY(integer(count));
      if (__builtin_mul_overflow(variable.bytes, count, &variable.bytes) ||
          variable.bytes > kMaximumVariableBytes)
        return fail("'" + variable.name + "' is larger than " +
                    std::to_string(kMaximumVariableBytes) + " bytes");
      TRY(expect(']'));
    }
    return Status::ok();
  }

  Status initializer(Variable &variable, Type type) {
    size_t size = static_cast<size_t>(typeBytes(type));
    auto value = [&]() -> Status {
      bool negative = takeCharacter('-');
      const Token &token = peek();
      if (token.kind != Token::Integer && token.kind != Token::Float32 &&
          token.kind != Token::Float64)
        return unexpected("a number");
      uint64_t bits = negative ? 0 - token.bits : token.bits;
      if (variable.initial.size() + size > variable.bytes)
        return fail("more initial values than '" + variable.name + "' has");
      take();
      for (size_t byte = 0; byte < size; ++byte)
        variable.initial.push_back(static_cast<uint8_t>(bits >> (8 * byte)));
      return Status::ok();
    };
    if (!takeCharacter('{'))
      return value();
    if (!isCharacter('}')) {
      do {
        TRY(value());
      } while (takeCharacter(','));
    }
    return expect('}');
  }

  Status variables(bool isExternal, std::vector<Variable> &into) {
    Space space = Space::Global;
    TRY(spaceOf(peek().text, space));
    take();
    do {
      Variable variable;
      Type type = Type::None;
      bool unsized = false;
      TRY(declarator(variable, type, unsized));
      variable.space = space;
      if (takeCharacter('=')) {
        TRY(initializer(variable, type));
        if (unsized)
          variable.bytes = variable.initial.size();
        variable.initial.resize(variable.bytes);
        unsized = false;
      }
      if (isExternal && space == Space::Shared && unsized) {
        variable.dynamic = true;
        variable.bytes = 0;
      } else if (isExternal || unsized) {
        return fail("'" + variable.name + "' has no definition");
      }
      for (const Variable &other : into) {
        if (other.name == variable.name)
          return fail("'" + variable.name + "' is declared twice");
      }
      into.push_back(std::move(variable));
    } while (takeCharacter(','));
    return expect(';');
  }

  Status threads(std::array<uint32_t, 3> &sizes) {
    sizes = {1, 1, 1};
    for (size_t axis = 0; axis < 3; ++axis) {
      uint64_t value = 0;
      TRY(integer(value));
      if (value < 1 || value > 1024)
        return fail(std::to_string(value) + " threads on an axis of a block");
      sizes[axis] = static_cast<uint32_t>(value);
      if (!takeCharacter(','))
        break;
    }
    return Status::ok();
  }

  Status entry() {
    syntax.functions.emplace_back();
    function = &syntax.functions.back();
    function->line = peek().line;
    TRY(name(function->name));
    for (const Function &other : syntax.functions) {
      if (&other != function && other.name == function->name)
        return fail("entry '" + function->name + "' is defined twice");
    }
    if (takeCharacter('(') && !takeCharacter(')')) {
      do {
        if (!takeDotted("param"))
          return unexpected("'.param'");
        Variable parameter;
        Type type = Type::None;
        bool unsized = false;
        TRY(declarator(parameter, type, unsized));
        if (unsized)
          return fail("parameter '" + parameter.name + "' has no size");
        parameter.space = Space::Param;
        function->parameters.push_back(std::move(parameter));
      } while (takeCharacter(','));
      TRY(expect(')'));
    }
    while (peek().kind == Token::Dotted) {
      uint64_t ignored = 0;
      if (takeDotted("maxntid"))
        TRY(threads(function->maximumThreads));
      else if (takeDotted("reqntid"))
        TRY(threads(function->requiredThreads));
      else if (takeDotted("minnctapersm") || takeDotted("maxnreg"))
        TRY(integer(ignored));
      else if (takeDotted("pragma"))
        TRY(pragma());
      else
        return unexpected("a directive of kernels, or '{'");
    }
    return block(0);
  }

  Status pragma() {
    if (peek().kind != Token::String)
      return unexpected("a string");
    take();
    return expect(';');
  }

  Status block(int depth) {
    if (depth > kMaximumDepth)
      return fail("blocks are nested too deeply");
    TRY(expect('{'));
    scopes.emplace_back();
    while (!isCharacter('}')) {
      if (peek().kind == Token::End)
        return unexpected("'}'");
      TRY(statement(depth));
    }
    take();
    scopes.pop_back();
    return Status::ok();
  }

  Status statement(int depth) {
    if (isCharacter('{'))
      return block(depth + 1);
    if (takeCharacter(';'))
      return Status::ok();
    if (peek().kind == Token::Dotted) {
      const std::string &directive = peek().text;
      if (directive == "reg") {
        take();
        return registers();
      }
      if (directive == "loc" || directive == "file") {
        skipLine();
        return Status::ok();
      }
      if (directive == "pragma") {
        take();
        return pragma();
      }
      bool isExternal = takeDotted("extern");
      return variables(isExternal, function->variables);
    }
    if (peek().kind == Token::Name && isCharacter(':', 1)) {
      std::string label = take().text;
      take();
      if (takeDotted("branchtargets")) {
        std::vector<std::string> &targets = function->branchTargets[label];
        do {
          targets.emplace_back();
          TRY(name(targets.back()));
        } while (takeCharacter(','));
        return expect(';');
      }
      uint32_t target = static_cast<uint32_t>(function->instructions.size());
      if (!function->labels.emplace(label, target).second)
        return fail("label '" + label + "' is defined twice");
      return Status::ok();
    }
    return instruction();
  }

  Status registers() {
    if (peek().kind != Token::Dotted)
      return unexpected("a type");
    Type type = typeOfName(peek().text);
    if (type == Type::None || type == Type::TF32)
      return unexpected("a type of registers");
    take();
    do {
      std::string prefix;
      TRY(name(prefix));
      RegisterRange range;
      range.first = static_cast<uint32_t>(function->registers.size());
      uint64_t count = 1;
      if (takeCharacter('<')) {
        TRY(integer(range.count));
        TRY(expect('>'));
        count = range.count;
      }
      if (count > kMaximumRegisters - function->registers.size())
        return fail("more than " + std::to_string(kMaximumRegisters) +
                    " registers");
      for (uint64_t index = 0; index < count; ++index)
        function->registers.push_back(
            {range.count ? prefix + std::to_string(index) : prefix, type});
      if (!scopes.back().emplace(prefix, range).second)
        return fail("register '" + prefix + "' is declared twice");
    } while (takeCharacter(','));
    return expect(';');
  }

  bool findRegister(const std::string &text, uint32_t &index) const {
    size_t digits = text.size();
    while (digits > 0 && text[digits - 1] >= '0' && text[digits - 1] <= '9')
      --digits;
    bool numbered = digits < text.size() && text.size() - digits <= 7 &&
                    (text[digits] != '0' || digits + 1 == text.size());
    uint64_t number = 0;
    for (size_t i = digits; numbered && i < text.size(); ++i)
      number = number * 10 + static_cast<uint64_t>(text[i] - '0');
    for (size_t depth = scopes.size(); depth-- > 0;) {
      const Scope &scope = scopes[depth];
      auto whole = scope.find(text);
      if (whole != scope.end() && whole->second.count == 0) {
        index = whole->second.first;
        return true;
      }
      if (!numbered)
        continue;
      auto range = scope.find(text.substr(0, digits));
      if (range != scope.end() && number < range->second.count) {
        index = range->second.first + static_cast<uint32_t>(number);
        return true;
      }
    }
    return false;
  }

  Status instruction() {
    Instruction made;
    made.line = peek().line;
    if (takeCharacter('@')) {
      made.guarded = true;
      made.guardNegated = takeCharacter('!');
      std::string guard;
      TRY(name(guard));
      if (!findRegister(guard, made.guard))
        return fail("unknown register '" + guard + "'");
      if (function->registers[made.guard].type != Type::Pred)
        return fail("'" + guard + "' is no predicate");
    }
    TRY(name(made.opcode));
    // Its operands are like no other's.
    if (made.opcode == "call")
      return fail("'call': device functions are not supported");
    while (peek().kind == Token::Dotted)
      made.modifiers.push_back(take().text);
    if (!isCharacter(';')) {
      do {
        Operand operand;
        TRY(parseOperand(operand, 0));
        made.operands.push_back(std::move(operand));
        if (made.operands.size() > 64)
          return fail("too many operands");
      } while (takeCharacter(','));
    }
    TRY(expect(';'));
    function->instructions.push_back(std::move(made));
    return Status::ok();
  }

  /// A register, symbol, number, address or vector; depth: of vectors.
  Status parseOperand(Operand &operand, int depth) {
    TRY(simpleOperand(operand, depth));
    if (isCharacter('|')) {
      take();
      Operand pair;
      pair.kind = Operand::Pair;
      pair.parts.push_back(std::move(operand));
      pair.parts.emplace_back();
      TRY(simpleOperand(pair.parts.back(), depth));
      operand = std::move(pair);
    }
    return Status::ok();
  }

  Status simpleOperand(Operand &operand, int depth) {
    if (takeCharacter('{')) {
      if (depth > 0)
        return fail("a vector in a vector");
      operand.kind = Operand::Vector;
      do {
        operand.parts.emplace_back();
        TRY(parseOperand(operand.parts.back(), depth + 1));
        if (operand.parts.size() > 16)
          return fail("a vector of more than 16 elements");
      } while (takeCharacter(','));
      return expect('}');
    }
    if (takeCharacter('[')) {
      if (depth > 0)
        return fail("an address in a vector");
      operand.kind = Operand::Address;
      if (peek().kind == Token::Name) {
        operand.parts.emplace_back();
        TRY(nameOperand(operand.parts.back()));
        if (takeCharacter('+'))
          TRY(integer(operand.bits));
        else if (isCharacter('-'))
          TRY(integer(operand.bits));
      } else {
        TRY(integer(operand.bits));
      }
      return expect(']');
    }
    operand.negated = takeCharacter('!');
    if (peek().kind == Token::Name) {
      TRY(nameOperand(operand));
      if (operand.kind == Operand::Symbol && takeCharacter('+'))
        TRY(integer(operand.bits));
      return Status::ok();
    }
    bool negative = takeCharacter('-');
    const Token &token = peek();
    uint64_t sign = 0;
    if (token.kind == Token::Integer) {
      operand.kind = Operand::Immediate;
    } else if (token.kind == Token::Float32) {
      operand.kind = Operand::Float32;
      sign = 1ull << 31;
    } else if (token.kind == Token::Float64) {
      operand.kind = Operand::Float64;
      sign = 1ull << 63;
    } else {
      return unexpected("an operand");
    }
    operand.bits = token.bits;
    if (negative)
      operand.bits = sign ? operand.bits ^ sign : 0 - operand.bits;
    take();
    return Status::ok();
  }

  Status nameOperand(Operand &operand) {
    std::string text;
    TRY(name(text));
    if (text == "_") {
      operand.kind = Operand::Sink;
    } else if (findRegister(text, operand.index)) {
      operand.kind = Operand::Register;
      operand.name = text;
    } else if (text[0] == '%') {
      operand.kind = Operand::Special;
      operand.name = text;
    } else {
      operand.kind = Operand::Symbol;
      operand.name = text;
    }
    return Status::ok();
  }

  std::vector<Token> tokens;
  Syntax &syntax;
  size_t at = 0;
  Function *function = nullptr;
  std::vector<Scope> scopes;
};

} // namespace

Status errorAt(const Syntax &syntax, int line, const std::string &what) {
  std::string message = "line " + std::to_string(line) + ": " + what;
  if (line >= 1 && static_cast<size_t>(line) <= syntax.lines.size()) {
    std::string text = syntax.lines[static_cast<size_t>(line) - 1];
    size_t begin = text.find_first_not_of(" \t");
    if (begin != std::string::npos) {
      size_t end = text.find_last_not_of(" \t\r");
      message += ": `" +
                 text.substr(begin, std::min(end + 1 - begin, size_t(160))) +
                 "`";
    }
  }
  return Status(TCONV_INVALID_VALUE, message);
}

Status parseSyntax(std::string_view text, Syntax &syntax) {
  syntax = Syntax();
  // The driver's texts end in a zero byte.
  if (!text.empty() && text.back() == '\0')
    text.remove_suffix(1);
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    syntax.lines.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  std::vector<Token> tokens;
  if (Status status = tokenize(text, tokens))
    return status;
  if (Status status = Parser(std::move(tokens), syntax).run())
    return status;
  if (syntax.functions.empty())
    return Status(TCONV_INVALID_VALUE, "the module has no entry");
  if (syntax.version.empty() || syntax.target.empty())
    return Status(TCONV_INVALID_VALUE,
                  "the module has no .version or no .target");
  return Status::ok();
}

} // namespace tconv::ptx
