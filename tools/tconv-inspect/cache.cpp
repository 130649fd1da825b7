// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-inspect/cache.h"

#include <algorithm>
#include <ctime>
#include <iomanip>
#include <iostream>

#include <nlohmann/json.hpp>

#include "kernel/device_image.h"
#include "kernel/disk_cache.h"
#include "kernel/image.h"
#include "kernel/packed_cache.h"
#include "target/target.h"
#include "tconv-compile/files.h"

using namespace tconv;
using namespace tconv::tools;
using nlohmann::ordered_json;

namespace {

/// A file of the cache, and what was found in it.
struct Item {
  DiskCacheFile file;
  std::string bytes;
  Status status; ///< why it is no sound kernel file
  KernelKey key;
  ordered_json description;
};

const char *kindName(DiskCacheFile::Kind kind) {
  switch (kind) {
  case DiskCacheFile::Kind::entry:
    return "entry";
  case DiskCacheFile::Kind::bad:
    return "set aside";
  case DiskCacheFile::Kind::unfinished:
    return "unfinished";
  }
  return "?";
}

std::string timeText(int64_t nanoseconds) {
  std::time_t seconds = nanoseconds / 1000000000;
  std::tm utc = {};
  char text[32] = "";
  if (gmtime_r(&seconds, &utc))
    std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

void look(Item &item) {
  KernelFile file;
  item.status = readKernelFile(item.bytes, file);
  if (item.status)
    return;
  item.key = file.key;
  item.description = ordered_json::parse(file.description, nullptr, false);
  if (item.file.name.empty()) // in a packed cache
    item.file.name = file.key.name() + ".tconv";
  if (item.file.kind == DiskCacheFile::Kind::entry &&
      item.file.name != file.key.name() + ".tconv")
    item.status =
        Status(TCONV_ABI_MISMATCH, "is another kernel's: " + file.key.name());
  // What is for another machine can't be looked at any further.
  else if (file.image.machine == machineHere() ||
           isDeviceImage(file.image.machine))
    item.status = checkImage(file.image);
}

bool isChosen(const Item &item, const CacheArguments &arguments) {
  auto begins = [&](const std::string &key) {
    return item.file.name.compare(0, key.size(), key) == 0;
  };
  if (!arguments.keys.empty() &&
      std::none_of(arguments.keys.begin(), arguments.keys.end(), begins))
    return false;
  return arguments.target.empty() ||
         (item.description.is_object() &&
          item.description.value("target", "") == arguments.target);
}

Status openFolder(const CacheArguments &arguments, bool create,
                  std::unique_ptr<DiskCache> &cache) {
  DiskCacheSettings settings = diskCacheSettings();
  if (!arguments.folder.empty())
    settings.folder = arguments.folder;
  if (settings.folder.empty())
    return Status(TCONV_NOT_FOUND, "no cache: " + settings.why);
  return DiskCache::open(settings.folder, settings.limit, create, cache);
}

Status readPacked(const std::string &path, std::vector<Item> &items) {
  std::string bytes;
  if (Status status = readWholeFile(path, bytes))
    return status;
  std::vector<std::string_view> parts;
  if (Status status = unpackKernelFiles(bytes, parts))
    return Status(status.code(), path + ": " + status.message());
  for (std::string_view part : parts) {
    Item item;
    item.bytes = part;
    item.file.kind = DiskCacheFile::Kind::entry;
    item.file.bytes = part.size();
    look(item);
    items.push_back(std::move(item));
  }
  return Status::ok();
}

Status readFolder(const CacheArguments &arguments, std::vector<Item> &items) {
  std::unique_ptr<DiskCache> cache;
  if (Status status = openFolder(arguments, /*create=*/false, cache))
    return status;
  std::vector<DiskCacheFile> files;
  if (Status status = cache->list(files))
    return status;
  for (DiskCacheFile &file : files) {
    Item item;
    item.file = std::move(file);
    // It may have gone since; that is no error of the others.
    if (Status status = cache->readFile(item.file.name, item.bytes))
      item.status = status;
    else
      look(item);
    items.push_back(std::move(item));
  }
  return Status::ok();
}

/// The chosen files of the folder, or of the packed cache.
Status read(const CacheArguments &arguments, std::vector<Item> &items) {
  std::vector<Item> all;
  if (Status status = arguments.file.empty() ? readFolder(arguments, all)
                                             : readPacked(arguments.file, all))
    return status;
  for (Item &item : all)
    if (isChosen(item, arguments))
      items.push_back(std::move(item));
  for (const std::string &key : arguments.keys)
    if (std::none_of(items.begin(), items.end(), [&](const Item &item) {
          return item.file.name.compare(0, key.size(), key) == 0;
        }))
      return Status(TCONV_NOT_FOUND, "key '" + key + "': no kernel has it");
  return Status::ok();
}

ordered_json toJson(const Item &item) {
  ordered_json json;
  json["name"] = item.file.name;
  json["kind"] = kindName(item.file.kind);
  json["bytes"] = item.file.bytes;
  if (item.file.lastUse != 0)
    json["last_use"] = timeText(item.file.lastUse);
  json["sound"] = !item.status;
  if (item.status)
    json["why"] = item.status.message();
  if (!item.key.request.empty()) {
    json["request"] = item.key.request;
    json["compiler"] = item.key.compiler;
    json["description"] = item.description;
  }
  return json;
}

void printLine(const Item &item) {
  std::cout << item.file.name.substr(0, 12) << "  " << std::right
            << std::setw(8) << item.file.bytes << "  ";
  if (item.file.lastUse != 0)
    std::cout << timeText(item.file.lastUse) << "  ";
  if (item.file.kind != DiskCacheFile::Kind::entry)
    std::cout << kindName(item.file.kind) << "  ";
  if (item.status)
    std::cout << item.status.message();
  else
    std::cout << item.description.value("target", "") << "  "
              << item.description.value("length_class", "") << "  "
              << item.description.value("layer", "");
  std::cout << "\n";
}

Status list(const CacheArguments &arguments) {
  std::vector<Item> items;
  if (Status status = read(arguments, items))
    return status;
  ordered_json all = ordered_json::array();
  uint64_t total = 0;
  for (const Item &item : items) {
    total += item.file.bytes;
    if (arguments.json)
      all.push_back(toJson(item));
    else
      printLine(item);
  }
  if (arguments.json)
    std::cout << all.dump(2) << "\n";
  else
    std::cout << items.size() << " files, " << total << " bytes\n";
  return finishOutput();
}

Status verify(const CacheArguments &arguments) {
  std::vector<Item> items;
  if (Status status = read(arguments, items))
    return status;
  ordered_json all = ordered_json::array();
  size_t sound = 0, wrong = 0;
  for (const Item &item : items) {
    if (item.file.kind != DiskCacheFile::Kind::entry)
      continue;
    ++(item.status ? wrong : sound);
    if (arguments.json)
      all.push_back(toJson(item));
    else if (item.status)
      printLine(item);
  }
  if (arguments.json)
    std::cout << all.dump(2) << "\n";
  else
    std::cout << sound << " sound\n";
  if (Status status = finishOutput())
    return status;
  if (wrong > 0)
    return Status(TCONV_ABI_MISMATCH, std::to_string(wrong) + " of " +
                                          std::to_string(sound + wrong) +
                                          " entries are wrong");
  return Status::ok();
}

Status explain(const CacheArguments &arguments) {
  std::vector<Item> items;
  if (Status status = read(arguments, items))
    return status;
  ordered_json all = ordered_json::array();
  for (const Item &item : items) {
    ordered_json json = toJson(item);
    if (arguments.json) {
      all.push_back(json);
      continue;
    }
    for (const auto &[name, value] : json.items())
      if (!value.is_object())
        std::cout << std::left << std::setw(20) << name
                  << (value.is_string() ? value.get<std::string>()
                                        : value.dump())
                  << "\n";
    if (item.description.is_object())
      for (const auto &[name, value] : item.description.items())
        std::cout << "  " << std::left << std::setw(18) << name
                  << (value.is_string() ? value.get<std::string>()
                                        : value.dump())
                  << "\n";
    std::cout << "\n";
  }
  if (arguments.json)
    std::cout << all.dump(2) << "\n";
  return finishOutput();
}

Status prune(const CacheArguments &arguments) {
  std::unique_ptr<DiskCache> cache;
  if (Status status = openFolder(arguments, /*create=*/false, cache))
    return status;
  std::vector<DiskCacheFile> removed;
  if (Status status = cache->prune(arguments.size, "", &removed))
    return status;
  ordered_json all = ordered_json::array();
  uint64_t total = 0;
  for (const DiskCacheFile &file : removed) {
    total += file.bytes;
    all.push_back({{"name", file.name}, {"bytes", file.bytes}});
  }
  if (arguments.json)
    std::cout << all.dump(2) << "\n";
  else
    std::cout << "removed " << removed.size() << " files, " << total
              << " bytes\n";
  return finishOutput();
}

Status pack(const CacheArguments &arguments) {
  CacheArguments fromFolder = arguments;
  fromFolder.file.clear();
  std::vector<Item> items;
  if (Status status = read(fromFolder, items))
    return status;
  std::vector<std::string> files;
  for (Item &item : items) {
    if (item.file.kind != DiskCacheFile::Kind::entry)
      continue;
    if (item.status)
      return Status(item.status.code(),
                    item.file.name + ": " + item.status.message());
    files.push_back(std::move(item.bytes));
  }
  if (files.empty())
    return Status(TCONV_NOT_FOUND, "there is no kernel to pack");
  size_t count = files.size();
  std::string bytes = packKernelFiles(std::move(files));
  size_t size = bytes.size();
  if (Status status = writeFiles({{arguments.file, std::move(bytes)}}))
    return status;
  if (arguments.json)
    std::cout << ordered_json{{"file", arguments.file},
                              {"kernels", count},
                              {"bytes", size}}
                     .dump(2)
              << "\n";
  else
    std::cout << arguments.file << ": " << count << " kernels, " << size
              << " bytes\n";
  return finishOutput();
}

Status unpack(const CacheArguments &arguments) {
  std::vector<Item> items;
  if (Status status = readPacked(arguments.file, items))
    return status;
  for (const Item &item : items)
    if (item.status)
      return Status(item.status.code(),
                    arguments.file + ": " + item.status.message());
  std::unique_ptr<DiskCache> cache;
  if (Status status = openFolder(arguments, /*create=*/true, cache))
    return status;
  size_t added = 0;
  for (const Item &item : items) {
    DiskCache::Ticket ticket;
    bool there = false;
    if (Status status = cache->begin(item.key, ticket, there))
      return status;
    if (there)
      continue;
    if (Status status = cache->finish(ticket, item.key, item.bytes))
      return status;
    ++added;
  }
  if (arguments.json)
    std::cout << ordered_json{{"kernels", items.size()}, {"added", added}}.dump(
                     2)
              << "\n";
  else
    std::cout << "added " << added << " of " << items.size() << " kernels to "
              << cache->folder() << "\n";
  return finishOutput();
}

} // namespace

void tconv::tools::addCacheCommands(CLI::App &app, CacheArguments &arguments,
                                    std::function<Status()> &action) {
  CLI::App *cache =
      app.add_subcommand("cache", "what a disk cache or a packed one holds");
  cache->require_subcommand(1);
  auto add = [&](const char *name, const char *summary,
                 Status (*run)(const CacheArguments &)) {
    CLI::App *command = cache->add_subcommand(name, summary);
    command->add_option("--dir", arguments.folder,
                        "the cache's folder; default: the runtime's");
    command->add_flag("--json", arguments.json, "as JSON");
    command->callback([&arguments, &action, run] {
      action = [&arguments, run] { return run(arguments); };
    });
    return command;
  };
  auto choose = [&](CLI::App *command) {
    command->add_option("--target", arguments.target,
                        "only kernels for this target");
    return command;
  };
  auto packed = [&](CLI::App *command) {
    command->add_option("--packed", arguments.file,
                        "a packed cache instead of a folder");
    return command;
  };
  CLI::App *lists =
      choose(packed(add("list", "all files, last used first", list)));
  CLI::App *verifies = choose(packed(
      add("verify", "reads all entries; exit code 1 if one is wrong", verify)));
  CLI::App *explains = choose(packed(
      add("explain", "how kernels were made, and under what they are kept",
          explain)));
  CLI::App *packs = choose(add("pack", "packs kernels into one file", pack));
  packs->add_option("file", arguments.file, "file to write")->required();
  for (CLI::App *command : {lists, verifies, explains, packs})
    command->add_option("keys", arguments.keys, "beginnings of keys");
  add("unpack", "adds a packed cache's kernels to the folder", unpack)
      ->add_option("file", arguments.file, "a packed cache")
      ->required();
  add("prune", "removes what was used longest ago, and what is of no use",
      prune)
      ->add_option("--size", arguments.size, "bytes to leave; default: none")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false));
}
