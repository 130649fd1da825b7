// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "common/output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "common/arrays.h"

namespace tconv::tools {

Status writeText(const std::string &path, const std::string &text) {
  return writeWhole(path, [&](const std::string &temporary) {
    errno = 0;
    std::ofstream file(temporary);
    file << text;
    file.close();
    if (!file)
      return Status(TCONV_NOT_FOUND,
                    "cannot write '" + path + "': " + std::strerror(errno));
    return Status::ok();
  });
}

Status writeJson(const std::string &path, const nlohmann::ordered_json &json) {
  std::string text = json.dump(2) + "\n";
  if (path != "-")
    return writeText(path, text);
  bool written =
      std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return written
             ? Status::ok()
             : Status(TCONV_NOT_FOUND, "cannot write JSON to standard output");
}

} // namespace tconv::tools
