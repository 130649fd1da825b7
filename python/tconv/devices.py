# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Which GPUs and Ascends there are."""

import typing
from ctypes import byref, c_int32, sizeof

from tconv import _check, _native

_KINDS = ("cuda", "ascend")


class Device(typing.NamedTuple):
    """A device, as its driver describes it."""

    device: str  # what layers take: 'cuda:0', 'ascend:0'
    name: str  # 'NVIDIA H200', 'Ascend910B3'
    target: str | None  # of its kernels; None where there are none for it
    cores: int  # multiprocessors, or cube cores; 0 where that isn't told
    memory_bytes: int | None  # None of an Ascend: asking would set it up


def devices(kind=None):
    """The devices that layers can run on, as a list of Device.

    Args:
      kind: 'cuda', 'ascend', or None for both; then a driver that isn't there
        or can't be used is one without devices.

    Raises TypeError and ValueError for another kind, RuntimeError where the
    driver of the one that was asked for can't be had."""
    if kind is not None:
        _check.c_string("kind", kind)
        if kind not in _KINDS:
            raise ValueError(f"kind must be one of {_KINDS}, not {kind!r}")
        return _devices_of(kind, _count(kind))
    found = []
    for one in _KINDS:
        try:
            count = _count(one)
        except RuntimeError:
            continue
        found += _devices_of(one, count)
    return found


def _count(kind):
    count = c_int32()
    _native.check(
        _native.lib.tconv_device_count_of(kind.encode("ascii"), byref(count))
    )
    return count.value


def _devices_of(kind, count):
    result = []
    for index in range(count):
        info = _native.DeviceInfo(struct_size=sizeof(_native.DeviceInfo))
        _native.check(
            _native.lib.tconv_device_get_info_of(
                kind.encode("ascii"), index, byref(info)
            )
        )
        result.append(
            Device(
                f"{kind}:{index}",
                info.name.decode("utf-8", "replace"),
                info.target.decode("ascii") or None,
                info.multiprocessors,
                info.memory_bytes or None,
            )
        )
    return result
