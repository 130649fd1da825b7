# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks of the kinds of arguments: what only Python can see. Ranges and
shapes of parameters are checked by libtconv, so that every face agrees."""

import numpy as np

from tconv import _native

# DLPack's types of devices whose memory a CPU can read: the CPU itself, memory
# pinned for CUDA and for ROCm, and CUDA's managed memory.
_READABLE_DEVICES = (1, 3, 11, 13)


def integer(name, value):
    """`value` as an int. Booleans are no integers here, numpy's integers are.

    Raises TypeError for another kind, ValueError where it doesn't fit 64 bits.
    """
    # numpy's bool is no np.integer, Python's is an int.
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be an int, not {describe(value)}")
    value = int(value)
    if not -_native.INT64_MAX - 1 <= value <= _native.INT64_MAX:
        raise ValueError(f"{name} = {value} doesn't fit a signed 64-bit number")
    return value


def boolean(name, value):
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be a bool, not {describe(value)}")
    return value


def choice(name, value, choices):
    """`value` if it is one of the strings `choices`; anything else, strings or
    not, is a wrong value."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(
            f"{name} must be one of {', '.join(map(repr, choices))}"
            f", not {describe(value)}"
        )
    return value


def one_integer(name, value):
    """An int, alone or in a tuple or list of its own, as PyTorch and ONNX
    write sizes."""
    if isinstance(value, (tuple, list)):
        if len(value) != 1:
            raise ValueError(f"{name} must be one int, not {value!r}")
        value = value[0]
    return integer(name, value)


def c_string(name, value):
    """A str for C, which would take a zero byte for its end."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {describe(value)}")
    if "\0" in value:
        raise ValueError(f"{name} has a zero byte: {value!r}")
    return value.encode("utf-8")


def is_array(value):
    return isinstance(value, np.ndarray) or (
        hasattr(value, "__dlpack__") and not isinstance(value, type)
    )


def array(name, value):
    """`value` as a numpy array, without a copy: a numpy array, or whatever
    speaks DLPack and lies in memory that this process can read."""
    if isinstance(value, np.ndarray):
        return value
    if not is_array(value):
        raise TypeError(
            f"{name} must be an array (numpy's, or one with "
            f"__dlpack__), not {describe(value)}"
        )
    try:
        device = int(value.__dlpack_device__()[0])
        if device in _READABLE_DEVICES:
            return np.from_dlpack(value)
    except Exception as error:  # each library has its own kind of refusal
        raise TypeError(
            f"{name}: its __dlpack__ gives no array on the CPU: "
            f"{type(error).__name__}: {error}"
        ) from error
    raise TypeError(
        f"{name} must be an array on the CPU; it is on a device of "
        f"DLPack's type {device}"
    )


def of_dtype(name, value, dtype):
    """An array of a numpy dtype and any strides."""
    value = array(name, value)
    if value.dtype != dtype:
        raise TypeError(f"{name} must be of dtype {dtype}, not {value.dtype}")
    return value


def float32(name, value):
    """A float32 array of any strides."""
    return of_dtype(name, value, np.dtype(np.float32))


def contiguous(value, dtype=np.float32):
    """C-contiguous and aligned; copies only where it must."""
    return np.require(value, dtype, ["C_CONTIGUOUS", "ALIGNED"])


def tensor(name, value, shape):
    """An array of real numbers and the given shape, as contiguous float32."""
    value = array(name, value)
    if value.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold real numbers, not {value.dtype}")
    if value.shape != tuple(shape):
        raise ValueError(
            f"{name} must have the shape {tuple(shape)}, not {value.shape}"
        )
    return contiguous(value)


def describe(value):
    """A value as a message shows it: short, with its type."""
    text = repr(value)
    if len(text) > 60:
        text = text[:57] + "..."
    return f"{text} ({type(value).__name__})"
