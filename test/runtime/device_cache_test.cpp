// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels of GPUs in the caches: in memory, on disk, packed into a file.
#include "device_test.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "kernel/disk_cache.h"
#include "kernel/image.h"
#include "kernel/packed_cache.h"
#include "target/target.h"

using namespace tconv;
using namespace tconv::test;

namespace {

namespace fs = std::filesystem;

class DeviceCache : public testing::Test {
protected:
  void SetUp() override {
    folder = fs::temp_directory_path() /
             ("tconv-device-cache-" + std::to_string(getpid()));
    fs::remove_all(folder);
    setenv("TCONV_CUDA_LIBRARY", FAKE_CUDA_LIBRARY, 1);
    setenv("TCONV_COMPILER_LIBRARY", FAKE_GPU_COMPILER_LIBRARY, 1);
    setenv("TCONV_CACHE_DIR", folder.c_str(), 1);
    unsetenv("TCONV_CACHE_SIZE");
  }
  void TearDown() override { fs::remove_all(folder); }

  static int64_t compiled() {
    void *library = dlopen(FAKE_GPU_COMPILER_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    auto count = reinterpret_cast<int64_t (*)()>(
        dlsym(library, "fake_gpu_compiler_count"));
    return count ? count() : -1;
  }

  /// Runs a layer on host arrays and checks the result; where its kernel came
  /// from.
  std::string run(const char *target = "cuda") const {
    LayerHandle layer;
    EXPECT_EQ(makeLayer(params, target, layer), TCONV_OK) << tconv_last_error();
    if (!layer)
      return "";
    std::vector<float> x(static_cast<size_t>(xElements(params, 1, 9)), 1);
    std::vector<float> y(static_cast<size_t>(yElements(params, 1, 9)));
    EXPECT_EQ(tconv_layer_run(layer.get(), x.data(), 1, 9, y.data()), TCONV_OK)
        << tconv_last_error();
    EXPECT_EQ(compareWithExact(layer.get(), params, x, 1, 9, y), "");
    return described(layer.get(), 1, 9, "from");
  }

  /// The memory cache keeps one kernel: another layer's pushes ours out.
  static void forget() {
    ASSERT_EQ(tconv_set_cache_capacity(1), TCONV_OK);
    tconv_params other = parse("in_channels=1 out_channels=1 kernel_size=2");
    LayerHandle layer;
    ASSERT_EQ(makeLayer(other, "cuda", layer), TCONV_OK);
    ASSERT_EQ(tconv_layer_prepare(layer.get(), 1, 9), TCONV_OK)
        << tconv_last_error();
  }

  std::vector<fs::path> entries() const {
    std::vector<fs::path> found;
    for (const fs::directory_entry &entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".tconv")
        found.push_back(entry.path());
    return found;
  }

  fs::path folder;
  tconv_params params =
      parse("in_channels=2 out_channels=3 kernel_size=5 stride=3 has_bias=1");
};

TEST_F(DeviceCache, CompiledThenFromMemoryThenFromDisk) {
  EXPECT_EQ(run(), "compiled");
  EXPECT_EQ(compiled(), 1);
  EXPECT_EQ(run(), "compiled"); // the same kernel, in memory
  EXPECT_EQ(compiled(), 1);
  ASSERT_EQ(entries().size(), 1U);
  forget();
  EXPECT_EQ(compiled(), 2);
  EXPECT_EQ(run(), "disk cache");
  EXPECT_EQ(compiled(), 2);
}

TEST_F(DeviceCache, EveryArchitectureHasItsOwn) {
  EXPECT_EQ(run("nvptx:sm_75"), "compiled");
  EXPECT_EQ(run("nvptx:sm_80"), "compiled");
  EXPECT_EQ(run("cuda"), "compiled"); // which is sm_80 here
  EXPECT_EQ(compiled(), 2);
  EXPECT_EQ(entries().size(), 2U);
}

TEST_F(DeviceCache, WarmingNeedsNoDevice) {
  setenv("TCONV_CUDA_LIBRARY", "/nonexistent", 1);
  tconv_layer_options options;
  tconv_layer_options_init(&options);
  options.target = "nvptx:sm_80";
  ASSERT_EQ(tconv_warm_cache(&params, &options, 9), TCONV_OK)
      << tconv_last_error();
  options.target = "cuda";
  EXPECT_EQ(tconv_warm_cache(&params, &options, 9), TCONV_NOT_FOUND);
  setenv("TCONV_CUDA_LIBRARY", FAKE_CUDA_LIBRARY, 1);
  EXPECT_EQ(run(), "disk cache");
}

TEST_F(DeviceCache, ADamagedEntryIsMadeAnew) {
  EXPECT_EQ(run(), "compiled");
  forget();
  for (const fs::path &path : entries()) {
    std::string bytes;
    ASSERT_FALSE(readWholeFile(path, bytes));
    size_t at = bytes.find("fma.rn.f32");
    ASSERT_NE(at, std::string::npos);
    bytes[at] = 'q';
    fs::remove(path);
    std::ofstream(path, std::ios::binary) << bytes;
  }
  EXPECT_EQ(run(), "compiled");
}

TEST_F(DeviceCache, PackedKernelsServeNewerDevices) {
  EXPECT_EQ(run("nvptx:sm_75"), "compiled");
  ASSERT_EQ(entries().size(), 1U);
  std::string bytes;
  ASSERT_FALSE(readWholeFile(entries()[0], bytes));
  fs::path packed = folder / "kernels.packed";
  std::ofstream(packed, std::ios::binary) << packKernelFiles({bytes});
  ASSERT_EQ(tconv_add_packed_cache(packed.c_str()), TCONV_OK)
      << tconv_last_error();
  setenv("TCONV_COMPILER_LIBRARY", "/nonexistent/compiler", 1);
  EXPECT_EQ(run("cuda"), "packed cache"); // of a device that is sm_80
}

TEST_F(DeviceCache, ImagesThatMakeNoSenseAreRefused) {
  NaiveKernel naive(params);
  uint64_t code = sizeof(tconv_kernel);
  auto refused = [&](const char *what, auto change) {
    NaiveImage image(naive);
    tconv_kernel_image view = image.view();
    change(image, view);
    view.bytes = image.bytes.data();
    view.relocations = image.relocations.data();
    view.relocation_count = image.relocations.size();
    std::unique_ptr<MappedImage> mapped;
    Status status = MappedImage::map(view, mapped);
    EXPECT_EQ(status.code(), TCONV_ABI_MISMATCH) << what;
    EXPECT_EQ(mapped, nullptr) << what;
  };
  auto word = [](NaiveImage &image, uint64_t at, uint64_t value) {
    std::memcpy(&image.bytes[at], &value, sizeof(value));
  };
  auto without = [](NaiveImage &image, uint64_t at) {
    auto &all = image.relocations;
    all.erase(std::remove(all.begin(), all.end(), at), all.end());
  };
  const uint64_t device = offsetof(tconv_kernel, device);
  const uint64_t text = code + offsetof(tconv_device_code, code);
  const uint64_t size = code + offsetof(tconv_device_code, code_size);
  const uint64_t entry = code + offsetof(tconv_device_code, run_entry);
  {
    NaiveImage image(naive);
    std::unique_ptr<MappedImage> mapped;
    ASSERT_FALSE(MappedImage::map(image.view(), mapped));
    EXPECT_FALSE(checkKernelAbi(mapped->kernel()));
    EXPECT_STREQ(static_cast<const char *>(mapped->kernel()->device->code),
                 naive.ptx.c_str());
  }
  refused("code of the CPU", [](NaiveImage &, tconv_kernel_image &view) {
    view.code_size = TCONV_IMAGE_ALIGNMENT;
  });
  refused(
      "device code that is no address",
      [&](NaiveImage &image, tconv_kernel_image &) { without(image, device); });
  refused("device code beyond the end",
          [&](NaiveImage &image, tconv_kernel_image &) {
            word(image, device, image.bytes.size() - 8);
          });
  refused(
      "text that is no address",
      [&](NaiveImage &image, tconv_kernel_image &) { without(image, text); });
  refused("text beyond the end", [&](NaiveImage &image, tconv_kernel_image &) {
    word(image, size, image.bytes.size());
  });
  refused("size that is an address",
          [&](NaiveImage &image, tconv_kernel_image &) {
            auto &all = image.relocations;
            all.insert(std::upper_bound(all.begin(), all.end(), size), size);
          });
  refused("relocations twice", [&](NaiveImage &image, tconv_kernel_image &) {
    image.relocations.insert(image.relocations.begin(),
                             image.relocations.front());
  });
  refused("name without an end", [&](NaiveImage &image, tconv_kernel_image &) {
    word(image, entry, image.bytes.size());
  });
  refused("code of a GPU in a CPU's image",
          [&](NaiveImage &, tconv_kernel_image &view) {
            view.machine = machineHere();
          });
}

} // namespace
