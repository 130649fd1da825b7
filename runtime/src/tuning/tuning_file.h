// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The file that tconv-tune writes and the runtime reads: what was found for
// each layer, and for whom it holds. docs/tuning.md describes it.
#ifndef TCONV_SRC_TUNING_TUNING_FILE_H
#define TCONV_SRC_TUNING_TUNING_FILE_H

#include <string>
#include <tuple>
#include <vector>

#include "kernel/loaded_kernel.h"
#include "tuning/choice.h"

namespace tconv {

/// Version 1 had no engines; it is read as well.
constexpr int64_t kTuningFileVersion = 2;

/// For whom a file holds. Block sizes of one CPU, one compiler or one set of
/// schedules say nothing of another.
struct TuningIdentity {
  std::string cpu;       ///< hostCpu()
  std::string compiler;  ///< ownCompilerText()
  std::string schedules; ///< schedulesText()
  /// ownCompilerText() of the Halide engine, where the search tried that.
  std::string halide = {};
};

/// @param compiler the line of the compiler that would compile
/// @param halide that of the Halide engine
TuningIdentity identityHere(const std::string &compiler,
                            const std::string &halide);

/// Why a file of `theirs` isn't good for `ours`; "" where it is.
std::string differs(const TuningIdentity &theirs, const TuningIdentity &ours);

/// What an entry is found by. The number of threads has no part in it: results
/// must not depend on that, and another choice may round otherwise.
struct TuningKey {
  std::string layer; ///< the general form as a layer line; no length
  tconv_length_class lengthClass = TCONV_LENGTH_BULK;
  tconv_accuracy accuracy = TCONV_ACCURACY_DEFAULT;
  std::string target;

  bool operator==(const TuningKey &other) const {
    return std::tie(layer, lengthClass, accuracy, target) ==
           std::tie(other.layer, other.lengthClass, other.accuracy,
                    other.target);
  }
};
TuningKey tuningKey(const KernelRequest &request);

/// One candidate of a search that isn't finished.
struct TuningTrial {
  std::string choice; ///< formatChoice
  /// Its time as a share of the cost model's; 0 where it was refused, gave
  /// wrong results, or never came back.
  double ratio = 0;
  std::string blocks; ///< formatChoice with what the compiler filled in
};

struct TuningEntry {
  TuningKey key;
  std::string name; ///< of the layer in its file, for people
  int64_t threads = 1;
  int64_t batch = 1;
  int64_t length = 1;
  /// The best; where `tuned` is false the cost model's own, which needs no
  /// entry to be taken.
  ScheduleChoice choice;
  bool tuned = false;
  double milliseconds = 0;      ///< of `choice`
  double modelMilliseconds = 0; ///< of the cost model's choice, beside it
  bool finished = false;
  std::vector<TuningTrial> trials; ///< where a search goes on
};

struct TuningFile {
  std::string machine; ///< the CPU's name, for people
  TuningIdentity identity;
  std::vector<TuningEntry> entries;

  const TuningEntry *find(const TuningKey &key) const;
};

/// TCONV_NOT_FOUND where it can't be read, TCONV_INVALID_VALUE where it makes
/// no sense; the message names the file, the entry and the field.
Status readTuningFile(const std::string &path, TuningFile &file);
/// The same from text; messages name no file.
Status parseTuningFile(const std::string &text, TuningFile &file);
std::string formatTuningFile(const TuningFile &file);
} // namespace tconv

#endif // TCONV_SRC_TUNING_TUNING_FILE_H
