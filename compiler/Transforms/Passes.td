// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every pass of the compiler, in alphabetical order. A pass, its .cpp file and
// its test in test/lit share one name.
#ifndef TCONV_PASSES_TD
#define TCONV_PASSES_TD

include "mlir/Pass/PassBase.td"

def ApplySchedulePass : Pass<"tconv-apply-schedule", "::mlir::func::FuncOp"> {
  let summary = "tiles and packs a layer as a schedule file says";
  let description = [{
    Looks up `<feature>/<kind>.mlir`, then less special features, in
    `schedule-path` first and then among the schedules built in, and applies its
    named sequence `schedule` to the function. The name of the file is left on
    the function as `tconv.schedule`.
  }];
  let options = [
    Option<"feature", "feature", "std::string", /*default=*/"\"cpu/portable\"",
           "target and feature, such as cpu/avx2">,
    Option<"kind", "kind", "std::string", /*default=*/"\"positions\"",
           "kind of schedule: positions, rows or filter">,
    Option<"schedulePath", "schedule-path", "std::string", /*default=*/"\"\"",
           "folder searched before the built-in schedules">];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::transform::TransformDialect"];
}

def AssignWorkspacePass
    : Pass<"tconv-assign-workspace", "::mlir::func::FuncOp"> {
  let summary = "places a kernel's buffers in one workspace argument";
  let description = [{
    Every `memref.alloc` of static shape becomes a view of a new last argument,
    memref<SIZExi8>, at a multiple of 64 bytes. The size is left on the function
    as `tconv.workspace_bytes`. A function that was mapped to tasks gets the
    argument even without any.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"];
}

def BufferizeLayerPass : Pass<"tconv-bufferize-layer", "::mlir::func::FuncOp"> {
  let summary = "turns a layer on tensors into one on buffers";
  let description = [{
    A function that returns the new value of its last argument becomes one that
    writes to it. x and y (the first and the last argument) get buffers whose
    rows may lie any distance apart.
  }];
  let dependentDialects = [
    "::mlir::bufferization::BufferizationDialect",
    "::mlir::memref::MemRefDialect"];
}

def DecomposePhasesPass
    : Pass<"tconv-decompose-phases", "::mlir::func::FuncOp"> {
  let summary = "turns a transposed convolution into dense convolutions";
  let description = [{
    In uncropped coordinates t = stride * q + p, phase p uses the taps k with
    k * dilation = p (mod stride), and tap k reads x[q - (k * dilation - p) /
    stride]. Whole strides of the crop become a shift of x, so that only
    positions that y has are computed. Phases whose taps read the same places
    form a section.
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect"];
}

def EmitKernelPass : Pass<"tconv-emit-kernel", "::mlir::ModuleOp"> {
  let summary = "adds the entry points and the description of a kernel";
  let description = [{
    Wraps the function `layer` and its `layer_pack` into a `tconv_kernel` of
    kernel_abi.h: two functions that take its argument structures, and one
    exported constant that describes them.
  }];
  let options = [
    Option<"symbol", "symbol", "std::string",
           /*default=*/"\"tconv_kernel_main\"", "name of the exported kernel">,
    Option<"info", "description", "std::string", /*default=*/"\"{}\"",
           "how the kernel was made, as JSON">,
    Option<"target", "target", "std::string", /*default=*/"\"\"",
           "the CPU that it needs, as kernel_abi.h says; none if empty">,
    Option<"lengthClass", "length-class", "int64_t",
           /*default=*/"0",
           "the lengths that it is good for: 0 bulk, 1 short">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::LLVM::LLVMDialect"];
}

class ExpandPass<string name, string op>
    : Pass<"tconv-expand-" # name, "::mlir::ModuleOp"> {
  let summary = "expands " # op # " to vector code";
  let options = [
    Option<"lanes", "lanes", "int64_t", /*default=*/"8",
           "float32 lanes of a vector register">];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"];
}

def ExpandCombinePass : ExpandPass<"combine", "tconv.combine"> {
  let description = [{
    Loads a vector of the sums of every point of a filter and stores one for
    every output of a column.
  }];
}

def ExpandContractPass : ExpandPass<"contract", "tconv.contract"> {
  let description = [{
    A register tile keeps its accumulators in vectors that a loop over the input
    channels carries. With vectors along the positions, weights are broadcast,
    and there is one variant of the tile for every number of vectors up to its
    width; with vectors along the rows, x is broadcast, and there is one variant
    for every number of positions up to its height.
  }];
}

def ExpandContractCompactPass
    : ExpandPass<"contract-compact", "tconv.contract of compact weights"> {
  let description = [{
    As many vectors of the tile's rows at once as there are registers for their
    sums. Weights become f32 numbers in registers, once for all positions of the
    register tile. Vectors are of 16 lanes, whatever a register has.
  }];
  let options = [];
}

def ExpandContractPiecesPass
    : ExpandPass<"contract-pieces", "tconv.contract of pieces"> {
  let description = [{
    32 rows by 32 columns of sums stay in four of AMX's tile registers while the
    products of pieces, 32 input channels a step, are added. What the next step
    reads is brought into L1 in between. Without `tiles` the same sums are made
    by vectors, slowly: so that they can be tested anywhere.
  }];
  let options = [
    Option<"lanes", "lanes", "int64_t", /*default=*/"8",
           "float32 lanes of a vector register">,
    Option<"tiles", "tiles", "bool", /*default=*/"false",
           "whether there are tile registers">];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def ExpandContractPlainPass
    : ExpandPass<"contract-plain", "tconv.contract_plain"> {
  let description = [{
    One vector of sums at a time: few instructions rather than fast ones, since
    it hardly ever runs.
  }];
}

def ExpandEpiloguePass : ExpandPass<"epilogue", "tconv.epilogue"> {
  let description = [{
    Inside y, the phases of a vector of positions are interleaved by shuffles
    and stored as whole vectors. At the ends of y, vectors of 16 are stored
    under masks, and shorter ones element by element.
  }];
}

def ExpandFilterPass : ExpandPass<"filter", "tconv.filter"> {
  let description = [{
    Inside x and y, the sums of all phases of some vectors of positions stay in
    registers, are interleaved by shuffles and stored as whole vectors. At the
    ends of x and y, one vector of positions at a time is read and written under
    masks. Sums of many taps are loops over taps and input channels; so are
    phases of which there are more than lanes, which are stored one by one.
  }];
}

def ExpandPackInputPass : ExpandPass<"pack-input", "tconv.pack_input"> {
  let description = [{
    Every row of a panel is zeros, a copy, zeros, the bounds computed once a
    panel; the copy goes by vectors.
  }];
}

def ExpandPackWeightsPass : ExpandPass<"pack-weights", "tconv.pack_weights"> {
  let description = [{
    Loops over the packed order that read the weights where they lie; rows that
    only pad a register tile are zero.
  }];
}

def ExpandTransformInputPass
    : ExpandPass<"transform-input", "tconv.transform_input"> {
  let description = [{
    A vector of columns is taken apart from `outputs` vectors of x by shuffles,
    and every point is a few sums of its parts. Panels that reach beyond an end
    of x go through a row padded with zeros. The largest magnitude is kept as an
    integer on the way.
  }];
}

def LowerToLLVMPass : Pass<"tconv-lower-to-llvm", "::mlir::ModuleOp"> {
  let summary = "turns vectors, buffers, numbers and branches into the LLVM "
                "dialect at once";
  let description = [{
    MLIR has a pass for each of these dialects. One conversion with the patterns
    of all of them takes a quarter of the time, since no casts between their types
    are made and taken away again. Loops have to be branches by
    then; affine maps need not be arithmetic.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def OutlinePackingPass : Pass<"tconv-outline-packing", "::mlir::ModuleOp"> {
  let summary = "moves the packing of the weights into a function of its own";
  let description = [{
    `NAME` takes packed weights from here on, `NAME_pack` makes them.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

#endif // TCONV_PASSES_TD
