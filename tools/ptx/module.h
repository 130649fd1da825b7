// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A loaded PTX module.
#ifndef TCONV_TOOLS_PTX_MODULE_H
#define TCONV_TOOLS_PTX_MODULE_H

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "layer/layer.h"

namespace tconv::ptx {

struct Syntax;
struct Program;

/// What a caller has to know of a kernel.
struct Entry {
  std::string name;
  struct Parameter {
    std::string name;
    uint64_t offset = 0; ///< bytes
    uint64_t bytes = 0;
  };
  std::vector<Parameter> parameters;
  uint64_t parameterBytes = 0;
  std::array<uint32_t, 3> maximumThreads = {0, 0, 0};  ///< .maxntid; 0: none
  std::array<uint32_t, 3> requiredThreads = {0, 0, 0}; ///< .reqntid; 0: none
  uint64_t staticSharedBytes = 0;
  bool usesDynamicShared = false;
  uint64_t localBytes = 0; ///< per thread
};

/// Immutable once parsed; any number of launches may use one at a time.
class Module {
public:
  Module(const Module &) = delete;
  Module &operator=(const Module &) = delete;
  ~Module();

  /// Parses and decodes a text (a zero byte at its end is ignored).
  /// TCONV_INVALID_VALUE, with the line's number and text, for whatever is
  /// wrong or not supported.
  static Status parse(std::string_view text,
                      std::shared_ptr<const Module> &module);

  const std::vector<Entry> &entries() const { return entryList; }
  const Entry *findEntry(const std::string &name) const;
  const std::string &target() const;  ///< "sm_80"
  const std::string &version() const; ///< "8.8"
  const Syntax &syntax() const { return *parsed; }
  /// The decoded form of entries()[index].
  const Program &program(size_t index) const { return *programs[index]; }

private:
  Module();

  std::unique_ptr<Syntax> parsed;
  std::vector<std::unique_ptr<Program>> programs;
  std::vector<Entry> entryList;
};

} // namespace tconv::ptx

#endif // TCONV_TOOLS_PTX_MODULE_H
