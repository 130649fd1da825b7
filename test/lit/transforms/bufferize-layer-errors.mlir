// RUN: tconv-opt %s --tconv-bufferize-layer --split-input-file --verify-diagnostics

// expected-error @+1 {{a layer returns the new value of its last argument}}
func.func @no_result(%x: tensor<?x3x?xf32>) {
  return
}

// -----

// expected-error @+1 {{argument 0 of a layer must be a ranked tensor, got 'index'}}
func.func @argument(%i: index, %y: tensor<?x2x?xf32>) -> tensor<?x2x?xf32> {
  return %y : tensor<?x2x?xf32>
}

// -----

// expected-error @+1 {{a layer returns the new value of its last argument}}
func.func private @declared(tensor<?x3x?xf32>)

// -----

// expected-error @+1 {{argument 0 of a layer has no rows, got 'tensor<f32>'}}
func.func @scalar(%x: tensor<f32>, %y: tensor<?x2x?xf32>) -> tensor<?x2x?xf32> {
  return %y : tensor<?x2x?xf32>
}
