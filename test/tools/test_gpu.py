# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tconv-bench and tconv-run on a GPU: the tests' own driver and compiler, which
CMakeLists.txt names in the environment."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from tools import BUILD, ROOT, passes, refuses

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


CUDNN_LAYERS = """
dense: in_channels=8 out_channels=4 kernel_size=4 stride=2 pad_mode=pad padding=1 has_bias=1 batch=2 length=33
groups: in_channels=6 out_channels=12 kernel_size=5 stride=3 group=3 dilation=2 pad_mode=pad padding=2 output_padding=1 length=20
f16: in_channels=4 out_channels=4 kernel_size=3 length=300 dtype=f16 has_bias=1
bf16: in_channels=4 out_channels=4 kernel_size=3 pad_mode=valid length=50 dtype=bf16
# One more at the end than at the beginning.
same.odd: in_channels=4 out_channels=4 kernel_size=4 stride=1 pad_mode=same has_bias=1 length=40
"""


def against_cudnn(layers, tmp_path, environment=None, more=(), run_with=passes):
    """The text, and results by layer and engine; None without."""
    out = tmp_path / "out.json"
    text = run_with(
        "tconv-bench", "--layers", layers, "--target", "cuda", "--cudnn", "--seconds",
        0, "--check", "full", "--json", out, *more, environment=environment or {},
    )  # fmt: skip
    if not out.exists():
        return text, None
    results = json.loads(out.read_text())
    return text, {(r["name"], r["engine"]): r for r in results}


def test_cudnn(layers, tmp_path):
    layers.write_text(CUDNN_LAYERS)
    text, results = against_cudnn(layers, tmp_path)
    assert "cudnn against tconv: " in text, text
    names = {name for name, _ in results}
    assert len(names) == 5 and len(results) == 10
    for name in names:
        theirs = results[name, "cudnn"]
        assert theirs["path"] == "library" and theirs["correct"] is True, theirs
        # The fake's algorithm 0 is slow, 4 is refused, and one is skipped.
        assert theirs["schedule"].startswith("algorithm 1, "), theirs
        tried = theirs["description"]["algorithms"]
        assert [one["algorithm"] for one in tried] == [0, 1, 4]
        assert "refused" in tried[2] and "seconds" in tried[0]
        assert theirs["timed_by"].startswith("cuEvent, fake device 0 (sm_80)")
        assert theirs["timed_by"].endswith("cuDNN 9.10.0")
        assert theirs["speedup_over"] == "tconv" and theirs["speedup"] > 0
    # TF32 stays off where nobody asked for it: the fake would round.
    assert results["dense", "cudnn"]["description"]["math"] == "FMA_MATH"
    assert results["f16", "cudnn"]["description"]["math"] == "TENSOR_OP_MATH"
    longer = results["same.odd", "cudnn"]["description"]
    assert not longer["exact_output"] and longer["output_positions"] == 41
    assert "computes 41 positions for 40" in text
    assert results["groups", "cudnn"]["description"]["exact_output"]


def test_cudnn_in_tf32(layers, tmp_path):
    layers.write_text(CUDNN_LAYERS.splitlines()[1])
    # The tests' own compiler has no TF32, so that what is wrong is tconv's.
    text, results = against_cudnn(
        layers, tmp_path, more=["--accuracy", "tf32"], run_with=refuses
    )
    assert "cudnn" not in text
    (theirs,) = (r for (_, engine), r in results.items() if engine == "cudnn")
    assert theirs["description"]["math"] == "DEFAULT_MATH" and theirs["correct"]


def test_cudnn_takes_the_algorithm_that_is_right(layers, tmp_path):
    _, results = against_cudnn(layers, tmp_path, {"FAKE_CUDNN": "wrong=1"})
    theirs = results["small.dense", "cudnn"]
    assert theirs["schedule"].startswith("algorithm 0, ")
    assert "wrong numbers" in theirs["description"]["algorithms"][1]["refused"]


def test_cudnn_that_cannot_has_no_figure(layers, tmp_path):
    for words in (
        "cudnnConvolutionBackwardData=3000",
        "version=8907,cudnnConvolutionBackwardData=9",
    ):
        text, results = against_cudnn(layers, tmp_path, {"FAKE_CUDNN": words})
        theirs = results["small.dense", "cudnn"]
        assert theirs["path"] == "unsupported" and theirs["seconds_min"] is None
        assert "cudnnConvolutionBackwardData" in theirs["why"]
        assert "unsupported: " in text and "2 without a kernel" in text
        assert results["small.dense", "mlir"]["correct"]


@pytest.mark.parametrize(
    ("words", "path", "said"),
    [
        ("cudnnConvolutionBackwardData=5000", "failed", "EXECUTION_FAILED"),
        ("cudnnAddTensor=5000", "failed", "cudnnAddTensor"),
        ("wrong_bias", "wrong", "cudnnAddTensor: element 0"),
        ("tf32", "wrong", "wrong numbers"),
        ("cudnnGetConvolutionBackwardDataWorkspaceSize=2000", "failed", "BAD_PARAM"),
    ],
)
def test_cudnn_that_fails_or_is_wrong_fails_the_command(
    layers, tmp_path, words, path, said
):
    layers.write_text(CUDNN_LAYERS.splitlines()[1])
    text, results = against_cudnn(
        layers, tmp_path, {"FAKE_CUDNN": words}, run_with=refuses
    )
    theirs = results["dense", "cudnn"]
    assert theirs["path"] == path and said in theirs["why"], theirs
    assert theirs["seconds_min"] is None and theirs["gflops"] is None
    assert "dense of cudnn" in text


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"TCONV_CUDNN_LIBRARY": "/nonexistent/libcudnn.so.9"}, ["no cuDNN"]),
        ({"FAKE_CUDNN": "cudnnCreate=1001"}, ["cudnnCreate", "1001"]),
    ],
)
def test_without_cudnn_there_is_a_message(layers, tmp_path, environment, words):
    text, results = against_cudnn(layers, tmp_path, environment, run_with=refuses)
    assert results is None
    for word in ["--cudnn", *words]:
        assert word in text, text


def test_a_library_that_is_not_cudnn(layers, tmp_path):
    other = os.environ["TCONV_CUDA_LIBRARY"]
    text, _ = against_cudnn(
        layers, tmp_path, {"TCONV_CUDNN_LIBRARY": other}, run_with=refuses
    )
    assert "has no cudnnCreate: cuDNN 8 or 9 is needed" in text


def test_crops_that_cudnn_has_no_convolution_for(layers, tmp_path):
    layers.write_text(
        "longer: in_channels=2 out_channels=2 kernel_size=3 stride=2 pad_mode=crop "
        "crop_begin=-3 crop_end=1 length=9\n"
    )
    _, results = against_cudnn(layers, tmp_path)
    theirs = results["longer", "cudnn"]
    assert theirs["path"] == "unsupported" and "crops" in theirs["why"]


def test_cudnn_needs_a_gpu(layers):
    text = refuses("tconv-bench", "--layers", layers, "--cudnn")
    assert "--cudnn" in text and "cpu:native" in text


def dev_bench(layers, tmp_path, environment=None):
    """What `tools/dev bench --target cuda` runs: done, Markdown, JSON."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools/bench/peers.py", "--build", BUILD, "--layers",
         layers, "--target", "cuda", "--rounds", "1", "--seconds", "0.01",
         "--json", tmp_path / "run.json", "--markdown", tmp_path / "run.md"],
        capture_output=True, text=True, timeout=120,
        env=dict(os.environ, **(environment or {})),
    )  # fmt: skip
    return done


def test_dev_bench_writes_markdown_of_a_gpu(layers, tmp_path):
    layers.write_text(CUDNN_LAYERS)
    done = dev_bench(layers, tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "run.md").read_text()
    assert "fake device 0 (sm_80, 4 multiprocessors" in text
    assert "timed by cuEvent, fake device 0 (sm_80)" in text
    assert "| layer | tconv | cuDNN | ratio to the best |" in text
    assert "- cuDNN: " in text and "geometric mean of 5 layers" in text
    (run,) = json.loads((tmp_path / "run.json").read_text())["runs"]
    assert [set(r["seconds"]) for r in run["layers"]] == [{"tconv", "cudnn"}] * 5


def test_dev_bench_says_what_cudnn_cannot(layers, tmp_path):
    done = dev_bench(layers, tmp_path, {"FAKE_CUDNN": "wrong_bias"})
    assert done.returncode != 0 and "cudnnAddTensor: element 0" in done.stderr
    done = dev_bench(
        layers, tmp_path, {"FAKE_CUDNN": "cudnnConvolutionBackwardData=3000"}
    )
    assert done.returncode == 0, done.stderr
    assert "small.dense: cuDNN cannot: " in (tmp_path / "run.md").read_text()
    done = dev_bench(layers, tmp_path, {"TCONV_CUDNN_LIBRARY": "/nonexistent.so"})
    assert done.returncode != 0 and "no cuDNN" in done.stderr
