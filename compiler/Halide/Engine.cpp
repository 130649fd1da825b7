// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Halide/Engine.h"

#include "compiler/API/Register.h"
#include "compiler/Halide/Link.h"
#include "compiler/Halide/Wrapper.h"
#include "compiler/Import/Import.h"
#include "compiler/Transforms/Passes.h"
#include "compiler/Transforms/Pipelines.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "runtime/build_id.h"
#include "target/target.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace mlir::tconv;
using ::tconv::Status;

/// What every pipeline is made with: the kernel's own allocator and threads, no
/// checks of what the code around it sees to, and sums as they are written.
static constexpr const char kHalideFeatures[] =
    "-no_runtime-no_asserts-no_bounds_query-user_context-strict_float-large_"
    "buffers";

/// How far ahead weights are brought that pass by: some steps of a tile.
static constexpr int64_t kPrefetchBytes = 2048;

HalideCompilation::HalideCompilation(const tconv_params &params,
                                     CompileOptions options,
                                     halide::Choice choice)
    : params_(params), options_(std::move(options)),
      choice_(std::move(choice)) {}

HalideCompilation::~HalideCompilation() = default;

template <typename Fn> auto HalideCompilation::timed(StringRef name, Fn &&fn) {
  auto start = std::chrono::steady_clock::now();
  llvm::scope_exit record([&] {
    std::chrono::duration<double, std::milli> time =
        std::chrono::steady_clock::now() - start;
    times_.push_back({name.str(), time.count()});
  });
  return fn();
}

Status HalideCompilation::fail(llvm::Twine what) {
  std::string message = "halide: " + what.str();
  if (!diagnostics_.empty())
    message += ":\n" + diagnostics_;
  return Status(TCONV_COMPILE_ERROR, message);
}

static std::string halideTargetOf(const CpuTarget &target) {
  std::string name;
  if (!target.isX86())
    name = "arm-64-linux";
  else if (target.machine.lanes >= 16)
    name = "x86-64-linux-sse41-avx-f16c-fma-avx2-avx512-avx512_skylake";
  else if (target.machine.lanes >= 8)
    name = "x86-64-linux-sse41-avx-f16c-fma-avx2";
  else
    name = target.cpu == "x86-64" ? "x86-64-linux" : "x86-64-linux-sse41";
  return name + kHalideFeatures;
}

/// "nvptx:sm_NN": Halide writes PTX of one of its own capabilities, which newer
/// GPUs run too.
static std::string gpuTargetOf(llvm::StringRef name) {
  int capability = 0;
  if (!name.consume_front("nvptx:sm_") || name.getAsInteger(10, capability) ||
      capability > 999)
    return "";
  int best = 0;
  for (int known : {50, 61, 70, 75, 80, 86})
    if (known <= capability)
      best = known;
  if (best == 0)
    return "";
  return "x86-64-linux-cuda-cuda_capability_" + std::to_string(best) +
         kHalideFeatures;
}

Status HalideCompilation::setTarget() {
  if (llvm::StringRef(options_.target).starts_with("nvptx:")) {
    spec_.gpu = true;
    spec_.halide = gpuTargetOf(options_.target);
    if (spec_.halide.empty())
      return Status(TCONV_INVALID_VALUE,
                    "target: unknown target '" + options_.target +
                        "'; PTX is made for nvptx:sm_50 and above");
    return Status::ok();
  }
  llvm::Expected<CpuTarget> target = parseCpuTarget(options_.target);
  if (!target)
    return Status(TCONV_INVALID_VALUE,
                  "target: " + llvm::toString(target.takeError()));
  target_ = std::move(*target);
  spec_.halide = halideTargetOf(target_);
  spec_.l2Bytes = target_.machine.l2Bytes;
  return Status::ok();
}

/// The layer as phases on buffers, and how they are to be computed.
Status HalideCompilation::plan() {
  if (planned_)
    return Status::ok();
  if (Status status = ::tconv::checkParams(params_))
    return status;
  if (Status status = setTarget())
    return status;
  timed("context", [&] {
    DialectRegistry registry;
    registerDialects(registry);
    context_ = std::make_unique<MLIRContext>(registry,
                                             MLIRContext::Threading::DISABLED);
    context_->loadAllAvailableDialects();
    context_->printOpOnDiagnostic(false);
    return 0;
  });
  ScopedDiagnosticHandler handler(context_.get(), [&](Diagnostic &diagnostic) {
    llvm::raw_string_ostream(diagnostics_) << diagnostic << "\n";
  });
  return timed("phases", [&]() -> Status {
    module_ = importLayer(context_.get(), ::tconv::generalForm(params_));
    PassManager pm(context_.get());
    buildPhasesPipeline(pm);
    if (failed(pm.run(*module_)))
      return fail("the layer can't be taken apart into phases");
    PhasesOp op;
    module_->walk([&](PhasesOp found) { op = found; });
    phases_ = halide::phasesOf(op, 1);
    if (Status status =
            halide::makePlan(params_, phases_, target_.machine,
                             options_.lengthClass, choice_, spec_.gpu, plan_))
      return status;
    phases_ = halide::phasesOf(op, plan_.rows);
    planned_ = true;
    return Status::ok();
  });
}

Status HalideCompilation::lower(halide::Wanted wanted) {
  if (lowered_.statement >= wanted.statement &&
      lowered_.bitcode >= wanted.bitcode && lowered_.schedule)
    return Status::ok();
  if (Status status = plan())
    return status;
  return timed("halide", [&]() -> Status {
    std::string error = halide::lower(
        phases_, plan_, spec_, options_.symbol + "_pipeline", wanted, result_);
    if (!error.empty())
      return fail(error);
    lowered_ = wanted;
    return Status::ok();
  });
}

/// The weights in the plan's order, packed by a function of their own, and
/// tasks instead of the phases.
LogicalResult HalideCompilation::wrap() {
  PhasesOp op;
  PackWeightsOp pack;
  module_->walk([&](PhasesOp found) { op = found; });
  module_->walk([&](PackWeightsOp found) { pack = found; });
  auto layer = op->getParentOfType<func::FuncOp>();
  auto alloc = op.getWeights().getDefiningOp<memref::AllocOp>();
  auto packing = PackingAttr::get(context_.get(), phases_.outputs, plan_.rows);
  PackedLayout layout(op.getDecomposition(), packing, phases_.groups,
                      phases_.inputs, phases_.outputs);
  if (!layout.fits())
    return layer.emitError("packed weights do not fit 64 bits");
  pack.setPackingAttr(packing);
  op.setPackingAttr(packing);
  OpBuilder b(alloc);
  Value packed = memref::AllocOp::create(
      b, alloc.getLoc(),
      MemRefType::get({layout.totalElements()}, b.getF32Type()),
      alloc.getAlignmentAttr());
  alloc.replaceAllUsesWith(packed);
  alloc.erase();
  PassManager outline(context_.get());
  outline.addPass(createOutlinePackingPass());
  if (failed(outline.run(*module_)))
    return failure();
  layer.walk([](PhasesOp found) { found.erase(); });
  if (failed(halide::wrapPipeline(layer, phases_, plan_,
                                  options_.symbol + "_pipeline",
                                  result_.workspaceBytes)))
    return failure();
  layer->setAttr("tconv.engine", b.getStringAttr(engineText()));
  CpuPipelineOptions pipeline;
  pipeline.symbol = options_.symbol;
  pipeline.info = describe();
  pipeline.target = ::tconv::kernelTarget(options_.target);
  pipeline.lengthClass = options_.lengthClass;
  PassManager lowering(context_.get());
  lowering.addPass(createExpandPackWeightsPass({plan_.lanes}));
  lowering.addPass(createCanonicalizerPass());
  lowering.addPass(createCSEPass());
  buildLowerPipeline(lowering, pipeline);
  return lowering.run(*module_);
}

/// One LLVM module, optimised.
Status HalideCompilation::link() {
  if (llvmModule_)
    return Status::ok();
  if (spec_.gpu || llvm::StringRef(options_.target).starts_with("nvptx:"))
    return Status(TCONV_UNSUPPORTED, "halide: target = '" + options_.target +
                                         "' has ptx, stmt and schedule only");
  if (Status status = lower({/*bitcode=*/true, /*statement=*/false}))
    return status;
  ScopedDiagnosticHandler handler(context_.get(), [&](Diagnostic &diagnostic) {
    llvm::raw_string_ostream(diagnostics_) << diagnostic << "\n";
  });
  if (!wrapped_) {
    if (timed("wrap", [&] { return failed(wrap()); }))
      return fail("the code around the pipeline can't be made");
    wrapped_ = true;
  }
  return timed("link", [&]() -> Status {
    auto machine = createTargetMachine(target_);
    if (!machine)
      return fail(llvm::toString(machine.takeError()));
    machine_ = std::move(*machine);
    llvmContext_ = std::make_unique<llvm::LLVMContext>();
    auto result =
        translateAndOptimize(*module_, target_, *machine_, *llvmContext_);
    if (!result)
      return fail(llvm::toString(result.takeError()));
    int64_t prefetch = plan_.kind == halide::Kind::rows ? kPrefetchBytes : 0;
    if (llvm::Error error = halide::linkPipeline(
            **result, result_.bitcode, target_, options_.symbol, prefetch))
      return fail(llvm::toString(std::move(error)));
    llvmModule_ = std::move(*result);
    return Status::ok();
  });
}

/// As a caller names it: "halide" or "halide:Adams2019".
std::string HalideCompilation::engineText() const {
  return "halide" +
         (plan_.autoscheduler.empty() ? "" : ":" + plan_.autoscheduler);
}

std::string HalideCompilation::describe() const {
  llvm::json::Object object{
      {"layer", ::tconv::formatLayerLine(params_)},
      {"engine", engineText()},
      {"target", options_.target},
      {"cpu", target_.cpu},
      {"features", target_.features},
      {"length_class", ::tconv::lengthClassName(options_.lengthClass)},
      {"kind", halide::kindName(plan_.kind)},
      {"algorithm", "direct"},
      {"lanes", plan_.lanes},
      {"halide_target", spec_.halide},
      {"build_id", TCONV_HALIDE_BUILD_ID},
      {"halide", TCONV_BUILD_HALIDE},
      {"llvm", TCONV_BUILD_LLVM},
      {"schedule", plan_.autoscheduler.empty()
                       ? "halide/" + halide::kindName(plan_.kind).str()
                       : "halide/" + plan_.autoscheduler},
      {"blocks", llvm::json::Object{{"rows", plan_.rows},
                                    {"tile", plan_.tile},
                                    {"tiles", plan_.tiles},
                                    {"channels", plan_.channels},
                                    {"groups", plan_.groups}}},
  };
  if (!plan_.autoscheduler.empty())
    object["autoscheduler"] = plan_.autoscheduler;
  std::string text;
  llvm::raw_string_ostream(text) << llvm::json::Value(std::move(object));
  return text;
}

Status HalideCompilation::description(std::string &json) {
  if (Status status = plan())
    return status;
  json = describe();
  return Status::ok();
}

Status HalideCompilation::llvmIR(std::string &text) {
  if (Status status = link())
    return status;
  llvm::raw_string_ostream stream(text);
  llvmModule_->print(stream, nullptr);
  return Status::ok();
}

Status HalideCompilation::emit(llvm::CodeGenFileType type,
                               llvm::SmallVector<char, 0> &bytes) {
  if (Status status = link())
    return status;
  auto code = timed(
      "codegen", [&] { return generateCode(*llvmModule_, *machine_, type); });
  // Code generation leaves the module changed: another use makes it anew.
  llvmModule_.reset();
  if (!code)
    return fail(llvm::toString(code.takeError()));
  bytes = std::move(*code);
  return Status::ok();
}

Status HalideCompilation::assembly(std::string &text) {
  llvm::SmallVector<char, 0> bytes;
  if (Status status = emit(llvm::CodeGenFileType::AssemblyFile, bytes))
    return status;
  text.assign(bytes.begin(), bytes.end());
  return Status::ok();
}

Status HalideCompilation::object(llvm::SmallVector<char, 0> &bytes) {
  return emit(llvm::CodeGenFileType::ObjectFile, bytes);
}

Status HalideCompilation::image(KernelImage &image) {
  llvm::SmallVector<char, 0> bytes;
  if (Status status = object(bytes))
    return status;
  return timed("image", [&]() -> Status {
    auto linked = KernelImage::link(std::move(bytes), options_.symbol);
    if (!linked)
      return fail("linking failed: " + llvm::toString(linked.takeError()));
    image = std::move(*linked);
    return Status::ok();
  });
}

Status HalideCompilation::statement(std::string &text) {
  if (Status status = lower({/*bitcode=*/false, /*statement=*/true}))
    return status;
  text = result_.statement;
  return Status::ok();
}

Status HalideCompilation::schedule(std::string &text) {
  if (Status status = lower({/*bitcode=*/false, /*statement=*/false}))
    return status;
  text = result_.schedule;
  return Status::ok();
}

Status HalideCompilation::ptx(std::string &text) {
  if (Status status = lower({/*bitcode=*/false, /*statement=*/false}))
    return status;
  if (!spec_.gpu)
    return Status(TCONV_INVALID_VALUE,
                  "halide: target = '" + options_.target + "' has no ptx");
  text = result_.ptx;
  return Status::ok();
}
