// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The model of the core in place of an Ascend. Objects are those of fake_hivmc:
// the text that bishengir-compile gave it.
#include <cstring>
#include <map>
#include <mutex>

#include "core.h"
#include "davinci/launch.h"
#include "device/ascend_api.h"
#include "support/hivm_object.h"

using namespace tconv;
using namespace tconv::test;

namespace {

ptx::Memory &memory() {
  static ptx::Memory *instance = new ptx::Memory;
  return *instance;
}

// By the words of FAKE_ASCEND.
davinci::Policy policy = davinci::Policy::InOrder;
std::string &bishengir() {
  static std::string *path = new std::string;
  return *path;
}

std::string textOf(const davinci::Finding &finding) {
  return std::string(davinci::findingKindName(finding.kind)) + ", line " +
         std::to_string(finding.line) + ": " + finding.instruction + ": " +
         finding.message + "; block " + std::to_string(finding.block);
}

/// A launch's parameters, read as the entry declares them.
class Parameters {
public:
  explicit Parameters(const std::vector<char> &bytes) : bytes_(bytes) {}
  /// The next one, at a multiple of its size; 0 beyond the end.
  uint64_t next(size_t size) {
    at_ = (at_ + size - 1) / size * size;
    uint64_t value = 0;
    if (at_ + size <= bytes_.size())
      std::memcpy(&value, &bytes_[at_], size);
    at_ += size;
    return value;
  }
  size_t at() const { return at_; }

private:
  const std::vector<char> &bytes_;
  size_t at_ = 0;
};

/// The program of a text; made once, since that takes longer than running it.
Status programOf(const std::string &text,
                 std::shared_ptr<const davinci::Program> &program) {
  static std::mutex *mutex = new std::mutex;
  using Programs =
      std::map<std::string, std::shared_ptr<const davinci::Program>>;
  static Programs *programs = new Programs;
  std::lock_guard<std::mutex> lock(*mutex);
  std::shared_ptr<const davinci::Program> &known = (*programs)[text];
  if (!known) {
    std::string templates;
    if (Status error = davinci::findTemplates(bishengir(), templates))
      return error;
    if (Status error = davinci::Program::load(text, templates, known))
      return error;
  }
  program = known;
  return Status::ok();
}

class ModelObject : public FakeAscendObject {
public:
  explicit ModelObject(std::shared_ptr<const davinci::Program> program)
      : program_(std::move(program)) {}
  bool hasKernel(const std::string &name) const override {
    return program_->findEntry(name) != nullptr;
  }
  int run(const FakeAscendLaunch &launch, std::string &error) override {
    davinci::LaunchConfig config;
    davinci::LaunchOptions options;
    options.policy = policy;
    davinci::Report report;
    error = read(launch, config);
    if (error.empty())
      if (Status status =
              davinci::launch(*program_, memory(), config, options, report))
        error = status.message();
    if (error.empty() && !report.findings.empty())
      error = textOf(report.findings.front());
    return error.empty() ? 0 : kFakeKernelFailed;
  }

private:
  /// What the parameters say; "" or what is wrong with them.
  std::string read(const FakeAscendLaunch &launch,
                   davinci::LaunchConfig &config) const {
    using Role = davinci::KernelParameter::Role;
    const davinci::KernelEntry &entry = *program_->findEntry(launch.kernel);
    Parameters parameters(launch.parameters);
    uint64_t synchronisation = 0;
    for (const davinci::KernelParameter &parameter : entry.parameters) {
      uint64_t value = parameters.next(static_cast<size_t>(parameter.bytes));
      if (parameter.role == Role::FftsAddress)
        synchronisation = value;
      else if (parameter.role == Role::Workspace)
        config.workspace = value;
      else
        config.parameters.push_back(value);
    }
    if (parameters.at() != launch.parameters.size())
      return std::to_string(launch.parameters.size()) +
             " bytes of parameters; it takes " +
             std::to_string(parameters.at());
    if (synchronisation != kFakeSyncAddress)
      return "its first parameter isn't the address of the synchronisation";
    if (config.parameters.size() < 3)
      return "it takes no grid";
    uint64_t blocks = 1;
    for (size_t axis = 0; axis < 3; ++axis) {
      uint64_t size = config.parameters[config.parameters.size() - 3 + axis];
      config.grid[axis] = static_cast<uint32_t>(size);
      blocks *= size;
    }
    if (blocks != launch.blocks)
      return std::to_string(launch.blocks) + " blocks of a grid of " +
             std::to_string(blocks);
    config.entry = launch.kernel;
    return "";
  }

  std::shared_ptr<const davinci::Program> program_;
};

} // namespace

std::shared_ptr<FakeAscendObject> FakeAscendObject::load(const void *data,
                                                         size_t bytes,
                                                         uint32_t magic,
                                                         std::string &error) {
  std::string text;
  if (!readHivmObject({static_cast<const char *>(data), bytes}, text)) {
    error = "the binary is none of fake_hivmc's";
    return nullptr;
  }
  std::shared_ptr<const davinci::Program> program;
  if (Status status = programOf(text, program)) {
    error = status.message();
    return nullptr;
  }
  bool isCube = program->coreType() != davinci::CoreType::Vector;
  if (isCube != (magic == ascend::kMagicMix)) {
    error = std::string("the binary is for ") + (isCube ? "cube" : "vector") +
            " cores, and is loaded as if it weren't";
    return nullptr;
  }
  return std::make_shared<ModelObject>(std::move(program));
}

uint64_t fake_memory::allocate(size_t bytes) {
  uint64_t address = 0;
  // Before anybody writes it, the model takes care of what it is.
  return memory().allocate(bytes, "aclrtMalloc", address) ? 0 : address;
}

void fake_memory::release(uint64_t address) { (void)memory().release(address); }

void fake_memory::write(uint64_t to, const void *from, size_t bytes) {
  (void)memory().write(to, from, bytes);
}

int64_t fake_memory::read(void *to, uint64_t from, size_t bytes) {
  uint64_t unwritten = 0;
  (void)memory().countUnwritten(from, bytes, unwritten);
  (void)memory().read(from, to, bytes);
  return static_cast<int64_t>(unwritten);
}

bool tconv::test::configureFakeCore(const std::string &name,
                                    const std::string &value) {
  if (name == "bishengir")
    return bishengir() = value, true;
  if (name != "policy")
    return false;
  policy = value == "consumers-first"   ? davinci::Policy::ConsumersFirst
           : value == "producers-first" ? davinci::Policy::ProducersFirst
                                        : davinci::Policy::InOrder;
  return true;
}
