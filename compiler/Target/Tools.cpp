// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/Tools.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include <optional>

using namespace llvm;
using namespace mlir::tconv;

Expected<TemporaryFile> TemporaryFile::create(StringRef suffix,
                                              StringRef content) {
  SmallString<128> path;
  int handle = -1;
  if (std::error_code error =
          sys::fs::createTemporaryFile("tconv", suffix, handle, path))
    return createStringError(error, "a temporary file can't be made");
  TemporaryFile file(path);
  raw_fd_ostream stream(handle, /*shouldClose=*/true);
  stream << content;
  stream.close();
  if (stream.has_error()) {
    std::error_code error = stream.error();
    stream.clear_error();
    return createStringError(error, "%s can't be written", path.c_str());
  }
  return file;
}

Expected<std::string> TemporaryFile::read() const {
  auto buffer = MemoryBuffer::getFile(path_);
  if (!buffer)
    return createStringError(buffer.getError(), "%s can't be read",
                             path_.c_str());
  return (*buffer)->getBuffer().str();
}

std::string mlir::tconv::inFolder(StringRef folder, StringRef name) {
  if (folder.empty())
    return {};
  for (StringRef below : {"bin", ""}) {
    SmallString<128> path(folder);
    sys::path::append(path, below, name);
    if (sys::fs::can_execute(path))
      return path.str().str();
  }
  return {};
}

std::vector<std::string> mlir::tconv::pythonPackages() {
  std::vector<std::string> found;
  for (const char *variable : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    std::optional<std::string> root = sys::Process::GetEnv(variable);
    if (!root)
      continue;
    SmallString<128> library(*root);
    sys::path::append(library, "lib");
    std::error_code error;
    for (sys::fs::directory_iterator python(library, error), end;
         !error && python != end; python.increment(error)) {
      SmallString<128> packages(python->path());
      sys::path::append(packages, "site-packages");
      if (sys::fs::is_directory(packages))
        found.push_back(packages.str().str());
    }
  }
  return found;
}

Expected<ToolResult> mlir::tconv::runTool(StringRef program,
                                          ArrayRef<StringRef> arguments) {
  auto log = TemporaryFile::create("log", "");
  if (!log)
    return log.takeError();
  SmallVector<StringRef> all = {program};
  all.append(arguments.begin(), arguments.end());
  std::optional<StringRef> redirects[] = {StringRef(""), log->path(),
                                          log->path()};
  ToolResult result;
  result.status = sys::ExecuteAndWait(program, all, std::nullopt, redirects,
                                      /*SecondsToWait=*/0, /*MemoryLimit=*/0,
                                      &result.message);
  auto text = log->read();
  if (!text)
    return text.takeError();
  result.output = std::move(*text);
  return result;
}
