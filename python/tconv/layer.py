# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The layer: parameters, weights, and a call on arrays."""

import json
import warnings
from ctypes import (
    byref,
    c_int64,
    c_size_t,
    create_string_buffer,
    pointer,
)

import numpy as np

from tconv import _check, _native
from tconv import device as _device
from tconv import initializer as _initializer
from tconv.device_layer import OnDevice, target_of
from tconv.frameworks import FromFrameworks

_PARAMETERS = (
    "in_channels",
    "out_channels",
    "kernel_size",
    "stride",
    "padding",
    "dilation",
    "group",
    "output_padding",
    "crop_begin",
    "crop_end",
    "output_length",
)
_FLOAT32 = np.dtype(np.float32)
_warned = []  # not empty: of the missing compiler, in this process
_MODE_NAMES = {value: name for name, value in _native.PAD_MODES.items()}
_MODE_NAMES[_native.CROP] = "crop"


class Conv1dTranspose(FromFrameworks, OnDevice):
    """1-D transposed convolution with MindSpore's arguments.

    x is (N, in_channels, Lin), the result (N, out_channels, Lout), the weight
    (in_channels, out_channels / group, kernel_size), the bias (out_channels),
    all float32; x and the result are of the layer's dtype. With eff = dilation * (kernel_size - 1) + 1, Lout is
      pad:    (Lin - 1) * stride - 2 * padding + eff + output_padding
      valid:  Lin * stride + max(eff - stride, 0)
      same:   Lin * stride

    Args:
      in_channels, out_channels, kernel_size: ints >= 1.
      stride, dilation: ints >= 1.
      pad_mode: 'same', 'valid' or 'pad'.
      padding: int >= 0, cropped from both sides; only with 'pad'.
      group: int that divides both channel counts.
      has_bias: bool.
      weight_init, bias_init: a tensor (numpy array or one with __dlpack__), a
        number, a name in any case ('normal', 'he_uniform', ...), an object of
        tconv.initializer, or None for the default: HeUniform(sqrt(5)) for the
        weight, U(-1/sqrt(fan_in), 1/sqrt(fan_in)) for the bias. bias_init is
        not looked at without has_bias.
      accuracy: 'direct' allows direct kernels only; 'default' also fast
        algorithms that keep float32's accuracy; 'tf32', on GPUs, rounds x and
        the weight to TF32.
      target: what to compile for, such as 'cpu:native' (the default),
        'cpu:x86-64-v3' or 'reference'.
      engine: who makes the kernels: 'mlir', 'halide', or 'halide:' and one of
        Halide's autoschedulers, such as 'halide:Adams2019'. None is 'mlir', or
        what a tuning file chooses.
      output_padding: int < stride or < dilation, lengthens the right side with
        real taps; only with 'pad'.
      device: 'cpu', 'cuda', 'cuda:N', 'ascend' or 'ascend:N', in place of
        target. On a GPU or an Ascend, the
        layer takes arrays of the host (numpy) and arrays of the device
        (DLPack, __cuda_array_interface__), and gives the like.
      compilation: what a call does for whose length there is no kernel yet.
        'wait' compiles it first; 'background' computes without it, as the
        reference does but by vectors, and takes the kernel from when it is
        ready, so that results differ in rounding then.
      dtype: 'float32', or on a GPU 'float16' or 'bfloat16', of x and the
        result. Sums are float32 in any case.

    Raises:
      TypeError: an argument is of a wrong kind; bool is no int.
      ValueError: an argument has a wrong value.
      MemoryError: the sizes are legal but can't be had.
      RuntimeError: no kernel can be made, with the compiler's words; there is
        no such device, or it fails, with the driver's.
    """

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        pad_mode="same",
        padding=0,
        dilation=1,
        group=1,
        has_bias=False,
        weight_init=None,
        bias_init=None,
        *,
        accuracy="default",
        target=None,
        engine=None,
        output_padding=0,
        device=None,
        dtype="float32",
        compilation="wait",
    ):
        mode = _check.choice("pad_mode", pad_mode, tuple(_native.PAD_MODES))
        self._setup(
            {
                "in_channels": in_channels,
                "out_channels": out_channels,
                "kernel_size": kernel_size,
                "stride": stride,
                "padding": padding,
                "dilation": dilation,
                "group": group,
                "output_padding": output_padding,
            },
            _native.PAD_MODES[mode],
            has_bias,
            weight_init,
            bias_init,
            accuracy,
            target_of(device, target),
            engine,
            dtype,
            compilation,
        )

    @classmethod
    def general(
        cls,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        crop_begin=0,
        crop_end=0,
        dilation=1,
        group=1,
        has_bias=False,
        weight_init=None,
        bias_init=None,
        *,
        output_length=None,
        accuracy="default",
        target=None,
        engine=None,
        device=None,
        dtype="float32",
        compilation="wait",
    ):
        """A layer in the general form: of the uncropped result, of length
        (Lin - 1) * stride + eff, crop_begin elements go on the left and
        crop_end on the right; a negative crop lengthens that side with the
        bias alone. With output_length (int >= 1) every result has exactly
        that length, and crop_end must be 0."""
        self = cls.__new__(cls)
        sizes = {
            "in_channels": in_channels,
            "out_channels": out_channels,
            "kernel_size": kernel_size,
            "stride": stride,
            "dilation": dilation,
            "group": group,
            "crop_begin": crop_begin,
            "crop_end": crop_end,
        }
        if output_length is not None:
            length = _check.integer("output_length", output_length)
            if length < 1:  # 0 means "not given" in C
                raise ValueError(f"output_length must be >= 1, not {length}")
            if _check.integer("crop_end", crop_end) != 0:
                raise ValueError(
                    f"crop_end must be 0 with output_length, not {crop_end}"
                )
            sizes["output_length"] = length
        self._setup(
            sizes,
            _native.CROP,
            has_bias,
            weight_init,
            bias_init,
            accuracy,
            target_of(device, target),
            engine,
            dtype,
            compilation,
        )
        return self

    def _setup(
        self,
        sizes,
        mode,
        has_bias,
        weight_init,
        bias_init,
        accuracy,
        target,
        engine,
        dtype,
        compilation,
    ):
        params = _native.Params()
        _native.lib.tconv_params_init(byref(params))
        for name, value in sizes.items():
            setattr(params, name, _check.integer(name, value))
        params.pad_mode = mode
        params.dtype = _native.DTYPES[
            _check.choice("dtype", dtype, tuple(_native.DTYPES))
        ]
        params.has_bias = _check.boolean("has_bias", has_bias)
        _native.check(_native.lib.tconv_params_check(byref(params)))

        options = _native.LayerOptions()
        _native.lib.tconv_layer_options_init(byref(options))
        options.accuracy = _native.ACCURACIES[
            _check.choice("accuracy", accuracy, tuple(_native.ACCURACIES))
        ]
        if target is not None:
            options.target = _check.c_string("target", target)
        if engine is not None:
            options.engine = _check.c_string("engine", engine)
        options.compilation = _native.COMPILATIONS[
            _check.choice(
                "compilation", compilation, tuple(_native.COMPILATIONS)
            )
        ]

        # Everything is checked before the layer exists: a refusal must not
        # draw numbers or leave half a layer.
        shape = (
            params.in_channels,
            params.out_channels // params.group,
            params.kernel_size,
        )
        options.weight_init, weight = _initial(
            "weight_init", weight_init, shape
        )
        bias = None
        if params.has_bias:
            options.bias_init, bias = _initial(
                "bias_init", bias_init, (params.out_channels,)
            )
        self._params = params
        self._accuracy = accuracy
        self._target = target
        self._engine = engine
        self._dtype = dtype
        self._compilation = compilation
        self._weight_init = _summary(weight_init)
        self._bias_init = _summary(bias_init)
        self._channels_last = False
        self._only_length = None
        self._handle = _native.Handle(params, options)
        self._has_run = False
        if weight is not None:
            self._set("weight", weight)
        if bias is not None:
            self._set("bias", bias)

    def __call__(self, x, out=None, stream=None):
        """The layer on x, (N, in_channels, Lin) of any strides; N may be 0.

        Returns (N, out_channels, Lout): a new array, or `out`, a C-contiguous
        array of that shape that shares no memory with x. The layout of
        both is NLC for a layer made by from_keras.

        Where the layer and x are on a GPU, the work is issued to `stream`, a
        CUDA or AscendCL stream's address as an int (torch.cuda.Stream.cuda_stream), or the
        default one; x may have any strides that keep its positions side by
        side. The result is a DeviceArray, or `out`, a device's array; x and
        out must stay until the stream is there. Its memory costs a wait for
        the device when it goes, which `out` saves.

        Raises:
          TypeError: x or out is no array, or its dtype isn't the layer's.
          ValueError: x has a wrong rank or number of channels, or Lin < 1, or
            Lout < 1; out has another shape, isn't contiguous, can't be written
            or overlaps x.
        """
        if stream is not None:
            _check.integer("stream", stream)
        if self._on_device and _device.is_device_array(x):
            view = _device.view("x", x, stream or 0)
            return self._run_on_device(x, view, out, stream or 0)
        if stream is not None:
            raise ValueError(
                "stream is for a layer and an x that are on a GPU"
            )
        given = x
        x, length = self._take(x, self._numpy_dtype())
        if out is None:
            y = self._result(x, length)
        else:
            y = self._check_out(out, given, x.shape[0], length, x.dtype)
        _native.check(
            _native.lib.tconv_layer_run(
                self._handle.pointer,
                x.ctypes.data,
                x.shape[0],
                x.shape[2],
                y.ctypes.data,
            )
        )
        if not self._has_run and x.shape[0] > 0:
            self._has_run = True
            if self._compilation == "wait":  # else describing would wait
                self._warn_without_compiler(x.shape[2], x.shape[0])
        if out is None:
            return self._give(y)
        if self._channels_last:
            out[...] = y.transpose(0, 2, 1)
        return out

    def _warn_without_compiler(self, length, batch):
        """Says it once where layers are slow because there is no compiler."""
        path = self.describe(length, batch)
        if path.get("status") == "TCONV_NOT_FOUND" and not _warned:
            _warned.append(True)
            warnings.warn(
                "tconv: layers run without kernels, several times slower "
                f"than with them: {path['why']}",
                RuntimeWarning,
                stacklevel=3,
            )

    def reference(self, x, sums64=True):
        """What __call__ gives, by the plain implementation: float64 sums
        rounded once, or left-to-right float32 sums with sums64=False. For
        checks; slow."""
        _check.boolean("sums64", sums64)
        x, length = self._take(x)
        y = self._result(x, length)
        weight, bias = self.weight, self.bias
        _native.check(
            _native.lib.tconv_reference_run(
                byref(self._params),
                _native.floats(weight),
                None if bias is None else _native.floats(bias),
                _native.floats(x),
                x.shape[0],
                x.shape[2],
                _native.floats(y),
                int(sums64),
            )
        )
        return self._give(y)

    def output_length(self, length):
        """Lout of an input of `length` positions."""
        length = _check.integer("length", length)
        if self._only_length not in (None, length):
            raise ValueError(
                f"length = {length}: the layer was made from an "
                f"output_shape for length {self._only_length}"
            )
        result = c_int64()
        _native.check(
            _native.lib.tconv_layer_output_length(
                self._handle.pointer, length, byref(result)
            )
        )
        return result.value

    def prepare(self, length, batch=1):
        """Compiles the kernel for inputs of about this length and packs the
        weights, so that the first call doesn't."""
        self.output_length(length)
        _native.check(
            _native.lib.tconv_layer_prepare(
                self._handle.pointer, _check.integer("batch", batch), length
            )
        )

    def describe(self, length, batch=1):
        """What runs for inputs of this length, as a dict: path, schedule,
        target, compile_ms, packed_bytes, ... Compiles the kernel if needed."""
        self.output_length(length)
        batch = _check.integer("batch", batch)
        # The first call makes the kernel and asks for the size.
        needed = c_size_t()
        _native.check(
            _native.lib.tconv_layer_describe(
                self._handle.pointer, batch, length, None, 0, byref(needed)
            )
        )
        buffer = create_string_buffer(needed.value)
        _native.check(
            _native.lib.tconv_layer_describe(
                self._handle.pointer, batch, length, buffer, needed.value, None
            )
        )
        return json.loads(buffer.value.decode("utf-8"))

    @property
    def weight(self):
        """A copy of the weight, (in_channels, out_channels / group,
        kernel_size). Assigning an array of that shape sets it."""
        result = np.empty(self._weight_shape, np.float32)
        _native.check(
            _native.lib.tconv_layer_get_weight(
                self._handle.pointer, _native.floats(result)
            )
        )
        return result

    @weight.setter
    def weight(self, value):
        self._set("weight", _check.tensor("weight", value, self._weight_shape))

    @property
    def bias(self):
        """A copy of the bias, (out_channels), or None without has_bias.
        Assigning an array of that shape sets it."""
        if not self.has_bias:
            return None
        result = np.empty(self.out_channels, np.float32)
        _native.check(
            _native.lib.tconv_layer_get_bias(
                self._handle.pointer, _native.floats(result)
            )
        )
        return result

    @bias.setter
    def bias(self, value):
        if not self.has_bias:
            raise ValueError("bias: the layer was made with has_bias = False")
        self._set("bias", _check.tensor("bias", value, (self.out_channels,)))

    @property
    def has_bias(self):
        return bool(self._params.has_bias)

    @property
    def pad_mode(self):
        """'same', 'valid', 'pad', or 'crop' for a layer in the general
        form."""
        return _MODE_NAMES[self._params.pad_mode]

    @property
    def accuracy(self):
        return self._accuracy

    @property
    def target(self):
        return self._target

    @property
    def engine(self):
        return self._engine

    @property
    def compilation(self):
        """'wait' or 'background'."""
        return self._compilation

    @property
    def dtype(self):
        """'float32', 'float16' or 'bfloat16': of x and the result."""
        return self._dtype

    @property
    def data_format(self):
        """'NCL', or 'NLC' for a layer made by from_keras."""
        return "NLC" if self._channels_last else "NCL"

    @property
    def _weight_shape(self):
        return (
            self.in_channels,
            self.out_channels // self.group,
            self.kernel_size,
        )

    def _set(self, what, value):
        function = getattr(_native.lib, f"tconv_layer_set_{what}")
        _native.check(
            function(
                self._handle.pointer,
                _native.floats(value),
                _native.shape_of(value),
                value.ndim,
            )
        )

    def _numpy_dtype(self):
        if self._dtype == "bfloat16":
            raise TypeError(
                "x must be an array on the device: numpy has no bfloat16"
            )
        return np.dtype(self._dtype)

    def _take(self, x, dtype=_FLOAT32):
        """x as contiguous (N, in_channels, Lin), and Lout."""
        x = _check.of_dtype("x", x, dtype)
        if x.ndim != 3:
            raise ValueError(
                "x must have 3 axes, "
                f"{self.data_format}, not the shape {x.shape}"
            )
        shape = x.shape
        if self._channels_last:
            x = x.transpose(0, 2, 1)
        length = self._check_shape(x.shape, shape)
        return _check.contiguous(x, dtype), length

    def _check_shape(self, ncl, shape):
        """Lout of an x of (N, in_channels, Lin), which the caller knows by
        `shape`."""
        if ncl[1] != self.in_channels:
            raise ValueError(
                f"x must have {self.in_channels} channels, not "
                f"{ncl[1]}: its shape is {shape}"
            )
        try:
            length = self.output_length(ncl[2])
        except ValueError as error:
            raise ValueError(f"x of shape {shape}: {error}") from None
        if 4 * ncl[0] * self.out_channels * length > _native.INT64_MAX:
            raise ValueError(
                f"x of shape {shape}: the bytes of the result "
                f"({ncl[0]}, {self.out_channels}, {length}) "
                "don't fit a signed 64-bit number"
            )
        return length

    def _result(self, x, length):
        return np.empty((x.shape[0], self.out_channels, length), x.dtype)

    def _check_out(self, out, x, batch, length, dtype):
        """The array that the library writes for `out`."""
        if not isinstance(out, np.ndarray) or out.dtype != dtype:
            raise TypeError(
                f"out must be a {dtype} numpy array, not "
                + (
                    str(out.dtype)
                    if isinstance(out, np.ndarray)
                    else _check.describe(out)
                )
            )
        shape = (batch, self.out_channels, length)
        wanted = (batch, length, self.out_channels)
        if not self._channels_last:
            wanted = shape
        if out.shape != wanted:
            raise ValueError(
                f"out must have the shape {wanted}, not {out.shape}"
            )
        flags = out.flags
        if not (flags.c_contiguous and flags.aligned and flags.writeable):
            raise ValueError(
                "out must be C-contiguous, aligned and writeable; "
                f"its strides are {out.strides}, writeable = "
                f"{flags.writeable}"
            )
        if np.may_share_memory(out, _check.array("x", x)):
            raise ValueError(f"out of shape {out.shape} overlaps x")
        return np.empty(shape, dtype) if self._channels_last else out

    def _give(self, y):
        if self._channels_last:
            return np.ascontiguousarray(y.transpose(0, 2, 1))
        return y

    # Copies and pickles are layers of their own, with the same weights.
    def __getstate__(self):
        state = {
            name: value
            for name, value in vars(self).items()
            if name not in ("_handle", "_params")
        }
        state["params"] = {
            name: getattr(self._params, name)
            for name, _ in _native.Params._fields_
            if name != "struct_size"
        }
        state["weight"], state["bias"] = self.weight, self.bias
        return state

    def __setstate__(self, state):
        state = dict(state)
        params = state.pop("params")
        weight, bias = state.pop("weight"), state.pop("bias")
        sizes = {name: params[name] for name in _PARAMETERS}
        self._setup(
            sizes,
            params["pad_mode"],
            bool(params["has_bias"]),
            weight,
            bias,
            state["_accuracy"],
            state["_target"],
            state["_engine"],
            state["_dtype"],
            state.get("_compilation", "wait"),
        )
        vars(self).update(state)

    def __repr__(self):
        params = self._params
        parts = [
            f"in_channels={self.in_channels}",
            f"out_channels={self.out_channels}",
            f"kernel_size={self.kernel_size}",
            f"stride={self.stride}",
            f"pad_mode={self.pad_mode!r}",
        ]
        if params.pad_mode == _native.CROP:
            parts.append(f"crop_begin={params.crop_begin}")
            parts.append(
                f"output_length={params.output_length}"
                if params.output_length
                else f"crop_end={params.crop_end}"
            )
        else:
            parts.append(f"padding={self.padding}")
        parts += [
            f"dilation={self.dilation}",
            f"group={self.group}",
            f"has_bias={self.has_bias}",
            f"weight_init={self._weight_init}",
            f"bias_init={self._bias_init}",
        ]
        if params.output_padding:
            parts.append(f"output_padding={params.output_padding}")
        if self._channels_last:
            parts.append("data_format='NLC'")
        return f"Conv1dTranspose<{', '.join(parts)}>"


def _parameter(name):
    return property(lambda self: getattr(self._params, name))


for _name in _PARAMETERS:
    # output_length is a method: the length depends on x.
    if _name != "output_length":
        setattr(Conv1dTranspose, _name, _parameter(_name))


def _initial(name, init, shape):
    """(native initializer or None, tensor or None) of an initial weight."""
    if init is None:
        return None, None
    if _check.is_array(init):
        # The layer draws nothing that the tensor replaces anyway.
        zero = _native.Initializer.make(_native.CONSTANT, a=0.0)
        return pointer(zero), _check.tensor(name, init, shape)
    return pointer(_initializer.resolve(name, init, len(shape))), None


def _summary(init):
    """An initial weight as repr shows it: no pages of numbers."""
    if _check.is_array(init):
        return f"<tensor {tuple(init.shape)}>"
    return repr(init)
