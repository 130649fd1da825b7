// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arrays in files. Every error names the file. Files are written beside their
// final name and renamed when they are whole, so that a failure leaves none.
#ifndef TCONV_TOOLS_COMMON_ARRAYS_H
#define TCONV_TOOLS_COMMON_ARRAYS_H

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "layer/layer.h"

namespace tconv::tools {

/// A C-contiguous float32 array.
struct Array {
  std::vector<int64_t> shape;
  std::vector<float> values;
};

/// "(2, 3)", "(2,)", "()".
std::string formatShape(const std::vector<int64_t> &shape);

/// Reads a NumPy file of C-ordered, little-endian float32. TCONV_NOT_FOUND
/// where there is no such file, TCONV_INVALID_TYPE for another dtype,
/// TCONV_INVALID_VALUE for a file that is damaged, cut short or longer than its
/// header says.
Status readNpy(const std::string &path, Array &array);
Status writeNpy(const std::string &path, const Array &array);

/// Reads a WAV file of any sample format as (channels, frames) in [-1, 1].
/// A file that holds fewer samples than its header says is refused, except
/// where the header has one of the values that programs write into a pipe,
/// whose length they can't know.
Status readWav(const std::string &path, Array &samples, int64_t &rate);
/// Writes (channels, frames) as 32-bit float, which clips nothing.
Status writeWav(const std::string &path, const Array &samples, int64_t rate);

/// Calls `write` with the name of a new file in the folder of `path`, and
/// renames it to `path` if that succeeds. Whatever `write` left is removed if
/// it fails.
Status writeWhole(const std::string &path,
                  const std::function<Status(const std::string &)> &write);

} // namespace tconv::tools

#endif // TCONV_TOOLS_COMMON_ARRAYS_H
