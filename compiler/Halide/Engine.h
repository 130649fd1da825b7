// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The Halide engine: one compilation of one layer by Halide, step by step.
// Halide's own headers stay behind Plan.h.
#ifndef TCONV_COMPILER_HALIDE_ENGINE_H
#define TCONV_COMPILER_HALIDE_ENGINE_H

#include "compiler/API/Compiler.h"
#include "compiler/Halide/Plan.h"
#include "compiler/Halide/Planner.h"

namespace mlir::tconv {

class HalideCompilation {
public:
  /// Of the options, `target`, `lengthClass` and `symbol` are looked at.
  HalideCompilation(const tconv_params &params, CompileOptions options,
                    halide::Choice choice);
  ~HalideCompilation();

  ::tconv::Status object(llvm::SmallVector<char, 0> &bytes);
  ::tconv::Status assembly(std::string &text);
  ::tconv::Status llvmIR(std::string &text);
  /// The kernel as it lies in memory, for any address.
  ::tconv::Status image(KernelImage &image);

  /// What Halide lowered the pipeline to.
  ::tconv::Status statement(std::string &text);
  /// The schedule, in Halide's words.
  ::tconv::Status schedule(std::string &text);
  /// How the kernel is made, as JSON.
  ::tconv::Status description(std::string &json);
  /// Only of the targets "nvptx:sm_NN", which have statement and schedule
  /// besides.
  ::tconv::Status ptx(std::string &text);

  llvm::ArrayRef<StageTime> times() const { return times_; }

private:
  ::tconv::Status fail(llvm::Twine what);
  ::tconv::Status setTarget();
  ::tconv::Status plan();
  ::tconv::Status lower(halide::Wanted wanted);
  ::tconv::Status link();
  ::tconv::Status emit(llvm::CodeGenFileType type,
                       llvm::SmallVector<char, 0> &bytes);
  std::string engineText() const;
  std::string describe() const;
  LogicalResult wrap();
  template <typename Fn> auto timed(llvm::StringRef name, Fn &&fn);

  tconv_params params_;
  CompileOptions options_;
  halide::Choice choice_;
  CpuTarget target_;
  halide::TargetSpec spec_;
  std::string diagnostics_;
  std::unique_ptr<MLIRContext> context_;
  OwningOpRef<ModuleOp> module_;
  halide::Phases phases_;
  halide::Plan plan_;
  bool planned_ = false, wrapped_ = false;
  halide::Wanted lowered_ = {false, false, false};
  halide::Lowered result_;
  std::unique_ptr<llvm::TargetMachine> machine_;
  std::unique_ptr<llvm::LLVMContext> llvmContext_;
  std::unique_ptr<llvm::Module> llvmModule_;
  std::vector<StageTime> times_;
};

} // namespace mlir::tconv

#endif // TCONV_COMPILER_HALIDE_ENGINE_H
