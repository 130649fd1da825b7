# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The layer as an object: shapes, weights, copies, what it says of itself."""

import copy
import ctypes
import itertools
import pathlib
import pickle
import re

import numpy as np
import pytest
import tconv
from helpers import check_layer, random
from tconv import _native


@pytest.mark.parametrize(
    "mode, kernel, stride, dilation",
    list(
        itertools.product(
            ("same", "valid", "pad"), (1, 2, 5), (1, 2, 3, 7), (1, 2, 3)
        )
    ),
)
def test_modes(mode, kernel, stride, dilation):
    layer = tconv.Conv1dTranspose(
        3, 4, kernel, stride, mode, dilation=dilation, has_bias=True
    )
    for positions in (1, 6):
        x = random((2, 3, positions))
        y = check_layer(layer, x)
        assert y.shape == (2, 4, layer.output_length(positions))


def test_lengths_change_from_call_to_call():
    layer = tconv.Conv1dTranspose(5, 3, 7, 4, "pad", 2, has_bias=True)
    for positions in (1, 300, 2, 17, 1, 63, 64, 65, 2, 1000):
        check_layer(layer, random((1, 5, positions), positions))
    for batch in (3, 0, 1, 2):
        x = random((batch, 5, 9), batch)
        y = layer(x)
        assert all(
            np.array_equal(y[n], layer(x[n : n + 1])[0]) for n in range(batch)
        )


def test_weights_are_copies():
    layer = tconv.Conv1dTranspose(3, 4, 5, has_bias=True)
    x = random((1, 3, 6))
    before = layer(x)
    layer.weight[:] = 0
    layer.bias[:] = 9
    assert np.array_equal(layer(x), before)
    weight = random((3, 4, 5), 8)
    layer.weight = weight
    layer.bias = np.arange(4)
    assert np.array_equal(layer.weight, weight)
    assert np.array_equal(layer.bias, [0, 1, 2, 3])
    weight[:] = 0
    check_layer(layer, x)
    assert not np.array_equal(layer(x), before)
    layer.weight = np.asfortranarray(layer.weight[::-1])
    check_layer(layer, x)


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))],
)
def test_copies_are_layers_of_their_own(duplicate):
    layers = [
        tconv.Conv1dTranspose(
            4, 6, 3, 2, "pad", 1, group=2, has_bias=True, output_padding=1
        ),
        tconv.Conv1dTranspose.general(4, 6, 3, 2, -1, 2),
        tconv.Conv1dTranspose.general(4, 6, 3, 2, output_length=7),
        tconv.Conv1dTranspose.from_keras(random((3, 6, 5))),
        tconv.Conv1dTranspose(4, 6, 3, accuracy="direct", target="reference"),
    ]
    for layer in layers:
        x = random((1, 4, 5))
        y = layer(x)
        twin = duplicate(layer)
        assert repr(twin) == repr(layer) and twin.target == layer.target
        layer.weight = np.zeros_like(layer.weight)
        assert np.array_equal(twin(x), y)
        del layer
        assert np.array_equal(twin(x), y)


def test_repr():
    layer = tconv.Conv1dTranspose(
        3, 64, 4, has_bias=False, weight_init="normal", pad_mode="pad"
    )
    assert repr(layer) == (
        "Conv1dTranspose<in_channels=3, out_channels=64, kernel_size=4, "
        "stride=1, pad_mode='pad', padding=0, dilation=1, group=1, "
        "has_bias=False, weight_init='normal', bias_init=None>"
    )
    assert layer.has_bias is False and layer.group == 1
    with pytest.raises(AttributeError):
        layer.stride = 2


def test_describe():
    layer = tconv.Conv1dTranspose(64, 32, 4, 2, "pad", 1)
    told = layer.describe(100)
    assert told["path"] in ("kernel", "reference") and told["target"]
    layer.prepare(100)
    assert layer.describe(np.int64(100), batch=2)["path"] == told["path"]
    assert told["accuracy"] == "default"
    direct = tconv.Conv1dTranspose(64, 32, 4, 2, "pad", 1, accuracy="direct")
    assert direct.describe(100)["accuracy"] == "direct"
    plain = tconv.Conv1dTranspose(8, 8, 4, target="reference")
    assert plain.describe(10)["path"] == "reference"
    check_layer(plain, random((1, 8, 10)))


def test_the_kernel_path_is_taken():
    """With the compiler in the build, falling back would be a defect."""
    library = pathlib.Path(_native.lib._name).parent
    layer = tconv.Conv1dTranspose(64, 32, 4, 2, "pad", 1)
    expected = (
        "kernel" if list(library.glob("libtconv_compiler.so*")) else "reference"
    )
    assert layer.describe(100)["path"] == expected


def test_targets_agree():
    x, weight = random((2, 24, 70)), random((24, 20, 6), 1)
    targets = [None, "cpu:native", "cpu:x86-64", "reference"]
    layers = [
        tconv.Conv1dTranspose(24, 20, 6, 3, weight_init=weight, target=target)
        for target in targets
    ]
    for layer in layers:
        check_layer(layer, x)


def test_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+", tconv.__version__)
    for name in tconv.__all__:
        assert hasattr(tconv, name)


def test_structures_have_the_sizes_of_c():
    """tconv_params_init and _options_init write sizeof of C's structures."""
    params = _native.Params()
    _native.lib.tconv_params_init(ctypes.byref(params))
    assert params.struct_size == ctypes.sizeof(params)
    assert (params.stride, params.dilation, params.group) == (1, 1, 1)
    options = _native.LayerOptions()
    _native.lib.tconv_layer_options_init(ctypes.byref(options))
    assert options.struct_size == ctypes.sizeof(options)
    given = _native.Initializer.make(0)
    _native.check(
        _native.lib.tconv_initializer_by_name(
            b"truncatednormal", ctypes.byref(given)
        )
    )
    assert given.struct_size == ctypes.sizeof(given)
    assert (given.a, given.b, given.c, given.d) == (0.0, 0.01, -2.0, 2.0)
