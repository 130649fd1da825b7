// RUN: rm -rf %t && mkdir -p %t/cpu/portable
// RUN: echo 'module {}' > %t/cpu/portable/positions.mlir
// RUN: not tconv-opt %s --tconv-cpu-phases --tconv-apply-schedule="schedule-path=%t" 2>&1 | FileCheck %s --check-prefix=SEQUENCE
// RUN: echo 'no schedule' > %t/cpu/portable/positions.mlir
// RUN: not tconv-opt %s --tconv-cpu-phases --tconv-apply-schedule="schedule-path=%t" 2>&1 | FileCheck %s --check-prefix=SYNTAX
// RUN: tconv-opt %s --tconv-cpu-phases --tconv-apply-schedule="kind=diagonal" --verify-diagnostics
// RUN: sed 's/interchange = .2, 1, 0./interchange = [2, 1]/' %source_root/schedules/cpu/portable/positions.mlir > %t/cpu/portable/positions.mlir
// RUN: not tconv-opt %s --tconv-cpu-phases --tconv-apply-schedule="schedule-path=%t" 2>&1 | FileCheck %s --check-prefix=SILENT
// RUN: sed 's/interchange = .2, 1, 0./interchange = [0, 1, 3, 2]/' %source_root/schedules/cpu/portable/positions.mlir > %t/cpu/portable/positions.mlir
// RUN: not tconv-opt %s --tconv-cpu-phases --tconv-apply-schedule="schedule-path=%t" 2>&1 | FileCheck %s --check-prefix=LONG
// RUN: sed 's/^    %rows = .*/&\n    %one = arith.constant 1 : index/' %source_root/schedules/cpu/portable/positions.mlir > %t/cpu/portable/positions.mlir
// RUN: not tconv-opt %s --tconv-cpu-phases --tconv-apply-schedule="schedule-path=%t" 2>&1 | FileCheck %s --check-prefix=FOREIGN

// SEQUENCE: error: schedule {{.*}}positions.mlir has no named sequence @schedule
// SYNTAX: positions.mlir:1:1: error
// SYNTAX: error: schedule {{.*}}positions.mlir can't be read
// SILENT: error: schedule {{.*}}positions.mlir failed
// SILENT: note: a transform failed without saying why: a tile size or an interchange that does not fit does that
// LONG: positions.mlir:{{[0-9]+}}:{{[0-9]+}}: error: 'transform.structured.tile_using_for' op interchange has 4 numbers for 3 tile sizes
// LONG: error: schedule {{.*}}positions.mlir failed
// FOREIGN: positions.mlir:{{[0-9]+}}:{{[0-9]+}}: error: 'arith.constant' op is no transform operation
// FOREIGN: error: schedule {{.*}}positions.mlir failed

// expected-error @+1 {{there is no schedule cpu/portable/diagonal.mlir, nor a portable one}}
func.func @layer(%x: tensor<?x3x?xf32>, %w: tensor<3x2x4xf32>, %y: tensor<?x2x?xf32>) -> tensor<?x2x?xf32> {
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x3x?xf32>, tensor<3x2x4xf32>) outs(%y : tensor<?x2x?xf32>) {stride = 2} -> tensor<?x2x?xf32>
  return %0 : tensor<?x2x?xf32>
}
