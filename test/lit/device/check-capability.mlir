// What an architecture doesn't have is a diagnostic, not the end of the process.
// RUN: tconv-opt %s --tconv-check-capability="architecture=75" --verify-diagnostics --split-input-file
// RUN: tconv-opt %s --tconv-check-capability="architecture=80" --split-input-file

func.func @copy(%to: !llvm.ptr<3>, %from: !llvm.ptr<1>) {
  // expected-error @+1 {{'nvvm.cp.async.shared.global' op needs sm_80 or newer, the target is sm_75}}
  nvvm.cp.async.shared.global %to, %from, 16, cache = cg : !llvm.ptr<3>, !llvm.ptr<1>
  nvvm.cp.async.shared.global %to, %from, 16, cache = cg : !llvm.ptr<3>, !llvm.ptr<1>
  return
}

// -----

func.func @copy_nvgpu(%from: memref<4xf32, 1>, %to: memref<4xf32, 3>) {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{'nvgpu.device_async_copy' op needs sm_80 or newer, the target is sm_75}}
  %0 = nvgpu.device_async_copy %from[%c0], %to[%c0], 4 : memref<4xf32, 1> to memref<4xf32, 3>
  return
}

// -----

func.func @mma(%a: vector<4x2xf16>, %b: vector<2x2xf16>, %c: vector<2x2xf32>) -> vector<2x2xf32> {
  // expected-error @+1 {{'nvgpu.mma.sync' op needs sm_80 or newer, the target is sm_75}}
  %0 = nvgpu.mma.sync(%a, %b, %c) {mmaShape = [16, 8, 16]} : (vector<4x2xf16>, vector<2x2xf16>, vector<2x2xf32>) -> vector<2x2xf32>
  return %0 : vector<2x2xf32>
}

// -----

func.func @round(%x: f32) -> i32 {
  // expected-error @+1 {{'nvvm.convert.float.to.tf32' op needs sm_80 or newer}}
  %0 = nvvm.convert.float.to.tf32 %x {rnd = #nvvm.fp_rnd_mode<rna>}
  return %0 : i32
}

// -----

func.func @bf16(%x: f32) -> bf16 {
  // expected-error @+1 {{'arith.truncf' op needs sm_80 or newer}}
  %0 = arith.truncf %x : f32 to bf16
  return %0 : bf16
}

// -----

// f16 and what else sm_75 has.
func.func @small_mma(%a: vector<2x2xf16>, %b: vector<1x2xf16>, %c: vector<2x2xf32>) -> vector<2x2xf32> {
  %0 = nvgpu.mma.sync(%a, %b, %c) {mmaShape = [16, 8, 8]} : (vector<2x2xf16>, vector<1x2xf16>, vector<2x2xf32>) -> vector<2x2xf32>
  return %0 : vector<2x2xf32>
}

func.func @f16(%x: f32) -> f16 {
  %0 = arith.truncf %x : f32 to f16
  return %0 : f16
}
