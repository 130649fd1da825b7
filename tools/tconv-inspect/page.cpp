// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-inspect/page.h"

#include <sstream>

using nlohmann::ordered_json;
using tconv::tools::Facts;

namespace {

std::string escape(const std::string &text) {
  std::string result;
  for (char c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '"')
      result += "&quot;";
    else
      result += c;
  }
  return result;
}

std::string shown(const ordered_json &value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void table(std::ostream &out, const std::string &title,
           const ordered_json &values) {
  out << "<h2>" << escape(title) << "</h2><table>\n";
  for (const auto &[name, value] : values.items())
    out << "<tr><th>" << escape(name) << "</th><td>" << escape(shown(value))
        << "</td></tr>\n";
  out << "</table>\n";
}

void folded(std::ostream &out, const std::string &title,
            const std::string &text, const ordered_json &milliseconds) {
  out << "<details><summary>" << escape(title) << " (" << text.size()
      << " bytes";
  if (milliseconds.is_number())
    out << ", " << milliseconds.get<double>() << " ms";
  out << ")</summary><pre>" << escape(text) << "</pre></details>\n";
}

/// Which phase uses which taps: a row a phase, a column a tap. Of a layer too
/// large to be looked at it says so.
void picture(std::ostream &out, const ordered_json &map) {
  int64_t stride = map["stride"], step = map["tap_step"], kernel = 0;
  for (const ordered_json &section : map["sections"])
    for (int64_t tap : section["first_taps"])
      kernel = std::max(kernel,
                        tap + (section["taps"].get<int64_t>() - 1) * step + 1);
  constexpr int64_t cell = 14, left = 70, top = 34;
  if (stride > 64 || kernel > 128) {
    out << "<p>" << stride << " phases of " << kernel
        << " taps are too many to draw.</p>\n";
    return;
  }
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\""
      << left + kernel * cell + 20 << "\" height=\"" << top + stride * cell + 10
      << "\" font-size=\"11\">\n"
      << "<text x=\"" << left << "\" y=\"12\">taps 0 to " << kernel - 1
      << " of the kernel</text>\n";
  for (int64_t phase = 0; phase < stride; ++phase)
    out << "<text x=\"4\" y=\"" << top + phase * cell + 11 << "\">phase "
        << phase << "</text><rect x=\"" << left << "\" y=\""
        << top + phase * cell << "\" width=\"" << kernel * cell
        << "\" height=\"" << cell - 2 << "\" fill=\"#eee\"/>\n";
  for (const ordered_json &section : map["sections"])
    for (size_t n = 0; n < section["phases"].size(); ++n)
      for (int64_t i = 0; i < section["taps"].get<int64_t>(); ++i) {
        int64_t tap = section["first_taps"][n].get<int64_t>() + i * step;
        int64_t shift = section["shift"].get<int64_t>() +
                        i * map["shift_step"].get<int64_t>();
        out << "<rect x=\"" << left + tap * cell << "\" y=\""
            << top + section["phases"][n].get<int64_t>() * cell << "\" width=\""
            << cell - 2 << "\" height=\"" << cell - 2
            << "\" fill=\"#2a6fbb\"><title>tap " << tap << " reads x[q - "
            << shift << "]</title></rect>\n";
      }
  out << "</svg>\n";
}

} // namespace

std::string tconv::tools::htmlPage(const Facts &facts) {
  std::ostringstream out;
  const ordered_json &values = facts.values;
  std::string layer = values["layer"];
  out << "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
         "<title>"
      << escape(layer)
      << "</title><style>body{font-family:sans-serif;margin:2em;max-width:70em}"
         "table{border-collapse:collapse}th{text-align:left;font-weight:normal;"
         "color:#555;padding-right:1.5em;vertical-align:top}pre{overflow:auto;"
         "background:#f6f6f6;padding:1em}summary{cursor:pointer}</style>"
         "</head><body>\n<h1>"
      << escape(layer) << "</h1>\n";
  table(out, "Kernel", values["kernel"]);
  if (values.contains("launch") && values["launch"].is_object())
    table(out, "Launch", values["launch"]);
  if (values.contains("decomposition")) {
    out << "<h2>Phases</h2>\n";
    picture(out, values["decomposition"]);
    out << "<table><tr><th>phases</th><th>taps</th><th>first taps</th>"
           "<th>shift</th></tr>\n";
    for (const ordered_json &section : values["decomposition"]["sections"])
      out << "<tr><td>" << section["phases"].dump() << "</td><td>"
          << section["taps"] << "</td><td>" << section["first_taps"].dump()
          << "</td><td>" << section["shift"] << "</td></tr>\n";
    out << "</table>\n";
  }
  if (values.contains("packing"))
    table(out, "Packed weights", values["packing"]);
  if (values.contains("machine"))
    table(out, "Machine", values["machine"]);
  if (values["hot_loop"].is_object())
    table(out, "Innermost loop with the most multiply-adds",
          values["hot_loop"]);
  out << "<h2>Stages</h2>\n";
  folded(out, "schedule", facts.schedule, nullptr);
  for (size_t i = 0; i < facts.stages.size(); ++i)
    folded(out, facts.stages[i].name + ": " + facts.stages[i].summary,
           facts.stages[i].text, values["stages"][i]["milliseconds"]);
  if (!facts.assembly.empty())
    folded(out, "assembly", facts.assembly,
           values["stages"].back()["milliseconds"]);
  out << "</body></html>\n";
  return out.str();
}
