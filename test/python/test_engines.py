# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Engines: kernels of both in one process, and what is said without one."""

import copy
import os
import pathlib
import pickle
import subprocess
import sys

import numpy as np
import pytest
import tconv
from helpers import check_layer, random
from tconv import _native

LIBRARY = pathlib.Path(_native.lib._name).parent
HALIDE = bool(list(LIBRARY.glob("libtconv_halide.so*")))
needs_halide = pytest.mark.skipif(
    not HALIDE, reason="the Halide engine is not built: no Halide 21 was found"
)


@needs_halide
@pytest.mark.parametrize(
    "arguments",
    [
        {"kernel_size": 8, "stride": 4, "pad_mode": "pad", "padding": 2},
        {"kernel_size": 5, "stride": 3, "group": 2, "dilation": 2},
        {"kernel_size": 3, "stride": 5, "has_bias": True, "pad_mode": "valid"},
    ],
)
def test_both_engines_serve_one_process(arguments):
    weight = random((12, 8 // arguments.get("group", 1), arguments["kernel_size"]))
    layers = {
        engine: tconv.Conv1dTranspose(
            12, 8, weight_init=weight, engine=engine, **arguments
        )
        for engine in ("mlir", "halide")
    }
    for length in (1, 37, 400):
        for engine, layer in layers.items():
            x = random((2, 12, length), length)
            check_layer(layer, x)
            told = layer.describe(length)
            assert (told["path"], told["engine"]) == ("kernel", engine)


@needs_halide
def test_autoschedulers_are_named():
    layer = tconv.Conv1dTranspose(8, 6, 4, 2, engine="halide:Mullapudi2016")
    check_layer(layer, random((1, 8, 50)))
    told = layer.describe(50)
    assert told["path"] == "kernel", told
    assert told["engine"] == "halide:Mullapudi2016"
    assert told["autoscheduler"] == "Mullapudi2016"


@needs_halide
def test_functional_keeps_its_layers_apart():
    x, weight = random((1, 8, 60)), random((8, 6, 4), 1)
    results = [
        tconv.conv_transpose1d(x, weight, stride=2, engine=engine)
        for engine in (None, "halide", "mlir")
    ]
    for y in results[1:]:
        assert np.allclose(y, results[0], atol=1e-5)


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))]
)
def test_copies_keep_their_engine(duplicate):
    layer = tconv.Conv1dTranspose(4, 6, 3, engine="halide", target="reference")
    assert layer.engine == "halide"
    assert duplicate(layer).engine == "halide"
    assert tconv.Conv1dTranspose(4, 6, 3).engine is None


def test_without_the_library_it_says_how_to_get_it():
    program = """
import warnings
import numpy as np
import tconv
layer = tconv.Conv1dTranspose(4, 6, 3, stride=2, engine="halide")
x = np.ones((1, 4, 20), np.float32)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    y = layer(x)
assert np.abs(y - layer.reference(x)).max() < 1e-5
told = layer.describe(20)
assert told["status"] == "TCONV_NOT_FOUND" and told["engine"] == "halide", told
(warning,) = caught
for text in ("no Halide engine", "pip install halide==21"):
    assert text in str(warning.message), warning.message
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            **os.environ,
            "TCONV_HALIDE_LIBRARY": "/nonexistent/libtconv_halide.so",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
