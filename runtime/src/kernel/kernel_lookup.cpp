// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernel/kernel_lookup.h"

#include <chrono>
#include <cstring>
#include <ctime>

#include <nlohmann/json.hpp>

#include "kernel/compiler_loader.h"
#include "kernel/disk_cache.h"
#include "kernel/image.h"
#include "kernel/packed_cache.h"
#include "kernel/registered.h"
#include "support/environment.h"
#include "target/target.h"
#include "tuning/choice.h"
#include "tuning/tuning.h"

using namespace tconv;

namespace {

class Stopwatch {
public:
  double milliseconds() const {
    std::chrono::duration<double, std::milli> took =
        std::chrono::steady_clock::now() - start_;
    return took.count();
  }

private:
  std::chrono::steady_clock::time_point start_ =
      std::chrono::steady_clock::now();
};

/// What the compiler made, and its owner.
struct Compiled {
  std::shared_ptr<tconv_compiled> owner;
  const tconv_kernel_image *image = nullptr;
  const tconv_kernel *kernel = nullptr;
  double milliseconds = 0;
};

Status compile(const KernelRequest &request, Compiled &result) {
  Engine engine = checkedEngine(request.engine);
  const tconv_compiler_api *api = compiler(engine.kind).api;
  if (!api)
    return compiler(engine.kind).why;
  std::string schedulePath = environment("TCONV_SCHEDULE_PATH");
  std::string dumpPath = environment("TCONV_DUMP");
  tconv_compile_request raw;
  std::memset(&raw, 0, sizeof(raw));
  raw.struct_size = sizeof(raw);
  raw.length_class = request.lengthClass;
  raw.params = request.params;
  raw.accuracy = request.accuracy;
  raw.target = request.target.c_str();
  raw.schedule_path = schedulePath.empty() ? nullptr : schedulePath.c_str();
  raw.dump_path = dumpPath.empty() ? nullptr : dumpPath.c_str();
  std::string tuning = requestTuning(engine, request.tuning);
  raw.tuning = tuning.empty() ? nullptr : tuning.c_str();

  Stopwatch stopwatch;
  tconv_compiled *compiled = nullptr;
  std::string message(4096, '\0');
  tconv_status status =
      api->compile(&raw, &compiled, message.data(), message.size());
  if (status != TCONV_OK) {
    message.back() = '\0';
    return {status, message.c_str()};
  }
  if (!compiled)
    return {TCONV_ABI_MISMATCH, "the compiler returned no kernel"};
  result.owner = std::shared_ptr<tconv_compiled>(compiled, api->release);
  result.kernel = api->kernel(compiled);
  result.image = api->image ? api->image(compiled) : nullptr;
  result.milliseconds = stopwatch.milliseconds();
  if (!result.kernel && !result.image)
    return {TCONV_ABI_MISMATCH, "kernel = NULL: must point to a kernel"};
  return Status::ok();
}

/// Maps an image and checks that it holds what was asked for.
KernelResult load(const tconv_kernel_image &image, const KernelRequest &request,
                  Origin origin, double milliseconds) {
  Stopwatch stopwatch;
  std::unique_ptr<MappedImage> mapped;
  if (Status error = MappedImage::map(image, mapped))
    return {nullptr, error};
  const tconv_kernel *kernel = mapped->kernel();
  if (Status error = checkKernel(kernel, request.params))
    return {nullptr, error};
  return {std::make_shared<const LoadedKernel>(
              kernel, std::shared_ptr<const MappedImage>(std::move(mapped)),
              origin, milliseconds + stopwatch.milliseconds()),
          {}};
}

KernelResult load(const Compiled &compiled, const KernelRequest &request) {
  if (compiled.image)
    return load(*compiled.image, request, Origin::compiled,
                compiled.milliseconds);
  if (Status error = checkKernel(compiled.kernel, request.params))
    return {nullptr, error};
  return {std::make_shared<const LoadedKernel>(compiled.kernel, compiled.owner,
                                               Origin::compiled,
                                               compiled.milliseconds),
          {}};
}

/// The kernel's own description in an image that isn't mapped.
std::string descriptionIn(const tconv_kernel_image &image) {
  const char *bytes = static_cast<const char *>(image.bytes);
  uint64_t at;
  std::memcpy(&at, bytes + image.kernel + offsetof(tconv_kernel, description),
              sizeof(at));
  if (at >= image.size)
    return "";
  return std::string(bytes + at, strnlen(bytes + at, image.size - at));
}

/// How and when a kernel was made, for its file.
std::string describe(const tconv_kernel_image &image,
                     const KernelRequest &request, double milliseconds) {
  using Json = nlohmann::ordered_json;
  Json json = Json::parse(descriptionIn(image), nullptr, false);
  if (!json.is_object())
    json = Json::object();
  const tconv_compiler_api *api =
      compiler(checkedEngine(request.engine).kind).api;
  char when[32] = "";
  std::time_t now = std::time(nullptr);
  std::tm utc;
  if (gmtime_r(&now, &utc))
    std::strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &utc);
  json["kernel_target"] = kernelTarget(request.target);
  json["build_id"] = api->build_id ? api->build_id : "";
  json["llvm"] = api->llvm_version ? api->llvm_version : "";
  json["tconv"] = tconv_version();
  json["compiled_at"] = when;
  json["compile_ms"] = milliseconds;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// The disk cache, or NULL and why. Opened anew for each kernel: the folder may
/// be another by now, or gone.
std::unique_ptr<DiskCache> openDiskCache(Status &why) {
  DiskCacheSettings settings = diskCacheSettings();
  std::unique_ptr<DiskCache> disk;
  if (settings.folder.empty())
    why = {TCONV_UNSUPPORTED, settings.why};
  else
    why =
        DiskCache::open(settings.folder, settings.limit, /*create=*/true, disk);
  return disk;
}

/// The request with the engine that the tuning file chose, which is not the
/// compiler's to read.
KernelRequest withEngine(KernelRequest request) {
  ScheduleChoice choice;
  if (request.tuning.empty() || parseChoice(request.tuning, choice))
    return request;
  if (!choice.engine.empty())
    request.engine = choice.engine;
  choice.engine.clear();
  request.tuning = formatChoice(choice);
  return request;
}

/// One kernel's way through the disk cache and the compiler.
class DiskOrCompiler {
public:
  explicit DiskOrCompiler(const KernelRequest &request)
      : request(withEngine(request)),
        engine(checkedEngine(this->request.engine).kind) {
    key.request = requestText(this->request);
    key.compiler = compilerLine(engine);
    disk = openDiskCache(why);
  }

  /// Reads or compiles it.
  KernelResult find() {
    // Whoever asks for a dump asks for a compilation.
    if (!environment("TCONV_DUMP").empty())
      disk.reset();
    else if (!disk)
      sayOnce("no disk cache: " + why.message());
    KernelResult result;
    if (read(&result))
      return result;
    if (Status error = openCompiler())
      return {nullptr, error};
    if (otherCompiler && read(&result))
      return result;
    DiskCache::Ticket ticket;
    if (begin(ticket, &result))
      return result;
    Compiled compiled;
    if (Status error = compile(request, compiled))
      return {nullptr, error};
    result = load(compiled, request);
    // What doesn't load here is not worth keeping.
    if (result.kernel)
      if (Status error = keep(ticket, compiled))
        sayOnce("not kept in the disk cache: " + error.message());
    return result;
  }

  /// The same without loading the kernel, for it may be another machine's.
  Status warm() {
    if (!disk)
      return {why.code(), "no disk cache: " + why.message()};
    if (read(nullptr))
      return Status::ok();
    if (Status error = openCompiler())
      return error;
    if (otherCompiler && read(nullptr))
      return Status::ok();
    DiskCache::Ticket ticket;
    if (begin(ticket, nullptr))
      return Status::ok();
    if (why)
      return why;
    Compiled compiled;
    if (Status error = compile(request, compiled))
      return error;
    return keep(ticket, compiled);
  }

  /// Whether it is on disk, made by the compiler that would make it.
  bool isStored() { return environment("TCONV_DUMP").empty() && read(nullptr); }

private:
  /// Looks on disk; loads what is there if there is a `result` to load it to.
  bool read(KernelResult *result) {
    if (!disk)
      return false;
    Stopwatch stopwatch;
    std::string bytes;
    KernelFile file;
    std::string wrong;
    DiskCache::Found found = disk->read(key, bytes, file, wrong);
    if (found == DiskCache::Found::wrong)
      say("set aside: " + wrong);
    if (found != DiskCache::Found::yes)
      return false;
    if (!result)
      return true;
    *result =
        load(file.image, request, Origin::diskCache, stopwatch.milliseconds());
    if (result->kernel)
      return true;
    say("set aside: " + disk->folder() + "/" + key.name() + ": " +
        result->error.message());
    disk->setAside(key);
    return false;
  }

  Status openCompiler() {
    const tconv_compiler_api *api = compiler(engine).api;
    if (!api)
      return compiler(engine).why;
    std::string line = compilerText(api->build_id, api->llvm_version);
    otherCompiler = line != key.compiler;
    key.compiler = line;
    return Status::ok();
  }

  /// Waits for the right to compile; true where another process has made the
  /// kernel meanwhile.
  bool begin(DiskCache::Ticket &ticket, KernelResult *result) {
    if (!disk)
      return false;
    bool appeared = false;
    why = disk->begin(key, ticket, appeared);
    if (why)
      sayOnce("not kept in the disk cache: " + why.message());
    return appeared && read(result);
  }

  Status keep(DiskCache::Ticket &ticket, const Compiled &compiled) {
    if (!disk || !ticket.isOpen() || !compiled.image)
      return Status::ok();
    std::string bytes = writeKernelFile(
        key, describe(*compiled.image, request, compiled.milliseconds),
        *compiled.image);
    return disk->finish(ticket, key, bytes);
  }

  KernelRequest request;
  EngineKind engine;
  KernelKey key;
  std::unique_ptr<DiskCache> disk;
  Status why; ///< why nothing is kept on disk
  bool otherCompiler = false;
};

KernelResult ahead(const tconv_kernel *kernel) {
  return {std::make_shared<const LoadedKernel>(kernel, nullptr,
                                               Origin::aheadOfTime, 0.0),
          {}};
}

} // namespace

KernelResult tconv::findKernel(const KernelRequest &request) {
  if (const tconv_kernel *kernel = findRegistered(request))
    return ahead(kernel);
  if (auto packed = findPacked(withEngine(request))) {
    KernelResult result =
        load(packed->image, request, Origin::packedCache, 0.0);
    if (result.kernel)
      return result;
    say("packed cache: " + result.error.message());
  }
  KernelResult result = DiskOrCompiler(request).find();
  if (result.kernel)
    return result;
  // A choice that was refused is no reason yet: without it there may be one.
  if (!request.tuning.empty())
    return result;
  if (const tconv_kernel *kernel = findRegisteredOfAnyLength(request)) {
    say("a kernel for other lengths is taken: " + result.error.message());
    return ahead(kernel);
  }
  return result;
}

bool tconv::kernelIsStored(const KernelRequest &request) {
  return findRegistered(request) || findPacked(withEngine(request)) ||
         DiskOrCompiler(request).isStored();
}

Status tconv::warmDiskCache(const KernelRequest &request) {
  KernelRequest tuned = request;
  tuned.tuning = tunedChoice(request);
  Status status = DiskOrCompiler(tuned).warm();
  if (!status || tuned.tuning.empty())
    return status;
  sayRefused(tuned, status);
  return DiskOrCompiler(request).warm();
}
