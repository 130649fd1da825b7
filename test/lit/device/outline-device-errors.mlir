// What tconv-outline-device and the expansions refuse.
// RUN: tconv-opt %s --tconv-outline-device --split-input-file --verify-diagnostics

// expected-error @+1 {{a kernel needs the functions layer and layer_pack}}
module {
}

// -----

module {
  func.func @layer_pack(%w: memref<4xf32>, %p: memref<4xf32>) {
    return
  }
  // expected-error @+1 {{must be mapped to blocks by transform.tconv.map_blocks to become a kernel}}
  func.func @layer(%x: memref<?x1x?xf32>, %w: memref<4xf32>, %y: memref<?x1x?xf32>) {
    return
  }
}
