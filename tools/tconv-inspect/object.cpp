// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-inspect/object.h"

#include <filesystem>
#include <iomanip>
#include <iostream>

#include "llvm/BinaryFormat/ELF.h"
#include "llvm/BinaryFormat/Magic.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace tconv;
using namespace tconv::tools;
using nlohmann::ordered_json;

namespace {

Status wrong(const std::string &where, const std::string &why) {
  return {TCONV_INVALID_VALUE, where + ": " + why};
}

Status damaged(const std::string &where, llvm::Error error) {
  return wrong(where, "is damaged: " + llvm::toString(std::move(error)));
}

/// The descriptions of one section. Linkers put zeros between them.
Status readSection(const std::string &where, const std::string &member,
                   llvm::StringRef content,
                   std::vector<KernelInFile> &kernels) {
  while (!content.empty()) {
    auto [text, rest] = content.split('\0');
    content = rest;
    if (text.empty())
      continue;
    ordered_json description =
        ordered_json::parse(text.begin(), text.end(), nullptr, false);
    if (!description.is_object())
      return wrong(where,
                   "is damaged: a kernel's description in section "
                   "'" TCONV_KERNEL_DESCRIPTION_SECTION "' is no JSON object");
    kernels.push_back({member, std::move(description)});
  }
  return Status::ok();
}

Status readObject(const std::string &where, const std::string &member,
                  llvm::MemoryBufferRef bytes,
                  std::vector<KernelInFile> &kernels) {
  auto object = llvm::object::ObjectFile::createELFObjectFile(bytes);
  if (!object)
    return damaged(where, object.takeError());
  for (const llvm::object::SectionRef &section : (*object)->sections()) {
    auto name = section.getName();
    if (!name)
      return damaged(where, name.takeError());
    if (*name != TCONV_KERNEL_DESCRIPTION_SECTION)
      continue;
    auto content = section.getContents();
    if (!content)
      return damaged(where, content.takeError());
    if (Status status = readSection(where, member, *content, kernels))
      return status;
  }
  return Status::ok();
}

Status readMember(const std::string &path,
                  const llvm::object::Archive::Child &child,
                  std::vector<KernelInFile> &kernels) {
  auto name = child.getName();
  if (!name)
    return damaged(path, name.takeError());
  std::string where = path + "(" + name->str() + ")";
  auto bytes = child.getMemoryBufferRef();
  if (!bytes)
    return damaged(where, bytes.takeError());
  // Archives may have members of any kind.
  if (!bytes->getBuffer().starts_with(llvm::ELF::ElfMagic))
    return Status::ok();
  return readObject(where, name->str(), *bytes, kernels);
}

Status readArchive(const std::string &path, llvm::MemoryBufferRef bytes,
                   std::vector<KernelInFile> &kernels) {
  auto archive = llvm::object::Archive::create(bytes);
  if (!archive)
    return damaged(path, archive.takeError());
  llvm::Error error = llvm::Error::success();
  Status status;
  for (const llvm::object::Archive::Child &child :
       (*archive)->children(error)) {
    status = readMember(path, child, kernels);
    if (status)
      break;
  }
  if (error)
    return damaged(path, std::move(error));
  return status;
}

} // namespace

bool tconv::tools::namesFile(const std::string &argument) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(argument, ignored);
}

Status tconv::tools::kernelsOfFile(const std::string &path,
                                   std::vector<KernelInFile> &kernels) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return {TCONV_NOT_FOUND,
            path + ": can't be read: " + buffer.getError().message()};
  llvm::MemoryBufferRef bytes = **buffer;
  Status status;
  if (bytes.getBuffer().starts_with(llvm::ELF::ElfMagic))
    status = readObject(path, "", bytes, kernels);
  else if (llvm::identify_magic(bytes.getBuffer()) == llvm::file_magic::archive)
    status = readArchive(path, bytes, kernels);
  else
    return wrong(path, "is no layer, and neither an ELF file nor an archive");
  if (status)
    return status;
  if (kernels.empty())
    return wrong(path,
                 "has no kernel: it has no section "
                 "'" TCONV_KERNEL_DESCRIPTION_SECTION "', or an empty one");
  return Status::ok();
}

void tconv::tools::printKernels(const std::vector<KernelInFile> &kernels,
                                bool json) {
  if (json) {
    ordered_json list = ordered_json::array();
    for (const KernelInFile &kernel : kernels) {
      ordered_json entry = kernel.description;
      if (!kernel.member.empty())
        entry["member"] = kernel.member;
      list.push_back(std::move(entry));
    }
    std::cout << list.dump(2, ' ', false,
                           ordered_json::error_handler_t::replace)
              << "\n";
    return;
  }
  for (const KernelInFile &kernel : kernels) {
    std::cout << (kernel.member.empty() ? "kernel" : kernel.member) << "\n";
    for (const auto &[name, value] : kernel.description.items())
      std::cout << "  " << std::left << std::setw(14) << name
                << (value.is_string() ? value.get<std::string>() : value.dump())
                << "\n";
  }
}
