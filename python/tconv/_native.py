# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Declarations of libtconv's C interface (tconv.h) for ctypes.

Nothing here is public. ctypes rather than an extension module, so that one
package serves every CPython and nothing has to be compiled to install it.
ctypes releases the interpreter's lock while a call runs, and the message of a
failed call is kept per thread, so the package is as thread-safe as tconv.h.
"""

import ctypes
import os
from ctypes import (
    POINTER,
    Structure,
    byref,
    c_char,
    c_char_p,
    c_double,
    c_float,
    c_int,
    c_int32,
    c_int64,
    c_size_t,
    c_uint32,
    c_uint64,
    c_void_p,
)

INT64_MAX = 2**63 - 1

# tconv_status
OK = 0
INVALID_TYPE = 1
INVALID_VALUE = 2
OUT_OF_MEMORY = 3

# tconv_dtype
DTYPES = {"float32": 1, "float16": 2, "bfloat16": 3}

# tconv_pad_mode; the general form has no name in Python's constructor.
PAD_MODES = {"same": 0, "valid": 1, "pad": 2}
CROP = 3

# tconv_distribution
CONSTANT = 1
UNIFORM = 2
NORMAL = 3
TRUNCATED_NORMAL = 4
HE_UNIFORM = 5
HE_NORMAL = 6
XAVIER_UNIFORM = 7
XAVIER_NORMAL = 8
ORTHOGONAL = 9
DIRAC = 10
VARIANCE_SCALING = 11

FAN_MODES = {"fan_in": 0, "fan_out": 1, "fan_avg": 2}
NONLINEARITIES = {
    "leaky_relu": 0,
    "relu": 1,
    "tanh": 2,
    "linear": 3,
    "sigmoid": 3,
    "conv1d": 3,
    "conv2d": 3,
    "conv3d": 3,
    "conv_transpose1d": 3,
    "conv_transpose2d": 3,
    "conv_transpose3d": 3,
}
SCALINGS = {"truncated_normal": 0, "untruncated_normal": 1, "uniform": 2}
COMPILATIONS = {"wait": 0, "background": 1}
ACCURACIES = {"default": 0, "direct": 1, "tf32": 2}


class Params(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("has_bias", c_int32),
        ("in_channels", c_int64),
        ("out_channels", c_int64),
        ("kernel_size", c_int64),
        ("stride", c_int64),
        ("pad_mode", c_int32),
        ("dtype", c_int32),
        ("padding", c_int64),
        ("dilation", c_int64),
        ("group", c_int64),
        ("output_padding", c_int64),
        ("crop_begin", c_int64),
        ("crop_end", c_int64),
        ("output_length", c_int64),
    ]


class Initializer(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("distribution", c_int32),
        ("a", c_double),
        ("b", c_double),
        ("c", c_double),
        ("d", c_double),
        ("mode", c_int32),
        ("nonlinearity", c_int32),
        ("scaling", c_int32),
        ("reserved", c_int32),
        ("group", c_int64),
    ]

    @classmethod
    def make(cls, distribution, **fields):
        return cls(
            struct_size=ctypes.sizeof(cls), distribution=distribution, **fields
        )


class LayerOptions(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("accuracy", c_int32),
        ("target", c_char_p),
        ("engine", c_char_p),
        ("weight_init", POINTER(Initializer)),
        ("bias_init", POINTER(Initializer)),
        ("parallel_for", c_void_p),
        ("parallel_user", c_void_p),
        ("compilation", c_int32),
        ("reserved", c_int32),
    ]


class Strides(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved", c_int32),
        ("x_batch", c_int64),
        ("x_channel", c_int64),
        ("y_batch", c_int64),
        ("y_channel", c_int64),
    ]


class DeviceInfo(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("capability", c_int32),
        ("driver", c_int32),
        ("multiprocessors", c_int32),
        ("memory_bytes", c_int64),
        ("name", c_char * 256),
        ("target", c_char * 32),
    ]


class CacheStats(Structure):
    _fields_ = [
        (name, c_int64)
        for name in ("hits", "misses", "waits", "evictions", "entries")
    ]


_float_p = POINTER(c_float)
_int64_p = POINTER(c_int64)
_params_p = POINTER(Params)

# name: (result, arguments)
_SIGNATURES = {
    "tconv_status_name": (c_char_p, [c_int]),
    "tconv_last_error": (c_char_p, []),
    "tconv_version": (c_char_p, []),
    "tconv_params_init": (None, [_params_p]),
    "tconv_params_check": (c_int, [_params_p]),
    "tconv_params_output_length": (c_int, [_params_p, c_int64, _int64_p]),
    "tconv_initializer_by_name": (c_int, [c_char_p, POINTER(Initializer)]),
    "tconv_initialize": (
        c_int,
        [POINTER(Initializer), _int64_p, c_int, _float_p],
    ),
    "tconv_set_seed": (c_int, [c_uint64]),
    "tconv_layer_options_init": (None, [POINTER(LayerOptions)]),
    "tconv_layer_create": (
        c_int,
        [_params_p, POINTER(LayerOptions), POINTER(c_void_p)],
    ),
    "tconv_layer_destroy": (None, [c_void_p]),
    "tconv_layer_set_weight": (c_int, [c_void_p, _float_p, _int64_p, c_int]),
    "tconv_layer_set_bias": (c_int, [c_void_p, _float_p, _int64_p, c_int]),
    "tconv_layer_get_weight": (c_int, [c_void_p, _float_p]),
    "tconv_layer_get_bias": (c_int, [c_void_p, _float_p]),
    "tconv_layer_output_length": (c_int, [c_void_p, c_int64, _int64_p]),
    "tconv_layer_prepare": (c_int, [c_void_p, c_int64, c_int64]),
    "tconv_layer_run": (
        c_int,
        [c_void_p, c_void_p, c_int64, c_int64, c_void_p],
    ),
    "tconv_layer_run_device": (
        c_int,
        [
            c_void_p,
            c_void_p,
            c_int64,
            c_int64,
            c_void_p,
            POINTER(Strides),
            c_void_p,
        ],
    ),
    "tconv_layer_device": (c_int, [c_void_p, POINTER(c_int32)]),
    "tconv_device_count_of": (c_int, [c_char_p, POINTER(c_int32)]),
    "tconv_device_get_info_of": (
        c_int,
        [c_char_p, c_int32, POINTER(DeviceInfo)],
    ),
    "tconv_device_buffer_create": (
        c_int,
        [c_char_p, c_int64, POINTER(c_void_p)],
    ),
    "tconv_device_buffer_destroy": (None, [c_void_p]),
    "tconv_device_buffer_pointer": (c_void_p, [c_void_p]),
    "tconv_device_buffer_device": (c_int32, [c_void_p]),
    "tconv_device_buffer_write": (c_int, [c_void_p, c_void_p, c_int64]),
    "tconv_device_buffer_read": (c_int, [c_void_p, c_void_p, c_int64]),
    "tconv_device_buffer_wait": (c_int, [c_void_p]),
    "tconv_device_read": (c_int, [c_char_p, c_void_p, c_int64, c_void_p]),
    "tconv_layer_describe": (
        c_int,
        [c_void_p, c_int64, c_int64, c_char_p, c_size_t, POINTER(c_size_t)],
    ),
    "tconv_reference_run": (
        c_int,
        [
            _params_p,
            _float_p,
            _float_p,
            _float_p,
            c_int64,
            c_int64,
            _float_p,
            c_int,
        ],
    ),
    "tconv_add_packed_cache": (c_int, [c_char_p]),
    "tconv_set_num_threads": (c_int, [c_int64]),
    "tconv_get_num_threads": (c_int64, []),
    "tconv_set_cache_capacity": (c_int, [c_int64]),
    "tconv_get_cache_stats": (c_int, [POINTER(CacheStats)]),
}


def _candidates():
    """Where libtconv may be, in order; a name without a folder means the
    system's loader."""
    chosen = os.environ.get("TCONV_LIBRARY")
    if chosen:
        # Whoever names a file wants that one: no silent second choice.
        return [chosen]
    package = os.path.dirname(os.path.abspath(__file__))
    library = os.path.join(package, os.pardir, os.pardir, "lib")
    return [
        os.path.join(package, "libtconv.so"),
        os.path.join(package, "libtconv.so.0"),  # of a wheel
        os.path.join(os.path.normpath(library), "libtconv.so"),
        "libtconv.so",
        "libtconv.so.0",
    ]


def _load():
    tried = []
    for path in _candidates():
        try:
            library = ctypes.CDLL(path)
            for name, (result, arguments) in _SIGNATURES.items():
                function = getattr(library, name)
                function.restype = result
                function.argtypes = arguments
            return library
        except (OSError, AttributeError) as error:
            tried.append(f"  {path}: {error}")
    raise ImportError(
        "tconv: its library libtconv.so was not found; tried\n"
        + "\n".join(tried)
        + "\nSet TCONV_LIBRARY to the file's path."
    )


lib = _load()


def check(status):
    """Raises what a tconv_status stands for."""
    if status == OK:
        return
    message = lib.tconv_last_error().decode("utf-8", "replace")
    if status == INVALID_TYPE:
        raise TypeError(message)
    if status == INVALID_VALUE:
        raise ValueError(message)
    if status == OUT_OF_MEMORY:
        raise MemoryError(message)
    name = lib.tconv_status_name(status).decode("ascii", "replace")
    raise RuntimeError(f"{name}: {message}")


def floats(array):
    """Pointer to the data of a contiguous float32 array. The caller keeps the
    array alive."""
    return ctypes.cast(array.ctypes.data, _float_p)


def shape_of(array):
    return (c_int64 * max(array.ndim, 1))(*array.shape)


class Handle:
    """Owns one tconv_layer; destroyed with the last reference."""

    def __init__(self, params, options):
        self.pointer = None
        pointer = c_void_p()
        check(
            lib.tconv_layer_create(
                byref(params), byref(options), byref(pointer)
            )
        )
        self.pointer = pointer

    def __del__(self, _destroy=lib.tconv_layer_destroy):
        if self.pointer is not None:
            _destroy(self.pointer)
            self.pointer = None
