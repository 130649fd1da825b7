// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Schedule/Library.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace mlir::tconv;

std::optional<Schedule> mlir::tconv::findSchedule(llvm::StringRef feature,
                                                  llvm::StringRef kind,
                                                  llvm::StringRef folder) {
  std::string portable = (feature.split('/').first + "/portable").str();
  for (llvm::StringRef place : {feature, llvm::StringRef(portable)}) {
    std::string relative = (place + "/" + kind + ".mlir").str();
    if (!folder.empty()) {
      llvm::SmallString<128> path(folder);
      llvm::sys::path::append(path, relative);
      if (auto file = llvm::MemoryBuffer::getFile(path))
        return Schedule{path.str().str(), (*file)->getBuffer().str()};
    }
    for (const EmbeddedSchedule &embedded :
         llvm::ArrayRef(embeddedSchedules, embeddedScheduleCount))
      if (relative == embedded.path)
        return Schedule{"builtin:" + relative, embedded.text};
  }
  return std::nullopt;
}
