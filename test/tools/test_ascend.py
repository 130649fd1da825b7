# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tconv-bench and tconv-run on an Ascend: AscendCL is the tests' own, with the
model of the core behind it, and CMakeLists.txt names it in the environment. Times
are the model's. Skipped where bishengir-compile is not installed."""

import json
import os
import pathlib
import sys

import numpy as np
import pytest
from tools import passes, refuses

sys.path.insert(0, str(pathlib.Path(__file__).parent / "davinci"))
import bishengir  # noqa: E402

FOUND = bishengir.find()
if FOUND is None:
    pytest.skip("bishengir-compile is not installed", allow_module_level=True)
os.environ["TCONV_BISHENGIR"] = str(FOUND)
os.environ["PATH"] = os.pathsep.join(
    [os.environ["FAKE_HIVMC_FOLDER"], os.environ["PATH"]]
)

LAYERS = """
cube: in_channels=32 out_channels=16 kernel_size=4 stride=2 pad_mode=pad padding=1 has_bias=1 batch=2 length=33
depthwise: in_channels=6 out_channels=6 kernel_size=5 stride=3 group=6 length=20
f16: in_channels=4 out_channels=4 kernel_size=3 length=150 dtype=f16 has_bias=1
bf16: in_channels=4 out_channels=4 kernel_size=3 length=50 dtype=bf16
"""


@pytest.fixture
def layers(tmp_path):
    path = tmp_path / "small.layers"
    path.write_text(LAYERS)
    return path


@pytest.mark.parametrize("target", ["ascend", "ascend:0", "ascend:910b3"])
def test_bench(layers, tmp_path, target):
    out = tmp_path / "out.json"
    text = passes(
        "tconv-bench", "--layers", layers, "--target", target, "--seconds", 0,
        "--check", "full", "--json", out,
    )  # fmt: skip
    assert (
        "Ascend910B3 (ascend:910b3), 20 cube cores; no peak is known: AscendCL "
        "tells no clock; times by aclrtEvent" in text
    ), text
    results = json.loads(out.read_text())
    assert [r["name"] for r in results] == ["cube", "depthwise", "f16", "bf16"]
    for result in results:
        assert result["correct"] is True, result
        assert result["path"] == "kernel" and result["target"] == "ascend:910b3"
        assert result["timed_by"] == "aclrtEvent, Ascend910B3"
        assert 0 < result["seconds_min"] <= result["seconds_median"] < 10
        assert result["peak_share"] is None
        assert result["machine"]["fma_peak_gflops_1t"] is None


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (
            {"TCONV_ASCENDCL_LIBRARY": "/nonexistent/libascendcl.so"},
            ["target = 'ascend'", "no AscendCL"],
        ),
        ({"FAKE_ASCEND": "devices=0"}, ["there are 0 Ascend devices"]),
        ({"FAKE_ASCEND": "aclrtCreateEvent=207003"}, ["aclrtCreateEvent", "207003"]),
        ({"FAKE_HIVMC": "drop-wait"}, ["507015", "flag-left-set"]),
        (
            {"TCONV_BISHENGIR": "/nonexistent"},
            ["no kernel", "bishengir-compile is not installed"],
        ),
    ],
)
def test_what_goes_wrong_is_said(layers, environment, words):
    message = refuses(
        "tconv-bench", "--layers", layers, "--filter", "cube", "--target", "ascend",
        "--seconds", 0, environment=environment,
    )  # fmt: skip
    for word in words:
        assert word in message, message


@pytest.mark.parametrize(
    ("arguments", "word"),
    [(["--first-call"], "--first-call"), (["--cudnn"], "--cudnn: takes --target cuda")],
)
def test_what_an_ascend_has_not(layers, arguments, word):
    message = refuses(
        "tconv-bench", "--layers", layers, "--target", "ascend", *arguments
    )
    assert word in message, message


def test_run(tmp_path):
    x = np.random.default_rng(1).uniform(-1, 1, (2, 3, 50)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    line = "in_channels=3 out_channels=2 kernel_size=4 stride=2 has_bias=1"
    for target in ("ascend", "reference"):
        text = passes(
            "tconv-run", line, "--input", tmp_path / "x.npy",
            "--output", tmp_path / f"{target}.npy", "--target", target,
        )  # fmt: skip
        assert ("(kernel" in text) == (target == "ascend"), text
    ours = np.load(tmp_path / "ascend.npy")
    plain = np.load(tmp_path / "reference.npy")
    assert ours.shape == (2, 2, 100)
    assert np.abs(ours - plain).max() < 1e-6
