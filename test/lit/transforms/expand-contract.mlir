// RUN: tconv-opt %s --tconv-expand-contract=lanes=8 --split-input-file | FileCheck %s

// Vectors along the positions: 2 rows by 2 vectors, both taps unrolled. The
// depth begins at a constant 0, so the sums begin with zeros.
// CHECK-LABEL: @positions
// CHECK-NOT: memref.prefetch
// CHECK: %[[SUMS:.*]]:4 = scf.for {{.*}} iter_args({{.*}}) -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>)
// CHECK-COUNT-2: vector.load {{.*}} : memref<1x8x32xf32>, vector<8xf32>
// CHECK: memref.load %{{.*}} : memref<32xf32>
// CHECK: vector.broadcast
// CHECK-COUNT-8: vector.fma
// CHECK-NOT: vector.fma
// CHECK: scf.yield
// CHECK-COUNT-4: vector.store {{.*}} : memref<2x16xf32>, vector<8xf32>
func.func @positions(%p: memref<1x8x32xf32>, %w: memref<32xf32>, %s: memref<2x16xf32>, %at: index) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %c16 = arith.constant 16 : index
  tconv.contract %p, %w, %s at [%c0, %at] window [%c0, %c0, %c0, %c2, %c16, %c8] {vectors = #tconv.vectors<positions>, rows = 2, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 16, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<32xf32>, memref<2x16xf32>
  return
}

// -----

// A part of the depth that is not known to be the first: zeros or the sums so
// far. Tiles with shifts of their own look them up.
// CHECK: memref.global "private" constant @[[TABLE:.*]] : memref<3xi64> = dense<[0, 2, 1]>
// CHECK-LABEL: @parts
// CHECK: memref.get_global @[[TABLE]]
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[K:.*]], %c0
// CHECK: scf.if %[[FIRST]] -> (vector<8xf32>)
// CHECK: vector.load {{.*}} : memref<3x8xf32>
func.func @parts(%p: memref<1x8x16xf32>, %w: memref<24xf32>, %s: memref<3x8xf32>, %row: index, %k: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  tconv.contract %p, %w, %s at [%c0, %c0] window [%row, %c0, %k, %c1, %c8, %c4] {vectors = #tconv.vectors<positions>, rows = 1, taps = 1, first_tile = 0, tiles = 3, max_shift = 2, shift_step = 1, panel_positions = 8, shifts = array<i64: 0, 2, 1>} : memref<1x8x16xf32>, memref<24xf32>, memref<3x8xf32>
  return
}

// -----

// Vectors along the rows: one variant for every number of positions up to 3.
// CHECK-LABEL: @rows
// CHECK: scf.index_switch
// CHECK: case 1 {
// CHECK-COUNT-1: vector.fma
// CHECK: case 2 {
// CHECK-COUNT-2: vector.fma
// CHECK: default {
// CHECK-COUNT-3: vector.fma
// CHECK-NOT: vector.fma
func.func @rows(%p: memref<1x8x16xf32>, %w: memref<64xf32>, %s: memref<9x8xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %height = affine.min affine_map<()[s0] -> (3, s0)>()[%n]
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c8, %height, %c8] {vectors = #tconv.vectors<rows>, rows = 8, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 9, shifts = array<i64: 0>} : memref<1x8x16xf32>, memref<64xf32>, memref<9x8xf32>
  return
}

// -----

// More taps than are unrolled: a loop of their own, which carries the sums too.
// CHECK-LABEL: @many_taps
// CHECK: scf.for {{.*}} iter_args
// CHECK: scf.for {{.*}} iter_args
// CHECK-COUNT-1: vector.fma
// CHECK-NOT: vector.fma
func.func @many_taps(%p: memref<1x2x32xf32>, %w: memref<18xf32>, %s: memref<1x8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c1, %c8, %c2] {vectors = #tconv.vectors<positions>, rows = 1, taps = 9, first_tile = 0, tiles = 1, max_shift = 8, shift_step = 1, panel_positions = 8, shifts = array<i64: 0>} : memref<1x2x32xf32>, memref<18xf32>, memref<1x8xf32>
  return
}

// -----

// Vectors along the positions: one variant for every number of vectors up to
// 3, by the size of the tile, rounded up.
// CHECK-LABEL: @widths
// CHECK-SAME: %{{.*}}: memref<1x8x32xf32>, %{{.*}}: memref<16xf32>, %{{.*}}: memref<2x24xf32>, %[[N:.*]]: index
// CHECK: %[[WIDTH:.*]] = affine.min {{.*}}()[%[[N]]]
// CHECK: %[[UP:.*]] = arith.addi %[[WIDTH]], %c7
// CHECK: %[[VECTORS:.*]] = arith.divui %[[UP]], %c8
// CHECK: scf.index_switch %[[VECTORS]]
// CHECK: case 1 {
// CHECK-COUNT-2: vector.fma
// CHECK-NOT: vector.fma
// CHECK-COUNT-2: vector.store {{.*}} : memref<2x24xf32>, vector<8xf32>
// CHECK: case 2 {
// CHECK-COUNT-4: vector.fma
// CHECK-NOT: vector.fma
// CHECK-COUNT-4: vector.store {{.*}} : memref<2x24xf32>, vector<8xf32>
// CHECK: default {
// CHECK-COUNT-6: vector.fma
// CHECK-NOT: vector.fma
// CHECK-COUNT-6: vector.store {{.*}} : memref<2x24xf32>, vector<8xf32>
// CHECK-NOT: vector.store
func.func @widths(%p: memref<1x8x32xf32>, %w: memref<16xf32>, %s: memref<2x24xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %width = affine.min affine_map<()[s0] -> (24, s0)>()[%n]
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c2, %width, %c8] {vectors = #tconv.vectors<positions>, rows = 2, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<16xf32>, memref<2x24xf32>
  return
}

// -----

// A size that is known is one variant.
// CHECK-LABEL: @known
// CHECK-NOT: scf.index_switch
// CHECK-COUNT-4: vector.fma
// CHECK-NOT: vector.fma
func.func @known(%p: memref<1x8x32xf32>, %w: memref<16xf32>, %s: memref<2x24xf32>) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %c16 = arith.constant 16 : index
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c2, %c16, %c8] {vectors = #tconv.vectors<positions>, rows = 2, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<16xf32>, memref<2x24xf32>
  return
}

// -----

// Tiles that read sets of panels of their own look them up.
// CHECK: memref.global "private" constant @[[TABLE:.*]] : memref<3xi64> = dense<[0, 4, 2]>
// CHECK-LABEL: @panels
// CHECK-SAME: %[[P:.*]]: memref<6x8x16xf32>, %{{.*}}: memref<24xf32>, %{{.*}}: memref<3x8xf32>, %[[ROW:.*]]: index, %[[AT:.*]]: index
// CHECK: %[[OWN:.*]] = arith.divui %[[AT]], %c8
// CHECK: %[[TILES:.*]] = memref.get_global @[[TABLE]]
// CHECK: %[[NUMBER:.*]] = memref.load %[[TILES]][%[[ROW]]]
// CHECK: %[[FIRST:.*]] = arith.index_cast %[[NUMBER]]
// CHECK: %[[PANEL:.*]] = arith.addi %[[FIRST]], %[[OWN]]
// CHECK: vector.load %[[P]][%[[PANEL]],
func.func @panels(%p: memref<6x8x16xf32>, %w: memref<24xf32>, %s: memref<3x8xf32>, %row: index, %at: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  tconv.contract %p, %w, %s at [%c0, %at] window [%row, %c0, %c0, %c1, %c8, %c8] {vectors = #tconv.vectors<positions>, rows = 1, taps = 1, first_tile = 0, tiles = 3, max_shift = 0, shift_step = 1, panel_positions = 8, shifts = array<i64: 0>, panels = array<i64: 0, 4, 2>} : memref<6x8x16xf32>, memref<24xf32>, memref<3x8xf32>
  return
}

// -----

// Weights are prefetched, as many lines as a step takes up: here two.
// CHECK-LABEL: @prefetch
// CHECK-SAME: %{{.*}}, %[[W:[a-z0-9]+]]: memref<256xf32>
// CHECK: scf.for %[[K:.*]] = %c0 to %c8
// CHECK: %[[AT:.*]] = arith.muli %[[K]], %c32
// CHECK: %[[FIRST:.*]] = arith.addi %[[AT]], %c512
// CHECK: memref.prefetch %[[W]][%[[FIRST]]], read, locality<3>, data
// CHECK: %[[SECOND:.*]] = arith.addi %[[AT]], %c528
// CHECK: memref.prefetch %[[W]][%[[SECOND]]], read, locality<3>, data
// CHECK-NOT: memref.prefetch
func.func @prefetch(%p: memref<1x8x16xf32>, %w: memref<256xf32>, %s: memref<1x32xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c32 = arith.constant 32 : index
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c32, %c1, %c8] {vectors = #tconv.vectors<rows>, rows = 32, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 9, shifts = array<i64: 0>, prefetch = 512} : memref<1x8x16xf32>, memref<256xf32>, memref<1x32xf32>
  return
}

// -----

// The weights a part of the depth further on, 8 channels of 8 rows, of which the
// second of two windows brings the second half: from the 5th line on, at 64 + 64, a
// line in two steps.
// CHECK-LABEL: @part
// CHECK-SAME: %{{.*}}, %[[W:[a-z0-9]+]]: memref<128xf32>
// CHECK: %[[WINDOWS:.*]] = arith.maxui
// CHECK: %[[SHARE:.*]] = arith.ceildivui %{{.*}}, %[[WINDOWS]]
// CHECK: %[[RATE:.*]] = arith.ceildivui %{{.*}}, %[[WINDOWS]]
// CHECK: %[[BEFORE:.*]] = arith.muli %{{.*}}, %[[SHARE]]
// CHECK: %[[ELEMENTS:.*]] = arith.muli %[[BEFORE]], %c16
// CHECK: %[[FIRST:.*]] = arith.addi %c64{{.*}}, %[[ELEMENTS]]
// CHECK: scf.for %[[K:.*]] = %c0 to
// CHECK: %[[PARTS:.*]] = arith.muli %[[K]], %[[RATE]]
// CHECK: %[[LINE:.*]] = arith.shrui %[[PARTS]], %c16
// CHECK: %[[ELEMENT:.*]] = arith.muli %[[LINE]], %c16
// CHECK: %[[AT:.*]] = arith.addi %[[FIRST]], %[[ELEMENT]]
// CHECK: memref.prefetch %[[W]][%[[AT]]], read, locality<2>, data
// CHECK-NOT: memref.prefetch
func.func @part(%p: memref<1x16x8xf32>, %w: memref<128xf32>, %s: memref<8x8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c1, %c0, %c8, %c1, %c8] prefetch_positions %c2 {vectors = #tconv.vectors<rows>, rows = 8, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 8, shifts = array<i64: 0>, prefetch_part = 8} : memref<1x16x8xf32>, memref<128xf32>, memref<8x8xf32>
  return
}

// -----

// A window that begins a little earlier than its number says is the same one: the
// third of 8, at 15, begins 2 shares after the first. Of 32 rows a step has two
// lines, which lie a window's part of a line apart.
// CHECK-LABEL: @lines
// CHECK-SAME: %{{[a-z0-9]+}}: memref<1x16x24xf32>, %[[W:[a-z0-9]+]]: memref<512xf32>
// CHECK: %[[WINDOWS:.*]] = arith.maxui
// CHECK: %[[SHARE:.*]] = arith.ceildivui %c16{{.*}}, %[[WINDOWS]]
// CHECK: %[[RATE:.*]] = arith.ceildivui %c65536{{.*}}, %[[WINDOWS]]
// CHECK: arith.muli %c2{{.*}}, %[[SHARE]]
// CHECK: scf.for %[[K:.*]] = %c0 to
// CHECK: %[[STEP:.*]] = arith.muli %[[RATE]], %c2
// CHECK: %[[PARTS:.*]] = arith.muli %[[K]], %[[STEP]]
// CHECK: arith.shrui %[[PARTS]], %c16
// CHECK: memref.prefetch %[[W]]{{.*}}, read, locality<2>, data
// CHECK: %[[NEXT:.*]] = arith.addi %[[PARTS]], %[[RATE]]
// CHECK: arith.shrui %[[NEXT]], %c16
// CHECK: memref.prefetch %[[W]]{{.*}}, read, locality<2>, data
// CHECK-NOT: memref.prefetch
func.func @lines(%p: memref<1x16x24xf32>, %w: memref<512xf32>, %s: memref<24x32xf32>, %q: index) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c15 = arith.constant 15 : index
  %c32 = arith.constant 32 : index
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c15, %c0, %c32, %c8, %c8] prefetch_positions %q {vectors = #tconv.vectors<rows>, rows = 32, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>, prefetch_part = 8} : memref<1x16x24xf32>, memref<512xf32>, memref<24x32xf32>
  return
}

// -----

// Without a number of positions every window brings all of it, this second one, too.
// CHECK-LABEL: @all
// CHECK-NOT: ceildivui
// CHECK: scf.for %[[K:.*]] = %c0 to
// CHECK: %[[PARTS:.*]] = arith.muli %[[K]], %c65536
// CHECK: %[[LINE:.*]] = arith.shrui %[[PARTS]], %c16
// CHECK: %[[ELEMENT:.*]] = arith.muli %[[LINE]], %c16
// CHECK: arith.addi %c64{{.*}}, %[[ELEMENT]]
// CHECK: memref.prefetch
// CHECK-NOT: memref.prefetch
func.func @all(%p: memref<1x16x8xf32>, %w: memref<128xf32>, %s: memref<8x8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c1, %c0, %c8, %c1, %c8] {vectors = #tconv.vectors<rows>, rows = 8, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 8, shifts = array<i64: 0>, prefetch_part = 8} : memref<1x16x8xf32>, memref<128xf32>, memref<8x8xf32>
  return
}

// -----

// 2 rows of 80 elements, 5 lines each, shared by 2 tiles of rows in 2 windows: 3
// lines a tile, of which the third one's begin with the second line of the second
// row; a line each second step of 8.
// CHECK-LABEL: @streams
// CHECK-SAME: %[[Y:[a-z0-9]+]]: memref<?x6x?xf32>, %[[N:[a-z0-9]+]]: index, %[[C:[a-z0-9]+]]: index, %[[Q:[a-z0-9]+]]: index
// CHECK: %[[ROW:.*]] = arith.addi %[[C]], %c1
// CHECK: %[[FIRST:.*]] = arith.addi %[[Q]], %c16
// CHECK: scf.for %[[K:.*]] = %c0 to
// CHECK: %[[LINE:.*]] = arith.shrui %[[K]], %c1
// CHECK: %[[ELEMENT:.*]] = arith.muli %[[LINE]], %c16
// CHECK: %[[COLUMN:.*]] = arith.addi %[[FIRST]], %[[ELEMENT]]
// CHECK: memref.prefetch %[[Y]][%[[N]], %[[ROW]], %[[COLUMN]]], write, locality<2>, data
// CHECK-NOT: memref.prefetch
func.func @streams(%p: memref<2x8x8xf32>, %w: memref<64xf32>, %s: memref<8x16xf32>, %y: memref<?x6x?xf32>, %n: index, %c: index, %q: index) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c8, %c0, %c4, %c8, %c8] streams %y at [%n, %c, %q] {vectors = #tconv.vectors<positions>, rows = 4, taps = 1, first_tile = 0, tiles = 2, max_shift = 0, shift_step = 1, panel_positions = 8, shifts = array<i64: 0>, stream_sizes = array<i64: 2, 80, 1>} : memref<2x8x8xf32>, memref<64xf32>, memref<8x16xf32>, memref<?x6x?xf32>
  return
}
