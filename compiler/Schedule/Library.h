// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds schedule files: schedules/<target>/<feature>/<kind>.mlir.
#ifndef TCONV_COMPILER_SCHEDULE_LIBRARY_H
#define TCONV_COMPILER_SCHEDULE_LIBRARY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

namespace mlir::tconv {

/// A schedule file that was built in.
struct EmbeddedSchedule {
  const char *path;
  const char *text;
};
extern const EmbeddedSchedule embeddedSchedules[];
extern const unsigned embeddedScheduleCount;

struct Schedule {
  std::string name; ///< path, or "builtin:" and the path below schedules/
  std::string text;
};

/// The schedule of a kind for a feature such as "cpu/avx2", else that for the
/// target's "portable" feature; in each case a file below `folder` (if not
/// empty) comes before the built-in one.
std::optional<Schedule> findSchedule(llvm::StringRef feature,
                                     llvm::StringRef kind,
                                     llvm::StringRef folder);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_SCHEDULE_LIBRARY_H
