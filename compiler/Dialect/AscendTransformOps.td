// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What schedules for Ascend need beside MLIR's own transforms.
#ifndef TCONV_ASCEND_TRANSFORM_OPS_TD
#define TCONV_ASCEND_TRANSFORM_OPS_TD

include "mlir/Dialect/Transform/IR/TransformDialect.td"
include "mlir/Dialect/Transform/Interfaces/TransformInterfaces.td"
include "mlir/Dialect/Transform/IR/TransformTypes.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Ascend_TransformOp<string opMnemonic, list<Trait> traits = []>
    : Op<Transform_Dialect, "tconv." # opMnemonic, traits # [
        DeclareOpInterfaceMethods<TransformOpInterface>,
        DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
        ReportTrackingListenerFailuresOpTrait]> {
  let cppNamespace = "::mlir::tconv::xform";
}

def Ascend_ChooseCoreTileOp : Ascend_TransformOp<"choose_core_tile"> {
  let summary = "asks the cost model for what a core does at a time";
  let description = [{
    For the part of the module (`tconv.ascend`) and `unit` (cube or vector),
    returns the rows (plane and output channel), positions and input channels of
    one multiplication, whether the weights of these rows stay in L1 (2) or come
    anew for every tile (1), and the positions, phases and channels of one
    interleaving. What a `tconv.blocks` attribute of the function says comes
    first. The reasons are left on the function as `tconv.reasons`.
  }];
  let arguments = (ins TransformHandleTypeInterface:$target, StrAttr:$unit);
  let results = (outs TransformParamTypeInterface:$rows,
                      TransformParamTypeInterface:$positions,
                      TransformParamTypeInterface:$depth,
                      TransformParamTypeInterface:$weights,
                      TransformParamTypeInterface:$store_positions,
                      TransformParamTypeInterface:$store_phases,
                      TransformParamTypeInterface:$store_channels);
  let assemblyFormat = [{
    $target `unit` $unit attr-dict `:` functional-type(operands, results)
  }];
}

def Ascend_MapCoresOp : Ascend_TransformOp<"map_cores"> {
  let summary = "maps a layer's phases to cube and vector cores";
  let description = [{
    Leaves on `tconv.phases`, as `tconv.cores`, what a core does at a time: a
    product of `rows` by `positions`, `depth` input channels at a time, on
    `unit`, with the `weights` in L1 for all tiles (2) or not (1); and an
    interleaving of `store_phases` phases of `store_positions` positions, for
    `store_channels` channels one after the other. Refuses what the memories of
    a core can't hold.
  }];
  let arguments = (ins TransformHandleTypeInterface:$target, StrAttr:$unit,
                       TransformParamTypeInterface:$rows,
                       TransformParamTypeInterface:$positions,
                       TransformParamTypeInterface:$depth,
                       TransformParamTypeInterface:$weights,
                       TransformParamTypeInterface:$store_positions,
                       TransformParamTypeInterface:$store_phases,
                       TransformParamTypeInterface:$store_channels);
  let assemblyFormat = [{
    $target `unit` $unit `product` `[` $rows `,` $positions `,` $depth `]`
    `weights` $weights `store` `[` $store_positions `,` $store_phases `,`
    $store_channels `]` attr-dict `:` functional-type(operands, results)
  }];
}

#endif // TCONV_ASCEND_TRANSFORM_OPS_TD
