// RUN: tconv-opt %s --tconv-decompose-phases --split-input-file | FileCheck %s

// K = 2 * stride: one section; the crop of half a stride stays.
// CHECK-LABEL: @even
// CHECK: tconv.pack_weights
// CHECK-SAME: <stride = 2, crop = 1, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
// CHECK-SAME: packing = #tconv.packing<channels = 2, rows = 1>
// CHECK: tconv.phases
// CHECK-NOT: conv1d_transpose
func.func @even(%x: tensor<?x3x?xf32>, %w: tensor<3x2x4xf32>, %y: tensor<?x2x?xf32>) -> tensor<?x2x?xf32> {
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x3x?xf32>, tensor<3x2x4xf32>) outs(%y : tensor<?x2x?xf32>) {stride = 2, crop_begin = 1} -> tensor<?x2x?xf32>
  return %0 : tensor<?x2x?xf32>
}

// -----

// K no multiple of the stride: phase 0 has a tap more.
// CHECK-LABEL: @odd
// CHECK: tconv.phases
// CHECK-SAME: sections = [<phases = [0], first_taps = [0], taps = 3, shift = 0>, <phases = [1, 2, 3, 4], first_taps = [1, 2, 3, 4], taps = 2, shift = 0>]
func.func @odd(%x: tensor<?x3x?xf32>, %w: tensor<3x2x11xf32>, %y: tensor<?x2x?xf32>) -> tensor<?x2x?xf32> {
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x3x?xf32>, tensor<3x2x11xf32>) outs(%y : tensor<?x2x?xf32>) {stride = 5} -> tensor<?x2x?xf32>
  return %0 : tensor<?x2x?xf32>
}

// -----

// K < stride: phases 2 to 4 are in no section.
// CHECK-LABEL: @tapless
// CHECK: tconv.phases
// CHECK-SAME: <stride = 5, crop = 0, tap_step = 5, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 1, shift = 0>]>
func.func @tapless(%x: tensor<?x3x?xf32>, %w: tensor<3x2x2xf32>, %y: tensor<?x2x?xf32>) -> tensor<?x2x?xf32> {
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x3x?xf32>, tensor<3x2x2xf32>) outs(%y : tensor<?x2x?xf32>) {stride = 5} -> tensor<?x2x?xf32>
  return %0 : tensor<?x2x?xf32>
}

// -----

// gcd(stride, dilation) = 2: only even phases are reached, and the taps of one
// are 6 / 2 = 3 apart in the kernel, 4 / 2 = 2 apart in x.
// CHECK-LABEL: @common_divisor
// CHECK: tconv.phases
// CHECK-SAME: <stride = 6, crop = 0, tap_step = 3, shift_step = 2, sections = [<phases = [0, 4], first_taps = [0, 1], taps = 2, shift = 0>, <phases = [2], first_taps = [2], taps = 1, shift = 1>]>
func.func @common_divisor(%x: tensor<?x3x?xf32>, %w: tensor<3x2x5xf32>, %y: tensor<?x2x?xf32>) -> tensor<?x2x?xf32> {
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x3x?xf32>, tensor<3x2x5xf32>) outs(%y : tensor<?x2x?xf32>) {stride = 6, dilation = 4} -> tensor<?x2x?xf32>
  return %0 : tensor<?x2x?xf32>
}

// -----

// A crop beyond the stride: whole strides of it move x, the rest stays.
// CHECK-LABEL: @far_crop
// CHECK: tconv.phases
// CHECK-SAME: <stride = 2, crop = 1, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 4, shift = -2>]>
func.func @far_crop(%x: tensor<?x3x?xf32>, %w: tensor<3x2x8xf32>, %y: tensor<?x2x?xf32>) -> tensor<?x2x?xf32> {
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x3x?xf32>, tensor<3x2x8xf32>) outs(%y : tensor<?x2x?xf32>) {stride = 2, crop_begin = 5} -> tensor<?x2x?xf32>
  return %0 : tensor<?x2x?xf32>
}

// -----

// A negative crop the other way.
// CHECK-LABEL: @lengthened
// CHECK: tconv.phases
// CHECK-SAME: <stride = 2, crop = 1, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 1, shift = 2>]>
func.func @lengthened(%x: tensor<?x3x?xf32>, %w: tensor<3x2x2xf32>, %y: tensor<?x2x?xf32>) -> tensor<?x2x?xf32> {
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x3x?xf32>, tensor<3x2x2xf32>) outs(%y : tensor<?x2x?xf32>) {stride = 2, crop_begin = -3} -> tensor<?x2x?xf32>
  return %0 : tensor<?x2x?xf32>
}

// -----

// Groups and bias go along.
// CHECK-LABEL: @groups
// CHECK: tconv.pack_weights ins(%{{.*}} : tensor<4x3x1xf32>) outs(%{{.*}} : tensor<12xf32>)
// CHECK: tconv.phases ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<?x4x?xf32>, tensor<12xf32>, tensor<6xf32>)
// CHECK-SAME: groups = 2 : i64
func.func @groups(%x: tensor<?x4x?xf32>, %w: tensor<4x3x1xf32>, %b: tensor<6xf32>, %y: tensor<?x6x?xf32>) -> tensor<?x6x?xf32> {
  %0 = tconv.conv1d_transpose ins(%x, %w, %b : tensor<?x4x?xf32>, tensor<4x3x1xf32>, tensor<6xf32>) outs(%y : tensor<?x6x?xf32>) {groups = 2} -> tensor<?x6x?xf32>
  return %0 : tensor<?x6x?xf32>
}
