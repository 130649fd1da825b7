// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the fake library needs of whatever stands for an Ascend: memory, and
// objects whose kernels run. host.cpp has the host's memory and a function of
// the test, model.cpp the model of the core.
#ifndef TCONV_TEST_RUNTIME_FAKE_ASCEND_CORE_H
#define TCONV_TEST_RUNTIME_FAKE_ASCEND_CORE_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tconv::test {

/// What rtGetC2cCtrlAddr gives.
constexpr uint64_t kFakeSyncAddress = 0x5ace0000;
/// A stream's result where a kernel went wrong.
constexpr int kFakeKernelFailed = 507015;

struct FakeAscendLaunch {
  std::string kernel;
  uint32_t blocks = 0;
  std::vector<char> parameters; ///< as tconv_device_launch says
};

/// An object, loaded. Streams' threads share one.
class FakeAscendObject {
public:
  /// NULL and why where it is none.
  /// @param magic what the object is said to be for: ascend::kMagicMix, ...
  static std::shared_ptr<FakeAscendObject>
  load(const void *data, size_t bytes, uint32_t magic, std::string &error);
  virtual ~FakeAscendObject() = default;
  virtual bool hasKernel(const std::string &name) const = 0;
  /// 0, or the stream's result and why.
  virtual int run(const FakeAscendLaunch &launch, std::string &error) = 0;
};

/// Memory of all devices, by addresses that are 256-byte aligned. What nobody
/// has written is NaN. Accesses lie within one allocation: the caller looks.
namespace fake_memory {
/// 0 where there is none.
uint64_t allocate(size_t bytes);
void release(uint64_t address);
void write(uint64_t to, const void *from, size_t bytes);
/// @return how many of the bytes nobody has written, where that is known
int64_t read(void *to, uint64_t from, size_t bytes);
} // namespace fake_memory

/// Takes a word of FAKE_ASCEND, NAME=VALUE; false where it isn't known.
bool configureFakeCore(const std::string &name, const std::string &value);

} // namespace tconv::test

#endif // TCONV_TEST_RUNTIME_FAKE_ASCEND_CORE_H
