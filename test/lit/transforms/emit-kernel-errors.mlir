// RUN: tconv-opt %s --tconv-emit-kernel --split-input-file --verify-diagnostics

// expected-error @+1 {{a kernel needs the functions layer and layer_pack}}
module {
}

// -----

func.func @layer_pack(%w: memref<1x2x3xf32>, %p: memref<6xf32>) {
  return
}
// expected-error @+1 {{is no kernel: expected x, weights, bias or not, y, begin, end and workspace, got 1 arguments}}
func.func @layer(%x: memref<?x1x?xf32>) {
  return
}

// -----

func.func @layer_pack(%w: memref<1x2x3xf32>, %p: memref<6xf32>) {
  return
}
// expected-error @+1 {{needs the attribute tconv.in_channels}}
func.func @layer(%x: memref<?x1x?xf32, strided<[?, ?, 1]>>, %p: memref<6xf32>, %y: memref<?x2x?xf32, strided<[?, ?, 1]>>, %begin: index, %end: index, %ws: memref<64xi8>) {
  return
}
