# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares outputs with sums in float64.

Of each group a few output channels are computed at all positions, and one sum of
all channels with random signs, in which an error of any channel shows. So every
output counts, at the price of a few channels.
"""

import math
from dataclasses import dataclass

import numpy as np

# Values of one layer's products that are held at once.
ROOM = 1 << 23


@dataclass
class Check:
    """How far an output is off, in the channels that were looked at."""

    max_abs_error: float
    bound: float
    channels: int
    problem: str = ""  # empty where the output is right


class Reference:
    """The sums that outputs of one layer are compared with; they are computed
    once for all systems."""

    def __init__(self, layer, data, seed=1, channels=3):
        self.layer = layer
        random = np.random.default_rng(seed)
        outputs = layer.out_channels // layer.group
        chosen = min(channels, outputs)
        columns = np.zeros((layer.group, outputs, chosen + 1))
        for group in columns:
            group[random.permutation(outputs)[:chosen], np.arange(chosen)] = 1
            group[:, -1] = random.choice([-1.0, 1.0], outputs)
        self.columns = columns
        self.sums = self.transposed(data.x, data.weight, data.bias, columns)
        sizes = self.transposed(
            *(None if a is None else np.abs(a) for a in (data.x, data.weight,
              data.bias)), columns[:, :, :chosen],
        )  # fmt: skip
        # The largest sum of |x * w|, |bias| included, of each item and group.
        size = sizes.max(axis=(2, 3), initial=0)
        shared = math.gcd(layer.stride, layer.dilation)
        longest = (layer.in_channels // layer.group) * math.ceil(
            layer.kernel_size * shared / layer.stride
        )
        eps = float(np.finfo(np.float32).eps)
        # What algorithms that share products are allowed, in any system.
        bound = (8 * math.sqrt(longest) + 2) * eps * size + longest * 2.0**-149
        self.bounds = np.repeat(bound[:, :, None], chosen + 1, axis=2)
        # A sum of many outputs has their errors, which don't lean one way.
        self.bounds[:, :, -1] *= math.sqrt(outputs)

    def transposed(self, x, weight, bias, columns):
        """The layer in float64 for combinations of its output channels: an array
        of (batch, group, combination, position)."""
        layer = self.layer
        groups, outputs, count = columns.shape
        begin, end = layer.crops
        whole = (layer.length - 1) * layer.stride + layer.extent
        x = x.astype(np.float64).reshape(layer.batch, groups, -1, layer.length)
        weight = weight.astype(np.float64).reshape(
            groups, -1, outputs, layer.kernel_size
        )
        weight = np.einsum("giok,goc->gkci", weight, columns, optimize=True)
        y = np.zeros((layer.batch, groups, count, whole + max(-end, 0)))
        reach = (layer.length - 1) * layer.stride + 1
        taps = max(1, ROOM // (layer.batch * groups * count * layer.length))
        for first in range(0, layer.kernel_size, taps):
            part = weight[:, first : first + taps]
            some = part.shape[1]
            products = part.reshape(groups, some * count, -1) @ x
            products = products.reshape(
                layer.batch, groups, some, count, layer.length
            )
            for tap in range(some):
                start = (first + tap) * layer.dilation
                y[..., start : start + reach : layer.stride] += products[:, :, tap]
        if bias is not None:
            bias = bias.astype(np.float64).reshape(groups, outputs)
            y += np.einsum("go,goc->gc", bias, columns)[:, :, None]
        return y[..., begin : begin + layer.output_length]

    def check(self, y):
        """Compares y; whatever is wrong is said in the result, not raised."""
        layer = self.layer
        groups, outputs, count = self.columns.shape
        shape = (layer.batch, layer.out_channels, layer.output_length)
        result = Check(math.inf, float(self.bounds.max()), groups * (count - 1))
        if y.shape != shape or y.dtype != np.float32:
            result.problem = f"gives {y.dtype} {y.shape}, not float32 {shape}"
            return result
        if not np.isfinite(y).all():
            result.problem = "leaves or makes values that are not finite"
            return result
        grouped = y.reshape(layer.batch, groups, outputs, -1)
        got = np.matmul(self.columns.transpose(0, 2, 1), grouped)
        error = np.abs(got - self.sums).max(axis=3)
        # The sum with signs is no output, and says nothing about one's error.
        result.max_abs_error = float(error[:, :, :-1].max())
        excess = error / self.bounds
        where = np.unravel_index(np.argmax(excess), excess.shape)
        result.bound = float(self.bounds[where])
        if excess[where] > 1:
            result.problem = f"is off by {error[where]:.3g}, allowed {result.bound:.3g}"
        return result
