// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One compilation of one layer, stage by stage. Re-entrant: every compilation
// has contexts of its own, and nothing here is global.
#ifndef TCONV_COMPILER_API_COMPILER_H
#define TCONV_COMPILER_API_COMPILER_H

#include "compiler/JIT/JIT.h"
#include "compiler/Schedule/AscendModel.h"
#include "compiler/Schedule/CostModel.h"
#include "compiler/Target/Ascend/Image.h"
#include "compiler/Target/CPU/Codegen.h"
#include "compiler/Target/NVPTX/Image.h"
#include "layer/layer.h"
#include "tuning/choice.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/JSON.h"
#include <chrono>

namespace mlir::tconv {

struct CpuPipelineOptions;

struct CompileOptions {
  std::string target = "cpu:native";
  tconv_length_class lengthClass = TCONV_LENGTH_BULK;
  tconv_accuracy accuracy = TCONV_ACCURACY_DEFAULT;
  std::string schedulePath;    ///< folder before the built-in schedules
  std::string scheduleFeature; ///< such as "cpu/avx2"; empty: the target's
  std::string scheduleKind;    ///< such as "filter"; empty: the layer's
  BlockSizes blocks;           ///< what isn't 0 comes before the cost model
  int64_t blockGroups = 0;     ///< the same for the filter kind's groups
  bool tuned = false;          ///< all of these are a search's
  std::string dumpPath;        ///< folder that every stage is written to
  std::string symbol = "tconv_kernel_main";
};

/// Takes over what a search chose.
void applyChoice(const ::tconv::ScheduleChoice &choice,
                 CompileOptions &options);

/// Where a compilation can be looked at, in order.
enum class Stage { layer, phases, schedule, expand, llvmDialect };
struct StageInfo {
  Stage stage;
  llvm::StringLiteral name; ///< as in --emit=mlir:NAME
  llvm::StringLiteral summary;
};
llvm::ArrayRef<StageInfo> stages();

struct StageTime {
  std::string name;
  double milliseconds;
};

class Compilation {
public:
  Compilation(const tconv_params &params, CompileOptions options);
  ~Compilation();

  /// Runs all stages up to `stage` that have not run.
  ::tconv::Status runTo(Stage stage);
  /// The IR of the last stage that ran.
  ModuleOp module() { return *module_; }
  std::string moduleText();

  /// Whether the target is a GPU: its architecture, such as 80, else 0.
  int64_t architecture() const { return architecture_; }
  /// The part that the target is, if it is an Ascend, else null.
  const AscendMachine *ascend() const { return ascend_; }

  ::tconv::Status llvmIR(std::string &text);
  /// Of a GPU's kernels.
  ::tconv::Status ptx(std::string &text);
  /// The same with all that describes them.
  ::tconv::Status deviceKernel(DeviceKernel &kernel);
  /// Of an Ascend's: text for bishengir-compile, and how they are launched.
  ::tconv::Status ascendImage(AscendImage &image);
  ::tconv::Status assembly(std::string &text);
  ::tconv::Status object(llvm::SmallVector<char, 0> &bytes);
  /// The kernel as it lies in memory, for any address.
  ::tconv::Status image(KernelImage &image);

  const CpuTarget &target() const { return target_; }
  const CompileOptions &options() const { return options_; }
  /// How the kernel is made, as JSON; complete after Stage::schedule.
  std::string description();
  llvm::ArrayRef<StageTime> times() const { return times_; }

private:
  ::tconv::Status fail(llvm::Twine what);
  ::tconv::Status prepare();
  ::tconv::Status optimize();
  ::tconv::Status refuseDevice(const char *what);
  bool buildStage(Stage stage);
  void refineKind(CpuPipelineOptions &pipeline);
  bool readBlocks();
  bool readAscend();
  void describeLayer(tconv_kernel &kernel);
  ::tconv::Status ascendKernel(KernelImage &image);
  void describeSchedule(llvm::json::Object &object);
  /// The function or kernel that a schedule's findings are on.
  Operation *scheduled();
  void dump(llvm::StringRef name, llvm::StringRef text);
  template <typename Fn> auto timed(llvm::StringRef name, Fn &&fn);

  tconv_params params_;
  CompileOptions options_;
  CpuTarget target_; ///< of CPUs
  int64_t architecture_ = 0;
  const AscendMachine *ascend_ = nullptr;
  std::optional<AscendImage> ascendImage_; ///< once they are scheduled
  DeviceKernel device_;                    ///< as far as the schedule decides
  std::string kind_;
  std::string diagnostics_;
  std::string description_;
  std::unique_ptr<MLIRContext> context_;
  OwningOpRef<ModuleOp> module_;
  int done_ = -1; ///< last stage that ran
  std::unique_ptr<llvm::TargetMachine> machine_;
  std::unique_ptr<llvm::LLVMContext> llvmContext_;
  std::unique_ptr<llvm::Module> llvmModule_;
  std::vector<StageTime> times_;
};

} // namespace mlir::tconv

#endif // TCONV_COMPILER_API_COMPILER_H
