// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-compile/files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <utility>
#include <vector>

#include <unistd.h>

using namespace tconv;

namespace {

Status cantWrite(const std::string &path, int error) {
  return Status(TCONV_NOT_FOUND,
                path + ": can't be written: " + std::strerror(error));
}

/// Temporary files; those that were not renamed go with this object.
class Pending {
public:
  ~Pending() {
    for (const auto &[from, to] : renames_)
      std::remove(from.c_str());
  }

  Status write(const std::string &path, const std::string &bytes) {
    // A folder is the one thing that a file can't be renamed to in the end.
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
      return cantWrite(path, EISDIR);
    // Builds run in parallel, and a user's own file must not be hit: the name
    // has this process in it, and "x" takes no file that is there already.
    std::string name = path + "." + std::to_string(getpid()) + ".tmp";
    std::FILE *file = std::fopen(name.c_str(), "wbx");
    if (!file)
      return cantWrite(path, errno);
    renames_.emplace_back(name, path);
    bool good =
        std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
    int error = errno;
    if (std::fclose(file) != 0 && good) {
      good = false;
      error = errno;
    }
    return good ? Status::ok() : cantWrite(path, error);
  }

  Status finish() {
    while (!renames_.empty()) {
      const auto &[from, to] = renames_.back();
      if (std::rename(from.c_str(), to.c_str()) != 0)
        return cantWrite(to, errno);
      renames_.pop_back();
    }
    return Status::ok();
  }

private:
  std::vector<std::pair<std::string, std::string>> renames_;
};

} // namespace

Status
tconv::tools::writeFiles(const std::map<std::string, std::string> &files) {
  Pending pending;
  for (const auto &[path, bytes] : files)
    if (Status status = pending.write(path, bytes))
      return status;
  return pending.finish();
}

Status tconv::tools::finishOutput() {
  std::cout.flush();
  if (std::cout)
    return Status::ok();
  // It may have failed long before: errno says nothing here.
  return Status(TCONV_NOT_FOUND, "standard output: can't be written");
}
