# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Layers on a GPU with this build's compiler: from parameters to PTX, through
the runtime and its caches to the tests' driver, which interprets it."""

import os
import pathlib
import subprocess
import sys

import pytest

LAYERS = """
import numpy as np
import tconv
from helpers import check_layer, layer_formula, random

rng = np.random.default_rng(SEED)
for case in range(12):
    group = int(rng.choice([1, 1, 2, 3]))
    cin, cout = (group * int(rng.integers(1, 12)) for _ in range(2))
    kernel, stride, dilation, length, batch = (
        int(rng.integers(1, most)) for most in (9, 6, 4, 60, 3)
    )
    arguments = dict(
        pad_mode=str(rng.choice(["same", "valid"])), dilation=dilation,
        group=group, has_bias=bool(rng.integers(0, 2)), device="cuda",
    )
    layer = tconv.Conv1dTranspose(cin, cout, kernel, stride, **arguments)
    x = random((batch, cin, length), case)
    told = layer.describe(length, batch)
    assert told["path"] == "kernel", told
    assert told["target"] == "nvptx:sm_CAPABILITY", told
    y = check_layer(layer, x)
    assert np.array_equal(layer(tconv.to_device(x)).numpy(), y)
    halves = tconv.Conv1dTranspose(
        cin, cout, kernel, stride, dtype="float16",
        weight_init=layer.weight.astype(np.float16).astype(np.float32),
        **{**arguments, "has_bias": False},
    )
    x = x.astype(np.float16)
    exact = layer_formula(halves, x)
    error = np.abs(halves(x) - exact)
    assert np.all(error <= np.abs(exact) * 2.0**-11 * 1.001 + 1e-5), error.max()
"""

# The formula has no term for what lies beyond x, whatever the weights are.
NOT_FINITE = """
import numpy as np
import tconv
from helpers import random

for special in (np.inf, np.nan):
    layer = tconv.Conv1dTranspose(8, 8, 4, 2, device="cuda")
    weight = layer.weight.copy()
    weight[3, 2, 0] = special
    layer.weight = weight
    plain = tconv.Conv1dTranspose(8, 8, 4, 2, weight_init=weight, target="reference")
    x = random((2, 8, 40), 1)
    assert layer.describe(40, 2)["path"] == "kernel"
    y, wanted = layer(x), plain(x)
    finite = np.isfinite(wanted)
    assert 0 < finite.sum() < finite.size
    assert np.array_equal(y[~finite], wanted[~finite], equal_nan=True)
    assert np.allclose(y[finite], wanted[finite], rtol=1e-5, atol=1e-5)
"""

FROM = """
import tconv
layer = tconv.Conv1dTranspose(8, 8, 4, 2, device="cuda")
print(layer.describe(100)["from"])
"""


def run(program, **environment):
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(
                [os.environ["PYTHONPATH"], str(pathlib.Path(__file__).parent)]
            ),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("capability", [75, 80, 90, 120])
def test_random_layers(capability):
    program = LAYERS.replace("SEED", str(capability))
    run(
        program.replace("CAPABILITY", str(capability)),
        FAKE_CUDA=f"capability={capability}",
    )


def test_weights_that_are_not_finite():
    run(NOT_FINITE, FAKE_CUDA="capability=80")


def test_a_device_between_two_architectures_gets_the_older_one():
    text = FROM.replace('["from"]', '["target"]')
    assert run(text, FAKE_CUDA="capability=103").strip() == "nvptx:sm_100"


def test_kernels_come_from_disk(tmp_path):
    cache = {"TCONV_CACHE_DIR": str(tmp_path), "TCONV_CACHE_SIZE": "64M"}
    assert run(FROM, **cache).strip() == "compiled"
    # Then without the compiler.
    cache["TCONV_COMPILER_LIBRARY"] = "/nonexistent/compiler"
    assert run(FROM, **cache).strip() == "disk cache"


def test_the_library_is_found_by_its_name(tmp_path):
    """As a user has it: libcuda.so.1 where the system looks."""
    folder = pathlib.Path(os.environ["TCONV_CUDA_LIBRARY"]).parent
    text = "import tconv; print(tconv.to_device(DATA).numpy().sum())"
    text = text.replace("DATA", "__import__('numpy').ones(3, 'f4')")
    environment = {"TCONV_CUDA_LIBRARY": "", "LD_LIBRARY_PATH": str(folder)}
    assert run(text, **environment).strip() == "3.0"
