// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/API/Compiler.h"

#include "compiler/API/Register.h"
#include "compiler/Dialect/Compact.h"
#include "compiler/Import/Import.h"
#include "compiler/Schedule/GpuModel.h"
#include "compiler/Schedule/Kind.h"
#include "compiler/Target/Ascend/KernelBuilder.h"
#include "compiler/Target/Ascend/KernelImage.h"
#include "compiler/Target/Ascend/Pipelines.h"
#include "compiler/Target/Ascend/Text.h"
#include "compiler/Target/NVPTX/Codegen.h"
#include "compiler/Target/NVPTX/Passes.h"
#include "compiler/Target/NVPTX/Pipelines.h"
#include "compiler/Transforms/Passes.h"
#include "compiler/Transforms/Pipelines.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "runtime/build_id.h"
#include "target/target.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::tconv;
using ::tconv::Status;

static_assert(Compact::kLeastTerms == ::tconv::kStepTerms,
              "steps are the class that compact weights are for");

static constexpr StageInfo stageInfos[] = {
    {Stage::layer, "layer", "the layer on tensors"},
    {Stage::phases, "phases", "its phases on buffers"},
    {Stage::schedule, "schedule", "tiled, packed and mapped to tasks"},
    {Stage::expand, "expand", "loops, vectors and buffers"},
    {Stage::llvmDialect, "llvm", "the LLVM dialect, with its entry points"},
};

/// What the cost model weighs weights against; 0 where there are many.
static int64_t expectedPositions(const tconv_params &params,
                                 tconv_length_class lengthClass) {
  switch (lengthClass) {
  case TCONV_LENGTH_STEP:
    return 3;
  case TCONV_LENGTH_SHORT:
    return ::tconv::stepPositions(params) > ::tconv::kCompactPositions ? 8 : 4;
  case TCONV_LENGTH_MEDIUM:
    return 64;
  default:
    return 0;
  }
}

ArrayRef<StageInfo> mlir::tconv::stages() { return stageInfos; }

void mlir::tconv::applyChoice(const ::tconv::ScheduleChoice &choice,
                              CompileOptions &options) {
  options.scheduleKind = choice.kind;
  options.blocks = {choice.channels, choice.positions, choice.depth,
                    choice.panel, choice.outputs};
  options.blockGroups = choice.groups;
  options.tuned = true;
}

Compilation::Compilation(const tconv_params &params, CompileOptions options)
    : params_(params), options_(std::move(options)) {}

Compilation::~Compilation() = default;

template <typename Fn> auto Compilation::timed(StringRef name, Fn &&fn) {
  auto start = std::chrono::steady_clock::now();
  llvm::scope_exit record([&] {
    std::chrono::duration<double, std::milli> time =
        std::chrono::steady_clock::now() - start;
    times_.push_back({name.str(), time.count()});
  });
  return fn();
}

Status Compilation::fail(llvm::Twine what) {
  std::string message = what.str();
  if (!diagnostics_.empty())
    message += ":\n" + diagnostics_;
  return Status(TCONV_COMPILE_ERROR, message);
}

void Compilation::dump(StringRef name, StringRef text) {
  if (options_.dumpPath.empty())
    return;
  // Dumps are a convenience: what can't be written is not an error.
  SmallString<128> path(options_.dumpPath);
  if (llvm::sys::fs::create_directories(path))
    return;
  std::string file = ::tconv::formatLayerLine(params_);
  for (char &c : file)
    if (!llvm::isAlnum(c))
      c = c == '=' ? '-' : '_';
  llvm::sys::path::append(path, file + "." + kind_ + "." + name);
  std::error_code error;
  llvm::raw_fd_ostream stream(path, error);
  if (!error)
    stream << text;
}

std::string Compilation::moduleText() {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module_->print(stream);
  return text;
}

Status Compilation::prepare() {
  if (Status status = ::tconv::checkParams(params_))
    return status;
  if (Status status = ::tconv::checkTargetComputes(options_.target, params_,
                                                   options_.accuracy))
    return status;
  architecture_ = ::tconv::nvptxArchitecture(options_.target);
  ascend_ = ascendMachine(::tconv::ascendPart(options_.target));
  kind_ = options_.scheduleKind;
  if (ascend_) {
    target_.name = options_.target;
    target_.schedules = options_.scheduleFeature.empty()
                            ? "ascend/portable"
                            : options_.scheduleFeature;
    if (kind_.empty())
      kind_ = chooseAscendKind(params_).str();
  } else if (architecture_ != 0) {
    target_.name = options_.target;
    target_.schedules = options_.scheduleFeature.empty()
                            ? deviceFeature(architecture_).str()
                            : options_.scheduleFeature;
    if (kind_.empty())
      kind_ = chooseDeviceKind(params_, options_.accuracy, architecture_).str();
  } else {
    llvm::Expected<CpuTarget> target = parseCpuTarget(options_.target);
    if (!target)
      return Status(TCONV_INVALID_VALUE,
                    "target: " + llvm::toString(target.takeError()));
    target_ = std::move(*target);
    if (!options_.scheduleFeature.empty()) {
      target_.schedules = options_.scheduleFeature;
      if (target_.schedules == "cpu/avx512")
        target_.machine.lanes = 16;
      else if (target_.schedules == "cpu/avx2")
        target_.machine.lanes = 8;
    }
    if (options_.tuned && options_.accuracy == TCONV_ACCURACY_DIRECT &&
        options_.blocks.outputs > 1)
      return Status(TCONV_INVALID_VALUE,
                    "outputs = " + std::to_string(options_.blocks.outputs) +
                        ": must be 1 where accuracy = direct");
    if (options_.accuracy == TCONV_ACCURACY_DIRECT && kind_ == "compact")
      return Status(TCONV_INVALID_VALUE,
                    "kind = compact: not where accuracy = direct, since it "
                    "rounds weights");
    if (kind_.empty())
      kind_ = chooseKind(params_, options_.lengthClass, target_.machine.lanes)
                  .str();
  }
  timed("context", [&] {
    DialectRegistry registry;
    registerDialects(registry);
    context_ = std::make_unique<MLIRContext>(registry,
                                             MLIRContext::Threading::DISABLED);
    context_->loadAllAvailableDialects();
    // A message that goes to users has no room for the whole function.
    context_->printOpOnDiagnostic(false);
    return 0;
  });
  return Status::ok();
}

/// Takes another kind where the estimate says that it is the better one:
/// compact weights for a few positions, tile registers or the other vectors for
/// more.
void Compilation::refineKind(CpuPipelineOptions &pipeline) {
  if (!options_.scheduleFeature.empty() || !options_.scheduleKind.empty() ||
      kind_ == "filter")
    return;
  bool direct = options_.accuracy == TCONV_ACCURACY_DIRECT;
  PhasesOp phases;
  module_->walk([&](PhasesOp op) { phases = op; });
  if (!phases)
    return;
  // Only these have been measured against each other.
  if (options_.lengthClass == TCONV_LENGTH_SHORT ||
      target_.schedules != "cpu/avx512")
    return;
  if (options_.lengthClass == TCONV_LENGTH_STEP) {
    if (!direct && options_.blocks.outputs <= 1 &&
        prefersCompact(phases, target_.machine))
      kind_ = "compact";
  } else {
    kind_ = choosePanelKind(phases, target_.machine,
                            direct ? 1 : options_.blocks.outputs)
                .str();
  }
  pipeline.kind = kind_;
}

/// Runs one stage; false, with diagnostics, where it fails.
bool Compilation::buildStage(Stage stage) {
  PassManager pm(context_.get());
  pm.enableVerifier(false); // once a stage, below
  switch (stage) {
  case Stage::layer: {
    module_ = importLayer(context_.get(), ::tconv::generalForm(params_));
    Builder b(context_.get());
    auto layer = module_->lookupSymbol<func::FuncOp>("layer");
    if (int64_t positions = expectedPositions(params_, options_.lengthClass))
      layer->setAttr(kPositionsAttr, b.getI64IntegerAttr(positions));
    if (ascend_) {
      (*module_)->setAttr(kAscendAttr, b.getStringAttr(ascend_->name));
      break;
    }
    if (architecture_ != 0) {
      (*module_)->setAttr(kArchitectureAttr,
                          b.getI64IntegerAttr(architecture_));
      break;
    }
    (*module_)->setAttr(kMachineAttr,
                        machineAttr(context_.get(), target_.machine));
    BlockSizes blocks = options_.blocks;
    if (options_.accuracy == TCONV_ACCURACY_DIRECT)
      blocks.outputs = 1;
    NamedAttrList given(blocksAttr(context_.get(), blocks));
    if (options_.blockGroups)
      given.set("groups", b.getI64IntegerAttr(options_.blockGroups));
    layer->setAttr(kBlocksAttr, given.getDictionary(context_.get()));
    break;
  }
  case Stage::phases:
    buildPhasesPipeline(pm);
    break;
  default:
    if (ascend_) {
      AscendPipelineOptions pipeline;
      pipeline.feature = target_.schedules;
      pipeline.kind = kind_;
      pipeline.schedulePath = options_.schedulePath;
      pipeline.symbol = options_.symbol;
      if (stage == Stage::schedule) {
        buildAscendSchedulePipeline(pm, pipeline);
      } else if (stage == Stage::expand) {
        description_ = description();
        if (!readAscend())
          return false;
        buildAscendExpandPipeline(pm, pipeline);
      }
      break;
    }
    if (architecture_ != 0) {
      DevicePipelineOptions pipeline;
      pipeline.architecture = architecture_;
      pipeline.feature = target_.schedules;
      pipeline.kind = kind_;
      pipeline.schedulePath = options_.schedulePath;
      pipeline.symbol = options_.symbol;
      if (stage == Stage::schedule) {
        buildDeviceSchedulePipeline(pm, pipeline);
      } else if (stage == Stage::expand) {
        buildDeviceExpandPipeline(pm, pipeline);
      } else {
        description_ = description();
        buildDeviceLowerPipeline(pm, pipeline);
      }
      break;
    }
    CpuPipelineOptions pipeline;
    pipeline.feature = target_.schedules;
    pipeline.kind = kind_;
    pipeline.lanes = target_.machine.lanes;
    pipeline.tiles = target_.machine.tileRegisters != 0;
    if (stage == Stage::schedule)
      refineKind(pipeline);
    pipeline.schedulePath = options_.schedulePath;
    pipeline.symbol = options_.symbol;
    if (stage == Stage::schedule) {
      buildSchedulePipeline(pm, pipeline);
    } else if (stage == Stage::expand) {
      buildExpandPipeline(pm, pipeline);
    } else {
      description_ = description();
      pipeline.info = description_;
      pipeline.target = ::tconv::kernelTarget(options_.target);
      pipeline.lengthClass = options_.lengthClass;
      buildLowerPipeline(pm, pipeline);
    }
  }
  return succeeded(pm.run(*module_)) && succeeded(verify(*module_)) &&
         (architecture_ == 0 || stage != Stage::expand || readBlocks());
}

Status Compilation::runTo(Stage last) {
  if (done_ < 0 && !context_)
    if (Status status = prepare())
      return status;
  ScopedDiagnosticHandler handler(context_.get(), [&](Diagnostic &diagnostic) {
    llvm::raw_string_ostream stream(diagnostics_);
    stream << diagnostic.getLocation() << ": " << diagnostic << "\n";
    for (Diagnostic &note : diagnostic.getNotes())
      stream << note.getLocation() << ": note: " << note << "\n";
  });
  for (const StageInfo &info : stages()) {
    if (info.stage > last || static_cast<int>(info.stage) <= done_)
      continue;
    if (!timed(info.name, [&] { return buildStage(info.stage); }))
      return fail("compilation failed in stage " + info.name);
    done_ = static_cast<int>(info.stage);
    if (!options_.dumpPath.empty())
      dump((info.name + ".mlir").str(), moduleText());
  }
  return Status::ok();
}

Operation *Compilation::scheduled() {
  if (auto layer = module_->lookupSymbol<func::FuncOp>("layer"))
    return layer;
  Operation *kernel = nullptr;
  module_->walk([&](gpu::GPUFuncOp func) {
    if (func->hasAttr("tconv.task_columns"))
      kernel = func;
  });
  return kernel;
}

std::string Compilation::description() {
  // What it is made from is gone once the layer is in the LLVM dialect.
  Stage last = ascend_ ? Stage::expand : Stage::llvmDialect;
  if (done_ >= static_cast<int>(last))
    return description_;
  llvm::json::Object object{
      {"layer", ::tconv::formatLayerLine(params_)},
      {"target", options_.target},
  };
  if (architecture_ == 0 && !ascend_) {
    object["cpu"] = target_.cpu;
    object["features"] = target_.features;
    object["lanes"] = target_.machine.lanes;
  }
  object["length_class"] = ::tconv::lengthClassName(options_.lengthClass);
  object["kind"] = kind_;
  object["build_id"] = TCONV_BUILD_ID;
  object["llvm"] = TCONV_BUILD_LLVM;
  if (options_.tuned)
    object["tuned"] = true;
  describeSchedule(object);
  std::string text;
  llvm::raw_string_ostream(text) << llvm::json::Value(std::move(object));
  return text;
}

void Compilation::describeSchedule(llvm::json::Object &object) {
  Operation *layer = scheduled();
  if (!layer)
    return;
  if (auto schedule = layer->getAttrOfType<StringAttr>("tconv.schedule"))
    object["schedule"] = schedule.getValue();
  if (auto algorithm = layer->getAttrOfType<StringAttr>(kAlgorithmAttr))
    object["algorithm"] = algorithm.getValue();
  if (auto blocks = layer->getAttrOfType<DictionaryAttr>(kBlocksAttr)) {
    llvm::json::Object sizes;
    for (NamedAttribute named : blocks)
      if (auto number = dyn_cast<IntegerAttr>(named.getValue()))
        sizes[named.getName().getValue()] = number.getInt();
    object["blocks"] = std::move(sizes);
  }
  if (auto estimate = layer->getAttrOfType<DictionaryAttr>(kEstimateAttr)) {
    llvm::json::Object figures;
    for (NamedAttribute named : estimate) {
      llvm::json::Value &figure = figures[named.getName().getValue()];
      if (auto number = dyn_cast<IntegerAttr>(named.getValue()))
        figure = number.getInt();
      else if (auto real = dyn_cast<FloatAttr>(named.getValue()))
        figure = real.getValueAsDouble();
      else if (auto text = dyn_cast<StringAttr>(named.getValue()))
        figure = text.getValue();
    }
    object["estimate"] = std::move(figures);
  }
  if (auto reasons = layer->getAttrOfType<ArrayAttr>(kReasonsAttr)) {
    llvm::json::Array list;
    for (Attribute reason : reasons)
      list.push_back(cast<StringAttr>(reason).getValue());
    object["reasons"] = std::move(list);
  }
}

Status Compilation::optimize() {
  if (llvmModule_)
    return Status::ok();
  if (ascend_)
    return refuseDevice("LLVM IR");
  if (Status status = runTo(Stage::llvmDialect))
    return status;
  return timed("opt", [&]() -> Status {
    auto machine = architecture_ ? createDeviceMachine(architecture_)
                                 : createTargetMachine(target_);
    if (!machine)
      return fail(llvm::toString(machine.takeError()));
    machine_ = std::move(*machine);
    llvmContext_ = std::make_unique<llvm::LLVMContext>();
    auto result =
        architecture_
            ? translateDevice(*module_, *machine_, *llvmContext_)
            : translateAndOptimize(*module_, target_, *machine_, *llvmContext_);
    if (!result)
      return fail(llvm::toString(result.takeError()));
    llvmModule_ = std::move(*result);
    if (!options_.dumpPath.empty()) {
      std::string text;
      llvm::raw_string_ostream stream(text);
      llvmModule_->print(stream, nullptr);
      dump("ll", text);
    }
    return Status::ok();
  });
}

Status Compilation::llvmIR(std::string &text) {
  if (Status status = optimize())
    return status;
  llvm::raw_string_ostream stream(text);
  llvmModule_->print(stream, nullptr);
  return Status::ok();
}

/// What is made for CPUs only.
Status Compilation::refuseDevice(const char *what) {
  if (!::tconv::ascendPart(options_.target).empty())
    return Status(TCONV_UNSUPPORTED, "target = '" + options_.target +
                                         "': there is no " + what +
                                         " of kernels for an Ascend");
  if (::tconv::nvptxArchitecture(options_.target) == 0)
    return Status::ok();
  return Status(TCONV_UNSUPPORTED, "target = '" + options_.target +
                                       "': there is no " + what +
                                       " of kernels for a GPU, but PTX");
}

Status Compilation::ptx(std::string &text) {
  if (::tconv::nvptxArchitecture(options_.target) == 0)
    return Status(TCONV_INVALID_VALUE, "target = '" + options_.target +
                                           "': PTX needs one of " +
                                           ::tconv::nvptxTargets());
  if (Status status = optimize())
    return status;
  auto code =
      timed("codegen", [&] { return generatePtx(*llvmModule_, *machine_); });
  llvmModule_.reset();
  if (!code)
    return fail(llvm::toString(code.takeError()));
  text = std::move(*code);
  return Status::ok();
}

/// Takes down what a launcher has to know, as long as the kernels are there.
bool Compilation::readBlocks() {
  auto number = [](Operation *op, StringRef name) {
    auto attr = op ? op->getAttrOfType<IntegerAttr>(name) : IntegerAttr();
    return attr ? attr.getInt() : 0;
  };
  Operation *run = scheduled(), *pack = nullptr;
  module_->walk([&](gpu::GPUFuncOp func) {
    if (func->hasAttr(kBlockCountAttr))
      pack = func;
  });
  tconv_kernel &kernel = device_.kernel;
  tconv_device_code &code = device_.device;
  kernel.packed_bytes = number(pack, "tconv.packed_bytes");
  kernel.task_positions = number(run, "tconv.task_positions");
  kernel.task_columns = number(run, "tconv.task_columns");
  code.pack_blocks = number(pack, kBlockCountAttr);
  code.run_threads = static_cast<int32_t>(number(run, kThreadsAttr));
  code.pack_threads = static_cast<int32_t>(number(pack, kThreadsAttr));
  if (kernel.packed_bytes && kernel.task_positions && kernel.task_columns &&
      code.pack_blocks && code.run_threads && code.pack_threads)
    return true;
  module_->emitError("the schedule left no description of its blocks");
  return false;
}

/// What a kernel's description says of the layer that it is for.
void Compilation::describeLayer(tconv_kernel &kernel) {
  ::tconv::GeneralForm form = ::tconv::generalForm(params_);
  kernel.in_channels = form.inChannels;
  kernel.out_channels = form.outChannels;
  kernel.kernel_size = form.kernelSize;
  kernel.stride = form.stride;
  kernel.dilation = form.dilation;
  kernel.groups = form.groups;
  kernel.crop_begin = form.cropBegin;
  kernel.has_bias = form.hasBias;
  kernel.dtype = form.dtype;
  kernel.length_class = options_.lengthClass;
}

Status Compilation::deviceKernel(DeviceKernel &result) {
  std::string code;
  if (Status status = ptx(code))
    return status;
  result = device_;
  result.code = std::move(code);
  describeLayer(result.kernel);
  result.kernel.accuracy =
      kind_ == "tf32" ? TCONV_ACCURACY_TF32 : TCONV_ACCURACY_DIRECT;
  result.device.format = TCONV_DEVICE_PTX;
  result.device.min_sm = static_cast<int32_t>(architecture_);
  result.runEntry = options_.symbol + "_run";
  result.packEntry = options_.symbol + "_pack";
  result.description = description();
  result.target = options_.target;
  return Status::ok();
}

/// Takes down what a launcher has to know, as long as the phases are there.
bool Compilation::readAscend() {
  PhasesOp phases;
  module_->walk([&](PhasesOp op) { phases = op; });
  if (!phases) {
    module_->emitError("the schedule left no phases");
    return false;
  }
  FailureOr<AscendKernels> kernels = readCores(phases, options_.symbol);
  if (failed(kernels))
    return false;
  ascendImage_ = describeAscend(*kernels);
  return true;
}

Status Compilation::ascendImage(AscendImage &image) {
  if (::tconv::ascendPart(options_.target).empty())
    return Status(TCONV_INVALID_VALUE, "target = '" + options_.target +
                                           "': HIVM needs one of " +
                                           ::tconv::ascendTargets());
  if (Status status = runTo(Stage::expand))
    return status;
  image = *ascendImage_;
  image.module = ascendModuleText(*module_);
  image.kernels = ascendTexts(*module_);
  image.product = ascend_->product;
  image.description = description();
  return Status::ok();
}

Status Compilation::ascendKernel(KernelImage &result) {
  AscendImage image;
  if (Status status = ascendImage(image))
    return status;
  tconv_kernel kernel = {};
  describeLayer(kernel);
  kernel.accuracy = TCONV_ACCURACY_DIRECT;
  auto made = timed("bishengir", [&] {
    return ascendKernelImage(image, kernel, options_.target);
  });
  if (!made)
    return Status(TCONV_COMPILE_ERROR, llvm::toString(made.takeError()));
  result = std::move(*made);
  return Status::ok();
}

Status Compilation::assembly(std::string &text) {
  if (Status status = refuseDevice("assembly"))
    return status;
  if (Status status = optimize())
    return status;
  auto code = timed("codegen", [&] {
    return generateCode(*llvmModule_, *machine_,
                        llvm::CodeGenFileType::AssemblyFile,
                        Addresses::reduced);
  });
  // Code generation leaves the module changed: another use makes it anew.
  llvmModule_.reset();
  if (!code)
    return fail(llvm::toString(code.takeError()));
  text.assign(code->begin(), code->end());
  return Status::ok();
}

Status Compilation::object(llvm::SmallVector<char, 0> &bytes) {
  if (Status status = refuseDevice("object"))
    return status;
  if (Status status = optimize())
    return status;
  auto code = timed("codegen", [&] {
    return generateCode(*llvmModule_, *machine_,
                        llvm::CodeGenFileType::ObjectFile, Addresses::reduced);
  });
  llvmModule_.reset();
  if (!code)
    return fail(llvm::toString(code.takeError()));
  bytes = std::move(*code);
  return Status::ok();
}

Status Compilation::image(KernelImage &image) {
  if (!::tconv::ascendPart(options_.target).empty())
    return ascendKernel(image);
  if (::tconv::nvptxArchitecture(options_.target) != 0) {
    DeviceKernel kernel;
    if (Status status = deviceKernel(kernel))
      return status;
    image = deviceImage(kernel);
    return Status::ok();
  }
  llvm::SmallVector<char, 0> bytes;
  if (Status status = object(bytes))
    return status;
  return timed("link", [&]() -> Status {
    auto linked = KernelImage::link(std::move(bytes), options_.symbol);
    if (!linked)
      return fail("linking failed: " + llvm::toString(linked.takeError()));
    image = std::move(*linked);
    return Status::ok();
  });
}
