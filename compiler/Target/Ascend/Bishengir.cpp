// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/Ascend/Bishengir.h"

#include "compiler/Target/Tools.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"

using namespace llvm;
using namespace mlir::tconv;

static constexpr StringLiteral kPackage = "ascendnpuir";

/// site-packages of the python3 in PATH, as it says itself.
static std::string packagesOfPython() {
  auto python = sys::findProgramByName("python3");
  if (!python)
    return {};
  auto result =
      runTool(*python,
              {"-c", "import sysconfig; print(sysconfig.get_path('purelib'))"});
  if (!result) {
    consumeError(result.takeError());
    return {};
  }
  return result->status == 0 ? StringRef(result->output).trim().str() : "";
}

std::string mlir::tconv::findBishengir(StringRef name) {
  if (std::optional<std::string> given =
          sys::Process::GetEnv("TCONV_BISHENGIR")) {
    StringRef folder = *given;
    if (!sys::fs::is_directory(folder))
      folder = sys::path::parent_path(folder);
    // Who names a place wants no other.
    return inFolder(folder, name);
  }
  if (auto path = sys::findProgramByName(name))
    return *path;
  auto inPackages = [&](StringRef packages) {
    SmallString<128> folder(packages);
    sys::path::append(folder, kPackage);
    return packages.empty() ? std::string() : inFolder(folder, name);
  };
  for (const std::string &packages : pythonPackages())
    if (std::string path = inPackages(packages); !path.empty())
      return path;
  return inPackages(packagesOfPython());
}

namespace {

/// What bishengir-compile said, sorted.
struct Messages {
  std::string errors, notes;
  bool lacksHivmc = false;
};

/// Its locations name the file that it was given and pile up; the last one of a
/// line is the place.
std::string located(StringRef line, StringRef path, StringRef name) {
  SmallVector<StringRef> parts;
  std::string file = ("loc(\"" + path + "\":").str();
  if (!line.contains(file))
    return line.str();
  StringRef last = line.substr(line.rfind(file) + file.size());
  auto [place, rest] = last.split("):");
  return (name + ":" + place + ":" + rest).str();
}

Messages sortMessages(StringRef output, StringRef path, StringRef name) {
  Messages result;
  for (StringRef line : split(output, '\n')) {
    line = line.trim();
    if (line.contains("hivmc")) {
      result.lacksHivmc |= line.contains("Cannot find hivmc");
      continue;
    }
    // What follows from other errors says nothing of its own.
    if (line.empty() || line.contains("Failed to run BiSheng"))
      continue;
    if (line.contains("error:") || line.starts_with("[ERROR]"))
      result.errors += located(line, path, name) + "\n";
    else if (line.starts_with("[NOTE]") || line.contains("warning:"))
      result.notes += located(line, path, name) + "\n";
  }
  return result;
}

std::string contentOf(const Twine &path) {
  auto buffer = MemoryBuffer::getFile(path);
  return buffer ? (*buffer)->getBuffer().str() : std::string();
}

} // namespace

Expected<AscendCode> mlir::tconv::compileAscend(StringRef name, StringRef text,
                                                StringRef product,
                                                bool sumsTwice) {
  std::string program = findBishengir("bishengir-compile");
  if (program.empty())
    return createStringError(
        std::make_error_code(std::errc::no_such_file_or_directory),
        "bishengir-compile is not installed: it is looked for in "
        "TCONV_BISHENGIR, in PATH and in the Python package ascendnpu-ir");
  SmallString<128> folder;
  if (std::error_code error =
          sys::fs::createUniqueDirectory("tconv-ascend", folder))
    return createStringError(error, "a temporary folder can't be made");
  scope_exit remove([&] { sys::fs::remove_directories(folder); });
  SmallString<128> source(folder), object(folder), lowered(folder);
  sys::path::append(source, "kernel.mlir");
  sys::path::append(object, "kernel.o");
  sys::path::append(lowered, "module.hivm.opt.mlir");
  {
    std::error_code error;
    raw_fd_ostream stream(source, error);
    if (!error)
      stream << text;
    stream.close();
    if (error || stream.has_error()) {
      stream.clear_error();
      return createStringError("%s can't be written", source.c_str());
    }
  }
  std::string target = ("--target=" + product).str();
  std::string temporaries = ("--save-temps=" + folder).str();
  auto result = runTool(
      program,
      {source, target, "--enable-hfusion-compile=true", "-enable-hivm-compile",
       "--enable-triton-kernel-compile=true", "--enable-auto-multi-buffer=true",
       sumsTwice ? "--limit-auto-multi-buffer-of-local-buffer=no-limit"
                 : "--limit-auto-multi-buffer-of-local-buffer=no-l0c",
       temporaries, "-o", object});
  if (!result)
    return result.takeError();
  Messages messages = sortMessages(result->output, source, name);
  AscendCode code;
  code.hivm = contentOf(lowered);
  code.notes = messages.notes;
  // Its exit status is 1 wherever hivmc is missing, so what it wrote counts.
  if (code.hivm.empty() || !messages.errors.empty())
    return createStringError(
        "bishengir-compile refused %s:\n%s%s%s", name.str().c_str(),
        messages.errors.c_str(), messages.notes.c_str(),
        messages.errors.empty() ? result->output.c_str() : "");
  if (result->status != 0 && !messages.lacksHivmc)
    return createStringError("bishengir-compile failed on %s:\n%s%s",
                             name.str().c_str(), result->message.c_str(),
                             result->output.c_str());
  code.object = contentOf(object);
  if (code.object.empty() && !messages.lacksHivmc)
    return createStringError("hivmc made no object of %s", name.str().c_str());
  return code;
}
