// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "davinci/program.h"

#include <csetjmp>
#include <cstdlib>

#include "davinci/lower.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

namespace tconv::davinci {
namespace {

/// What runs on this thread.
struct Running {
  Core *core = nullptr;
  const std::vector<Instruction> *instructions = nullptr;
  std::jmp_buf leave;
};
thread_local Running *running = nullptr;

/// Between the kernel's code and `leave` there is nothing to be destroyed.
void leaveIfStopped() {
  if (running->core->isStopped())
    std::longjmp(running->leave, 1);
}

uint64_t call(uint32_t index, const uint64_t *words) {
  const Instruction &instruction = (*running->instructions)[index];
  Core &core = *running->core;
  core.instruction = instruction.name.c_str();
  uint64_t result = instruction.run(core, words);
  leaveIfStopped();
  return result;
}

void *access(uint64_t address, uint32_t space, uint64_t bytes, bool isWrite) {
  Core &core = *running->core;
  core.instruction = isWrite ? "scalar store" : "scalar load";
  void *data =
      core.scalarAccess(static_cast<Space>(space), address, bytes, isWrite);
  leaveIfStopped();
  return data;
}

Status failure(llvm::Error error) {
  return Status(TCONV_INTERNAL, llvm::toString(std::move(error)));
}

} // namespace

Status findTemplates(const std::string &compiler, std::string &folder) {
  std::string path = compiler;
  if (path.empty()) {
    if (const char *named = std::getenv("TCONV_BISHENGIR"))
      path = named;
    else if (auto found = llvm::sys::findProgramByName("bishengir-compile"))
      path = *found;
    else
      return Status(TCONV_NOT_FOUND,
                    "bishengir-compile is neither named by TCONV_BISHENGIR nor "
                    "on PATH; its templates are needed");
  }
  llvm::SmallString<128> real;
  if (llvm::sys::fs::real_path(path, real))
    return Status(TCONV_NOT_FOUND,
                  "bishengir-compile '" + path + "' is not there");
  // So may the package, or the folder of its programs.
  llvm::StringRef place(real);
  if (!llvm::sys::fs::is_directory(real))
    place = llvm::sys::path::parent_path(place);
  if (llvm::sys::path::filename(place) == "bin")
    place = llvm::sys::path::parent_path(place);
  llvm::SmallString<128> templates(place);
  llvm::sys::path::append(templates, "lib");
  folder = templates.str().str();
  llvm::sys::path::append(templates, "meta_op.aic.bc");
  if (!llvm::sys::fs::exists(templates))
    return Status(TCONV_NOT_FOUND,
                  "there are no templates (" + templates.str().str() + ")");
  return Status::ok();
}

namespace {

/// What cores of one kind execute.
struct Part {
  PlainModule module;
  std::vector<Instruction> instructions;
  std::unique_ptr<llvm::orc::LLJIT> jit;
  std::vector<void (*)(void *const *)> invokers;

  Status link(llvm::Module &ir, const std::string &templates) {
    if (templates.empty())
      return Status::ok();
    std::string path = templates;
    if (llvm::sys::fs::is_directory(templates))
      path +=
          module.core == CoreType::Cube ? "/meta_op.aic.bc" : "/meta_op.aiv.bc";
    return linkTemplates(ir, path);
  }

  Status prepare(const std::string &templates) {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    auto machine = llvm::orc::JITTargetMachineBuilder::detectHost();
    if (!machine)
      return failure(machine.takeError());
    // Templates run once or twice each: code that is made fast is fast enough.
    machine->setCodeGenOptLevel(llvm::CodeGenOptLevel::None);
    auto built =
        llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(*machine).create();
    if (!built)
      return failure(built.takeError());
    jit = std::move(*built);
    auto context = std::make_unique<llvm::LLVMContext>();
    std::unique_ptr<llvm::Module> ir;
    if (Status status = lowerText(module.text, *context, ir))
      return status;
    ir->setTargetTriple(jit->getTargetTriple());
    ir->setDataLayout(jit->getDataLayout());
    if (Status status = link(*ir, templates))
      return status;
    std::vector<std::string> names;
    for (const KernelEntry &entry : module.entries)
      names.push_back(entry.symbol);
    if (Status status = instrument(*ir, names, instructions))
      return status;
    if (Status status = define())
      return status;
    if (llvm::Error error = jit->addIRModule(
            llvm::orc::ThreadSafeModule(std::move(ir), std::move(context))))
      return failure(std::move(error));
    for (const std::string &name : names) {
      auto found = jit->lookup("invoke_" + name);
      if (!found)
        return failure(found.takeError());
      invokers.push_back(found->toPtr<void (*)(void *const *)>());
    }
    return Status::ok();
  }

  Status define() {
    auto process =
        llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
            jit->getDataLayout().getGlobalPrefix());
    if (!process)
      return failure(process.takeError());
    jit->getMainJITDylib().addGenerator(std::move(*process));
    llvm::orc::SymbolMap symbols;
    auto add = [&](const char *name, auto *function) {
      symbols[jit->mangleAndIntern(name)] = llvm::orc::ExecutorSymbolDef(
          llvm::orc::ExecutorAddr::fromPtr(function),
          llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable);
    };
    add(kCallSymbol, &call);
    add(kAccessSymbol, &access);
    if (llvm::Error error = jit->getMainJITDylib().define(
            llvm::orc::absoluteSymbols(std::move(symbols))))
      return failure(std::move(error));
    return Status::ok();
  }
};

} // namespace

struct Program::Implementation {
  /// One, or the cube core's and the vector cores' of a mixed module.
  std::vector<Part> parts;

  const Part &partOf(const Core &core) const {
    return core.number() == 0 ? parts.front() : parts.back();
  }
};

Program::Program(std::unique_ptr<Implementation> implementation)
    : implementation(std::move(implementation)) {}
Program::~Program() = default;

Status Program::load(const std::string &text, const std::string &templates,
                     std::shared_ptr<const Program> &program) {
  auto made = std::make_unique<Implementation>();
  std::vector<PlainModule> modules;
  if (Status status = makePlain(text, modules))
    return status;
  made->parts.resize(modules.size());
  for (size_t at = 0; at < modules.size(); ++at) {
    made->parts[at].module = std::move(modules[at]);
    if (Status status = made->parts[at].prepare(templates))
      return status;
  }
  program.reset(new Program(std::move(made)));
  return Status::ok();
}

CoreType Program::coreType() const {
  return implementation->parts.size() > 1
             ? CoreType::Mixed
             : implementation->parts.front().module.core;
}

const std::vector<KernelEntry> &Program::entries() const {
  return implementation->parts.front().module.entries;
}

const KernelEntry *Program::findEntry(const std::string &name) const {
  for (const KernelEntry &entry : entries())
    if (entry.name == name)
      return &entry;
  return nullptr;
}

void Program::run(const KernelEntry &entry,
                  const std::vector<void *> &arguments, Core &core) const {
  size_t index = static_cast<size_t>(&entry - entries().data());
  Running now;
  now.core = &core;
  now.instructions = &implementation->partOf(core).instructions;
  running = &now;
  if (setjmp(now.leave) == 0)
    implementation->partOf(core).invokers[index](arguments.data());
  running = nullptr;
}

} // namespace tconv::davinci
