/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * libpthreadpool synchronizes by atomics in code that isn't instrumented, so
 * that ThreadSanitizer doesn't see that a launch happens before its tasks and
 * they before its end. Linked into the runtime with --wrap in that build, this
 * says so. A suppression would hide the tasks' own races as well.
 */
#include <stddef.h>

#include <pthreadpool.h>
#include <sanitizer/tsan_interface.h>

struct launch {
  pthreadpool_task_1d_t task;
  void *context;
  char begin, end; /* only their addresses matter */
};

void __real_pthreadpool_parallelize_1d(pthreadpool_t pool,
                                       pthreadpool_task_1d_t task,
                                       void *context, size_t range,
                                       uint32_t flags);
void __wrap_pthreadpool_parallelize_1d(pthreadpool_t pool,
                                       pthreadpool_task_1d_t task,
                                       void *context, size_t range,
                                       uint32_t flags);

static void run(void *context, size_t index) {
  struct launch *launch;
  __tsan_acquire(context);
  launch = context;
  launch->task(launch->context, index);
  __tsan_release(&launch->end);
}

void __wrap_pthreadpool_parallelize_1d(pthreadpool_t pool,
                                       pthreadpool_task_1d_t task,
                                       void *context, size_t range,
                                       uint32_t flags) {
  struct launch launch = {task, context, 0, 0};
  __tsan_release(&launch);
  __real_pthreadpool_parallelize_1d(pool, run, &launch, range, flags);
  __tsan_acquire(&launch.end);
}
