// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "common/command.h"

#include <cstdio>
#include <exception>
#include <new>

namespace tconv::tools {

Status fromC(tconv_status status) {
  if (status == TCONV_OK)
    return Status::ok();
  return Status(status, tconv_last_error());
}

int runCommand(CLI::App &app, int argc, char **argv,
               const std::function<Status()> &body) {
  Status status;
  try {
    app.parse(argc, argv);
    status = body();
  } catch (const CLI::ParseError &error) {
    // CLI11 has an exit code for each kind of error; here there is one.
    return app.exit(error) == 0 ? 0 : 1;
  } catch (const std::bad_alloc &) {
    status = Status(TCONV_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception &error) {
    status = Status(TCONV_INTERNAL, error.what());
  }
  if (!status)
    return 0;
  std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(),
               status.message().c_str());
  return 1;
}

} // namespace tconv::tools
