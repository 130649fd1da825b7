// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "support/naive_ptx.h"

#include <cstring>
#include <map>

using namespace tconv;
using namespace tconv::test;

namespace {

constexpr int64_t kThreads = 128;

// @NAME@ stands for a number of the layer. Registers are 64 bits wide
// throughout: nobody needs this to be fast.
const char *const kRun = R"(
.visible .entry tconv_naive_run(
  .param .u64 p_x, .param .u64 p_weights, .param .u64 p_bias, .param .u64 p_y,
  .param .u64 p_batch, .param .u64 p_length, .param .u64 p_output_length,
  .param .u64 p_x_batch, .param .u64 p_x_channel,
  .param .u64 p_y_batch, .param .u64 p_y_channel
)
.maxntid @THREADS@, 1, 1
{
  .reg .pred %p<8>;
  .reg .b16 %h<4>;
  .reg .b32 %r<8>;
  .reg .f32 %f<8>;
  .reg .b64 %x, %w, %bias, %y, %length, %outputs;
  .reg .b64 %xb, %xc, %yb, %yc;
  .reg .b64 %task, %first, %blocks, %block, %co, %n, %g, %t, %end;
  .reg .b64 %c, %k, %u, %i, %a<8>;

  ld.param.u64 %x, [p_x];
  ld.param.u64 %w, [p_weights];
  ld.param.u64 %bias, [p_bias];
  ld.param.u64 %y, [p_y];
  ld.param.u64 %length, [p_length];
  ld.param.u64 %outputs, [p_output_length];
  ld.param.u64 %xb, [p_x_batch];
  ld.param.u64 %xc, [p_x_channel];
  ld.param.u64 %yb, [p_y_batch];
  ld.param.u64 %yc, [p_y_channel];
  cvta.to.global.u64 %x, %x;
  cvta.to.global.u64 %w, %w;
  cvta.to.global.u64 %bias, %bias;
  cvta.to.global.u64 %y, %y;
  mov.u32 %r0, %ctaid.x;
  cvt.u64.u32 %task, %r0;
  mov.u32 %r1, %tid.x;
  cvt.u64.u32 %first, %r1;

  // Which task this is: batch item, output channel, block of positions.
  add.s64 %blocks, %outputs, @SHIFT_UP@;
  div.s64 %blocks, %blocks, @STRIDE@;
  add.s64 %blocks, %blocks, @POSITIONS_UP@;
  div.s64 %blocks, %blocks, @POSITIONS@;
  rem.s64 %block, %task, %blocks;
  div.s64 %a0, %task, %blocks;
  rem.s64 %co, %a0, @COLUMNS@;
  div.s64 %n, %a0, @COLUMNS@;
  div.s64 %g, %co, @COLUMNS_OF_GROUP@;

  mul.lo.s64 %a0, %block, @OUTPUTS@;
  sub.s64 %a0, %a0, @SHIFT@;
  add.s64 %t, %a0, %first;
  add.s64 %end, %a0, @OUTPUTS@;
  min.s64 %end, %end, %outputs;

OUTPUT:
  setp.ge.s64 %p0, %t, %end;
  @%p0 bra DONE;
  setp.lt.s64 %p0, %t, 0;
  @%p0 bra NEXT;
  mov.f32 %f0, 0f00000000;
@BIAS@
  mov.u64 %c, 0;
CHANNEL:
  mov.u64 %k, 0;
TAP:
  mul.lo.s64 %u, %k, @DILATION@;
  sub.s64 %u, %t, %u;
  add.s64 %u, %u, @CROP@;
  setp.lt.s64 %p1, %u, 0;
  @%p1 bra NEXT_TAP;
  rem.s64 %a1, %u, @STRIDE@;
  setp.ne.s64 %p1, %a1, 0;
  @%p1 bra NEXT_TAP;
  div.s64 %i, %u, @STRIDE@;
  setp.ge.s64 %p1, %i, %length;
  @%p1 bra NEXT_TAP;
  mul.lo.s64 %a2, %n, %xb;
  mul.lo.s64 %a3, %g, @CHANNELS@;
  add.s64 %a3, %a3, %c;
  mul.lo.s64 %a3, %a3, %xc;
  add.s64 %a2, %a2, %a3;
  add.s64 %a2, %a2, %i;
  mul.lo.s64 %a2, %a2, @BYTES@;
  add.s64 %a2, %a2, %x;
  mul.lo.s64 %a3, %co, @CHANNELS@;
  add.s64 %a3, %a3, %c;
  mul.lo.s64 %a3, %a3, @TAPS@;
  add.s64 %a3, %a3, %k;
  mul.lo.s64 %a3, %a3, @BYTES@;
  add.s64 %a3, %a3, %w;
@LOAD f1 a2@
@LOAD f2 a3@
  fma.rn.f32 %f0, %f1, %f2, %f0;
NEXT_TAP:
  add.s64 %k, %k, 1;
  setp.lt.s64 %p2, %k, @TAPS@;
  @%p2 bra TAP;
  add.s64 %c, %c, 1;
  setp.lt.s64 %p2, %c, @CHANNELS@;
  @%p2 bra CHANNEL;

  mul.lo.s64 %a4, %n, %yb;
  mul.lo.s64 %a5, %co, %yc;
  add.s64 %a4, %a4, %a5;
  add.s64 %a4, %a4, %t;
  mul.lo.s64 %a4, %a4, @BYTES@;
  add.s64 %a4, %a4, %y;
@STORE@
NEXT:
  add.s64 %t, %t, @THREADS@;
  bra OUTPUT;
DONE:
  ret;
}
)";

// From (in_channels, columns of a group, taps) to [column][channel][tap].
const char *const kPack = R"(
.visible .entry tconv_naive_pack(.param .u64 p_weight, .param .u64 p_packed)
.maxntid @THREADS@, 1, 1
{
  .reg .pred %p0;
  .reg .b@BITS@ %v;
  .reg .b32 %r<2>;
  .reg .b64 %from, %to, %e, %b, %k, %c, %co, %g, %in, %a;
  ld.param.u64 %from, [p_weight];
  ld.param.u64 %to, [p_packed];
  cvta.to.global.u64 %from, %from;
  cvta.to.global.u64 %to, %to;
  mov.u32 %r0, %ctaid.x;
  cvt.u64.u32 %b, %r0;
  mov.u32 %r1, %tid.x;
  cvt.u64.u32 %e, %r1;
  mul.lo.s64 %b, %b, @THREADS@;
  add.s64 %e, %e, %b;
  setp.ge.s64 %p0, %e, @ELEMENTS@;
  @%p0 bra DONE;
  rem.s64 %k, %e, @TAPS@;
  div.s64 %a, %e, @TAPS@;
  rem.s64 %c, %a, @CHANNELS@;
  div.s64 %co, %a, @CHANNELS@;
  div.s64 %g, %co, @COLUMNS_OF_GROUP@;
  rem.s64 %co, %co, @COLUMNS_OF_GROUP@;
  mul.lo.s64 %in, %g, @CHANNELS@;
  add.s64 %in, %in, %c;
  mul.lo.s64 %a, %in, @COLUMNS_OF_GROUP@;
  add.s64 %a, %a, %co;
  mul.lo.s64 %a, %a, @TAPS@;
  add.s64 %a, %a, %k;
  mul.lo.s64 %a, %a, @BYTES@;
  add.s64 %from, %from, %a;
  mul.lo.s64 %a, %e, @BYTES@;
  add.s64 %to, %to, %a;
  ld.global.b@BITS@ %v, [%from];
  st.global.b@BITS@ [%to], %v;
DONE:
  ret;
}
)";

/// Loads an element as f32.
std::string load(int32_t dtype, const std::string &to, const std::string &at) {
  std::string address = "[%" + at + "];\n";
  switch (dtype) {
  case TCONV_F16:
    return "  ld.global.b16 %h0, " + address + "  cvt.f32.f16 %" + to +
           ", %h0;\n";
  case TCONV_BF16:
    return "  ld.global.u16 %r2, " + address +
           "  shl.b32 %r2, %r2, 16;\n  mov.b32 %" + to + ", %r2;\n";
  default:
    return "  ld.global.f32 %" + to + ", " + address;
  }
}

std::string store(int32_t dtype) {
  switch (dtype) {
  case TCONV_F16:
    return "  cvt.rn.f16.f32 %h1, %f0;\n  st.global.b16 [%a4], %h1;\n";
  case TCONV_BF16:
    return "  cvt.rn.bf16.f32 %h1, %f0;\n  st.global.b16 [%a4], %h1;\n";
  default:
    return "  st.global.f32 [%a4], %f0;\n";
  }
}

std::string filled(std::string text,
                   const std::map<std::string, std::string> &values) {
  for (const auto &[name, value] : values) {
    std::string key = "@" + name + "@";
    for (size_t at; (at = text.find(key)) != std::string::npos;)
      text.replace(at, key.size(), value);
  }
  return text;
}

} // namespace

NaiveKernel::NaiveKernel(const tconv_params &params,
                         const NaiveOptions &options) {
  GeneralForm form = generalForm(params);
  int64_t shift = (form.cropBegin % form.stride + form.stride) % form.stride;
  int64_t channels = form.inChannels / form.groups;
  int64_t columns = form.outChannels / form.groups;
  int64_t elements = form.outChannels * channels * form.kernelSize;
  int64_t bytes = dtypeBytes(form.dtype);
  std::string bias;
  if (form.hasBias)
    bias = "  mul.lo.s64 %a0, %co, @BYTES@;\n  add.s64 %a0, %a0, %bias;\n" +
           load(form.dtype, "f0", "a0");
  std::map<std::string, std::string> texts = {
      {"BIAS", bias},
      {"LOAD f1 a2", load(form.dtype, "f1", "a2")},
      {"LOAD f2 a3", load(form.dtype, "f2", "a3")},
      {"STORE", store(form.dtype)}};
  std::map<std::string, std::string> numbers;
  const std::pair<const char *, int64_t> layer[] = {
      {"THREADS", kThreads},
      {"SHIFT", shift},
      {"SHIFT_UP", shift + form.stride - 1},
      {"STRIDE", form.stride},
      {"POSITIONS", options.positions},
      {"POSITIONS_UP", options.positions - 1},
      {"OUTPUTS", options.positions * form.stride},
      {"COLUMNS", form.outChannels},
      {"COLUMNS_OF_GROUP", columns},
      {"CHANNELS", channels},
      {"TAPS", form.kernelSize},
      {"DILATION", form.dilation},
      {"CROP", form.cropBegin},
      {"BYTES", bytes},
      {"BITS", 8 * bytes},
      {"ELEMENTS", elements}};
  for (const auto &[name, value] : layer)
    numbers[name] = std::to_string(value);
  target = "nvptx:sm_" + std::to_string(options.architecture);
  description = "{\"kind\": \"naive\", \"target\": \"" + target + "\"}";
  ptx = std::string(".version ") + options.version + "\n.target sm_" +
        std::to_string(options.architecture) + "\n.address_size 64\n" +
        filled(filled(kRun, texts), numbers) + filled(kPack, numbers);

  std::memset(&code, 0, sizeof(code));
  code.struct_size = sizeof(code);
  code.format = TCONV_DEVICE_PTX;
  code.code = ptx.c_str();
  code.code_size = ptx.size() + 1;
  code.run_entry = "tconv_naive_run";
  code.pack_entry = "tconv_naive_pack";
  code.run_threads = code.pack_threads = kThreads;
  code.run_shared_bytes = options.sharedBytes;
  code.pack_blocks = (elements + kThreads - 1) / kThreads;
  code.min_sm = options.architecture;

  std::memset(&kernel, 0, sizeof(kernel));
  kernel.abi_version = TCONV_KERNEL_ABI_VERSION;
  kernel.struct_size = sizeof(kernel);
  kernel.in_channels = form.inChannels;
  kernel.out_channels = form.outChannels;
  kernel.kernel_size = form.kernelSize;
  kernel.stride = form.stride;
  kernel.dilation = form.dilation;
  kernel.groups = form.groups;
  kernel.crop_begin = form.cropBegin;
  kernel.has_bias = form.hasBias;
  kernel.dtype = form.dtype;
  kernel.packed_bytes = elements * bytes;
  kernel.task_positions = options.positions;
  kernel.task_columns = form.outChannels;
  kernel.description = description.c_str();
  kernel.target = target.c_str();
  kernel.length_class = options.lengthClass;
  kernel.accuracy = options.accuracy;
  kernel.device = &code;
}

NaiveImage::NaiveImage(const NaiveKernel &naive) {
  bytes.append(reinterpret_cast<const char *>(&naive.kernel),
               sizeof(naive.kernel));
  uint64_t code = bytes.size();
  bytes.append(reinterpret_cast<const char *>(&naive.code), sizeof(naive.code));
  // Addresses are offsets so far.
  auto point = [&](uint64_t field, uint64_t target) {
    std::memcpy(&bytes[field], &target, sizeof(target));
    relocations.push_back(field);
  };
  auto text = [&](uint64_t field, const std::string &value) {
    point(field, bytes.size());
    bytes += value + '\0';
  };
  text(offsetof(tconv_kernel, description), naive.description);
  text(offsetof(tconv_kernel, target), naive.target);
  point(offsetof(tconv_kernel, device), code);
  text(code + offsetof(tconv_device_code, code), naive.ptx);
  text(code + offsetof(tconv_device_code, run_entry), naive.code.run_entry);
  text(code + offsetof(tconv_device_code, pack_entry), naive.code.pack_entry);
}

tconv_kernel_image NaiveImage::view() const {
  tconv_kernel_image view = {};
  view.struct_size = sizeof(view);
  view.machine = TCONV_IMAGE_NVPTX;
  view.bytes = bytes.data();
  view.size = bytes.size();
  view.relocations = relocations.data();
  view.relocation_count = relocations.size();
  return view;
}
