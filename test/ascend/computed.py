# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""computed.py [COUNT [SEED]]: MindSpore's cases in f16, bf16 and f32, and COUNT
random layers, those also with infinities and NaN, computed by bishengir's own
reading of the kernels on the CPU, against a sum in float64 by SPEC's bounds.
Every buffer is full of NaN before."""

import json
import math
import pathlib
import random
import re
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("skipped: NumPy is not installed")
    sys.exit(77)

import cpu_runner
from plan import Plan
from toolkit import ROOT, compile_file, need_bishengir, random_layer

TARGET = "ascend:910b3"
POINTERS = {"pack": 3, "edge": 5, "product": 4, "store": 3}
EPS = {"f32": 2.0**-24, "f16": 2.0**-11, "bf16": 2.0**-8}
#: Instead of a case's data: random numbers, some of them infinite or NaN.
SPECIAL = "special"
#: What reading memory that nobody wrote gives.
NAN = {"f32": np.float32(np.nan), "f16": np.float16(np.nan), "bf16": np.uint16(0x7FC0)}


def to_bits(values, kind):
    """Float64 rounded to a type, as an array of its bits' NumPy type."""
    if kind == "f16":
        return values.astype(np.float16)
    single = values.astype(np.float32)
    if kind == "f32":
        return single
    bits = single.view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def from_bits(bits, kind):
    if kind != "bf16":
        return bits.astype(np.float64)
    return (bits.astype(np.uint32) << 16).view(np.float32).astype(np.float64)


def fields(line):
    values = {"stride": 1, "dilation": 1, "group": 1, "padding": 0, "has_bias": 0}
    values["pad_mode"] = "same"
    for name, value in re.findall(r"(\w+)=(\w+)", line):
        values[name] = value if name in ("pad_mode", "dtype") else int(value)
    return values


def geometry(layer, length):
    """(output length, crop at the beginning), as SPEC's table has them."""
    reach = layer["dilation"] * (layer["kernel_size"] - 1) + 1
    stride = layer["stride"]
    if layer["pad_mode"] == "pad":
        return (length - 1) * stride - 2 * layer["padding"] + reach, layer["padding"]
    beyond = max(reach - stride, 0)
    if layer["pad_mode"] == "valid":
        return length * stride + beyond, 0
    return length * stride, beyond // 2


def reference(layer, x, w, bias, outputs, crop):
    """y and the sums of absolute products, in float64."""
    batch, _, length = x.shape
    groups, stride = layer["group"], layer["stride"]
    inputs = layer["in_channels"] // groups
    each = layer["out_channels"] // groups
    full = (length - 1) * stride + layer["dilation"] * (layer["kernel_size"] - 1) + 1
    y = np.zeros((batch, layer["out_channels"], max(full, outputs + crop)))
    s = np.zeros_like(y)
    for g in range(groups):
        xs = x[:, g * inputs : (g + 1) * inputs]
        ws = w[g * inputs : (g + 1) * inputs]
        rows = slice(g * each, (g + 1) * each)
        for k in range(layer["kernel_size"]):
            at = k * layer["dilation"]
            to = slice(at, at + (length - 1) * stride + 1, stride)
            y[:, rows, to] += np.einsum("nil,io->nol", xs, ws[:, :, k])
            s[:, rows, to] += np.einsum("nil,io->nol", abs(xs), abs(ws[:, :, k]))
    y, s = y[:, :, crop : crop + outputs], s[:, :, crop : crop + outputs]
    if bias is not None:
        y, s = y + bias[None, :, None], s + abs(bias)[None, :, None]
    return y, s


def compared(layer, kind, y, exact, s):
    """None, or how far y is beyond SPEC's bound, to which the shorter types add
    half a last place. What isn't finite has to be the same."""
    groups = layer["group"]
    taps = math.ceil(
        layer["kernel_size"]
        * math.gcd(layer["stride"], layer["dilation"])
        / layer["stride"]
    )
    longest = layer["in_channels"] // groups * taps
    finite = np.isfinite(exact)
    # S is the largest sum of an item and a group.
    per = np.where(finite, s, 0).reshape(s.shape[0], groups, -1).max(axis=2)
    largest = np.repeat(per, layer["out_channels"] // groups, axis=1)[:, :, None]
    eps = 2.0**-24
    wanted = np.where(finite, exact, 0)
    bound = 4 * eps * math.sqrt(longest) * largest + 2 * eps * abs(wanted)
    bound = bound + longest * 2.0**-149
    if kind != "f32":  # half a last place, or half of the least subnormal
        least = 2.0**-24 if kind == "f16" else 2.0**-133
        bound = bound + EPS[kind] * (abs(wanted) + bound) + least / 2
    same = (y == exact) | (np.isnan(y) & np.isnan(exact))
    strange = (np.isfinite(y) != finite) | (~finite & ~same)
    error = np.where(finite & np.isfinite(y), abs(y - wanted), 0) / bound
    if strange.any() or (error > 1).any():
        return (
            f"{int(np.isnan(y).sum())} NaN, {int(np.isnan(exact).sum())} in the "
            f"formula; {int(strange.sum())} differ in what is finite; error "
            f"{error.max():.3g} of the bound"
        )
    return None


def make_special(data, draw):
    """Puts infinities and NaN into some of x or of the weights: at either end of
    rows of x, and inside; few, so that most of y is finite."""
    x, w, _ = data
    specials = [math.inf, -math.inf, math.nan]
    if draw.random() < 0.7:
        for _ in range(draw.choice([1, 1, 2])):
            at = tuple(draw.randrange(size) for size in w.shape)
            w[at] = draw.choice(specials)
    if draw.random() < 0.6:
        for _ in range(draw.choice([1, 1, 3])):
            position = draw.choice([0, x.shape[2] - 1, draw.randrange(x.shape[2])])
            item, channel = draw.randrange(x.shape[0]), draw.randrange(x.shape[1])
            x[item, channel, position] = draw.choice(specials)


def address(array):
    return 0 if array is None else array.ctypes.data


def run(library, report, kind, layer, x, w, bias, outputs, strides=(0, 0)):
    """y by the plan's launches; `strides` are elements between rows of x and y
    beyond their lengths."""
    batch, channels, length = x.shape
    x_row, y_row = length + strides[0], outputs + strides[1]
    rows = np.full((batch, channels, x_row), NAN[kind])
    rows[:, :, :length] = x
    y = np.full((batch, layer["out_channels"], y_row), NAN[kind])
    device = report["device"]
    packed = np.full(device["packed_bytes"] // x.itemsize, NAN[kind])
    common = {"cube_cores": 3, "vector_cores": 5, "weights": address(packed)}

    def issue(plan, purpose):
        for entry, grid, arguments in plan.launches(purpose):
            part = entry.rsplit("_", 1)[1]
            cpu_runner.launch(library, entry, POINTERS[part], grid, arguments)

    issue(Plan(device["plan"], weight=address(w), **common), "pack")
    common.update(
        x=address(rows),
        bias=address(bias),
        y=address(y),
        batch=batch,
        length=length,
        output_length=outputs,
        x_batch_stride=channels * x_row,
        x_channel_stride=x_row,
        y_batch_stride=layer["out_channels"] * y_row,
        y_channel_stride=y_row,
    )
    size = Plan(device["plan"], **common).workspace()
    # Bytes of 0xff are NaN in all three types.
    workspace = np.full(size + 512, 0xFF, np.uint8)
    issue(Plan(device["plan"], workspace=address(workspace), **common), "run")
    assert np.isnan(from_bits(y[:, :, outputs:], kind)).all(), "wrote beyond a row"
    return from_bits(y[:, :, :outputs], kind)


def check(library, report, line, kind, length, batch, draw, data=None, strides=(0, 0)):
    """None, or what is wrong."""
    layer = fields(line)
    outputs, crop = geometry(layer, length)
    if outputs < 1:
        return None
    groups = layer["group"]
    shapes = [
        (batch, layer["in_channels"], length),
        (layer["in_channels"], layer["out_channels"] // groups, layer["kernel_size"]),
        (layer["out_channels"],),
    ]
    if data is None or data == SPECIAL:
        values = [draw.standard_normal(shape) for shape in shapes]
        if data == SPECIAL:
            make_special(values, random.Random(length))
        data = values
    x, w, bias = (
        None if values is None else np.ascontiguousarray(to_bits(values, kind))
        for values in data
    )
    if not layer["has_bias"]:
        bias = None
    y = run(library, report, kind, layer, x, w, bias, outputs, strides)
    with np.errstate(invalid="ignore"):
        exact, s = reference(
            layer,
            from_bits(x, kind),
            from_bits(w, kind),
            None if bias is None else from_bits(bias, kind),
            outputs,
            crop,
        )
        wrong = compared(layer, kind, y, exact, s)
    return wrong and f"{line} dtype={kind} length={length} batch={batch}: {wrong}"


def oracle():
    """(layer line, length, batch, [x, weight, bias], y) of MindSpore's cases."""
    folder = ROOT / "test/data/mindspore"
    values = np.fromfile(folder / "data.f32", "<f4").astype(np.float64)

    def array(at):
        if at is None:
            return None
        count = math.prod(at["shape"])
        return values[at["offset"] : at["offset"] + count].reshape(at["shape"])

    names = ["in_channels", "out_channels", "kernel_size", "stride", "pad_mode"]
    names += ["padding", "dilation", "group"]
    for text in (folder / "cases.jsonl").read_text().splitlines():
        case = json.loads(text)
        line = " ".join(f"{name}={case[name]}" for name in names)
        line += f" has_bias={int(case['has_bias'])}"
        batch, _, length = case["x"]["shape"]
        data = [array(case[name]) for name in ("x", "weight", "bias")]
        yield line, length, batch, data


def main():
    tools = need_bishengir()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    draw = random.Random(seed)
    numbers = np.random.default_rng(seed)
    wrong, runs = [], 0
    jobs = []
    for kind in ("f32", "f16", "bf16"):
        for index, (line, length, batch, data) in enumerate(oracle()):
            # A third of them in bf16 is enough: it differs in its conversions.
            if kind != "bf16" or index % 3 == 0:
                jobs.append((line, kind, [(length, batch, data, (0, 0))]))
    for _ in range(count):
        line = random_layer(draw, most=20000)
        lengths = sorted({1, 2, draw.randrange(3, 40), draw.randrange(40, 700)})
        jobs.append(
            (
                line,
                draw.choice(["f16", "f32", "bf16"]),
                [
                    (length, draw.choice([1, 1, 2, 3]), data, (draw.randrange(3), 1))
                    for length in lengths
                    for data in (None, SPECIAL)
                ],
            )
        )
    for begin in range(0, len(jobs), 60):
        part = jobs[begin : begin + 60]
        with tempfile.TemporaryDirectory() as folder:
            lines = [
                (f"k{begin + i}", f"{line} dtype={kind}")
                for i, (line, kind, _) in enumerate(part)
            ]
            made = compile_file(lines, TARGET, "mlir", folder)
            library = cpu_runner.build(
                tools, [text for _, text in made], pathlib.Path(folder)
            )
            for (line, kind, cases), (report, _) in zip(part, made):
                for length, batch, data, strides in cases:
                    error = check(
                        library, report, line, kind, length, batch, numbers, data, strides
                    )
                    runs += 1
                    if error:
                        wrong.append(error)
    print(f"{len(jobs)} layers, {runs} runs on the CPU, {len(wrong)} wrong")
    if wrong:
        sys.exit("\n".join(wrong[:20]))


if __name__ == "__main__":
    main()
