// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How the tasks of a launch are divided among threads.
#ifndef TCONV_SRC_THREADS_PARTS_H
#define TCONV_SRC_THREADS_PARTS_H

#include <cstdint>

namespace tconv {

/// Tasks [0, count) and what is known of them.
struct TaskRange {
  int64_t count;
  /// So many tasks in a row, a block, share work that each part of them does
  /// anew.
  int64_t sharing = 1;
  /// A rough number of multiply-adds: too small a launch isn't worth waking
  /// threads for.
  double work;
  /// The last `sharing` of so many tasks in a row are short; 0: none is.
  int64_t period = 0;
  /// Their work as a part of another's.
  double shortWork = 1;
  /// What a block's tasks share, as a part of a task's work.
  double sharedWork = 1;
};

/// How many tasks a part has at most where so many threads run them: what lets
/// the last thread end early, if each takes parts by turns.
int64_t tasksPerPart(const TaskRange &range, int64_t threads);

} // namespace tconv

#endif // TCONV_SRC_THREADS_PARTS_H
