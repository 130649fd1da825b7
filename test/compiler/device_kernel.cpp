// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "device_kernel.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstring>

#include "support/bounds.h"

using namespace tconv;
using namespace tconv::test;

namespace {

uint32_t bitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

float floatOf(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

/// Rounds to `digits` bits of mantissa (the first one included), ties to even,
/// with a smallest exponent as f16 has it.
float roundNearest(float value, int digits, int least) {
  if (!std::isfinite(value) || value == 0)
    return value;
  int exponent;
  std::frexp(value, &exponent);
  int last = std::max(exponent, least) - digits;
  return std::ldexp(std::nearbyint(std::ldexp(value, -last)), last);
}

uint16_t halfBits(float value) {
  uint32_t sign = bitsOf(value) >> 16 & 0x8000;
  float magnitude = std::fabs(value);
  if (std::isnan(value))
    return 0x7fff;
  if (magnitude >= 65520)
    return static_cast<uint16_t>(sign | 0x7c00);
  if (magnitude < 0x1p-14F) // subnormal, in units of 2^-24
    return static_cast<uint16_t>(
        sign | static_cast<uint32_t>(std::nearbyint(magnitude * 0x1p24F)));
  uint32_t bits = bitsOf(roundNearest(magnitude, 11, -13));
  return static_cast<uint16_t>(sign | ((bits - (112u << 23)) >> 13));
}

float fromHalf(uint16_t bits) {
  int exponent = bits >> 10 & 31;
  float magnitude = static_cast<float>(bits & 1023);
  if (exponent == 31)
    magnitude = magnitude == 0 ? INFINITY : NAN;
  else if (exponent == 0)
    magnitude = std::ldexp(magnitude, -24);
  else
    magnitude = std::ldexp(magnitude + 1024, exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

uint16_t bfloatBits(float value) {
  if (std::isnan(value))
    return 0x7fff;
  uint32_t bits = bitsOf(value);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/// An array of a layer's elements.
class Elements {
public:
  Elements(int32_t dtype, size_t count)
      : dtype_(dtype), bytes_(count * (dtype == TCONV_F32 ? 4 : 2)) {}
  size_t size() const { return bytes_.size(); }
  void *data() { return bytes_.data(); }
  void set(size_t i, float value) {
    uint16_t bits = dtype_ == TCONV_F16 ? halfBits(value) : bfloatBits(value);
    if (dtype_ == TCONV_F32)
      std::memcpy(&bytes_[i * 4], &value, 4);
    else
      std::memcpy(&bytes_[i * 2], &bits, 2);
  }
  float get(size_t i) const {
    float value;
    uint16_t bits;
    if (dtype_ == TCONV_F32) {
      std::memcpy(&value, &bytes_[i * 4], 4);
      return value;
    }
    std::memcpy(&bits, &bytes_[i * 2], 2);
    return dtype_ == TCONV_F16 ? fromHalf(bits)
                               : floatOf(static_cast<uint32_t>(bits) << 16);
  }

private:
  int32_t dtype_;
  std::vector<uint8_t> bytes_;
};

Elements elementsOf(int32_t dtype, const float *values, size_t count) {
  Elements elements(dtype, count);
  for (size_t i = 0; i < count; ++i)
    elements.set(i, values[i]);
  return elements;
}

/// Rows that lie `gap` elements apart.
constexpr int64_t kGap = 3;
constexpr float kUntouched = 12345;

} // namespace

std::vector<float> test::roundTo(int32_t dtype, std::vector<float> values) {
  if (dtype != TCONV_F32)
    for (float &value : values)
      value = dtype == TCONV_F16
                  ? fromHalf(halfBits(value))
                  : floatOf(static_cast<uint32_t>(bfloatBits(value)) << 16);
  return values;
}

std::vector<float> test::roundToTf32(std::vector<float> values) {
  for (float &value : values)
    if (std::isfinite(value))
      value = floatOf((bitsOf(value) + 0x1000) & ~0x1fffu);
  return values;
}

std::vector<uint8_t> test::toBytes(int32_t dtype,
                                   const std::vector<float> &values) {
  Elements elements = elementsOf(dtype, values.data(), values.size());
  const auto *bytes = static_cast<const uint8_t *>(elements.data());
  return {bytes, bytes + elements.size()};
}

std::vector<float> test::fromBytes(int32_t dtype,
                                   const std::vector<uint8_t> &bytes) {
  size_t size = dtype == TCONV_F32 ? 4 : 2;
  Elements elements(dtype, bytes.size() / size);
  std::memcpy(elements.data(), bytes.data(), elements.size());
  std::vector<float> values(bytes.size() / size);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = elements.get(i);
  return values;
}

std::string test::compare16(const tconv_params &params, const Tensors &tensors,
                            const std::vector<float> &y) {
  int64_t outputs = expectedOutputLength(params, tensors.length);
  int64_t columns = params.out_channels / params.group;
  auto longest = static_cast<double>(longestSum(params));
  bool f16 = params.dtype == TCONV_F16;
  double half = f16 ? 0x1p-11 : 0x1p-8, least = f16 ? 0x1p-25 : 0x1p-134;
  for (int64_t n = 0; n < tensors.batch; ++n)
    for (int64_t g = 0; g < params.group; ++g) {
      std::vector<ExactRow> rows;
      double largest = 0, fmaError = 0;
      for (int64_t c = 0; c < columns; ++c) {
        rows.push_back(exactRow(params, tensors, n, g * columns + c));
        for (size_t t = 0; t < rows.back().sums.size(); ++t) {
          if (!std::isfinite(rows.back().sums[t]))
            continue;
          largest = std::max(largest, rows.back().absolutes[t]);
          fmaError = std::max(
              fmaError, std::fabs(rows.back().fma[t] - rows.back().sums[t]));
        }
      }
      for (int64_t c = 0; c < columns; ++c)
        for (int64_t t = 0; t < outputs; ++t) {
          double wanted = rows[c].sums[t];
          double have =
              y[(n * params.out_channels + g * columns + c) * outputs + t];
          double bound =
              std::max(4 * FLT_EPSILON * std::sqrt(longest) * largest +
                           2 * FLT_EPSILON * std::fabs(wanted),
                       2 * fmaError);
          bound += half * (std::fabs(wanted) + bound) + least;
          if (std::isfinite(wanted) ? !(std::fabs(have - wanted) <= bound)
              : std::isnan(wanted)  ? !std::isnan(have)
                                    : have != wanted)
            return "y[" + std::to_string(n) + ", " +
                   std::to_string(g * columns + c) + ", " + std::to_string(t) +
                   "] = " + std::to_string(have) + ", must be " +
                   std::to_string(wanted);
        }
    }
  return "";
}

test::DeviceKernel::DeviceKernel(const tconv_params &params,
                                 const mlir::tconv::CompileOptions &options)
    : params_(params), memory_(std::make_unique<ptx::Memory>()) {
  mlir::tconv::Compilation compilation(params, options);
  if (Status status = compilation.deviceKernel(kernel_))
    error_ = status.message();
  else if (Status status = ptx::Module::parse(kernel_.code, module_))
    error_ = status.message();
}

std::string test::DeviceKernel::launch(const ptx::LaunchConfig &config,
                                       const ptx::LaunchOptions &options) {
  ptx::Report report;
  if (Status status = ptx::launch(*module_, *memory_, config, options, report))
    return status.message();
  counts_ = report.counts;
  std::string text;
  for (const ptx::Finding &finding : report.findings)
    text += std::string(ptx::findingKindName(finding.kind)) + " in line " +
            std::to_string(finding.line) + ": " + finding.instruction + ": " +
            finding.message + "\n";
  return text;
}

std::string test::DeviceKernel::pack(const std::vector<float> &weight) {
  Elements elements = elementsOf(params_.dtype, weight.data(), weight.size());
  uint64_t from = 0;
  auto bytes = static_cast<uint64_t>(kernel_.kernel.packed_bytes);
  if (Status status = memory_->allocate(bytes, "packed", packed_))
    return status.message();
  if (Status status =
          memory_->attach(elements.data(), elements.size(), true,
                          params_.dtype == TCONV_F32 ? 4 : 2, "weight", from))
    return status.message();
  ptx::LaunchConfig config;
  config.entry = kernel_.packEntry;
  config.grid[0] = static_cast<uint32_t>(kernel_.device.pack_blocks);
  config.block[0] = static_cast<uint32_t>(kernel_.device.pack_threads);
  ptx::addParameter(config.parameters, from);
  ptx::addParameter(config.parameters, packed_);
  std::string findings = launch(config, {});
  uint64_t unwritten = 0;
  if (Status status = memory_->countUnwritten(packed_, bytes, unwritten))
    return status.message();
  if (unwritten != 0)
    findings += std::to_string(unwritten) + " packed bytes are not written\n";
  if (Status status = memory_->release(from))
    return status.message();
  return findings;
}

std::string test::DeviceKernel::run(const Tensors &tensors,
                                    std::vector<float> &y,
                                    const ptx::LaunchOptions &options) {
  int64_t length = tensors.length;
  int64_t outputs = expectedOutputLength(params_, length);
  int64_t inRows = tensors.batch * params_.in_channels;
  int64_t outRows = tensors.batch * params_.out_channels;
  int64_t inStride = length + kGap, outStride = outputs + kGap;
  // The last row ends where x ends: what comes after it is out of bounds.
  Elements x(params_.dtype, inRows * inStride - kGap);
  for (int64_t r = 0; r < inRows; ++r)
    for (int64_t i = 0;
         i < inStride && r * inStride + i < inRows * inStride - kGap; ++i)
      x.set(r * inStride + i, i < length ? tensors.x[r * length + i] : NAN);
  Elements out(params_.dtype, outRows * outStride - kGap);
  float untouched = roundTo(params_.dtype, {kUntouched})[0];
  int64_t outCount = outRows * outStride - kGap;
  for (int64_t i = 0; i < outCount; ++i)
    out.set(i, untouched);
  Elements bias = elementsOf(params_.dtype, tensors.bias,
                             tensors.bias ? params_.out_channels : 0);
  uint64_t alignment = params_.dtype == TCONV_F32 ? 4 : 2;
  uint64_t xAt = 0, yAt = 0, biasAt = 0;
  if (Status status =
          memory_->attach(x.data(), x.size(), true, alignment, "x", xAt))
    return status.message();
  if (Status status =
          memory_->attach(out.data(), out.size(), false, alignment, "y", yAt))
    return status.message();
  if (tensors.bias)
    if (Status status = memory_->attach(bias.data(), bias.size(), true,
                                        alignment, "bias", biasAt))
      return status.message();

  tconv_kernel_args args = {};
  args.batch = tensors.batch;
  args.output_length = outputs;
  ptx::LaunchConfig config;
  config.entry = kernel_.runEntry;
  config.grid[0] =
      static_cast<uint32_t>(tconv_kernel_task_count(&kernel_.kernel, &args));
  config.block[0] = static_cast<uint32_t>(kernel_.device.run_threads);
  config.sharedBytes = static_cast<uint64_t>(kernel_.device.run_shared_bytes);
  for (uint64_t pointer : {xAt, packed_, biasAt, yAt})
    ptx::addParameter(config.parameters, pointer);
  for (int64_t number :
       {tensors.batch, length, outputs, params_.in_channels * inStride,
        inStride, params_.out_channels * outStride, outStride})
    ptx::addParameter(config.parameters, number);
  std::string findings = launch(config, options);
  for (uint64_t address : {xAt, yAt, biasAt})
    if (address)
      (void)memory_->release(address);
  if (!findings.empty())
    return findings;
  y.resize(outRows * outputs);
  for (int64_t i = 0; i < outCount; ++i) {
    if (i % outStride < outputs)
      y[i / outStride * outputs + i % outStride] = out.get(i);
    else if (out.get(i) != untouched)
      return "y was written outside of its rows, at " + std::to_string(i);
  }
  return "";
}
