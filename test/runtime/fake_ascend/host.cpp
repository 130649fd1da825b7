// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The host in place of an Ascend: its memory, and one function of the test that
// runs the kernels of all objects.
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "core.h"
#include "fake_ascend.h"

using namespace tconv::test;

namespace {

std::atomic<fake_ascend_kernel_fn> run{nullptr};

/// An object of the tests: it begins as an ELF does, and names its kernels.
class NamedKernels : public FakeAscendObject {
public:
  explicit NamedKernels(std::string bytes) : bytes_(std::move(bytes)) {}
  bool hasKernel(const std::string &name) const override {
    return bytes_.find("<" + name + ">") != std::string::npos;
  }
  int run(const FakeAscendLaunch &launch, std::string &error) override {
    error = "by the function of the test";
    fake_ascend_kernel_fn function = ::run;
    return function
               ? function(bytes_.data(), bytes_.size(), launch.kernel.c_str(),
                          launch.blocks, launch.parameters.data(),
                          launch.parameters.size())
               : kFakeKernelFailed;
  }

private:
  std::string bytes_;
};

} // namespace

std::shared_ptr<FakeAscendObject> FakeAscendObject::load(const void *data,
                                                         size_t bytes, uint32_t,
                                                         std::string &error) {
  if (bytes < 4 || std::memcmp(data, "\177ELF", 4) != 0) {
    error = "the binary is no ELF";
    return nullptr;
  }
  return std::make_shared<NamedKernels>(
      std::string(static_cast<const char *>(data), bytes));
}

uint64_t fake_memory::allocate(size_t bytes) {
  void *address = nullptr;
  if (posix_memalign(&address, 512, bytes))
    return 0;
  std::memset(address, 0xff, bytes); // NaN
  return reinterpret_cast<uint64_t>(address);
}

void fake_memory::release(uint64_t address) {
  std::free(reinterpret_cast<void *>(address));
}

void fake_memory::write(uint64_t to, const void *from, size_t bytes) {
  std::memcpy(reinterpret_cast<void *>(to), from, bytes);
}

int64_t fake_memory::read(void *to, uint64_t from, size_t bytes) {
  std::memcpy(to, reinterpret_cast<const void *>(from), bytes);
  return 0;
}

bool tconv::test::configureFakeCore(const std::string &, const std::string &) {
  return false;
}

extern "C" __attribute__((visibility("default"))) void
fake_ascend_set_kernels(fake_ascend_kernel_fn function) {
  run = function;
}
