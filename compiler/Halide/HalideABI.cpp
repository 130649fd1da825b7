// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one place where the Halide engine meets the C world: see halide_abi.h.
#include "compiler/Halide/halide_abi.h"

#include "compiler/Halide/Engine.h"

#include "runtime/build_id.h"
#include <cstring>
#include <new>

using namespace mlir::tconv;
using ::tconv::Status;

struct tconv_compiled {
  KernelImage kernel;
  tconv_kernel_image view;
};

namespace {

Status compilationOf(const tconv_compile_request &request, const char *symbol,
                     std::unique_ptr<HalideCompilation> &compilation) {
  CompileOptions options;
  options.target = request.target;
  options.lengthClass = static_cast<tconv_length_class>(request.length_class);
  if (symbol)
    options.symbol = symbol;
  halide::Choice choice;
  if (request.tuning)
    if (Status status = halide::parseChoice(request.tuning, choice))
      return status;
  compilation = std::make_unique<HalideCompilation>(
      request.params, std::move(options), std::move(choice));
  return Status::ok();
}

Status compileRequest(const tconv_compile_request &request,
                      tconv_compiled **out) {
  std::unique_ptr<HalideCompilation> compilation;
  if (Status status = compilationOf(request, nullptr, compilation))
    return status;
  auto compiled = std::make_unique<tconv_compiled>();
  if (Status status = compilation->image(compiled->kernel))
    return status;
  compiled->view = compiled->kernel.view();
  *out = compiled.release();
  return Status::ok();
}

Status emitRequest(const tconv_compile_request &request, llvm::StringRef what,
                   const char *symbol, std::string &text) {
  std::unique_ptr<HalideCompilation> compilation;
  if (Status status = compilationOf(request, symbol, compilation))
    return status;
  if (what == "object") {
    llvm::SmallVector<char, 0> bytes;
    Status status = compilation->object(bytes);
    text.assign(bytes.begin(), bytes.end());
    return status;
  }
  if (what == "asm")
    return compilation->assembly(text);
  if (what == "llvm")
    return compilation->llvmIR(text);
  if (what == "stmt")
    return compilation->statement(text);
  if (what == "schedule")
    return compilation->schedule(text);
  if (what == "description")
    return compilation->description(text);
  if (what == "ptx")
    return compilation->ptx(text);
  return {TCONV_INVALID_VALUE,
          "what = '" + what.take_front(80).str() +
              "': must be object, asm, llvm, stmt, schedule, description or "
              "ptx"};
}

void copyMessage(const std::string &text, char *message, size_t size) {
  if (!message || size == 0)
    return;
  size_t count = std::min(text.size(), size - 1);
  std::memcpy(message, text.data(), count);
  message[count] = 0;
}

/// No exception crosses the boundary: those of the standard library, and what
/// of Halide's got this far.
template <typename Fn>
tconv_status guarded(char *message, size_t size, Fn &&run) {
  try {
    Status status = run();
    copyMessage(status.message(), message, size);
    return status.code();
  } catch (const std::bad_alloc &) {
    copyMessage("out of memory while compiling", message, size);
    return TCONV_OUT_OF_MEMORY;
  } catch (const std::exception &error) {
    copyMessage(error.what(), message, size);
    return TCONV_INTERNAL;
  }
}

bool isWellFormed(const tconv_compile_request *request) {
  return request && request->struct_size == sizeof(*request) && request->target;
}

tconv_status compile(const tconv_compile_request *request, tconv_compiled **out,
                     char *message, size_t size) {
  if (!isWellFormed(request) || !out) {
    copyMessage("malformed compile request", message, size);
    return TCONV_ABI_MISMATCH;
  }
  return guarded(message, size, [&] { return compileRequest(*request, out); });
}

const tconv_kernel_image *imageOf(const tconv_compiled *compiled) {
  return compiled ? &compiled->view : nullptr;
}

/// Every kernel of this engine is an image.
const tconv_kernel *kernelOf(const tconv_compiled *) { return nullptr; }

void release(tconv_compiled *compiled) { delete compiled; }

const tconv_compiler_api *api() {
  static const tconv_compiler_api table = {TCONV_COMPILER_ABI_VERSION,
                                           sizeof(tconv_compiler_api),
                                           TCONV_HALIDE_BUILD_ID,
                                           linkedLlvmVersion(),
                                           compile,
                                           imageOf,
                                           kernelOf,
                                           release,
                                           {nullptr}};
  return &table;
}

} // namespace

extern "C" {

TCONV_API const tconv_compiler_api *tconv_compiler_query(uint32_t version) {
  return version == TCONV_COMPILER_ABI_VERSION ? api() : nullptr;
}

TCONV_API tconv_status tconv_halide_emit(const tconv_compile_request *request,
                                         const char *what, const char *symbol,
                                         char **bytes, size_t *size,
                                         char *message, size_t message_size) {
  if (!isWellFormed(request) || !what || !bytes || !size) {
    copyMessage("malformed emit request", message, message_size);
    return TCONV_ABI_MISMATCH;
  }
  return guarded(message, message_size, [&]() -> Status {
    std::string text;
    if (Status status = emitRequest(*request, what, symbol, text))
      return status;
    auto *copy = static_cast<char *>(std::malloc(text.size() + 1));
    if (!copy)
      throw std::bad_alloc();
    std::memcpy(copy, text.c_str(), text.size() + 1);
    *bytes = copy;
    *size = text.size();
    return Status::ok();
  });
}

TCONV_API void tconv_halide_free(char *bytes) { std::free(bytes); }

} // extern "C"
