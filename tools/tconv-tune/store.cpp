// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-tune/store.h"

#include <filesystem>

#include "common/output.h"

namespace tconv::tools {

Status Store::open(const std::string &path, bool again,
                   const TuningIdentity &identity, const std::string &machine,
                   bool engines) {
  path_ = path;
  file_ = TuningFile();
  std::error_code ignored;
  if (!again && std::filesystem::exists(path, ignored)) {
    if (Status status = readTuningFile(path, file_))
      return {status.code(),
              "--out: " + status.message() + "; --again begins it anew"};
    std::string why = differs(file_.identity, identity);
    if (!why.empty())
      return {TCONV_INVALID_VALUE,
              "--out: " + path + ": " + why + "; --again begins it anew"};
  }
  // Halide has its part in whom the file holds for once it was tried.
  hadEngines_ = !file_.identity.halide.empty();
  file_.identity = identity;
  if (!engines && !hadEngines_)
    file_.identity.halide.clear();
  file_.machine = machine;
  // Better now than after the first minute.
  return save();
}

TuningEntry &Store::entryFor(const TuningEntry &launch) {
  for (TuningEntry &entry : file_.entries) {
    if (!(entry.key == launch.key))
      continue;
    if (entry.threads != launch.threads || entry.batch != launch.batch ||
        entry.length != launch.length)
      entry = launch;
    return entry;
  }
  file_.entries.push_back(launch);
  return file_.entries.back();
}

std::map<std::string, Trial> Store::known(const TuningEntry &entry) {
  std::map<std::string, Trial> result;
  for (const TuningTrial &stored : entry.trials) {
    Trial trial;
    trial.ratio = stored.ratio;
    // Both were checked when the file was read.
    const std::string &text =
        stored.blocks.empty() ? stored.choice : stored.blocks;
    if (!parseChoice(text, trial.choice))
      result[stored.choice] = trial;
  }
  return result;
}

Status Store::begin(TuningEntry &entry, const ScheduleChoice &choice) {
  entry.trials.push_back({formatChoice(choice), 0, ""});
  return save();
}

Status Store::finish(TuningEntry &entry, const Trial &trial) {
  TuningTrial &last = entry.trials.back();
  last.ratio = trial.ratio;
  std::string blocks = formatChoice(trial.choice);
  if (blocks != last.choice)
    last.blocks = blocks;
  return save();
}

Status Store::save() const { return writeText(path_, formatTuningFile(file_)); }

} // namespace tconv::tools
