// RUN: tconv-opt %s --tconv-assign-workspace | FileCheck %s

// Each buffer at a multiple of 64 bytes: 3 floats take 64, 20 floats 128.
// CHECK-LABEL: func.func @two(
// CHECK-SAME: %[[X:.*]]: index, %[[WS:.*]]: memref<192xi8>) attributes {tconv.workspace_bytes = 192 : i64}
// CHECK: memref.view %[[WS]][%c0{{.*}}][] : memref<192xi8> to memref<3xf32>
// CHECK: memref.view %[[WS]][%c64{{.*}}][] : memref<192xi8> to memref<4x5xf32>
// CHECK-NOT: alloc
func.func @two(%x: index) {
  %a = memref.alloc() : memref<3xf32>
  %b = memref.alloc() : memref<4x5xf32>
  %z = arith.constant 0.0 : f32
  memref.store %z, %a[%x] : memref<3xf32>
  memref.store %z, %b[%x, %x] : memref<4x5xf32>
  return
}

// CHECK-LABEL: func.func @none()
func.func @none() {
  return
}

// What was mapped to tasks is a kernel, which takes a workspace in any case.
// CHECK-LABEL: func.func @kernel(
// CHECK-SAME: memref<0xi8>) attributes {{.*}}tconv.workspace_bytes = 0 : i64
func.func @kernel() attributes {tconv.task_positions = 16 : i64} {
  return
}
