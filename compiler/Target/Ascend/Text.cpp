// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/Ascend/Text.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::tconv;

/// `bufferization.to_tensor` had one type there, the buffer's.
static std::string olderSyntax(StringRef text) {
  std::string result;
  for (StringRef line : llvm::split(text, '\n')) {
    if (line.contains(" = bufferization.to_tensor "))
      line = line.take_front(line.rfind(" to tensor<"));
    result += line;
    result += '\n';
  }
  return result;
}

static std::string kernelText(func::FuncOp func) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  func->print(stream, OpPrintingFlags().useLocalScope());
  return olderSyntax(text);
}

std::vector<AscendText> mlir::tconv::ascendTexts(ModuleOp module) {
  std::vector<AscendText> texts;
  for (auto func : module.getOps<func::FuncOp>())
    texts.push_back({func.getName().str(),
                     "module {\n" + kernelText(func) + "}\n",
                     func->getAttr("mix_mode") ==
                         StringAttr::get(func.getContext(), "mix")});
  return texts;
}

std::string mlir::tconv::ascendModuleText(ModuleOp module) {
  std::string text = "module {\n";
  for (auto func : module.getOps<func::FuncOp>())
    text += kernelText(func);
  return text + "}\n";
}
