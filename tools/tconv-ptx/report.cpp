// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-ptx/report.h"

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

namespace tconv::tools {
namespace {

double ratio(uint64_t value, uint64_t least) {
  return least ? static_cast<double>(value) / static_cast<double>(least) : 0;
}

std::string triple(const std::array<uint32_t, 3> &value) {
  return "(" + std::to_string(value[0]) + ", " + std::to_string(value[1]) +
         ", " + std::to_string(value[2]) + ")";
}

} // namespace

Status readModule(const std::string &path,
                  std::shared_ptr<const ptx::Module> &module) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file)
    return Status(TCONV_NOT_FOUND, "cannot read PTX file '" + path +
                                       "': " + std::strerror(errno));
  if (Status status = ptx::Module::parse(text.str(), module))
    return Status(status.code(), "'" + path + "', " + status.message());
  return Status::ok();
}

nlohmann::ordered_json reportJson(const ptx::Report &report) {
  nlohmann::ordered_json findings = nlohmann::ordered_json::array();
  for (const ptx::Finding &finding : report.findings)
    findings.push_back({{"kind", ptx::findingKindName(finding.kind)},
                        {"line", finding.line},
                        {"instruction", finding.instruction},
                        {"message", finding.message},
                        {"block", finding.block},
                        {"thread", finding.thread},
                        {"times", finding.times}});
  const ptx::Counts &counts = report.counts;
  nlohmann::ordered_json json = {
      {"findings", findings},
      {"finding_count", report.findingCount},
      {"stopped", report.stopped},
      {"seconds", report.seconds},
      {"source", "PTX interpreter"},
      {"counts",
       {{"blocks", counts.blocks},
        {"warp_instructions", counts.warpInstructions},
        {"lane_instructions", counts.laneInstructions},
        {"barriers", counts.barriers},
        {"divergent_branches", counts.divergentBranches},
        {"global_load_bytes", counts.globalLoadBytes},
        {"global_store_bytes", counts.globalStoreBytes},
        {"shared_load_bytes", counts.sharedLoadBytes},
        {"shared_store_bytes", counts.sharedStoreBytes},
        {"global_load_sectors", counts.globalLoadSectors},
        {"global_load_sectors_least", counts.globalLoadSectorsLeast},
        {"global_store_sectors", counts.globalStoreSectors},
        {"global_store_sectors_least", counts.globalStoreSectorsLeast},
        {"shared_passes", counts.sharedPasses},
        {"shared_passes_least", counts.sharedPassesLeast}}},
      {"by_opcode", counts.byOpcode}};
  return json;
}

std::string findingText(const ptx::Finding &finding) {
  std::string text = "line " + std::to_string(finding.line) + ": " +
                     ptx::findingKindName(finding.kind) + ": " +
                     finding.message + "; block " + triple(finding.block) +
                     ", thread " + triple(finding.thread);
  if (finding.times > 1)
    text += ", " + std::to_string(finding.times) + " times";
  return text + "\n    " + finding.instruction;
}

void printReport(const ptx::Report &report) {
  for (const ptx::Finding &finding : report.findings)
    std::printf("%s\n", findingText(finding).c_str());
  const ptx::Counts &counts = report.counts;
  std::printf("%" PRIu64 " blocks, %" PRIu64 " lane instructions, %" PRIu64
              " barriers by warp, %" PRIu64 " divergent branches; %.3f s\n",
              counts.blocks, counts.laneInstructions, counts.barriers,
              counts.divergentBranches, report.seconds);
  std::printf("global: %" PRIu64 " bytes loaded (%.2f times the fewest "
              "sectors), %" PRIu64 " stored (%.2f)\n",
              counts.globalLoadBytes,
              ratio(counts.globalLoadSectors, counts.globalLoadSectorsLeast),
              counts.globalStoreBytes,
              ratio(counts.globalStoreSectors, counts.globalStoreSectorsLeast));
  std::printf("shared: %" PRIu64 " bytes loaded, %" PRIu64
              " stored (%.2f times the fewest passes)\n",
              counts.sharedLoadBytes, counts.sharedStoreBytes,
              ratio(counts.sharedPasses, counts.sharedPassesLeast));
  std::vector<std::pair<uint64_t, std::string>> mix;
  for (const auto &[name, lanes] : counts.byOpcode)
    mix.emplace_back(lanes, name);
  std::sort(mix.rbegin(), mix.rend());
  for (size_t index = 0; index < std::min<size_t>(mix.size(), 12); ++index)
    std::printf("%6.2f %%  %s\n",
                100.0 * ratio(mix[index].first, counts.laneInstructions),
                mix[index].second.c_str());
}

} // namespace tconv::tools
