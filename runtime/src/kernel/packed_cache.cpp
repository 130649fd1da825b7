// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernel/packed_cache.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <mutex>
#include <sstream>
#include <unordered_map>

#include "target/target.h"

using namespace tconv;

namespace {

struct Header {
  char magic[8];
  uint32_t version;
  uint32_t headerBytes;
  uint64_t checksum;
  uint64_t fileBytes;
  uint64_t count;
};
static_assert(sizeof(Header) == 40, "packed_cache.h shows it");

constexpr char kMagic[8] = {'\x89', 'T', 'C', 'P', 'A', 'C', '\r', '\n'};
constexpr uint32_t kVersion = 1;
constexpr size_t kChecked = offsetof(Header, fileBytes);

Status broken(const std::string &why) {
  return {TCONV_ABI_MISMATCH, "packed cache: " + why};
}

struct Registry {
  std::mutex mutex;
  /// What the files' images point into.
  std::vector<std::unique_ptr<const std::string>> bytes;
  std::unordered_map<std::string, std::shared_ptr<const KernelFile>> files;
};

Registry &registry() {
  static Registry *instance = new Registry;
  return *instance;
}

} // namespace

std::string tconv::packKernelFiles(std::vector<std::string> files) {
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  std::string bytes(sizeof(Header), '\0');
  for (const std::string &file : files) {
    bytes += file;
    bytes.append((8 - bytes.size() % 8) % 8, '\0');
  }
  Header header;
  std::memset(&header, 0, sizeof(header));
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.version = kVersion;
  header.headerBytes = sizeof(header);
  header.fileBytes = bytes.size();
  header.count = files.size();
  std::memcpy(&bytes[0], &header, sizeof(header));
  header.checksum = checksum64(std::string_view(bytes).substr(kChecked));
  std::memcpy(&bytes[0], &header, sizeof(header));
  return bytes;
}

Status tconv::unpackKernelFiles(std::string_view bytes,
                                std::vector<std::string_view> &files) {
  Header header;
  if (bytes.size() < sizeof(header))
    return broken("has " + std::to_string(bytes.size()) +
                  " bytes, fewer than a header");
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic)) != 0)
    return broken("does not begin as one");
  if (header.version != kVersion || header.headerBytes != sizeof(header))
    return broken("format version = " + std::to_string(header.version) +
                  ": must be " + std::to_string(kVersion));
  if (header.fileBytes != bytes.size())
    return broken("has " + std::to_string(bytes.size()) + " bytes of " +
                  std::to_string(header.fileBytes));
  if (header.checksum != checksum64(bytes.substr(kChecked)))
    return broken("its checksum is wrong");
  std::vector<std::string_view> found;
  std::string_view rest = bytes.substr(sizeof(header));
  while (!rest.empty()) {
    uint64_t size = kernelFileSize(rest);
    uint64_t padded = size + (8 - size % 8) % 8;
    if (size == 0 || padded < size || padded > rest.size())
      return broken("kernel file " + std::to_string(found.size()) +
                    " does not fit");
    found.push_back(rest.substr(0, size));
    rest.remove_prefix(padded);
  }
  if (found.size() != header.count)
    return broken("has " + std::to_string(found.size()) + " kernel files of " +
                  std::to_string(header.count));
  files = std::move(found);
  return Status::ok();
}

Status tconv::readWholeFile(const std::string &path, std::string &bytes) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream)
    return {TCONV_NOT_FOUND, path + ": can't be read: " + std::strerror(errno)};
  std::ostringstream content;
  if (stream.peek() != std::ifstream::traits_type::eof())
    content << stream.rdbuf();
  if (stream.bad() || !content)
    return {TCONV_NOT_FOUND, path + ": can't be read"};
  bytes = content.str();
  return Status::ok();
}

Status tconv::addPackedCache(const std::string &path) {
  std::string content;
  if (Status error = readWholeFile(path, content))
    return error;
  auto bytes = std::make_unique<const std::string>(std::move(content));
  std::vector<std::string_view> parts;
  if (Status error = unpackKernelFiles(*bytes, parts))
    return {error.code(), path + ": " + error.message()};
  std::vector<std::shared_ptr<const KernelFile>> files;
  for (std::string_view part : parts) {
    auto file = std::make_shared<KernelFile>();
    if (Status error = readKernelFile(part, *file))
      return {error.code(), path + ": " + error.message()};
    if (file->kernelAbi != TCONV_KERNEL_ABI_VERSION)
      return {TCONV_ABI_MISMATCH,
              path +
                  ": kernel ABI version = " + std::to_string(file->kernelAbi) +
                  ": must be " + std::to_string(TCONV_KERNEL_ABI_VERSION)};
    files.push_back(std::move(file));
  }
  std::lock_guard<std::mutex> lock(registry().mutex);
  registry().bytes.push_back(std::move(bytes));
  for (std::shared_ptr<const KernelFile> &file : files)
    registry().files[file->key.request] = file;
  return Status::ok();
}

std::shared_ptr<const KernelFile>
tconv::findPacked(const KernelRequest &request) {
  std::lock_guard<std::mutex> lock(registry().mutex);
  if (registry().files.empty())
    return nullptr;
  KernelRequest candidate = request;
  for (const std::string &target : targetsServing(request.target)) {
    candidate.target = target;
    auto found = registry().files.find(requestText(candidate));
    if (found != registry().files.end())
      return found->second;
  }
  return nullptr;
}
