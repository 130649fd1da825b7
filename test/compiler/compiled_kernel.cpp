// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiled_kernel.h"

#include <cstring>
#include <gtest/gtest.h>

#include "support/layers.h"

using namespace tconv;
using namespace tconv::test;

CompiledKernel::CompiledKernel(const tconv_params &params,
                               const mlir::tconv::CompileOptions &options)
    : params_(params) {
  mlir::tconv::Compilation compilation(params, options);
  mlir::tconv::KernelImage image;
  Status status = compilation.image(image);
  map(status, image);
  if (!status)
    description_ = compilation.description();
}

CompiledKernel::CompiledKernel(const tconv_params &params, const Status &status,
                               const mlir::tconv::KernelImage &image,
                               const std::string &description)
    : params_(params), description_(description) {
  map(status, image);
}

void CompiledKernel::map(Status status, const mlir::tconv::KernelImage &image) {
  if (!status)
    status = MappedImage::map(image.view(), image_);
  error_ = status ? status.message() : "";
}

CompiledKernel::Aligned CompiledKernel::allocate(int64_t bytes) {
  int64_t size = llvm::alignTo(bytes + 64, TCONV_KERNEL_ALIGNMENT);
  void *p = aligned_alloc(TCONV_KERNEL_ALIGNMENT, size);
  std::memset(p, 0x7f, size); // as floats, large: whoever reads it is seen
  return Aligned(p);
}

void CompiledKernel::pack(const std::vector<float> &weight) {
  packed_ = allocate(kernel().packed_bytes);
  tconv_pack_args args = {};
  args.struct_size = sizeof(args);
  args.weight = weight.data();
  args.packed = packed_.get();
  kernel().pack(&args);
}

int64_t CompiledKernel::leastDistance(const Tensors &tensors) const {
  int64_t granule = kernel().item_granule;
  if (granule == 0)
    return 0;
  tconv_kernel_args args = {};
  args.output_length = expectedOutputLength(params_, tensors.length);
  int64_t positions = tconv_kernel_positions(&kernel(), &args);
  int64_t least = std::max({positions, positions + kernel().item_after,
                            tensors.length + kernel().item_before});
  return (least + granule - 1) / granule * granule;
}

std::vector<float> CompiledKernel::run(const Tensors &tensors, int64_t parts,
                                       int64_t taskPositions,
                                       int64_t itemPositions) const {
  const int64_t gap = 3;
  const float mark = 12345.0f;
  int64_t outputLength = expectedOutputLength(params_, tensors.length);
  int64_t rowStride = outputLength + gap;
  std::vector<float> rows(tensors.batch * kernel().out_channels * rowStride,
                          mark);
  Aligned workspace = allocate(kernel().workspace_bytes);
  tconv_kernel_args args = {};
  args.struct_size = sizeof(args);
  args.x = tensors.x;
  args.weights = packed_.get();
  args.bias = tensors.bias;
  args.y = rows.data();
  args.workspace = workspace.get();
  args.batch = tensors.batch;
  args.length = tensors.length;
  args.output_length = outputLength;
  args.x_batch_stride = kernel().in_channels * tensors.length;
  args.x_channel_stride = tensors.length;
  args.y_batch_stride = kernel().out_channels * rowStride;
  args.y_channel_stride = rowStride;
  args.task_positions = taskPositions;
  args.item_positions = itemPositions;
  int64_t tasks = tconv_kernel_task_count(&kernel(), &args);
  for (int64_t part = parts - 1; part >= 0; --part)
    kernel().run(&args, tasks * part / parts, tasks * (part + 1) / parts);

  std::vector<float> y;
  for (int64_t row = 0; row < tensors.batch * kernel().out_channels; ++row) {
    const float *begin = rows.data() + row * rowStride;
    y.insert(y.end(), begin, begin + outputLength);
    for (int64_t i = 0; i < gap; ++i)
      EXPECT_EQ(begin[outputLength + i], mark)
          << "written beyond the end of row " << row;
  }
  return y;
}
