# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""conv_transpose1d with PyTorch's arguments."""

import collections
import os
import threading

import numpy as np

from tconv import _check, _native
from tconv import device as _device
from tconv.frameworks import at_least, output_padding_crop
from tconv.layer import Conv1dTranspose

# Layers of the last calls, so that a repeated call finds its weights packed.
# Kernels are cached in C; a layer that is gone costs one packing, no
# compilation.
_CAPACITY_LAYERS = 16
_CAPACITY_BYTES = 256 * 2**20


class _LayerCache:
    """LRU of layers. An entry is found by the parameters and where weight and
    bias lie, and holds only while their values are still the same bits: arrays
    change in place, and an address is used again."""

    def __init__(self):
        self._lock = threading.Lock()
        self._entries = collections.OrderedDict()

    def find(self, key, weight, bias):
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
        if (
            entry
            and _same_bits(entry[1], weight)
            and _same_bits(entry[2], bias)
        ):
            return entry[0]
        return None

    def insert(self, key, layer, weight, bias):
        # A new layer, never the old one with other weights: another thread may
        # be running it.
        entry = (layer, weight.copy(), None if bias is None else bias.copy())
        with self._lock:
            self._entries[key] = entry
            self._entries.move_to_end(key)
            while len(self._entries) > 1 and (
                len(self._entries) > _CAPACITY_LAYERS
                or self._bytes() > _CAPACITY_BYTES
            ):
                self._entries.popitem(last=False)

    def clear(self):
        with self._lock:
            self._entries.clear()

    def __len__(self):
        return len(self._entries)

    def _bytes(self):
        # The layer keeps the weight and, packed, about as much again.
        return sum(3 * entry[1].nbytes for entry in self._entries.values())


_cache = _LayerCache()


def _same_bits(kept, given):
    if kept is None or given is None:
        return kept is given
    # As integers: NaN equals itself, and 0 is not -0.
    return np.array_equal(kept.view(np.uint32), given.view(np.uint32))


def conv_transpose1d(
    x,
    weight,
    bias=None,
    stride=1,
    padding=0,
    output_padding=0,
    groups=1,
    dilation=1,
    *,
    engine=None,
    device=None,
    stream=None,
):
    """The 1-D transposed convolution of x, as
    torch.nn.functional.conv_transpose1d.

    Args:
      x: (N, Cin, Lin) or (Cin, Lin), float32, any strides.
      weight: (Cin, Cout / groups, K), float32.
      bias: (Cout), float32, or None.
      stride, dilation: ints >= 1, or 1-tuples.
      padding: int >= 0 cropped from both sides, a 1-tuple, or a pair (begin,
        end).
      output_padding: int < stride or < dilation, or a 1-tuple: real taps more
        on the right.
      engine: as Conv1dTranspose takes it; not one of PyTorch's arguments.
      groups: int that divides both channel counts.
      device: 'cpu', 'cuda', 'cuda:N', 'ascend' or 'ascend:N', where it is
        computed; by default where x lies.
      stream: of an x on a device, as Conv1dTranspose's call takes it.
    Arrays are numpy's or have __dlpack__. x may lie on a GPU, as float32,
    float16 or bfloat16, and then the result does, as a DeviceArray. weight and
    bias may lie there too, in x's dtype or float32; they are copied to the host
    by each call, which waits for the GPU. A layer of one's own doesn't.

    Returns:
      A new array (N, Cout, Lout), or (Cout, Lout) for x without batch axis;
      Lout = (Lin - 1) * stride - begin - end + dilation * (K - 1) + 1
      + output_padding.

    Raises TypeError for a wrong kind of argument, ValueError for a wrong
    value, MemoryError where the result can't be had.
    """
    given = None
    if _device.is_device_array(x):
        given = _device.view("x", x, stream or 0)
        device = _device_of(device, given)
    elif stream is not None:
        raise ValueError("stream is for an x that is on a GPU")
    else:
        x = _check.float32("x", x)
    shape = x.shape if given is None else given.shape
    weight, weight_place = _values("weight", weight, device, given)
    if engine is not None:
        _check.c_string("engine", engine)
    if len(shape) not in (2, 3):
        raise ValueError(
            f"x must be (N, Cin, Lin) or (Cin, Lin), not of the shape {shape}"
        )
    if weight.ndim != 3 or min(weight.shape) < 1:
        raise ValueError(
            "weight must be (Cin, Cout / groups, K), each >= 1, "
            f"not of the shape {weight.shape}"
        )
    stride = at_least("stride", stride, 1)
    dilation = at_least("dilation", dilation, 1)
    groups = at_least("groups", groups, 1)
    begin, end = _padding(padding)
    extra = output_padding_crop(output_padding, stride, dilation)
    in_channels, columns, kernel = weight.shape
    if in_channels % groups:
        raise ValueError(
            f"groups = {groups} must divide the {in_channels} "
            "input channels of weight"
        )
    if shape[-2] != in_channels:
        raise ValueError(
            f"x must have {in_channels} channels as weight has, "
            f"not {shape[-2]}: its shape is {shape}"
        )
    weight = _check.contiguous(weight)
    bias_place = None
    if bias is not None:
        bias, bias_place = _values("bias", bias, device, given)
        if bias.shape != (columns * groups,):
            raise ValueError(
                f"bias must have the shape ({columns * groups},),"
                f" not {bias.shape}"
            )
        bias = _check.contiguous(bias)

    key = (
        weight.shape,
        stride,
        dilation,
        groups,
        begin,
        end - extra,
        engine,
        device,
        "float32" if given is None else given.dtype,
        weight_place or weight.ctypes.data,
        bias_place or (None if bias is None else bias.ctypes.data),
    )
    layer = _cache.find(key, weight, bias)
    if layer is None:
        layer = Conv1dTranspose.general(
            in_channels,
            columns * groups,
            kernel,
            stride,
            begin,
            end - extra,
            dilation,
            groups,
            bias is not None,
            weight,
            bias,
            engine=engine,
            device=device,
            dtype="float32" if given is None else given.dtype,
        )
        _cache.insert(key, layer, weight, bias)
    if given is not None:
        return _on_device(layer, x, given, stream or 0)
    if x.ndim == 2:
        return layer(x[np.newaxis])[0]
    return layer(x)


def _device_of(device, given):
    """The device of an x that lies on one; `device` must not be another."""
    if device is None:
        return given.target
    if device == given.kind and given.device in (None, 0):
        return device
    other = device.partition(":")[0] != given.kind
    if device != given.target and (other or given.device is not None):
        raise ValueError(
            f"device = {device!r}: x is on {given.target!r}"
        )
    return device


def _values(name, value, device, given):
    """A weight or a bias as float32 on the host, and where it lies on a device,
    if it does; `given` is None or the View of an x on a device."""
    if device not in (None, "cpu") and _device.is_device_array(value):
        there = _device.view(name, value, 0)
        if given is not None and there.dtype not in ("float32", given.dtype):
            raise TypeError(
                f"{name} must be of dtype float32 or x's, {given.dtype}, "
                f"not {there.dtype}"
            )
        return _device.to_host(name, there), there.address
    return _check.float32(name, value), None


def _on_device(layer, x, given, stream):
    if len(given.shape) == 3:
        return layer._run_on_device(x, given, None, stream)
    result = layer._run_on_device(x, given.with_batch(), None, stream)
    result.shape = result.shape[1:]
    return result


def _padding(padding):
    if isinstance(padding, (tuple, list)) and len(padding) == 2:
        pair = tuple(_check.integer("padding", value) for value in padding)
    else:
        pair = (_check.one_integer("padding", padding),) * 2
    if min(pair) < 0:
        raise ValueError(f"padding must be >= 0, not {padding!r}")
    return pair


def add_packed_cache(path):
    """Adds the kernels of a packed cache, the file that `tconv-inspect cache
    pack` writes: layers that it has kernels for need no compiler.

    Raises RuntimeError where the file is damaged, and TypeError where path is
    no path."""
    _native.check(_native.lib.tconv_add_packed_cache(os.fsencode(path)))


def set_num_threads(threads):
    """Sets the threads of the runtime's own pool, the caller's included; an
    int >= 1. The default is TCONV_NUM_THREADS, else the number of cores this
    process may use. Results don't depend on it, bit for bit."""
    _native.check(
        _native.lib.tconv_set_num_threads(
            at_least("threads", _check.integer("threads", threads), 1)
        )
    )


def get_num_threads():
    """Threads of the runtime's own pool, the caller's included."""
    return _native.lib.tconv_get_num_threads()


def set_seed(seed):
    """Makes the initial weights of what is made from here on repeatable; an int
    in [0, 2^64). When a layer is first used has no say in its weights."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise TypeError(f"seed must be an int, not {_check.describe(seed)}")
    if not 0 <= int(seed) < 2**64:
        raise ValueError(f"seed must be in [0, 2^64), not {seed}")
    _native.check(_native.lib.tconv_set_seed(int(seed)))
