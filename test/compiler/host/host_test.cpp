// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The LLVM IR of GPU kernels, run on the host under AddressSanitizer and
// ThreadSanitizer on layers that fill many blocks; and mistakes that each of
// them has to see. Skipped where clang 22 is not there.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <sys/wait.h>

#include <gtest/gtest.h>

#include "compiler/API/Compiler.h"
#include "device_kernel.h"
#include "host/retarget.h"
#include "support/bounds.h"
#include "support/layers.h"

namespace tconv::test {
namespace {

struct Case {
  const char *name;
  const char *layer;
  const char *target;
  const char *kind;
  int64_t length;
};

constexpr const char *kHifigan =
    "in_channels=128 out_channels=64 kernel_size=16 stride=8 pad_mode=pad "
    "padding=4 has_bias=1";
constexpr const char *kHifiganF16 =
    "in_channels=128 out_channels=64 kernel_size=16 stride=8 pad_mode=pad "
    "padding=4 has_bias=1 dtype=f16";
constexpr const char *kUneven =
    "in_channels=70 out_channels=72 group=2 kernel_size=7 stride=3 dilation=2 "
    "pad_mode=pad padding=2 has_bias=1";

const Case kCases[] = {
    {"gemm_sm80", kHifigan, "nvptx:sm_80", "gemm", 600},
    {"gemm_sm75", kHifigan, "nvptx:sm_75", "gemm", 600},
    {"gemm_uneven", kUneven, "nvptx:sm_80", "gemm", 1500},
    {"mma_f16_sm80", kHifiganF16, "nvptx:sm_80", "mma", 400},
    {"mma_f16_sm75", kHifiganF16, "nvptx:sm_75", "mma", 400},
    {"tf32", kHifigan, "nvptx:sm_80", "tf32", 400},
    {"small",
     "in_channels=2 out_channels=16 kernel_size=20 stride=10 has_bias=1",
     "nvptx:sm_80", "small", 20000},
    {"depthwise",
     "in_channels=64 out_channels=64 group=64 kernel_size=12 stride=2 "
     "pad_mode=pad padding=5",
     "nvptx:sm_80", "small", 3000},
};

/// What a process said, and how it ended: 0, or not.
struct Outcome {
  int status = 0;
  std::string output;
};

Outcome call(const std::string &command) {
  Outcome outcome;
  FILE *pipe = popen((command + " 2>&1").c_str(), "r");
  if (!pipe)
    return {-1, "popen failed"};
  char buffer[4096];
  while (size_t count = std::fread(buffer, 1, sizeof(buffer), pipe))
    outcome.output.append(buffer, count);
  outcome.status = pclose(pipe);
  return outcome;
}

/// A folder that goes again.
struct Folder {
  Folder() {
    path = (std::filesystem::temp_directory_path() / "tconv-host-gpu-XXXXXX")
               .string();
    if (!mkdtemp(path.data()))
      throw std::runtime_error("mkdtemp failed");
  }
  Folder(const Folder &) = delete;
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

/// A layer with data, and where its files go.
class HostGpu {
public:
  explicit HostGpu(const Case &one) : one_(one), params_(parse(one.layer)) {}

  /// Compiles the layer; "" or what is wrong.
  std::string compile() {
    mlir::tconv::CompileOptions options;
    options.target = one_.target;
    options.scheduleKind = one_.kind;
    if (isTf32())
      options.accuracy = TCONV_ACCURACY_TF32;
    mlir::tconv::Compilation compilation(params_, options);
    if (Status status = compilation.llvmIR(ir_))
      return status.message();
    if (Status status = compilation.deviceKernel(kernel_))
      return status.message();
    fillData();
    return "";
  }

  /// Makes the program and runs it.
  Outcome run(Sanitizer sanitizer, const Planted &planted) {
    HostKernels kernels;
    if (std::string error = retarget(ir_, kernel_.runEntry, kernel_.packEntry,
                                     sanitizer, planted, kernels);
        !error.empty())
      return {-1, error};
    barriers_ = kernels.barriers;
    waits_ = kernels.waits;
    bool thread = sanitizer == Sanitizer::thread;
    write("kernel.ll", kernels.text);
    writeRequest(kernels);
    std::string flags =
        std::string(" -std=c++17 -O1 -g1 -march=native -fsanitize=") +
        (thread ? "thread" : "address");
    std::string clang = TCONV_CLANGXX;
    // ThreadSanitizer does not look at what plays the GPU.
    static const Folder folder;
    static std::map<bool, std::string> objects;
    std::string &object = objects[thread];
    if (object.empty()) {
      std::string made = folder.path + (thread ? "/thread.o" : "/address.o");
      Outcome outcome = call(
          clang +
          (thread ? " -std=c++17 -O2 -march=native -DHOST_GPU_TSAN" : flags) +
          " -c " TCONV_HOST_GPU_SOURCE " -o " + made);
      if (outcome.status != 0)
        return {-1, outcome.output};
      object = made;
    }
    Outcome made =
        call(clang + flags + " -Wno-override-module " + at("kernel.ll") + " " +
             object + " -lpthread -o " + at("program"));
    if (made.status != 0)
      return {-1, made.output};
    return call("TSAN_OPTIONS=halt_on_error=1:report_signal_unsafe=0 "
                "ASAN_OPTIONS=detect_leaks=0 timeout 250 " +
                at("program") + " " + at("request") + " " + at("result"));
  }

  /// The result against sums in float64.
  std::string compare() const {
    std::ifstream file(at("result"), std::ios::binary);
    std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    std::vector<float> y = fromBytes(params_.dtype, bytes);
    if (y.size() !=
        static_cast<size_t>(yElements(params_, kBatch, one_.length)))
      return "the result has " + std::to_string(y.size()) + " elements";
    std::vector<float> x = isTf32() ? roundToTf32(x_) : x_;
    std::vector<float> weight = isTf32() ? roundToTf32(weight_) : weight_;
    Tensors tensors = {x.data(), weight.data(),
                       params_.has_bias ? bias_.data() : nullptr, kBatch,
                       one_.length};
    return params_.dtype == TCONV_F32
               ? Accuracy(params_).compare(tensors, y.data())
               : compare16(params_, tensors, y);
  }

  int barriers() const { return barriers_; }
  int waits() const { return waits_; }

private:
  static constexpr int64_t kBatch = 2;

  bool isTf32() const { return std::string(one_.kind) == "tf32"; }
  std::string at(const char *name) const { return folder_.path + "/" + name; }
  void write(const char *name, const std::string &text) const {
    std::ofstream(at(name), std::ios::binary) << text;
  }

  void fillData() {
    Random random(11);
    auto values = [&](int64_t count) {
      return roundTo(params_.dtype, randomValues(random, count));
    };
    weight_ = values(weightElements(params_));
    bias_ = values(params_.out_channels);
    x_ = values(xElements(params_, kBatch, one_.length));
  }

  void writeRequest(const HostKernels &kernels) const {
    int64_t outputs = expectedOutputLength(params_, one_.length);
    tconv_kernel_args args = {};
    args.batch = kBatch;
    args.output_length = outputs;
    std::vector<uint8_t> weight = toBytes(params_.dtype, weight_);
    std::vector<uint8_t> x = toBytes(params_.dtype, x_);
    std::vector<uint8_t> bias =
        toBytes(params_.dtype, params_.has_bias ? bias_ : std::vector<float>());
    std::vector<uint8_t> y(yElements(params_, kBatch, one_.length) *
                               (params_.dtype == TCONV_F32 ? 4 : 2),
                           0xff);
    auto size = [](const std::vector<uint8_t> &bytes) {
      return static_cast<int64_t>(bytes.size());
    };
    const tconv_device_code &device = kernel_.device;
    const int64_t numbers[18] = {
        size(weight),
        size(x),
        size(bias),
        kernel_.kernel.packed_bytes,
        size(y),
        device.pack_blocks,
        device.pack_threads,
        kernels.packShared + device.pack_shared_bytes,
        tconv_kernel_task_count(&kernel_.kernel, &args),
        device.run_threads,
        kernels.runShared + device.run_shared_bytes,
        kBatch,
        one_.length,
        outputs,
        params_.in_channels * one_.length,
        one_.length,
        params_.out_channels * outputs,
        outputs};
    std::ofstream file(at("request"), std::ios::binary);
    file.write(reinterpret_cast<const char *>(numbers), sizeof(numbers));
    for (const std::vector<uint8_t> *bytes : {&weight, &x, &bias, &y})
      file.write(reinterpret_cast<const char *>(bytes->data()), size(*bytes));
  }

  Case one_;
  tconv_params params_;
  Folder folder_;
  std::string ir_;
  mlir::tconv::DeviceKernel kernel_;
  std::vector<float> weight_, bias_, x_;
  int barriers_ = 0, waits_ = 0;
};

std::ostream &operator<<(std::ostream &stream, const Case &one) {
  return stream << one.name;
}

class HostGpuTest : public testing::TestWithParam<Case> {
protected:
  void SetUp() override {
    if (std::string(TCONV_CLANGXX).empty())
      GTEST_SKIP() << "clang++-22 is not installed";
  }
};

TEST_P(HostGpuTest, Address) {
  HostGpu gpu(GetParam());
  ASSERT_EQ(gpu.compile(), "");
  Outcome outcome = gpu.run(Sanitizer::address, {});
  ASSERT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_EQ(gpu.compare(), "");
}

TEST_P(HostGpuTest, AddressSeesWhatIsPlanted) {
  HostGpu gpu(GetParam());
  ASSERT_EQ(gpu.compile(), "");
  for (Planted::Kind kind : {Planted::overrunStores, Planted::overrunShared}) {
    Outcome outcome = gpu.run(Sanitizer::address, {kind});
    EXPECT_NE(outcome.status, 0);
    EXPECT_NE(outcome.output.find("heap-buffer-overflow"), std::string::npos)
        << outcome.output;
  }
}

TEST_P(HostGpuTest, Thread) {
  HostGpu gpu(GetParam());
  ASSERT_EQ(gpu.compile(), "");
  Outcome outcome = gpu.run(Sanitizer::thread, {});
  ASSERT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_EQ(gpu.compare(), "");
}

TEST_P(HostGpuTest, ThreadSeesWhatIsPlanted) {
  HostGpu gpu(GetParam());
  ASSERT_EQ(gpu.compile(), "");
  int barriers = 1;
  for (int which = 0; which < barriers; ++which) {
    Outcome outcome = gpu.run(Sanitizer::thread, {Planted::dropBarrier, which});
    barriers = gpu.barriers();
    EXPECT_NE(outcome.status, 0) << "barrier " << which;
    EXPECT_NE(outcome.output.find("data race"), std::string::npos)
        << "barrier " << which << ": " << outcome.output;
  }
}

/// Copies that nobody waits for: they are written when others read, or what was
/// not there yet shows in y.
TEST_P(HostGpuTest, MissingWaitsAreSeen) {
  HostGpu gpu(GetParam());
  ASSERT_EQ(gpu.compile(), "");
  int waits = 1;
  for (int which = 0; which < waits; ++which) {
    Outcome outcome = gpu.run(Sanitizer::thread, {Planted::dropWait, which});
    waits = gpu.waits();
    if (waits == 0)
      break; // no asynchronous copies
    EXPECT_TRUE(outcome.status != 0 || !gpu.compare().empty())
        << "wait " << which << outcome.output;
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, HostGpuTest, testing::ValuesIn(kCases),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });

} // namespace
} // namespace tconv::test
