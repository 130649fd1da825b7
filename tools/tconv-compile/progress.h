// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_TCONV_COMPILE_PROGRESS_H
#define TCONV_TOOLS_TCONV_COMPILE_PROGRESS_H

#include <iostream>
#include <string>

#include <unistd.h>

namespace tconv::tools {

/// Says how far it is, for those who wait and look.
class Progress {
public:
  Progress(size_t total, bool verbose)
      : total_(total), verbose_(verbose), terminal_(isatty(STDERR_FILENO)) {}
  ~Progress() {
    if (terminal_ && !verbose_ && done_ > 0)
      std::cerr << "\r\033[K" << std::flush;
  }
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  void begin(const std::string &name) {
    ++done_;
    if (verbose_ || terminal_)
      std::cerr << (verbose_ ? "" : "\r\033[K") << "[" << done_ << "/" << total_
                << "] " << name << (verbose_ ? "\n" : "") << std::flush;
  }

private:
  size_t total_, done_ = 0;
  bool verbose_, terminal_;
};

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_COMPILE_PROGRESS_H
