// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The NPY format in the form that NumPy writes float32 arrays in. Debian's
// readers of it don't check what they read (a short file gives memory that was
// never written), and the format is smaller than the checks around them.
#include "common/arrays.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <system_error>

#include <unistd.h>

namespace tconv::tools {
namespace {

constexpr char magic[] = "\x93NUMPY";
constexpr size_t magicSize = 6;
/// NumPy's own limit for a header that it trusts.
constexpr size_t maximumHeader = 10000;
/// NumPy's own limit, too.
constexpr size_t maximumAxes = 64;

Status damaged(const std::string &path, const std::string &what) {
  return Status(TCONV_INVALID_VALUE, "NPY file '" + path + "' " + what);
}

/// Reads the text of the header; what follows in `file` are the values.
Status readHeader(const std::string &path, std::istream &file,
                  std::string &header) {
  unsigned char start[magicSize + 2];
  file.read(reinterpret_cast<char *>(start), sizeof(start));
  if (!file || std::memcmp(start, magic, magicSize) != 0)
    return damaged(path, "is not a NumPy array");
  int version = start[magicSize];
  if (version < 1 || version > 3)
    return damaged(path,
                   "has the unknown format version " + std::to_string(version));
  size_t digits = version == 1 ? 2 : 4;
  unsigned char bytes[4] = {};
  file.read(reinterpret_cast<char *>(bytes), static_cast<int64_t>(digits));
  size_t size = 0;
  for (size_t digit = 0; digit < digits; ++digit)
    size |= static_cast<size_t>(bytes[digit]) << (8 * digit);
  if (!file)
    return damaged(path, "is cut short in its header");
  if (size > maximumHeader)
    return damaged(path, "has a header of " + std::to_string(size) +
                             " bytes, more than " +
                             std::to_string(maximumHeader));
  header.resize(size);
  file.read(header.data(), static_cast<int64_t>(size));
  if (!file)
    return damaged(path, "is cut short in its header");
  return Status::ok();
}

/// The text of the header's entry `key`, matched by `pattern`; "" if there is
/// none.
std::string entry(const std::string &header, const char *key,
                  const char *pattern) {
  std::smatch match;
  std::regex expression(std::string("'") + key + "'\\s*:\\s*(" + pattern + ")");
  return std::regex_search(header, match, expression) ? match[1].str() : "";
}

/// Reads the shape and counts its elements.
Status readShape(const std::string &path, const std::string &text,
                 std::vector<int64_t> &shape, int64_t &count) {
  static const std::regex number("\\d+");
  count = 1;
  for (std::sregex_iterator it(text.begin(), text.end(), number), end;
       it != end; ++it) {
    if (shape.size() == maximumAxes)
      return damaged(path,
                     "has more than " + std::to_string(maximumAxes) + " axes");
    errno = 0;
    int64_t size = std::strtoll(it->str().c_str(), nullptr, 10);
    if (errno != 0 || __builtin_mul_overflow(count, size, &count))
      return damaged(path, "has the shape " + text + ", which is too large");
    shape.push_back(size);
  }
  return Status::ok();
}

Status readArray(const std::string &path, std::istream &file, int64_t fileSize,
                 Array &array) {
  std::string header;
  if (Status status = readHeader(path, file, header))
    return status;
  std::string type = entry(header, "descr", "'[^']*'|\\[");
  std::string order = entry(header, "fortran_order", "True|False");
  std::string tuple = entry(header, "shape", "\\([0-9, ]*\\)");
  if (type.empty() || order.empty() || tuple.empty())
    return damaged(path, "has a header that makes no sense");
  if (type != "'<f4'")
    return Status(TCONV_INVALID_TYPE, "NPY file '" + path + "' has the dtype " +
                                          type + "; float32 ('<f4') is wanted");
  Array read;
  int64_t count = 0;
  if (Status status = readShape(path, tuple, read.shape, count))
    return status;
  if (order == "True" && read.shape.size() > 1)
    return damaged(path, "is in Fortran's order; C's order is wanted");
  // Compared before anything is allocated: a header can claim any size.
  int64_t there = fileSize - static_cast<int64_t>(file.tellg());
  if (there % 4 != 0 || there / 4 != count)
    return damaged(
        path, std::string(there / 4 < count ? "is cut short" : "is too long") +
                  ": shape " + formatShape(read.shape) + " has " +
                  std::to_string(count) + " values of 4 bytes, " +
                  std::to_string(there) + " bytes are there");
  read.values.resize(static_cast<size_t>(count));
  file.read(reinterpret_cast<char *>(read.values.data()), there);
  if (!file)
    return damaged(path, "cannot be read to its end");
  array = std::move(read);
  return Status::ok();
}

} // namespace

std::string formatShape(const std::vector<int64_t> &shape) {
  std::string text = "(";
  for (size_t axis = 0; axis < shape.size(); ++axis)
    text += (axis ? ", " : "") + std::to_string(shape[axis]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

Status readNpy(const std::string &path, Array &array) {
  std::error_code error;
  uintmax_t size = std::filesystem::file_size(path, error);
  if (error)
    return Status(TCONV_NOT_FOUND,
                  "cannot open NPY file '" + path + "': " + error.message());
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return Status(TCONV_NOT_FOUND, "cannot open NPY file '" + path +
                                       "': " + std::strerror(errno));
  return readArray(path, file, static_cast<int64_t>(size), array);
}

Status writeWhole(const std::string &path,
                  const std::function<Status(const std::string &)> &write) {
  std::string temporary = path + ".tmp-" + std::to_string(getpid());
  Status status = write(temporary);
  if (!status && std::rename(temporary.c_str(), path.c_str()) != 0)
    status = Status(TCONV_NOT_FOUND,
                    "cannot write '" + path + "': " + std::strerror(errno));
  if (status)
    std::remove(temporary.c_str());
  return status;
}

Status writeNpy(const std::string &path, const Array &array) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': " +
                       formatShape(array.shape) + ", }";
  // The values start at a multiple of 64 bytes.
  size_t before = magicSize + 4;
  header.append(63 - (before + header.size()) % 64, ' ');
  header += '\n';
  return writeWhole(path, [&](const std::string &temporary) {
    errno = 0;
    std::ofstream file(temporary, std::ios::binary);
    file.write(magic, magicSize);
    const char rest[4] = {1, 0, static_cast<char>(header.size() & 0xff),
                          static_cast<char>(header.size() >> 8)};
    file.write(rest, sizeof(rest));
    file << header;
    file.write(reinterpret_cast<const char *>(array.values.data()),
               static_cast<int64_t>(array.values.size() * sizeof(float)));
    file.close();
    if (!file)
      return Status(TCONV_NOT_FOUND,
                    "cannot write '" + path + "': " + std::strerror(errno));
    return Status::ok();
  });
}

} // namespace tconv::tools
