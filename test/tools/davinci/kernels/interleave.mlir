// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Two phases' planes (2, 128, 256) in f32 to y (128, 512) in f16, with a bias;
// eight channels for each block.
module {
func.func @interleave(%ws: memref<?xi8>, %pl: memref<?xf32>, %b: memref<?xf32>, %y: memref<?xf16>,
                %gx: i32, %gy: i32, %gz: i32, %px: i32, %py: i32, %pz: i32)
    attributes {WorkspaceArgIdx = 0 : i64, global_kernel = "local", mix_mode = "aiv"} {
  %p = arith.index_cast %px : i32 to index
  %c8 = arith.constant 8 : index
  %c256 = arith.constant 256 : index
  %c512 = arith.constant 512 : index
  %c = arith.muli %p, %c8 : index
  %o = arith.muli %c, %c256 : index
  %oy = arith.muli %c, %c512 : index
  %c32768 = arith.constant 32768 : index
  %br = memref.reinterpret_cast %b to offset: [%c], sizes: [8], strides: [1] : memref<?xf32> to memref<8xf32, strided<[1], offset: ?>>
  %ba = memref.alloc() : memref<8xf32>
  memref.copy %br, %ba : memref<8xf32, strided<[1], offset: ?>> to memref<8xf32>
  %bt = bufferization.to_tensor %ba restrict writable : memref<8xf32>
  %be = tensor.empty() : tensor<8x256xf32>
  %bb = linalg.broadcast ins(%bt : tensor<8xf32>) outs(%be : tensor<8x256xf32>) dimensions = [1]
  %r0 = memref.reinterpret_cast %pl to offset: [%o], sizes: [8, 256], strides: [256, 1] : memref<?xf32> to memref<8x256xf32, strided<[256, 1], offset: ?>>
  %a0 = memref.alloc() : memref<8x256xf32>
  memref.copy %r0, %a0 : memref<8x256xf32, strided<[256, 1], offset: ?>> to memref<8x256xf32>
  %t0 = bufferization.to_tensor %a0 restrict writable : memref<8x256xf32>
  %s0 = arith.addf %t0, %bb : tensor<8x256xf32>
  %h0 = arith.truncf %s0 : tensor<8x256xf32> to tensor<8x256xf16>
  %y0 = memref.reinterpret_cast %y to offset: [%oy], sizes: [8, 256], strides: [512, 2] : memref<?xf16> to memref<8x256xf16, strided<[512, 2], offset: ?>>
  bufferization.materialize_in_destination %h0 in writable %y0 : (tensor<8x256xf16>, memref<8x256xf16, strided<[512, 2], offset: ?>>) -> ()
  %o1 = arith.addi %o, %c32768 : index
  %r1 = memref.reinterpret_cast %pl to offset: [%o1], sizes: [8, 256], strides: [256, 1] : memref<?xf32> to memref<8x256xf32, strided<[256, 1], offset: ?>>
  %a1 = memref.alloc() : memref<8x256xf32>
  memref.copy %r1, %a1 : memref<8x256xf32, strided<[256, 1], offset: ?>> to memref<8x256xf32>
  %t1 = bufferization.to_tensor %a1 restrict writable : memref<8x256xf32>
  %s1 = arith.addf %t1, %bb : tensor<8x256xf32>
  %h1 = arith.truncf %s1 : tensor<8x256xf32> to tensor<8x256xf16>
  %c1 = arith.constant 1 : index
  %oy1 = arith.addi %oy, %c1 : index
  %y1 = memref.reinterpret_cast %y to offset: [%oy1], sizes: [8, 256], strides: [512, 2] : memref<?xf16> to memref<8x256xf16, strided<[512, 2], offset: ?>>
  bufferization.materialize_in_destination %h1 in writable %y1 : (tensor<8x256xf16>, memref<8x256xf16, strided<[512, 2], offset: ?>>) -> ()
  return
}
}
