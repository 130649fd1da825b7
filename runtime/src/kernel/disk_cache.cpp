// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernel/disk_cache.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/environment.h"

using namespace tconv;

namespace {

constexpr const char *kEntry = ".tconv";
constexpr const char *kUnfinished = ".tmp";
constexpr const char *kBad = ".bad";
/// Larger than any kernel; what is larger isn't read.
constexpr int64_t kMaxFile = int64_t(1) << 30;
/// A process that makes an entry for longer than this is not waited for.
constexpr int64_t kPatience = 30;

Status failed(const std::string &path, const char *what, int error) {
  return {TCONV_NOT_FOUND, path + ": " + what + ": " + std::strerror(error)};
}

int64_t nanoseconds(const timespec &time) {
  return int64_t(time.tv_sec) * 1000000000 + time.tv_nsec;
}

int64_t now(clockid_t clock) {
  timespec time = {};
  clock_gettime(clock, &time);
  return nanoseconds(time);
}

/// Makes a folder and those above it, for nobody else.
Status makeFolders(const std::string &folder) {
  for (size_t slash = 0; slash != std::string::npos;) {
    slash = folder.find('/', slash + 1);
    std::string part = folder.substr(0, slash);
    if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST)
      return failed(part, "can't be made", errno);
  }
  return Status::ok();
}

/// A file or folder is trusted where nobody else could have written it.
bool isOurs(const struct stat &info) {
  return info.st_uid == geteuid() || info.st_uid == 0;
}

/// Reads all of an open file.
bool readAll(int file, std::string &bytes) {
  struct stat info;
  if (fstat(file, &info) != 0)
    return false;
  errno = EINVAL;
  if (!S_ISREG(info.st_mode) || !isOurs(info) || info.st_size > kMaxFile)
    return false;
  bytes.resize(static_cast<size_t>(info.st_size));
  size_t done = 0;
  while (done < bytes.size()) {
    ssize_t count = ::read(file, &bytes[done], bytes.size() - done);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return false;
    if (count == 0)
      break; // it has become shorter; its checksum will tell
    done += static_cast<size_t>(count);
  }
  bytes.resize(done);
  return true;
}

bool writeAll(int file, const std::string &bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    ssize_t count = ::write(file, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR)
      continue;
    if (count == 0)
      errno = ENOSPC;
    if (count <= 0)
      return false;
    done += static_cast<size_t>(count);
  }
  return true;
}

/// Whether a name is one of the cache's: a key and a known ending.
bool isCacheFile(const std::string &name, DiskCacheFile::Kind &kind) {
  constexpr size_t kKeyDigits = 32;
  if (name.find_first_not_of("0123456789abcdef") != kKeyDigits)
    return false;
  std::string end = name.substr(kKeyDigits);
  if (end == kEntry)
    kind = DiskCacheFile::Kind::entry;
  else if (end == kBad)
    kind = DiskCacheFile::Kind::bad;
  else if (end == kUnfinished)
    kind = DiskCacheFile::Kind::unfinished;
  else
    return false;
  return true;
}

} // namespace

void File::reset(int descriptor) {
  if (descriptor_ >= 0)
    close(descriptor_);
  descriptor_ = descriptor;
}

Status DiskCache::open(const std::string &folder, uint64_t limit, bool create,
                       std::unique_ptr<DiskCache> &result) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  File directory(::open(folder.c_str(), kFlags));
  if (!directory.isOpen() && errno == ENOENT && create) {
    if (Status error = makeFolders(folder))
      return error;
    directory.reset(::open(folder.c_str(), kFlags));
  }
  if (!directory.isOpen())
    return failed(folder, "can't be opened", errno);
  struct stat info;
  if (fstat(directory.get(), &info) != 0)
    return failed(folder, "can't be looked at", errno);
  if (!isOurs(info))
    return {TCONV_UNSUPPORTED, folder + ": belongs to user " +
                                   std::to_string(info.st_uid) +
                                   ", who may write to it"};
  if (info.st_mode & (S_IWGRP | S_IWOTH))
    return {TCONV_UNSUPPORTED, folder + ": others may write to it"};
  result.reset(new DiskCache(folder, limit, std::move(directory)));
  return Status::ok();
}

DiskCache::Found DiskCache::read(const KernelKey &key, std::string &bytes,
                                 KernelFile &file, std::string &why) const {
  std::string name = key.name() + kEntry;
  // Not blocking, for it might be no file at all.
  File entry(openat(directory_.get(), name.c_str(),
                    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!entry.isOpen())
    return Found::no;
  if (!readAll(entry.get(), bytes))
    why = std::strerror(errno);
  else if (Status error = readKernelFile(bytes, file))
    why = error.message();
  else if (file.key.text() != key.text())
    why = "is for something else: " + file.key.text();
  else {
    futimens(entry.get(), nullptr); // where it can't be noted, it isn't
    return Found::yes;
  }
  why = folder_ + "/" + name + ": " + why;
  setAside(key);
  return Found::wrong;
}

void DiskCache::setAside(const KernelKey &key) const {
  std::string name = key.name();
  renameat(directory_.get(), (name + kEntry).c_str(), directory_.get(),
           (name + kBad).c_str());
}

/// Whether the file that is open is still the one of that name.
bool DiskCache::isNamed(const std::string &name, int descriptor) const {
  struct stat open, named;
  return fstat(descriptor, &open) == 0 &&
         fstatat(directory_.get(), name.c_str(), &named, AT_SYMLINK_NOFOLLOW) ==
             0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

Status DiskCache::begin(const KernelKey &key, Ticket &ticket,
                        bool &appeared) const {
  std::string name = key.name() + kUnfinished;
  std::string entry = key.name() + kEntry;
  std::string path = folder_ + "/" + name;
  appeared = false;
  int64_t end = now(CLOCK_MONOTONIC) + kPatience * 1000000000;
  for (int64_t nap = 500000;; nap = std::min<int64_t>(2 * nap, 10000000)) {
    File file(openat(directory_.get(), name.c_str(),
                     O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.isOpen())
      return failed(path, "can't be written", errno);
    bool locked = flock(file.get(), LOCK_EX | LOCK_NB) == 0;
    if (!locked && errno != EWOULDBLOCK && errno != EINTR)
      return failed(path, "can't be locked", errno);
    // The name may be another file's by now: the one that was waited for has
    // been renamed, and what is locked here is an entry.
    if (locked && isNamed(name, file.get())) {
      ticket.cache_ = this;
      ticket.name_ = name;
      ticket.file_ = std::move(file);
      // It may have come between the caller's look and the lock.
      appeared = faccessat(directory_.get(), entry.c_str(), F_OK, 0) == 0;
      return Status::ok();
    }
    if (faccessat(directory_.get(), entry.c_str(), F_OK, 0) == 0) {
      appeared = true;
      return Status::ok();
    }
    if (now(CLOCK_MONOTONIC) > end)
      return {TCONV_UNSUPPORTED, path +
                                     ": another process has been at it for " +
                                     std::to_string(kPatience) + " s"};
    timespec time = {0, nap};
    nanosleep(&time, nullptr);
  }
}

DiskCache::Ticket::~Ticket() {
  if (cache_ && !name_.empty() && file_.isOpen() &&
      cache_->isNamed(name_, file_.get()))
    unlinkat(cache_->directory_.get(), name_.c_str(), 0);
}

Status DiskCache::finish(Ticket &ticket, const KernelKey &key,
                         const std::string &bytes) const {
  std::string name = key.name() + kEntry;
  std::string path = folder_ + "/" + name;
  if (bytes.size() > limit_)
    return {TCONV_UNSUPPORTED, path + ": its " + std::to_string(bytes.size()) +
                                   " bytes are more than the whole cache may "
                                   "have, " +
                                   std::to_string(limit_)};
  int file = ticket.file_.get();
  // A killed process may have left a part of it.
  if (ftruncate(file, 0) != 0 || !writeAll(file, bytes) || fsync(file) != 0)
    return failed(path, "can't be written", errno);
  if (!isNamed(ticket.name_, file))
    return failed(path, "can't be written", ENOENT);
  if (renameat(directory_.get(), ticket.name_.c_str(), directory_.get(),
               name.c_str()) != 0)
    return failed(path, "can't be written", errno);
  ticket.name_.clear();
  return prune(limit_, name);
}

Status DiskCache::list(std::vector<DiskCacheFile> &files) const {
  File folder(
      openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  DIR *stream = folder.isOpen() ? fdopendir(folder.get()) : nullptr;
  if (!stream)
    return failed(folder_, "can't be read", errno);
  folder.release(); // the stream's now
  files.clear();
  while (const dirent *item = readdir(stream)) {
    DiskCacheFile file;
    file.name = item->d_name;
    struct stat info;
    // What has gone since, has gone.
    if (!isCacheFile(file.name, file.kind) ||
        fstatat(dirfd(stream), item->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(info.st_mode))
      continue;
    file.bytes = static_cast<uint64_t>(info.st_size);
    file.lastUse = nanoseconds(info.st_mtim);
    files.push_back(std::move(file));
  }
  closedir(stream);
  std::sort(files.begin(), files.end(),
            [](const DiskCacheFile &a, const DiskCacheFile &b) {
              return a.lastUse != b.lastUse ? a.lastUse > b.lastUse
                                            : a.name < b.name;
            });
  return Status::ok();
}

Status DiskCache::readFile(const std::string &name, std::string &bytes) const {
  File file(openat(directory_.get(), name.c_str(),
                   O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.isOpen() || !readAll(file.get(), bytes))
    return failed(folder_ + "/" + name, "can't be read", errno);
  return Status::ok();
}

Status DiskCache::remove(const std::string &name) const {
  if (unlinkat(directory_.get(), name.c_str(), 0) != 0 && errno != ENOENT)
    return failed(folder_ + "/" + name, "can't be removed", errno);
  return Status::ok();
}

Status DiskCache::prune(uint64_t limit, const std::string &keep,
                        std::vector<DiskCacheFile> *removed) const {
  std::vector<DiskCacheFile> files;
  if (Status error = list(files))
    return error;
  uint64_t total = 0;
  auto drop = [&](const DiskCacheFile &file) {
    if (Status error = remove(file.name))
      return error;
    if (removed)
      removed->push_back(file);
    return Status::ok();
  };
  std::vector<DiskCacheFile> candidates;
  int64_t today = now(CLOCK_REALTIME);
  for (DiskCacheFile &file : files) {
    if (file.kind == DiskCacheFile::Kind::unfinished) {
      // Its maker holds a lock for as long as it lives.
      File open(openat(directory_.get(), file.name.c_str(),
                       O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
      if (open.isOpen() && flock(open.get(), LOCK_EX | LOCK_NB) == 0 &&
          isNamed(file.name, open.get())) {
        if (Status error = drop(file))
          return error;
        continue;
      }
    }
    total += file.bytes;
    if (file.kind == DiskCacheFile::Kind::unfinished || file.name == keep)
      continue;
    // The clock was set back: a use in the future counts as one now, and ages
    // from here on like the others.
    if (file.lastUse > today) {
      file.lastUse = today;
      utimensat(directory_.get(), file.name.c_str(), nullptr,
                AT_SYMLINK_NOFOLLOW);
    }
    candidates.push_back(file);
  }
  // First what is of no use, then what was used longest ago.
  std::sort(candidates.begin(), candidates.end(),
            [](const DiskCacheFile &a, const DiskCacheFile &b) {
              bool aBad = a.kind == DiskCacheFile::Kind::bad;
              bool bBad = b.kind == DiskCacheFile::Kind::bad;
              if (aBad != bBad)
                return aBad;
              return a.lastUse != b.lastUse ? a.lastUse < b.lastUse
                                            : a.name < b.name;
            });
  for (const DiskCacheFile &file : candidates) {
    if (total <= limit)
      break;
    if (Status error = drop(file))
      return error;
    total -= std::min(total, file.bytes);
  }
  return Status::ok();
}
