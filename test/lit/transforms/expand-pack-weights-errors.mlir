// RUN: tconv-opt %s --tconv-expand-pack-weights --verify-diagnostics

func.func @tensors(%w: tensor<3x2x4xf32>, %p: tensor<24xf32>) {
  // expected-error @+1 {{is expanded on buffers}}
  %0 = tconv.pack_weights ins(%w : tensor<3x2x4xf32>) outs(%p : tensor<24xf32>) {decomposition = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>} -> tensor<24xf32>
  return
}
