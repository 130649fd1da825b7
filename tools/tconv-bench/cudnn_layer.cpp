// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-bench/cudnn_layer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/half.h"

namespace tconv::tools {
namespace {

/// Algorithms that want more memory than this are left out.
constexpr size_t kMostWorkspace = size_t(4) << 30;
constexpr int kTimedTries = 3;

int cudnnType(int32_t dtype) {
  switch (dtype) {
  case TCONV_F16:
    return cudnn::kHalf;
  case TCONV_BF16:
    return cudnn::kBFloat16;
  default:
    return cudnn::kFloat;
  }
}

const char *mathName(int math) {
  switch (math) {
  case cudnn::kDefaultMath:
    return "DEFAULT_MATH";
  case cudnn::kTensorOpMath:
    return "TENSOR_OP_MATH";
  case cudnn::kFmaMath:
    return "FMA_MATH";
  default:
    return "another math";
  }
}

/// What cuDNN may do to the factors: f32 stays f32 unless TF32 is asked for.
int mathOf(int32_t dtype, tconv_accuracy accuracy) {
  if (dtype != TCONV_F32)
    return cudnn::kTensorOpMath;
  return accuracy == TCONV_ACCURACY_TF32 ? cudnn::kDefaultMath
                                         : cudnn::kFmaMath;
}

/// The distance between two neighbours of a dtype at a value.
float spacing(int32_t dtype, float value) {
  int digits = dtype == TCONV_F16 ? 10 : dtype == TCONV_BF16 ? 7 : 23;
  int smallest = dtype == TCONV_F16 ? -14 : -126;
  int exponent = smallest;
  if (value != 0)
    exponent = std::max(std::ilogb(value), smallest);
  return std::ldexp(1.0F, exponent - digits);
}

/// A size that cuDNN takes as an int.
Status narrow(const char *name, int64_t value, int &result) {
  if (value > std::numeric_limits<int>::max())
    return {TCONV_UNSUPPORTED, std::string(name) + " = " +
                                   std::to_string(value) +
                                   ": cuDNN takes 32 bits"};
  result = static_cast<int>(value);
  return Status::ok();
}

} // namespace

Status cudnnShape(const LayerEntry &entry, CudnnShape &shape) {
  GeneralForm form = generalForm(entry.params);
  int64_t extent = form.dilation * (form.kernelSize - 1) + 1;
  int64_t whole = (entry.shape.length - 1) * form.stride + extent;
  // With padding p, a convolution of stride s has the input length L where its
  // own input is from whole - 2 p to whole - 2 p + s - 1 long.
  int64_t longer = entry.outputLength - (whole - 2 * form.cropBegin);
  int64_t first = std::max<int64_t>(longer - (form.stride - 1), 0);
  int64_t padding = form.cropBegin - first;
  if (padding < 0)
    return {TCONV_UNSUPPORTED, "cuDNN pads both sides alike, and has no "
                               "convolution for these crops"};
  if (Status error = narrow("crop_begin", padding, shape.padding))
    return error;
  shape.first = first;
  shape.length = entry.outputLength + first + std::max<int64_t>(-longer, 0);
  return Status::ok();
}

CudnnLayer::CudnnLayer(const CudnnLibrary &library, const BenchDevice &device,
                       const LayerEntry &entry, DeviceArrays &arrays)
    : library_(library), api_(library.api()), device_(device), entry_(entry),
      arrays_(arrays) {}

CudnnLayer::~CudnnLayer() {
  for (cudnn::Tensor tensor : {x_, y_, biasLayout_})
    if (tensor)
      (void)api_.tensorDestroy(tensor);
  if (filter_)
    (void)api_.filterDestroy(filter_);
  if (convolution_)
    (void)api_.convolutionDestroy(convolution_);
}

Status CudnnLayer::describe(tconv_accuracy accuracy) {
  if (Status error = cudnnShape(entry_, shape_))
    return error;
  GeneralForm form = generalForm(entry_.params);
  int batch, in, out, perGroup, taps, stride, dilation, groups, length, wide;
  const struct {
    const char *name;
    int64_t value;
    int &result;
  } sizes[] = {{"batch", entry_.shape.batch, batch},
               {"in_channels", form.inChannels, in},
               {"out_channels", form.outChannels, out},
               {"out_channels", form.outChannels / form.groups, perGroup},
               {"kernel_size", form.kernelSize, taps},
               {"stride", form.stride, stride},
               {"dilation", form.dilation, dilation},
               {"group", form.groups, groups},
               {"length", entry_.shape.length, length},
               {"output length", shape_.length, wide}};
  for (const auto &size : sizes)
    if (Status error = narrow(size.name, size.value, size.result))
      return error;
  int type = cudnnType(entry_.params.dtype);
  auto tensor = [&](cudnn::Tensor &made, int n, int c, int w) -> Status {
    if (Status error = library_.status("cudnnCreateTensorDescriptor",
                                       api_.tensorCreate(&made)))
      return error;
    return library_.status(
        "cudnnSetTensor4dDescriptor",
        api_.tensorSet(made, cudnn::kNCHW, type, n, c, 1, w));
  };
  if (Status error = tensor(x_, batch, in, length))
    return error;
  if (Status error = tensor(y_, batch, out, wide))
    return error;
  if (Status error = tensor(biasLayout_, 1, out, 1))
    return error;
  if (Status error = library_.status("cudnnCreateFilterDescriptor",
                                     api_.filterCreate(&filter_)))
    return error;
  if (Status error = library_.status(
          "cudnnSetFilter4dDescriptor",
          api_.filterSet(filter_, type, cudnn::kNCHW, in, perGroup, 1, taps)))
    return error;
  if (Status error = library_.status("cudnnCreateConvolutionDescriptor",
                                     api_.convolutionCreate(&convolution_)))
    return error;
  if (Status error = library_.status(
          "cudnnSetConvolution2dDescriptor",
          api_.convolutionSet(convolution_, 0, shape_.padding, 1, stride, 1,
                              dilation, cudnn::kCrossCorrelation,
                              cudnn::kFloat)))
    return error;
  if (Status error =
          library_.status("cudnnSetConvolutionGroupCount",
                          api_.convolutionGroups(convolution_, groups)))
    return error;
  return library_.status(
      "cudnnSetConvolutionMathType",
      api_.convolutionMath(convolution_,
                           mathOf(entry_.params.dtype, accuracy)));
}

Status CudnnLayer::convolve(const Choice &choice) {
  const float one = 1, zero = 0;
  auto at = [](const std::unique_ptr<DeviceMemory> &memory) {
    return memory ? reinterpret_cast<void *>(memory->address()) : nullptr;
  };
  return library_.status("cudnnConvolutionBackwardData",
                         api_.backwardData(library_.handle(), &one, filter_,
                                           at(weight_), x_, arrays_.x(),
                                           convolution_, choice.algorithm,
                                           at(workspace_), choice.workspace,
                                           &zero, y_, at(result_)));
}

Status CudnnLayer::addBias() {
  if (!bias_)
    return Status::ok();
  const float one = 1;
  return library_.status(
      "cudnnAddTensor",
      api_.addTensor(library_.handle(), &one, biasLayout_,
                     reinterpret_cast<void *>(bias_->address()), &one, y_,
                     reinterpret_cast<void *>(result_->address())));
}

Status CudnnLayer::issue() {
  if (Status error = convolve(chosen_))
    return error;
  return addBias();
}

Status CudnnLayer::read(std::vector<float> &y) {
  int64_t rows = entry_.shape.batch * entry_.params.out_channels;
  std::vector<float> wide(static_cast<size_t>(rows * shape_.length));
  if (Status error = arrays_.download(*result_, wide))
    return error;
  y.resize(static_cast<size_t>(entry_.outputElements()));
  for (int64_t row = 0; row < rows; ++row)
    std::copy_n(wide.begin() + row * shape_.length + shape_.first,
                entry_.outputLength, y.begin() + row * entry_.outputLength);
  return Status::ok();
}

/// A sum in the dtype, of what was judged: one rounding of a known value.
Status CudnnLayer::checkBias(const std::vector<float> &without) {
  if (Status error = addBias())
    return error;
  std::vector<float> with;
  if (Status error = read(with))
    return error;
  for (size_t i = 0; i < with.size(); ++i) {
    auto channel = static_cast<int64_t>(i) / entry_.outputLength %
                   entry_.params.out_channels;
    float sum = without[i] + biasValues_[static_cast<size_t>(channel)];
    if (!(std::fabs(with[i] - sum) <= spacing(entry_.params.dtype, sum)))
      return {TCONV_INTERNAL, "cudnnAddTensor: element " + std::to_string(i) +
                                  " is " + std::to_string(with[i]) + ", not " +
                                  std::to_string(sum)};
  }
  return Status::ok();
}

Status CudnnLayer::tryChoice(Choice &choice, const Judge &judge,
                             double &seconds) {
  if (Status error =
          library_.status("cudnnSetConvolutionMathType",
                          api_.convolutionMath(convolution_, choice.math)))
    return error;
  if (Status error = library_.status(
          "cudnnGetConvolutionBackwardDataWorkspaceSize",
          api_.workspaceSize(library_.handle(), filter_, x_, convolution_, y_,
                             choice.algorithm, &choice.workspace)))
    return error;
  if (choice.workspace > kMostWorkspace)
    return {TCONV_UNSUPPORTED, "wants " + std::to_string(choice.workspace) +
                                   " bytes of workspace"};
  auto bytes = static_cast<int64_t>(choice.workspace);
  if (bytes > 0 && (!workspace_ || workspace_->bytes() < bytes)) {
    workspace_.reset();
    if (Status error =
            device_.context().allocate(bytes, "cuDNN's workspace", workspace_))
      return error;
  }
  // What it doesn't write is no number.
  std::vector<float> y(
      static_cast<size_t>(entry_.shape.batch * entry_.params.out_channels *
                          shape_.length),
      std::numeric_limits<float>::quiet_NaN());
  if (Status error = arrays_.upload(y, result_, "y of cuDNN"))
    return error;
  if (Status error = convolve(choice))
    return error;
  if (Status error = read(y))
    return error;
  if (Status error = judge(y, choice.algorithm > cudnn::kGemm1))
    return error;
  if (bias_)
    if (Status error = checkBias(y))
      return error;
  chosen_ = choice;
  seconds = std::numeric_limits<double>::infinity();
  int64_t perSample = 0;
  for (int i = 0; i < kTimedTries; ++i) {
    double sample = 0;
    if (Status error = arrays_.time([&] { return issue(); }, perSample, sample))
      return error;
    seconds = std::min(seconds, sample);
  }
  return Status::ok();
}

Status CudnnLayer::prepare(const std::vector<float> &weight,
                           const std::vector<float> &bias,
                           tconv_accuracy accuracy, const Judge &judge) {
  if (Status error = library_.status(
          "cudnnSetStream",
          api_.setStream(library_.handle(),
                         static_cast<cudnn::Stream>(arrays_.stream()))))
    return error;
  if (Status error = describe(accuracy))
    return error;
  description_["cudnn_version"] = library_.version();
  description_["output_positions"] = shape_.length;
  description_["exact_output"] = shape_.isExact(entry_);
  if (Status error = arrays_.upload(weight, weight_, "weight of cuDNN"))
    return error;
  biasValues_ = bias;
  if (!bias.empty())
    if (Status error = arrays_.upload(bias, bias_, "bias of cuDNN"))
      return error;

  int most = 0, count = 0;
  if (Status error =
          library_.status("cudnnGetConvolutionBackwardDataAlgorithmMaxCount",
                          api_.algorithmCount(library_.handle(), &most)))
    return error;
  std::vector<cudnn::Performance> known(static_cast<size_t>(std::max(most, 1)));
  if (Status error = library_.status(
          "cudnnGetConvolutionBackwardDataAlgorithm_v7",
          api_.algorithms(library_.handle(), filter_, x_, convolution_, y_,
                          static_cast<int>(known.size()), &count,
                          known.data())))
    return error;
  known.resize(static_cast<size_t>(std::clamp(count, 0, most)));

  int math = mathOf(entry_.params.dtype, accuracy);
  Choice best;
  double bestSeconds = std::numeric_limits<double>::infinity();
  Status worst;
  auto &tried = description_["algorithms"] = nlohmann::ordered_json::array();
  for (const cudnn::Performance &candidate : known) {
    Choice choice;
    choice.algorithm = candidate.algorithm;
    // f32 stays what was asked for; halves may do without tensor cores.
    choice.math = entry_.params.dtype == TCONV_F32 ? math : candidate.math;
    nlohmann::ordered_json one = {{"algorithm", choice.algorithm},
                                  {"math", mathName(choice.math)}};
    bool twice = std::any_of(tried.begin(), tried.end(), [&](const auto &old) {
      return old["algorithm"] == one["algorithm"] && old["math"] == one["math"];
    });
    if (twice || choice.math == cudnn::kTensorOpMathAllowConversion)
      continue;
    double seconds = 0;
    Status outcome = library_.status("heuristics", candidate.status);
    if (!outcome)
      outcome = tryChoice(choice, judge, seconds);
    if (outcome) {
      one["refused"] = outcome.message();
      // The first one, or what says more than that it could not be had.
      if (!worst || (worst.code() == TCONV_UNSUPPORTED &&
                     outcome.code() != TCONV_UNSUPPORTED))
        worst = {outcome.code(), "algorithm " +
                                     std::to_string(choice.algorithm) + ": " +
                                     outcome.message()};
    } else {
      one["workspace_bytes"] = choice.workspace;
      one["seconds"] = seconds;
      if (seconds < bestSeconds) {
        bestSeconds = seconds;
        best = choice;
      }
    }
    tried.push_back(std::move(one));
  }
  if (best.algorithm < 0)
    return worst ? worst
                 : Status(TCONV_UNSUPPORTED,
                          "cuDNN has no algorithm for this layer");
  chosen_ = best;
  description_["algorithm"] = best.algorithm;
  description_["math"] = mathName(best.math);
  description_["workspace_bytes"] = best.workspace;
  return library_.status("cudnnSetConvolutionMathType",
                         api_.convolutionMath(convolution_, best.math));
}

std::string CudnnLayer::way() const {
  return "algorithm " + std::to_string(chosen_.algorithm) + ", " +
         mathName(chosen_.math);
}

} // namespace tconv::tools
