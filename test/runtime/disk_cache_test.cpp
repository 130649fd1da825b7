// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The disk cache under fire: killed writers, full disks, crowds, rot, clocks.
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/disk_cache.h"
#include "support/image.h"
#include "support/layers.h"

using namespace tconv;
using namespace tconv::test;
namespace fs = std::filesystem;

namespace {

constexpr uint64_t kPlenty = uint64_t(1) << 30;

KernelKey keyOf(int number) {
  return {"request " + std::to_string(number), "build=x"};
}

/// The entry of a key: its description is the key's number, so that one taken
/// for another is seen.
std::string entryOf(int number, size_t padding = 3000) {
  std::string description = std::to_string(number);
  FakeImage image(parse("in_channels=4 out_channels=6 kernel_size=5"),
                  description, padding);
  return writeKernelFile(keyOf(number), description, image.view());
}

class DiskCacheTest : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "tconv-cache-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root = pattern;
    folder = root + "/a/b";
  }
  void TearDown() override { fs::remove_all(root); }

  std::unique_ptr<DiskCache> open(uint64_t limit = kPlenty) {
    std::unique_ptr<DiskCache> cache;
    Status status = DiskCache::open(folder, limit, /*create=*/true, cache);
    EXPECT_FALSE(status) << status.message();
    return cache;
  }

  static Status store(const DiskCache &cache, int number,
                      const std::string &bytes) {
    DiskCache::Ticket ticket;
    bool appeared;
    if (Status error = cache.begin(keyOf(number), ticket, appeared))
      return error;
    if (appeared)
      return Status::ok();
    return cache.finish(ticket, keyOf(number), bytes);
  }
  static Status store(const DiskCache &cache, int number) {
    return store(cache, number, entryOf(number));
  }

  /// Reads an entry; "" where there is none. Fails the test where it is
  /// another's.
  static std::string read(const DiskCache &cache, int number) {
    std::string bytes, why;
    KernelFile file;
    if (cache.read(keyOf(number), bytes, file, why) != DiskCache::Found::yes)
      return "";
    EXPECT_EQ(file.description, std::to_string(number));
    EXPECT_EQ(bytes, entryOf(number));
    return file.description;
  }

  std::vector<std::string> names(const std::string &ending) const {
    std::vector<std::string> found;
    for (const auto &item : fs::directory_iterator(folder))
      if (item.path().extension() == ending)
        found.push_back(item.path().filename());
    return found;
  }
  std::string pathOf(int number) const {
    return folder + "/" + keyOf(number).name() + ".tconv";
  }
  void setLastUse(int number, std::chrono::hours ago) const {
    fs::last_write_time(pathOf(number), fs::file_time_type::clock::now() - ago);
  }

  std::string root, folder;
};

TEST_F(DiskCacheTest, KeepsAndFinds) {
  auto cache = open();
  EXPECT_EQ(read(*cache, 1), "");
  EXPECT_FALSE(store(*cache, 1));
  EXPECT_EQ(read(*cache, 1), "1");
  EXPECT_EQ(read(*cache, 2), "");
  // Nothing but the entry is left, and nobody else may look at it.
  EXPECT_EQ(names(".tmp").size(), 0u);
  struct stat info;
  ASSERT_EQ(stat(folder.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  ASSERT_EQ(stat(pathOf(1).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(DiskCacheTest, FoldersThatOthersMayWriteToAreRefused) {
  open();
  std::unique_ptr<DiskCache> cache;
  for (mode_t mode : {0720, 0702, 0777, 01777}) {
    ASSERT_EQ(chmod(folder.c_str(), mode), 0);
    Status status = DiskCache::open(folder, kPlenty, true, cache);
    EXPECT_EQ(status.code(), TCONV_UNSUPPORTED);
    EXPECT_NE(status.message().find(folder), std::string::npos);
    EXPECT_EQ(cache, nullptr);
  }
  ASSERT_EQ(chmod(folder.c_str(), 0755), 0);
  EXPECT_FALSE(DiskCache::open(folder, kPlenty, true, cache));
  if (geteuid() != 0)
    return; // only root can give a folder away
  ASSERT_EQ(chown(folder.c_str(), 12345, 12345), 0);
  Status status = DiskCache::open(folder, kPlenty, true, cache);
  EXPECT_NE(status.message().find("belongs to user 12345"), std::string::npos);
}

TEST_F(DiskCacheTest, NoFolderNoCache) {
  std::unique_ptr<DiskCache> cache;
  EXPECT_EQ(DiskCache::open(folder, kPlenty, /*create=*/false, cache).code(),
            TCONV_NOT_FOUND);
  std::ofstream(root + "/file") << "x";
  Status status =
      DiskCache::open(root + "/file/below", kPlenty, /*create=*/true, cache);
  EXPECT_EQ(status.code(), TCONV_NOT_FOUND);
  EXPECT_NE(status.message().find("Not a directory"), std::string::npos)
      << status.message();
}

TEST_F(DiskCacheTest, ReadOnlyFolder) {
  ASSERT_FALSE(store(*open(), 1));
  // Root may write anywhere, so this is somebody else's work.
  fs::permissions(root, fs::perms(0755));
  fs::permissions(root + "/a", fs::perms(0755));
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (geteuid() == 0 &&
        (chown(folder.c_str(), 65534, 65534) != 0 ||
         chown(pathOf(1).c_str(), 65534, 65534) != 0 || setuid(65534) != 0))
      _exit(10);
    if (chmod(folder.c_str(), 0500) != 0)
      _exit(11);
    std::unique_ptr<DiskCache> cache;
    if (DiskCache::open(folder, kPlenty, true, cache))
      _exit(12);
    if (read(*cache, 1) != "1")
      _exit(13);
    Status status = store(*cache, 2);
    if (status.message().find("can't be written: Permission denied") ==
        std::string::npos)
      _exit(14);
    _exit(0);
  }
  int status;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "exit code " << WEXITSTATUS(status);
}

TEST_F(DiskCacheTest, WhatIsWrongIsSetAside) {
  auto cache = open();
  std::string bytes, why;
  KernelFile file;
  int number = 0;
  auto wrong = [&](const std::string &content) {
    ++number;
    std::ofstream(pathOf(number), std::ios::binary) << content;
    EXPECT_EQ(cache->read(keyOf(number), bytes, file, why),
              DiskCache::Found::wrong);
    EXPECT_NE(why.find(pathOf(number)), std::string::npos) << why;
    EXPECT_EQ(names(".bad").size(), static_cast<size_t>(number));
    // It is out of the way: the next look finds nothing, and a new one fits.
    EXPECT_EQ(cache->read(keyOf(number), bytes, file, why),
              DiskCache::Found::no);
    EXPECT_FALSE(store(*cache, number));
    EXPECT_EQ(read(*cache, number), std::to_string(number));
  };
  wrong("");
  wrong("short");
  wrong(entryOf(3).substr(0, 4000));
  wrong(entryOf(4) + "x");
  wrong(entryOf(77)); // sound, but another's
  std::string flipped = entryOf(6);
  flipped[flipped.size() / 2] ^= 1;
  wrong(flipped);
}

TEST_F(DiskCacheTest, WhatIsNoFileIsNoEntry) {
  auto cache = open();
  std::string bytes, why;
  KernelFile file;
  ASSERT_FALSE(store(*cache, 1));
  // A link may lead anywhere, a pipe would wait for ever.
  fs::create_symlink(pathOf(1), pathOf(2));
  EXPECT_NE(cache->read(keyOf(2), bytes, file, why), DiskCache::Found::yes);
  ASSERT_EQ(mkfifo(pathOf(3).c_str(), 0600), 0);
  EXPECT_NE(cache->read(keyOf(3), bytes, file, why), DiskCache::Found::yes);
  fs::create_directory(pathOf(4));
  EXPECT_NE(cache->read(keyOf(4), bytes, file, why), DiskCache::Found::yes);
}

TEST_F(DiskCacheTest, TheLeastRecentlyUsedGo) {
  uint64_t size = entryOf(1).size();
  auto cache = open(4 * size + size / 2);
  for (int number : {1, 2, 3, 4})
    ASSERT_FALSE(store(*cache, number));
  for (int number : {1, 2, 3, 4})
    setLastUse(number, std::chrono::hours(10 * number));
  EXPECT_EQ(read(*cache, 4), "4"); // longest ago, until now
  ASSERT_FALSE(store(*cache, 5));
  EXPECT_EQ(read(*cache, 3), "");
  for (int number : {1, 2, 4, 5})
    EXPECT_EQ(read(*cache, number), std::to_string(number));
  // What others keep there is not the cache's to remove.
  std::ofstream(folder + "/notes.txt") << std::string(10 * size, 'x');
  ASSERT_FALSE(store(*cache, 6));
  EXPECT_TRUE(fs::exists(folder + "/notes.txt"));
  EXPECT_EQ(names(".tconv").size(), 4u);
}

TEST_F(DiskCacheTest, WhatWasSetAsideGoesFirst) {
  uint64_t size = entryOf(1).size();
  auto cache = open(2 * size + size / 2);
  ASSERT_FALSE(store(*cache, 1));
  setLastUse(1, std::chrono::hours(100));
  cache->setAside(keyOf(1));
  ASSERT_FALSE(store(*cache, 2));
  setLastUse(2, std::chrono::hours(200));
  ASSERT_FALSE(store(*cache, 3));
  EXPECT_EQ(names(".bad").size(), 0u);
  EXPECT_EQ(read(*cache, 2), "2");
}

TEST_F(DiskCacheTest, LargerThanTheWholeCache) {
  auto cache = open(1000);
  Status status = store(*cache, 1);
  EXPECT_EQ(status.code(), TCONV_UNSUPPORTED);
  EXPECT_NE(status.message().find("1000"), std::string::npos);
  EXPECT_TRUE(fs::is_empty(folder));
}

TEST_F(DiskCacheTest, TheClockIsSetBack) {
  uint64_t size = entryOf(1).size();
  auto cache = open(3 * size + size / 2);
  for (int number : {1, 2, 3})
    ASSERT_FALSE(store(*cache, number));
  // Used when the clock was a year ahead. What is stored now has to stay, and
  // those may not stay for a year.
  for (int number : {1, 2, 3})
    setLastUse(number, std::chrono::hours(-24 * 365));
  for (int number : {4, 5, 6}) {
    ASSERT_FALSE(store(*cache, number));
    EXPECT_EQ(read(*cache, number), std::to_string(number));
  }
  for (int number : {7, 8})
    ASSERT_FALSE(store(*cache, number));
  EXPECT_EQ(names(".tconv").size(), 3u);
  for (int number : {1, 2, 3})
    EXPECT_EQ(read(*cache, number), "");
}

TEST_F(DiskCacheTest, TheFolderIsDeletedWhileInUse) {
  auto cache = open();
  ASSERT_FALSE(store(*cache, 1));
  DiskCache::Ticket ticket;
  bool appeared;
  ASSERT_FALSE(cache->begin(keyOf(2), ticket, appeared));
  fs::remove_all(folder);
  EXPECT_EQ(read(*cache, 1), "");
  EXPECT_TRUE(cache->finish(ticket, keyOf(2), entryOf(2)));
  EXPECT_TRUE(store(*cache, 3));
  EXPECT_FALSE(cache->prune(0, "")); // there is nothing to remove
  // Whoever opens it anew makes it anew.
  auto anew = open();
  EXPECT_FALSE(store(*anew, 3));
  EXPECT_EQ(read(*anew, 3), "3");
}

TEST_F(DiskCacheTest, OneMakesItTheOthersWait) {
  auto cache = open();
  DiskCache::Ticket ticket;
  bool appeared;
  ASSERT_FALSE(cache->begin(keyOf(1), ticket, appeared));
  EXPECT_FALSE(appeared);
  std::atomic<int> waited{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      DiskCache::Ticket own;
      bool there = false;
      EXPECT_FALSE(cache->begin(keyOf(1), own, there));
      EXPECT_TRUE(there);
      waited += there;
    });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(waited, 0);
  ASSERT_FALSE(cache->finish(ticket, keyOf(1), entryOf(1)));
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(read(*cache, 1), "1");
  EXPECT_EQ(names(".tmp").size(), 0u);
}

TEST_F(DiskCacheTest, WhatTheKilledLeaveIsRemoved) {
  auto cache = open();
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    DiskCache::Ticket ticket;
    bool appeared;
    if (cache->begin(keyOf(1), ticket, appeared))
      _exit(1);
    raise(SIGKILL);
  }
  int status;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(names(".tmp").size(), 1u);
  DiskCache::Ticket alive;
  bool appeared;
  ASSERT_FALSE(cache->begin(keyOf(2), alive, appeared));
  std::vector<DiskCacheFile> removed;
  ASSERT_FALSE(cache->prune(kPlenty, "", &removed));
  ASSERT_EQ(removed.size(), 1u);
  EXPECT_EQ(removed[0].name, keyOf(1).name() + ".tmp");
  // The living one's is left to it.
  ASSERT_FALSE(cache->finish(alive, keyOf(2), entryOf(2)));
  EXPECT_EQ(read(*cache, 2), "2");
}

TEST_F(DiskCacheTest, WhatTheKilledLeaveIsNotKept) {
  auto cache = open();
  // Longer than what comes now, and nobody holds a lock on it.
  std::ofstream(folder + "/" + keyOf(1).name() + ".tmp")
      << entryOf(1, 20000) << "and more";
  ASSERT_FALSE(store(*cache, 1));
  EXPECT_EQ(read(*cache, 1), "1");
}

/// Stores without end, in a process that will not see it coming.
[[noreturn]] void storeUntilKilled(const std::string &folder, unsigned seed) {
  for (unsigned i = seed;; ++i) {
    std::unique_ptr<DiskCache> cache;
    if (DiskCache::open(folder, 40000, /*create=*/true, cache))
      _exit(1);
    int number = static_cast<int>(i % 12);
    DiskCache::Ticket ticket;
    bool appeared;
    if (cache->begin(keyOf(number), ticket, appeared))
      _exit(2);
    // Stored anew even where it is there: more to be killed in.
    if (ticket.isOpen() &&
        cache->finish(ticket, keyOf(number), entryOf(number)))
      _exit(3);
  }
}

TEST_F(DiskCacheTest, KilledAThousandTimes) {
  auto cache = open();
  Random random(1);
  int found = 0, leftOver = 0;
  for (int round = 0; round < 1000; ++round) {
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0)
      storeUntilKilled(folder, static_cast<unsigned>(round));
    usleep(static_cast<useconds_t>(random() % 3000));
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int status;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "exit code " << WEXITSTATUS(status);
    leftOver += !names(".tmp").empty();
    for (int number = 0; number < 12; ++number)
      found += !read(*cache, number).empty();
    // An entry is whole or it isn't there.
    ASSERT_TRUE(names(".bad").empty()) << "round " << round;
  }
  // It was worth it: entries came about, and writers died in the middle.
  EXPECT_GT(found, 1000);
  EXPECT_GT(leftOver, 50);
  ASSERT_FALSE(cache->prune(kPlenty, ""));
  EXPECT_EQ(names(".tmp").size(), 0u);
}

TEST_F(DiskCacheTest, TheDiskIsFull) {
  // Files of at most so many bytes, in a child that lives to tell: every
  // possible place to run out at.
  auto cache = open();
  size_t size = entryOf(1).size();
  for (size_t limit = 0; limit < size; limit += limit < 64 ? 1 : 501) {
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      signal(SIGXFSZ, SIG_IGN);
      rlimit bytes = {limit, limit};
      if (setrlimit(RLIMIT_FSIZE, &bytes) != 0)
        _exit(10);
      Status status = store(*cache, 1);
      if (status.message().find("can't be written: File too large") ==
          std::string::npos)
        _exit(11);
      _exit(read(*cache, 1).empty() ? 0 : 12);
    }
    int status;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0) << "exit code " << WEXITSTATUS(status);
    ASSERT_TRUE(fs::is_empty(folder)) << "something is left at " << limit;
  }
  EXPECT_FALSE(store(*cache, 1));
}

/// One process of the crowd: 16 threads that store and read under a limit so
/// small that there is always something to remove. Its exit code counts what
/// was wrong.
int crowd(const std::string &folder, unsigned seed) {
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (unsigned thread = 0; thread < 16; ++thread)
    threads.emplace_back([&, thread] {
      Random random(seed * 16 + thread);
      for (int i = 0; i < 60; ++i) {
        int number = static_cast<int>(random() % 24);
        std::unique_ptr<DiskCache> cache;
        if (DiskCache::open(folder, 60000, /*create=*/true, cache)) {
          ++wrong;
          continue;
        }
        std::string bytes, why;
        KernelFile file;
        DiskCache::Found found = cache->read(keyOf(number), bytes, file, why);
        if (found == DiskCache::Found::wrong)
          ++wrong;
        if (found == DiskCache::Found::yes) {
          if (bytes != entryOf(number))
            ++wrong;
          continue;
        }
        DiskCache::Ticket ticket;
        bool appeared;
        if (cache->begin(keyOf(number), ticket, appeared) ||
            (!appeared &&
             cache->finish(ticket, keyOf(number), entryOf(number))))
          ++wrong;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  return std::min(wrong.load(), 100);
}

TEST_F(DiskCacheTest, ACrowdWithEvictionRunning) {
  open();
  std::vector<pid_t> children;
  for (unsigned seed = 0; seed < 8; ++seed) {
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0)
      _exit(crowd(folder, seed));
    children.push_back(child);
  }
  for (pid_t child : children) {
    int status;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << "wrong: " << WEXITSTATUS(status);
  }
  uint64_t total = 0;
  for (const auto &item : fs::directory_iterator(folder))
    total += item.file_size();
  EXPECT_LE(total, 60000u);
  EXPECT_EQ(names(".tmp").size(), 0u);
}

class SettingsTest : public testing::Test {
protected:
  static void set(const char *name, const char *value) {
    if (value)
      setenv(name, value, 1);
    else
      unsetenv(name);
  }
  static DiskCacheSettings with(const char *dir, const char *xdg,
                                const char *home, const char *size) {
    set("TCONV_CACHE_DIR", dir);
    set("XDG_CACHE_HOME", xdg);
    set("HOME", home);
    set("TCONV_CACHE_SIZE", size);
    return diskCacheSettings();
  }
};

TEST_F(SettingsTest, TheFolder) {
  EXPECT_EQ(with("/d", "/x", "/h", nullptr).folder, "/d");
  EXPECT_EQ(with(nullptr, "/x", "/h", nullptr).folder, "/x/tconv");
  EXPECT_EQ(with("", "/x", "/h", nullptr).folder, "/x/tconv");
  EXPECT_EQ(with(nullptr, "relative", "/h", nullptr).folder, "/h/.cache/tconv");
  DiskCacheSettings none = with(nullptr, nullptr, nullptr, nullptr);
  EXPECT_EQ(none.folder, "");
  EXPECT_NE(none.why.find("HOME"), std::string::npos);
}

TEST_F(SettingsTest, TheSize) {
  auto limit = [](const char *size) { return with("/d", "", "", size).limit; };
  EXPECT_EQ(limit(nullptr), uint64_t(256) << 20);
  EXPECT_EQ(limit("1000"), 1000u);
  EXPECT_EQ(limit("3K"), 3072u);
  EXPECT_EQ(limit("64M"), uint64_t(64) << 20);
  EXPECT_EQ(limit("2G"), uint64_t(2) << 30);
  // Nonsense is said, and the default taken.
  setenv("TCONV_VERBOSE", "1", 1);
  testing::internal::CaptureStderr();
  for (const char *nonsense : {"-1", "x", "64MB", "1e6", " 1", "G",
                               "99999999999999999999", "18446744073709551615K"})
    EXPECT_EQ(limit(nonsense), uint64_t(256) << 20) << nonsense;
  std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("TCONV_CACHE_SIZE = '64MB'"), std::string::npos) << said;
  EXPECT_EQ(with("/d", "", "", "0").folder, "");
}

} // namespace
