// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What schedules for GPUs need beside MLIR's own transforms.
#ifndef TCONV_DEVICE_TRANSFORM_OPS_TD
#define TCONV_DEVICE_TRANSFORM_OPS_TD

include "mlir/Dialect/Transform/IR/TransformDialect.td"
include "mlir/Dialect/Transform/Interfaces/TransformInterfaces.td"
include "mlir/Dialect/Transform/IR/TransformTypes.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Device_TransformOp<string opMnemonic, list<Trait> traits = []>
    : Op<Transform_Dialect, "tconv." # opMnemonic, traits # [
        DeclareOpInterfaceMethods<TransformOpInterface>,
        DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
        ReportTrackingListenerFailuresOpTrait]> {
  let cppNamespace = "::mlir::tconv::xform";
}

def Device_ChooseTileOp : Device_TransformOp<"choose_tile"> {
  let summary = "asks the cost model for the tile of a thread block";
  let description = [{
    For the architecture of the module (`tconv.architecture`) and `math` (fma,
    mma or tf32), returns how many warps a block has along the rows and along
    the positions, the positions of a block, and how many input channels a chunk
    of the depth has. What a `tconv.blocks` attribute of the function says comes
    first. The reasons are left on the function as `tconv.reasons`.
  }];
  let arguments = (ins TransformHandleTypeInterface:$target, StrAttr:$math,
                       TransformParamTypeInterface:$stages);
  let results = (outs TransformParamTypeInterface:$row_warps,
                      TransformParamTypeInterface:$position_warps,
                      TransformParamTypeInterface:$positions,
                      TransformParamTypeInterface:$depth);
  let assemblyFormat = [{
    $target `math` $math `stages` $stages attr-dict `:`
    functional-type(operands, results)
  }];
}

def Device_MakeProductOp : Device_TransformOp<"make_product"> {
  let summary = "turns a layer's phases into columns of matrix products";
  let description = [{
    `tconv.phases` becomes a `tconv.block_product`, the packing of its weights a
    `tconv.pack_tiles`. With `async`, shared memory is filled by cp.async.
  }];
  let arguments = (ins TransformHandleTypeInterface:$target, StrAttr:$math,
                       TransformParamTypeInterface:$row_warps,
                       TransformParamTypeInterface:$position_warps,
                       TransformParamTypeInterface:$depth,
                       TransformParamTypeInterface:$stages, UnitAttr:$async);
  let results = (outs TransformHandleTypeInterface:$product);
  let assemblyFormat = [{
    $target `math` $math `warps` $row_warps `,` $position_warps `depth` $depth
    `stages` $stages (`async` $async^)? attr-dict `:`
    functional-type(operands, results)
  }];
}

def Device_ChooseFilterOp : Device_TransformOp<"choose_filter"> {
  let summary = "asks the cost model for the tasks of a filter kernel";
  let description = [{
    Returns how many positions a thread has, and a block of `threads` threads.
  }];
  let arguments = (ins TransformHandleTypeInterface:$target,
                       TransformParamTypeInterface:$threads);
  let results = (outs TransformParamTypeInterface:$each,
                      TransformParamTypeInterface:$positions);
  let assemblyFormat = [{
    $target `threads` $threads attr-dict `:` functional-type(operands, results)
  }];
}

def Device_MakeFilterOp : Device_TransformOp<"make_filter"> {
  let summary = "turns a layer's phases into filters, one for each channel";
  let description = [{
    `tconv.phases` becomes a `tconv.block_filter`, the packing of its weights a
    `tconv.pack_filters`.
  }];
  let arguments = (ins TransformHandleTypeInterface:$target,
                       TransformParamTypeInterface:$threads,
                       TransformParamTypeInterface:$each);
  let results = (outs TransformHandleTypeInterface:$filter);
  let assemblyFormat = [{
    $target `threads` $threads `each` $each attr-dict `:`
    functional-type(operands, results)
  }];
}

def Device_MapBlocksOp : Device_TransformOp<"map_blocks"> {
  let summary = "maps a loop over blocks to a grid of one axis";
  let description = [{
    The loop over (batch, column, position) that tiling by
    `transform.structured.tile_using_forall` made becomes one task, whose number
    is a new last argument of the function; positions run fastest, as
    kernel_abi.h says. A task has `positions` positions. What a launcher has to
    know is left on the function.
  }];
  let arguments = (ins TransformHandleTypeInterface:$loop,
                       TransformParamTypeInterface:$positions);
  let assemblyFormat = [{
    $loop `positions` $positions attr-dict `:` type($loop) `,` type($positions)
  }];
}

#endif // TCONV_DEVICE_TRANSFORM_OPS_TD
