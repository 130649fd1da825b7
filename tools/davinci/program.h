// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A module that bishengir-compile has lowered, made ready to run.
#ifndef TCONV_TOOLS_DAVINCI_PROGRAM_H
#define TCONV_TOOLS_DAVINCI_PROGRAM_H

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "davinci/core.h"
#include "davinci/hivm_text.h"
#include "layer/layer.h"

namespace tconv::davinci {

/// The templates that the code of bishengir-compile calls, which come with it:
/// `folder` holds meta_op.aic.bc and meta_op.aiv.bc. Looked for beside
/// `compiler`, the path of bishengir-compile; empty: $TCONV_BISHENGIR, then the
/// one on PATH. Fails where they are not found.
Status findTemplates(const std::string &compiler, std::string &folder);

/// Any number of threads may use one.
class Program {
public:
  /// @param text of module.hivm.opt.mlir
  /// @param templates a folder of findTemplates, or a file of LLVM IR; empty:
  ///   the module needs none
  static Status load(const std::string &text, const std::string &templates,
                     std::shared_ptr<const Program> &program);
  ~Program();

  /// Mixed: a block is run by a Team.
  CoreType coreType() const;
  const std::vector<KernelEntry> &entries() const;
  /// Null where there is none of that name.
  const KernelEntry *findEntry(const std::string &name) const;

  /// Runs one block on a core; of a mixed kernel, what that core of it does.
  /// @param arguments pointers to what the entry takes: for a buffer a pointer
  ///   to its descriptor
  void run(const KernelEntry &entry, const std::vector<void *> &arguments,
           Core &core) const;

private:
  struct Implementation;
  explicit Program(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation;
};

} // namespace tconv::davinci

#endif // TCONV_TOOLS_DAVINCI_PROGRAM_H
