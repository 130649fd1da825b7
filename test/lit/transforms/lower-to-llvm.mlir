// RUN: tconv-opt %s -tconv-lower-to-llvm | FileCheck %s
// One conversion for all dialects: nothing of them is left, and no cast.

// CHECK-LABEL: llvm.func @sums(
// CHECK-NOT: unrealized_conversion_cast
// CHECK: llvm.cond_br
// CHECK: llvm.load
// CHECK: llvm.intr.fmuladd
// CHECK-NOT: {{(arith|cf|func|memref|vector)\.}}
// CHECK: llvm.return
func.func @sums(%x: memref<64xf32>, %count: index) -> vector<8xf32> {
  %zero = arith.constant 0 : index
  %step = arith.constant 8 : index
  %sums = arith.constant dense<0.0> : vector<8xf32>
  cf.br ^head(%zero, %sums : index, vector<8xf32>)
^head(%i: index, %before: vector<8xf32>):
  %goes = arith.cmpi slt, %i, %count : index
  cf.cond_br %goes, ^body, ^end
^body:
  %at = arith.ceildivui %i, %step : index
  %v = vector.load %x[%at] : memref<64xf32>, vector<8xf32>
  %after = vector.fma %v, %v, %before : vector<8xf32>
  %next = arith.addi %i, %step : index
  cf.br ^head(%next, %after : index, vector<8xf32>)
^end:
  return %before : vector<8xf32>
}

// A part of a vector is a shuffle.
// CHECK-LABEL: llvm.func @part(
// CHECK: llvm.shufflevector %{{.*}}, %{{.*}} [2, 3, 4, 5] : vector<8xf32>
func.func @part(%x: vector<8xf32>) -> vector<4xf32> {
  %part = vector.extract_strided_slice %x {offsets = [2], sizes = [4], strides = [1]} : vector<8xf32> to vector<4xf32>
  return %part : vector<4xf32>
}
