// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Threads: the pool, the caller's own, and children of fork().
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <numeric>
#include <set>
#include <thread>

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "support/layers.h"
#include "target/target.h"

using namespace tconv::test;

namespace {

class Threads : public testing::Test {
protected:
  void make(const std::string &line, tconv_parallel_for parallelFor = nullptr,
            void *user = nullptr, const char *target = nullptr) {
    params_ = parse(line);
    tconv_layer_options options;
    tconv_layer_options_init(&options);
    options.parallel_for = parallelFor;
    options.parallel_user = user;
    std::string tested = testTarget();
    options.target = target ? target : tested.c_str();
    ASSERT_EQ(tconv_set_seed(9), TCONV_OK);
    tconv_layer *layer = nullptr;
    tconv_status status = tconv_layer_create(&params_, &options, &layer);
    if (status == TCONV_UNSUPPORTED)
      GTEST_SKIP() << tconv_last_error();
    ASSERT_EQ(status, TCONV_OK) << tconv_last_error();
    layer_.reset(layer);
  }

  std::vector<float> run(int64_t batch, int64_t length) {
    Random random(17);
    std::vector<float> x =
        randomValues(random, xElements(params_, batch, length));
    std::vector<float> y(yElements(params_, batch, length));
    EXPECT_EQ(tconv_layer_run(layer_.get(), x.data(), batch, length, y.data()),
              TCONV_OK)
        << tconv_last_error();
    return y;
  }

  static constexpr const char *kLine =
      "in_channels=64 out_channels=40 kernel_size=9 stride=4 has_bias=1";
  tconv_params params_;
  LayerHandle layer_;
};

const char *const kLines[] = {
    "in_channels=64 out_channels=40 kernel_size=9 stride=4 has_bias=1",
    "in_channels=37 out_channels=1 kernel_size=64 stride=16",
    "in_channels=96 out_channels=96 kernel_size=12 stride=2 group=96",
    "in_channels=30 out_channels=42 kernel_size=5 stride=3 dilation=2 group=6",
};

TEST_F(Threads, AnyNumberGivesTheSameBits) {
  for (const char *line : kLines)
    for (auto [batch, length] :
         {std::pair<int64_t, int64_t>(1, 1500), {3, 401}, {1, 9}}) {
      make(line);
      if (IsSkipped())
        return;
      ASSERT_EQ(tconv_set_num_threads(1), TCONV_OK);
      std::vector<float> one = run(batch, length);
      for (int64_t threads : {2, 3, 8}) {
        ASSERT_EQ(tconv_set_num_threads(threads), TCONV_OK);
        EXPECT_EQ(tconv_get_num_threads(), threads);
        EXPECT_EQ(run(batch, length), one) << line << " threads " << threads;
      }
    }
}

TEST_F(Threads, DefaultIsWhatTheProcessMayUse) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
  unsetenv("TCONV_NUM_THREADS");
  EXPECT_EQ(tconv_get_num_threads(), CPU_COUNT(&allowed));
}

TEST_F(Threads, EnvironmentSetsTheDefault) {
  setenv("TCONV_NUM_THREADS", "5", 1);
  EXPECT_EQ(tconv_get_num_threads(), 5);
}

TEST_F(Threads, NonsenseInTheEnvironmentIsSaid) {
  setenv("TCONV_NUM_THREADS", "many", 1);
  setenv("TCONV_VERBOSE", "1", 1);
  testing::internal::CaptureStderr();
  EXPECT_GE(tconv_get_num_threads(), 1);
  EXPECT_NE(
      testing::internal::GetCapturedStderr().find("TCONV_NUM_THREADS = 'many'"),
      std::string::npos);
}

TEST_F(Threads, ManyAtOnceOnOneLayer) {
  make(kLine);
  if (IsSkipped())
    return;
  ASSERT_EQ(tconv_set_num_threads(2), TCONV_OK);
  std::vector<float> wanted = run(1, 500);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 10; ++j)
        EXPECT_EQ(run(1, 500), wanted);
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST_F(Threads, WeightsMayChangeWhileOthersRun) {
  make("in_channels=8 out_channels=8 kernel_size=3 stride=2");
  if (IsSkipped())
    return;
  std::vector<float> weights[2], wanted[2];
  const int64_t shape[] = {8, 8, 3};
  for (int i = 0; i < 2; ++i) {
    weights[i].assign(192, static_cast<float>(i + 1));
    ASSERT_EQ(tconv_layer_set_weight(layer_.get(), weights[i].data(), shape, 3),
              TCONV_OK);
    wanted[i] = run(1, 100);
  }
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i)
      EXPECT_EQ(
          tconv_layer_set_weight(layer_.get(), weights[i % 2].data(), shape, 3),
          TCONV_OK);
  });
  for (int i = 0; i < 300; ++i) {
    std::vector<float> y = run(1, 100);
    EXPECT_TRUE(y == wanted[0] || y == wanted[1]) << "a mixture";
  }
  stop = true;
  writer.join();
}

/// Odd parts, the last one first, on two threads.
int oddParts(void *user, tconv_task_fn run, void *tasks, int64_t count) {
  auto *calls = static_cast<std::atomic<int> *>(user);
  std::vector<std::pair<int64_t, int64_t>> parts;
  for (int64_t begin = 0, size = 1; begin < count; begin += size, size += 2)
    parts.emplace_back(begin, std::min(begin + size, count));
  size_t half = parts.size() / 2;
  std::thread other([&] {
    for (size_t i = parts.size(); i > half; --i)
      run(tasks, parts[i - 1].first, parts[i - 1].second);
  });
  for (size_t i = half; i > 0; --i)
    run(tasks, parts[i - 1].first, parts[i - 1].second);
  other.join();
  run(tasks, count, count); // an empty part is fine
  ++*calls;
  return 0;
}

TEST_F(Threads, CallersOwnGiveTheSameBits) {
  for (const char *line : kLines) {
    make(line);
    if (IsSkipped())
      return;
    std::vector<float> wanted = run(2, 700);
    std::atomic<int> calls{0};
    make(line, oddParts, &calls);
    EXPECT_EQ(run(2, 700), wanted) << line;
    EXPECT_EQ(calls, 1);
  }
}

/// The parts that a kernel was run in: how many of each size, and the positions
/// that their blocks were said to have.
std::mutex partsMutex;
std::multiset<int64_t> parts;
std::set<int64_t> blocksSaid;
void notePart(const tconv_kernel_args *args, int64_t begin, int64_t end) {
  std::lock_guard<std::mutex> lock(partsMutex);
  parts.insert(end - begin);
  blocksSaid.insert(args->task_positions);
}
void packNothing(const tconv_pack_args *) {}

/// A kernel of a layer of its own, worth threads, in blocks of 100 positions,
/// which isn't registered yet.
tconv_kernel *noteParts(int64_t columns, int64_t workspaceBytes) {
  static int64_t outputs = 10;
  ++outputs;
  auto *kernel = new tconv_kernel(); // for good, as what is registered
  kernel->abi_version = TCONV_KERNEL_ABI_VERSION;
  kernel->struct_size = sizeof(*kernel);
  kernel->in_channels = 1000;
  kernel->out_channels = outputs;
  kernel->kernel_size = kernel->stride = kernel->dilation = kernel->groups = 1;
  kernel->dtype = TCONV_F32;
  kernel->workspace_bytes = workspaceBytes;
  kernel->task_positions = 100;
  kernel->task_columns = columns;
  kernel->pack = packNothing;
  kernel->run = notePart;
  kernel->description = "{}";
  kernel->target = tconv::levelsHere()[0].c_str();
  kernel->accuracy = TCONV_ACCURACY_DIRECT;
  return kernel;
}

/// Registers and runs it; the parts that it was run in.
std::multiset<int64_t> partsOf(const tconv_kernel *kernel, int64_t positions,
                               tconv_parallel_for parallelFor = nullptr,
                               void *user = nullptr) {
  EXPECT_EQ(tconv_register_kernels(&kernel, 1), TCONV_OK) << tconv_last_error();
  tconv_params params = parse("in_channels=1000 kernel_size=1 out_channels=" +
                              std::to_string(kernel->out_channels));
  tconv_layer_options options;
  tconv_layer_options_init(&options);
  options.parallel_for = parallelFor;
  options.parallel_user = user;
  tconv_layer *layer = nullptr;
  EXPECT_EQ(tconv_layer_create(&params, &options, &layer), TCONV_OK);
  LayerHandle handle(layer);
  std::vector<float> x(1000 * positions), y(kernel->out_channels * positions);
  parts.clear();
  blocksSaid.clear();
  EXPECT_EQ(tconv_layer_run(layer, x.data(), 1, positions, y.data()), TCONV_OK)
      << tconv_last_error();
  return parts;
}

/// The parts that two threads get of `blocks` blocks of positions, each with
/// `columns` tasks.
std::multiset<int64_t> partsOf(int64_t blocks, int64_t columns,
                               int64_t workspaceBytes) {
  return partsOf(noteParts(columns, workspaceBytes), 100 * blocks);
}

TEST(Parts, AreFewWhereEachPacksItsInput) {
  if (tconv::levelsHere().empty())
    GTEST_SKIP() << "no kernels are made for this machine";
  setenv("TCONV_COMPILER_LIBRARY", "/nonexistent/compiler", 1);
  ASSERT_EQ(tconv_set_num_threads(2), TCONV_OK);
  using Sizes = std::multiset<int64_t>;
  // One block, packed once by each thread.
  EXPECT_EQ(partsOf(2, 64, 64), (Sizes{64, 64}));
  EXPECT_EQ(partsOf(7, 16, 64), (Sizes{56, 56}));
  // Many blocks: whole ones, which nobody packs twice.
  EXPECT_EQ(partsOf(32, 3, 64), (Sizes{12, 12, 12, 12, 12, 12, 12, 12}));
  EXPECT_EQ(partsOf(31, 3, 64), (Sizes{12, 12, 12, 12, 12, 12, 12, 9}));
  // ... of which both threads have as many.
  EXPECT_EQ(partsOf(30, 3, 64), (Sizes{9, 9, 9, 9, 9, 9, 9, 9, 9, 9}));
  // Nothing is packed: parts that even out.
  EXPECT_EQ(partsOf(2, 64, 0), (Sizes{16, 16, 16, 16, 16, 16, 16, 16}));
}

// As many blocks of positions as the kernel makes, but even ones, whoever runs
// them.
TEST(Parts, BlocksOfPositionsAreEven) {
  if (tconv::levelsHere().empty())
    GTEST_SKIP() << "no kernels are made for this machine";
  setenv("TCONV_COMPILER_LIBRARY", "/nonexistent/compiler", 1);
  using Said = std::set<int64_t>;
  struct {
    int64_t granule, positions, said;
  } const cases[] = {
      {10, 200, 0},    {10, 500, 0}, // one block is as ever
      {10, 501, 260},                // two
      {10, 1250, 420}, {125, 1250, 0},
      {1, 1250, 417},  {10, 1500, 0}, // all of them whole
      {0, 501, 0},     {0, 1250, 0},  // no choice
  };
  for (const auto &one : cases)
    for (int64_t threads : {0, 1, 2, 3}) { // 0: the caller's own
      SCOPED_TRACE(std::to_string(one.positions) + " positions, granule " +
                   std::to_string(one.granule) + ", threads " +
                   std::to_string(threads));
      tconv_kernel *kernel = noteParts(/*columns=*/8, /*workspaceBytes=*/64);
      kernel->task_positions = 500;
      kernel->task_granule = one.granule;
      std::atomic<int> calls{0};
      if (threads == 0) {
        partsOf(kernel, one.positions, oddParts, &calls);
        EXPECT_EQ(calls, 1);
      } else {
        ASSERT_EQ(tconv_set_num_threads(threads), TCONV_OK);
        std::multiset<int64_t> run = partsOf(kernel, one.positions);
        EXPECT_EQ(std::accumulate(run.begin(), run.end(), int64_t(0)),
                  8 * ((one.positions + 499) / 500));
      }
      EXPECT_EQ(blocksSaid, (Said{one.said}));
    }
}

// One block of one column would be a single thread's.
TEST(Parts, ShortLaunchesHaveMoreBlocks) {
  if (tconv::levelsHere().empty())
    GTEST_SKIP() << "no kernels are made for this machine";
  setenv("TCONV_COMPILER_LIBRARY", "/nonexistent/compiler", 1);
  for (int64_t threads : {1, 2, 3}) {
    SCOPED_TRACE(std::to_string(threads) + " threads");
    ASSERT_EQ(tconv_set_num_threads(threads), TCONV_OK);
    tconv_kernel *kernel = noteParts(/*columns=*/1, /*workspaceBytes=*/64);
    kernel->task_positions = 500;
    kernel->task_granule = 10;
    std::multiset<int64_t> run = partsOf(kernel, 400);
    EXPECT_EQ(std::accumulate(run.begin(), run.end(), int64_t(0)), 8);
    EXPECT_EQ(blocksSaid, (std::set<int64_t>{50}));
  }
}

// The field behind the end of an older kernel is not read.
TEST(Parts, OlderKernelsKeepTheirBlocks) {
  if (tconv::levelsHere().empty())
    GTEST_SKIP() << "no kernels are made for this machine";
  setenv("TCONV_COMPILER_LIBRARY", "/nonexistent/compiler", 1);
  ASSERT_EQ(tconv_set_num_threads(2), TCONV_OK);
  tconv_kernel *kernel = noteParts(/*columns=*/1, /*workspaceBytes=*/64);
  kernel->struct_size = offsetof(tconv_kernel, task_granule);
  kernel->task_positions = 500;
  kernel->task_granule = 10;
  EXPECT_EQ(partsOf(kernel, 501), (std::multiset<int64_t>{1, 1}));
  EXPECT_EQ(blocksSaid, (std::set<int64_t>{0}));
}

int refuse(void *, tconv_task_fn, void *, int64_t) { return 3; }
int forget(void *, tconv_task_fn run, void *tasks, int64_t count) {
  run(tasks, 0, count - 1);
  return 0;
}
int overrun(void *, tconv_task_fn run, void *tasks, int64_t count) {
  run(tasks, 0, count + 1);
  return 0;
}

TEST_F(Threads, CallersFailuresAreStatuses) {
  const std::pair<tconv_parallel_for, const char *> cases[] = {
      {refuse, "parallel_for: returned 3 instead of running the tasks"},
      {forget, "parallel_for: ran "},
      {overrun, "parallel_for: ran a part that isn't within the "}};
  for (auto [function, message] : cases) {
    make("in_channels=2 out_channels=3 kernel_size=3", function);
    if (IsSkipped())
      return;
    std::vector<float> x(20), y(30);
    EXPECT_EQ(tconv_layer_run(layer_.get(), x.data(), 1, 10, y.data()),
              TCONV_INVALID_VALUE);
    EXPECT_EQ(std::string(tconv_last_error()).find(message), 0u)
        << tconv_last_error();
  }
}

TEST_F(Threads, TheReferenceRunsOnThemToo) {
  std::atomic<int> calls{0};
  make(kLine, nullptr, nullptr, "reference");
  std::vector<float> wanted = run(1, 200);
  make(kLine, oddParts, &calls, "reference");
  EXPECT_EQ(run(1, 200), wanted);
  EXPECT_EQ(calls, 1);
}

/// Whether a child ends well, within a time.
bool childSucceeds(const std::function<bool()> &work) {
  pid_t child = fork();
  if (child == 0) {
    alarm(60); // a deadlock is a failure, not a hang
    _exit(work() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(Threads, ChildrenUseTheirParentsLayers) {
  make(kLine);
  if (IsSkipped())
    return;
  ASSERT_EQ(tconv_set_num_threads(2), TCONV_OK);
  std::vector<float> wanted = run(1, 1500); // the pool has its threads now
  EXPECT_TRUE(childSucceeds([&] {
    return run(1, 1500) == wanted &&
           // grandchildren, too
           childSucceeds([&] { return run(1, 1500) == wanted; });
  }));
  EXPECT_EQ(run(1, 1500), wanted);
}

TEST_F(Threads, ForkWhileOthersWork) {
#if defined(__SANITIZE_ADDRESS__)
  // A thread in the middle of an allocation holds a lock of ASan's allocator,
  // which g++ 12's does not release in the child.
  GTEST_SKIP() << "ASan's allocator does not survive fork() beside threads";
#endif
  make(kLine);
  if (IsSkipped())
    return;
  ASSERT_EQ(tconv_set_num_threads(2), TCONV_OK);
  std::vector<float> wanted = run(1, 300);
  std::vector<float> weight(weightElements(params_));
  ASSERT_EQ(tconv_layer_get_weight(layer_.get(), weight.data()), TCONV_OK);
  const int64_t shape[] = {64, 40, 9};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    while (!stop)
      run(1, 300);
  });
  threads.emplace_back([&] { // changes state all the time: packs and draws
    while (!stop) {
      tconv_layer_set_weight(layer_.get(), weight.data(), shape, 3);
      run(1, 300);
      tconv_layer *other = nullptr;
      tconv_layer_create(&params_, nullptr, &other);
      tconv_layer_destroy(other);
      tconv_cache_stats stats;
      tconv_get_cache_stats(&stats);
    }
  });
  for (int i = 0; i < 25; ++i) {
    EXPECT_TRUE(childSucceeds([&] {
      tconv_layer *fresh = nullptr;
      bool fine = tconv_layer_create(&params_, nullptr, &fresh) == TCONV_OK;
      tconv_layer_destroy(fresh);
      return fine && run(1, 300) == wanted &&
             tconv_layer_set_weight(layer_.get(), weight.data(), shape, 3) ==
                 TCONV_OK &&
             run(1, 300) == wanted;
    }));
  }
  stop = true;
  for (std::thread &thread : threads)
    thread.join();
}

} // namespace
