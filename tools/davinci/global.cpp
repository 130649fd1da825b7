// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "davinci/global.h"

namespace tconv::davinci {

bool GlobalMemory::find(uint64_t address, uint64_t bytes, View &view,
                        std::string &why) {
  bool inside = false;
  const ptx::Allocation *found = memory.find(address, inside);
  if (!found) {
    why = "there is no memory at or below this address";
    return false;
  }
  uint64_t offset = address - found->address;
  if (!inside || bytes > found->bytes - offset) {
    why = std::to_string(bytes) + " bytes from " + std::to_string(offset) +
          " on, of the " + std::to_string(found->bytes) + " of '" +
          found->name + "'";
    return false;
  }
  std::vector<GlobalShadow> &all = shadows[found->address];
  if (all.empty())
    all.resize((found->bytes + 1) / 2);
  view.data = found->data + offset;
  view.written = found->written ? found->written.get() + offset : nullptr;
  view.shadows = all.data() + offset / 2;
  view.shadowCount = (offset + bytes + 1) / 2 - offset / 2;
  view.readOnly = found->readOnly;
  return true;
}

} // namespace tconv::davinci
