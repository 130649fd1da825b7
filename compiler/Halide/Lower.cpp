// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a plan to LLVM's bitcode, through Halide.
#include "compiler/Halide/Pipeline.h"

#include <cstdio>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <regex>
#include <sstream>
#include <unistd.h>

using namespace mlir::tconv::halide;
using namespace Halide::Internal;

namespace {

/// Bytes that the kernel's allocator needs for itself with each allocation,
/// and those by which Halide may read beyond the end of one.
constexpr int64_t kAllocationExtra = 64 + 64 + 192;

int64_t alignUp(int64_t bytes) { return (bytes + 63) / 64 * 64; }

/// Adds up what is allocated at the same time, and makes loops serial: the
/// threads are the runtime's.
class Finish : public IRMutator {
public:
  using IRMutator::visit;

  explicit Finish(int64_t &most, std::string &unbounded)
      : most(most), unbounded(unbounded) {}

private:
  Stmt visit(const For *op) override {
    if (op->for_type != ForType::Parallel)
      return IRMutator::visit(op);
    return For::make(op->name, op->min, op->extent, ForType::Serial,
                     op->partition_policy, op->device_api, mutate(op->body));
  }

  Stmt visit(const Allocate *op) override {
    int64_t bytes = op->type.bytes();
    for (const Halide::Expr &extent : op->extents) {
      Halide::Expr bound = find_constant_bound(extent, Direction::Upper);
      auto constant = bound.defined() ? as_const_int(bound) : std::nullopt;
      if (!constant) {
        unbounded = op->name;
        constant = 0;
      }
      bytes *= std::max<int64_t>(*constant, 1);
    }
    live += alignUp(bytes) + kAllocationExtra;
    most = std::max(most, live);
    Stmt result = IRMutator::visit(op);
    live -= alignUp(bytes) + kAllocationExtra;
    return result;
  }

  int64_t &most;
  std::string &unbounded;
  int64_t live = 0;
};

/// A file that is gone in the end.
class TemporaryFile {
public:
  TemporaryFile() {
    const char *folder = std::getenv("TMPDIR");
    path = (folder && *folder ? std::string(folder) : "/tmp") + "/tconv-XXXXXX";
    int file = mkstemp(path.data());
    if (file < 0)
      throw Halide::RuntimeError("can't make a temporary file " + path);
    close(file);
  }
  ~TemporaryFile() { unlink(path.c_str()); }
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &operator=(const TemporaryFile &) = delete;

  std::string read() const {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  std::string path;
};

/// Replaces the number behind a name by how many others the text has had before
/// it behind the same name; `print` says how.
std::string renumber(const std::string &text, const std::regex &numbered,
                     std::string (*print)(const std::string &, size_t)) {
  std::map<std::string, std::map<std::string, size_t>> numbersOf;
  std::string result;
  auto from = text.begin();
  for (std::sregex_iterator at(text.begin(), text.end(), numbered), end;
       at != end; ++at) {
    const std::smatch &match = *at;
    auto &numbers = numbersOf[match[1]];
    size_t number = numbers.emplace(match[2], numbers.size()).first->second;
    result.append(from, match[0].first);
    result += print(match[1], number);
    from = match[0].second;
  }
  return result.append(from, text.end());
}

/// A text without the numbers that Halide adds to names (tile0$3) or makes
/// names of (t52), which depend on what the process compiled before.
std::string withGivenNames(const std::string &text) {
  static const std::regex added(R"(([A-Za-z_]\w*)\$(\d+))"),
      made(R"(\b([btfvr])(\d+)\b)");
  std::string given =
      renumber(text, added, [](const std::string &name, size_t number) {
        return name + (number ? "$" + std::to_string(number) : "");
      });
  return renumber(given, made, [](const std::string &name, size_t number) {
    return name + std::to_string(number);
  });
}

/// The text of a module's GPU kernels.
std::string ptxOf(const Halide::Module &module) {
  Halide::Module resolved = module.resolve_submodules();
  Halide::Buffer<> buffer = resolved.get_cuda_ptx_assembly_buffer();
  if (!buffer.defined())
    return "";
  std::string text(static_cast<const char *>(buffer.data()),
                   buffer.size_in_bytes());
  text.resize(std::min(text.size(), text.find('\0')));
  return text;
}

void lowerChecked(const Phases &phases, const Plan &plan,
                  const TargetSpec &spec, const std::string &name,
                  const Wanted &wanted, Lowered &result, std::string &error) {
  Halide::Target target(spec.halide);
  Pipeline pipeline(phases, plan);
  Halide::Pipeline whole(pipeline.y);
  if (plan.kind == Kind::planar && !spec.gpu)
    fixPlanarSizes(pipeline);
  if (!plan.autoscheduler.empty())
    result.schedule = scheduleAutomatically(pipeline, whole, spec);
  else if (spec.gpu)
    result.schedule = scheduleForGpu(pipeline);
  else
    result.schedule = scheduleByHand(pipeline);
  result.schedule = withGivenNames(result.schedule);
  std::string unbounded;
  result.workspaceBytes = 0;
  if (!spec.gpu)
    whole.add_custom_lowering_pass(
        new Finish(result.workspaceBytes, unbounded));
  Halide::Module module = whole.compile_to_module(
      pipeline.arguments(), name, target, Halide::LinkageType::External);
  if (!unbounded.empty()) {
    error =
        "the schedule allocates '" + unbounded + "', whose size has no bound";
    return;
  }
  if (wanted.statement) {
    std::ostringstream text;
    text << module;
    result.statement = withGivenNames(text.str());
  }
  if (spec.gpu) {
    result.ptx = ptxOf(module);
    if (result.ptx.empty())
      error = "Halide made no PTX";
    return;
  }
  if (wanted.bitcode) {
    TemporaryFile file;
    module.compile({{Halide::OutputFileType::bitcode, file.path}});
    result.bitcode = file.read();
  }
}

} // namespace

std::string mlir::tconv::halide::lower(const Phases &phases, const Plan &plan,
                                       const TargetSpec &target,
                                       const std::string &name,
                                       const Wanted &wanted, Lowered &result) {
  // Halide has one set of names for a process, and loads plugins into it.
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  std::string error;
  try {
    lowerChecked(phases, plan, target, name, wanted, result, error);
  } catch (const Halide::Error &failure) {
    error = failure.what();
  } catch (const std::exception &failure) {
    error = failure.what();
  }
  return error;
}
