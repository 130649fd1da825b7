# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The formula in float64, written independently of the library, and the bounds
that results are held to."""

import json
import math
import pathlib

import numpy as np

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "mindspore"
EPS = float(np.finfo(np.float32).eps)


def formula(x, weight, bias, stride, dilation, groups, crop_begin, length):
    """y[n, co, t] of the layer's definition, in float64."""
    x, weight = x.astype(np.float64), weight.astype(np.float64)
    batch, in_channels, positions = x.shape
    _, columns, kernel = weight.shape
    out_channels = columns * groups
    last = (positions - 1) * stride + (kernel - 1) * dilation
    left, right = max(0, -crop_begin), max(0, length + crop_begin - last - 1)
    full = np.zeros((batch, groups, columns, left + last + 1 + right))
    xs = x.reshape(batch, groups, in_channels // groups, positions)
    ws = weight.reshape(groups, in_channels // groups, columns, kernel)
    for k in range(kernel):
        start = left + k * dilation
        full[..., start : start + (positions - 1) * stride + 1 : stride] += (
            np.einsum("ngil,gic->ngcl", xs, ws[..., k])
        )
    begin = left + crop_begin
    y = full[..., begin : begin + length].reshape(batch, out_channels, length)
    if bias is not None:
        y = y + bias.astype(np.float64)[:, None]
    return y


def crops(
    pad_mode, positions, kernel, stride, dilation, padding=0, output_padding=0
):
    """(crop_begin, output length) of MindSpore's modes."""
    eff = dilation * (kernel - 1) + 1
    if pad_mode == "same":
        return max(eff - stride, 0) // 2, positions * stride
    if pad_mode == "valid":
        return 0, positions * stride + max(eff - stride, 0)
    return padding, (
        (positions - 1) * stride - 2 * padding + eff + output_padding
    )


def layer_formula(layer, x):
    begin, length = crops(
        layer.pad_mode,
        x.shape[2],
        layer.kernel_size,
        layer.stride,
        layer.dilation,
        layer.padding,
        layer.output_padding,
    )
    return formula(
        x,
        layer.weight,
        layer.bias,
        layer.stride,
        layer.dilation,
        layer.group,
        begin,
        length,
    )


def check_close(
    y,
    y64,
    x,
    weight,
    bias,
    stride,
    dilation,
    groups,
    crop_begin,
    fma=None,
    factor=4,
):
    """Holds every element of y to the bound of "How exact": float32 sums of
    length R and size S; or twice the worst error of a plain FMA sum, `fma`."""
    assert y.dtype == np.float32 and y.shape == y64.shape
    batch, _out_channels, length = y.shape
    in_channels, columns, kernel = weight.shape
    longest = (in_channels // groups) * math.ceil(
        kernel * math.gcd(stride, dilation) / stride
    )
    size = formula(
        np.abs(x),
        np.abs(weight),
        None if bias is None else np.abs(bias),
        stride,
        dilation,
        groups,
        crop_begin,
        length,
    )
    by_group = size.reshape(batch, groups, columns, length)
    largest = by_group.max(axis=(2, 3), keepdims=True)
    bound = (
        factor
        * EPS
        * math.sqrt(longest)
        * np.broadcast_to(largest, by_group.shape).reshape(y.shape)
        + 2 * EPS * np.abs(y64)
        + longest * 2.0**-149
    )
    if fma is not None:
        bound = np.maximum(bound, 2 * np.abs(fma - y64).max())
    excess = np.abs(y - y64) - bound
    worst = np.unravel_index(np.argmax(excess), excess.shape)
    assert excess[worst] <= 0, (
        f"at {worst}: {y[worst]} instead of {y64[worst]}, allowed "
        f"{bound[worst]}"
    )


def check_layer(layer, x, factor=None):
    """Runs a layer and holds the result to the formula; returns it."""
    y = layer(x)
    begin, _ = crops(
        layer.pad_mode,
        x.shape[2],
        layer.kernel_size,
        layer.stride,
        layer.dilation,
        layer.padding,
        layer.output_padding,
    )
    # Fast algorithms share products, and are allowed twice as much.
    if factor is None:
        told = layer.describe(x.shape[2], x.shape[0])
        factor = 4 if told.get("algorithm", "direct") == "direct" else 8
    check_close(
        y,
        layer_formula(layer, x),
        x,
        layer.weight,
        layer.bias,
        layer.stride,
        layer.dilation,
        layer.group,
        begin,
        layer.reference(x, sums64=False),
        factor,
    )
    return y


def oracle_cases():
    data = np.fromfile(DATA / "data.f32", "<f4").astype(np.float32)
    cases = []
    for line in (DATA / "cases.jsonl").read_text().splitlines():
        case = json.loads(line)
        for name in ("x", "weight", "bias", "y"):
            place = case.pop(name)
            if place is not None:
                shape = place["shape"]
                begin = place["offset"]
                case[name] = data[begin : begin + math.prod(shape)].reshape(
                    shape
                )
            else:
                case[name] = None
        cases.append(case)
    return cases


def random(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
