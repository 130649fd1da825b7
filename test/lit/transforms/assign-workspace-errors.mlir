// RUN: tconv-opt %s --tconv-assign-workspace --split-input-file --verify-diagnostics

func.func @dynamic(%n: index) {
  // expected-error @+1 {{needs a static shape to get a place in the workspace, got 'memref<?xf32>'}}
  %a = memref.alloc(%n) : memref<?xf32>
  return
}

// -----

func.func @index() {
  // expected-error @+1 {{needs elements of a known size to get a place in the workspace, got 'memref<4xindex>'}}
  %a = memref.alloc() : memref<4xindex>
  return
}

// -----

func.func @nested() {
  // expected-error @+1 {{needs elements of a known size to get a place in the workspace, got 'memref<4xmemref<4xf32>>'}}
  %a = memref.alloc() : memref<4xmemref<4xf32>>
  return
}

// -----

func.func @layout() {
  // expected-error @+1 {{needs a static shape to get a place in the workspace, got 'memref<4xf32, strided<[2]>>'}}
  %a = memref.alloc() : memref<4xf32, strided<[2]>>
  return
}

// -----

func.func @large() {
  // expected-error @+1 {{does not fit a workspace of 64 bits, got 'memref<4611686018427387904xf32>'}}
  %a = memref.alloc() : memref<4611686018427387904xf32>
  return
}

// -----

func.func @together() {
  %a = memref.alloc() : memref<2305843009213693936xf32>
  // expected-error @+1 {{does not fit a workspace of 64 bits}}
  %b = memref.alloc() : memref<16xf32>
  return
}
