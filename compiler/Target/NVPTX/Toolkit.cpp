// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/NVPTX/Toolkit.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/raw_ostream.h"
#include <optional>

using namespace llvm;
using namespace mlir::tconv;

namespace {

/// A file that goes when this object does.
class TemporaryFile {
public:
  static Expected<TemporaryFile> create(StringRef suffix, StringRef content) {
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
    return std::move(file);
  }
  StringRef path() const { return path_; }
  Expected<std::string> read() const {
    auto buffer = MemoryBuffer::getFile(path_);
    if (!buffer)
      return createStringError(buffer.getError(), "%s can't be read",
                               path_.c_str());
    return (*buffer)->getBuffer().str();
  }

private:
  explicit TemporaryFile(StringRef path)
      : path_(path.str()), remover_(std::make_unique<FileRemover>(path)) {}
  std::string path_;
  std::unique_ptr<FileRemover> remover_;
};

/// Runs a tool; both of its outputs are in `output`.
Error run(StringRef name, ArrayRef<StringRef> arguments, std::string &output) {
  std::string program = findTool(name);
  if (program.empty())
    return createStringError(
        std::make_error_code(std::errc::no_such_file_or_directory),
        "%s is not installed: it is looked for in PATH, CUDA_HOME and "
        "/usr/local/cuda",
        name.str().c_str());
  auto log = TemporaryFile::create("log", "");
  if (!log)
    return log.takeError();
  SmallVector<StringRef> all = {program};
  all.append(arguments.begin(), arguments.end());
  std::optional<StringRef> redirects[] = {StringRef(""), log->path(),
                                          log->path()};
  std::string message;
  int status =
      sys::ExecuteAndWait(program, all, std::nullopt, redirects,
                          /*SecondsToWait=*/0, /*MemoryLimit=*/0, &message);
  auto text = log->read();
  if (!text)
    return text.takeError();
  output = std::move(*text);
  if (status == 0)
    return Error::success();
  return createStringError("%s failed: %s%s", name.str().c_str(),
                           message.c_str(), output.c_str());
}

std::string inFolder(StringRef folder, StringRef name) {
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

int64_t numberIn(StringRef text, const char *pattern) {
  SmallVector<StringRef> groups;
  int64_t number = 0;
  if (Regex(pattern).match(text, &groups))
    groups[1].getAsInteger(10, number);
  return number;
}

std::vector<PtxasFigures> readFigures(StringRef text) {
  std::vector<PtxasFigures> figures;
  for (StringRef line : split(text, '\n')) {
    SmallVector<StringRef> groups;
    if (Regex("Compiling entry function '([^']+)'").match(line, &groups)) {
      figures.emplace_back();
      figures.back().entry = groups[1].str();
    }
    if (figures.empty())
      continue;
    PtxasFigures &last = figures.back();
    if (line.contains("bytes stack frame")) {
      last.stackBytes = numberIn(line, "([0-9]+) bytes stack frame");
      last.spillStores = numberIn(line, "([0-9]+) bytes spill stores");
      last.spillLoads = numberIn(line, "([0-9]+) bytes spill loads");
    }
    if (line.contains("Used ")) {
      last.registers = numberIn(line, "Used ([0-9]+) registers");
      last.sharedBytes = numberIn(line, "([0-9]+) bytes smem");
    }
  }
  return figures;
}

} // namespace

std::string mlir::tconv::findTool(StringRef name) {
  if (auto found = sys::findProgramByName(name))
    return *found;
  for (const char *variable : {"CUDA_HOME", "CUDA_PATH"})
    if (std::optional<std::string> folder = sys::Process::GetEnv(variable))
      if (std::string path = inFolder(*folder, name); !path.empty())
        return path;
  for (StringRef folder : {"/usr/local/cuda", "/opt/cuda", "/usr/lib/cuda"})
    if (std::string path = inFolder(folder, name); !path.empty())
      return path;
  // Python's packages: .../site-packages/nvidia/<package>/bin.
  for (const char *variable : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    std::optional<std::string> root = sys::Process::GetEnv(variable);
    if (!root)
      continue;
    SmallString<128> library(*root);
    sys::path::append(library, "lib");
    std::error_code error;
    for (sys::fs::directory_iterator python(library, error), end;
         !error && python != end; python.increment(error)) {
      SmallString<128> nvidia(python->path());
      sys::path::append(nvidia, "site-packages", "nvidia");
      std::error_code inner;
      for (sys::fs::directory_iterator package(nvidia, inner);
           !inner && package != end; package.increment(inner))
        if (std::string path = inFolder(package->path(), name); !path.empty())
          return path;
    }
  }
  return {};
}

Expected<Cubin> mlir::tconv::assemble(StringRef ptx, int64_t architecture) {
  auto source = TemporaryFile::create("ptx", ptx);
  if (!source)
    return source.takeError();
  auto target = TemporaryFile::create("cubin", "");
  if (!target)
    return target.takeError();
  std::string name = "-arch=sm_" + std::to_string(architecture), log;
  if (Error error = run("ptxas",
                        {name, "-v", "-Werror", "-warn-spills", source->path(),
                         "-o", target->path()},
                        log))
    return error;
  auto bytes = target->read();
  if (!bytes)
    return bytes.takeError();
  return Cubin{std::move(*bytes), readFigures(log)};
}

Expected<std::string> mlir::tconv::packFatbin(StringRef ptx, StringRef cubin,
                                              int64_t architecture) {
  auto source = TemporaryFile::create("ptx", ptx);
  if (!source)
    return source.takeError();
  auto code = TemporaryFile::create("cubin", cubin);
  if (!code)
    return code.takeError();
  auto target = TemporaryFile::create("fatbin", "");
  if (!target)
    return target.takeError();
  std::string number = std::to_string(architecture), log;
  std::string create = ("--create=" + target->path()).str();
  std::string binary =
      ("--image3=kind=elf,sm=" + number + ",file=" + code->path()).str();
  std::string text =
      ("--image3=kind=ptx,sm=" + number + ",file=" + source->path()).str();
  if (Error error = run("fatbinary", {create, "-64", binary, text}, log))
    return error;
  return target->read();
}

Expected<std::string> mlir::tconv::disassemble(StringRef cubin) {
  auto code = TemporaryFile::create("cubin", cubin);
  if (!code)
    return code.takeError();
  std::string text;
  if (Error error = run("nvdisasm", {"-c", code->path()}, text))
    return error;
  return text;
}
