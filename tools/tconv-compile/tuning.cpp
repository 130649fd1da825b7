// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-compile/tuning.h"

#include "kernel/kernel_key.h"

using namespace tconv;
using namespace tconv::tools;

Status TuningArgument::read(const std::string &path,
                            const std::string &schedulePath) {
  if (path.empty())
    return Status::ok();
  TuningFile file;
  if (Status status = readTuningFile(path, file))
    return {status.code(), "--tuning: " + status.message()};
  TuningIdentity here = identityHere(ownCompilerText());
  if (!schedulePath.empty())
    here.schedules = schedulesText(schedulePath);
  std::string why = differs(file.identity, here);
  if (!why.empty())
    return {TCONV_UNSUPPORTED, "--tuning: " + path + ": " + why};
  file_ = std::move(file);
  return Status::ok();
}

void TuningArgument::apply(const tconv_params &params,
                           mlir::tconv::CompileOptions &options) const {
  const TuningEntry *entry = file_.find(tuningKey(
      {params, options.target, options.accuracy, options.lengthClass}));
  if (entry && entry->tuned)
    mlir::tconv::applyChoice(entry->choice, options);
}
