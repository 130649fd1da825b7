// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// race_stress [ACTIONS]: threads that do everything at once to layers that they
// share: make, run, change, describe and destroy them, while the cache's
// capacity, the pool's size and the seed change. Made for ThreadSanitizer, but
// results are checked in every build: a launch must see one set of weights and
// one bias, whole.
//
// The compiler is test/runtime's fake one, which is slow and refuses some of
// the requests.
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tconv/tconv.h"

namespace {

constexpr int kThreads = 6;
constexpr size_t kSlots = 5;
/// Weights, and biases, are all of one value out of 1 ... kValues.
constexpr int kValues = 3;
/// One value more than that: biases are told from weights by it.
constexpr float kBiasUnit = 1.0f / 64;

std::atomic<int> failures{0};

#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      ++failures;                                                              \
      std::fprintf(stderr, "%s:%d: does not hold: %s (%s)\n", __FILE__,        \
                   __LINE__, #condition, tconv_last_error());                  \
    }                                                                          \
  } while (false)

using Random = std::mt19937_64;

struct Destroy {
  void operator()(tconv_layer *layer) const { tconv_layer_destroy(layer); }
};
using Layer = std::shared_ptr<tconv_layer>;

/// The layers that the threads share. A handle must not be destroyed while it
/// is in use, so that a thread holds a share of what it uses; whoever lets go
/// last destroys it.
struct Slots {
  std::mutex mutex;
  Layer layers[kSlots];

  Layer get(size_t slot) {
    std::lock_guard<std::mutex> lock(mutex);
    return layers[slot];
  }
  void put(size_t slot, Layer layer) {
    std::lock_guard<std::mutex> lock(mutex);
    layers[slot].swap(layer);
  }
} slots;

/// A caller's own threads: the first half of the tasks on another one.
int onTwoThreads(void *, tconv_task_fn run, void *tasks, int64_t count) {
  std::thread other([&] { run(tasks, 0, count / 2); });
  run(tasks, count / 2, count);
  other.join();
  return 0;
}

tconv_params paramsOf(size_t slot) {
  tconv_params params;
  tconv_params_init(&params);
  params.in_channels = slot == 0 ? 8 : 2; // the first has two length classes
  params.out_channels = 2 + static_cast<int64_t>(slot);
  params.kernel_size = 3;
  params.stride = 2;
  params.pad_mode = TCONV_VALID;
  params.has_bias = 1;
  return params;
}

/// All of one value, which is not in the initial weights' range.
void setWeight(tconv_layer *layer, int value) {
  tconv_params p;
  CHECK(tconv_layer_params(layer, &p) == TCONV_OK);
  const int64_t shape[] = {p.in_channels, p.out_channels, p.kernel_size};
  std::vector<float> weight(static_cast<size_t>(shape[0] * shape[1] * shape[2]),
                            static_cast<float>(value));
  CHECK(tconv_layer_set_weight(layer, weight.data(), shape, 3) == TCONV_OK);
}

void setBias(tconv_layer *layer, int value) {
  tconv_params p;
  CHECK(tconv_layer_params(layer, &p) == TCONV_OK);
  std::vector<float> bias(static_cast<size_t>(p.out_channels),
                          kBiasUnit * static_cast<float>(value));
  CHECK(tconv_layer_set_bias(layer, bias.data(), &p.out_channels, 1) ==
        TCONV_OK);
}

void readBack(tconv_layer *layer) {
  tconv_params p;
  CHECK(tconv_layer_params(layer, &p) == TCONV_OK);
  std::vector<float> weight(
      static_cast<size_t>(p.in_channels * p.out_channels * p.kernel_size));
  std::vector<float> bias(static_cast<size_t>(p.out_channels));
  CHECK(tconv_layer_get_weight(layer, weight.data()) == TCONV_OK);
  CHECK(tconv_layer_get_bias(layer, bias.data()) == TCONV_OK);
  for (float value : weight)
    CHECK(value == weight[0]);
  for (float value : bias)
    CHECK(value == bias[0]);
}

/// Two threads ask at once for weights that are still to be filled in. What
/// lets them go puts them in no order.
void readBackTwice(tconv_layer *layer) {
  std::atomic<int> ready{0};
  auto read = [&] {
    ready.fetch_add(1, std::memory_order_relaxed);
    while (ready.load(std::memory_order_relaxed) < 2)
      std::this_thread::yield();
    readBack(layer);
  };
  std::thread other(read);
  read();
  other.join();
}

Layer make(Random &random, size_t slot) {
  tconv_params params = paramsOf(slot);
  tconv_layer_options options;
  tconv_layer_options_init(&options);
  if (random() % 4 == 0)
    options.parallel_for = onTwoThreads;
  if (random() % 8 == 0)
    options.target = "reference";
  options.accuracy = static_cast<int32_t>(random() % 2);
  options.compilation = static_cast<int32_t>(random() % 2);
  // Half of the layers come to the threads with weights that are still to be
  // filled in.
  tconv_initializer one;
  CHECK(tconv_initializer_by_name("one", &one) == TCONV_OK);
  bool initial = random() % 2 == 0;
  if (initial)
    options.weight_init = &one;
  tconv_layer *raw = nullptr;
  CHECK(tconv_layer_create(&params, &options, &raw) == TCONV_OK);
  Layer layer(raw, Destroy());
  setBias(raw, 1);
  if (!initial)
    setWeight(raw, 1);
  else if (random() % 2 == 0)
    readBackTwice(raw);
  return layer;
}

/// y of ones is a weight times the number of taps that meet, plus a bias.
void run(tconv_layer *layer, int64_t batch, int64_t length) {
  tconv_params p;
  int64_t outputs = 0;
  CHECK(tconv_layer_params(layer, &p) == TCONV_OK);
  CHECK(tconv_layer_output_length(layer, length, &outputs) == TCONV_OK);
  std::vector<float> x(static_cast<size_t>(batch * p.in_channels * length), 1);
  std::vector<float> y(static_cast<size_t>(batch * p.out_channels * outputs));
  CHECK(tconv_layer_run(layer, x.data(), batch, length, y.data()) == TCONV_OK);
  // The first position meets one tap.
  float weight = std::floor(y[0]) / static_cast<float>(p.in_channels);
  float bias = y[0] - std::floor(y[0]);
  bool whole = weight >= 1 && weight <= kValues && bias >= kBiasUnit &&
               bias <= kValues * kBiasUnit;
  for (size_t i = 0; i < y.size(); ++i) {
    int64_t t = static_cast<int64_t>(i) % outputs;
    bool two = t % 2 == 0 && t > 0 && t < outputs - 1;
    whole &=
        y[i] ==
        weight * static_cast<float>(p.in_channels) * (two ? 2.0f : 1.0f) + bias;
  }
  CHECK(whole);
}

void describe(tconv_layer *layer, int64_t length) {
  std::vector<char> json(4096);
  size_t needed = 0;
  CHECK(tconv_layer_describe(layer, 1, length, json.data(), json.size(),
                             &needed) == TCONV_OK);
  CHECK(needed > 1 && needed < json.size() && json[0] == '{');
}

/// The message is this thread's own, whatever the others fail at.
void fail(tconv_layer *layer, int thread) {
  const int64_t shape[] = {1000 + thread};
  const float value = 1;
  CHECK(tconv_layer_set_weight(layer, &value, shape, 1) == TCONV_INVALID_VALUE);
  std::string wanted = "(" + std::to_string(1000 + thread) + ",)";
  std::this_thread::yield();
  CHECK(std::string(tconv_last_error()).find(wanted) != std::string::npos);
}

void changeProcess(Random &random) {
  switch (random() % 4) {
  case 0:
    CHECK(tconv_set_cache_capacity(1 + static_cast<int64_t>(random() % 4)) ==
          TCONV_OK);
    break;
  case 1:
    CHECK(tconv_set_num_threads(1 + static_cast<int64_t>(random() % 3)) ==
          TCONV_OK);
    CHECK(tconv_get_num_threads() >= 1);
    break;
  case 2:
    CHECK(tconv_set_seed(random()) == TCONV_OK);
    break;
  default: {
    tconv_cache_stats stats;
    CHECK(tconv_get_cache_stats(&stats) == TCONV_OK);
    CHECK(stats.entries >= 0 && stats.hits >= 0 && stats.misses >= 1);
  }
  }
}

/// One action on one of this thread's shares of the layers. They are kept for
/// many actions: a lock of this test's before each would put the threads in an
/// order, and so hide what the runtime fails to.
void act(Random &random, int thread, std::vector<Layer> &shares) {
  size_t slot = random() % kSlots;
  Layer &layer = shares[slot];
  int value = 1 + static_cast<int>(random() % kValues);
  // With few positions, with many, and with enough work for the pool.
  const int64_t lengths[] = {3, 150, 6000};
  int64_t length = lengths[random() % 16 == 0 ? 2 : random() % 2];
  switch (random() % 24) {
  case 0:
    slots.put(slot, make(random, slot));
    for (size_t i = 0; i < kSlots; ++i)
      shares[i] = slots.get(i);
    break;
  case 1:
  case 9:
    setWeight(layer.get(), value);
    break;
  case 2:
  case 10:
    setBias(layer.get(), value);
    break;
  case 3:
    CHECK(tconv_layer_prepare(layer.get(), 1, length) == TCONV_OK);
    break;
  case 4:
    describe(layer.get(), length);
    break;
  case 5:
    readBack(layer.get());
    break;
  case 6:
    fail(layer.get(), thread);
    break;
  case 7:
  case 11:
    changeProcess(random);
    break;
  case 8: {
    Layer own = make(random, slot);
    run(own.get(), 1, length);
    break;
  }
  case 12: // many at once: they are all in one list
    for (int i = 0; i < 10; ++i)
      make(random, slot);
    break;
  default:
    run(layer.get(), 1 + static_cast<int64_t>(random() % 2), length);
  }
}

} // namespace

int main(int argc, char **argv) {
  int actions = argc > 1 ? std::atoi(argv[1]) : 1000;
  setenv("TCONV_COMPILER_LIBRARY", FAKE_COMPILER_LIBRARY, 1);
  setenv("FAKE_COMPILER", "stress", 1);
  Random first(1);
  for (size_t slot = 0; slot < kSlots; ++slot)
    slots.put(slot, make(first, slot));
  run(slots.get(0).get(), 1, 3);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread)
    threads.emplace_back([=] {
      Random random(static_cast<uint64_t>(100 + thread));
      std::vector<Layer> shares;
      for (size_t slot = 0; slot < kSlots; ++slot)
        shares.push_back(slots.get(slot));
      for (int i = 0; i < actions; ++i)
        act(random, thread, shares);
    });
  for (std::thread &thread : threads)
    thread.join();
  tconv_cache_stats stats;
  CHECK(tconv_get_cache_stats(&stats) == TCONV_OK);
  std::printf("%d threads, %d actions each: %lld hits, %lld misses, %lld "
              "waits, %lld evictions, %d failures\n",
              kThreads, actions, static_cast<long long>(stats.hits),
              static_cast<long long>(stats.misses),
              static_cast<long long>(stats.waits),
              static_cast<long long>(stats.evictions), failures.load());
  // What wasn't exercised wasn't tested.
  CHECK(stats.hits > 0 && stats.evictions > 0);
  return failures ? 1 : 0;
}
