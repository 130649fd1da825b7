// RUN: tconv-opt %s --tconv-expand-combine=lanes=8 --split-input-file --verify-diagnostics
// RUN: not tconv-opt %s --tconv-expand-combine=lanes=0 2>&1 | FileCheck %s --check-prefix=LANES
// LANES: error: lanes must be a power of two, got 0

func.func @positions(%s: memref<10x12xf32>, %columns: index) {
  // expected-error @+1 {{needs a multiple of 8 lanes along its vectors, got 12}}
  tconv.combine %s at [%columns] {vectors = #tconv.vectors<positions>, decomposition = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>, packing = #tconv.packing<channels = 2, rows = 2, outputs = 4>} : memref<10x12xf32>
  return
}

// -----

func.func @rows(%s: memref<8x20xf32>, %columns: index) {
  // expected-error @+1 {{needs a multiple of 8 lanes along its vectors, got 4}}
  tconv.combine %s at [%columns] {vectors = #tconv.vectors<rows>, decomposition = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>, packing = #tconv.packing<channels = 4, rows = 4, outputs = 4>} : memref<8x20xf32>
  return
}
