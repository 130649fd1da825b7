// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "mutation/cases.h"

#include <cmath>
#include <cstring>
#include <ostream>

#include "device_kernel.h"
#include "support/exact.h"
#include "support/layers.h"

using namespace tconv;
using namespace tconv::test;
using tools::TrialBuffer;
using tools::TrialLaunch;
using tools::TrialOutcome;
using tools::Trials;

namespace {

/// Rows of x and of y lie this many elements apart.
constexpr int64_t kGap = 3;

// Two groups, rows that fill one tile of 128 and begin another one, more chunks
// than stages.
#define TCONV_EVEN                                                             \
  "in_channels=72 out_channels=72 group=2 kernel_size=12 stride=4 "            \
  "pad_mode=pad padding=2 has_bias=1"
constexpr const char *kEven = TCONV_EVEN;
constexpr const char *kEvenF16 = TCONV_EVEN " dtype=f16";
constexpr const char *kEvenBf16 = TCONV_EVEN " dtype=bf16";
// Phases of two taps and of one, which begin at different inputs.
constexpr const char *kUneven =
    "in_channels=21 out_channels=128 kernel_size=7 stride=4 dilation=3 "
    "pad_mode=pad padding=3 has_bias=1";
// Phases without a tap.
constexpr const char *kEmpty = "in_channels=44 out_channels=20 group=2 "
                               "kernel_size=3 stride=5 has_bias=1";
constexpr const char *kSmall = "in_channels=4 out_channels=10 group=2 "
                               "kernel_size=7 stride=3 pad_mode=pad "
                               "padding=1 has_bias=1";
constexpr const char *kDepthwise =
    "in_channels=6 out_channels=6 group=6 kernel_size=5 stride=2 "
    "pad_mode=pad padding=1 has_bias=1";
// An inverse STFT in small: the phases of one channel are two tiles.
constexpr const char *kSpectrum =
    "in_channels=9 out_channels=1 kernel_size=320 "
    "stride=160 pad_mode=pad padding=80";

TrialBuffer inputBuffer(int32_t dtype, const std::vector<float> &values) {
  TrialBuffer buffer;
  buffer.bytes = toBytes(dtype, values);
  return buffer;
}

TrialBuffer outputBuffer(int64_t bytes) {
  TrialBuffer buffer;
  buffer.isOutput = true;
  buffer.bytes.resize(static_cast<size_t>(bytes));
  return buffer;
}

void addBuffer(TrialLaunch &launch, TrialBuffer buffer) {
  launch.parameters.push_back({true, launch.buffers.size()});
  launch.buffers.push_back(std::move(buffer));
}

/// Whole numbers from -`range` to `range`, seldom zero: what is left out should
/// show.
std::vector<float> wholeNumbers(Random &random, int64_t count, int64_t range) {
  std::vector<float> values(static_cast<size_t>(count));
  for (float &value : values) {
    auto number = static_cast<int64_t>(random() % (2 * range + 1)) - range;
    value = static_cast<float>(number == 0 && random() % 4 ? 1 : number);
  }
  return values;
}

/// The smallest number above zero, exact as a factor of whole numbers.
float leastNumber(int32_t dtype) {
  return dtype == TCONV_F32   ? 0x1p-149F
         : dtype == TCONV_F16 ? 0x1p-24F
                              : 0x1p-133F;
}

std::string findingOf(const ptx::Report &report) {
  if (report.findings.empty())
    return "";
  const ptx::Finding &first = report.findings[0];
  return std::string(ptx::findingKindName(first.kind)) + ": " +
         first.instruction + ": " + first.message;
}

/// A compiled layer and what its launches are made from.
struct Subject {
  tconv_params params;
  mlir::tconv::DeviceKernel kernel;
  std::vector<float> weight, bias;
  TrialBuffer packed;

  TrialLaunch packLaunch() const {
    TrialLaunch launch;
    launch.grid[0] = static_cast<uint32_t>(kernel.device.pack_blocks);
    launch.block[0] = static_cast<uint32_t>(kernel.device.pack_threads);
    launch.sharedBytes = static_cast<uint64_t>(kernel.device.pack_shared_bytes);
    addBuffer(launch, inputBuffer(params.dtype, weight));
    addBuffer(launch, outputBuffer(kernel.kernel.packed_bytes));
    return launch;
  }

  /// Packs the weights. "" or what is wrong.
  std::string pack(const ptx::Module &module) {
    TrialOutcome outcome;
    if (Status status = runTrial(module, kernel.packEntry, packLaunch(),
                                 ptx::LaunchOptions(), outcome))
      return status.message();
    packed.bytes = outcome.outputs[0];
    return findingOf(outcome.report);
  }

  /// Makes the weights of the first taps infinite, or those of the last ones.
  void makeInfinite(bool first) {
    int64_t kernelSize = params.kernel_size;
    int64_t count = std::min(params.stride, kernelSize);
    for (size_t index = 0; index < weight.size(); ++index) {
      int64_t k = static_cast<int64_t>(index) % kernelSize;
      if (first ? k < count : k >= kernelSize - count)
        weight[index] = INFINITY;
    }
  }

  /// @param outputs of each row; fewer than the formula has are its first
  /// @param between the rows of x
  TrialLaunch runLaunch(const Tensors &tensors, int64_t outputs,
                        float between) const {
    int64_t rows = tensors.batch * params.in_channels;
    int64_t inStride = tensors.length + kGap, outStride = outputs + kGap;
    std::vector<float> x(static_cast<size_t>(rows * inStride - kGap), between);
    for (int64_t r = 0; r < rows; ++r)
      std::copy_n(tensors.x + r * tensors.length, tensors.length,
                  x.begin() + r * inStride);
    tconv_kernel_args args = {};
    args.batch = tensors.batch;
    args.output_length = outputs;
    TrialLaunch launch;
    launch.grid[0] =
        static_cast<uint32_t>(tconv_kernel_task_count(&kernel.kernel, &args));
    launch.block[0] = static_cast<uint32_t>(kernel.device.run_threads);
    launch.sharedBytes = static_cast<uint64_t>(kernel.device.run_shared_bytes);
    addBuffer(launch, inputBuffer(params.dtype, x));
    launch.buffers.push_back(packed);
    launch.parameters.push_back({true, 1});
    if (params.has_bias)
      addBuffer(launch, inputBuffer(params.dtype, bias));
    else
      launch.parameters.push_back({false, 0});
    int64_t size = params.dtype == TCONV_F32 ? 4 : 2;
    addBuffer(
        launch,
        outputBuffer((tensors.batch * params.out_channels * outStride - kGap) *
                     size));
    for (int64_t number :
         {tensors.batch, tensors.length, outputs, params.in_channels * inStride,
          inStride, params.out_channels * outStride, outStride})
      launch.parameters.push_back({false, static_cast<uint64_t>(number)});
    return launch;
  }
};

/// "" where y is the formula's, to the bit: the sums are whole numbers.
std::string compare(const Subject &subject, const Tensors &tensors,
                    int64_t outputs, const std::vector<uint8_t> &y) {
  const tconv_params &params = subject.params;
  std::vector<float> all = fromBytes(params.dtype, y);
  for (int64_t n = 0; n < tensors.batch; ++n)
    for (int64_t co = 0; co < params.out_channels; ++co) {
      ExactRow row = exactRow(params, tensors, n, co);
      std::vector<float> wanted =
          roundTo(params.dtype, {row.sums.begin(), row.sums.end()});
      int64_t start = (n * params.out_channels + co) * (outputs + kGap);
      for (int64_t t = 0; t < outputs; ++t) {
        float have = all[start + t], want = wanted[t];
        if (have != want && !(std::isnan(have) && std::isnan(want)))
          return "y[" + std::to_string(n) + ", " + std::to_string(co) + ", " +
                 std::to_string(t) + "] = " + std::to_string(have) +
                 ", must be " + std::to_string(want);
      }
    }
  return "";
}

std::string compile(const MutationCase &one, Subject &subject) {
  subject.params = parse(one.layer);
  mlir::tconv::CompileOptions options;
  options.target = one.target;
  options.lengthClass = TCONV_LENGTH_MEDIUM;
  if (std::strcmp(one.accuracy, "tf32") == 0)
    options.accuracy = TCONV_ACCURACY_TF32;
  mlir::tconv::Compilation compilation(subject.params, options);
  if (Status status = compilation.deviceKernel(subject.kernel))
    return status.message();
  std::string kind = std::string("\"kind\":\"") + one.kind + "\"";
  if (subject.kernel.description.find(kind) == std::string::npos)
    return "the kernel is not of kind " + std::string(one.kind) + ": " +
           subject.kernel.description;
  return "";
}

} // namespace

std::ostream &test::operator<<(std::ostream &stream, const MutationCase &one) {
  return stream << one.name;
}

const std::vector<MutationCase> &test::mutationCases() {
  static const std::vector<MutationCase> cases = {
      {"gemm_sm80", kEven, "nvptx:sm_80", "default", "gemm", false},
      {"gemm_sm75", kEven, "nvptx:sm_75", "default", "gemm", false},
      {"gemm_uneven", kUneven, "nvptx:sm_80", "default", "gemm", false},
      {"gemm_empty_phases", kEmpty, "nvptx:sm_86", "default", "gemm", false},
      {"gemm_spectrum", kSpectrum, "nvptx:sm_90", "default", "gemm", false},
      {"gemm_bf16_sm75", kEvenBf16, "nvptx:sm_75", "default", "gemm", false},
      {"mma_f16_sm80", kEvenF16, "nvptx:sm_80", "default", "mma", false},
      {"mma_f16_sm75", kEvenF16, "nvptx:sm_75", "default", "mma", false},
      {"mma_bf16_sm89", kEvenBf16, "nvptx:sm_89", "default", "mma", false},
      {"tf32", kEven, "nvptx:sm_80", "tf32", "tf32", false},
      {"small", kSmall, "nvptx:sm_80", "default", "small", false},
      {"depthwise", kDepthwise, "nvptx:sm_120", "default", "small", false},
      {"pack_gemm", kUneven, "nvptx:sm_80", "default", "gemm", true},
      {"pack_mma", kEvenF16, "nvptx:sm_80", "default", "mma", true},
      {"pack_tf32", kEven, "nvptx:sm_80", "tf32", "tf32", true},
      {"pack_small", kDepthwise, "nvptx:sm_75", "default", "small", true},
  };
  return cases;
}

/// How many outputs launches make. Few show most mistakes soonest; the last
/// ones end at a block's end, one before and one behind it.
static std::vector<int64_t> launchOutputs(const MutationCase &one,
                                          const tconv_params &params) {
  int64_t stride = params.stride, lead = expectedCropBegin(params) % stride;
  bool small = std::strcmp(one.kind, "small") == 0;
  // A block of the small kind may have several positions a thread.
  std::vector<int64_t> outputs = {1, expectedOutputLength(params, 40)};
  for (int64_t positions : {128, small ? 512 : 128})
    for (int64_t beside : {1, 0, -1})
      outputs.push_back(positions * stride - lead + beside);
  outputs.resize(small ? 8 : 5);
  return outputs;
}

std::string test::makeTrials(const MutationCase &one, Trials &trials) {
  Subject subject;
  if (std::string error = compile(one, subject); !error.empty())
    return error;
  const tconv_params &params = subject.params;
  Random random(7);
  subject.weight = wholeNumbers(random, weightElements(params), 3);

  std::shared_ptr<const ptx::Module> module;
  if (Status status = ptx::Module::parse(subject.kernel.code, module))
    return status.message();
  if (std::string error = subject.pack(*module); !error.empty())
    return error;

  trials = Trials();
  trials.file = one.name;
  trials.text = subject.kernel.code;
  trials.entry = one.pack ? subject.kernel.packEntry : subject.kernel.runEntry;
  if (one.pack)
    trials.launches.push_back(subject.packLaunch());
  bool tf32 = std::strcmp(one.kind, "tf32") == 0;
  std::vector<int64_t> outputCounts = launchOutputs(one, params);
  // Two more, in which what lies outside of x would turn sums into NaN.
  size_t finite = outputCounts.size();
  if (!one.pack)
    outputCounts.insert(outputCounts.end(), 2, outputCounts[1]);
  std::vector<float> weight = subject.weight;
  TrialOutcome outcome;
  for (size_t index = 0; index < outputCounts.size(); ++index) {
    int64_t outputs = outputCounts[index];
    if (index >= finite) {
      subject.weight = weight;
      subject.makeInfinite(/*first=*/index == finite);
      if (std::string error = subject.pack(*module); !error.empty())
        return error;
    }
    // As many inputs as give that many outputs, or a few more.
    int64_t length = 1;
    while (expectedOutputLength(params, length) < outputs)
      ++length;
    // Halves have sums that need rounding.
    std::vector<float> x = wholeNumbers(random, xElements(params, 2, length),
                                        params.dtype == TCONV_F32 ? 3 : 40);
    subject.bias = wholeNumbers(random, params.out_channels, 3);
    if ((index == 1 || index == 4) && !tf32) {
      // So small that one bit too many shows, also of what a block reads behind
      // its own positions; TF32 can't hold them.
      for (std::vector<float> *values : {&x, &subject.bias})
        for (float &value : *values)
          value *= leastNumber(params.dtype);
    }
    if (index == 3)
      x.back() = NAN;
    Tensors tensors = {x.data(), subject.weight.data(),
                       params.has_bias ? subject.bias.data() : nullptr, 2,
                       length};
    // A NaN shows in sums that it should not be in, or has them added up anew,
    // without it; a number shows in those.
    TrialLaunch launch =
        subject.runLaunch(tensors, outputs, index % 2 == 0 ? NAN : 5);
    if (Status status = runTrial(*module, subject.kernel.runEntry, launch,
                                 ptx::LaunchOptions(), outcome))
      return status.message();
    if (std::string found = findingOf(outcome.report); !found.empty())
      return found;
    if (std::string error =
            compare(subject, tensors, outputs, outcome.outputs[0]);
        !error.empty())
      return error;
    if (!one.pack)
      trials.launches.push_back(launch);
  }
  return "";
}
