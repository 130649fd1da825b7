# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Arrays in the memory of a GPU or an Ascend: those of other libraries, through
DLPack or __cuda_array_interface__, and this package's own."""

import ctypes
import math
import threading
from ctypes import (
    CFUNCTYPE,
    POINTER,
    PYFUNCTYPE,
    Structure,
    c_int32,
    c_int64,
    c_uint8,
    c_uint16,
    c_uint64,
    c_void_p,
    py_object,
)

import numpy as np

from tconv import _check, _native

# DLPack's numbers.
_CUDA, _MANAGED = 2, 13
_EXTENSION = 12  # no number is Ascend's own: libraries call it that
_CODES = {"float32": (2, 32), "float16": (2, 16), "bfloat16": (4, 16)}
_TYPESTRS = {"float32": "<f4", "float16": "<f2"}

# DLPack's streams: the legacy default one is 1, which is NULL for CUDA.
_DEFAULT_STREAM = 1


class _Tensor(Structure):
    _fields_ = [
        ("data", c_void_p),
        ("device_type", c_int32),
        ("device_id", c_int32),
        ("ndim", c_int32),
        ("code", c_uint8),
        ("bits", c_uint8),
        ("lanes", c_uint16),
        ("shape", POINTER(c_int64)),
        ("strides", POINTER(c_int64)),
        ("byte_offset", c_uint64),
    ]


class _Managed(Structure):
    pass


_Deleter = CFUNCTYPE(None, POINTER(_Managed))
_Managed._fields_ = [
    ("tensor", _Tensor),
    ("context", c_void_p),
    ("deleter", _Deleter),
]

_python = ctypes.pythonapi
_python.PyCapsule_New.restype = py_object
_python.PyCapsule_New.argtypes = [c_void_p, ctypes.c_char_p, c_void_p]
_python.PyCapsule_GetPointer.restype = c_void_p
_python.PyCapsule_GetPointer.argtypes = [py_object, ctypes.c_char_p]
_python.PyCapsule_SetName.argtypes = [py_object, ctypes.c_char_p]
# Names must outlive their capsules.
_FRESH, _USED = b"dltensor", b"used_dltensor"

# What capsules that nobody has given back point to, by address.
_lent = {}
_lent_lock = threading.Lock()


def _give_back(address):
    with _lent_lock:
        _lent.pop(address, None)


_delete = _Deleter(lambda managed: _give_back(ctypes.addressof(managed[0])))


# The same functions for a capsule on its way out, which must not be referred to
# as an object.
_get_pointer = PYFUNCTYPE(c_void_p, c_void_p, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", _python)
)
_is_valid = PYFUNCTYPE(ctypes.c_int, c_void_p, ctypes.c_char_p)(
    ("PyCapsule_IsValid", _python)
)


@CFUNCTYPE(None, c_void_p)
def _destroy_capsule(capsule):
    """A capsule that nobody took: what it holds goes with it."""
    if _is_valid(capsule, _FRESH):
        _give_back(_get_pointer(capsule, _FRESH))


class View:
    """Where an array of a device lies: address, shape, strides in elements,
    dtype's name, device's number. Keeps the array alive."""

    def __init__(
        self, address, shape, strides, dtype, device, keep, kind="cuda"
    ):
        self.address = address
        self.shape = tuple(shape)
        if strides is None:
            strides = [
                math.prod(self.shape[axis + 1 :])
                for axis in range(len(self.shape))
            ]
        self.strides = tuple(strides)
        self.dtype = dtype
        self.device = device  # None: not told
        self.keep = keep
        self.kind = kind  # "cuda" or "ascend"
        self.stream = None  # on which it is written, where that is told

    @property
    def target(self):
        """'cuda:N'; 'cuda' where the number isn't told."""
        number = "" if self.device is None else f":{self.device}"
        return self.kind + number

    def with_batch(self):
        """The same with an axis of one item before the others."""
        shape, strides = (1, *self.shape), (0, *self.strides)
        result = View(
            self.address,
            shape,
            strides,
            self.dtype,
            self.device,
            self.keep,
            self.kind,
        )
        result.stream = self.stream
        return result


def is_device_array(value):
    """Whether an array lies in a device's memory."""
    if isinstance(value, type):
        return False
    if hasattr(value, "__dlpack_device__"):
        try:
            kind = int(value.__dlpack_device__()[0])
            return kind in (_CUDA, _MANAGED, _EXTENSION)
        except Exception:  # whoever reads it says what is wrong
            return False
    return hasattr(value, "__cuda_array_interface__")


def view(name, value, stream):
    """The View of a device's array, ready on `stream` (its address).

    Raises TypeError where it can't be read as one."""
    try:
        if hasattr(value, "__dlpack__"):
            return _from_dlpack(value, stream)
        return _from_interface(value.__cuda_array_interface__)
    except Exception as error:  # each library has its own kind of refusal
        raise TypeError(
            f"{name}: it gives no array on the device: "
            f"{type(error).__name__}: {error}"
        ) from error


def to_host(name, given):
    """What a View shows as float32 on the host, after whatever is computed
    there. Halves are converted exactly."""
    if given.dtype not in _CODES:
        raise TypeError(
            f"{name} must be of dtype {', '.join(_CODES)}, not {given.dtype}"
        )
    count = 1 + sum(
        (size - 1) * stride
        for size, stride in zip(given.shape, given.strides, strict=True)
    )
    if math.prod(given.shape) == 0:
        return np.empty(given.shape, np.float32)
    if min(given.strides) < 0:
        raise ValueError(f"{name} has negative strides: {given.strides}")
    bits = np.empty(count, f"u{_CODES[given.dtype][1] // 8}")
    _native.check(
        _native.lib.tconv_device_read(
            given.target.encode("utf-8"),
            given.address,
            bits.nbytes,
            bits.ctypes.data,
        )
    )
    if given.dtype == "bfloat16":
        values = (bits.astype(np.uint32) << 16).view(np.float32)
    else:
        values = bits.view(given.dtype).astype(np.float32)
    strides = [4 * stride for stride in given.strides]
    return np.lib.stride_tricks.as_strided(
        values, given.shape, strides
    ).copy()


class _Taken:
    """A DLPack tensor that was taken from its capsule."""

    def __init__(self, capsule):
        address = _python.PyCapsule_GetPointer(capsule, _FRESH)
        self.managed = ctypes.cast(address, POINTER(_Managed))
        _python.PyCapsule_SetName(capsule, _USED)

    def __del__(self):
        managed = getattr(self, "managed", None)
        if managed is not None and managed[0].deleter:
            managed[0].deleter(managed)


def _from_dlpack(value, stream):
    taken = _Taken(value.__dlpack__(stream=stream or _DEFAULT_STREAM))
    tensor = taken.managed[0].tensor
    names = {code: name for name, code in _CODES.items()}
    dtype = f"DLPack's ({tensor.code}, {tensor.bits})"
    if tensor.lanes == 1:
        dtype = names.get((tensor.code, tensor.bits), dtype)
    shape = tensor.shape[: tensor.ndim]
    strides = tensor.strides[: tensor.ndim] if tensor.strides else None
    return View(
        (tensor.data or 0) + tensor.byte_offset,
        shape,
        strides,
        dtype,
        tensor.device_id,
        taken,
        "ascend" if tensor.device_type == _EXTENSION else "cuda",
    )


def _from_interface(interface):
    dtype = np.dtype(interface["typestr"])
    strides = interface.get("strides")
    if strides is not None:
        if any(stride % dtype.itemsize for stride in strides):
            raise ValueError(f"strides of {strides} bytes")
        strides = [stride // dtype.itemsize for stride in strides]
    result = View(
        interface["data"][0] or 0,
        interface["shape"],
        strides,
        dtype.name,
        None,
        interface,
    )
    result.stream = interface.get("stream")
    return result


class DeviceArray:
    """A C-contiguous array in a device's memory, for other libraries to take:
    torch.from_dlpack(y), cupy.from_dlpack(y), y.numpy().

    What is still computed is waited for when it is handed over, unless the
    other library names the stream that computes it.
    """

    def __init__(self, shape, dtype, target, stream=None):
        self._buffer = None
        self.shape = tuple(int(size) for size in shape)
        self.dtype = dtype
        self._kind = "ascend" if target.startswith("ascend") else "cuda"
        self._stream = stream or 0
        self._keep = None  # what is read by the kernel that writes this
        pointer = c_void_p()
        _native.check(
            _native.lib.tconv_device_buffer_create(
                target.encode("utf-8"), self.nbytes, ctypes.byref(pointer)
            )
        )
        self._buffer = pointer

    def __del__(self, _destroy=_native.lib.tconv_device_buffer_destroy):
        if self._buffer is not None:
            _destroy(self._buffer)
            self._buffer = None

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def nbytes(self):
        return math.prod(self.shape) * _CODES[self.dtype][1] // 8

    @property
    def pointer(self):
        """Address in the device's memory; 0 where there are no elements."""
        return _native.lib.tconv_device_buffer_pointer(self._buffer) or 0

    @property
    def device(self):
        """'cuda:N' or 'ascend:N'"""
        return f"{self._kind}:{self._device_index()}"

    def wait(self):
        """Waits for what is still computed. Raises RuntimeError where that
        failed."""
        _native.check(_native.lib.tconv_device_buffer_wait(self._buffer))
        self._keep = None

    def numpy(self):
        """A copy on the host. float32 and float16 only."""
        if self.dtype not in _TYPESTRS:
            raise TypeError(f"numpy has no dtype for {self.dtype}")
        result = np.empty(self.shape, _TYPESTRS[self.dtype])
        _native.check(
            _native.lib.tconv_device_buffer_read(
                self._buffer, result.ctypes.data, result.nbytes
            )
        )
        return result

    def __dlpack_device__(self):
        kind = _CUDA if self._kind == "cuda" else _EXTENSION
        return kind, self._device_index()

    def __dlpack__(
        self, *, stream=None, max_version=None, dl_device=None, copy=None
    ):
        if dl_device not in (None, self.__dlpack_device__()):
            raise BufferError(f"the array is on {self.device}")
        if copy:
            raise BufferError("no copies are made")
        wanted = _DEFAULT_STREAM if stream is None else int(stream)
        if wanted != -1 and wanted != (self._stream or _DEFAULT_STREAM):
            self.wait()
        managed = _Managed()
        axes = c_int64 * self.ndim
        shape = axes(*self.shape)
        strides = axes(
            *(math.prod(self.shape[axis + 1 :]) for axis in range(self.ndim))
        )
        code, bits = _CODES[self.dtype]
        managed.tensor = _Tensor(
            data=self.pointer,
            device_type=self.__dlpack_device__()[0],
            device_id=self._device_index(),
            ndim=self.ndim,
            code=code,
            bits=bits,
            lanes=1,
            shape=shape,
            strides=strides,
            byte_offset=0,
        )
        managed.deleter = _delete
        address = ctypes.addressof(managed)
        with _lent_lock:
            _lent[address] = (self, managed, shape, strides)
        return _python.PyCapsule_New(
            address, _FRESH, ctypes.cast(_destroy_capsule, c_void_p)
        )

    @property
    def __cuda_array_interface__(self):
        if self._kind != "cuda":
            raise AttributeError("the interface is CUDA's")
        if self.dtype not in _TYPESTRS:
            raise AttributeError(f"the interface has no {self.dtype}")
        return {
            "shape": self.shape,
            "typestr": _TYPESTRS[self.dtype],
            "data": (self.pointer, False),
            "strides": None,
            "stream": self._stream or _DEFAULT_STREAM,
            "version": 3,
        }

    def __repr__(self):
        return f"DeviceArray<{self.shape}, {self.dtype}, {self.device!r}>"

    def _device_index(self):
        return _native.lib.tconv_device_buffer_device(self._buffer)


def to_device(array, device="cuda"):
    """A copy of a host's float32 or float16 array in a device's memory.

    Args:
      array: numpy's, or one with __dlpack__.
      device: 'cuda', 'cuda:N', 'ascend' or 'ascend:N'.

    Raises TypeError and ValueError for wrong arguments, RuntimeError where
    there is no such device, MemoryError where it has no room."""
    array = _check.array("array", array)
    if array.dtype.name not in _TYPESTRS:
        raise TypeError(
            f"array must be float32 or float16, not {array.dtype}"
        )
    array = np.ascontiguousarray(array)
    result = DeviceArray(array.shape, array.dtype.name, device_target(device))
    _native.check(
        _native.lib.tconv_device_buffer_write(
            result._buffer, array.ctypes.data, array.nbytes
        )
    )
    return result


def device_target(device):
    """'cuda', 'cuda:N', 'ascend' or 'ascend:N', which are targets too."""
    text = _check.c_string("device", device).decode("utf-8")
    kind, colon, number = text.partition(":")
    if kind in ("cuda", "ascend") and (
        not colon or (number.isascii() and number.isdigit())
    ):
        return text
    raise ValueError(
        "device must be 'cpu', 'cuda', 'cuda:N', 'ascend' or 'ascend:N', "
        f"not {device!r}"
    )
