// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The operations and attributes of schedules for GPUs; documented in
// DeviceOps.td.
#ifndef TCONV_COMPILER_DIALECT_DEVICE_H
#define TCONV_COMPILER_DIALECT_DEVICE_H

#include "compiler/Dialect/Tconv.h"

namespace mlir::tconv {

/// What multiplies: see tconv.block_product.
enum class DeviceMath { fma, mma, tf32 };
std::optional<DeviceMath> parseDeviceMath(llvm::StringRef name);
llvm::StringRef deviceMathName(DeviceMath math);

/// The tile of a thread block of tconv.block_product.
struct DeviceTile {
  static constexpr int64_t kWarpRows = 32, kWarpPositions = 64;

  DeviceMath math = DeviceMath::fma;
  int64_t rowWarps = 1, positionWarps = 1, depth = 8, stages = 2;
  bool async = false;

  int64_t rows() const { return rowWarps * kWarpRows; }
  int64_t positions() const { return positionWarps * kWarpPositions; }
  int64_t threads() const { return rowWarps * positionWarps * 32; }
  /// Columns of row `k` of a chunk in shared memory are permuted by an XOR with
  /// this, so that tensor cores' loads hit different banks.
  int64_t swizzle(int64_t k, int64_t columns) const;
};

} // namespace mlir::tconv

#define GET_OP_CLASSES
#include "compiler/Dialect/DeviceOps.h.inc"

namespace mlir::tconv {

/// The architecture that a module is for: 80 for sm_80.
inline constexpr llvm::StringLiteral kArchitectureAttr = "tconv.architecture";
/// Why the model chose what it did, for people: an array of sentences.
inline constexpr llvm::StringLiteral kReasonsAttr = "tconv.reasons";
/// Threads of a block of the function or kernel.
inline constexpr llvm::StringLiteral kThreadsAttr = "tconv.threads";
/// Blocks of a packing's grid.
inline constexpr llvm::StringLiteral kBlockCountAttr = "tconv.block_count";

/// Adds the transform.tconv.* operations of GPU schedules.
void registerDeviceTransformExtension(DialectRegistry &registry);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_DIALECT_DEVICE_H
