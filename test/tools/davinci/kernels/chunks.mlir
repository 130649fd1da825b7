// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A phase with one tap on the cube, its input channels in four chunks whose
// copies take turns in two buffers: x (256, 264), w (128, 256), y (128, 256).
module {
func.func @chunks(%ws: memref<?xi8>, %x: memref<?xf16>, %w: memref<?xf16>, %y: memref<?xf32>,
                %gx: i32, %gy: i32, %gz: i32, %px: i32, %py: i32, %pz: i32)
    attributes {WorkspaceArgIdx = 0 : i64, global_kernel = "local", mix_mode = "mix"} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %p = arith.index_cast %px : i32 to index
  %c128 = arith.constant 128 : index
  %c64 = arith.constant 64 : index
  %c16896 = arith.constant 16896 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %q = arith.muli %p, %c128 : index
  %e = tensor.empty() : tensor<128x128xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<128x128xf32>) -> tensor<128x128xf32>
  %m = scf.for %i = %c0 to %c4 step %c1 iter_args(%acc = %init) -> (tensor<128x128xf32>) {
    %xo0 = arith.muli %i, %c16896 : index
    %xo = arith.addi %xo0, %q : index
    %wo = arith.muli %i, %c64 : index
    %xr0 = memref.reinterpret_cast %x to offset: [%xo], sizes: [64, 128], strides: [264, 1] : memref<?xf16> to memref<64x128xf16, strided<[264, 1], offset: ?>>
    %xa0 = memref.alloc() : memref<64x128xf16>
    memref.copy %xr0, %xa0 : memref<64x128xf16, strided<[264, 1], offset: ?>> to memref<64x128xf16>
    %xt0 = bufferization.to_tensor %xa0 restrict writable : memref<64x128xf16>
    %wr0 = memref.reinterpret_cast %w to offset: [%wo], sizes: [128, 64], strides: [256, 1] : memref<?xf16> to memref<128x64xf16, strided<[256, 1], offset: ?>>
    %wa0 = memref.alloc() : memref<128x64xf16>
    memref.copy %wr0, %wa0 : memref<128x64xf16, strided<[256, 1], offset: ?>> to memref<128x64xf16>
    %wt0 = bufferization.to_tensor %wa0 restrict writable : memref<128x64xf16>
    %m0 = linalg.matmul ins(%wt0, %xt0 : tensor<128x64xf16>, tensor<64x128xf16>) outs(%acc : tensor<128x128xf32>) -> tensor<128x128xf32>
    scf.yield %m0 : tensor<128x128xf32>
  }
  %yr = memref.reinterpret_cast %y to offset: [%q], sizes: [128, 128], strides: [256, 1] : memref<?xf32> to memref<128x128xf32, strided<[256, 1], offset: ?>>
  bufferization.materialize_in_destination %m in writable %yr : (tensor<128x128xf32>, memref<128x128xf32, strided<[256, 1], offset: ?>>) -> ()
  return
}
}
