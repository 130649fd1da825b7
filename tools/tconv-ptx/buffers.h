// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Device memory that a command line or a trial describes.
#ifndef TCONV_TOOLS_TCONV_PTX_BUFFERS_H
#define TCONV_TOOLS_TCONV_PTX_BUFFERS_H

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/arrays.h"
#include "ptx/memory.h"

namespace tconv::tools {

/// Values in a type: "f32", "f16" or "bf16".
std::vector<uint8_t> encodeValues(const std::vector<float> &values,
                                  const std::string &type);
std::vector<float> decodeValues(const std::vector<uint8_t> &raw,
                                const std::string &type);

/// The buffers of --param: FILE.npy[:TYPE], out:FILE.npy:SHAPE[:TYPE] and
/// scratch:BYTES.
class BufferArguments {
public:
  explicit BufferArguments(ptx::Memory &memory) : memory(memory) {}

  /// Whether the text is one of these, not a number.
  static bool names(const std::string &text);
  /// Makes one, with its content; errors have the whole text.
  Status add(const std::string &text, uint64_t &address);
  /// Writes the outputs' files.
  Status write();

private:
  /// What is written once the kernel has run.
  struct Output {
    std::string path;
    std::string type;
    uint64_t address = 0;
    Array array;
  };

  Status scratch(const std::string &text, uint64_t &value);
  Status input(const std::string &text, uint64_t &value);
  Status output(const std::string &text, uint64_t &value);

  ptx::Memory &memory;
  std::vector<Output> outputs;
};

/// A --param that is a number of `size` bytes: its bits.
Status readNumberArgument(const std::string &text, uint64_t size,
                          uint64_t &value);

struct TrialBuffer {
  std::string type; ///< "f32", "f16", "bf16"
  bool isOutput = false;
  std::vector<uint8_t> bytes; ///< an input's content, an output's size
};

/// {"random": 120, "type": "f16", ...} or {"output": 80, ...}; see trial.h.
Status readTrialBuffer(const nlohmann::json &object, TrialBuffer &buffer);
/// A whole number from 0 to `most`; `value` stays where there is none.
Status readTrialNumber(const nlohmann::json &object, const char *key,
                       uint64_t most, uint64_t &value);
/// A list of one to three sizes.
Status readTrialSizes(const nlohmann::json &object, const char *key,
                      std::array<uint32_t, 3> &sizes);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_PTX_BUFFERS_H
