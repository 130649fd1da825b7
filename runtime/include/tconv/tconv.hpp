// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/**
 * @file tconv.hpp
 * The C++17 interface of tconv, header only, over tconv.h: a class with
 * MindSpore's arguments and initial weights.
 *
 *     tconv::Options options;
 *     options.padMode = "pad";
 *     options.weightInit = "normal";
 *     tconv::Conv1dTranspose layer(3, 64, 4, options);
 *     std::vector<float> y = layer(std::vector<float>(150, 1.0f), 1, 50);
 *
 * With options.target = "cuda" the same runs on a GPU, with "ascend" on an
 * Ascend, and runOnDevice() takes what is in its memory.
 *
 * Whatever fails throws tconv::TypeError, tconv::ValueError or tconv::Error,
 * and leaves every object as it was.
 */
#ifndef TCONV_TCONV_HPP
#define TCONV_TCONV_HPP

#include <cmath>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tconv/tconv.h"

namespace tconv {

/** A failed call: its status, and the message that names argument and value. */
class Error : public std::exception {
public:
  Error(tconv_status status, std::string message)
      : status_(status),
        message_(std::make_shared<const std::string>(std::move(message))) {}
  const char *what() const noexcept override { return message_->c_str(); }
  tconv_status status() const noexcept { return status_; }

private:
  tconv_status status_;
  // Shared, since copying an exception must not throw.
  std::shared_ptr<const std::string> message_;
};

/** TCONV_INVALID_TYPE: a wrong kind of value. */
class TypeError : public Error {
public:
  explicit TypeError(std::string message)
      : Error(TCONV_INVALID_TYPE, std::move(message)) {}
};

/** TCONV_INVALID_VALUE: a wrong value. */
class ValueError : public Error {
public:
  explicit ValueError(std::string message)
      : Error(TCONV_INVALID_VALUE, std::move(message)) {}
};

/** Throws what a status other than TCONV_OK stands for. */
inline void check(tconv_status status) {
  if (status == TCONV_OK)
    return;
  if (status == TCONV_INVALID_TYPE)
    throw TypeError(tconv_last_error());
  if (status == TCONV_INVALID_VALUE)
    throw ValueError(tconv_last_error());
  throw Error(status, tconv_last_error());
}

/**
 * Initial values of a weight or a bias: a name, a number, the values, or a
 * distribution with its own arguments. Default: the layer's own.
 */
class Initializer {
public:
  Initializer() : Initializer(TCONV_INIT_DEFAULT) {}
  /** "normal", "HeUniform", "xavier_normal", ...; any case. */
  Initializer(const char *name) : Initializer() {
    check(tconv_initializer_by_name(name, &raw_));
  }
  Initializer(const std::string &name) : Initializer(name.c_str()) {}
  Initializer(double number) : Initializer(TCONV_INIT_CONSTANT) {
    raw_.a = number;
  }
  Initializer(int number) : Initializer(static_cast<double>(number)) {}
  /** The tensor's values in C order. */
  Initializer(std::vector<float> values) : Initializer() {
    values_ = std::make_shared<const std::vector<float>>(std::move(values));
  }
  Initializer(const tconv_initializer &raw) : raw_(raw) {}

  /** U(-scale, scale) */
  static Initializer uniform(double scale = 0.07) {
    return make(TCONV_INIT_UNIFORM, scale);
  }
  static Initializer normal(double sigma = 0.01, double mean = 0) {
    return make(TCONV_INIT_NORMAL, mean, sigma);
  }
  /** N(mean, sigma), restricted to the values in [low, high]. */
  static Initializer truncatedNormal(double sigma = 0.01, double mean = 0,
                                     double low = -2, double high = 2) {
    Initializer result = make(TCONV_INIT_TRUNCATED_NORMAL, mean, sigma);
    result.raw_.c = low;
    result.raw_.d = high;
    return result;
  }
  static Initializer
  heUniform(double negativeSlope = 0, tconv_fan_mode mode = TCONV_FAN_IN,
            tconv_nonlinearity nonlinearity = TCONV_LEAKY_RELU) {
    return he(TCONV_INIT_HE_UNIFORM, negativeSlope, mode, nonlinearity);
  }
  static Initializer
  heNormal(double negativeSlope = 0, tconv_fan_mode mode = TCONV_FAN_IN,
           tconv_nonlinearity nonlinearity = TCONV_LEAKY_RELU) {
    return he(TCONV_INIT_HE_NORMAL, negativeSlope, mode, nonlinearity);
  }
  static Initializer xavierUniform(double gain = 1) {
    return make(TCONV_INIT_XAVIER_UNIFORM, gain);
  }
  static Initializer xavierNormal(double gain = 1) {
    return make(TCONV_INIT_XAVIER_NORMAL, gain);
  }
  static Initializer orthogonal(double gain = 1) {
    return make(TCONV_INIT_ORTHOGONAL, gain);
  }
  static Initializer dirac(std::int64_t groups = 1) {
    Initializer result = make(TCONV_INIT_DIRAC, 0);
    result.raw_.group = groups;
    return result;
  }
  static Initializer
  varianceScaling(double scale = 1, tconv_fan_mode mode = TCONV_FAN_IN,
                  tconv_scaling scaling = TCONV_SCALING_TRUNCATED_NORMAL) {
    Initializer result = make(TCONV_INIT_VARIANCE_SCALING, scale);
    result.raw_.mode = mode;
    result.raw_.scaling = scaling;
    return result;
  }

  const tconv_initializer &raw() const { return raw_; }
  /** The values, or NULL where this is a distribution. */
  const std::vector<float> *values() const { return values_.get(); }

private:
  explicit Initializer(tconv_distribution distribution) {
    std::memset(&raw_, 0, sizeof(raw_));
    raw_.struct_size = sizeof(raw_);
    raw_.distribution = distribution;
    raw_.group = 1;
  }
  static Initializer make(tconv_distribution distribution, double a,
                          double b = 0) {
    Initializer result(distribution);
    result.raw_.a = a;
    result.raw_.b = b;
    return result;
  }
  static Initializer he(tconv_distribution distribution, double negativeSlope,
                        tconv_fan_mode mode, tconv_nonlinearity nonlinearity) {
    Initializer result = make(distribution, negativeSlope);
    result.raw_.mode = mode;
    result.raw_.nonlinearity = nonlinearity;
    return result;
  }

  tconv_initializer raw_;
  std::shared_ptr<const std::vector<float>> values_;
};

/** A layer's arguments beyond its first three, with their defaults. */
struct Options {
  std::int64_t stride = 1;
  std::string padMode = "same"; /**< "same", "valid" or "pad" */
  std::int64_t padding = 0;
  std::int64_t dilation = 1;
  std::int64_t group = 1;
  bool hasBias = false;
  Initializer weightInit;
  Initializer biasInit;
  std::int64_t outputPadding = 0; /**< only with "pad" */
  tconv_accuracy accuracy = TCONV_ACCURACY_DEFAULT;
  tconv_dtype dtype = TCONV_F32; /**< of x and y; others on devices only */
  /** "cpu:native", "cuda", "cuda:1", "ascend", ...: see tconv_layer_options. */
  std::string target = "cpu:native";
  /** "mlir", "halide", "halide:Adams2019", ...; empty leaves it open: see
   * tconv_layer_options. */
  std::string engine;
  tconv_parallel_for parallelFor = nullptr; /**< NULL: the runtime's pool */
  void *parallelUser = nullptr;
  /** Whether calls wait for a kernel that has to be compiled. */
  tconv_compilation compilation = TCONV_COMPILE_WAIT;
};

/** 1-D transposed convolution of x (batch, in_channels, length). */
class Conv1dTranspose {
public:
  Conv1dTranspose(std::int64_t inChannels, std::int64_t outChannels,
                  std::int64_t kernelSize, const Options &options = Options())
      : Conv1dTranspose(
            makeParams(inChannels, outChannels, kernelSize, options), options) {
  }

  /** From the general parameters of tconv.h; what `options` says of the same
   * is not looked at. */
  explicit Conv1dTranspose(const tconv_params &params,
                           const Options &options = Options()) {
    // Values take the place of the draws, which would be for nothing.
    tconv_initializer zero = Initializer(0).raw();
    tconv_layer_options raw;
    tconv_layer_options_init(&raw);
    raw.accuracy = options.accuracy;
    raw.target = options.target.c_str();
    raw.engine = options.engine.empty() ? nullptr : options.engine.c_str();
    const Initializer &weight = options.weightInit, &bias = options.biasInit;
    raw.weight_init = weight.values() ? &zero : &weight.raw();
    raw.bias_init = bias.values() ? &zero : &bias.raw();
    raw.parallel_for = options.parallelFor;
    raw.parallel_user = options.parallelUser;
    raw.compilation = options.compilation;
    tconv_layer *layer = nullptr;
    check(tconv_layer_create(&params, &raw, &layer));
    layer_.reset(layer);
    params_ = params;
    if (weight.values())
      setWeight(*weight.values());
    if (bias.values() && params.has_bias)
      setBias(*bias.values());
  }

  const tconv_params &params() const { return params_; }

  std::int64_t outputLength(std::int64_t length) const {
    std::int64_t result = 0;
    check(tconv_layer_output_length(layer_.get(), length, &result));
    return result;
  }

  /** x of (batch, in_channels, length) to y of (batch, out_channels,
   * output_length), both in C order, of the layer's dtype and in the host's
   * memory; they must not overlap. */
  void run(const void *x, std::int64_t batch, std::int64_t length, void *y) {
    check(tconv_layer_run(layer_.get(), x, batch, length, y));
  }

  /** The same in the memory of the layer's GPU: issues the work to `stream`, a
   * CUstream or cudaStream_t, and returns. Without strides, both are in C
   * order. See tconv_layer_run_device. */
  void runOnDevice(const void *x, std::int64_t batch, std::int64_t length,
                   void *y, void *stream = nullptr,
                   const tconv_strides *strides = nullptr) {
    check(tconv_layer_run_device(layer_.get(), x, batch, length, y, strides,
                                 stream));
  }

  /** Number of the GPU that the layer runs on; -1 for the CPU. */
  int device() const {
    std::int32_t result = -1;
    check(tconv_layer_device(layer_.get(), &result));
    return result;
  }

  /** Of float32 layers. */
  std::vector<float> operator()(const std::vector<float> &x, std::int64_t batch,
                                std::int64_t length) {
    if (params_.dtype != TCONV_F32)
      throw TypeError("x holds floats: the layer's dtype is another");
    std::int64_t outLength = outputLength(length);
    checkCount("batch", batch, "x", x.size(), params_.in_channels, length);
    if (batch > 0)
      prepare(length, batch); // refuses a y whose size overflows
    std::vector<float> y(static_cast<std::size_t>(batch) *
                         static_cast<std::size_t>(params_.out_channels) *
                         static_cast<std::size_t>(outLength));
    run(x.data(), batch, length, y.data());
    return y;
  }

  /** A copy of (in_channels, out_channels / group, kernel_size), C order. */
  std::vector<float> weight() const {
    std::vector<float> result(weightSize());
    check(tconv_layer_get_weight(layer_.get(), result.data()));
    return result;
  }
  void setWeight(const std::vector<float> &weight) {
    if (weight.size() != weightSize())
      throw ValueError("weight has " + std::to_string(weight.size()) +
                       " elements: must have " + std::to_string(weightSize()));
    const std::int64_t shape[] = {params_.in_channels,
                                  params_.out_channels / params_.group,
                                  params_.kernel_size};
    check(tconv_layer_set_weight(layer_.get(), weight.data(), shape, 3));
  }

  /** A copy of (out_channels); the layer must have a bias. */
  std::vector<float> bias() const {
    std::vector<float> result(static_cast<std::size_t>(params_.out_channels));
    check(tconv_layer_get_bias(layer_.get(), result.data()));
    return result;
  }
  void setBias(const std::vector<float> &bias) {
    const std::int64_t shape[] = {static_cast<std::int64_t>(bias.size())};
    // An empty vector's data may be NULL, which would be another error.
    const float none = 0;
    check(tconv_layer_set_bias(layer_.get(), bias.empty() ? &none : bias.data(),
                               shape, 1));
  }

  /** Compiles and packs for inputs of about this length. */
  void prepare(std::int64_t length, std::int64_t batch = 1) {
    check(tconv_layer_prepare(layer_.get(), batch, length));
  }

  /** What runs for inputs of this length, as a JSON object. */
  std::string describe(std::int64_t length, std::int64_t batch = 1) {
    std::size_t needed = 0;
    check(
        tconv_layer_describe(layer_.get(), batch, length, nullptr, 0, &needed));
    std::string json(needed, '\0');
    check(tconv_layer_describe(layer_.get(), batch, length, &json[0], needed,
                               nullptr));
    json.resize(needed - 1);
    return json;
  }

private:
  struct Destroy {
    void operator()(tconv_layer *layer) const { tconv_layer_destroy(layer); }
  };

  static tconv_params makeParams(std::int64_t inChannels,
                                 std::int64_t outChannels,
                                 std::int64_t kernelSize,
                                 const Options &options) {
    tconv_params params;
    tconv_params_init(&params);
    params.in_channels = inChannels;
    params.out_channels = outChannels;
    params.kernel_size = kernelSize;
    params.stride = options.stride;
    params.padding = options.padding;
    params.dilation = options.dilation;
    params.group = options.group;
    params.has_bias = options.hasBias ? 1 : 0;
    params.dtype = options.dtype;
    params.output_padding = options.outputPadding;
    if (options.padMode == "same")
      params.pad_mode = TCONV_SAME;
    else if (options.padMode == "valid")
      params.pad_mode = TCONV_VALID;
    else if (options.padMode == "pad")
      params.pad_mode = TCONV_PAD;
    else
      throw ValueError("pad_mode = '" + options.padMode +
                       "': must be 'same', 'valid' or 'pad'");
    return params;
  }

  static void checkCount(const char *batchName, std::int64_t batch,
                         const char *name, std::size_t count,
                         std::int64_t channels, std::int64_t length) {
    if (batch < 0)
      throw ValueError(std::string(batchName) + " = " + std::to_string(batch) +
                       ": must be at least 0");
    // By division, which can't overflow.
    std::size_t rest = count;
    bool fits = batch != 0 || count == 0;
    for (std::int64_t size : {batch, channels, length}) {
      if (size == 0)
        continue;
      std::size_t divisor = static_cast<std::size_t>(size);
      fits = fits && rest % divisor == 0;
      rest /= divisor;
    }
    if (!fits || (batch != 0 && rest != 1))
      throw ValueError(std::string(name) + " has " + std::to_string(count) +
                       " elements: must have " + std::to_string(batch) + " * " +
                       std::to_string(channels) + " * " +
                       std::to_string(length));
  }

  std::size_t weightSize() const {
    return static_cast<std::size_t>(params_.in_channels) *
           static_cast<std::size_t>(params_.out_channels / params_.group) *
           static_cast<std::size_t>(params_.kernel_size);
  }

  tconv_params params_;
  std::unique_ptr<tconv_layer, Destroy> layer_;
};

/** Number of the devices of a kind, "cuda" or "ascend". */
inline int deviceCount(const std::string &kind = "cuda") {
  std::int32_t count = 0;
  check(tconv_device_count_of(kind.c_str(), &count));
  return count;
}
/** What is known of one of them. */
inline tconv_device_info deviceInfo(const std::string &kind, int device) {
  tconv_device_info info = {};
  info.struct_size = sizeof(info);
  check(tconv_device_get_info_of(kind.c_str(), device, &info));
  return info;
}

/** Memory of a device, for those who have no other way to it. */
class DeviceBuffer {
public:
  explicit DeviceBuffer(std::int64_t bytes,
                        const std::string &target = "cuda") {
    tconv_device_buffer *buffer = nullptr;
    check(tconv_device_buffer_create(target.c_str(), bytes, &buffer));
    buffer_.reset(buffer);
  }
  void *pointer() const { return tconv_device_buffer_pointer(buffer_.get()); }
  void write(const void *from, std::int64_t bytes) {
    check(tconv_device_buffer_write(buffer_.get(), from, bytes));
  }
  /** After whatever was issued to the device before. */
  void read(void *to, std::int64_t bytes) const {
    check(tconv_device_buffer_read(buffer_.get(), to, bytes));
  }
  /** Waits for whatever was issued to the device. */
  void wait() const { check(tconv_device_buffer_wait(buffer_.get())); }

private:
  struct Destroy {
    void operator()(tconv_device_buffer *buffer) const {
      tconv_device_buffer_destroy(buffer);
    }
  };
  std::unique_ptr<tconv_device_buffer, Destroy> buffer_;
};

/** Makes the draws of this process repeatable from here on; see
 * tconv_set_seed. */
inline void setSeed(std::uint64_t seed) { check(tconv_set_seed(seed)); }
/** Threads of the runtime's own pool, the caller's included. */
inline void setNumThreads(std::int64_t threads) {
  check(tconv_set_num_threads(threads));
}
inline std::int64_t numThreads() { return tconv_get_num_threads(); }
/** Adds the kernels of a file that `tconv-inspect cache pack` made. */
inline void addPackedCache(const std::string &path) {
  check(tconv_add_packed_cache(path.c_str()));
}

} // namespace tconv

#endif // TCONV_TCONV_HPP
