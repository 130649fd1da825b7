// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernel files in a folder, shared by any number of processes.
//
//   KEY.tconv   an entry. It comes by a rename and is never changed; its time
//               of modification is that of its last use.
//   KEY.tmp     an entry that is being made. Whoever makes it holds a lock on
//               it, so that one process compiles and the others wait. A lock
//               goes with its process, so what a killed one has left is known.
//   KEY.bad     an entry that was wrong, set aside.
//
// Readers take no lock: what they have opened stays whole when it is replaced
// or removed.
#ifndef TCONV_SRC_KERNEL_DISK_CACHE_H
#define TCONV_SRC_KERNEL_DISK_CACHE_H

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernel/disk_cache_settings.h"
#include "kernel/kernel_file.h"

namespace tconv {

/// A file descriptor that closes itself.
class File {
public:
  explicit File(int descriptor = -1) : descriptor_(descriptor) {}
  ~File() { reset(-1); }
  File(File &&other) noexcept : descriptor_(other.release()) {}
  File &operator=(File &&other) noexcept {
    reset(other.release());
    return *this;
  }
  int get() const { return descriptor_; }
  bool isOpen() const { return descriptor_ >= 0; }
  int release() {
    int descriptor = descriptor_;
    descriptor_ = -1;
    return descriptor;
  }
  void reset(int descriptor);

private:
  int descriptor_;
};

/// A file of a cache's folder.
struct DiskCacheFile {
  enum class Kind { entry, bad, unfinished };
  std::string name;
  Kind kind;
  uint64_t bytes = 0;
  int64_t lastUse = 0; ///< nanoseconds since 1970
};

class DiskCache {
public:
  /// Opens the folder; makes it where it is missing and `create`. Refuses one
  /// that others may write to: whoever writes there has his code run here.
  static Status open(const std::string &folder, uint64_t limit, bool create,
                     std::unique_ptr<DiskCache> &result);

  /// The right to make one entry, which one process has at a time. It must not
  /// outlive its cache.
  class Ticket {
  public:
    Ticket() = default;
    Ticket(Ticket &&) = default;
    Ticket &operator=(Ticket &&) = delete;
    ~Ticket();
    bool isOpen() const { return file_.isOpen(); }

  private:
    friend class DiskCache;
    const DiskCache *cache_ = nullptr;
    std::string name_; ///< of the temporary file; "" once it is renamed
    File file_;
  };

  enum class Found {
    yes,
    no,
    wrong ///< there was one; it has been set aside
  };
  /// Reads an entry and notes its use. `file` points into `bytes`; `why` says
  /// what was wrong.
  Found read(const KernelKey &key, std::string &bytes, KernelFile &file,
             std::string &why) const;
  /// Puts an entry out of the way that turned out to be of no use.
  void setAside(const KernelKey &key) const;

  /// Waits until this process may make the entry, or until it is there
  /// (`appeared`). The status says why neither comes: the folder can't be
  /// written to, or another has been at it for too long.
  Status begin(const KernelKey &key, Ticket &ticket, bool &appeared) const;

  /// Writes the entry, then makes room: the least recently used ones go.
  Status finish(Ticket &ticket, const KernelKey &key,
                const std::string &bytes) const;

  /// All files of the folder that are the cache's, last used first.
  Status list(std::vector<DiskCacheFile> &files) const;
  /// Reads one of them.
  Status readFile(const std::string &name, std::string &bytes) const;
  Status remove(const std::string &name) const;
  /// Removes what killed processes have left, then least recently used entries
  /// until `limit` bytes are left at most, but not `keep`.
  Status prune(uint64_t limit, const std::string &keep,
               std::vector<DiskCacheFile> *removed = nullptr) const;

  const std::string &folder() const { return folder_; }
  uint64_t limit() const { return limit_; }

private:
  DiskCache(std::string folder, uint64_t limit, File directory)
      : folder_(std::move(folder)), limit_(limit),
        directory_(std::move(directory)) {}
  bool isNamed(const std::string &name, int descriptor) const;

  std::string folder_;
  uint64_t limit_;
  File directory_;
};

} // namespace tconv

#endif // TCONV_SRC_KERNEL_DISK_CACHE_H
