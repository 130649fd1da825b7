// The schedules for Ascend: a layer's phases are mapped to cores.
// RUN: tconv-opt %s --tconv-cpu-phases --tconv-ascend-schedule="kind=cube" | FileCheck %s --check-prefixes=CHECK,CUBE
// RUN: tconv-opt %s --tconv-cpu-phases --tconv-ascend-schedule="kind=vector" | FileCheck %s --check-prefixes=CHECK,VECTOR

// CHECK: tconv.estimate = {bound =
// CUBE-SAME: l0c_bytes
// VECTOR-SAME: product_ub_bytes
// The cost model's choice, but for what the function asks for.
// CHECK: tconv.phases
// CHECK-SAME: tconv.cores = {depth = {{[0-9]+}} : i64
// CHECK-SAME: positions = 64 : i64
// An interleaving takes more positions than a product, as many as UB has room for.
// CHECK-SAME: store_positions = 768 : i64
// CUBE-SAME: unit = "cube"
// VECTOR-SAME: unit = "vector"
module attributes {tconv.ascend = "910b3"} {
  func.func @layer(%x: tensor<?x16x?xf16>, %w: tensor<16x12x8xf16>, %b: tensor<12xf16>, %y: tensor<?x12x?xf16>) -> tensor<?x12x?xf16> attributes {tconv.blocks = {positions = 64}} {
    %0 = tconv.conv1d_transpose ins(%x, %w, %b : tensor<?x16x?xf16>, tensor<16x12x8xf16>, tensor<12xf16>) outs(%y : tensor<?x12x?xf16>) {stride = 4, crop_begin = 2, crop_end = 2} -> tensor<?x12x?xf16>
    return %0 : tensor<?x12x?xf16>
  }
}
