# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tconv-bench and tconv-run on a GPU: the tests' own driver and compiler, which
CMakeLists.txt names in the environment."""

import json

import numpy as np
import pytest
from tools import passes, refuses

LAYERS = """
small.dense: in_channels=8 out_channels=4 kernel_size=4 stride=2 pad_mode=pad padding=1 has_bias=1 batch=2 length=33
small.depthwise: in_channels=6 out_channels=6 kernel_size=5 stride=3 group=6 length=20
"""
HALVES = """
f16: in_channels=4 out_channels=4 kernel_size=3 length=300 dtype=f16 has_bias=1
bf16: in_channels=4 out_channels=4 kernel_size=3 length=300 dtype=bf16
"""


@pytest.fixture
def layers(tmp_path):
    path = tmp_path / "small.layers"
    path.write_text(LAYERS)
    return path


@pytest.mark.parametrize("target", ["cuda", "cuda:0", "nvptx:sm_80"])
def test_bench(layers, tmp_path, target):
    out = tmp_path / "out.json"
    text = passes(
        "tconv-bench", "--layers", layers, "--target", target, "--seconds", 0.01,
        "--check", "full", "--json", out,
    )  # fmt: skip
    assert "fake device 0 (sm_80)" in text and "times by cuEvent" in text
    results = json.loads(out.read_text())
    assert [r["name"] for r in results] == ["small.dense", "small.depthwise"]
    for result in results:
        assert result["correct"] is True
        assert result["path"] == "kernel" and result["target"] == "nvptx:sm_80"
        assert result["timed_by"].startswith("cuEvent, fake device 0 (sm_80)")
        assert 0 < result["seconds_min"] <= result["seconds_median"] < 10
        assert result["machine"]["how"].endswith("the driver reports")
        # 4 multiprocessors of 64 lanes at 1 GHz
        assert result["machine"]["fma_peak_gflops_1t"] == pytest.approx(512)


def test_bench_of_halves(layers, tmp_path):
    layers.write_text(HALVES)
    results = json.loads(
        passes(
            "tconv-bench", "--layers", layers, "--target", "cuda", "--seconds", 0,
            "--check", "full", "--json", "-",
        )
    )  # fmt: skip
    assert [r["correct"] for r in results] == [True, True]
    # What float32 sums cost, not what halves do.
    assert all(r["max_abs_error"] < 1e-6 for r in results)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"TCONV_CUDA_LIBRARY": "/nonexistent/libcuda.so.1"}, ["no CUDA driver"]),
        ({"FAKE_CUDA": "devices=0"}, ["CUDA_ERROR_NO_DEVICE"]),
        ({"FAKE_CUDA": "cuEventCreate=999"}, ["cuEventCreate", "999"]),
        ({"FAKE_CUDA": "cuLaunchKernel=701"}, ["cuLaunchKernel", "701"]),
    ],
)
def test_without_a_gpu_there_is_a_message(layers, environment, words):
    message = refuses(
        "tconv-bench", "--layers", layers, "--target", "cuda", "--seconds", 0,
        environment=environment,
    )  # fmt: skip
    for word in words:
        assert word in message, message


def test_bench_refuses_first_calls(layers):
    message = refuses(
        "tconv-bench", "--layers", layers, "--target", "cuda", "--first-call"
    )
    assert "--first-call" in message


def test_run(tmp_path):
    x = np.random.default_rng(1).uniform(-1, 1, (2, 3, 50)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    line = "in_channels=3 out_channels=2 kernel_size=4 stride=2 has_bias=1"
    for target, name in (("cuda", "gpu.npy"), ("reference", "reference.npy")):
        text = passes(
            "tconv-run", line, "--input", tmp_path / "x.npy",
            "--output", tmp_path / name, "--target", target,
        )  # fmt: skip
        assert ("(kernel" in text) == (target == "cuda"), text
    ours, plain = (np.load(tmp_path / n) for n in ("gpu.npy", "reference.npy"))
    assert ours.shape == (2, 2, 100)
    assert np.abs(ours - plain).max() < 1e-6
