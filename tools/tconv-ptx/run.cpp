// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-ptx/run.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "common/arrays.h"
#include "ptx/formats.h"
#include "tconv-ptx/report.h"

namespace tconv::tools {
namespace {

Status invalid(const std::string &text, const std::string &what) {
  return Status(TCONV_INVALID_VALUE, "--param '" + text + "' " + what);
}

/// Bytes of an element of "f32", "f16", "bf16"; 0 for anything else.
size_t elementBytes(const std::string &type) {
  return type == "f32" ? 4 : type == "f16" || type == "bf16" ? 2 : 0;
}

void encode(float value, const std::string &type, uint8_t *to) {
  uint16_t half =
      type == "f16" ? ptx::floatToF16(value) : ptx::floatToBf16(value);
  if (type == "f32")
    std::memcpy(to, &value, 4);
  else
    std::memcpy(to, &half, 2);
}

float decode(const uint8_t *from, const std::string &type) {
  float value = 0;
  uint16_t half = 0;
  std::memcpy(&half, from, 2);
  std::memcpy(&value, from, type == "f32" ? 4 : 2);
  return type == "f32"   ? value
         : type == "f16" ? ptx::f16ToFloat(half)
                         : ptx::bf16ToFloat(half);
}

bool hasNpy(const std::string &text) {
  return text.find(".npy") != std::string::npos;
}

/// What is written once the kernel has run.
struct Output {
  std::string path;
  std::string type;
  uint64_t address = 0;
  Array array;
};

class Parameters {
public:
  Parameters(const ptx::Entry &entry, ptx::Memory &memory)
      : entry(entry), memory(memory), bytes(entry.parameterBytes) {}

  Status add(const std::string &text) {
    if (index == entry.parameters.size())
      return invalid(text, "is one more than entry '" + entry.name + "' has");
    uint64_t value = 0;
    const auto &parameter = entry.parameters[index++];
    bool isMemory = hasNpy(text) || text.compare(0, 8, "scratch:") == 0;
    if (isMemory && parameter.bytes != 8)
      return invalid(text, "is for a parameter of 8 bytes; '" + parameter.name +
                               "' has " + std::to_string(parameter.bytes));
    Status status = text.compare(0, 4, "out:") == 0       ? output(text, value)
                    : text.compare(0, 8, "scratch:") == 0 ? scratch(text, value)
                    : hasNpy(text) ? input(text, value)
                                   : number(text, parameter.bytes, value);
    if (status)
      return status;
    std::memcpy(bytes.data() + parameter.offset, &value,
                std::min<uint64_t>(parameter.bytes, 8));
    return Status::ok();
  }

  Status finish() const {
    if (index == entry.parameters.size())
      return Status::ok();
    return Status(TCONV_INVALID_VALUE,
                  "--param is given " + std::to_string(index) +
                      " times; entry '" + entry.name + "' has " +
                      std::to_string(entry.parameters.size()) + " parameters");
  }

  Status writeOutputs() {
    for (Output &one : outputs) {
      size_t size = elementBytes(one.type);
      std::vector<uint8_t> raw(one.array.values.size() * size);
      if (Status status = memory.read(one.address, raw.data(), raw.size()))
        return status;
      for (size_t at = 0; at < one.array.values.size(); ++at)
        one.array.values[at] = decode(raw.data() + at * size, one.type);
      if (Status status = writeNpy(one.path, one.array))
        return status;
    }
    return Status::ok();
  }

  const std::vector<uint8_t> &data() const { return bytes; }

private:
  Status number(const std::string &text, uint64_t size, uint64_t &value) {
    if (size > 8)
      return invalid(text, "is for a parameter of more than 8 bytes");
    errno = 0;
    char *end = nullptr;
    bool isDecimal = text.compare(0, 2, "0x") != 0 &&
                     text.find_first_of(".eE") != std::string::npos;
    if (isDecimal) {
      double real = std::strtod(text.c_str(), &end);
      float narrow = static_cast<float>(real);
      if (size == 8)
        std::memcpy(&value, &real, 8);
      else if (size == 4)
        std::memcpy(&value, &narrow, 4);
      else
        return invalid(text, "is no integer");
    } else if (text[0] == '-') {
      value = static_cast<uint64_t>(std::strtoll(text.c_str(), &end, 0));
    } else {
      value = std::strtoull(text.c_str(), &end, 0);
    }
    if (end == text.c_str() || *end != '\0' || errno != 0)
      return invalid(text, "is no number, no .npy file, no out:FILE.npy:SHAPE "
                           "and no scratch:BYTES");
    int64_t whole = static_cast<int64_t>(value);
    uint64_t bits = 8 * size;
    if (!isDecimal && size < 8 && whole >> bits != 0 &&
        whole >> (bits - 1) != -1)
      return invalid(text, "does not fit " + std::to_string(size) + " bytes");
    return Status::ok();
  }

  Status scratch(const std::string &text, uint64_t &value) {
    std::string digits = text.substr(8);
    if (digits.empty() || digits.size() > 18 ||
        digits.find_first_not_of("0123456789") != std::string::npos)
      return invalid(text, "has no number of bytes");
    return memory.allocate(std::stoull(digits), text, value);
  }

  /// FILE.npy or FILE.npy:TYPE.
  Status input(const std::string &text, uint64_t &value) {
    size_t end = text.rfind(".npy") + 4;
    std::string type = "f32";
    if (end < text.size())
      type = text.substr(end + 1);
    if (elementBytes(type) == 0)
      return invalid(text,
                     "has the type '" + type + "'; f32, f16 or bf16 is wanted");
    Array array;
    if (Status status = readNpy(text.substr(0, end), array))
      return status;
    size_t size = elementBytes(type);
    std::vector<uint8_t> raw(array.values.size() * size);
    for (size_t at = 0; at < array.values.size(); ++at)
      encode(array.values[at], type, raw.data() + at * size);
    if (raw.empty()) {
      value = 0;
      return Status::ok();
    }
    if (Status status = memory.allocate(raw.size(), text, value))
      return status;
    return memory.write(value, raw.data(), raw.size());
  }

  /// out:FILE.npy:2x3x50 or out:FILE.npy:2x3x50:f16.
  Status output(const std::string &text, uint64_t &value) {
    size_t end = text.rfind(".npy") + 4;
    Output made;
    made.path = text.substr(4, end - 4);
    made.type = "f32";
    std::string shape = end < text.size() ? text.substr(end + 1) : "";
    size_t colon = shape.find(':');
    if (colon != std::string::npos) {
      made.type = shape.substr(colon + 1);
      shape.resize(colon);
    }
    uint64_t count = 1;
    for (size_t begin = 0; begin <= shape.size();) {
      size_t next = std::min(shape.find('x', begin), shape.size());
      std::string digits = shape.substr(begin, next - begin);
      if (digits.empty() || digits.size() > 12 ||
          digits.find_first_not_of("0123456789") != std::string::npos ||
          __builtin_mul_overflow(count, std::stoull(digits), &count) ||
          count > 1ull << 40)
        return invalid(text, "has the shape '" + shape +
                                 "'; one like 2x3x50 is wanted");
      made.array.shape.push_back(std::stoll(digits));
      begin = next + 1;
    }
    if (elementBytes(made.type) == 0)
      return invalid(text, "has the type '" + made.type +
                               "'; f32, f16 or bf16 is wanted");
    if (count == 0)
      return invalid(text, "has no elements");
    if (Status status = memory.allocate(count * elementBytes(made.type),
                                        made.path, made.address))
      return status;
    made.array.values.resize(count);
    value = made.address;
    outputs.push_back(std::move(made));
    return Status::ok();
  }

  const ptx::Entry &entry;
  ptx::Memory &memory;
  std::vector<uint8_t> bytes;
  std::vector<Output> outputs;
  size_t index = 0;
};

std::array<uint32_t, 3> sizes(const std::vector<uint32_t> &list) {
  std::array<uint32_t, 3> result = {1, 1, 1};
  for (size_t axis = 0; axis < list.size(); ++axis)
    result[axis] = list[axis];
  return result;
}

} // namespace

CLI::App *addRunCommand(CLI::App &app, PtxRunOptions &options) {
  CLI::App *run = app.add_subcommand("run", "Runs a kernel");
  run->add_option("file", options.file, "PTX text")->required();
  run->add_option("--entry", options.entry,
                  "Name of the kernel (default: the only one)");
  run->add_option("--grid", options.grid, "Blocks: X or X,Y,Z")
      ->delimiter(',')
      ->expected(1, 3);
  run->add_option("--block", options.block, "Threads of a block: X or X,Y,Z")
      ->delimiter(',')
      ->expected(1, 3);
  run->add_option("--shared", options.shared, "Bytes of dynamic shared memory");
  run->add_option("--param", options.parameters,
                  "One for each parameter, in order: a number of the "
                  "parameter's size; FILE.npy or FILE.npy:f16 or :bf16, device "
                  "memory with the file's values; out:FILE.npy:2x3x50[:TYPE], "
                  "device memory that is written to the file afterwards; "
                  "scratch:BYTES")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  run->add_option("--schedule", options.schedule,
                  "Which warp goes on: greedy, reverse, round-robin, random")
      ->check(CLI::IsMember({"greedy", "reverse", "round-robin", "random"}))
      ->capture_default_str();
  run->add_option("--seed", options.seed, "Of --schedule=random")
      ->capture_default_str();
  run->add_option("--threads", options.threads, "Of this machine")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  run->add_flag("--eager-copies", options.eager,
                "cp.async takes effect at once, not as late as it may");
  run->add_flag("--no-checks", options.noChecks,
                "Only bounds and alignment; no traffic is counted");
  run->add_option("--limit", options.limit, "Instructions of a warp");
  run->add_flag("--json", options.json, "The report as JSON");
  return run;
}

Status runPtx(const PtxRunOptions &options) {
  std::shared_ptr<const ptx::Module> module;
  if (Status status = readModule(options.file, module))
    return status;
  ptx::LaunchConfig config;
  config.entry = options.entry;
  if (config.entry.empty()) {
    if (module->entries().size() != 1)
      return Status(TCONV_INVALID_VALUE,
                    "--entry is needed: '" + options.file + "' has " +
                        std::to_string(module->entries().size()) + " entries");
    config.entry = module->entries()[0].name;
  }
  const ptx::Entry *entry = module->findEntry(config.entry);
  if (!entry)
    return Status(TCONV_NOT_FOUND, "--entry '" + config.entry +
                                       "' is not in '" + options.file + "'");
  ptx::Memory memory;
  Parameters parameters(*entry, memory);
  for (const std::string &text : options.parameters) {
    if (Status status = parameters.add(text))
      return status;
  }
  if (Status status = parameters.finish())
    return status;
  config.grid = sizes(options.grid);
  config.block = sizes(options.block);
  config.sharedBytes = options.shared;
  config.parameters = parameters.data();
  ptx::LaunchOptions launchOptions;
  launchOptions.schedule =
      options.schedule == "greedy"    ? ptx::Schedule::Greedy
      : options.schedule == "reverse" ? ptx::Schedule::Reverse
      : options.schedule == "random"  ? ptx::Schedule::Random
                                      : ptx::Schedule::RoundRobin;
  launchOptions.seed = options.seed;
  launchOptions.eagerCopies = options.eager;
  launchOptions.threads = options.threads;
  launchOptions.maximumInstructions = options.limit;
  launchOptions.checkShared = launchOptions.checkGlobal =
      launchOptions.countTraffic = !options.noChecks;
  ptx::Report report;
  if (Status status =
          ptx::launch(*module, memory, config, launchOptions, report))
    return status;
  if (options.json)
    std::printf("%s\n", reportJson(report).dump(2).c_str());
  else
    printReport(report);
  if (!report.stopped) {
    if (Status status = parameters.writeOutputs())
      return status;
  }
  if (report.findingCount != 0)
    return Status(TCONV_INVALID_VALUE,
                  std::to_string(report.findings.size()) +
                      " instructions with findings" +
                      (report.stopped ? "; the launch was stopped" : ""));
  return Status::ok();
}

} // namespace tconv::tools
