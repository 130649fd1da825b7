# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a layer does on a GPU or an Ascend: its device, and calls on arrays that
lie there."""

from ctypes import byref, c_int32, sizeof

from tconv import _check, _native
from tconv import device as _device


class OnDevice:
    """The part of Conv1dTranspose that deals in devices; a base of it."""

    @property
    def device(self):
        """'cuda' or 'cuda:N' for a GPU's layer, 'ascend' or 'ascend:N' for an
        Ascend's, else 'cpu'."""
        if not self._on_device:
            return "cpu"
        kind, _, number = self._target.partition(":")
        if kind == "nvptx":
            return "cuda"
        return self._target if not number or number.isdigit() else kind

    @property
    def _device_kind(self):
        return self.device.partition(":")[0]

    @property
    def _on_device(self):
        return (self._target or "").startswith(
            ("cuda", "nvptx:", "ascend")
        )

    def _run_on_device(self, x, given, out, stream):
        """__call__ on x, whose View is `given`."""
        if given.stream and not stream:
            stream = given.stream  # the one that writes x
        batch, length, x_strides = self._take_view("x", given)
        out_length = self._check_shape(given.shape, given.shape)
        shape = (batch, self.out_channels, out_length)
        if out is None:
            result = _device.DeviceArray(
                shape, self._dtype, f"{self._device_kind}:{self._device_index()}", stream
            )
            result._keep = (x, given)
            address, y_strides = result.pointer, None
        else:
            result = out
            if not _device.is_device_array(out):
                raise TypeError(
                    "out must be an array on the device, as x is, not "
                    + _check.describe(out)
                )
            there = _device.view("out", out, stream)
            if there.shape != shape:
                raise ValueError(
                    f"out must have the shape {shape}, not {there.shape}"
                )
            self._take_view("out", there)
            address, y_strides = there.address, there.strides
        if y_strides is None:
            y_strides = (self.out_channels * out_length, out_length, 1)
        if batch == 0:
            return result
        strides = _native.Strides(
            sizeof(_native.Strides),
            0,
            # A single item's stride may be anything.
            x_strides[0] if batch > 1 else 0,
            x_strides[1] if self.in_channels > 1 else 0,
            y_strides[0] if batch > 1 else 0,
            y_strides[1] if self.out_channels > 1 else 0,
        )
        _native.check(
            _native.lib.tconv_layer_run_device(
                self._handle.pointer,
                given.address,
                batch,
                length,
                address,
                byref(strides),
                stream,
            )
        )
        return result

    def _take_view(self, name, view):
        """Batch, length and strides of a device's array that is fit to be x or
        out."""
        if self._channels_last:
            raise ValueError(
                f"{name}: a layer of NLC data takes arrays of the host only"
            )
        if view.kind != self._device_kind:
            raise ValueError(
                f"{name} is on {view.target!r}, and the layer on "
                f"{self.device!r}"
            )
        if view.dtype != self._dtype:
            raise TypeError(
                f"{name} must be of dtype {self._dtype}, not {view.dtype}"
            )
        if len(view.shape) != 3:
            raise ValueError(
                f"{name} must have 3 axes, NCL, not the shape {view.shape}"
            )
        if view.shape[2] > 1 and view.strides[2] != 1:
            raise ValueError(
                f"{name} must have its positions side by side on a device; "
                f"its strides are {view.strides} elements"
            )
        return view.shape[0], view.shape[2], view.strides

    def _device_index(self):
        """The number of the layer's GPU."""
        result = c_int32()
        _native.check(
            _native.lib.tconv_layer_device(
                self._handle.pointer, byref(result)
            )
        )
        return result.value


def target_of(device, target):
    """The target of a layer for a device; one of them is None."""
    if device is None:
        return target
    _check.c_string("device", device)
    if target is not None:
        raise ValueError(
            f"device = {device!r}: target = {target!r} says that already"
        )
    if device == "cpu":
        return None
    return _device.device_target(device)
