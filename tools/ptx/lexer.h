// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_PTX_LEXER_H
#define TCONV_TOOLS_PTX_LEXER_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "layer/layer.h"

namespace tconv::ptx {

struct Token {
  enum Kind : uint8_t {
    End,
    Name,      ///< gemm, %r1, $L__BB0_1, _ ; also %tid.x
    Dotted,    ///< .visible, .b32, .L2::128B: `text` without the dot
    Integer,   ///< `bits`
    Float32,   ///< 0f3F800000: `bits`
    Float64,   ///< 0d... and decimals: `bits`
    String,    ///< without its quotes
    Character, ///< one of , ; [ ] { } ( ) + - | ! @ : < > = *
  };
  Kind kind = End;
  int line = 0;
  std::string text;
  uint64_t bits = 0;
};

/// Splits a module into tokens; the last is an End. Comments go.
Status tokenize(std::string_view text, std::vector<Token> &tokens);

} // namespace tconv::ptx

#endif // TCONV_TOOLS_PTX_LEXER_H
