// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "common/layers.h"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace tconv::tools {

int64_t LayerEntry::inputElements() const {
  return shape.batch * params.in_channels * shape.length;
}

int64_t LayerEntry::outputElements() const {
  return shape.batch * params.out_channels * outputLength;
}

int64_t LayerEntry::weightElements() const {
  return params.in_channels * (params.out_channels / params.group) *
         params.kernel_size;
}

double LayerEntry::flops() const {
  return 2.0 * static_cast<double>(weightElements()) *
         static_cast<double>(shape.batch) * static_cast<double>(shape.length);
}

double LayerEntry::compulsoryBytes() const {
  return static_cast<double>(compulsoryReadBytes() + compulsoryWriteBytes());
}

int64_t LayerEntry::compulsoryReadBytes() const {
  int64_t bias = params.has_bias ? params.out_channels : 0;
  return 4 * (inputElements() + weightElements() + bias);
}

int64_t LayerEntry::compulsoryWriteBytes() const {
  return 4 * outputElements();
}

Status parseLayerEntry(const std::string &text, LayerEntry &entry) {
  if (Status status =
          parseLayerLine(text, entry.params, entry.shape, entry.name))
    return status;
  if (Status status = checkParams(entry.params))
    return status;
  if (entry.shape.length == 0)
    return Status(TCONV_INVALID_VALUE, "length is missing");
  if (Status status =
          outputLength(entry.params, entry.shape.length, entry.outputLength))
    return status;
  entry.line = formatLayerLine(entry.params);
  return checkSizes(entry.params, entry.shape.batch, entry.shape.length,
                    entry.outputLength);
}

Status readLayersFile(const std::string &path, const std::string &filter,
                      std::vector<LayerEntry> &entries) {
  errno = 0;
  std::ifstream file(path);
  if (!file)
    return Status(TCONV_NOT_FOUND, "cannot open layers file '" + path +
                                       "': " + std::strerror(errno));
  std::vector<LayerEntry> read;
  std::string text;
  bool any = false;
  for (int64_t number = 1; std::getline(file, text); ++number) {
    size_t start = text.find_first_not_of(" \t\r");
    if (start == std::string::npos || text[start] == '#')
      continue;
    any = true;
    LayerEntry entry;
    if (Status status = parseLayerEntry(text, entry))
      return Status(status.code(), path + ":" + std::to_string(number) + ": " +
                                       status.message());
    if (entry.name.empty())
      entry.name = "line " + std::to_string(number);
    if (entry.name.find(filter) != std::string::npos)
      read.push_back(std::move(entry));
  }
  // A folder opens like a file and fails only when it is read.
  if (file.bad())
    return Status(TCONV_NOT_FOUND, "cannot read layers file '" + path + "'");
  if (!any)
    return Status(TCONV_INVALID_VALUE,
                  "layers file '" + path + "' has no layer");
  if (read.empty())
    return Status(TCONV_INVALID_VALUE, "no layer of '" + path +
                                           "' has a name with '" + filter +
                                           "' in it");
  entries = std::move(read);
  return Status::ok();
}

} // namespace tconv::tools
