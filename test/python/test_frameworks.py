# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Other frameworks' layers, against the formula and against lengths and crops
written down from their documentation."""

import itertools

import numpy as np
import pytest
import tconv
from helpers import check_close, formula, random


def check(layer, x, weight, bias, stride, dilation, groups, begin, length):
    """`layer` on NCL x against the formula."""
    y64 = formula(x, weight, bias, stride, dilation, groups, begin, length)
    check_close(
        layer(x),
        y64,
        x,
        weight,
        bias,
        stride,
        dilation,
        groups,
        begin,
        factor=8,
    )


def test_new_signature():
    layer = tconv.Conv1dTranspose.from_new_signature(
        4, 6, 5, 3, 2, 1, 2, True, 2, "zeros", np.float32
    )
    x = random((2, 4, 7))
    assert layer.has_bias and layer.output_length(7) == 6 * 3 - 4 + 9 + 1
    check(layer, x, layer.weight, layer.bias, 3, 2, 2, 2, 24)
    plain = tconv.Conv1dTranspose.from_torch(
        4, 6, (5,), stride=(3,), bias=False
    )
    assert plain.bias is None and plain.output_length(7) == 23
    assert "group=1" in repr(plain)


@pytest.mark.parametrize(
    "kind, words, changes",
    [
        (TypeError, ["groups", "2.0"], {"groups": 2.0}),
        (ValueError, ["groups", "3", "in_channels", "4"], {"groups": 3}),
        (ValueError, ["groups", "4", "out_channels", "6"], {"groups": 4}),
        (TypeError, ["bias", "1"], {"bias": 1}),
        (ValueError, ["padding_mode", "reflect"], {"padding_mode": "reflect"}),
        (ValueError, ["dtype", "float64"], {"dtype": "float64"}),
        (TypeError, ["dtype", "no-such"], {"dtype": "no-such"}),
        (ValueError, ["output_padding", "1"], {"output_padding": 1}),
        (TypeError, ["padding", "same"], {"padding": "same"}),
    ],
)
def test_new_signature_refusals(kind, words, changes):
    with pytest.raises(kind) as caught:
        tconv.Conv1dTranspose.from_new_signature(
            **{"in_channels": 4, "out_channels": 6, "kernel_size": 3, **changes}
        )
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("pads", [(0, 0), (2, 1), (0, 4), (3, 0)])
@pytest.mark.parametrize("extra", [0, 2])
def test_onnx_pads(pads, extra):
    weight, bias = random((4, 3, 6), 1), random(6, 2)
    x = random((2, 4, 11))
    layer = tconv.Conv1dTranspose.from_onnx(
        weight,
        bias,
        pads=list(pads),
        strides=[3],
        dilations=[2],
        group=2,
        output_padding=[extra],
        kernel_shape=[6],
    )
    # output = stride * (Lin - 1) + output_padding + eff - pads
    length = 3 * 10 + extra + 11 - sum(pads)
    check(layer, x, weight, bias, 3, 2, 2, pads[0], length)


# total = output_padding + eff - stride; (begin, end) as ONNX splits it
SAME = [
    # kernel, stride, auto_pad, begin
    (4, 1, "SAME_UPPER", 1),
    (4, 1, "SAME_LOWER", 2),
    (5, 2, "SAME_UPPER", 1),
    (5, 2, "SAME_LOWER", 2),
    (6, 2, "SAME_UPPER", 2),
    (6, 2, "SAME_LOWER", 2),
    (2, 5, "SAME_UPPER", 0),
    (2, 5, "SAME_LOWER", 0),
    (3, 3, "SAME_UPPER", 0),
    (3, 3, "SAME_LOWER", 0),
]


@pytest.mark.parametrize("kernel, stride, auto_pad, begin", SAME)
def test_onnx_same(kernel, stride, auto_pad, begin):
    weight = random((3, 2, kernel), 1)
    layer = tconv.Conv1dTranspose.from_onnx(
        weight, strides=stride, auto_pad=auto_pad
    )
    for positions in (1, 2, 9):
        check(
            layer,
            random((1, 3, positions)),
            weight,
            None,
            stride,
            1,
            1,
            begin,
            positions * stride,
        )


def test_onnx_valid_and_notset():
    weight = random((3, 2, 4), 1)
    for auto_pad in ("VALID", "NOTSET"):
        layer = tconv.Conv1dTranspose.from_onnx(
            weight, strides=2, auto_pad=auto_pad
        )
        check(layer, random((1, 3, 5)), weight, None, 2, 1, 1, 0, 12)


@pytest.mark.parametrize(
    "wanted, auto_pad, begin",
    [
        (20, "NOTSET", 1),
        (20, "SAME_UPPER", 1),
        (19, "NOTSET", 2),
        (19, "SAME_UPPER", 1),
        (19, "SAME_LOWER", 2),
        (22, "NOTSET", 0),
        (25, "NOTSET", 0),
        (25, "SAME_UPPER", 0),
        (7, "NOTSET", 8),
        (7, "SAME_UPPER", 7),
    ],
)
def test_onnx_output_shape(wanted, auto_pad, begin):
    # The uncropped length is 2 * 9 + 4 = 22.
    weight = random((3, 2, 4), 1)
    layer = tconv.Conv1dTranspose.from_onnx(
        weight, strides=2, output_shape=[wanted], length=10, auto_pad=auto_pad
    )
    check(layer, random((1, 3, 10)), weight, None, 2, 1, 1, begin, wanted)
    with pytest.raises(ValueError, match="length = 11"):
        layer(random((1, 3, 11)))


@pytest.mark.parametrize(
    "kind, words, changes",
    [
        (ValueError, ["auto_pad", "SAME"], {"auto_pad": "SAME"}),
        (ValueError, ["pads", "(1,)"], {"pads": (1,)}),
        (ValueError, ["pads", "(-1, 0)"], {"pads": (-1, 0)}),
        (ValueError, ["pads", "VALID"], {"pads": (1, 0), "auto_pad": "VALID"}),
        (TypeError, ["pads", "1"], {"pads": 1}),
        (TypeError, ["pads", "1.0"], {"pads": (1.0, 0)}),
        (ValueError, ["length", "output_shape"], {"output_shape": [9]}),
        (ValueError, ["output_shape", "0"], {"output_shape": 0, "length": 3}),
        (ValueError, ["kernel_shape", "3"], {"kernel_shape": [3]}),
        (ValueError, ["group", "3"], {"group": 3}),
        (ValueError, ["strides", "0"], {"strides": 0}),
        (ValueError, ["weight", "(4, 6)"], {"weight": np.zeros((4, 6))}),
        (TypeError, ["weight", "list"], {"weight": [1]}),
        (TypeError, ["bias", "list"], {"bias": [0.0] * 6}),
        (ValueError, ["bias", "(2,)"], {"bias": np.zeros(2)}),
    ],
)
def test_onnx_refusals(kind, words, changes):
    with pytest.raises(kind) as caught:
        tconv.Conv1dTranspose.from_onnx(
            **{"weight": random((4, 6, 4)), **changes}
        )
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "kernel, stride, dilation",
    list(itertools.product((1, 2, 3, 6), (1, 2, 5), (1, 3))),
)
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_keras(kernel, stride, dilation, padding):
    weight, bias = random((kernel, 5, 4), 1), random(5, 2)
    layer = tconv.Conv1dTranspose.from_keras(
        weight, bias, strides=stride, padding=padding, dilation_rate=dilation
    )
    eff = dilation * (kernel - 1) + 1
    for positions in (1, 8):
        x = random((2, positions, 4), positions)
        if padding == "same":
            length, begin = positions * stride, max(eff - stride, 0) // 2
        else:
            length = positions * stride + max(eff - stride, 0)
            begin = 0
        own = np.ascontiguousarray(weight.transpose(2, 1, 0))
        y64 = formula(
            x.transpose(0, 2, 1), own, bias, stride, dilation, 1, begin, length
        )
        y = layer(x)
        assert y.shape == (2, length, 5) and y.flags.c_contiguous
        check_close(
            np.ascontiguousarray(y.transpose(0, 2, 1)),
            y64,
            x.transpose(0, 2, 1),
            own,
            bias,
            stride,
            dilation,
            1,
            begin,
            factor=8,
        )
        assert np.array_equal(layer.reference(x).shape, y.shape)


@pytest.mark.parametrize(
    "padding, extra, length, begin",
    [
        ("valid", 0, 11, 0),
        ("valid", 1, 12, 0),
        ("same", 0, 9, 1),
        ("same", 1, 10, 0),
    ],
)
def test_keras_output_padding(padding, extra, length, begin):
    # Keras: (Lin - 1) * stride + eff - 2 * pad + output_padding, pad = eff // 2
    # for "same"; TensorFlow crops half of what is too much on the left.
    weight = random((3, 5, 4), 1)
    layer = tconv.Conv1dTranspose.from_keras(
        weight, strides=2, padding=padding, output_padding=extra
    )
    x = random((1, 5, 4))
    own = np.ascontiguousarray(weight.transpose(2, 1, 0))
    y64 = formula(x.transpose(0, 2, 1), own, None, 2, 1, 1, begin, length)
    assert np.allclose(layer(x), y64.transpose(0, 2, 1), atol=1e-5)
    assert layer.data_format == "NLC" and "NLC" in repr(layer)


def test_keras_refusals():
    weight = random((3, 5, 4))
    layer = tconv.Conv1dTranspose.from_keras(weight)
    with pytest.raises(ValueError, match="x must have 4 channels.*1, 4, 6"):
        layer(random((1, 4, 6)))
    for changes, word in (
        ({"padding": "causal"}, "causal"),
        ({"strides": 0}, "strides"),
        ({"output_padding": 1}, "output_padding"),
        ({"dilation_rate": 0}, "dilation_rate"),
    ):
        with pytest.raises(ValueError, match=word):
            tconv.Conv1dTranspose.from_keras(weight, **changes)


def test_general():
    x, weight = random((2, 3, 6)), random((3, 4, 5), 1)
    for begin, end in ((0, 0), (3, 1), (-2, 4), (1, -7), (-3, -3)):
        layer = tconv.Conv1dTranspose.general(
            3, 4, 5, 2, begin, end, weight_init=weight
        )
        check(layer, x, weight, None, 2, 1, 1, begin, 15 - begin - end)
        assert layer.pad_mode == "crop" and f"crop_end={end}" in repr(layer)
    layer = tconv.Conv1dTranspose.general(
        3, 4, 5, 2, 1, weight_init=weight, output_length=9
    )
    for positions in (1, 6, 30):
        check(layer, random((1, 3, positions)), weight, None, 2, 1, 1, 1, 9)
    for wrong in (0, -1):
        with pytest.raises(ValueError, match="output_length"):
            tconv.Conv1dTranspose.general(3, 4, 5, output_length=wrong)
    with pytest.raises(ValueError, match="crop_end"):
        tconv.Conv1dTranspose.general(3, 4, 5, crop_end=1, output_length=9)
