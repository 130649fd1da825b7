# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Layer lines, and data for a layer."""

from dataclasses import dataclass

import numpy as np

DEFAULTS = {
    "stride": 1,
    "pad_mode": "same",
    "padding": 0,
    "dilation": 1,
    "group": 1,
    "has_bias": 0,
    "output_padding": 0,
    "batch": 1,
    "dtype": "f32",
}


@dataclass
class Layer:
    """A layer line; `line` is its text without the name."""

    name: str
    line: str
    in_channels: int
    out_channels: int
    kernel_size: int
    stride: int
    pad_mode: str
    padding: int
    dilation: int
    group: int
    has_bias: int
    output_padding: int
    batch: int
    length: int
    dtype: str

    @property
    def flops(self):
        """2 * N * Cin * Cout / group * K * Lin."""
        outputs = self.out_channels // self.group
        macs = self.in_channels * outputs * self.kernel_size * self.length
        return 2 * self.batch * macs

    @property
    def extent(self):
        """Positions that one input reaches."""
        return self.dilation * (self.kernel_size - 1) + 1

    @property
    def crops(self):
        """Positions cut off at both ends of the whole output."""
        if self.pad_mode == "pad":
            return self.padding, self.padding - self.output_padding
        total = max(self.extent - self.stride, 0)
        if self.pad_mode == "same":
            # Shorter taps than the stride lengthen the output at its end.
            return total // 2, self.extent - self.stride - total // 2
        return 0, min(self.extent - self.stride, 0)

    @property
    def output_length(self):
        """Positions of the output."""
        whole = (self.length - 1) * self.stride + self.extent
        return whole - sum(self.crops)


@dataclass
class Data:
    """Arrays of one launch; bias is None where the layer has none."""

    x: np.ndarray
    weight: np.ndarray
    bias: np.ndarray | None


def parse(text, number):
    """The layer of one line. The tools' own parser is the one that is strict
    about values; this one only has to fail on what it doesn't know."""
    name, separator, rest = text.partition(": ")
    if not separator:
        name, rest = f"line {number}", text
    fields = dict(DEFAULTS)
    for pair in rest.split():
        key, equals, value = pair.partition("=")
        if not equals or key not in Layer.__annotations__:
            raise ValueError(f"unknown key '{key}'")
        fields[key] = value if key in ("pad_mode", "dtype") else int(value)
    try:
        return Layer(name=name.strip(), line=rest.strip(), **fields)
    except TypeError as error:
        raise ValueError(str(error).replace("Layer.__init__() ", "")) from None


def read(path, part):
    """The layers of a file whose name contains `part`."""
    found = []
    for number, text in enumerate(path.read_text().splitlines(), 1):
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        try:
            layer = parse(text, number)
        except ValueError as error:
            raise ValueError(f"{path}:{number}: {error}") from None
        if part in layer.name:
            found.append(layer)
    if not found:
        raise ValueError(f"no layer of '{path}' has a name with '{part}' in it")
    return found


def make_data(layer, seed):
    """Centred random data, the same for the same seed."""
    random = np.random.default_rng(seed)

    def draw(*shape):
        return random.uniform(-1, 1, shape).astype(np.float32)

    return Data(
        x=draw(layer.batch, layer.in_channels, layer.length),
        weight=draw(
            layer.in_channels, layer.out_channels // layer.group, layer.kernel_size
        ),
        bias=draw(layer.out_channels) if layer.has_bias else None,
    )
