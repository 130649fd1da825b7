// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ptx/lexer.h"

#include <cstdlib>
#include <cstring>

namespace tconv::ptx {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '$';
}
bool isWord(char c) { return isLetter(c) || isDigit(c); }
bool isHex(char c) {
  return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

class Lexer {
public:
  Lexer(std::string_view text, std::vector<Token> &tokens)
      : text(text), tokens(tokens) {}

  Status run() {
    while (true) {
      if (Status status = skipBlank())
        return status;
      Token token;
      token.line = line;
      if (at >= text.size()) {
        tokens.push_back(token);
        return Status::ok();
      }
      if (Status status = next(token))
        return status;
      tokens.push_back(std::move(token));
    }
  }

private:
  char peek(size_t ahead = 0) const {
    return at + ahead < text.size() ? text[at + ahead] : '\0';
  }

  Status fail(const std::string &what) const {
    return Status(TCONV_INVALID_VALUE,
                  "line " + std::to_string(line) + ": " + what);
  }

  Status skipBlank() {
    while (at < text.size()) {
      char c = text[at];
      if (c == '\n')
        ++line;
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        ++at;
      } else if (c == '/' && peek(1) == '/') {
        while (at < text.size() && text[at] != '\n')
          ++at;
      } else if (c == '/' && peek(1) == '*') {
        size_t end = text.find("*/", at + 2);
        if (end == std::string_view::npos)
          return fail("a comment has no end");
        for (; at < end + 2; ++at)
          line += text[at] == '\n';
      } else {
        break;
      }
    }
    return Status::ok();
  }

  Status next(Token &token) {
    char c = peek();
    if (isLetter(c) || (c == '%' && isLetter(peek(1)))) {
      token.kind = Token::Name;
      size_t begin = at++;
      while (isWord(peek()))
        ++at;
      // %tid.x is one name.
      if (c == '%' && peek() == '.' && peek(1) >= 'w' && peek(1) <= 'z' &&
          !isWord(peek(2)))
        at += 2;
      token.text = text.substr(begin, at - begin);
      return Status::ok();
    }
    if (c == '.' && isWord(peek(1))) {
      token.kind = Token::Dotted;
      size_t begin = ++at;
      while (isWord(peek()) ||
             (peek() == ':' && peek(1) == ':' && isWord(peek(2))) ||
             (peek() == ':' && at > begin && text[at - 1] == ':'))
        ++at;
      token.text = text.substr(begin, at - begin);
      return Status::ok();
    }
    if (isDigit(c))
      return number(token);
    if (c == '"') {
      size_t end = text.find_first_of("\"\n", at + 1);
      if (end == std::string_view::npos || text[end] != '"')
        return fail("a string has no end");
      token.kind = Token::String;
      token.text = text.substr(at + 1, end - at - 1);
      at = end + 1;
      return Status::ok();
    }
    if (std::strchr(",;[]{}()+-|!@:<>=*", c) && c != '\0') {
      token.kind = Token::Character;
      token.text = c;
      ++at;
      return Status::ok();
    }
    int code = static_cast<unsigned char>(c);
    return fail("unexpected character " + (code > 32 && code < 127
                                               ? "'" + std::string(1, c) + "'"
                                               : std::to_string(code)));
  }

  /// Hexadecimal digits of a float, exactly `count`.
  Status floatBits(Token &token, size_t count) {
    size_t begin = at + 2;
    at = begin;
    while (isHex(peek()))
      ++at;
    if (at - begin != count || isWord(peek()))
      return fail("'" + std::string(text.substr(begin - 2, at - begin + 2)) +
                  "' is no floating-point number of " + std::to_string(count) +
                  " digits");
    token.bits = std::strtoull(std::string(text.substr(begin, count)).c_str(),
                               nullptr, 16);
    token.kind = count == 8 ? Token::Float32 : Token::Float64;
    return Status::ok();
  }

  Status number(Token &token) {
    char mark = peek(1);
    if (peek() == '0' && (mark == 'f' || mark == 'F'))
      return floatBits(token, 8);
    if (peek() == '0' && (mark == 'd' || mark == 'D'))
      return floatBits(token, 16);
    size_t begin = at;
    unsigned base = 10;
    if (peek() == '0' && (mark == 'x' || mark == 'X'))
      base = 16;
    else if (peek() == '0' && (mark == 'b' || mark == 'B'))
      base = 2;
    else if (peek() == '0' && isDigit(mark))
      base = 8;
    if (base == 16 || base == 2)
      at += 2;
    size_t digits = at;
    uint64_t value = 0;
    bool overflow = false;
    while (isHex(peek())) {
      char c = peek();
      // Without a prefix, letters end the number (and make it wrong).
      if (base <= 10 && !isDigit(c))
        break;
      unsigned digit = isDigit(c) ? c - '0' : (c | 32) - 'a' + 10;
      overflow |= digit >= base ||
                  __builtin_mul_overflow(value, uint64_t(base), &value) ||
                  __builtin_add_overflow(value, uint64_t(digit), &value);
      ++at;
    }
    bool decimal =
        base != 16 && base != 2 &&
        ((peek() == '.' && isDigit(peek(1))) || peek() == 'e' || peek() == 'E');
    if (decimal) {
      std::string copy(text.substr(begin, 64));
      char *end = nullptr;
      double real = std::strtod(copy.c_str(), &end);
      at = begin + static_cast<size_t>(end - copy.c_str());
      token.kind = Token::Float64;
      std::memcpy(&token.bits, &real, 8);
      overflow = false;
    } else {
      if (peek() == 'U')
        ++at;
      token.kind = Token::Integer;
      token.bits = value;
      overflow |= at == digits;
    }
    token.text = text.substr(begin, at - begin);
    if (overflow || isWord(peek()))
      return fail("'" + std::string(text.substr(begin, at - begin + 1)) +
                  "' is no number of 64 bits");
    return Status::ok();
  }

  std::string_view text;
  std::vector<Token> &tokens;
  size_t at = 0;
  int line = 1;
};

} // namespace

Status tokenize(std::string_view text, std::vector<Token> &tokens) {
  return Lexer(text, tokens).run();
}

} // namespace tconv::ptx
