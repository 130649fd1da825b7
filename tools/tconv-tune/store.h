// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tuning file while it grows: every candidate is written down before it is
// run and after, so that nothing is lost, and what kills the process is not
// tried twice.
#ifndef TCONV_TOOLS_TUNE_STORE_H
#define TCONV_TOOLS_TUNE_STORE_H

#include <map>
#include <string>

#include "tconv-tune/search.h"
#include "tuning/tuning_file.h"

namespace tconv::tools {

class Store {
public:
  /// Goes on with the file at `path`, or begins one where there is none or
  /// `again` is set. A file that makes no sense, or that holds for somebody
  /// else, is refused rather than lost.
  /// @param engines whether this run tries other engines than the default
  Status open(const std::string &path, bool again,
              const TuningIdentity &identity, const std::string &machine,
              bool engines = false);
  /// Whether an earlier run did.
  bool hadEngines() const { return hadEngines_; }

  /// The entry of a layer, begun anew where what was found is for another
  /// launch.
  TuningEntry &entryFor(const TuningEntry &launch);

  /// What the search of an entry has measured before.
  static std::map<std::string, Trial> known(const TuningEntry &entry);
  /// Notes a candidate that is about to be measured.
  Status begin(TuningEntry &entry, const ScheduleChoice &choice);
  /// Notes what it came to.
  Status finish(TuningEntry &entry, const Trial &trial);
  Status save() const;

  const TuningFile &file() const { return file_; }

private:
  std::string path_;
  TuningFile file_;
  bool hadEngines_ = false;
};

} // namespace tconv::tools

#endif // TCONV_TOOLS_TUNE_STORE_H
