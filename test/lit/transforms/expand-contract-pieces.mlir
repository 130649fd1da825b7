// RUN: tconv-opt %s --tconv-expand-contract-pieces="lanes=16 tiles=true" --split-input-file | FileCheck %s --check-prefix=TILES
// RUN: tconv-opt %s --tconv-expand-contract-pieces="lanes=8" --split-input-file | FileCheck %s --check-prefix=VECTORS

// 32 x 32 sums of 64 channels: four registers begin with zeros, a step of 32
// channels multiplies six pairs of pieces, and four registers are stored. The
// registers are configured when the function begins, and free when it ends.
// TILES: memref.global "private" constant @tile_configuration : memref<64xi8>
// TILES-LABEL: @whole
// TILES: memref.get_global @tile_configuration
// TILES: llvm.call_intrinsic "llvm.x86.ldtilecfg"
// TILES-COUNT-4: llvm.call_intrinsic "llvm.x86.tilezero"
// TILES: scf.for %{{.*}} = %c0{{.*}} to %c2
// Both first factors, four products; then one factor at a time.
// TILES-COUNT-4: llvm.call_intrinsic "llvm.x86.tileloadd64"
// TILES: llvm.call_intrinsic "llvm.x86.tdpbf16ps"
// TILES-COUNT-2: llvm.call_intrinsic "llvm.x86.tileloadd64"
// TILES-COUNT-20: llvm.call_intrinsic "llvm.x86.tdpbf16ps"
// TILES-NOT: tdpbf16ps
// TILES-COUNT-4: llvm.call_intrinsic "llvm.x86.tilestored64"
// TILES-NOT: tilestored64
// TILES: llvm.call_intrinsic "llvm.x86.tilerelease"
// TILES-NEXT: return
// By vectors: a word holds two channels, and there are six pairs of pieces.
// VECTORS-NOT: tile_configuration
// VECTORS-LABEL: @whole
// VECTORS: scf.for %{{.*}} = %c0{{.*}} to %c32
// VECTORS: scf.for %{{.*}} = %c0{{.*}} to %c2
// VECTORS: scf.for %{{.*}} = %c0{{.*}} to %c16
// VECTORS: vector.load {{.*}} : memref<1x6144xf32>, vector<8xf32>
// VECTORS-COUNT-12: vector.fma
// VECTORS-NOT: vector.fma
// VECTORS: vector.store
func.func @whole(%p: memref<1x64x96xf32>, %w: memref<3072xf32>, %s: memref<32x32xf32>, %at: index) {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %c64 = arith.constant 64 : index
  tconv.contract %p, %w, %s at [%c0, %at] window [%c0, %c0, %c0, %c32, %c32, %c64] {vectors = #tconv.vectors<positions>, rows = 32, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 32, shifts = array<i64: 0>, pieces = 3} : memref<1x64x96xf32>, memref<3072xf32>, memref<32x32xf32>
  return
}

// -----

// A part of the depth goes on with the sums so far; the last columns may be 16
// or fewer, and one register of rows has two sums.
// TILES-LABEL: @parts
// TILES: %[[NARROW:.*]] = arith.cmpi sle, %{{.*}}, %c16
// TILES: scf.if %[[NARROW]]
// TILES: scf.if
// TILES: llvm.call_intrinsic "llvm.x86.tilezero"
// TILES: else
// TILES: llvm.call_intrinsic "llvm.x86.tileloadd64"
// TILES-COUNT-6: llvm.call_intrinsic "llvm.x86.tdpbf16ps"
// TILES: llvm.call_intrinsic "llvm.x86.tilestored64"
// TILES: else
// TILES-COUNT-12: llvm.call_intrinsic "llvm.x86.tdpbf16ps"
// VECTORS-LABEL: @parts
// VECTORS: scf.if
// VECTORS: vector.load {{.*}} : memref<16x64xf32>, vector<8xf32>
func.func @parts(%p: memref<2x64x96xf32>, %w: memref<1536xf32>, %s: memref<16x64xf32>, %q: index, %n: index, %k: index) {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %c32 = arith.constant 32 : index
  %columns = affine.min affine_map<()[s0] -> (32, s0)>()[%n]
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %q, %k, %c16, %columns, %c32] {vectors = #tconv.vectors<positions>, rows = 16, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 32, shifts = array<i64: 0>, pieces = 3} : memref<2x64x96xf32>, memref<1536xf32>, memref<16x64xf32>
  return
}

// -----

// What the next step reads comes into L1, the next tile's weights and a stream
// into L2.
// TILES-LABEL: @prefetch
// TILES: llvm.call_intrinsic "llvm.x86.tdpbf16ps"
// TILES-DAG: memref.prefetch %{{.*}}, read, locality<3>, data : memref<6144xf32>
// TILES-DAG: memref.prefetch %{{.*}}, read, locality<3>, data : memref<1x6144xf32>
// TILES-DAG: memref.prefetch %{{.*}}, write, locality<2>, data : memref<1x2x?xf32>
// TILES: memref.prefetch %{{.*}}, read, locality<2>, data : memref<6144xf32>
func.func @prefetch(%p: memref<1x64x96xf32>, %w: memref<6144xf32>, %s: memref<64x32xf32>, %y: memref<1x2x?xf32>, %row: index) {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %c64 = arith.constant 64 : index
  tconv.contract %p, %w, %s at [%c0, %c0] window [%row, %c0, %c0, %c32, %c32, %c64] streams %y at [%c0, %c0, %c0] {vectors = #tconv.vectors<positions>, rows = 32, taps = 1, first_tile = 0, tiles = 2, max_shift = 0, shift_step = 1, panel_positions = 32, shifts = array<i64: 0>, pieces = 3, prefetch = 1, prefetch_part = 64, stream_sizes = array<i64: 2, 1024, 1>} : memref<1x64x96xf32>, memref<6144xf32>, memref<64x32xf32>, memref<1x2x?xf32>
  return
}
