// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-davinci/report.h"

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

namespace tconv::tools {

Status readText(const std::string &path, std::string &text) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  if (!file)
    return Status(TCONV_NOT_FOUND,
                  "cannot read '" + path + "': " + std::strerror(errno));
  text = content.str();
  return Status::ok();
}

Status readProgram(const std::string &text, const std::string &templates,
                   std::shared_ptr<const davinci::Program> &program) {
  std::string found = templates;
  // Only what bishengir-compile's own dialect is in was made for its templates.
  if (found.empty() && text.find("hivm.func_core_type") != std::string::npos)
    if (Status status = davinci::findTemplates("", found))
      return status;
  return davinci::Program::load(text, found, program);
}

nlohmann::ordered_json reportJson(const davinci::Report &report) {
  nlohmann::ordered_json findings = nlohmann::ordered_json::array();
  for (const davinci::Finding &finding : report.findings)
    findings.push_back({{"kind", davinci::findingKindName(finding.kind)},
                        {"line", finding.line},
                        {"instruction", finding.instruction},
                        {"pipe", davinci::pipeName(finding.pipe)},
                        {"address", finding.address},
                        {"message", finding.message},
                        {"block", finding.block},
                        {"times", finding.times}});
  const davinci::Counts &counts = report.counts;
  nlohmann::ordered_json pipes;
  for (int pipe = 0; pipe < davinci::kPipes; ++pipe) {
    const davinci::PipeCounts &one = counts.pipes[static_cast<size_t>(pipe)];
    pipes[davinci::pipeName(static_cast<davinci::Pipe>(pipe))] = {
        {"instructions", one.instructions},
        {"bytes", one.bytes},
        {"cycles", one.cycles}};
  }
  nlohmann::ordered_json highest;
  for (int space = 2; space < davinci::kSpaces; ++space)
    highest[davinci::spaceName(static_cast<davinci::Space>(space))] =
        counts.highest[static_cast<size_t>(space)];
  return {{"findings", findings},
          {"finding_count", report.findingCount},
          {"stopped", report.stopped},
          {"seconds", report.seconds},
          {"source", "model of the core"},
          {"counts",
           {{"blocks", counts.blocks},
            {"multiplications", counts.multiplications},
            {"global_read_bytes", counts.globalReadBytes},
            {"global_write_bytes", counts.globalWriteBytes},
            {"flags_set_ahead", counts.flagsSetAhead},
            {"highest_byte", highest}}},
          {"estimate",
           {{"cycles_of_all_blocks", counts.cycles},
            {"cycles_of_longest_block", counts.longestBlock},
            {"pipes", pipes}}},
          {"by_instruction", counts.byInstruction}};
}

std::string findingText(const davinci::Finding &finding) {
  std::string text = "line " + std::to_string(finding.line) + ": " +
                     davinci::findingKindName(finding.kind) + ": " +
                     finding.message + "; block " +
                     std::to_string(finding.block);
  if (finding.times > 1)
    text += ", " + std::to_string(finding.times) + " times";
  if (!finding.instruction.empty())
    text +=
        "\n    " + finding.instruction + ", " + davinci::pipeName(finding.pipe);
  return text;
}

void printReport(const davinci::Report &report) {
  for (const davinci::Finding &finding : report.findings)
    std::printf("%s\n", findingText(finding).c_str());
  const davinci::Counts &counts = report.counts;
  std::printf("%" PRIu64 " blocks, %" PRIu64
              " bytes of global memory read, %" PRIu64 " written, %" PRIu64
              " multiplications in the cube; %.3f s\n",
              counts.blocks, counts.globalReadBytes, counts.globalWriteBytes,
              counts.multiplications, report.seconds);
  for (int pipe = 0; pipe < davinci::kPipes; ++pipe) {
    const davinci::PipeCounts &one = counts.pipes[static_cast<size_t>(pipe)];
    if (one.instructions != 0)
      std::printf("%-10s %8" PRIu64 " instructions, %12" PRIu64
                  " bytes, %12.0f cycles busy (estimate)\n",
                  davinci::pipeName(static_cast<davinci::Pipe>(pipe)),
                  one.instructions, one.bytes, one.cycles);
  }
  std::printf("%.0f cycles of all blocks, %.0f of the longest (estimate)\n",
              counts.cycles, counts.longestBlock);
}

} // namespace tconv::tools
