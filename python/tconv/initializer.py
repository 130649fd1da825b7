# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Initial weights: MindSpore's initializers, with its arguments and defaults.

Each is a distribution for the values of a new tensor, for `weight_init` and
`bias_init`. Those that need fan_in and fan_out take them from the tensor's own
shape: fan_in = shape[1] * shape[2], fan_out = shape[0] * shape[2]; a bias has
neither, and is refused. A wrong kind of argument is a TypeError, a wrong value
a ValueError. `tconv.set_seed` makes the draws repeatable.
"""

import math
import numbers
from ctypes import byref

import numpy as np

from tconv import _check, _native

__all__ = [
    "Constant",
    "Dirac",
    "HeNormal",
    "HeUniform",
    "Initializer",
    "Normal",
    "One",
    "Orthogonal",
    "TruncatedNormal",
    "Uniform",
    "VarianceScaling",
    "XavierNormal",
    "XavierUniform",
    "Zero",
    "initializer",
]

_NEED_TWO_AXES = frozenset(
    (
        _native.HE_UNIFORM,
        _native.HE_NORMAL,
        _native.XAVIER_UNIFORM,
        _native.XAVIER_NORMAL,
        _native.ORTHOGONAL,
        _native.DIRAC,
        _native.VARIANCE_SCALING,
    )
)


def is_number(value):
    """A real number; a bool counts as one."""
    return isinstance(value, numbers.Number) and not isinstance(
        value, (complex, np.complexfloating)
    )


def _number(name, value, least=None):
    if not is_number(value):
        raise TypeError(
            f"{name} must be a number, not {_check.describe(value)}"
        )
    result = float(value)
    if least is not None and not result >= least:
        raise ValueError(f"{name} must be >= {least}, not {value!r}")
    return result


class Initializer:
    """Base of all initializers; makes nothing by itself."""

    def _make(self):
        raise TypeError(
            f"{type(self).__name__} is no initializer that can be drawn from"
        )

    def __repr__(self):
        values = ", ".join(
            f"{name}={value!r}" for name, value in vars(self).items()
        )
        return f"{type(self).__name__}({values})"


class Zero(Initializer):
    """Zeros."""

    def _make(self):
        return _native.Initializer.make(_native.CONSTANT, a=0.0)


class One(Initializer):
    """Ones."""

    def _make(self):
        return _native.Initializer.make(_native.CONSTANT, a=1.0)


class Constant(Initializer):
    """One number everywhere."""

    def __init__(self, value):
        self.value = _number("value", value)

    def _make(self):
        return _native.Initializer.make(_native.CONSTANT, a=self.value)


class Uniform(Initializer):
    """U(-scale, scale)."""

    def __init__(self, scale=0.07):
        self.scale = _number("scale", scale)

    def _make(self):
        return _native.Initializer.make(_native.UNIFORM, a=self.scale)


class Normal(Initializer):
    """N(mean, sigma)."""

    def __init__(self, sigma=0.01, mean=0.0):
        self.sigma = _number("sigma", sigma, 0)
        self.mean = _number("mean", mean)

    def _make(self):
        return _native.Initializer.make(
            _native.NORMAL, a=self.mean, b=self.sigma
        )


class TruncatedNormal(Initializer):
    """N(mean, sigma), restricted to the values in [a, b]: values, not multiples
    of sigma."""

    def __init__(self, sigma=0.01, mean=0.0, a=-2.0, b=2.0):
        self.sigma = _number("sigma", sigma, 0)
        self.mean = _number("mean", mean)
        self.a = _number("a", a)
        self.b = _number("b", b)
        if not self.a < self.b:
            raise ValueError(f"a must be less than b, not a = {a!r}, b = {b!r}")

    def _make(self):
        return _native.Initializer.make(
            _native.TRUNCATED_NORMAL,
            a=self.mean,
            b=self.sigma,
            c=self.a,
            d=self.b,
        )


class _He(Initializer):
    def __init__(
        self, negative_slope=0, mode="fan_in", nonlinearity="leaky_relu"
    ):
        self.negative_slope = _number("negative_slope", negative_slope)
        self.mode = _check.choice(
            "mode",
            mode.lower() if isinstance(mode, str) else mode,
            ("fan_in", "fan_out"),
        )
        self.nonlinearity = _check.choice(
            "nonlinearity", nonlinearity, tuple(_native.NONLINEARITIES)
        )

    def _make(self):
        return _native.Initializer.make(
            self._distribution,
            a=self.negative_slope,
            mode=_native.FAN_MODES[self.mode],
            nonlinearity=_native.NONLINEARITIES[self.nonlinearity],
        )


class HeUniform(_He):
    """U(-b, b), b = sqrt(3) * gain / sqrt(fan)."""

    _distribution = _native.HE_UNIFORM


class HeNormal(_He):
    """N(0, gain / sqrt(fan))."""

    _distribution = _native.HE_NORMAL


class _Gain(Initializer):
    def __init__(self, gain=1):
        self.gain = _number("gain", gain)

    def _make(self):
        return _native.Initializer.make(self._distribution, a=self.gain)


class XavierUniform(_Gain):
    """U(-b, b), b = gain * sqrt(6 / (fan_in + fan_out))."""

    _distribution = _native.XAVIER_UNIFORM


class XavierNormal(_Gain):
    """N(0, gain * sqrt(2 / (fan_in + fan_out)))."""

    _distribution = _native.XAVIER_NORMAL


class Orthogonal(_Gain):
    """gain times a (semi-)orthogonal matrix of shape[0] rows."""

    _distribution = _native.ORTHOGONAL


class Dirac(Initializer):
    """1 at [g * n + i, i, shape[2] // 2] for the shape[0] = groups * n rows,
    else 0."""

    def __init__(self, groups=1):
        self.groups = _check.integer("groups", groups)
        if self.groups < 1:
            raise ValueError(f"groups must be >= 1, not {groups}")

    def _make(self):
        return _native.Initializer.make(_native.DIRAC, group=self.groups)


class VarianceScaling(Initializer):
    """A mean of 0 and a variance of scale / n, n = fan_in, fan_out or their
    average."""

    def __init__(
        self, scale=1.0, mode="fan_in", distribution="truncated_normal"
    ):
        self.scale = _number("scale", scale)
        if not self.scale > 0 or math.isinf(self.scale):
            raise ValueError(f"scale must be > 0 and finite, not {scale!r}")
        self.mode = _check.choice("mode", mode, tuple(_native.FAN_MODES))
        self.distribution = _check.choice(
            "distribution", distribution, tuple(_native.SCALINGS)
        )

    def _make(self):
        return _native.Initializer.make(
            _native.VARIANCE_SCALING,
            a=self.scale,
            mode=_native.FAN_MODES[self.mode],
            scaling=_native.SCALINGS[self.distribution],
        )


def resolve(name, value, rank):
    """The native initializer of a number, a name or an Initializer, for a
    tensor of `rank` axes. `name` is the argument's, for messages."""
    if isinstance(value, Initializer):
        native = value._make()
    elif isinstance(value, str):
        native = _native.Initializer.make(0)
        try:
            _native.check(
                _native.lib.tconv_initializer_by_name(
                    _check.c_string(name, value), byref(native)
                )
            )
        except ValueError as error:
            raise ValueError(f"{name} = {value!r}: {error}") from None
    elif is_number(value):
        native = _native.Initializer.make(_native.CONSTANT, a=float(value))
    else:
        raise TypeError(
            f"{name} must be a tensor, a number, a name or an "
            f"Initializer, not {_check.describe(value)}"
        )
    if rank < 2 and native.distribution in _NEED_TWO_AXES:
        raise ValueError(
            f"{name} = {value!r} needs fan_in and fan_out, which "
            f"a tensor of {rank} axis doesn't have"
        )
    if native.distribution == _native.DIRAC and rank < 3:
        raise ValueError(f"{name} = {value!r} needs 3 axes, not {rank}")
    return native


def initializer(init, shape):
    """Draws a float32 array of `shape` (1 to 3 axes) from a number, a name or
    an Initializer."""
    if not isinstance(shape, (tuple, list)):
        shape = (shape,)
    sizes = tuple(_check.integer("shape", size) for size in shape)
    if not 1 <= len(sizes) <= 3 or min(sizes) < 1:
        raise ValueError(
            f"shape must have 1 to 3 axes, each >= 1, not {tuple(shape)}"
        )
    native = resolve("init", init, len(sizes))
    result = np.empty(sizes, np.float32)
    _native.check(
        _native.lib.tconv_initialize(
            byref(native),
            _native.shape_of(result),
            len(sizes),
            _native.floats(result),
        )
    )
    return result
