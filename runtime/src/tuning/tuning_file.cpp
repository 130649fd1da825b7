// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tuning/tuning_file.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "kernel/kernel_key.h"
#include "kernel/packed_cache.h"
#include "support/environment.h"
#include "target/host_cpu.h"

using namespace tconv;
using Json = nlohmann::ordered_json;

namespace {

Status refuse(const std::string &what) { return {TCONV_INVALID_VALUE, what}; }

/// Fields of one object. The first that is missing or of another kind is
/// remembered, so that a reader reads on and asks once.
class Reader {
public:
  Reader(const Json &object, std::string where)
      : object_(object), where_(std::move(where)) {
    if (!object.is_object())
      error_ = refuse(where_ + " is no object");
  }

  std::string text(const char *name) {
    const Json *field = find(name);
    if (field && !field->is_string())
      fail(name, *field, "must be a text");
    return error_ ? "" : field->get<std::string>();
  }
  int64_t number(const char *name, int64_t least, int64_t most = INT64_MAX) {
    const Json *field = find(name);
    if (!field)
      return least;
    // Beyond 2^63, a number is another kind of JSON's.
    bool fits = field->is_number_integer() &&
                !(field->is_number_unsigned() &&
                  field->get<uint64_t>() > uint64_t(INT64_MAX)) &&
                field->get<int64_t>() >= least && field->get<int64_t>() <= most;
    if (!fits)
      fail(name, *field,
           "must be a whole number of at least " + std::to_string(least));
    return fits ? field->get<int64_t>() : least;
  }
  double real(const char *name) {
    const Json *field = find(name);
    bool fits = field && field->is_number() &&
                std::isfinite(field->get<double>()) &&
                field->get<double>() >= 0;
    if (field && !fits)
      fail(name, *field, "must be a number of at least 0");
    return fits ? field->get<double>() : 0;
  }
  bool flag(const char *name) {
    const Json *field = find(name);
    if (field && !field->is_boolean())
      fail(name, *field, "must be true or false");
    return !error_ && field->get<bool>();
  }
  /// Which of `count` values, by their names.
  template <typename Enum>
  Enum oneOf(const char *name, int count, const char *(*nameOf)(Enum)) {
    std::string value = text(name), known;
    for (int i = 0; i < count; ++i) {
      if (value == nameOf(static_cast<Enum>(i)))
        return static_cast<Enum>(i);
      known +=
          std::string(i ? " or '" : "'") + nameOf(static_cast<Enum>(i)) + "'";
    }
    fail(name, value, "must be " + known);
    return {};
  }
  const Json *find(const char *name) {
    if (error_)
      return nullptr;
    auto found = object_.find(name);
    if (found != object_.end())
      return &*found;
    error_ = refuse(where_ + " has no '" + name + "'");
    return nullptr;
  }
  bool has(const char *name) const {
    return object_.is_object() && object_.contains(name);
  }
  void fail(const char *name, const Json &value, const std::string &must) {
    if (error_)
      return;
    std::string shown =
        value.dump(-1, ' ', false, Json::error_handler_t::replace);
    error_ = refuse(where_ + ": " + name + " = " + shown.substr(0, 80) + ": " +
                    must);
  }
  void fail(const Status &status) {
    if (!error_)
      error_ = refuse(where_ + ": " + status.message());
  }
  const Status &error() const { return error_; }

private:
  const Json &object_;
  std::string where_;
  Status error_;
};

/// The general form as a layer line: what only sets the output's length is
/// left out, so that layers of one kernel have one text.
std::string generalLine(const tconv_params &params) {
  GeneralForm form = generalForm(params);
  tconv_params general = defaultParams();
  general.in_channels = form.inChannels;
  general.out_channels = form.outChannels;
  general.kernel_size = form.kernelSize;
  general.stride = form.stride;
  general.dilation = form.dilation;
  general.group = form.groups;
  general.has_bias = form.hasBias;
  general.dtype = form.dtype;
  general.pad_mode = TCONV_CROP;
  general.crop_begin = form.cropBegin;
  return formatLayerLine(general);
}

Status readBlocks(const Json &json, const std::string &where,
                  ScheduleChoice &choice) {
  Reader blocks(json, where + ": blocks");
  for (const auto &[name, member] : kChoiceFields)
    if (blocks.has(name))
      choice.*member = blocks.number(name, 1);
  if (blocks.error())
    return blocks.error();
  if (Status error = checkChoice(choice))
    return refuse(where + ": " + error.message());
  return Status::ok();
}

Status readTrials(const Json &json, const std::string &where,
                  std::vector<TuningTrial> &trials) {
  if (!json.is_array())
    return refuse(where + ": trials is no list");
  for (const Json &item : json) {
    Reader reader(item, where + ": trial " + std::to_string(trials.size() + 1));
    TuningTrial trial;
    trial.choice = reader.text("choice");
    trial.ratio = reader.real("ratio");
    ScheduleChoice choice;
    if (!reader.error())
      if (Status error = parseChoice(trial.choice, choice))
        reader.fail(error);
    if (reader.has("blocks")) {
      trial.blocks = reader.text("blocks");
      if (!reader.error())
        if (Status error = parseChoice(trial.blocks, choice))
          reader.fail(error);
    }
    if (reader.error())
      return reader.error();
    trials.push_back(std::move(trial));
  }
  return Status::ok();
}

Status readEntry(const Json &json, const std::string &where,
                 TuningEntry &entry) {
  Reader reader(json, where);
  entry.name = reader.text("name");
  std::string layer = reader.text("layer");
  entry.key.lengthClass =
      reader.oneOf("length_class", kLengthClasses, lengthClassName);
  entry.key.accuracy = reader.oneOf("accuracy", 2, accuracyName);
  entry.key.target = reader.text("target");
  entry.threads = reader.number("threads", 1);
  entry.batch = reader.number("batch", 1);
  entry.length = reader.number("length", 1);
  if (reader.has("engine"))
    entry.choice.engine = reader.text("engine");
  if (entry.choice.engine == kDefaultEngine)
    entry.choice.engine.clear();
  entry.choice.kind = reader.text("kind");
  entry.tuned = reader.flag("tuned");
  entry.milliseconds = reader.real("milliseconds");
  entry.modelMilliseconds = reader.real("model_milliseconds");
  entry.finished = reader.flag("finished");
  const Json *blocks = reader.find("blocks");
  if (reader.error())
    return reader.error();
  // Whoever wrote it by hand need not know the order of the keys.
  tconv_params params;
  tconv_shape shape;
  std::string name;
  if (Status error = parseLayerLine(layer, params, shape, name))
    return refuse(where + ": " + error.message());
  entry.key.layer = generalLine(params);
  if (Status error = readBlocks(*blocks, where, entry.choice))
    return error;
  if (reader.has("trials"))
    return readTrials(json["trials"], where, entry.trials);
  return Status::ok();
}

Json toJson(const TuningEntry &entry) {
  Json blocks = Json::object();
  for (const auto &[name, member] : kChoiceFields)
    if (entry.choice.*member != 0)
      blocks[name] = entry.choice.*member;
  Json json = {{"name", entry.name},
               {"layer", entry.key.layer},
               {"length_class", lengthClassName(entry.key.lengthClass)},
               {"accuracy", accuracyName(entry.key.accuracy)},
               {"target", entry.key.target},
               {"threads", entry.threads},
               {"batch", entry.batch},
               {"length", entry.length},
               {"tuned", entry.tuned},
               {"engine", entry.choice.engine.empty() ? kDefaultEngine
                                                      : entry.choice.engine},
               {"kind", entry.choice.kind},
               {"blocks", std::move(blocks)},
               {"milliseconds", entry.milliseconds},
               {"model_milliseconds", entry.modelMilliseconds},
               {"finished", entry.finished}};
  if (entry.trials.empty())
    return json;
  Json trials = Json::array();
  for (const TuningTrial &trial : entry.trials) {
    Json item = {{"choice", trial.choice}, {"ratio", trial.ratio}};
    if (!trial.blocks.empty())
      item["blocks"] = trial.blocks;
    trials.push_back(std::move(item));
  }
  json["trials"] = std::move(trials);
  return json;
}

} // namespace

TuningIdentity tconv::identityHere(const std::string &compiler,
                                   const std::string &halide) {
  return {hostCpu(), compiler,
          schedulesText(environment("TCONV_SCHEDULE_PATH")), halide};
}

std::string tconv::differs(const TuningIdentity &theirs,
                           const TuningIdentity &ours) {
  if (theirs.cpu != ours.cpu)
    return "it is for the CPU " + theirs.cpu + ", this one is " + ours.cpu;
  if (theirs.compiler != ours.compiler)
    return "it is for the compiler " + theirs.compiler + ", this one is " +
           ours.compiler;
  if (theirs.schedules != ours.schedules)
    return "it is for the schedules " + theirs.schedules + ", these are " +
           ours.schedules;
  if (!theirs.halide.empty() && theirs.halide != ours.halide)
    return "it is for the Halide engine " + theirs.halide + ", this one is " +
           ours.halide;
  return "";
}

TuningKey tconv::tuningKey(const KernelRequest &request) {
  return {generalLine(request.params), request.lengthClass, request.accuracy,
          request.target};
}

const TuningEntry *TuningFile::find(const TuningKey &key) const {
  for (const TuningEntry &entry : entries)
    if (entry.key == key)
      return &entry;
  return nullptr;
}

Status tconv::parseTuningFile(const std::string &text, TuningFile &file) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded())
    return refuse("is no JSON");
  Reader reader(json, "the file");
  int64_t version = reader.number("version", 0);
  if (!reader.error() && (version < 1 || version > kTuningFileVersion))
    return refuse("version = " + std::to_string(version) +
                  ": must be from 1 to " + std::to_string(kTuningFileVersion));
  TuningFile read;
  read.machine = reader.text("machine");
  read.identity = {reader.text("cpu"), reader.text("compiler"),
                   reader.text("schedules")};
  if (reader.has("halide"))
    read.identity.halide = reader.text("halide");
  const Json *entries = reader.find("entries");
  if (entries && !entries->is_array())
    reader.fail("entries", *entries, "must be a list");
  if (reader.error())
    return reader.error();
  for (const Json &item : *entries) {
    std::string where = "entry " + std::to_string(read.entries.size() + 1);
    TuningEntry entry;
    if (Status error = readEntry(item, where, entry))
      return error;
    if (read.find(entry.key))
      return refuse(where + ": stands twice");
    read.entries.push_back(std::move(entry));
  }
  file = std::move(read);
  return Status::ok();
}

Status tconv::readTuningFile(const std::string &path, TuningFile &file) {
  std::string text;
  if (Status error = readWholeFile(path, text))
    return error;
  if (Status error = parseTuningFile(text, file))
    return {error.code(), path + ": " + error.message()};
  return Status::ok();
}

std::string tconv::formatTuningFile(const TuningFile &file) {
  Json json = {{"version", kTuningFileVersion},
               {"machine", file.machine},
               {"cpu", file.identity.cpu},
               {"compiler", file.identity.compiler},
               {"schedules", file.identity.schedules}};
  if (!file.identity.halide.empty())
    json["halide"] = file.identity.halide;
  json["entries"] = Json::array();
  for (const TuningEntry &entry : file.entries)
    json["entries"].push_back(toJson(entry));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}
