// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernel images, kernel files and packed caches: what is sound is read back,
// whatever is not is refused.
#include <cstring>

#include <gtest/gtest.h>

#include "kernel/image.h"
#include "kernel/kernel_file.h"
#include "kernel/packed_cache.h"
#include "support/image.h"
#include "support/layers.h"

using namespace tconv;
using namespace tconv::test;

namespace {

const char *const kLine = "in_channels=4 out_channels=6 kernel_size=5 stride=2";

KernelKey keyOf(const std::string &request) { return {request, "build=x"}; }

std::string makeFile(const std::string &request = "a request") {
  FakeImage image(parse(kLine), "{\"made\": \"for a test\"}");
  return writeKernelFile(keyOf(request), "{\"how\": 1}", image.view());
}

std::string whyNot(std::string_view bytes) {
  KernelFile file;
  return readKernelFile(bytes, file).message();
}

/// Writes a number into a file's header, and the checksum that makes it good.
std::string forge(std::string bytes, size_t at, uint64_t value, size_t size) {
  std::memcpy(&bytes[at], &value, size);
  uint64_t checksum = checksum64(std::string_view(bytes).substr(24));
  std::memcpy(&bytes[16], &checksum, sizeof(checksum));
  return bytes;
}

TEST(Image, RunsWhereItIsMapped) {
  FakeImage image(parse(kLine), "described");
  std::unique_ptr<MappedImage> mapped;
  Status status = MappedImage::map(image.view(), mapped);
  ASSERT_FALSE(status) << status.message();
  const tconv_kernel &kernel = *mapped->kernel();
  EXPECT_EQ(kernel.kernel_size, 5);
  EXPECT_STREQ(kernel.description, "described");
  kernel.pack(nullptr);
  kernel.run(nullptr, 0, 0);
  // Neither its code nor its data can be written to any more.
  EXPECT_DEATH(const_cast<tconv_kernel &>(kernel).stride = 1, "");
  EXPECT_DEATH(*reinterpret_cast<char *>(kernel.run) = 1, "");
}

TEST(Image, WhatMakesNoSenseIsRefused) {
  FakeImage image(parse(kLine), "described");
  auto refused = [&](auto &&change) {
    FakeImage changed = image;
    tconv_kernel_image view = changed.view();
    change(changed, view);
    std::unique_ptr<MappedImage> mapped;
    Status status = MappedImage::map(view, mapped);
    EXPECT_TRUE(status);
    EXPECT_EQ(mapped, nullptr);
    return status.message();
  };
  using View = tconv_kernel_image;
  EXPECT_NE(refused([](auto &, View &v) { v.machine = 1; }).find("machine = 1"),
            std::string::npos);
  refused([](auto &, View &v) { v.struct_size = 4; });
  refused([](auto &, View &v) { v.bytes = nullptr; });
  refused([](auto &, View &v) { v.size = 0; });
  refused([](auto &, View &v) { v.size = uint64_t(1) << 40; });
  refused(
      [](auto &, View &v) { v.size = v.kernel + sizeof(tconv_kernel) - 1; });
  refused([](auto &, View &v) { v.code_size = 100; });
  refused([](auto &, View &v) { v.code_size = v.size + 4096; });
  refused([](auto &, View &v) { v.kernel += 1; });
  refused([](auto &, View &v) { v.kernel = v.size; });
  refused([](auto &, View &v) { v.kernel = UINT64_MAX - 7; });
  refused([](auto &, View &v) { v.kernel = 0; }); // in the code
  refused([](auto &, View &v) { v.relocations = nullptr; });
  for (uint64_t at : {uint64_t(0), image.relocations[0] + 1, UINT64_MAX - 7,
                      uint64_t(image.bytes.size() - 4)})
    refused([&](FakeImage &i, View &) { i.relocations[0] = at; });
  uint64_t beyond = image.bytes.size() + 1;
  refused([&](FakeImage &i, View &) {
    std::memcpy(&i.bytes[i.relocations[0]], &beyond, sizeof(beyond));
  });
}

TEST(KernelFile, IsReadBack) {
  std::string bytes = makeFile();
  KernelFile file;
  Status status = readKernelFile(bytes, file);
  ASSERT_FALSE(status) << status.message();
  EXPECT_EQ(file.key.text(), "a request\nbuild=x");
  EXPECT_EQ(file.description, "{\"how\": 1}");
  EXPECT_EQ(kernelFileSize(bytes), bytes.size());
  std::unique_ptr<MappedImage> mapped;
  status = MappedImage::map(file.image, mapped);
  ASSERT_FALSE(status) << status.message();
  EXPECT_STREQ(mapped->kernel()->description, "{\"made\": \"for a test\"}");
}

TEST(KernelFile, EveryFlippedBitIsSeen) {
  std::string bytes = makeFile();
  for (size_t i = 0; i < bytes.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      bytes[i] ^= char(1 << bit);
      ASSERT_NE(whyNot(bytes), "") << "byte " << i << ", bit " << bit;
      bytes[i] ^= char(1 << bit);
    }
  EXPECT_EQ(whyNot(bytes), "");
}

TEST(KernelFile, EveryTruncationIsSeen) {
  std::string bytes = makeFile();
  for (size_t size = 0; size < bytes.size(); ++size)
    ASSERT_NE(whyNot(std::string_view(bytes).substr(0, size)), "") << size;
  EXPECT_NE(whyNot(bytes + '\0'), "");
}

TEST(KernelFile, ForgedSizesAreRefused) {
  std::string bytes = makeFile();
  for (size_t at : {24, 56, 64, 72, 80}) {
    uint64_t was;
    std::memcpy(&was, &bytes[at], sizeof(was));
    for (uint64_t value :
         {uint64_t(0), was - 1, was + 1, was + 8, uint64_t(bytes.size()),
          uint64_t(1) << 61, uint64_t(1) << 63, UINT64_MAX - 7, UINT64_MAX}) {
      if (value == was)
        continue;
      EXPECT_NE(whyNot(forge(bytes, at, value, 8)), "")
          << "at " << at << ": " << value;
    }
  }
  EXPECT_NE(whyNot(forge(bytes, 32, 1, 1)), ""); // the key
}

TEST(KernelFile, ForgedImagesAreNotMapped) {
  std::string bytes = makeFile();
  for (size_t at : {52, 88, 96}) {
    std::string forged = forge(bytes, at, 12345, at == 52 ? 4 : 8);
    KernelFile file;
    Status status = readKernelFile(forged, file);
    ASSERT_FALSE(status) << status.message();
    std::unique_ptr<MappedImage> mapped;
    EXPECT_TRUE(MappedImage::map(file.image, mapped));
    EXPECT_EQ(mapped, nullptr);
  }
}

TEST(KernelFile, AnotherVersionIsRefused) {
  std::string bytes = makeFile();
  EXPECT_NE(whyNot(forge(bytes, 8, 2, 4)).find("format version = 2: must be 1"),
            std::string::npos);
}

TEST(PackedCache, GivesBackWhatWasPacked) {
  std::string a = makeFile("a"), b = makeFile("bb"), c = makeFile("ccc");
  std::string packed = packKernelFiles({a, b, c, a});
  EXPECT_EQ(packed, packKernelFiles({c, b, a}));
  std::vector<std::string_view> files;
  Status status = unpackKernelFiles(packed, files);
  ASSERT_FALSE(status) << status.message();
  ASSERT_EQ(files.size(), 3u);
  for (const std::string &file : {a, b, c})
    EXPECT_EQ(std::count(files.begin(), files.end(), file), 1);
  std::string none = packKernelFiles({});
  EXPECT_FALSE(unpackKernelFiles(none, files));
  EXPECT_TRUE(files.empty());
}

TEST(PackedCache, EveryFlipAndTruncationIsSeen) {
  std::string packed = packKernelFiles({makeFile("a"), makeFile("bb")});
  std::vector<std::string_view> files = {"unchanged"};
  for (size_t i = 0; i < packed.size(); ++i) {
    ASSERT_TRUE(
        unpackKernelFiles(std::string_view(packed).substr(0, i), files));
    packed[i] ^= char(1 << i % 8);
    ASSERT_TRUE(unpackKernelFiles(packed, files)) << i;
    packed[i] ^= char(1 << i % 8);
  }
  EXPECT_EQ(files.size(), 1u);
  // Nonsense with a good checksum.
  for (size_t at : {size_t(24), size_t(32), size_t(40 + 24)})
    for (uint64_t value : {uint64_t(0), uint64_t(7), UINT64_MAX})
      EXPECT_TRUE(unpackKernelFiles(forge(packed, at, value, 8), files));
}

} // namespace
