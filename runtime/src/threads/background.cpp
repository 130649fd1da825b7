// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "threads/background.h"

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <csignal>
#include <pthread.h>

#include "support/environment.h"

using namespace tconv;

namespace {

struct Job {
  const void *owner;
  std::function<void()> run;
};

struct Background {
  std::mutex mutex;
  std::condition_variable done;  ///< of the job that was being done
  std::vector<Job> jobs;         ///< in the order in which they came
  const void *running = nullptr; ///< owner of the job that is being done
  bool hasThread = false;
};

/// Never destroyed: the thread may outlive static destructors.
Background &background() {
  static Background *instance = new Background;
  return *instance;
}

std::atomic<uint32_t> generation{1};

/// At the end of the process no thread of this library's may be about. What is
/// being compiled is finished, for the disk cache.
void endWork() {
  Background &b = background();
  std::unique_lock<std::mutex> lock(b.mutex);
  b.jobs.clear();
  b.done.wait(lock, [&] { return !b.running; });
}

void run(const Job &job) {
  try {
    job.run();
  } catch (const std::exception &error) {
    say(std::string("no kernel from the background: ") + error.what());
  }
}

void *work(void *) {
  Background &b = background();
  std::unique_lock<std::mutex> lock(b.mutex);
  while (!b.jobs.empty()) {
    Job job = std::move(b.jobs.front());
    b.jobs.erase(b.jobs.begin());
    b.running = job.owner;
    lock.unlock();
    run(job);
    job = {};
    lock.lock();
    b.running = nullptr;
    b.done.notify_all();
  }
  b.hasThread = false;
  return nullptr;
}

/// Starts the thread: one of its own kind, though an audio thread ask for it
/// that has real-time priority, and without the program's signals.
bool startThread() {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0)
    return false;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  sched_param ordinary = {};
  pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
  pthread_attr_setschedpolicy(&attributes, SCHED_OTHER);
  pthread_attr_setschedparam(&attributes, &ordinary);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  bool started = pthread_create(&thread, &attributes, work, nullptr) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return started;
}

} // namespace

bool tconv::doInBackground(const void *owner, std::function<void()> job) {
  [[maybe_unused]] static const int atEnd = std::atexit(endWork);
  Background &b = background();
  std::lock_guard<std::mutex> lock(b.mutex);
  b.jobs.push_back({owner, std::move(job)});
  if (b.hasThread || startThread()) {
    b.hasThread = true;
    return true;
  }
  b.jobs.pop_back();
  return false;
}

void tconv::forgetJobs(const void *owner) {
  Background &b = background();
  std::unique_lock<std::mutex> lock(b.mutex);
  for (auto job = b.jobs.begin(); job != b.jobs.end();)
    job = job->owner == owner ? b.jobs.erase(job) : job + 1;
  b.done.wait(lock, [&] { return b.running != owner; });
}

uint32_t tconv::backgroundGeneration() {
  return generation.load(std::memory_order_relaxed);
}

void tconv::backgroundAfterFork() {
  new (&background()) Background;
  ++generation;
}
