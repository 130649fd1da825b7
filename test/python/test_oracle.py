# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""MindSpore's own results."""

import numpy as np
import pytest
import tconv
from helpers import check_layer, layer_formula, oracle_cases

CASES = oracle_cases()


def test_all_cases_are_there():
    assert len(CASES) == 160


@pytest.mark.parametrize("accuracy", ["default", "direct"])
@pytest.mark.parametrize("index", range(len(CASES)))
def test_case(index, accuracy):
    case = dict(CASES[index])
    x, y = case.pop("x"), case.pop("y")
    layer = tconv.Conv1dTranspose(
        weight_init=case.pop("weight"),
        bias_init=case.pop("bias"),
        accuracy=accuracy,
        **case,
    )
    assert layer.output_length(x.shape[2]) == y.shape[2]
    result = check_layer(layer, x)
    # The formula itself is held to MindSpore: its float32 sums are within
    # 2.0e-6 of it.
    assert np.abs(layer_formula(layer, x) - y).max() < 2.1e-6
    assert np.abs(result - y).max() < 5e-6
