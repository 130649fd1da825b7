// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a schedule for GPUs makes of a layer: the work of one thread block as
// one operation, which the tconv-expand-* passes of compiler/Target/NVPTX
// spread over its threads.
#ifndef TCONV_DEVICE_OPS_TD
#define TCONV_DEVICE_OPS_TD

include "TconvDialect.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/TilingInterface.td"

// TconvAttrs.td would be generated a second time if it were included here.
def Device_DecompositionAttr
    : Attr<CPred<"::llvm::isa<::mlir::tconv::DecompositionAttr>($_self)">,
           "how a layer falls apart into phases"> {
  let storageType = "::mlir::tconv::DecompositionAttr";
  let returnType = "::mlir::tconv::DecompositionAttr";
  let convertFromStorage = "$_self";
}

class Device_BufferOp<string opMnemonic, list<Trait> traits = []>
    : Op<Tconv_Dialect, opMnemonic, traits # [
        DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let hasVerifier = 1;
}

class Device_BlockOp<string opMnemonic> : Device_BufferOp<opMnemonic, [
    AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<TilingInterface,
        ["getLoopIteratorTypes", "getIterationDomain",
         "getTiledImplementation"]>]> {
  let assemblyFormat = [{
    `ins` `(` $x `,` $weights (`,` $bias^)? `:` type($x) `,` type($weights)
    (`,` type($bias)^)? `)` `outs` `(` $y `:` type($y) `)`
    (`window` `[` $window^ `]`)? attr-dict
  }];
  code blockDeclaration = [{
    Value getWindowOffset(unsigned axis) { return getWindow()[axis]; }
    int64_t getGroupInputs();
    int64_t getGroupOutputs();
  }];
}

def Device_BlockProductOp : Device_BlockOp<"block_product"> {
  let summary = "row tiles of a layer's phases as matrix products";
  let description = [{
    What `tconv.phases` computes, cut into columns: a column is one row tile of
    one section of one group, in the order of compiler/Dialect/TileLayout.h. The
    iteration space is (batch, column, position); `window` holds offsets and
    sizes in it. Weights are packed by `tconv.pack_tiles` with the same tile.

    A thread block has `row_warps` * `position_warps` warps of 32 rows (output
    channel and phase) by 64 positions each. It goes through the depth (tap,
    input channel) in chunks of `depth` input channels of a tap, which wait in
    `stages` buffers of shared memory; with `async` they get there by cp.async.
    `math` is what multiplies: "fma" fused multiply-adds in f32, "mma" tensor
    cores on f16 or bf16, "tf32" tensor cores on f32 rounded to TF32.
  }];
  let arguments = (ins AnyMemRef:$x, AnyMemRef:$weights,
                       Optional<AnyMemRef>:$bias, AnyMemRef:$y,
                       Variadic<Index>:$window,
                       Device_DecompositionAttr:$decomposition, I64Attr:$groups,
                       StrAttr:$math, I64Attr:$row_warps,
                       I64Attr:$position_warps, I64Attr:$depth,
                       I64Attr:$stages, UnitAttr:$async);
  let extraClassDeclaration = blockDeclaration # [{
    DeviceTile getTile();
  }];
}

def Device_BlockFilterOp : Device_BlockOp<"block_filter"> {
  let summary = "all phases of one output channel, one position a thread";
  let description = [{
    What `tconv.phases` computes, for layers with little work for each output.
    The iteration space is (batch, output channel, position); a block of
    `threads` threads does `threads` * `positions` positions, whose outputs wait
    in shared memory so that their stores coalesce. Weights are packed by
    `tconv.pack_filters`.
  }];
  let arguments = (ins AnyMemRef:$x, AnyMemRef:$weights,
                       Optional<AnyMemRef>:$bias, AnyMemRef:$y,
                       Variadic<Index>:$window,
                       Device_DecompositionAttr:$decomposition, I64Attr:$groups,
                       I64Attr:$threads, I64Attr:$positions);
  let extraClassDeclaration = blockDeclaration;
}

def Device_PackTilesOp : Device_BufferOp<"pack_tiles"> {
  let summary = "packs weights as tconv.block_product reads them";
  let description = [{
    `packed` is `[group][column][tap][part of the input channels][depth][row]`,
    for "mma" `[group][column][part of the input channels][tap][depth][row]`, the
    rows of a depth permuted as they lie in shared memory.
  }];
  let arguments = (ins AnyMemRef:$weight, AnyMemRef:$packed,
                       Device_DecompositionAttr:$decomposition, I64Attr:$groups,
                       StrAttr:$math, I64Attr:$row_warps,
                       I64Attr:$position_warps, I64Attr:$depth,
                       I64Attr:$stages, UnitAttr:$async);
  let assemblyFormat = [{
    $weight `,` $packed attr-dict `:` type($weight) `,` type($packed)
  }];
  let extraClassDeclaration = [{ DeviceTile getTile(); }];
}

def Device_PackFiltersOp : Device_BufferOp<"pack_filters"> {
  let summary = "packs weights as tconv.block_filter reads them";
  let description = [{
    `packed` is `[output channel][input channel of the group][tap]` in f32.
  }];
  let arguments = (ins AnyMemRef:$weight, AnyMemRef:$packed, I64Attr:$groups);
  let assemblyFormat = [{
    $weight `,` $packed attr-dict `:` type($weight) `,` type($packed)
  }];
}

#endif // TCONV_DEVICE_OPS_TD
