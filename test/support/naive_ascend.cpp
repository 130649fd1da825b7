// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "support/naive_ascend.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "support/half.h"

using namespace tconv;
using namespace tconv::test;

namespace {

constexpr int kWrong = 507015;
constexpr uint64_t kSyncAddress = 0x5ace0000; // the fake's
constexpr const char *kNames = "\177ELF<pack><product><store>";
constexpr size_t kHeader = 64; ///< bytes before the numbers

/// The layer, as it stands in an object.
struct Numbers {
  int64_t in, out, taps, stride, dilation, groups, crop, dtype;
};

/// A launch's parameters, one after the other.
struct Reader {
  const char *at;
  template <typename T> T next() {
    T value;
    std::memcpy(&value, at, sizeof(value));
    at += sizeof(value);
    return value;
  }
  template <typename T> T *pointer() {
    return reinterpret_cast<T *>(next<uint64_t>());
  }
};

float element(int64_t dtype, const char *base, int64_t index) {
  float value;
  toFloats(static_cast<int32_t>(dtype),
           base + index * dtypeBytes(static_cast<int32_t>(dtype)), 1, &value);
  return value;
}

/// One output, without its bias.
float sumOf(const Numbers &n, const char *x, int64_t channelStride,
            int64_t length, const char *weights, int64_t co, int64_t t) {
  int64_t inputs = n.in / n.groups, outputs = n.out / n.groups;
  int64_t group = co / outputs;
  float sum = 0;
  for (int64_t ci = group * inputs; ci < (group + 1) * inputs; ++ci)
    for (int64_t k = 0; k < n.taps; ++k) {
      int64_t at = t + n.crop - k * n.dilation;
      if (at < 0 || at % n.stride != 0 || at / n.stride >= length)
        continue;
      sum +=
          element(n.dtype, x, ci * channelStride + at / n.stride) *
          element(n.dtype, weights, (ci * outputs + co % outputs) * n.taps + k);
    }
  return sum;
}

} // namespace

int tconv::test::runNaiveAscend(const void *object, size_t objectSize,
                                const char *name, uint32_t blocks,
                                const void *parameters, size_t parameterSize) {
  Numbers n;
  if (objectSize != kHeader + sizeof(n))
    return kWrong;
  std::memcpy(&n, static_cast<const char *>(object) + kHeader, sizeof(n));
  Reader reader{static_cast<const char *>(parameters)};
  if (reader.next<uint64_t>() != kSyncAddress)
    return kWrong;
  float *sums = reader.pointer<float>();
  auto dtype = static_cast<int32_t>(n.dtype);
  int64_t bytes = dtypeBytes(dtype);
  auto endsAfter = [&](int64_t arguments) {
    Reader grid{static_cast<const char *>(parameters) + 16 + 8 * arguments};
    int64_t all = 1;
    for (int axis = 0; axis < 3; ++axis)
      all *= grid.next<int32_t>();
    return static_cast<size_t>(16 + 8 * arguments + 12) == parameterSize &&
           all == blocks;
  };
  if (std::strcmp(name, "pack") == 0) {
    if (!endsAfter(3))
      return kWrong;
    char *from = reader.pointer<char>(), *to = reader.pointer<char>();
    std::memcpy(to, from, reader.next<uint64_t>());
    return 0;
  }
  if (std::strcmp(name, "product") == 0) {
    if (!endsAfter(7))
      return kWrong;
    const char *x = reader.pointer<char>(), *weights = reader.pointer<char>();
    auto batch = reader.next<int64_t>(), length = reader.next<int64_t>(),
         output = reader.next<int64_t>(), batchStride = reader.next<int64_t>(),
         channelStride = reader.next<int64_t>();
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t co = 0; co < n.out; ++co)
        for (int64_t t = 0; t < output; ++t)
          sums[(b * n.out + co) * output + t] =
              sumOf(n, x + b * batchStride * bytes, channelStride, length,
                    weights, co, t);
    return 0;
  }
  if (std::strcmp(name, "store") != 0 || !endsAfter(6))
    return kWrong;
  const char *bias = reader.pointer<char>();
  char *y = reader.pointer<char>();
  auto batch = reader.next<int64_t>(), output = reader.next<int64_t>(),
       batchStride = reader.next<int64_t>(),
       channelStride = reader.next<int64_t>();
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t co = 0; co < n.out; ++co)
      for (int64_t t = 0; t < output; ++t) {
        float sum = sums[(b * n.out + co) * output + t] +
                    (bias ? element(n.dtype, bias, co) : 0);
        fromFloats(dtype, &sum, 1,
                   y + (b * batchStride + co * channelStride + t) * bytes);
      }
  return 0;
}

NaiveAscend::NaiveAscend(const tconv_params &params, const char *forTarget)
    : target(forTarget), description("{\"schedule\": \"naive\"}"), object{},
      plan{}, device{}, kernel{} {
  GeneralForm form = generalForm(params);
  Numbers n = {form.inChannels, form.outChannels, form.kernelSize, form.stride,
               form.dilation,   form.groups,      form.cropBegin,  form.dtype};
  code = kNames;
  code.resize(kHeader);
  code.append(reinterpret_cast<const char *>(&n), sizeof(n));
  object = {code.data(), code.size(), TCONV_DEVICE_MIX, 0};

  auto step = [&](int32_t operation, int32_t left, int32_t right,
                  int64_t constant = 0) {
    steps.push_back({operation, left, right, 0, constant});
    return static_cast<int32_t>(TCONV_DEVICE_VARIABLES + steps.size() - 1);
  };
  auto constant = [&](int64_t value) {
    return step(TCONV_DEVICE_CONSTANT, 0, 0, value);
  };
  int64_t weights = form.inChannels * (form.outChannels / form.groups) *
                    form.kernelSize * dtypeBytes(form.dtype);
  int32_t one = constant(1), zero = constant(0), all = constant(weights),
          channels = constant(form.outChannels), tile = constant(kTile);
  int32_t rounded =
      step(TCONV_DEVICE_ADD, TCONV_DEVICE_OUTPUT_LENGTH, constant(kTile - 1));
  int32_t tiles = step(TCONV_DEVICE_DIVIDE, rounded, tile);
  int32_t sums = step(TCONV_DEVICE_MULTIPLY,
                      step(TCONV_DEVICE_MULTIPLY, TCONV_DEVICE_BATCH, channels),
                      step(TCONV_DEVICE_MULTIPLY, TCONV_DEVICE_OUTPUT_LENGTH,
                           constant(sizeof(float))));
  arguments = {{TCONV_DEVICE_WEIGHT, TCONV_DEVICE_WEIGHTS, all},
               {TCONV_DEVICE_X, TCONV_DEVICE_WEIGHTS, TCONV_DEVICE_BATCH,
                TCONV_DEVICE_LENGTH, TCONV_DEVICE_OUTPUT_LENGTH,
                TCONV_DEVICE_X_BATCH_STRIDE, TCONV_DEVICE_X_CHANNEL_STRIDE},
               {TCONV_DEVICE_BIAS, TCONV_DEVICE_Y, TCONV_DEVICE_BATCH,
                TCONV_DEVICE_OUTPUT_LENGTH, TCONV_DEVICE_Y_BATCH_STRIDE,
                TCONV_DEVICE_Y_CHANNEL_STRIDE}};
  auto launch = [&](int32_t purpose, const char *entry, int32_t x, int32_t y,
                    int32_t z) {
    std::vector<int32_t> &own = arguments[launches.size()];
    launches.push_back({sizeof(tconv_device_launch),
                        purpose,
                        entry,
                        0,
                        {x, y, z},
                        TCONV_DEVICE_WORKSPACE,
                        static_cast<int32_t>(own.size()),
                        own.data(),
                        {}});
  };
  launch(TCONV_DEVICE_PACKS, "pack", one, one, one);
  launch(TCONV_DEVICE_RUNS, "product", tiles, channels, TCONV_DEVICE_BATCH);
  launch(TCONV_DEVICE_RUNS, "store", tiles, channels, TCONV_DEVICE_BATCH);

  plan.struct_size = sizeof(plan);
  plan.object_count = 1;
  plan.step_count = static_cast<int32_t>(steps.size());
  plan.launch_count = static_cast<int32_t>(launches.size());
  plan.objects = &object;
  plan.steps = steps.data();
  plan.launches = launches.data();
  plan.pack_workspace_bytes = zero;
  plan.run_workspace_bytes = sums;
  device.struct_size = sizeof(device);
  device.format = TCONV_DEVICE_ASCEND;
  device.plan = &plan;

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
  kernel.packed_bytes = weights;
  kernel.task_positions = 1;
  kernel.task_columns = 1;
  kernel.description = description.c_str();
  kernel.target = target.c_str();
  kernel.length_class = TCONV_LENGTH_BULK;
  kernel.accuracy = TCONV_ACCURACY_DIRECT;
  kernel.device = &device;
}

NaiveAscendImage::NaiveAscendImage(const NaiveAscend &naive) {
  auto append = [&](const void *from, size_t size) {
    bytes.resize((bytes.size() + 7) / 8 * 8);
    uint64_t at = bytes.size();
    bytes.append(static_cast<const char *>(from), size);
    return at;
  };
  // Addresses are offsets so far.
  auto point = [&](uint64_t field, uint64_t to) {
    std::memcpy(&bytes[field], &to, sizeof(to));
    relocations.push_back(field);
  };
  auto text = [&](uint64_t field, const std::string &value) {
    point(field, append(value.c_str(), value.size() + 1));
  };
  append(&naive.kernel, sizeof(naive.kernel));
  uint64_t device = append(&naive.device, sizeof(naive.device));
  planAt = append(&naive.plan, sizeof(naive.plan));
  uint64_t object = append(&naive.object, sizeof(naive.object));
  uint64_t steps =
      append(naive.steps.data(), naive.steps.size() * sizeof(naive.steps[0]));
  uint64_t launches = append(naive.launches.data(),
                             naive.launches.size() * sizeof(naive.launches[0]));
  text(offsetof(tconv_kernel, description), naive.description);
  text(offsetof(tconv_kernel, target), naive.target);
  point(offsetof(tconv_kernel, device), device);
  point(device + offsetof(tconv_device_code, plan), planAt);
  point(planAt + offsetof(tconv_device_plan, objects), object);
  point(planAt + offsetof(tconv_device_plan, steps), steps);
  point(planAt + offsetof(tconv_device_plan, launches), launches);
  point(object + offsetof(tconv_device_object, code),
        append(naive.code.data(), naive.code.size()));
  for (size_t i = 0; i < naive.launches.size(); ++i) {
    uint64_t at = launches + i * sizeof(tconv_device_launch);
    text(at + offsetof(tconv_device_launch, entry), naive.launches[i].entry);
    point(at + offsetof(tconv_device_launch, arguments),
          append(naive.arguments[i].data(),
                 naive.arguments[i].size() * sizeof(int32_t)));
  }
  std::sort(relocations.begin(), relocations.end());
}

tconv_kernel_image NaiveAscendImage::view() const {
  tconv_kernel_image view = {};
  view.struct_size = sizeof(view);
  view.machine = TCONV_IMAGE_ASCEND;
  view.bytes = bytes.data();
  view.size = bytes.size();
  view.relocations = relocations.data();
  view.relocation_count = relocations.size();
  return view;
}
