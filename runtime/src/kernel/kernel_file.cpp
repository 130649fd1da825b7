// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernel/kernel_file.h"

#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

using namespace tconv;

namespace {

/// As it lies in the file. Every machine that kernels are made for is
/// little-endian.
struct Header {
  char magic[8];
  uint32_t version;
  uint32_t headerBytes;
  uint64_t checksum;
  uint64_t fileBytes;
  uint8_t key[16];
  uint32_t kernelAbi;
  uint32_t machine;
  uint64_t textBytes;
  uint64_t descriptionBytes;
  uint64_t relocationCount;
  uint64_t imageBytes;
  uint64_t codeBytes;
  uint64_t kernel;
  uint8_t zeros[24];
};
static_assert(sizeof(Header) == 128, "kernel_file.h shows it");
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "kernel files are written and read on little-endian machines"
#endif

/// Not text, and destroyed by whoever takes it for text.
constexpr char kMagic[8] = {'\x89', 'T', 'C', 'O', 'N', 'V', '\r', '\n'};
constexpr size_t kChecked = offsetof(Header, fileBytes);

Status broken(const std::string &why) {
  return {TCONV_ABI_MISMATCH, "kernel file: " + why};
}

Status differs(const char *what, uint64_t have, uint64_t wanted) {
  return broken(std::string(what) + " = " + std::to_string(have) +
                ": must be " + std::to_string(wanted));
}

/// Cuts the next `count` bytes off `rest`.
bool take(std::string_view &rest, uint64_t count, std::string_view &part) {
  if (count > rest.size())
    return false;
  part = rest.substr(0, count);
  rest.remove_prefix(count);
  return true;
}

uint64_t padding(uint64_t bytes) { return (8 - bytes % 8) % 8; }

Status readHeader(std::string_view bytes, Header &header) {
  if (bytes.size() < sizeof(header))
    return broken("has " + std::to_string(bytes.size()) +
                  " bytes, fewer than a header");
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic)) != 0)
    return broken("does not begin as one");
  if (header.version != kKernelFileVersion)
    return differs("format version", header.version, kKernelFileVersion);
  if (header.headerBytes != sizeof(header))
    return differs("bytes of the header", header.headerBytes, sizeof(header));
  return Status::ok();
}

} // namespace

uint64_t tconv::checksum64(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::string tconv::writeKernelFile(const KernelKey &key,
                                   const std::string &description,
                                   const tconv_kernel_image &image) {
  std::string text = key.text();
  Header header;
  std::memset(&header, 0, sizeof(header));
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.version = kKernelFileVersion;
  header.headerBytes = sizeof(header);
  Hash128 hash = hash128(text);
  std::memcpy(header.key, hash.data(), hash.size());
  header.kernelAbi = TCONV_KERNEL_ABI_VERSION;
  header.machine = image.machine;
  header.textBytes = text.size();
  header.descriptionBytes = description.size();
  header.relocationCount = image.relocation_count;
  header.imageBytes = image.size;
  header.codeBytes = image.code_size;
  header.kernel = image.kernel;

  std::string bytes(sizeof(header), '\0');
  bytes += text;
  bytes += description;
  bytes.append(padding(bytes.size()), '\0');
  if (image.relocation_count > 0)
    bytes.append(reinterpret_cast<const char *>(image.relocations),
                 image.relocation_count * sizeof(uint64_t));
  bytes.append(static_cast<const char *>(image.bytes), image.size);
  header.fileBytes = bytes.size();
  std::memcpy(&bytes[0], &header, sizeof(header));
  header.checksum = checksum64(std::string_view(bytes).substr(kChecked));
  std::memcpy(&bytes[0], &header, sizeof(header));
  return bytes;
}

uint64_t tconv::kernelFileSize(std::string_view bytes) {
  Header header;
  return readHeader(bytes, header) ? 0 : header.fileBytes;
}

Status tconv::readKernelFile(std::string_view bytes, KernelFile &file) {
  Header header;
  if (Status error = readHeader(bytes, header))
    return error;
  if (header.fileBytes != bytes.size())
    return broken("has " + std::to_string(bytes.size()) + " bytes of " +
                  std::to_string(header.fileBytes));
  if (header.checksum != checksum64(bytes.substr(kChecked)))
    return broken("its checksum is wrong");
  // What is written here has been written by a program that was sound; still,
  // nothing below trusts a size.
  std::string_view rest = bytes.substr(sizeof(header)), text, description, pad,
                   relocations, image;
  if (!take(rest, header.textBytes, text) ||
      !take(rest, header.descriptionBytes, description) ||
      !take(rest, padding(header.textBytes + header.descriptionBytes), pad) ||
      header.relocationCount > rest.size() / sizeof(uint64_t) ||
      !take(rest, header.relocationCount * sizeof(uint64_t), relocations) ||
      !take(rest, header.imageBytes, image) || !rest.empty())
    return broken("its parts don't fit its size");
  if (pad.find_first_not_of('\0') != std::string_view::npos ||
      description.find('\0') != std::string_view::npos)
    return broken("its description doesn't end where it should");
  Hash128 hash = hash128(std::string(text));
  size_t line = text.find('\n');
  if (std::memcmp(hash.data(), header.key, hash.size()) != 0 ||
      line == std::string_view::npos)
    return broken("its key is not its text's");

  file.key.request = text.substr(0, line);
  file.key.compiler = text.substr(line + 1);
  file.description = description;
  file.kernelAbi = header.kernelAbi;
  file.relocations.resize(header.relocationCount);
  if (!relocations.empty())
    std::memcpy(file.relocations.data(), relocations.data(),
                relocations.size());
  file.image.struct_size = sizeof(file.image);
  file.image.machine = header.machine;
  file.image.bytes = image.data();
  file.image.size = image.size();
  file.image.code_size = header.codeBytes;
  file.image.kernel = header.kernel;
  file.image.relocations = file.relocations.data();
  file.image.relocation_count = header.relocationCount;
  return Status::ok();
}
