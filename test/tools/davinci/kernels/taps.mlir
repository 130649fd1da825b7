// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A phase with two taps on the cube, a tile of 128 positions for each block:
// x (64, 264), w (2, 128, 64), y (128, 256).
module {
func.func @taps(%ws: memref<?xi8>, %x: memref<?xf16>, %w: memref<?xf16>, %y: memref<?xf32>,
                %gx: i32, %gy: i32, %gz: i32, %px: i32, %py: i32, %pz: i32)
    attributes {WorkspaceArgIdx = 0 : i64, global_kernel = "local", mix_mode = "mix"} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %p = arith.index_cast %px : i32 to index
  %c128 = arith.constant 128 : index
  %q = arith.muli %p, %c128 : index
  %e = tensor.empty() : tensor<128x128xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<128x128xf32>) -> tensor<128x128xf32>
  %xr0 = memref.reinterpret_cast %x to offset: [%q], sizes: [64, 128], strides: [264, 1] : memref<?xf16> to memref<64x128xf16, strided<[264, 1], offset: ?>>
  %xa0 = memref.alloc() : memref<64x128xf16>
  memref.copy %xr0, %xa0 : memref<64x128xf16, strided<[264, 1], offset: ?>> to memref<64x128xf16>
  %xt0 = bufferization.to_tensor %xa0 restrict writable : memref<64x128xf16>
  %wr0 = memref.reinterpret_cast %w to offset: [0], sizes: [128, 64], strides: [64, 1] : memref<?xf16> to memref<128x64xf16, strided<[64, 1], offset: 0>>
  %wa0 = memref.alloc() : memref<128x64xf16>
  memref.copy %wr0, %wa0 : memref<128x64xf16, strided<[64, 1], offset: 0>> to memref<128x64xf16>
  %wt0 = bufferization.to_tensor %wa0 restrict writable : memref<128x64xf16>
  %m0 = linalg.matmul ins(%wt0, %xt0 : tensor<128x64xf16>, tensor<64x128xf16>) outs(%init : tensor<128x128xf32>) -> tensor<128x128xf32>
  %c1 = arith.constant 1 : index
  %q1 = arith.addi %q, %c1 : index
  %xr1 = memref.reinterpret_cast %x to offset: [%q1], sizes: [64, 128], strides: [264, 1] : memref<?xf16> to memref<64x128xf16, strided<[264, 1], offset: ?>>
  %xa1 = memref.alloc() : memref<64x128xf16>
  memref.copy %xr1, %xa1 : memref<64x128xf16, strided<[264, 1], offset: ?>> to memref<64x128xf16>
  %xt1 = bufferization.to_tensor %xa1 restrict writable : memref<64x128xf16>
  %wr1 = memref.reinterpret_cast %w to offset: [8192], sizes: [128, 64], strides: [64, 1] : memref<?xf16> to memref<128x64xf16, strided<[64, 1], offset: 8192>>
  %wa1 = memref.alloc() : memref<128x64xf16>
  memref.copy %wr1, %wa1 : memref<128x64xf16, strided<[64, 1], offset: 8192>> to memref<128x64xf16>
  %wt1 = bufferization.to_tensor %wa1 restrict writable : memref<128x64xf16>
  %m1 = linalg.matmul ins(%wt1, %xt1 : tensor<128x64xf16>, tensor<64x128xf16>) outs(%m0 : tensor<128x128xf32>) -> tensor<128x128xf32>
  %yr = memref.reinterpret_cast %y to offset: [%q], sizes: [128, 128], strides: [256, 1] : memref<?xf32> to memref<128x128xf32, strided<[256, 1], offset: ?>>
  bufferization.materialize_in_destination %m1 in writable %yr : (tensor<128x128xf32>, memref<128x128xf32, strided<[256, 1], offset: ?>>) -> ()
  return
}
}
