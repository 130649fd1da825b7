// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A mixed kernel whose text says itself what the cube core does and what the
// vector cores do: a loop of each, flags between them, and sums that are handed
// over in two places by turns. bishengir-compile has nothing to decide then: it
// is told to insert no flags between cores, to manage no workspace and to bind
// nothing to vector cores. What mixed_loop.mlir and mixed_two.mlir ask for is
// lowered rightly so: a loop over the channels, whose phases come from two
// products.
//
// Each of 2 blocks has every second one of 6 tiles of 64 positions, a vector
// core 2 of the 4 channels: x (64, 386), w (2 products, 4 channels x 4 phases,
// 2 taps x 64), bias (4), y (4, 3072), sums (2 blocks x 2 places, 2 x 16, 64).
// Product b multiplies tap t by x from position b + 1 - t on. Flag 0: a place is
// free; flag 1: its sums are there. Both count.
module {
func.func @mixed(%ws: memref<?xi8>, %x: memref<?xf16>, %w: memref<?xf16>, %bias: memref<?xf16>, %sums: memref<?xf32>, %y: memref<?xf16>,
                 %gx: i32, %gy: i32, %gz: i32, %px: i32, %py: i32, %pz: i32)
    attributes {WorkspaceArgIdx = 0 : i64, global_kernel = "local", mix_mode = "mix"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c6 = arith.constant 6 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  %c256 = arith.constant 256 : index
  %c1024 = arith.constant 1024 : index
  %c2048 = arith.constant 2048 : index
  %c3072 = arith.constant 3072 : index
  %zero = arith.constant 0.0 : f32
  %p = arith.index_cast %px : i32 to index
  %places = arith.muli %p, %c2 : index

  // The cube core.
  %wr0 = memref.reinterpret_cast %w to offset: [0], sizes: [16, 128], strides: [128, 1] : memref<?xf16> to memref<16x128xf16, strided<[128, 1], offset: 0>>
  %wa0 = memref.alloc() : memref<16x128xf16>
  memref.copy %wr0, %wa0 : memref<16x128xf16, strided<[128, 1], offset: 0>> to memref<16x128xf16>
  %wt0 = bufferization.to_tensor %wa0 restrict writable : memref<16x128xf16>
  %wr1 = memref.reinterpret_cast %w to offset: [2048], sizes: [16, 128], strides: [128, 1] : memref<?xf16> to memref<16x128xf16, strided<[128, 1], offset: 2048>>
  %wa1 = memref.alloc() : memref<16x128xf16>
  memref.copy %wr1, %wa1 : memref<16x128xf16, strided<[128, 1], offset: 2048>> to memref<16x128xf16>
  %wt1 = bufferization.to_tensor %wa1 restrict writable : memref<16x128xf16>
  scf.for %tile = %p to %c6 step %c2 {
    %q = arith.muli %tile, %c64 : index
    %round = arith.divsi %tile, %c2 : index
    %turn = arith.remsi %round, %c2 : index
    %place = arith.addi %places, %turn : index
    %at0 = arith.muli %place, %c2048 : index
    %at1 = arith.addi %at0, %c1024 : index
    hivm.hir.sync_block_wait[<CUBE>, <PIPE_MTE2>, <PIPE_S>] flag = 0
    %e0 = tensor.empty() : tensor<16x64xf32>
    %i0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %m0 = scf.for %tap = %c0 to %c2 step %c1 iter_args(%sum = %i0) -> (tensor<16x64xf32>) {
      %column = arith.muli %tap, %c64 : index
      %wt = tensor.extract_slice %wt0[0, %column] [16, 64] [1, 1] : tensor<16x128xf16> to tensor<16x64xf16>
      %from = arith.addi %q, %c1 : index
      %first = arith.subi %from, %tap : index
      %xr = memref.reinterpret_cast %x to offset: [%first], sizes: [64, 64], strides: [386, 1] : memref<?xf16> to memref<64x64xf16, strided<[386, 1], offset: ?>>
      %xa = memref.alloc() : memref<64x64xf16>
      memref.copy %xr, %xa : memref<64x64xf16, strided<[386, 1], offset: ?>> to memref<64x64xf16>
      %xt = bufferization.to_tensor %xa restrict writable : memref<64x64xf16>
      %m = linalg.matmul ins(%wt, %xt : tensor<16x64xf16>, tensor<64x64xf16>) outs(%sum : tensor<16x64xf32>) -> tensor<16x64xf32>
      scf.yield %m : tensor<16x64xf32>
    }
    %out0 = memref.reinterpret_cast %sums to offset: [%at0], sizes: [16, 64], strides: [64, 1] : memref<?xf32> to memref<16x64xf32, strided<[64, 1], offset: ?>>
    bufferization.materialize_in_destination %m0 in writable %out0 : (tensor<16x64xf32>, memref<16x64xf32, strided<[64, 1], offset: ?>>) -> ()
    %e1 = tensor.empty() : tensor<16x64xf32>
    %i1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<16x64xf32>) -> tensor<16x64xf32>
    %m1 = scf.for %tap = %c0 to %c2 step %c1 iter_args(%sum = %i1) -> (tensor<16x64xf32>) {
      %column = arith.muli %tap, %c64 : index
      %wt = tensor.extract_slice %wt1[0, %column] [16, 64] [1, 1] : tensor<16x128xf16> to tensor<16x64xf16>
      %from = arith.addi %q, %c2 : index
      %first = arith.subi %from, %tap : index
      %xr = memref.reinterpret_cast %x to offset: [%first], sizes: [64, 64], strides: [386, 1] : memref<?xf16> to memref<64x64xf16, strided<[386, 1], offset: ?>>
      %xa = memref.alloc() : memref<64x64xf16>
      memref.copy %xr, %xa : memref<64x64xf16, strided<[386, 1], offset: ?>> to memref<64x64xf16>
      %xt = bufferization.to_tensor %xa restrict writable : memref<64x64xf16>
      %m = linalg.matmul ins(%wt, %xt : tensor<16x64xf16>, tensor<64x64xf16>) outs(%sum : tensor<16x64xf32>) -> tensor<16x64xf32>
      scf.yield %m : tensor<16x64xf32>
    }
    %out1 = memref.reinterpret_cast %sums to offset: [%at1], sizes: [16, 64], strides: [64, 1] : memref<?xf32> to memref<16x64xf32, strided<[64, 1], offset: ?>>
    bufferization.materialize_in_destination %m1 in writable %out1 : (tensor<16x64xf32>, memref<16x64xf32, strided<[64, 1], offset: ?>>) -> ()
    hivm.hir.sync_block_set[<CUBE>, <PIPE_FIX>, <PIPE_S>] flag = 1
  }
  // No flag may be left set.
  hivm.hir.sync_block_wait[<CUBE>, <PIPE_MTE2>, <PIPE_S>] flag = 0
  hivm.hir.sync_block_wait[<CUBE>, <PIPE_MTE2>, <PIPE_S>] flag = 0

  // The vector cores; loads say whose they are, or the cube core had them too.
  hivm.hir.sync_block_set[<VECTOR>, <PIPE_MTE2>, <PIPE_S>] flag = 0
  hivm.hir.sync_block_set[<VECTOR>, <PIPE_MTE2>, <PIPE_S>] flag = 0
  %sub = hivm.hir.get_sub_block_idx -> i64
  %core = arith.index_cast %sub : i64 to index
  %begin = arith.muli %core, %c2 : index
  scf.for %tile = %p to %c6 step %c2 {
    %q = arith.muli %tile, %c64 : index
    %round = arith.divsi %tile, %c2 : index
    %turn = arith.remsi %round, %c2 : index
    %place = arith.addi %places, %turn : index
    %at0 = arith.muli %place, %c2048 : index
    %at1 = arith.addi %at0, %c1024 : index
    %first = arith.muli %q, %c8 : index
    hivm.hir.sync_block_wait[<VECTOR>, <PIPE_FIX>, <PIPE_S>] flag = 1
    scf.for %each = %c0 to %c2 step %c1 {
      %c = arith.addi %begin, %each : index
      %rows = arith.muli %c, %c256 : index
      %from0 = arith.addi %at0, %rows : index
      %from1 = arith.addi %at1, %rows : index
      %a = memref.alloc() : memref<8x64xf32>
      %in0 = memref.reinterpret_cast %sums to offset: [%from0], sizes: [4, 64], strides: [64, 1] : memref<?xf32> to memref<4x64xf32, strided<[64, 1], offset: ?>>
      %half0 = memref.subview %a[0, 0] [4, 64] [1, 1] : memref<8x64xf32> to memref<4x64xf32, strided<[64, 1], offset: 0>>
      hivm.hir.load ins(%in0 : memref<4x64xf32, strided<[64, 1], offset: ?>>) outs(%half0 : memref<4x64xf32, strided<[64, 1], offset: 0>>) core_type = <VECTOR>
      %in1 = memref.reinterpret_cast %sums to offset: [%from1], sizes: [4, 64], strides: [64, 1] : memref<?xf32> to memref<4x64xf32, strided<[64, 1], offset: ?>>
      %half1 = memref.subview %a[4, 0] [4, 64] [1, 1] : memref<8x64xf32> to memref<4x64xf32, strided<[64, 1], offset: 256>>
      hivm.hir.load ins(%in1 : memref<4x64xf32, strided<[64, 1], offset: ?>>) outs(%half1 : memref<4x64xf32, strided<[64, 1], offset: 256>>) core_type = <VECTOR>
      %s = bufferization.to_tensor %a restrict writable : memref<8x64xf32>
      %b = memref.load %bias[%c] : memref<?xf16>
      %bf = arith.extf %b : f16 to f32
      %be = tensor.empty() : tensor<8x64xf32>
      %bt = linalg.fill ins(%bf : f32) outs(%be : tensor<8x64xf32>) -> tensor<8x64xf32>
      %sum = arith.addf %s, %bt : tensor<8x64xf32>
      %h = arith.truncf %sum : tensor<8x64xf32> to tensor<8x64xf16>
      %te = tensor.empty() : tensor<64x8xf16>
      %t = linalg.transpose ins(%h : tensor<8x64xf16>) outs(%te : tensor<64x8xf16>) permutation = [1, 0]
      %yc = arith.muli %c, %c3072 : index
      %yat = arith.addi %yc, %first : index
      %yr = memref.reinterpret_cast %y to offset: [%yat], sizes: [64, 8], strides: [8, 1] : memref<?xf16> to memref<64x8xf16, strided<[8, 1], offset: ?>>
      bufferization.materialize_in_destination %t in writable %yr : (tensor<64x8xf16>, memref<64x8xf16, strided<[8, 1], offset: ?>>) -> ()
    }
    hivm.hir.sync_block_set[<VECTOR>, <PIPE_MTE2>, <PIPE_S>] flag = 0
  }
  return
}
}
