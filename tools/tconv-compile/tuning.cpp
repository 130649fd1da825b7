// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-compile/tuning.h"

#include "kernel/compiler_loader.h"
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
  TuningIdentity here = identityHere(ownCompilerText(EngineKind::mlir),
                                     compilerLine(EngineKind::halide));
  if (!schedulePath.empty())
    here.schedules = schedulesText(schedulePath);
  std::string why = differs(file.identity, here);
  if (!why.empty())
    return {TCONV_UNSUPPORTED, "--tuning: " + path + ": " + why};
  file_ = std::move(file);
  return Status::ok();
}

Engine TuningArgument::apply(const tconv_params &params,
                             const std::string &named,
                             mlir::tconv::CompileOptions &options) const {
  const TuningEntry *entry = file_.find(tuningKey(
      {params, options.target, options.accuracy, options.lengthClass}));
  if (!entry || !entry->tuned)
    return checkedEngine(named);
  const std::string &chosen = entry->choice.engine;
  if (!named.empty() && named != (chosen.empty() ? kDefaultEngine : chosen))
    return checkedEngine(named);
  if (chosen.empty())
    mlir::tconv::applyChoice(entry->choice, options);
  return checkedEngine(chosen);
}
