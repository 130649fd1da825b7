// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Stands for hivmc, the closed last step of Huawei's compiler, in tests: called
// as bishengir-compile calls it, it wraps the text that it is given, for the
// model of the core. It compiles nothing.
//
// The environment variable FAKE_HIVMC makes it
//
//   fail         say so and end with 1
//   nothing      write nothing, and end with 0
//   garbage      write an object that is none of its own
//   text         write one whose text no loader understands
//   rename       give the kernels other names
//   drop-wait    leave out the last wait for a flag of a cube's kernel
//   drop-copy    leave out the last copy to global memory of a vector core's
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "support/hivm_object.h"

using namespace tconv::test;

namespace {

/// Leaves out the last line with these words.
void dropLast(std::string &text, const char *words) {
  size_t found = text.rfind(words);
  if (found == std::string::npos)
    return;
  size_t begin = text.rfind('\n', found) + 1;
  text.erase(begin, text.find('\n', found) + 1 - begin);
}

void replaceAll(std::string &text, const std::string &from,
                const std::string &to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos;
       at += to.size())
    text.replace(at, from.size(), to);
}

std::string objectOf(std::string text, const std::string &how) {
  bool isCube = text.find("module_core_type<AIC>") != std::string::npos;
  if (how == "garbage")
    return "\177ELF of somebody else";
  if (how == "text")
    text = "not MLIR\n";
  else if (how == "rename")
    replaceAll(text, "func.func @", "func.func @other_");
  else if (how == "drop-wait" && isCube)
    dropLast(text, "hivm.hir.wait_flag[");
  else if (how == "drop-copy" && !isCube)
    dropLast(text, "call @store_ubuf_to_gm_");
  return makeHivmObject(text);
}

} // namespace

int main(int count, char **arguments) {
  std::string input, output;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(arguments[i], "--version") == 0)
      return std::printf("hivmc of tconv's tests, 1.2.0\n"), 0;
    if (std::strcmp(arguments[i], "-o") == 0 && i + 1 < count)
      output = arguments[++i];
    else if (arguments[i][0] != '-')
      input = arguments[i];
  }
  const char *given = std::getenv("FAKE_HIVMC");
  std::string how = given ? given : "";
  std::ifstream from(input, std::ios::binary);
  std::stringstream text;
  text << from.rdbuf();
  if (!from || output.empty() || how == "fail")
    return std::fprintf(stderr, "error: it was told to fail\n"), 1;
  if (how == "nothing")
    return 0;
  std::ofstream to(output, std::ios::binary);
  to << objectOf(text.str(), how);
  to.close();
  return to ? 0 : 1;
}
