// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-compile/library_header.h"

#include <sstream>

#include "tconv-compile/header.h"

using namespace tconv;
using namespace tconv::tools;

namespace {

const char *padModeName(int32_t mode) {
  switch (mode) {
  case TCONV_SAME:
    return "TCONV_SAME";
  case TCONV_VALID:
    return "TCONV_VALID";
  case TCONV_PAD:
    return "TCONV_PAD";
  default:
    return "TCONV_CROP";
  }
}

/// Fields in which a layer differs from what tconv_params_init sets.
void writeParams(std::ostream &out, const LibraryLayer &layer) {
  out << "/* " << formatLayerLine(layer.params) << " */\n"
      << "static inline void " << layer.symbol
      << "_params(tconv_params *params) {\n"
      << "  tconv_params_init(params);\n";
  tconv_params defaults = defaultParams();
  auto field = [&](const char *name, int64_t value, int64_t otherwise) {
    if (value != otherwise)
      out << "  params->" << name << " = " << value << ";\n";
  };
#define FIELD(name) field(#name, layer.params.name, defaults.name)
  FIELD(has_bias);
  FIELD(in_channels);
  FIELD(out_channels);
  FIELD(kernel_size);
  FIELD(stride);
  if (layer.params.pad_mode != defaults.pad_mode)
    out << "  params->pad_mode = " << padModeName(layer.params.pad_mode)
        << ";\n";
  FIELD(padding);
  FIELD(dilation);
  FIELD(group);
  FIELD(output_padding);
  FIELD(crop_begin);
  FIELD(crop_end);
  FIELD(output_length);
  FIELD(dtype);
#undef FIELD
  out << "}\n\n";
}

} // namespace

std::string tconv::tools::libraryHeaderText(const LibraryHeader &header) {
  const std::string &name = header.name;
  std::string guard = headerGuard("TCONV_LIBRARY_" + name);
  std::ostringstream out;
  out << "/* " << madeBy() << "\n *\n * Kernels\n";
  for (const LibraryKernel &kernel : header.kernels)
    out << " * " << kernel.symbol << ": " << commentText(kernel.description)
        << "\n";
  for (const LibraryLayer &layer : header.layers)
    if (layer.kernelsOf != layer.symbol)
      out << " * " << layer.symbol << " has the kernels of " << layer.kernelsOf
          << "\n";
  out << " */\n#ifndef " << guard << "\n#define " << guard
      << "\n\n#include \"tconv/tconv.h\"\n\n#ifdef __cplusplus\n"
         "extern \"C\" {\n#endif\n\n"
      << "extern const tconv_kernel *const " << name << "_kernels[];\n"
      << "extern const size_t " << name << "_kernel_count;\n\n"
      << "/** Makes the kernels known to layers that have not run yet: see\n"
         " * tconv_register_kernels. */\n"
      << "static inline tconv_status " << name << "_register(void) {\n"
      << "  return tconv_register_kernels(" << name << "_kernels, " << name
      << "_kernel_count);\n}\n\n";
  for (const LibraryLayer &layer : header.layers)
    writeParams(out, layer);
  out << "#ifdef __cplusplus\n}\n#endif\n\n#endif /* " << guard << " */\n";
  return out.str();
}
