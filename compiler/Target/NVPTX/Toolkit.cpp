// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/NVPTX/Toolkit.h"

#include "compiler/Target/Tools.h"
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

/// Runs a tool; both of its outputs are in `output`.
Error run(StringRef name, ArrayRef<StringRef> arguments, std::string &output) {
  std::string program = findTool(name);
  if (program.empty())
    return createStringError(
        std::make_error_code(std::errc::no_such_file_or_directory),
        "%s is not installed: it is looked for in PATH, CUDA_HOME and "
        "/usr/local/cuda",
        name.str().c_str());
  auto result = runTool(program, arguments);
  if (!result)
    return result.takeError();
  output = std::move(result->output);
  if (result->status == 0)
    return Error::success();
  return createStringError("%s failed: %s%s", name.str().c_str(),
                           result->message.c_str(), output.c_str());
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
  for (const std::string &packages : pythonPackages()) {
    SmallString<128> nvidia(packages);
    sys::path::append(nvidia, "nvidia");
    std::error_code error;
    for (sys::fs::directory_iterator package(nvidia, error), end;
         !error && package != end; package.increment(error))
      if (std::string path = inFolder(package->path(), name); !path.empty())
        return path;
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

Expected<Cubin> mlir::tconv::assembleUnspilled(std::string &ptx,
                                               int64_t architecture) {
  static constexpr StringLiteral asks = ".minnctapersm ";
  while (true) {
    Expected<Cubin> cubin = assemble(ptx, architecture);
    if (cubin)
      return cubin;
    std::string message = toString(cubin.takeError());
    size_t begin = ptx.find(asks), blocks = 0;
    if (begin != std::string::npos)
      StringRef(ptx).substr(begin + asks.size()).consumeInteger(10, blocks);
    if (blocks < 2 || !StringRef(message).contains("spilled"))
      return createStringError(message);
    begin += asks.size();
    size_t digits = std::to_string(blocks).size();
    ptx.replace(begin, digits, std::to_string(blocks - 1));
  }
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
