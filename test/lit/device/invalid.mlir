// What the operations of GPU schedules refuse.
// RUN: tconv-opt %s --split-input-file --verify-diagnostics

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @math(%x: memref<?x8x?xf32>, %w: memref<256xf32>, %y: memref<?x8x?xf32>) {
  // expected-error @+1 {{math must be fma, mma or tf32, got "wgmma"}}
  tconv.block_product ins(%x, %w : memref<?x8x?xf32>, memref<256xf32>) outs(%y : memref<?x8x?xf32>) {decomposition = #map, groups = 1 : i64, math = "wgmma", row_warps = 1 : i64, position_warps = 1 : i64, depth = 8 : i64, stages = 2 : i64}
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @warps(%x: memref<?x8x?xf32>, %w: memref<256xf32>, %y: memref<?x8x?xf32>) {
  // expected-error @+1 {{row_warps must be 1, 2 or 4, got 3}}
  tconv.block_product ins(%x, %w : memref<?x8x?xf32>, memref<256xf32>) outs(%y : memref<?x8x?xf32>) {decomposition = #map, groups = 1 : i64, math = "fma", row_warps = 3 : i64, position_warps = 1 : i64, depth = 8 : i64, stages = 2 : i64}
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @depth(%x: memref<?x8x?xf16>, %w: memref<256xf16>, %y: memref<?x8x?xf16>) {
  // expected-error @+1 {{depth must be 16 or 32 for mma, got 8}}
  tconv.block_product ins(%x, %w : memref<?x8x?xf16>, memref<256xf16>) outs(%y : memref<?x8x?xf16>) {decomposition = #map, groups = 1 : i64, math = "mma", row_warps = 1 : i64, position_warps = 1 : i64, depth = 8 : i64, stages = 2 : i64}
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @stages(%x: memref<?x8x?xf32>, %w: memref<256xf32>, %y: memref<?x8x?xf32>) {
  // expected-error @+1 {{stages must be 2, or up to 4 with async, got 3}}
  tconv.block_product ins(%x, %w : memref<?x8x?xf32>, memref<256xf32>) outs(%y : memref<?x8x?xf32>) {decomposition = #map, groups = 1 : i64, math = "fma", row_warps = 1 : i64, position_warps = 1 : i64, depth = 8 : i64, stages = 3 : i64}
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @type(%x: memref<?x8x?xf16>, %w: memref<256xf32>, %y: memref<?x8x?xf16>) {
  // expected-error @+1 {{tf32 does not multiply 'f16'}}
  tconv.block_product ins(%x, %w : memref<?x8x?xf16>, memref<256xf32>) outs(%y : memref<?x8x?xf16>) {decomposition = #map, groups = 1 : i64, math = "tf32", row_warps = 1 : i64, position_warps = 1 : i64, depth = 8 : i64, stages = 2 : i64}
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @packed(%x: memref<?x8x?xf32>, %w: memref<255xf32>, %y: memref<?x8x?xf32>) {
  // expected-error @+1 {{packed weights must be 256 of 'f32', got 'memref<255xf32>'}}
  tconv.block_product ins(%x, %w : memref<?x8x?xf32>, memref<255xf32>) outs(%y : memref<?x8x?xf32>) {decomposition = #map, groups = 1 : i64, math = "fma", row_warps = 1 : i64, position_warps = 1 : i64, depth = 8 : i64, stages = 2 : i64}
  return
}

// -----

#map = #tconv.decomposition<stride = 3, crop = 0, tap_step = 3, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @groups(%x: memref<?x8x?xf32>, %w: memref<8xf32>, %y: memref<?x8x?xf32>) {
  // expected-error @+1 {{groups = 3 must divide the channels of x, got 'memref<?x8x?xf32>'}}
  tconv.block_filter ins(%x, %w : memref<?x8x?xf32>, memref<8xf32>) outs(%y : memref<?x8x?xf32>) {decomposition = #map, groups = 3 : i64, threads = 128 : i64, positions = 1 : i64}
  return
}

// -----

#map = #tconv.decomposition<stride = 3, crop = 0, tap_step = 3, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @sums(%x: memref<?x8x?xf32>, %w: memref<8xf32>, %y: memref<?x8x?xf32>) {
  // expected-error @+1 {{a thread must have from 1 to 64 sums, got 66}}
  tconv.block_filter ins(%x, %w : memref<?x8x?xf32>, memref<8xf32>) outs(%y : memref<?x8x?xf32>) {decomposition = #map, groups = 8 : i64, threads = 128 : i64, positions = 22 : i64}
  return
}

// -----

func.func @pack(%w: memref<8x1x4xf32>, %p: memref<31xf32>) {
  // expected-error @+1 {{packed weights must be 32 of f32, got 'memref<31xf32>'}}
  tconv.pack_filters %w, %p {groups = 8 : i64} : memref<8x1x4xf32>, memref<31xf32>
  return
}

// -----

func.func @empty_pack(%w: memref<8x0x4xf32>, %p: memref<32xf32>) {
  // expected-error @+1 {{weight must be three static axes of f32, f16 or bf16, none empty, got 'memref<8x0x4xf32>'}}
  tconv.pack_filters %w, %p {groups = 8 : i64} : memref<8x0x4xf32>, memref<32xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 3, crop = 0, tap_step = 3, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @no_channels(%x: memref<?x8x?xf32>, %w: memref<8xf32>, %y: memref<?x0x?xf32>) {
  // expected-error @+1 {{y must have rank 3 and its channels be static, at least 1, got 'memref<?x0x?xf32>'}}
  tconv.block_filter ins(%x, %w : memref<?x8x?xf32>, memref<8xf32>) outs(%y : memref<?x0x?xf32>) {decomposition = #map, groups = 8 : i64, threads = 128 : i64, positions = 1 : i64}
  return
}
