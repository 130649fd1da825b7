// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files of arrays: what is written is read back, and a damaged file is refused
// wherever the damage is.
#include "common/arrays.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

using namespace tconv;
using namespace tconv::tools;

namespace {

/// A folder of its own for each test.
class Arrays : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "tconv-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string path(const char *name) const { return folder + "/" + name; }

  static std::string read(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void write(const std::string &path, const std::string &bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  size_t files() const {
    std::filesystem::directory_iterator begin(folder), end;
    return static_cast<size_t>(std::distance(begin, end));
  }

  std::string folder;
};

std::string repeated(const std::string &text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i)
    result += text;
  return result;
}

Array makeArray(const std::vector<int64_t> &shape) {
  Array array;
  array.shape = shape;
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  for (int64_t index = 0; index < count; ++index)
    array.values.push_back(static_cast<float>(index) * 0.37f - 1);
  return array;
}

TEST_F(Arrays, NpyRoundTrip) {
  for (const std::vector<int64_t> &shape : std::vector<std::vector<int64_t>>{
           {}, {1}, {7}, {0, 3, 4}, {2, 3}, {2, 3, 5}}) {
    Array array = makeArray(shape), again;
    Status status = writeNpy(path("a.npy"), array);
    ASSERT_FALSE(status) << status.message();
    status = readNpy(path("a.npy"), again);
    ASSERT_FALSE(status) << status.message();
    EXPECT_EQ(again.shape, array.shape);
    EXPECT_EQ(again.values, array.values);
  }
  EXPECT_EQ(files(), 1u) << "a temporary file was left";
}

TEST_F(Arrays, NpyValuesStartAtMultipleOf64) {
  for (int64_t size : {1, 1000, 1000000}) {
    ASSERT_FALSE(writeNpy(path("a.npy"), makeArray({size, 1})));
    EXPECT_EQ((std::filesystem::file_size(path("a.npy")) -
               static_cast<uintmax_t>(size) * 4) %
                  64,
              0u);
  }
}

TEST_F(Arrays, NpyCutAnywhereIsRefused) {
  ASSERT_FALSE(writeNpy(path("a.npy"), makeArray({2, 3})));
  std::string whole = read(path("a.npy"));
  for (size_t size = 0; size < whole.size(); ++size) {
    write(path("b.npy"), whole.substr(0, size));
    Array array = makeArray({1});
    Status status = readNpy(path("b.npy"), array);
    ASSERT_EQ(status.code(), TCONV_INVALID_VALUE) << size;
    EXPECT_NE(status.message().find("b.npy"), std::string::npos);
    EXPECT_EQ(array.values.size(), 1u) << "a failed read changed the array";
  }
  write(path("b.npy"), whole + "x");
  Array array;
  EXPECT_EQ(readNpy(path("b.npy"), array).code(), TCONV_INVALID_VALUE);
}

/// Reading whatever bytes there are must end in an array that fits its shape or
/// in an error; the sanitizers watch the rest.
TEST_F(Arrays, NpyAnyByteChanged) {
  ASSERT_FALSE(writeNpy(path("a.npy"), makeArray({2, 3})));
  std::string whole = read(path("a.npy"));
  for (size_t index = 0; index < whole.size() - 24; ++index)
    for (char byte : {'\0', '\xff', '9', '\'', '(', ' '}) {
      std::string changed = whole;
      changed[index] = byte;
      write(path("b.npy"), changed);
      Array array;
      if (!readNpy(path("b.npy"), array)) {
        EXPECT_EQ(array.values.size(), 6u) << index;
      }
    }
}

TEST_F(Arrays, NpyHeaderLengthAbove127) {
  // Both bytes of a header's length are unsigned.
  std::string header =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}";
  header.append(245 - header.size(), ' ');
  header += '\n';
  std::string bytes = std::string("\x93NUMPY\x01\x00\xf6\x00", 10) + header +
                      std::string("\x00\x00\x80\x3f", 4);
  write(path("a.npy"), bytes);
  Array array;
  Status status = readNpy(path("a.npy"), array);
  ASSERT_FALSE(status) << status.message();
  EXPECT_EQ(array.values, std::vector<float>{1});
}

std::string npy(const std::string &header) {
  std::string text = header + "\n";
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(text.size());
  bytes += '\0';
  return bytes + text;
}

TEST_F(Arrays, NpyRefusals) {
  struct Refusal {
    std::string bytes;
    tconv_status code;
    const char *message;
  };
  const Refusal refusals[] = {
      {"", TCONV_INVALID_VALUE, "is not a NumPy array"},
      {"RIFF....WAVE....", TCONV_INVALID_VALUE, "is not a NumPy array"},
      {std::string("\x93NUMPY\x09\x00\x00\x00", 10), TCONV_INVALID_VALUE,
       "unknown format version 9"},
      {npy("{'descr': '<f8', 'fortran_order': False, 'shape': (0,), }"),
       TCONV_INVALID_TYPE, "'<f8'; float32"},
      {npy("{'descr': '>f4', 'fortran_order': False, 'shape': (0,), }"),
       TCONV_INVALID_TYPE, "'>f4'"},
      {npy("{'descr': [('a', '<f4')], 'fortran_order': False, "
           "'shape': (0,), }"),
       TCONV_INVALID_TYPE, "dtype"},
      {npy("{'descr': '<f4', 'fortran_order': True, 'shape': (0, 2), }"),
       TCONV_INVALID_VALUE, "Fortran"},
      {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }"),
       TCONV_INVALID_VALUE, "makes no sense"},
      {npy("{'descr': '<f4', 'fortran_order': False, "
           "'shape': (4294967296, 4294967296), }"),
       TCONV_INVALID_VALUE, "too large"},
      {npy("{'descr': '<f4', 'fortran_order': False, "
           "'shape': (99999999999999999999,), }"),
       TCONV_INVALID_VALUE, "too large"},
      {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (" +
           repeated("1, ", 65) + "), }"),
       TCONV_INVALID_VALUE, "more than 64 axes"},
      {npy("{'descr': '<f4', 'fortran_order': False, "
           "'shape': (1000000000000,), }"),
       TCONV_INVALID_VALUE, "cut short"},
  };
  for (const Refusal &refusal : refusals) {
    write(path("bad.npy"), refusal.bytes);
    Array array;
    Status status = readNpy(path("bad.npy"), array);
    EXPECT_EQ(status.code(), refusal.code) << refusal.message;
    EXPECT_NE(status.message().find(refusal.message), std::string::npos)
        << status.message();
    EXPECT_NE(status.message().find("bad.npy"), std::string::npos);
  }
}

TEST_F(Arrays, MissingFilesAndFolders) {
  Array array;
  int64_t rate;
  EXPECT_EQ(readNpy(path("none.npy"), array).code(), TCONV_NOT_FOUND);
  EXPECT_EQ(readWav(path("none.wav"), array, rate).code(), TCONV_NOT_FOUND);
  EXPECT_EQ(readNpy(folder, array).code(), TCONV_NOT_FOUND);
  EXPECT_EQ(readWav(folder, array, rate).code(), TCONV_NOT_FOUND);
  Status status = writeNpy(path("none/a.npy"), makeArray({1}));
  EXPECT_EQ(status.code(), TCONV_NOT_FOUND);
  EXPECT_NE(status.message().find("none/a.npy"), std::string::npos);
  status = writeWav(path("none/a.wav"), makeArray({1, 4}), 8000);
  EXPECT_EQ(status.code(), TCONV_NOT_FOUND);
  EXPECT_EQ(files(), 0u);
}

TEST_F(Arrays, FailedWriteLeavesTheOldFile) {
  ASSERT_FALSE(writeNpy(path("a.npy"), makeArray({3})));
  Status status = writeWhole(path("a.npy"), [](const std::string &temporary) {
    write(temporary, "half");
    return Status(TCONV_INTERNAL, "broken off");
  });
  EXPECT_EQ(status.message(), "broken off");
  EXPECT_EQ(files(), 1u);
  Array array;
  ASSERT_FALSE(readNpy(path("a.npy"), array));
  EXPECT_EQ(array.values.size(), 3u);
}

TEST_F(Arrays, WavRoundTripIsExact) {
  for (int64_t channels : {1, 2, 5}) {
    Array array = makeArray({channels, 100}), again;
    int64_t rate = 0;
    Status status = writeWav(path("a.wav"), array, 44100);
    ASSERT_FALSE(status) << status.message();
    status = readWav(path("a.wav"), again, rate);
    ASSERT_FALSE(status) << status.message();
    EXPECT_EQ(rate, 44100);
    EXPECT_EQ(again.shape, array.shape);
    EXPECT_EQ(again.values, array.values);
  }
  EXPECT_EQ(files(), 1u);
}

TEST_F(Arrays, WavIsTheSameBytesAgain) {
  ASSERT_FALSE(writeWav(path("a.wav"), makeArray({1, 10}), 8000));
  std::string first = read(path("a.wav"));
  EXPECT_EQ(first.find("PEAK"), std::string::npos);
  ASSERT_FALSE(writeWav(path("a.wav"), makeArray({1, 10}), 8000));
  EXPECT_EQ(read(path("a.wav")), first);
}

TEST_F(Arrays, WavCutAnywhereIsRefused) {
  ASSERT_FALSE(writeWav(path("a.wav"), makeArray({2, 9}), 8000));
  std::string whole = read(path("a.wav"));
  for (size_t size = 0; size < whole.size(); ++size) {
    write(path("b.wav"), whole.substr(0, size));
    Array array;
    int64_t rate;
    Status status = readWav(path("b.wav"), array, rate);
    ASSERT_EQ(status.code(), TCONV_INVALID_VALUE) << size;
    EXPECT_NE(status.message().find("b.wav"), std::string::npos);
  }
}

/// 16-bit samples, with `size` in the header of the data.
std::string wav(const std::vector<int16_t> &samples, uint32_t size) {
  std::string bytes("RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0\1\0\1\0"
                    "\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data",
                    40);
  bytes.append(reinterpret_cast<const char *>(&size), 4);
  return bytes.append(reinterpret_cast<const char *>(samples.data()),
                      samples.size() * 2);
}

TEST_F(Arrays, WavSamplesAreScaledToOne) {
  write(path("a.wav"), wav({0, 16384, -32768, 32767}, 8));
  Array array;
  int64_t rate;
  Status status = readWav(path("a.wav"), array, rate);
  ASSERT_FALSE(status) << status.message();
  EXPECT_EQ(rate, 8000);
  EXPECT_EQ(array.values, (std::vector<float>{0, 0.5f, -1, 32767 / 32768.0f}));
}

TEST_F(Arrays, WavFromAPipeHasNoLength) {
  for (uint32_t size : {0xffffffffu, 0x7fffffffu, 0x7ffff000u}) {
    write(path("a.wav"), wav({1, 2, 3}, size));
    Array array;
    int64_t rate;
    Status status = readWav(path("a.wav"), array, rate);
    ASSERT_FALSE(status) << status.message();
    EXPECT_EQ(array.shape, (std::vector<int64_t>{1, 3})) << size;
  }
  write(path("a.wav"), wav({1, 2, 3}, 8));
  Array array;
  int64_t rate;
  EXPECT_TRUE(readWav(path("a.wav"), array, rate));
}

TEST_F(Arrays, WavAnyByteChanged) {
  write(path("a.wav"), wav({1, 2, 3, 4}, 8));
  std::string whole = read(path("a.wav"));
  for (size_t index = 0; index < 44; ++index)
    for (char byte : {'\0', '\x01', '\x7f', '\xff'}) {
      std::string changed = whole;
      changed[index] = byte;
      write(path("b.wav"), changed);
      Array array;
      int64_t rate;
      if (!readWav(path("b.wav"), array, rate)) {
        EXPECT_EQ(array.shape[0] * array.shape[1],
                  static_cast<int64_t>(array.values.size()));
      }
    }
}

TEST_F(Arrays, WavLimits) {
  Status status = writeWav(path("a.wav"), makeArray({1025, 1}), 8000);
  EXPECT_NE(status.message().find("1025"), std::string::npos);
  EXPECT_EQ(files(), 0u);
}

} // namespace
