// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A GPU of operating system threads, one for each thread of a block, for
// kernels that retarget.cpp has made: compiled by clang with a sanitizer, and
// for ThreadSanitizer without being watched itself. So that ThreadSanitizer
// sees what orders a GPU's threads and nothing else, the barrier of a block
// tells it what it orders, and what else threads wait for here is hidden from
// it: that the lanes of a warp meet in mma and ldmatrix orders no memory.
//
// Two blocks run at a time, with nothing between them that orders.
//
// Usage: PROGRAM REQUEST RESULT; the request is the file that host_test.cpp
// writes, the result holds y.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <pthread.h>
#include <vector>

#ifdef HOST_GPU_TSAN
extern "C" void __tsan_acquire(void *address);
extern "C" void __tsan_release(void *address);
extern "C" void __tsan_read_range(void *address, unsigned long bytes);
extern "C" void __tsan_write_range(void *address, unsigned long bytes);
#else
static void __tsan_acquire(void *) {}
static void __tsan_release(void *) {}
static void __tsan_read_range(void *, unsigned long) {}
static void __tsan_write_range(void *, unsigned long) {}
#endif

extern "C" void tconv_kernel_main_run(char *x, char *packed, char *bias,
                                      char *y, int64_t batch, int64_t length,
                                      int64_t outputs, int64_t, int64_t,
                                      int64_t, int64_t);
extern "C" void tconv_kernel_main_pack(char *weight, char *packed);

namespace {

constexpr uint32_t kLanes = 32;
constexpr int kSlots = 2;

[[noreturn]] void die(const char *what) {
  std::fprintf(stderr, "host_gpu: %s\n", what);
  std::_Exit(3);
}

/// Threads that wait for one another, by system calls that no sanitizer knows.
class Gate {
public:
  explicit Gate(uint32_t size) : size_(size) {}

  /// All have to come for the same reason.
  void wait(uint32_t reason) {
    uint32_t phase = phase_.load();
    reasons_.fetch_add(reason);
    if (count_.fetch_add(1) + 1 == size_) {
      if (reasons_.load() != reason * size_)
        die("divergent barrier");
      reasons_ = 0;
      count_ = 0;
      phase_.fetch_add(1);
      syscall(SYS_futex, &phase_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr,
              0);
      return;
    }
    while (phase_.load() == phase)
      syscall(SYS_futex, &phase_, FUTEX_WAIT_PRIVATE, phase, nullptr, nullptr,
              0);
  }

private:
  std::atomic<uint32_t> count_{0}, reasons_{0}, phase_{0};
  uint32_t size_;
};

struct Words {
  uint32_t word[12];
};

struct WarpState {
  explicit WarpState(uint32_t lanes) : gate(lanes) {}
  Gate gate;
  Words given[2][kLanes]; ///< by the lanes, for this meeting and the last one
  unsigned char rows[2][kLanes][16];
};

struct BlockState {
  explicit BlockState(uint32_t threads, int64_t sharedBytes) : gate(threads) {
    for (uint32_t first = 0; first < threads; first += kLanes)
      warps.push_back(std::make_unique<WarpState>(
          threads - first < kLanes ? threads - first : kLanes));
    void *memory = nullptr;
    // Exactly so much, so that AddressSanitizer sees its end. All ones are NaN
    // in every type.
    if (sharedBytes && posix_memalign(&memory, 128, sharedBytes))
      die("out of memory");
    shared = static_cast<char *>(memory);
    if (shared)
      std::memset(shared, 0xff, sharedBytes);
  }
  ~BlockState() { std::free(shared); }

  Gate gate;
  /// What ThreadSanitizer takes as ordering: barriers in turns, so that one
  /// thread's next one says nothing to those that still leave the last one.
  char order[2];
  std::vector<std::unique_ptr<WarpState>> warps;
  char *shared = nullptr;
};

struct Copy {
  char *to;
  char *from;
  uint32_t bytes, present; ///< of what is read; the rest is zero
};

struct Thread {
  uint32_t tid, block, barriers, meetings;
  BlockState *state;
  std::vector<std::vector<Copy>> groups; ///< committed, not yet waited for
  std::vector<Copy> copies;              ///< not yet committed
};
thread_local Thread self;

void blockBarrier(uint32_t reason) {
  char *order = &self.state->order[self.barriers++ % 2];
  __tsan_release(order);
  self.state->gate.wait(reason);
  __tsan_acquire(order);
}

WarpState &warp() { return *self.state->warps[self.tid / kLanes]; }

/// Hands words to the other lanes; what they have handed comes back.
const Words *meet(const Words &mine, uint32_t reason) {
  uint32_t side = self.meetings++ % 2;
  warp().given[side][self.tid % kLanes] = mine;
  warp().gate.wait(reason);
  return warp().given[side];
}

/// Nothing can be said of the place while the copy is under way: it is written
/// now and when the copy is waited for.
void issue(char *to, char *from, uint32_t bytes, uint32_t present) {
  __tsan_write_range(to, bytes);
  std::memset(to, 0xff, bytes);
  if (present)
    __tsan_read_range(from, present);
  self.copies.push_back({to, from, bytes, present});
}

void waitFor(size_t left) {
  while (self.groups.size() > left) {
    for (const Copy &copy : self.groups.front()) {
      __tsan_write_range(copy.to, copy.bytes);
      if (copy.present)
        std::memcpy(copy.to, copy.from, copy.present);
      std::memset(copy.to + copy.present, 0, copy.bytes - copy.present);
    }
    self.groups.erase(self.groups.begin());
  }
}

float asFloat(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

uint32_t asBits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return bits;
}

double fromF16(uint32_t bits) {
  int exponent = bits >> 10 & 31;
  double magnitude = bits & 1023;
  if (exponent == 31)
    magnitude = magnitude ? NAN : INFINITY;
  else
    magnitude = exponent ? std::ldexp(magnitude + 1024, exponent - 25)
                         : std::ldexp(magnitude, -24);
  return bits & 0x8000 ? -magnitude : magnitude;
}
double fromBf16(uint32_t bits) { return asFloat(bits << 16); }

/// Sums of products in double, rounded once. Each lane makes its own four.
/// @param registers of a and b; two elements each, or one where `pick` is null
void multiply(float *result, const uint32_t *a, uint32_t aCount,
              const uint32_t *b, uint32_t bCount, const float *c,
              double (*pick)(uint32_t)) {
  Words mine = {};
  std::memcpy(mine.word, a, aCount * 4);
  std::memcpy(mine.word + 4, b, bCount * 4);
  const Words *all = meet(mine, 2);
  uint32_t lane = self.tid % kLanes, row = lane / 4, column = lane % 4 * 2;
  for (uint32_t out = 0; out < 4; ++out) {
    double sum = c[out];
    uint32_t below = out / 2, bLane = (column + out % 2) * 4;
    for (uint32_t part = 0; part < bCount; ++part)
      for (uint32_t k = 0; k < 4; ++k) {
        uint32_t x = all[row * 4 + k].word[part * 2 + below];
        uint32_t y = all[bLane + k].word[4 + part];
        if (pick)
          sum += pick(x & 0xffff) * pick(y & 0xffff) +
                 pick(x >> 16) * pick(y >> 16);
        else
          sum += static_cast<double>(asFloat(x)) * asFloat(y);
      }
    result[out] = static_cast<float>(sum);
  }
}

/// Matrices of 8 x 8 elements of two bytes: lane l has brought row l mod 8 of
/// matrix l / 8.
void loadMatrices(uint32_t *result, char *row, int count, bool transposed) {
  uint32_t lane = self.tid % kLanes, side = self.meetings++ % 2;
  WarpState &here = warp();
  if (static_cast<int>(lane) < count * 8) {
    __tsan_read_range(row, 16);
    std::memcpy(here.rows[side][lane], row, 16);
  }
  here.gate.wait(3);
  for (int matrix = 0; matrix < count; ++matrix)
    for (uint32_t half = 0; half < 2; ++half) {
      uint32_t first = lane / 4, second = lane % 4 * 2 + half;
      uint32_t r = transposed ? second : first, c = transposed ? first : second;
      std::memcpy(reinterpret_cast<char *>(&result[matrix]) + half * 2,
                  &here.rows[side][matrix * 8 + r][c * 2], 2);
    }
}

struct Launch {
  uint32_t blocks, threads;
  std::function<void()> kernel;
};

struct Start {
  const Launch *launch;
  BlockState *state;
  uint32_t tid, slot;
};

void *runThread(void *given) {
  const Start &start = *static_cast<Start *>(given);
  self = {};
  self.tid = start.tid;
  self.state = start.state;
  for (uint32_t block = start.slot; block < start.launch->blocks;
       block += kSlots) {
    self.block = block;
    start.launch->kernel();
    if (!self.copies.empty())
      die("copies that nobody committed");
    waitFor(0);
    blockBarrier(/*reason=*/7);
  }
  return nullptr;
}

void run(const Launch &launch, int64_t sharedBytes) {
  std::vector<std::unique_ptr<BlockState>> states;
  std::vector<Start> starts;
  for (uint32_t slot = 0; slot < kSlots; ++slot) {
    states.push_back(std::make_unique<BlockState>(launch.threads, sharedBytes));
    for (uint32_t tid = 0; tid < launch.threads; ++tid)
      starts.push_back({&launch, states.back().get(), tid, slot});
  }
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 1 << 20);
  std::vector<pthread_t> threads(starts.size());
  for (size_t i = 0; i < starts.size(); ++i)
    if (pthread_create(&threads[i], &attributes, runThread, &starts[i]))
      die("no more threads");
  for (pthread_t thread : threads)
    pthread_join(thread, nullptr);
}

/// Memory of exactly so many bytes.
struct Bytes {
  explicit Bytes(int64_t size)
      : size(size), data(static_cast<char *>(std::malloc(size ? size : 1))) {}
  Bytes(const Bytes &) = delete;
  ~Bytes() { std::free(data); }
  void read(FILE *file) {
    if (std::fread(data, 1, size, file) != static_cast<size_t>(size))
      die("the request is cut off");
  }
  int64_t size;
  char *data;
};

} // namespace

extern "C" {
char *tconv_gpu_shared() { return self.state->shared; }
int32_t tconv_gpu_read_ptx_sreg_tid_x() { return self.tid; }
int32_t tconv_gpu_read_ptx_sreg_ctaid_x() { return self.block; }
void tconv_gpu_barrier_cta_sync_aligned_all(int32_t) { blockBarrier(1); }

void tconv_gpu_cp_async_cg_shared_global_16(char *to, char *from) {
  issue(to, from, 16, 16);
}
void tconv_gpu_cp_async_ca_shared_global_4_s(char *to, char *from,
                                             int32_t present) {
  issue(to, from, 4, present);
}
void tconv_gpu_cp_async_ca_shared_global_4(char *to, char *from) {
  issue(to, from, 4, 4);
}
void tconv_gpu_cp_async_cg_shared_global_16_s(char *to, char *from,
                                              int32_t present) {
  issue(to, from, 16, present);
}
void tconv_gpu_cp_async_commit_group() {
  self.groups.push_back(std::move(self.copies));
  self.copies.clear();
}
void tconv_gpu_cp_async_wait_group(int32_t left) { waitFor(left); }

void tconv_gpu_ldmatrix_sync_aligned_m8n8_x4_trans_b16_p3_by_memory(
    uint32_t *result, char *row) {
  loadMatrices(result, row, 4, true);
}
void tconv_gpu_ldmatrix_sync_aligned_m8n8_x2_trans_b16_p3_by_memory(
    uint32_t *result, char *row) {
  loadMatrices(result, row, 2, true);
}
void tconv_gpu_ldmatrix_sync_aligned_m8n8_x4_b16_p3_by_memory(uint32_t *result,
                                                              char *row) {
  loadMatrices(result, row, 4, false);
}
void tconv_gpu_ldmatrix_sync_aligned_m8n8_x2_b16_p3_by_memory(uint32_t *result,
                                                              char *row) {
  loadMatrices(result, row, 2, false);
}

#define HOST_GPU_MMA(NAME, PICK)                                               \
  void tconv_gpu_mma_##NAME##_by_memory(                                       \
      float *result, uint32_t a0, uint32_t a1, uint32_t a2, uint32_t a3,       \
      uint32_t b0, uint32_t b1, float c0, float c1, float c2, float c3) {      \
    const uint32_t a[] = {a0, a1, a2, a3}, b[] = {b0, b1};                     \
    const float c[] = {c0, c1, c2, c3};                                        \
    multiply(result, a, 4, b, 2, c, PICK);                                     \
  }
HOST_GPU_MMA(m16n8k16_row_col_f32_f32, fromF16)
HOST_GPU_MMA(m16n8k16_row_col_bf16, fromBf16)
HOST_GPU_MMA(m16n8k8_row_col_tf32, nullptr)

void tconv_gpu_mma_m16n8k8_row_col_f32_f32_by_memory(float *result, uint32_t a0,
                                                     uint32_t a1, uint32_t b0,
                                                     float c0, float c1,
                                                     float c2, float c3) {
  const uint32_t a[] = {a0, a1}, b[] = {b0};
  const float c[] = {c0, c1, c2, c3};
  multiply(result, a, 2, b, 1, c, fromF16);
}

int32_t tconv_gpu_f2tf32_rna(float value) {
  uint32_t bits = asBits(value);
  return std::isfinite(value) ? (bits + 0x1000) & ~0x1fffu : bits;
}
}

int main(int argc, char **argv) {
  if (argc != 3)
    die("usage: PROGRAM REQUEST RESULT");
  FILE *file = std::fopen(argv[1], "rb");
  int64_t n[18];
  if (!file || std::fread(n, sizeof(n), 1, file) != 1)
    die("no request");
  Bytes weight(n[0]), x(n[1]), bias(n[2]), packed(n[3]), y(n[4]);
  for (Bytes *bytes : {&weight, &x, &bias, &y})
    bytes->read(file);
  std::fclose(file);
  std::memset(packed.data, 0xff, packed.size);
  run({static_cast<uint32_t>(n[5]), static_cast<uint32_t>(n[6]),
       [&] { tconv_kernel_main_pack(weight.data, packed.data); }},
      n[7]);
  run({static_cast<uint32_t>(n[8]), static_cast<uint32_t>(n[9]),
       [&] {
         tconv_kernel_main_run(x.data, packed.data,
                               bias.size ? bias.data : nullptr, y.data, n[11],
                               n[12], n[13], n[14], n[15], n[16], n[17]);
       }},
      n[10]);
  FILE *result = std::fopen(argv[2], "wb");
  if (!result ||
      std::fwrite(y.data, 1, y.size, result) != static_cast<size_t>(y.size))
    die("cannot write the result");
  return std::fclose(result) ? 3 : 0;
}
