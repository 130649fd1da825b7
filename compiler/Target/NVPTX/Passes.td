// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The passes between a schedule for GPUs and the NVVM dialect, in alphabetical
// order.
#ifndef TCONV_NVPTX_PASSES_TD
#define TCONV_NVPTX_PASSES_TD

include "mlir/Pass/PassBase.td"

class DevicePass<string name> : Pass<name, "::mlir::ModuleOp"> {
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::gpu::GPUDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::memref::MemRefDialect", "::mlir::nvgpu::NVGPUDialect",
    "::mlir::NVVM::NVVMDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"];
}

def CheckCapabilityPass : DevicePass<"tconv-check-capability"> {
  let summary = "refuses what the architecture does not have";
  let description = [{
    LLVM aborts where it can't select an instruction; this pass says which
    operation needs which architecture before it comes to that.
  }];
  let options = [Option<"architecture", "architecture", "int64_t",
                        /*default=*/"80", "such as 80 for sm_80">];
}

def ExpandBlockFilterPass : DevicePass<"tconv-expand-block-filter"> {
  let summary = "spreads tconv.block_filter over the threads of a block";
  let description = [{
    A thread keeps the sums of all phases of its positions in registers; weights
    are the same for all threads. The outputs go through shared memory, where
    the phases are interleaved.
  }];
  let options = [Option<"architecture", "architecture", "int64_t",
                        /*default=*/"80", "such as 80 for sm_80">];
}

def ExpandBlockProductPass : DevicePass<"tconv-expand-block-product"> {
  let summary = "spreads tconv.block_product over the threads of a block";
  let description = [{
    Chunks of weights and of x go through stages of shared memory; every warp
    multiplies 32 rows by 64 positions of them, the sums stay in registers. At
    the end they go through shared memory, where the phases are interleaved, so
    that neighbouring threads store neighbouring outputs.
  }];
  let options = [Option<"architecture", "architecture", "int64_t",
                        /*default=*/"80", "such as 80 for sm_80">];
}

def ExpandDevicePackPass : DevicePass<"tconv-expand-device-pack"> {
  let summary = "spreads the packing of weights over the threads of a grid";
  let description = [{
    One block packs one chunk of one column for `tconv.pack_tiles`, or a stretch
    of the weights for `tconv.pack_filters`. The number of blocks is left on the
    kernel.
  }];
  let options = [Option<"architecture", "architecture", "int64_t",
                        /*default=*/"80", "such as 80 for sm_80">];
}

def OutlineDevicePass : DevicePass<"tconv-outline-device"> {
  let summary = "makes the kernels of a GPU module of a layer's functions";
  let description = [{
    The functions `layer` and `layer_pack` become kernels of a `gpu.module`,
    with the parameters of tconv_device_code in kernel_abi.h.
  }];
  let options = [
    Option<"symbol", "symbol", "std::string",
           /*default=*/"\"tconv_kernel_main\"", "what the names begin with">];
}

#endif // TCONV_NVPTX_PASSES_TD
