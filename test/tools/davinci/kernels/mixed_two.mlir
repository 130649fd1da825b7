// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// mixed.mlir with two products, of 4 phases each, whose rows the vector cores
// read by turns. bishengir-compile 1.2.0 has them tell the cube core that the
// place of the second one is free before they have read it for the last time.
module {
func.func @mixed(%ws: memref<?xi8>, %x: memref<?xf16>, %w: memref<?xf16>, %bias: memref<?xf16>, %y: memref<?xf16>,
                 %gx: i32, %gy: i32, %gz: i32, %px: i32, %py: i32, %pz: i32)
    attributes {WorkspaceArgIdx = 0 : i64, global_kernel = "local", mix_mode = "mix"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %c12 = arith.constant 12 : index
  %c64 = arith.constant 64 : index
  %c6144 = arith.constant 6144 : index
  %zero = arith.constant 0.0 : f32
  %p = arith.index_cast %px : i32 to index
  %wr0 = memref.reinterpret_cast %w to offset: [0], sizes: [8, 64], strides: [64, 1] : memref<?xf16> to memref<8x64xf16, strided<[64, 1], offset: 0>>
  %wa0 = memref.alloc() : memref<8x64xf16>
  memref.copy %wr0, %wa0 : memref<8x64xf16, strided<[64, 1], offset: 0>> to memref<8x64xf16>
  %wt0 = bufferization.to_tensor %wa0 restrict writable : memref<8x64xf16>
  %wr1 = memref.reinterpret_cast %w to offset: [512], sizes: [8, 64], strides: [64, 1] : memref<?xf16> to memref<8x64xf16, strided<[64, 1], offset: 512>>
  %wa1 = memref.alloc() : memref<8x64xf16>
  memref.copy %wr1, %wa1 : memref<8x64xf16, strided<[64, 1], offset: 512>> to memref<8x64xf16>
  %wt1 = bufferization.to_tensor %wa1 restrict writable : memref<8x64xf16>
  scf.for %tile = %p to %c12 step %c2 {
  %q = arith.muli %tile, %c64 : index
  %xr = memref.reinterpret_cast %x to offset: [%q], sizes: [64, 64], strides: [768, 1] : memref<?xf16> to memref<64x64xf16, strided<[768, 1], offset: ?>>
  %xa = memref.alloc() : memref<64x64xf16>
  memref.copy %xr, %xa : memref<64x64xf16, strided<[768, 1], offset: ?>> to memref<64x64xf16>
  %xt = bufferization.to_tensor %xa restrict writable : memref<64x64xf16>
  %e0 = tensor.empty() : tensor<8x64xf32>
  %i0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<8x64xf32>) -> tensor<8x64xf32>
  %m0 = linalg.matmul ins(%wt0, %xt : tensor<8x64xf16>, tensor<64x64xf16>) outs(%i0 : tensor<8x64xf32>) -> tensor<8x64xf32>
  %e1 = tensor.empty() : tensor<8x64xf32>
  %i1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<8x64xf32>) -> tensor<8x64xf32>
  %m1 = linalg.matmul ins(%wt1, %xt : tensor<8x64xf16>, tensor<64x64xf16>) outs(%i1 : tensor<8x64xf32>) -> tensor<8x64xf32>
  %first = arith.muli %q, %c8 : index
  %sa0 = tensor.extract_slice %m0[0, 0] [4, 64] [1, 1] : tensor<8x64xf32> to tensor<4x64xf32>
  %sb0 = tensor.extract_slice %m1[0, 0] [4, 64] [1, 1] : tensor<8x64xf32> to tensor<4x64xf32>
  %se0 = tensor.empty() : tensor<8x64xf32>
  %sc0 = tensor.insert_slice %sa0 into %se0[0, 0] [4, 64] [1, 1] : tensor<4x64xf32> into tensor<8x64xf32>
  %s0 = tensor.insert_slice %sb0 into %sc0[4, 0] [4, 64] [1, 1] : tensor<4x64xf32> into tensor<8x64xf32>
  %b0 = memref.load %bias[%c0] : memref<?xf16>
  %bf0 = arith.extf %b0 : f16 to f32
  %be0 = tensor.empty() : tensor<8x64xf32>
  %bt0 = linalg.fill ins(%bf0 : f32) outs(%be0 : tensor<8x64xf32>) -> tensor<8x64xf32>
  %sum0 = arith.addf %s0, %bt0 : tensor<8x64xf32>
  %h0 = arith.truncf %sum0 : tensor<8x64xf32> to tensor<8x64xf16>
  %te0 = tensor.empty() : tensor<64x8xf16>
  %t0 = linalg.transpose ins(%h0 : tensor<8x64xf16>) outs(%te0 : tensor<64x8xf16>) permutation = [1, 0]
  %yr0 = memref.reinterpret_cast %y to offset: [%first], sizes: [64, 8], strides: [8, 1] : memref<?xf16> to memref<64x8xf16, strided<[8, 1], offset: ?>>
  bufferization.materialize_in_destination %t0 in writable %yr0 : (tensor<64x8xf16>, memref<64x8xf16, strided<[8, 1], offset: ?>>) -> ()
  %second = arith.addi %first, %c6144 : index
  %sa1 = tensor.extract_slice %m0[4, 0] [4, 64] [1, 1] : tensor<8x64xf32> to tensor<4x64xf32>
  %sb1 = tensor.extract_slice %m1[4, 0] [4, 64] [1, 1] : tensor<8x64xf32> to tensor<4x64xf32>
  %se1 = tensor.empty() : tensor<8x64xf32>
  %sc1 = tensor.insert_slice %sa1 into %se1[0, 0] [4, 64] [1, 1] : tensor<4x64xf32> into tensor<8x64xf32>
  %s1 = tensor.insert_slice %sb1 into %sc1[4, 0] [4, 64] [1, 1] : tensor<4x64xf32> into tensor<8x64xf32>
  %b1 = memref.load %bias[%c1] : memref<?xf16>
  %bf1 = arith.extf %b1 : f16 to f32
  %be1 = tensor.empty() : tensor<8x64xf32>
  %bt1 = linalg.fill ins(%bf1 : f32) outs(%be1 : tensor<8x64xf32>) -> tensor<8x64xf32>
  %sum1 = arith.addf %s1, %bt1 : tensor<8x64xf32>
  %h1 = arith.truncf %sum1 : tensor<8x64xf32> to tensor<8x64xf16>
  %te1 = tensor.empty() : tensor<64x8xf16>
  %t1 = linalg.transpose ins(%h1 : tensor<8x64xf16>) outs(%te1 : tensor<64x8xf16>) permutation = [1, 0]
  %yr1 = memref.reinterpret_cast %y to offset: [%second], sizes: [64, 8], strides: [8, 1] : memref<?xf16> to memref<64x8xf16, strided<[8, 1], offset: ?>>
  bufferization.materialize_in_destination %t1 in writable %yr1 : (tensor<64x8xf16>, memref<64x8xf16, strided<[8, 1], offset: ?>>) -> ()
  }
  return
}
}
