// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tuning/tuning.h"

#include <mutex>

#include <sys/stat.h>

#include "kernel/compiler_loader.h"
#include "support/environment.h"
#include "tuning/tuning_file.h"

using namespace tconv;

namespace {

/// What a file on disk was when it was read: a change of any means another.
struct Stamp {
  std::string path, schedules;
  int64_t size = -1;
  uint64_t inode = 0;
  int64_t seconds = 0, nanoseconds = 0;

  bool operator==(const Stamp &other) const {
    return std::tie(path, schedules, size, inode, seconds, nanoseconds) ==
           std::tie(other.path, other.schedules, other.size, other.inode,
                    other.seconds, other.nanoseconds);
  }
};

Stamp stampOf(const std::string &path) {
  Stamp stamp;
  stamp.path = path;
  stamp.schedules = environment("TCONV_SCHEDULE_PATH");
  struct stat info;
  if (stat(path.c_str(), &info) == 0) {
    stamp.size = info.st_size;
    stamp.inode = info.st_ino;
    stamp.seconds = info.st_mtim.tv_sec;
    stamp.nanoseconds = info.st_mtim.tv_nsec;
  }
  return stamp;
}

/// The file that was read last, and whether it is good for anything.
class Tuning {
public:
  std::string find(const std::string &path, const KernelRequest &request) {
    std::lock_guard<std::mutex> lock(mutex_);
    Stamp now = stampOf(path);
    if (!(now == stamp_)) {
      file_ = read(path);
      stamp_ = now;
    }
    const TuningEntry *entry = file_.find(tuningKey(request));
    if (!entry || !entry->tuned || !mayTake(request, entry->choice))
      return "";
    return formatChoice(entry->choice);
  }

private:
  static bool mayTake(const KernelRequest &request,
                      const ScheduleChoice &choice) {
    return request.engine.empty() ||
           request.engine ==
               (choice.engine.empty() ? kDefaultEngine : choice.engine);
  }

  static TuningFile read(const std::string &path) {
    TuningFile file;
    std::string why;
    if (Status error = readTuningFile(path, file))
      why = error.message();
    else if (why =
                 differs(file.identity,
                         identityHere(compilerLine(EngineKind::mlir),
                                      file.identity.halide.empty()
                                          ? ""
                                          : compilerLine(EngineKind::halide)));
             !why.empty())
      why = path + ": " + why;
    if (why.empty())
      return file;
    sayOnce("tuning file not used: " + why);
    return {};
  }

  std::mutex mutex_;
  Stamp stamp_;
  TuningFile file_;
};

} // namespace

std::string tconv::tunedChoice(const KernelRequest &request) {
  std::string path = environment("TCONV_TUNING");
  if (path.empty())
    return "";
  static Tuning *tuning = new Tuning;
  return tuning->find(path, request);
}

void tconv::sayRefused(const KernelRequest &request, const Status &why) {
  say("tuning: '" + request.tuning + "' for " +
      formatLayerLine(request.params) +
      " is refused, the cost model's choice is taken: " + why.message());
}
