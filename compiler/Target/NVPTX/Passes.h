// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_COMPILER_TARGET_NVPTX_PASSES_H
#define TCONV_COMPILER_TARGET_NVPTX_PASSES_H

#include "compiler/Dialect/Device.h"
#include "compiler/Transforms/Passes.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::tconv {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/Target/NVPTX/Passes.h.inc"

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_NVPTX_PASSES_H
