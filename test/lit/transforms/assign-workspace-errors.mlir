// RUN: tconv-opt %s --tconv-assign-workspace --verify-diagnostics

func.func @dynamic(%n: index) {
  // expected-error @+1 {{needs a static shape to get a place in the workspace, got 'memref<?xf32>'}}
  %a = memref.alloc(%n) : memref<?xf32>
  return
}
