// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes one kernel in the form that bishengir-compile takes: numbers and
// program ids as indices, views of global memory, copies into local buffers,
// which it places, and tensors on them.
#ifndef TCONV_COMPILER_TARGET_ASCEND_KERNELBUILDER_H
#define TCONV_COMPILER_TARGET_ASCEND_KERNELBUILDER_H

#include "compiler/Schedule/AscendModel.h"
#include "compiler/Target/Ascend/Passes.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::tconv {

/// A scheduled layer, as its kernels need it.
struct AscendKernels {
  AscendLayout layout;
  AscendTile tile;
  Type element;
  bool hasBias;
  Location location;
  std::string symbol;

  int64_t rows() const { return tile.rows; }
  int64_t paddedRows() const { return layout.paddedRows(tile.rows); }
  /// Whether some rows only pad a tile.
  bool hasPadding() const {
    return paddedRows() != layout.planes() * layout.groupOutputs;
  }
  /// Items of the packing of a group.
  int64_t packItems() const {
    return layout.groupOutputs + (hasPadding() ? 1 : 0);
  }
  /// Parts that the interleaving of a group is cut into, beside positions.
  int64_t storeBlocks() const {
    return llvm::divideCeil(layout.groupOutputs, tile.storeChannels);
  }
  int64_t storeChunks() const {
    return llvm::divideCeil(layout.stride, tile.storePhases);
  }
  /// Bytes of packed weights, to where their flags begin.
  int64_t flagsOffset() const {
    int64_t bytes = element.getIntOrFloatBitWidth() / 8;
    return static_cast<int64_t>(
        llvm::alignTo(layout.packedElements(rows()) * bytes, 32));
  }
  /// Numbers in f32 after the packed weights: zeros, or some NaN where a weight
  /// is infinite or NaN.
  int64_t flags() const {
    return std::min<int64_t>(layout.weightElements(), 8);
  }
  /// Channels of x that a program of the edge kernel copies.
  int64_t edgeChannels() const {
    return std::min<int64_t>(layout.groups * layout.groupInputs, 16);
  }
};

/// Reads what map_cores left on a layer's phases.
FailureOr<AscendKernels> readCores(PhasesOp phases, StringRef symbol);

class KernelBuilder {
public:
  /// A function of pointers to these elements (after the workspace, which every
  /// kernel has), of so many 64-bit numbers, of the grid and the program id. A
  /// grid has one axis: what a program does, it decides by numbers.
  /// `mix` is "mix" for the cube or "aiv" for vector cores alone.
  KernelBuilder(ModuleOp module, const AscendKernels &kernels, StringRef suffix,
                StringRef mix, ArrayRef<Type> pointers, unsigned numbers);

  Value pointer(unsigned index) { return func_.getArgument(1 + index); }
  Value number(unsigned index) { return numbers_[index]; }
  Value program() { return program_; }
  Value programs() { return programs_; }

  OpBuilder &builder() { return b_; }
  Location loc() const { return loc_; }

  // Indices.
  Value c(int64_t value);
  Value add(Value l, Value r);
  Value sub(Value l, Value r);
  Value mul(Value l, Value r);
  Value mul(Value l, int64_t r) { return mul(l, c(r)); }
  Value div(Value l, Value r);
  Value rem(Value l, Value r);
  Value div(Value l, int64_t r) { return r == 1 ? l : div(l, c(r)); }
  Value rem(Value l, int64_t r) { return r == 1 ? c(0) : rem(l, c(r)); }
  Value min(Value l, Value r);
  Value max(Value l, Value r);
  /// From 0 to `most`.
  Value clamp(Value value, Value most);
  Value isPositive(Value value);

  using Sizes = ArrayRef<OpFoldResult>;
  OpFoldResult fold(int64_t value) { return b_.getIndexAttr(value); }
  /// A part of global memory: offset, sizes and strides in elements.
  Value view(Value pointer, Value offset, Sizes sizes, Sizes strides);
  /// A local buffer.
  Value buffer(ArrayRef<int64_t> shape, Type element);
  /// A part of a local buffer, from `offsets` on.
  Value part(Value buffer, ArrayRef<int64_t> offsets, Sizes sizes,
             ArrayRef<int64_t> steps);
  void copy(Value from, Value to);
  Value tensor(Value buffer);
  /// A copy of a view as a tensor of its shape.
  Value load(Value view, ArrayRef<int64_t> shape);
  /// One number of global memory, as f32.
  Value scalar(Value pointer, Value offset);
  Value filled(Value scalar, ArrayRef<int64_t> shape);
  Value zeros(ArrayRef<int64_t> shape, Type element);
  Value slice(Value tensor, Sizes offsets, Sizes sizes);
  Value transposed(Value tensor);
  /// To f32, or from f32 to a layer's type; what has it already stays.
  Value converted(Value tensor, Type element);
  void store(Value tensor, Value view);

  using Body = llvm::function_ref<void(Value)>;
  void loop(Value begin, Value end, Value step, Body body);
  Value equals(Value l, Value r);
  Value notEquals(Value l, Value r);
  Value atLeast(Value l, Value r);
  Value choose(Value condition, Value yes, Value no);
  /// Whether a number of so many in global memory is none or NaN.
  Value anySet(Value pointer, int64_t count);

  /// Calls `body` for the items of this program, of all there are: each has
  /// every so many-th, so that any number of programs does any number of items.
  void forItems(Value items, Body body) {
    loop(program(), items, programs(), body);
  }
  using Carried = llvm::function_ref<SmallVector<Value>(Value, ValueRange)>;
  ValueRange loop(Value begin, Value end, ValueRange init, Carried body);
  void when(Value condition, llvm::function_ref<void()> body);
  /// What `body` makes under a condition, else `other`.
  Value whenElse(Value condition, llvm::function_ref<Value()> body,
                 Value other);

private:
  OpBuilder b_;
  Location loc_;
  func::FuncOp func_;
  SmallVector<Value> numbers_;
  Value programs_, program_;
};

/// The taps of a row tile's band, and the shift of the first of them.
struct RowTaps {
  Value count, shift;
};
RowTaps tapsOfRows(KernelBuilder &k, const AscendKernels &kernels,
                   Value rowTile);

// One each for the four kernels; see tconv-expand-cores.
void buildPackKernel(ModuleOp module, const AscendKernels &kernels);
void buildEdgeKernel(ModuleOp module, const AscendKernels &kernels);
void buildProductKernel(ModuleOp module, const AscendKernels &kernels);
void buildStoreKernel(ModuleOp module, const AscendKernels &kernels);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_ASCEND_KERNELBUILDER_H
