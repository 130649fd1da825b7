// RUN: tconv-opt %s --tconv-emit-kernel --split-input-file --verify-diagnostics

// expected-error @+1 {{a kernel needs the functions layer and layer_pack}}
module {
}

// -----

func.func @layer_pack(%w: memref<1x2x3xf32>, %p: memref<6xf32>) {
  return
}
// expected-error @+1 {{is no kernel: expected x, weights, bias or not, y, the items' distance or not, begin, end, positions or not and workspace, got 1 arguments}}
func.func @layer(%x: memref<?x1x?xf32>) {
  return
}

// -----

func.func @layer_pack(%w: memref<1x2x3xf32>, %p: memref<6xf32>) {
  return
}
// expected-error @+1 {{needs the attribute tconv.in_channels}}
func.func @layer(%x: memref<?x1x?xf32, strided<[?, ?, 1]>>, %p: memref<6xf32>, %y: memref<?x2x?xf32, strided<[?, ?, 1]>>, %begin: index, %end: index, %ws: memref<64xi8>) {
  return
}

// -----

func.func @layer_pack(%w: memref<1x2x3xf32>, %p: memref<6xf32>) {
  return
}
// expected-error @+1 {{argument 0 of a kernel must be a buffer of rank 3 whose rows are contiguous, got 'index'}}
func.func @layer(%x: index, %p: memref<6xf32>, %y: memref<?x2x?xf32, strided<[?, ?, 1]>>, %begin: index, %end: index, %ws: memref<64xi8>) {
  return
}

// -----

func.func @layer_pack(%w: memref<1x2x3xf32>, %p: memref<6xf32>) {
  return
}
// expected-error @+1 {{argument 2 of a kernel must be a buffer of rank 3 whose rows are contiguous, got 'memref<4xf32>'}}
func.func @layer(%x: memref<?x1x?xf32, strided<[?, ?, 1]>>, %p: memref<6xf32>, %y: memref<4xf32>, %begin: index, %end: index, %ws: memref<64xi8>) {
  return
}

// -----

func.func @layer_pack(%w: memref<1x2x3xf32>, %p: memref<6xf32>) {
  return
}
// expected-error @+1 {{argument 0 of a kernel must be a buffer of rank 3 whose rows are contiguous, got 'memref<?x?x?xf32>'}}
func.func @layer(%x: memref<?x?x?xf32>, %p: memref<6xf32>, %y: memref<?x2x?xf32, strided<[?, ?, 1]>>, %begin: index, %end: index, %ws: memref<64xi8>) {
  return
}

// -----

func.func @layer_pack(%w: memref<1x2x3xf32>, %p: memref<6xf32>) {
  return
}
// expected-error @+1 {{argument 0 of a kernel must be a buffer of rank 3 whose rows are contiguous, got 'memref<?x1x?xf32, strided<[?, ?, ?]>>'}}
func.func @layer(%x: memref<?x1x?xf32, strided<[?, ?, ?]>>, %p: memref<6xf32>, %y: memref<?x2x?xf32, strided<[?, ?, 1]>>, %begin: index, %end: index, %ws: memref<64xi8>) {
  return
}

// -----

func.func @layer_pack(%w: memref<1x2x3xf32>, %p: memref<6xf32>) {
  return
}
// expected-error @+1 {{argument 1 of a kernel must be a buffer of rank 1 and static shape, got 'memref<?xf32>'}}
func.func @layer(%x: memref<?x1x?xf32, strided<[?, ?, 1]>>, %p: memref<?xf32>, %y: memref<?x2x?xf32, strided<[?, ?, 1]>>, %begin: index, %end: index, %ws: memref<64xi8>) {
  return
}

// -----

func.func @layer_pack(%w: memref<1x2x3xf32>, %p: memref<6xf32>) {
  return
}
// expected-error @+1 {{argument 3 of a kernel must be an index, got 'i64'}}
func.func @layer(%x: memref<?x1x?xf32, strided<[?, ?, 1]>>, %p: memref<6xf32>, %y: memref<?x2x?xf32, strided<[?, ?, 1]>>, %begin: i64, %end: index, %ws: memref<64xi8>) {
  return
}

// -----

func.func @layer_pack(%w: memref<1x2x3xf32>, %p: memref<6xf32>) {
  return
}
// expected-error @+1 {{argument 5 of a kernel must be a buffer of rank 1 and static shape, got 'memref<?xi8>'}}
func.func @layer(%x: memref<?x1x?xf32, strided<[?, ?, 1]>>, %p: memref<6xf32>, %y: memref<?x2x?xf32, strided<[?, ?, 1]>>, %begin: index, %end: index, %ws: memref<?xi8>) {
  return
}

// -----

// expected-error @+1 {{is no packing: expected weights and packed weights, got 0 arguments}}
func.func @layer_pack() {
  return
}
func.func @layer(%x: memref<?x1x?xf32, strided<[?, ?, 1]>>, %p: memref<6xf32>, %y: memref<?x2x?xf32, strided<[?, ?, 1]>>, %begin: index, %end: index, %ws: memref<64xi8>) {
  return
}

// -----

// expected-error @+1 {{argument 0 of a kernel must be a buffer of rank 3 and static shape, got 'memref<?x2x3xf32>'}}
func.func @layer_pack(%w: memref<?x2x3xf32>, %p: memref<6xf32>) {
  return
}
func.func @layer(%x: memref<?x1x?xf32, strided<[?, ?, 1]>>, %p: memref<6xf32>, %y: memref<?x2x?xf32, strided<[?, ?, 1]>>, %begin: index, %end: index, %ws: memref<64xi8>) {
  return
}

// -----

// expected-error @+1 {{of a kernel must return nothing}}
func.func @layer_pack(%w: memref<1x2x3xf32>, %p: memref<6xf32>) -> index {
  %c = arith.constant 0 : index
  return %c : index
}
func.func @layer(%x: memref<?x1x?xf32, strided<[?, ?, 1]>>, %p: memref<6xf32>, %y: memref<?x2x?xf32, strided<[?, ?, 1]>>, %begin: index, %end: index, %ws: memref<64xi8>) {
  return
}

// -----

// expected-error @+1 {{argument 0 of a kernel is empty or too large: 'memref<1x2x4611686018427387904xf32>'}}
func.func @layer_pack(%w: memref<1x2x4611686018427387904xf32>, %p: memref<6xf32>) {
  return
}
func.func @layer(%x: memref<?x1x?xf32, strided<[?, ?, 1]>>, %p: memref<6xf32>, %y: memref<?x2x?xf32, strided<[?, ?, 1]>>, %begin: index, %end: index, %ws: memref<64xi8>) {
  return
}

// -----

// expected-error @+1 {{argument 0 of a kernel is empty or too large: 'memref<1x0x3xf32>'}}
func.func @layer_pack(%w: memref<1x0x3xf32>, %p: memref<6xf32>) {
  return
}
func.func @layer(%x: memref<?x1x?xf32, strided<[?, ?, 1]>>, %p: memref<6xf32>, %y: memref<?x2x?xf32, strided<[?, ?, 1]>>, %begin: index, %end: index, %ws: memref<64xi8>) {
  return
}

// -----

func.func @layer_pack(%w: memref<1x2x3xf32>, %p: memref<6xf32>) {
  return
}
// expected-error @+1 {{argument 6 of a kernel must be a buffer of rank 1 and static shape, got 'index'}}
func.func @layer(%x: memref<?x1x?xf32, strided<[?, ?, 1]>>, %p: memref<6xf32>, %y: memref<?x2x?xf32, strided<[?, ?, 1]>>, %begin: index, %end: index, %ws: memref<64xi8>, %positions: index) {
  return
}

// -----

func.func @layer_pack(%w: memref<1x2x3xf32>, %p: memref<6xf32>) {
  return
}
// expected-error @+1 {{argument 5 of a kernel must be an index, got 'i64'}}
func.func @layer(%x: memref<?x1x?xf32, strided<[?, ?, 1]>>, %p: memref<6xf32>, %y: memref<?x2x?xf32, strided<[?, ?, 1]>>, %begin: index, %end: index, %positions: i64, %ws: memref<64xi8>) {
  return
}

// -----

func.func @layer_pack(%w: memref<1x2x3xf32>, %p: memref<6xf32>) {
  return
}
// expected-error @+1 {{needs the attribute tconv.task_positions}}
func.func @layer(%x: memref<?x1x?xf32, strided<[?, ?, 1]>>, %p: memref<6xf32>, %y: memref<?x2x?xf32, strided<[?, ?, 1]>>, %begin: index, %end: index, %positions: index, %ws: memref<64xi8>) {
  return
}
