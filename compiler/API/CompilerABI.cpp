// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one place where the compiler meets the C world: see compiler_abi.h.
#include "tconv/compiler_abi.h"

#include "compiler/API/Compiler.h"

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

Status compileRequest(const tconv_compile_request &request,
                      tconv_compiled **out) {
  CompileOptions options;
  options.target = request.target;
  options.lengthClass = static_cast<tconv_length_class>(request.length_class);
  if (request.schedule_path)
    options.schedulePath = request.schedule_path;
  if (request.dump_path)
    options.dumpPath = request.dump_path;
  options.accuracy = static_cast<tconv_accuracy>(request.accuracy);
  if (request.tuning) {
    ::tconv::ScheduleChoice choice;
    if (Status status = ::tconv::parseChoice(request.tuning, choice))
      return status;
    if (!choice.engine.empty())
      return Status(TCONV_INVALID_VALUE, "choice: engine = '" + choice.engine +
                                             "': this one is 'mlir'");
    applyChoice(choice, options);
  }
  Compilation compilation(request.params, std::move(options));
  auto compiled = std::make_unique<tconv_compiled>();
  if (Status status = compilation.image(compiled->kernel))
    return status;
  compiled->view = compiled->kernel.view();
  *out = compiled.release();
  return Status::ok();
}

void copyMessage(const std::string &text, char *message, size_t size) {
  if (!message || size == 0)
    return;
  size_t count = std::min(text.size(), size - 1);
  std::memcpy(message, text.data(), count);
  message[count] = 0;
}

tconv_status compile(const tconv_compile_request *request, tconv_compiled **out,
                     char *message, size_t size) {
  if (!request || !out || request->struct_size != sizeof(*request) ||
      !request->target) {
    copyMessage("malformed compile request", message, size);
    return TCONV_ABI_MISMATCH;
  }
  // LLVM is built without exceptions; what is caught is the standard
  // library's.
  try {
    Status status = compileRequest(*request, out);
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

const tconv_kernel_image *imageOf(const tconv_compiled *compiled) {
  return compiled ? &compiled->view : nullptr;
}

/// Every kernel of this compiler is an image.
const tconv_kernel *kernelOf(const tconv_compiled *) { return nullptr; }

void release(tconv_compiled *compiled) { delete compiled; }

const tconv_compiler_api *api() {
  static const tconv_compiler_api table = {
      TCONV_COMPILER_ABI_VERSION,
      sizeof(tconv_compiler_api),
      // The time of the build would make every build differ; what the code is
      // made of does not.
      TCONV_BUILD_ID,
      linkedLlvmVersion(),
      compile,
      imageOf,
      kernelOf,
      release,
      {nullptr}};
  return &table;
}

} // namespace

extern "C" TCONV_API const tconv_compiler_api *
tconv_compiler_query(uint32_t version) {
  return version == TCONV_COMPILER_ABI_VERSION ? api() : nullptr;
}
