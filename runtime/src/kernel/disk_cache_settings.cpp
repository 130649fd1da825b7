// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernel/disk_cache_settings.h"

#include <cerrno>
#include <cstdlib>

#include "support/environment.h"

using namespace tconv;

namespace {

constexpr uint64_t kDefaultLimit = uint64_t(256) << 20;

/// Reads "64M" and the like.
bool parseSize(const std::string &text, uint64_t &bytes) {
  char *end = nullptr;
  errno = 0;
  unsigned long long number = std::strtoull(text.c_str(), &end, 10);
  if (text.empty() || text[0] < '0' || text[0] > '9' || errno != 0)
    return false;
  std::string unit = end;
  int shift = unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : 0;
  if ((shift == 0 && !unit.empty()) || number > UINT64_MAX >> shift)
    return false;
  bytes = uint64_t(number) << shift;
  return true;
}

} // namespace

DiskCacheSettings tconv::diskCacheSettings() {
  DiskCacheSettings settings;
  settings.limit = kDefaultLimit;
  std::string size = environment("TCONV_CACHE_SIZE");
  if (!size.empty() && !parseSize(size, settings.limit))
    sayOnce("TCONV_CACHE_SIZE = '" + size +
            "': must be a number of bytes, with K, M or G behind it or not; "
            "256M is taken");
  if (settings.limit == 0) {
    settings.why = "TCONV_CACHE_SIZE is 0";
    return settings;
  }
  std::string named = environment("TCONV_CACHE_DIR");
  std::string xdg = environment("XDG_CACHE_HOME");
  std::string home = environment("HOME");
  if (!named.empty())
    settings.folder = named;
  else if (!xdg.empty() && xdg[0] == '/') // others don't count, XDG says
    settings.folder = xdg + "/tconv";
  else if (!home.empty())
    settings.folder = home + "/.cache/tconv";
  else
    settings.why = "none of TCONV_CACHE_DIR, XDG_CACHE_HOME and HOME is set";
  return settings;
}
