# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The examples that the documentation shows are run."""

import pathlib
import subprocess
import sys

import numpy as np
import tconv

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "python" / "examples"


def test_published_example_as_a_program():
    done = subprocess.run(
        [sys.executable, EXAMPLES / "published.py"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "(1, 64, 53)\n"


def test_published_example_has_the_right_numbers():
    tconv.set_seed(3)
    layer = tconv.Conv1dTranspose(
        3, 64, 4, has_bias=False, weight_init="normal", pad_mode="pad"
    )
    y = layer(np.ones((1, 3, 50), np.float32))
    assert y.shape == (1, 64, 53)
    # On ones every inner output is the sum of all weights of its channel.
    sums = layer.weight.astype(np.float64).sum(axis=(0, 2))
    assert np.allclose(y[0, :, 3:50], sums[:, None], atol=1e-7)
    assert np.allclose(y[0, :, 0], layer.weight[:, :, 0].sum(axis=0), atol=1e-7)
