// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "device_kernel.h"

#include <cmath>
#include <cstring>

using namespace tconv;
using namespace tconv::test;

namespace {

/// Rows that lie `gap` elements apart.
constexpr int64_t kGap = 3;
constexpr float kUntouched = 12345;

} // namespace

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
  Elements elements(params_.dtype, weight.data(), weight.size());
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
  Elements bias(params_.dtype, tensors.bias,
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
