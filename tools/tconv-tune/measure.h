// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiles, checks and times the candidates for one layer. A candidate is
// handed to the runtime as a tuning file with one entry: what is measured is
// what its users will get.
#ifndef TCONV_TOOLS_TUNE_MEASURE_H
#define TCONV_TOOLS_TUNE_MEASURE_H

#include <memory>
#include <vector>

#include "common/handle.h"
#include "tconv-tune/search.h"
#include "tuning/tuning_file.h"

namespace tconv::tools {

/// A folder of this process's own, removed with the object.
class ScratchFolder {
public:
  ~ScratchFolder();
  Status make();
  /// Another name with each call.
  std::string newFile();

private:
  std::string path_;
  int64_t count_ = 0;
};

/// "", or where y is farther than `bound` from what is expected; a NaN is.
std::string difference(const std::vector<float> &y,
                       const std::vector<float> &expected, double bound);

/// One layer, its data, and the kernel of the cost model's choice.
class Subject {
public:
  Subject(const LayerEntry &entry, const TuningKey &key,
          const TuningIdentity &identity, ScratchFolder &scratch)
      : entry(entry), key(key), identity(identity), scratch(scratch) {}

  /// Compiles the cost model's choice, and checks it against float64 sums.
  Status prepare();
  const ScheduleChoice &model() const { return modelChoice; }

  /// A candidate that is refused, or computes something else than the cost
  /// model's kernel, has the ratio 0, and `why`. A failure is one of the
  /// machinery.
  Status measure(const ScheduleChoice &choice, Trial &trial);
  const std::string &why() const { return why_; }

  /// The same with more runs, and checked against float64 sums; both times are
  /// 0 for a candidate that can't be had after all.
  Status confirm(const ScheduleChoice &choice, double &milliseconds,
                 double &modelMilliseconds);
  /// Milliseconds of the cost model's kernel alone.
  Status timeModel(double &milliseconds);

private:
  Status make(const std::string &tuning, Layer &layer,
              nlohmann::ordered_json &description);
  Status run(const Layer &layer, std::vector<float> &y);
  Status make(const ScheduleChoice &choice, Layer &layer, Trial &trial,
              bool &fast);
  bool exact(const std::vector<float> &y, bool fast, double &bound);
  Status timeBeside(const Layer &layer, double seconds, int64_t rounds,
                    double &modelSeconds, double &seconds2);

  const LayerEntry &entry;
  const TuningKey &key;
  const TuningIdentity &identity;
  ScratchFolder &scratch;
  Layer modelLayer;
  ScheduleChoice modelChoice;
  std::vector<float> x, weight, bias, modelOutput, output;
  double bound = 0; ///< of the model's errors, for fast kernels
  std::string why_;
};

} // namespace tconv::tools

#endif // TCONV_TOOLS_TUNE_MEASURE_H
