# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""conv_transpose1d: PyTorch's arguments, refusals, and its cache."""

import threading

import numpy as np
import pytest
import tconv
from helpers import check_close, formula, random
from tconv.functional import _CAPACITY_LAYERS, _cache

CASES = [
    # Cin, Cout, K, groups, dict of the rest
    (4, 6, 3, 1, {}),
    (4, 6, 5, 2, {"stride": 2, "padding": 2}),
    (4, 4, 4, 4, {"stride": 3}),
    (3, 1, 7, 1, {"stride": 7}),
    (8, 8, 4, 1, {"stride": 2, "padding": 1, "output_padding": 1}),
    (8, 8, 4, 2, {"stride": 3, "output_padding": 2}),
    (8, 8, 2, 1, {"stride": 5, "output_padding": 4}),
    (6, 9, 3, 3, {"stride": 2, "dilation": 4, "output_padding": 3}),
    (5, 7, 3, 1, {"stride": 4, "dilation": 6}),
    (5, 7, 11, 1, {"stride": 5, "padding": (3, 4)}),
    (5, 7, 8, 1, {"stride": 4, "padding": (0, 4)}),
    (5, 7, 8, 1, {"stride": 4, "padding": (4, 0), "output_padding": 2}),
    (5, 7, 8, 1, {"stride": (4,), "padding": (2,), "dilation": [1]}),
]


def expected(
    x, weight, bias, stride=1, padding=0, output_padding=0, groups=1, dilation=1
):
    def one(value):
        return value[0] if isinstance(value, (tuple, list)) else value

    pair = (
        padding
        if isinstance(padding, tuple) and len(padding) == 2
        else (one(padding),) * 2
    )
    stride, dilation = one(stride), one(dilation)
    length = (
        (x.shape[2] - 1) * stride
        - sum(pair)
        + dilation * (weight.shape[2] - 1)
        + 1
        + one(output_padding)
    )
    return (
        formula(x, weight, bias, stride, dilation, groups, pair[0], length),
        stride,
        dilation,
        pair[0],
    )


@pytest.mark.parametrize("positions", [1, 2, 13, 200, 400])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_against_the_formula(case, positions):
    in_channels, out_channels, kernel, groups, rest = case
    weight = random((in_channels, out_channels // groups, kernel), 1)
    for bias in (None, random(out_channels, 2)):
        x = random((3, in_channels, positions), positions)
        y64, stride, dilation, begin = expected(
            x, weight, bias, groups=groups, **rest
        )
        if y64.shape[2] < 1:
            with pytest.raises(ValueError):
                tconv.conv_transpose1d(x, weight, bias, groups=groups, **rest)
            continue
        y = tconv.conv_transpose1d(x, weight, bias, groups=groups, **rest)
        check_close(
            y, y64, x, weight, bias, stride, dilation, groups, begin, factor=8
        )
        one = tconv.conv_transpose1d(x[1], weight, bias, groups=groups, **rest)
        assert np.array_equal(one, y[1])


def test_positional_order_is_pytorchs():
    x, weight, bias = random((2, 4, 9)), random((4, 3, 4), 1), random(6, 2)
    y = tconv.conv_transpose1d(x, weight, bias, 3, 2, 1, 2, 5)
    same = tconv.conv_transpose1d(
        x,
        weight,
        bias=bias,
        stride=3,
        padding=2,
        output_padding=1,
        groups=2,
        dilation=5,
    )
    assert np.array_equal(y, same) and y.shape == (2, 6, 37)


def test_accuracy_is_that_of_float32():
    """The root mean square tells float32 from anything less precise."""
    x, weight = random((1, 256, 150)), random((256, 24, 8), 1)
    y64, *_ = expected(x, weight, None, stride=4)
    for accuracy, allowed in (("direct", 1.5), ("default", 3.0)):
        layer = tconv.Conv1dTranspose(
            256, 24, 8, 4, "pad", weight_init=weight, accuracy=accuracy
        )
        plain = layer.reference(x, sums64=False)
        assert np.array_equal(layer.reference(x), y64.astype(np.float32))
        error = np.sqrt(np.mean((layer(x) - y64) ** 2))
        assert error <= allowed * np.sqrt(np.mean((plain - y64) ** 2))


def test_never_stale():
    x = random((1, 4, 9))
    weight, bias = random((4, 6, 3), 1), random(6, 2)
    one = tconv.conv_transpose1d(x, weight, bias)
    assert np.array_equal(tconv.conv_transpose1d(x, weight, bias), one)
    weight[3, 5, 2] += 1
    changed = tconv.conv_transpose1d(x, weight, bias)
    assert not np.array_equal(changed, one)
    assert np.array_equal(
        changed, tconv.conv_transpose1d(x, weight.copy(), bias.copy())
    )
    bias[:] = 0
    assert np.array_equal(
        tconv.conv_transpose1d(x, weight, bias),
        tconv.conv_transpose1d(x, weight, np.zeros_like(bias)),
    )
    weight[:] = 0.0
    weight[0, 0, 0] = -0.0
    with np.errstate(invalid="ignore"):
        assert not tconv.conv_transpose1d(x, weight, bias).any()
    weight[0, 0, 0] = np.nan
    assert np.isnan(tconv.conv_transpose1d(x, weight, bias)).any()


def test_a_hit_keeps_its_layer():
    _cache.clear()
    x, weight = random((1, 4, 9)), random((4, 6, 3), 1)
    for _ in range(3):
        tconv.conv_transpose1d(x, weight)
        assert len(_cache) == 1
    layer = next(iter(_cache._entries.values()))[0]
    tconv.conv_transpose1d(x, weight)
    assert next(iter(_cache._entries.values()))[0] is layer
    weight[0] = np.nan
    tconv.conv_transpose1d(x, weight)
    layer = next(iter(_cache._entries.values()))[0]
    tconv.conv_transpose1d(x, weight)
    assert next(iter(_cache._entries.values()))[0] is layer
    weight[0] = 1
    tconv.conv_transpose1d(x, weight)
    assert next(iter(_cache._entries.values()))[0] is not layer
    assert len(_cache) == 1


def test_the_cache_is_bounded():
    x = random((1, 2, 5))
    kept = [random((2, 3, 4), seed) for seed in range(3 * _CAPACITY_LAYERS)]
    for weight in kept:
        tconv.conv_transpose1d(x, weight)
    assert len(_cache) == _CAPACITY_LAYERS


def test_threads_with_changing_weights():
    """Threads share the cache and none sees another's weights."""
    x = random((1, 3, 30))
    failures = []

    def work(seed):
        generator = np.random.default_rng(seed)
        weight = np.empty((3, 4, 5), np.float32)
        for _ in range(30):
            weight[:] = generator.standard_normal(weight.shape)
            y = tconv.conv_transpose1d(x, weight, stride=2)
            y64, *_ = expected(x, weight, None, stride=2)
            if not np.allclose(y, y64, atol=1e-4):
                failures.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


X, W, B = random((1, 4, 9)), random((4, 6, 3)), random(6)


@pytest.mark.parametrize(
    "kind, words, arguments",
    [
        (TypeError, ["x", "list"], {"x": [1.0]}),
        (TypeError, ["x", "float64"], {"x": X.astype(np.float64)}),
        (TypeError, ["weight", "float64"], {"weight": W.astype(np.float64)}),
        (TypeError, ["weight", "None"], {"weight": None}),
        (TypeError, ["bias", "float16"], {"bias": B.astype(np.float16)}),
        (TypeError, ["bias", "True"], {"bias": True}),
        (ValueError, ["x", "(9,)"], {"x": X[0, 0]}),
        (ValueError, ["x", "(1, 1, 4, 9)"], {"x": X[None]}),
        (ValueError, ["x", "(1, 3, 9)"], {"x": X[:, 1:]}),
        (ValueError, ["x", "(3, 9)"], {"x": X[0, 1:]}),
        (ValueError, ["x", "(1, 4, 0)"], {"x": X[:, :, :0]}),
        (ValueError, ["weight", "(4, 6)"], {"weight": W[..., 0]}),
        (ValueError, ["weight", "(4, 0, 3)"], {"weight": W[:, :0]}),
        (ValueError, ["bias", "(5,)"], {"bias": B[1:]}),
        (ValueError, ["bias must", "(6, 1)"], {"bias": B[:, None]}),
        (TypeError, ["stride", "1.0"], {"stride": 1.0}),
        (TypeError, ["stride", "True"], {"stride": True}),
        (TypeError, ["stride", "None"], {"stride": None}),
        (TypeError, ["stride", "'2'"], {"stride": ("2",)}),
        (ValueError, ["stride", "(1, 2)"], {"stride": (1, 2)}),
        (ValueError, ["stride", "0"], {"stride": 0}),
        (ValueError, ["stride", str(2**64)], {"stride": 2**64}),
        (TypeError, ["dilation", "False"], {"dilation": np.bool_(False)}),
        (ValueError, ["dilation", "-1"], {"dilation": -1}),
        (TypeError, ["padding", "1.5"], {"padding": 1.5}),
        (TypeError, ["padding", "None"], {"padding": (1, None)}),
        (ValueError, ["padding", "-1"], {"padding": -1}),
        (ValueError, ["padding", "(0, -2)"], {"padding": (0, -2)}),
        (ValueError, ["padding", "(1, 1, 1)"], {"padding": (1, 1, 1)}),
        (ValueError, ["x"], {"padding": 50}),
        (TypeError, ["output_padding", "1.0"], {"output_padding": 1.0}),
        (ValueError, ["output_padding", "1"], {"output_padding": 1}),
        (ValueError, ["output_padding", "-1"], {"output_padding": -1}),
        (TypeError, ["groups", "2.0"], {"groups": 2.0}),
        (ValueError, ["groups", "0"], {"groups": 0}),
        (ValueError, ["groups", "3", "4"], {"groups": 3}),
    ],
    ids=str,
)
def test_refusals(kind, words, arguments):
    with pytest.raises(kind) as caught:
        tconv.conv_transpose1d(**{"x": X, "weight": W, **arguments})
    assert type(caught.value) is kind
    for word in words:
        assert word in str(caught.value)


def test_no_batch_items():
    assert tconv.conv_transpose1d(X[:0], W).shape == (0, 6, 11)
