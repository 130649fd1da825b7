// Every named pipeline, with its options, one after the other and at once.
// RUN: tconv-opt %s --tconv-cpu-phases | FileCheck %s --check-prefix=PHASES
// RUN: tconv-opt %s --tconv-cpu-phases --tconv-cpu-schedule="feature=cpu/avx512 kind=rows" | FileCheck %s --check-prefix=SCHEDULE
// RUN: tconv-opt %s --tconv-cpu-phases --tconv-cpu-schedule="feature=cpu/avx2 lanes=8" --tconv-cpu-expand="lanes=8" | FileCheck %s --check-prefix=EXPAND
// RUN: tconv-opt %s --tconv-cpu="feature=cpu/avx2 lanes=8 symbol=up" | FileCheck %s --check-prefix=LLVM

// PHASES: tconv.pack_weights
// PHASES: tconv.phases
// SCHEDULE: @layer_pack
// SCHEDULE: tconv.contract {{.*}}vectors = #tconv.vectors<rows>
// EXPAND-NOT: tconv.contract
// EXPAND: vector.fma
// LLVM-NOT: {{memref|vector|scf}}.{{load|fma|for}}
// LLVM: llvm.mlir.global external constant @up()

func.func @layer(%x: tensor<?x8x?xf32>, %w: tensor<8x2x4xf32>, %y: tensor<?x2x?xf32>) -> tensor<?x2x?xf32> attributes {
    tconv.in_channels = 8 : i64, tconv.out_channels = 2 : i64, tconv.kernel_size = 4 : i64, tconv.stride = 2 : i64, tconv.dilation = 1 : i64, tconv.groups = 1 : i64, tconv.crop_begin = 0 : i64} {
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x8x?xf32>, tensor<8x2x4xf32>) outs(%y : tensor<?x2x?xf32>) {stride = 2} -> tensor<?x2x?xf32>
  return %0 : tensor<?x2x?xf32>
}
