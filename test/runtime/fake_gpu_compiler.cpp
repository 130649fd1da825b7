// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A compiler library that makes the kernels of support/naive_ptx.h and
// support/naive_ascend.h, for the way of a device's kernel through the loader
// and the caches. It refuses targets of CPUs.
#include <atomic>
#include <cstdio>
#include <cstring>

#include "support/naive_ascend.h"
#include "support/naive_ptx.h"
#include "target/target.h"

using namespace tconv;
using namespace tconv::test;

struct tconv_compiled {
  explicit tconv_compiled(const NaiveKernel &kernel)
      : gpu(std::make_unique<NaiveImage>(kernel)), view(gpu->view()) {}
  explicit tconv_compiled(const NaiveAscend &kernel)
      : ascend(std::make_unique<NaiveAscendImage>(kernel)),
        view(ascend->view()) {}
  std::unique_ptr<NaiveImage> gpu;
  std::unique_ptr<NaiveAscendImage> ascend;
  tconv_kernel_image view;
};

namespace {

std::atomic<int64_t> compiledCount{0};

tconv_status compile(const tconv_compile_request *request, tconv_compiled **out,
                     char *message, size_t messageSize) {
  if (!ascendPart(request->target).empty()) {
    NaiveAscend naive(request->params, request->target);
    naive.kernel.length_class = request->length_class;
    naive.kernel.accuracy = request->accuracy;
    ++compiledCount;
    *out = new tconv_compiled(naive);
    return TCONV_OK;
  }
  NaiveOptions options;
  options.architecture = nvptxArchitecture(request->target);
  options.lengthClass = static_cast<tconv_length_class>(request->length_class);
  options.accuracy = request->accuracy;
  if (options.architecture >= 80)
    options.version = "7.8";
  if (options.architecture == 0) {
    std::snprintf(message, messageSize, "target = '%s': is no device's",
                  request->target);
    return TCONV_UNSUPPORTED;
  }
  ++compiledCount;
  *out = new tconv_compiled(NaiveKernel(request->params, options));
  return TCONV_OK;
}

const tconv_kernel_image *image(const tconv_compiled *compiled) {
  return &compiled->view;
}

const tconv_kernel *kernel(const tconv_compiled *) { return nullptr; }

void release(tconv_compiled *compiled) { delete compiled; }

} // namespace

extern "C" __attribute__((visibility("default"))) int64_t
fake_gpu_compiler_count() {
  return compiledCount;
}

/// Runs its kernels for Ascend: a fake_ascend_kernel_fn.
extern "C" __attribute__((visibility("default"))) int
fake_compiler_run_ascend(const void *object, size_t objectSize,
                         const char *name, uint32_t blocks,
                         const void *parameters, size_t parameterSize) {
  return runNaiveAscend(object, objectSize, name, blocks, parameters,
                        parameterSize);
}

extern "C" __attribute__((visibility("default"))) const tconv_compiler_api *
tconv_compiler_query(uint32_t version) {
  static tconv_compiler_api api = [] {
    tconv_compiler_api made;
    std::memset(&made, 0, sizeof(made));
    made.version = TCONV_COMPILER_ABI_VERSION;
    made.struct_size = sizeof(made);
    made.build_id = "fake-gpu";
    made.llvm_version = "none";
    made.compile = compile;
    made.image = image;
    made.kernel = kernel;
    made.release = release;
    return made;
  }();
  return version == TCONV_COMPILER_ABI_VERSION ? &api : nullptr;
}
