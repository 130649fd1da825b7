// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Other people's programs that finish what a target makes: where they are, and
// how they are run.
#ifndef TCONV_COMPILER_TARGET_TOOLS_H
#define TCONV_COMPILER_TARGET_TOOLS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileUtilities.h"
#include <memory>
#include <string>
#include <vector>

namespace mlir::tconv {

/// A file that goes when this object does.
class TemporaryFile {
public:
  static llvm::Expected<TemporaryFile> create(llvm::StringRef suffix,
                                              llvm::StringRef content);
  llvm::StringRef path() const { return path_; }
  llvm::Expected<std::string> read() const;

private:
  explicit TemporaryFile(llvm::StringRef path)
      : path_(path.str()), remover_(std::make_unique<llvm::FileRemover>(path)) {
  }
  std::string path_;
  std::unique_ptr<llvm::FileRemover> remover_;
};

/// A tool of this name below a folder, in bin or right there; empty where there
/// is none.
std::string inFolder(llvm::StringRef folder, llvm::StringRef name);

/// The site-packages of the active Python environment, if there is one.
std::vector<std::string> pythonPackages();

struct ToolResult {
  int status = 0;
  std::string message; ///< why it couldn't be run
  std::string output;  ///< both of its outputs
};

/// Runs a program; an error where its output can't be had.
llvm::Expected<ToolResult> runTool(llvm::StringRef program,
                                   llvm::ArrayRef<llvm::StringRef> arguments);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_TOOLS_H
