// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernel/device_plan.h"

#include <algorithm>

using namespace tconv;

namespace {

Status wrong(const std::string &what, int64_t value) {
  return {TCONV_ABI_MISMATCH, "device plan: " + what + " = " +
                                  std::to_string(value) + " makes no sense"};
}

Status checkStep(const tconv_device_step &step, int32_t index) {
  if (step.operation < TCONV_DEVICE_CONSTANT ||
      step.operation > TCONV_DEVICE_MAXIMUM)
    return wrong("operation", step.operation);
  if (step.operation == TCONV_DEVICE_CONSTANT)
    return Status::ok();
  for (int32_t operand : {step.left, step.right})
    if (operand < 0 || operand >= index)
      return wrong("operand of value " + std::to_string(index), operand);
  return Status::ok();
}

/// One step's value; false where it has none.
bool compute(const tconv_device_step &step, const std::vector<int64_t> &values,
             int64_t &result) {
  if (step.operation == TCONV_DEVICE_CONSTANT) {
    result = step.constant;
    return true;
  }
  int64_t left = values[static_cast<size_t>(step.left)];
  int64_t right = values[static_cast<size_t>(step.right)];
  switch (step.operation) {
  case TCONV_DEVICE_ADD:
    return !__builtin_add_overflow(left, right, &result);
  case TCONV_DEVICE_SUBTRACT:
    return !__builtin_sub_overflow(left, right, &result);
  case TCONV_DEVICE_MULTIPLY:
    return !__builtin_mul_overflow(left, right, &result);
  case TCONV_DEVICE_DIVIDE:
  case TCONV_DEVICE_REMAINDER: {
    if (right < 1)
      return false;
    int64_t remainder = left % right;
    if (remainder < 0)
      remainder += right;
    result = step.operation == TCONV_DEVICE_REMAINDER
                 ? remainder
                 : left / right - (left % right < 0 ? 1 : 0);
    return true;
  }
  case TCONV_DEVICE_MINIMUM:
    result = std::min(left, right);
    return true;
  case TCONV_DEVICE_MAXIMUM:
    result = std::max(left, right);
    return true;
  default:
    return false;
  }
}

/// Addresses beyond 2^63 don't occur: devices have fewer bits.
Status evaluate(const tconv_device_plan &plan, const DeviceVariables &variables,
                std::vector<int64_t> &values) {
  values.assign(variables.begin(), variables.end());
  values.reserve(values.size() + static_cast<size_t>(plan.step_count));
  for (int32_t i = 0; i < plan.step_count; ++i) {
    int64_t value = 0;
    if (!compute(plan.steps[i], values, value))
      return {
          TCONV_INVALID_VALUE,
          "batch = " + std::to_string(variables[TCONV_DEVICE_BATCH]) +
              ", length = " + std::to_string(variables[TCONV_DEVICE_LENGTH]) +
              ": a number of the launch doesn't fit 64 bits"};
    values.push_back(value);
  }
  return Status::ok();
}

} // namespace

Status tconv::checkDevicePlan(const tconv_device_plan &plan) {
  constexpr int32_t kMost = 1 << 16; // far above any kernel's
  if (plan.struct_size != sizeof(plan))
    return wrong("struct_size", plan.struct_size);
  if (plan.object_count < 1 || plan.object_count > kMost || !plan.objects)
    return wrong("object_count", plan.object_count);
  if (plan.step_count < 0 || plan.step_count > kMost ||
      (plan.step_count > 0 && !plan.steps))
    return wrong("step_count", plan.step_count);
  if (plan.launch_count < 1 || plan.launch_count > kMost || !plan.launches)
    return wrong("launch_count", plan.launch_count);
  int32_t values = TCONV_DEVICE_VARIABLES + plan.step_count;
  auto isValue = [&](int32_t index) { return index >= 0 && index < values; };
  for (int32_t i = 0; i < plan.object_count; ++i) {
    const tconv_device_object &object = plan.objects[i];
    if (!object.code || object.code_size == 0)
      return wrong("code_size of an object",
                   static_cast<int64_t>(object.code_size));
    if (object.cores != TCONV_DEVICE_MIX && object.cores != TCONV_DEVICE_VECTOR)
      return wrong("cores", object.cores);
  }
  for (int32_t i = 0; i < plan.step_count; ++i)
    if (Status error = checkStep(plan.steps[i], TCONV_DEVICE_VARIABLES + i))
      return error;
  for (int32_t i = 0; i < plan.launch_count; ++i) {
    const tconv_device_launch &launch = plan.launches[i];
    if (launch.struct_size != sizeof(launch))
      return wrong("struct_size of a launch", launch.struct_size);
    if (launch.purpose != TCONV_DEVICE_PACKS &&
        launch.purpose != TCONV_DEVICE_RUNS)
      return wrong("purpose", launch.purpose);
    if (!launch.entry)
      return wrong("entry", 0);
    if (launch.object < 0 || launch.object >= plan.object_count)
      return wrong("object", launch.object);
    if (launch.argument_count < 0 || launch.argument_count > kMost ||
        (launch.argument_count > 0 && !launch.arguments))
      return wrong("argument_count", launch.argument_count);
    for (int32_t axis : launch.grid)
      if (!isValue(axis))
        return wrong("grid", axis);
    if (!isValue(launch.workspace))
      return wrong("workspace", launch.workspace);
    for (int32_t k = 0; k < launch.argument_count; ++k)
      if (!isValue(launch.arguments[k]))
        return wrong("argument", launch.arguments[k]);
  }
  for (int32_t bytes : {plan.pack_workspace_bytes, plan.run_workspace_bytes})
    if (!isValue(bytes))
      return wrong("workspace's bytes", bytes);
  return Status::ok();
}

DeviceVariables tconv::runVariables(const tconv_kernel_args &args,
                                    const DeviceCores &cores) {
  auto address = [](const void *pointer) {
    return static_cast<int64_t>(reinterpret_cast<uintptr_t>(pointer));
  };
  DeviceVariables values = {};
  values[TCONV_DEVICE_WEIGHTS] = address(args.weights);
  values[TCONV_DEVICE_X] = address(args.x);
  values[TCONV_DEVICE_BIAS] = address(args.bias);
  values[TCONV_DEVICE_Y] = address(args.y);
  values[TCONV_DEVICE_BATCH] = args.batch;
  values[TCONV_DEVICE_LENGTH] = args.length;
  values[TCONV_DEVICE_OUTPUT_LENGTH] = args.output_length;
  values[TCONV_DEVICE_X_BATCH_STRIDE] = args.x_batch_stride;
  values[TCONV_DEVICE_X_CHANNEL_STRIDE] = args.x_channel_stride;
  values[TCONV_DEVICE_Y_BATCH_STRIDE] = args.y_batch_stride;
  values[TCONV_DEVICE_Y_CHANNEL_STRIDE] = args.y_channel_stride;
  values[TCONV_DEVICE_CUBE_CORES] = cores.cube;
  values[TCONV_DEVICE_VECTOR_CORES] = cores.vector;
  return values;
}

DeviceVariables tconv::packVariables(uint64_t weight, uint64_t packed,
                                     const DeviceCores &cores) {
  DeviceVariables values = {};
  values[TCONV_DEVICE_WEIGHT] = static_cast<int64_t>(weight);
  values[TCONV_DEVICE_WEIGHTS] = static_cast<int64_t>(packed);
  values[TCONV_DEVICE_CUBE_CORES] = cores.cube;
  values[TCONV_DEVICE_VECTOR_CORES] = cores.vector;
  return values;
}

Status tconv::planWorkspace(const tconv_device_plan &plan,
                            tconv_device_purpose purpose,
                            const DeviceVariables &variables, int64_t &bytes) {
  std::vector<int64_t> values;
  if (Status error = evaluate(plan, variables, values))
    return error;
  bytes = values[static_cast<size_t>(purpose == TCONV_DEVICE_PACKS
                                         ? plan.pack_workspace_bytes
                                         : plan.run_workspace_bytes)];
  return bytes >= 0 ? Status::ok() : wrong("workspace's bytes", bytes);
}

Status tconv::planLaunches(const tconv_device_plan &plan,
                           tconv_device_purpose purpose,
                           const DeviceVariables &variables,
                           std::vector<PlannedLaunch> &launches) {
  std::vector<int64_t> values;
  if (Status error = evaluate(plan, variables, values))
    return error;
  auto value = [&](int32_t index) {
    return values[static_cast<size_t>(index)];
  };
  launches.clear();
  for (int32_t i = 0; i < plan.launch_count; ++i) {
    const tconv_device_launch &launch = plan.launches[i];
    if (launch.purpose != purpose)
      continue;
    PlannedLaunch planned = {&launch, {}, value(launch.workspace), {}};
    int64_t blocks = 1;
    for (size_t axis = 0; axis < planned.grid.size(); ++axis) {
      int64_t size = value(launch.grid[axis]);
      if (size < 0)
        return wrong("blocks of " + std::string(launch.entry), size);
      // Where it is too many, 0 along another axis still makes it none.
      blocks = size == 0 ? 0
                         : std::min(blocks, kMostPlannedBlocks + 1) *
                               std::min(size, kMostPlannedBlocks + 1);
      planned.grid[axis] =
          static_cast<int32_t>(std::min(size, kMostPlannedBlocks + 1));
    }
    if (std::find(planned.grid.begin(), planned.grid.end(), 0) !=
        planned.grid.end())
      continue;
    if (blocks > kMostPlannedBlocks)
      return {
          TCONV_INVALID_VALUE,
          "batch = " + std::to_string(variables[TCONV_DEVICE_BATCH]) +
              ", length = " + std::to_string(variables[TCONV_DEVICE_LENGTH]) +
              ": kernel " + launch.entry + " would have more blocks than the " +
              std::to_string(kMostPlannedBlocks) + " that a launch can have"};
    for (int32_t k = 0; k < launch.argument_count; ++k)
      planned.arguments.push_back(value(launch.arguments[k]));
    launches.push_back(std::move(planned));
  }
  return Status::ok();
}
