// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything that can go wrong between a layer and CUDA's driver: each failure
// gives its status and words, leaves nothing behind, and is no hindrance to
// the next call.
#include "device_test.h"

#include <cstring>

#include <sys/wait.h>
#include <unistd.h>

#include "device/cuda_api.h"

using namespace tconv;
using namespace tconv::test;

namespace {

const char *const kLine = "in_channels=2 out_channels=3 kernel_size=3 stride=2 "
                          "has_bias=1";
constexpr int64_t kLength = 6;

class DeviceFailure : public testing::Test {
protected:
  void SetUp() override {
    setenv("TCONV_CUDA_LIBRARY", FAKE_CUDA_LIBRARY, 1);
    setenv("TCONV_COMPILER_LIBRARY", "/nonexistent/compiler", 1);
  }

  static void use(const char *words) { setenv("FAKE_CUDA", words, 1); }

  /// What a whole life of a layer on a device does; the first failure.
  tconv_status live(const char *target = "cuda") const {
    LayerHandle layer;
    if (tconv_status status = makeLayer(params, target, layer))
      return status;
    std::vector<float> x(static_cast<size_t>(xElements(params, 1, kLength)), 1);
    int64_t outputs = yElements(params, 1, kLength);
    std::vector<float> y(static_cast<size_t>(outputs), 77), there = y;
    if (tconv_status status =
            tconv_layer_run(layer.get(), x.data(), 1, kLength, y.data())) {
      // A failed call changes nothing; where waiting for the last copy fails,
      // y may be there.
      if (y != there) {
        EXPECT_EQ(compareWithExact(layer.get(), params, x, 1, kLength, y), "");
      }
      return status;
    }
    EXPECT_EQ(compareWithExact(layer.get(), params, x, 1, kLength, y), "");
    tconv_device_buffer *raw = nullptr;
    if (tconv_status status =
            tconv_device_buffer_create(target, outputs * 8, &raw))
      return status;
    BufferHandle buffer(raw);
    if (tconv_status status = tconv_device_buffer_write(
            raw, x.data(), static_cast<int64_t>(x.size() * sizeof(float))))
      return status;
    auto *pointer = static_cast<float *>(tconv_device_buffer_pointer(raw));
    // x and y lie in one buffer, y behind x.
    if (tconv_status status =
            tconv_layer_run_device(layer.get(), pointer, 1, kLength,
                                   pointer + outputs, nullptr, nullptr))
      return status;
    if (tconv_status status = tconv_device_buffer_wait(raw))
      return status;
    std::vector<float> both(static_cast<size_t>(2 * outputs));
    if (tconv_status status =
            tconv_device_buffer_read(raw, both.data(), outputs * 8))
      return status;
    EXPECT_EQ(std::vector<float>(both.begin() + outputs, both.end()), y);
    return TCONV_OK;
  }

  void expectNothingLeft(const std::string &after) const {
    fake_cuda_counts counts = cuda.count();
    EXPECT_EQ(counts.contexts, 0) << after;
    EXPECT_EQ(counts.primary_shares, 0) << after;
    EXPECT_EQ(counts.modules, 0) << after;
    EXPECT_EQ(counts.allocations, 0) << after;
    EXPECT_EQ(counts.streams, 0) << after;
    EXPECT_EQ(counts.leaked, 0) << after;
    EXPECT_EQ(counts.freed_in_use, 0) << after;
  }

  static void expectWords(const std::vector<std::string> &words) {
    for (const std::string &word : words)
      EXPECT_NE(std::string(tconv_last_error()).find(word), std::string::npos)
          << word << " in: " << tconv_last_error();
  }

  FakeCuda cuda;
  tconv_params params = parse(kLine);
};

TEST_F(DeviceFailure, NoDriver) {
  setenv("TCONV_CUDA_LIBRARY", "/nonexistent/libcuda.so.1", 1);
  EXPECT_EQ(live(), TCONV_NOT_FOUND);
  expectWords({"target = 'cuda'", "no CUDA driver", "/nonexistent"});
  EXPECT_EQ(live("nvptx:sm_80"), TCONV_NOT_FOUND);
  int32_t count = 5;
  EXPECT_EQ(tconv_device_count(&count), TCONV_NOT_FOUND);
  EXPECT_EQ(count, 5);
  tconv_device_buffer *none = nullptr;
  EXPECT_EQ(tconv_device_buffer_create("cuda", 4, &none), TCONV_NOT_FOUND);
  EXPECT_EQ(none, nullptr);
  // The CPU's layers don't mind, and a driver that comes is seen.
  LayerHandle layer;
  EXPECT_EQ(makeLayer(params, "reference", layer), TCONV_OK);
  setenv("TCONV_CUDA_LIBRARY", FAKE_CUDA_LIBRARY, 1);
  registerNaive(params);
  EXPECT_EQ(live(), TCONV_OK) << tconv_last_error();
  expectNothingLeft("a driver that came");
}

TEST_F(DeviceFailure, ALibraryThatIsNoDriver) {
  setenv("TCONV_CUDA_LIBRARY", NOT_CUDA_LIBRARY, 1);
  EXPECT_EQ(live(), TCONV_UNSUPPORTED);
  expectWords({NOT_CUDA_LIBRARY, "has no cu"});
  setenv("TCONV_CUDA_LIBRARY", FAKE_CUDA_LIBRARY, 1);
  registerNaive(params);
  EXPECT_EQ(live(), TCONV_OK) << tconv_last_error();
}

TEST_F(DeviceFailure, NoDevice) {
  use("devices=0");
  EXPECT_EQ(live(), TCONV_UNSUPPORTED);
  expectWords({"CUDA_ERROR_NO_DEVICE", "(100)", "no CUDA-capable device"});
  use("devices=1");
  registerNaive(params);
  EXPECT_EQ(live(), TCONV_OK) << tconv_last_error();
}

TEST_F(DeviceFailure, ADriverThatIsTooOld) {
  use("driver=10020");
  EXPECT_EQ(live(), TCONV_UNSUPPORTED);
  expectWords({"CUDA 10.2", "11.0 is needed"});
}

TEST_F(DeviceFailure, AStub) {
  use("nameless,cuInit=34");
  EXPECT_EQ(live(), TCONV_UNSUPPORTED);
  expectWords({"CUDA's error (34)", "stub"});
}

TEST_F(DeviceFailure, AToolkitsStub) {
#ifdef CUDA_STUB
  setenv("TCONV_CUDA_LIBRARY", CUDA_STUB, 1);
  EXPECT_EQ(live(), TCONV_UNSUPPORTED);
  expectWords({"cuInit", "(34)", "stub"});
#else
  GTEST_SKIP() << "no CUDA toolkit here";
#endif
}

TEST_F(DeviceFailure, TheDefaultLibraryIsLookedFor) {
  // Whatever there is: an answer, not a crash.
  unsetenv("TCONV_CUDA_LIBRARY");
  registerNaive(params);
  int32_t count = -1;
  tconv_status status = tconv_device_count(&count);
  if (status == TCONV_NOT_FOUND)
    expectWords({"no CUDA driver", "libcuda.so.1"});
  else if (status == TCONV_OK)
    EXPECT_GE(count, 0);
  else
    EXPECT_EQ(status, TCONV_UNSUPPORTED) << tconv_last_error();
}

TEST_F(DeviceFailure, ADeviceThatIsTooOld) {
  use("capability=61");
  registerNaive(params);
  EXPECT_EQ(live(), TCONV_UNSUPPORTED);
  expectWords({"compute capability 6.1", "nvptx:sm_75"});
  EXPECT_EQ(live("nvptx:sm_80"), TCONV_UNSUPPORTED);
}

TEST_F(DeviceFailure, PtxThatIsTooNew) {
  use("driver=11040");
  NaiveOptions options;
  options.version = "8.5";
  registerNaive(params, options);
  EXPECT_EQ(live(), TCONV_UNSUPPORTED);
  expectWords({"CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "PTX 8.5", "CUDA 12.5",
               "CUDA 11.4"});
  expectNothingLeft("PTX that is too new");
}

TEST_F(DeviceFailure, BadPtx) {
  auto *bad = new NaiveKernel(params);
  size_t at = bad->ptx.find("fma.rn.f32");
  ASSERT_NE(at, std::string::npos);
  bad->ptx[at] = 'q';
  const tconv_kernel *kernel = &bad->kernel;
  ASSERT_EQ(tconv_register_kernels(&kernel, 1), TCONV_OK) << tconv_last_error();
  EXPECT_EQ(live(), TCONV_COMPILE_ERROR);
  expectWords({"cuModuleLoadDataEx", "CUDA_ERROR_INVALID_PTX", "line ", "qma"});
  expectNothingLeft("bad PTX");
  bad->ptx[at] = 'f';
  EXPECT_EQ(live(), TCONV_OK) << tconv_last_error();
  expectNothingLeft("good PTX");
}

TEST_F(DeviceFailure, AnEntryThatIsNotThere) {
  auto *bad = new NaiveKernel(params);
  bad->code.pack_entry = "nobody";
  const tconv_kernel *kernel = &bad->kernel;
  ASSERT_EQ(tconv_register_kernels(&kernel, 1), TCONV_OK);
  EXPECT_EQ(live(), TCONV_DEVICE_ERROR);
  expectWords({"nobody", "CUDA_ERROR_NOT_FOUND"});
  expectNothingLeft("a missing entry");
}

TEST_F(DeviceFailure, OutOfMemory) {
  use("memory=65536");
  registerNaive(params);
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "cuda", layer), TCONV_OK);
  const int64_t length = 10000;
  std::vector<float> x(static_cast<size_t>(xElements(params, 1, length)));
  std::vector<float> y(static_cast<size_t>(yElements(params, 1, length)), 5);
  std::vector<float> before = y;
  EXPECT_EQ(tconv_layer_run(layer.get(), x.data(), 1, length, y.data()),
            TCONV_OUT_OF_MEMORY);
  expectWords({"x: 80000 bytes", "CUDA_ERROR_OUT_OF_MEMORY"});
  EXPECT_EQ(y, before);
  EXPECT_EQ(tconv_layer_run(layer.get(), x.data(), 1, 10, y.data()), TCONV_OK)
      << tconv_last_error();
  layer.reset();
  expectNothingLeft("out of memory");
}

TEST_F(DeviceFailure, AnAccessOutOfBoundsIsReported) {
  // The kernel reads beyond x: the length that it is given is not x's.
  registerNaive(params);
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "cuda", layer), TCONV_OK);
  BufferHandle x = makeBuffer(16), y = makeBuffer(4096);
  std::vector<float> values(4, 1);
  ASSERT_EQ(tconv_device_buffer_write(x.get(), values.data(), 16), TCONV_OK);
  EXPECT_EQ(tconv_layer_run_device(
                layer.get(), tconv_device_buffer_pointer(x.get()), 1, 50,
                tconv_device_buffer_pointer(y.get()), nullptr, nullptr),
            TCONV_OK);
  EXPECT_EQ(tconv_device_buffer_wait(y.get()), TCONV_DEVICE_ERROR);
  expectWords({"cuCtxSynchronize", "CUDA_ERROR_ILLEGAL_ADDRESS"});
  // The context is spoiled, and nothing else is: a new one is as good as ever.
  layer.reset();
  x.reset();
  y.reset();
  expectNothingLeft("an access out of bounds");
  EXPECT_EQ(live(), TCONV_OK) << tconv_last_error();
}

TEST_F(DeviceFailure, ALaunchThatFails) {
  registerNaive(params);
  for (int64_t skip : {0, 1, 2}) { // packing, on host arrays, on the device
    cuda.fail("cuLaunchKernel", cuda::kLaunchOutOfResources, skip);
    EXPECT_EQ(live(), TCONV_DEVICE_ERROR);
    EXPECT_TRUE(cuda.failed());
    expectWords({"cuLaunchKernel", "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES",
                 skip == 0 ? "tconv_naive_pack" : "tconv_naive_run"});
    expectNothingLeft("a failed launch");
  }
  EXPECT_EQ(live(), TCONV_OK) << tconv_last_error();
}

TEST_F(DeviceFailure, InitialisingCanFail) {
  registerNaive(params);
  for (const char *name : {"cuInit", "cuDriverGetVersion"}) {
    cuda.fail(name, 999);
    EXPECT_EQ(live(), TCONV_DEVICE_ERROR) << name;
    EXPECT_TRUE(cuda.failed()) << name;
    expectWords({name, "999"});
    expectNothingLeft(name);
  }
  EXPECT_EQ(live(), TCONV_OK) << tconv_last_error();
}

/// Every call of every function does so once.
TEST_F(DeviceFailure, EveryCallCanFail) {
  registerNaive(params);
  const struct {
    const char *name;
    /// Called by destructors too, which have nobody to tell, and can't clean
    /// up without it.
    bool byDestructors;
  } functions[] = {
      {"cuDeviceGetCount", false},      {"cuDeviceGet", false},
      {"cuDeviceGetName", false},       {"cuDeviceGetAttribute", false},
      {"cuDeviceTotalMem_v2", false},   {"cuDevicePrimaryCtxRetain", false},
      {"cuCtxGetCurrent", false},       {"cuModuleLoadDataEx", false},
      {"cuModuleGetFunction", false},   {"cuFuncGetAttribute", false},
      {"cuLaunchKernel", false},        {"cuMemAlloc_v2", false},
      {"cuMemcpyHtoDAsync_v2", false},  {"cuMemcpyDtoHAsync_v2", false},
      {"cuPointerGetAttribute", false}, {"cuStreamCreate", false},
      {"cuStreamSynchronize", false},   {"cuCtxSynchronize", true},
      {"cuCtxPushCurrent_v2", true},
  };
  for (const auto &[name, byDestructors] : functions) {
    int64_t calls = 0;
    for (;; ++calls) {
      cuda.fail(name, 999, calls);
      tconv_status status = live();
      std::string after = name + (" " + std::to_string(calls));
      if (!cuda.failed()) {
        EXPECT_EQ(status, TCONV_OK) << after << ": " << tconv_last_error();
        break;
      }
      if (status == TCONV_OK)
        EXPECT_TRUE(byDestructors) << after;
      else if (status != TCONV_INVALID_VALUE) // of memory out of reach
        expectWords({"999"});
      if (!byDestructors)
        expectNothingLeft(after);
      ASSERT_LT(calls, 200) << after;
    }
    EXPECT_GT(calls, 0) << name << " is never called";
  }
  EXPECT_EQ(live(), TCONV_OK) << tconv_last_error();
}

TEST_F(DeviceFailure, AChildCantUseItsParentsDevice) {
  registerNaive(params);
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "cuda", layer), TCONV_OK);
  std::vector<float> x(static_cast<size_t>(xElements(params, 1, kLength)), 1);
  std::vector<float> y(static_cast<size_t>(yElements(params, 1, kLength)));
  auto run = [&] {
    return tconv_layer_run(layer.get(), x.data(), 1, kLength, y.data());
  };
  ASSERT_EQ(run(), TCONV_OK) << tconv_last_error();
  pid_t child = fork();
  if (child == 0) {
    LayerHandle other, onCpu;
    bool good = run() == TCONV_UNSUPPORTED &&
                std::strstr(tconv_last_error(), "fork()") &&
                makeLayer(params, "cuda", other) == TCONV_UNSUPPORTED &&
                makeLayer(params, "reference", onCpu) == TCONV_OK &&
                tconv_layer_run(onCpu.get(), x.data(), 1, kLength, y.data()) ==
                    TCONV_OK;
    layer.reset(); // touches no driver
    _exit(good ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(run(), TCONV_OK) << tconv_last_error();
}

TEST_F(DeviceFailure, KernelsThatMakeNoSenseAreRefused) {
  struct Change {
    const char *what;
    void (*make)(NaiveKernel &);
  };
  static auto nothing = [](const tconv_pack_args *) {};
  const Change changes[] = {
      {"size", [](NaiveKernel &k) { k.code.struct_size = 8; }},
      {"format", [](NaiveKernel &k) { k.code.format = 4; }},
      {"code", [](NaiveKernel &k) { k.code.code = nullptr; }},
      {"bytes", [](NaiveKernel &k) { k.code.code_size = 0; }},
      {"zero byte", [](NaiveKernel &k) { --k.code.code_size; }},
      {"entry", [](NaiveKernel &k) { k.code.run_entry = nullptr; }},
      {"threads", [](NaiveKernel &k) { k.code.run_threads = 0; }},
      {"many threads", [](NaiveKernel &k) { k.code.pack_threads = 2048; }},
      {"shared", [](NaiveKernel &k) { k.code.run_shared_bytes = -1; }},
      {"blocks", [](NaiveKernel &k) { k.code.pack_blocks = -1; }},
      {"both", [](NaiveKernel &k) { k.kernel.pack = nothing; }},
      {"neither", [](NaiveKernel &k) { k.kernel.device = nullptr; }},
  };
  for (const Change &change : changes) {
    NaiveKernel naive(params);
    change.make(naive);
    const tconv_kernel *kernel = &naive.kernel;
    EXPECT_EQ(tconv_register_kernels(&kernel, 1), TCONV_ABI_MISMATCH)
        << change.what;
  }
}

} // namespace
