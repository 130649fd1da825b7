// The built-in schedules, the fall-back to the portable ones, and a folder of
// the user's before both.
// RUN: tconv-opt %s --tconv-cpu-phases --tconv-apply-schedule="feature=cpu/avx2 kind=positions" | FileCheck %s --check-prefix=AVX2
// RUN: tconv-opt %s --tconv-cpu-phases --tconv-apply-schedule="feature=cpu/z80 kind=rows" | FileCheck %s --check-prefix=FALLBACK
// RUN: rm -rf %t && mkdir -p %t/cpu/avx2
// RUN: cp %source_root/schedules/cpu/portable/positions.mlir %t/cpu/avx2/positions.mlir
// RUN: tconv-opt %s --tconv-cpu-phases --tconv-apply-schedule="feature=cpu/avx2 kind=positions schedule-path=%t" | FileCheck %s --check-prefix=USER

// AVX2: tconv.schedule = "builtin:cpu/avx2/positions.mlir"
// AVX2-SAME: tconv.task_columns
// AVX2-SAME: tconv.task_positions
// AVX2: tconv.pack_weights {{.*}} rows = 4>
// AVX2: tconv.pack_input
// AVX2: tconv.contract
// AVX2: tconv.epilogue
// FALLBACK: tconv.schedule = "builtin:cpu/portable/rows.mlir"
// USER: tconv.schedule = "{{.*}}/cpu/avx2/positions.mlir"
// USER: tconv.pack_weights {{.*}} rows = 6>

func.func @layer(%x: tensor<?x3x?xf32>, %w: tensor<3x2x4xf32>, %y: tensor<?x2x?xf32>) -> tensor<?x2x?xf32> {
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x3x?xf32>, tensor<3x2x4xf32>) outs(%y : tensor<?x2x?xf32>) {stride = 2} -> tensor<?x2x?xf32>
  return %0 : tensor<?x2x?xf32>
}

// A function without a layer has no schedule.
// AVX2-LABEL: func.func @nothing()
// AVX2-NOT: tconv.schedule
func.func @nothing() {
  return
}
