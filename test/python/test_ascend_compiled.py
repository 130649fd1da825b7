# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Layers on an Ascend with this build's compiler and Huawei's open one: from
parameters to numbers, through the runtime and its caches to the tests' AscendCL,
which runs the kernels on the model of the core. Skipped where Huawei's compiler
is not installed."""

import ctypes
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tools/davinci"))
import bishengir  # noqa: E402

FOUND = bishengir.find()
if FOUND is None:
    pytest.skip("bishengir-compile is not installed", allow_module_level=True)
os.environ["TCONV_BISHENGIR"] = str(FOUND)
# What stands for hivmc; bishengir-compile looks for that there.
os.environ["PATH"] = os.pathsep.join(
    [os.environ["FAKE_HIVMC_FOLDER"], os.environ["PATH"]]
)

import tconv  # noqa: E402
from helpers import check_layer, layer_formula, random  # noqa: E402

_ascendcl = ctypes.CDLL(os.environ["TCONV_ASCENDCL_LIBRARY"])


class Counts(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_int64)
        for name in (
            "binaries",
            "allocations",
            "bytes",
            "streams",
            "calls",
            "launches",
            "loads",
            "freed_in_use",
            "unwritten",
        )
    ]


def counts():
    result = Counts()
    _ascendcl.fake_ascend_count(ctypes.byref(result))
    return result


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    now = counts()
    assert (now.freed_in_use, now.unwritten) == (0, 0)


LAYERS = [
    dict(
        arguments=(32, 16, 4, 2), pad_mode="pad", padding=1, has_bias=True
    ),  # on the cube
    dict(arguments=(6, 4, 5, 3), dilation=2, group=2, has_bias=True),
    dict(arguments=(8, 8, 7, 2), group=8, pad_mode="valid"),
    dict(arguments=(5, 6, 3, 8), has_bias=True),  # phases without taps
    dict(arguments=(32, 1, 7)),
]  # fmt: skip


@pytest.mark.parametrize("layer", LAYERS)
def test_layers(layer):
    before = counts()
    arguments = dict(layer)
    sizes = arguments.pop("arguments")
    made = tconv.Conv1dTranspose(*sizes, device="ascend", **arguments)
    for length, batch in ((140, 1), (3, 2)):
        x = random((batch, sizes[0], length), length)
        told = made.describe(length, batch)
        assert told["path"] == "kernel", told
        assert told["target"] == "ascend:910b3" and told["from"] == "compiled"
        y = check_layer(made, x)
        there = made(tconv.to_device(x, "ascend"))
        assert there.device == "ascend:0"
        assert np.array_equal(there.numpy(), y)
    halves = tconv.Conv1dTranspose(
        *sizes,
        device="ascend:0",
        dtype="float16",
        weight_init=made.weight.astype(np.float16).astype(np.float32),
        **{**arguments, "has_bias": False},
    )
    x = random((1, sizes[0], 130)).astype(np.float16)
    y = halves(x)
    assert y.dtype == np.float16
    exact = layer_formula(halves, x)
    error = np.abs(y - exact)
    assert np.all(error <= np.abs(exact) * 2.0**-11 * 1.001 + 1e-5), error.max()
    now = counts()
    assert now.binaries >= before.binaries + 8
    assert now.launches > before.launches
    del made, halves, there
    assert counts().binaries == before.binaries
    assert counts().allocations == before.allocations


def test_out_and_a_stream():
    layer = tconv.Conv1dTranspose(8, 6, 4, 2, device="ascend")
    x = random((2, 8, 140))
    y = check_layer(layer, x)
    stream = ctypes.c_void_p()
    assert _ascendcl.aclrtSetDevice(0) == 0
    assert _ascendcl.aclrtCreateStream(ctypes.byref(stream)) == 0
    out = tconv.to_device(np.zeros(y.shape, np.float32), "ascend")
    there = tconv.to_device(x, "ascend")
    assert layer(there, out=out, stream=stream.value) is out
    assert np.array_equal(out.numpy(), y)
    assert _ascendcl.aclrtDestroyStream(stream) == 0


def test_other_frameworks_constructors():
    weight, bias = random((6, 5, 5)), random((5,))
    x = random((2, 6, 130))
    made = tconv.Conv1dTranspose.from_torch(
        6, 5, 5, 3, padding=2, output_padding=1, device="ascend"
    )
    made.weight, made.bias = weight, bias
    assert made.device == "ascend"
    y = check_layer(made, x)
    assert np.array_equal(
        tconv.conv_transpose1d(
            x, weight, bias, 3, 2, output_padding=1, device="ascend"
        ),
        y,
    )
    onnx = tconv.Conv1dTranspose.from_onnx(
        weight, bias, pads=(1, 2), strides=2, device="ascend"
    )
    plain = tconv.conv_transpose1d(x, weight, bias, 2, (1, 2))
    np.testing.assert_allclose(onnx(x), plain, rtol=1e-5, atol=1e-5)
    keras = tconv.Conv1dTranspose.from_keras(
        weight.transpose(2, 1, 0), bias, strides=2, device="ascend"
    )
    x = np.ascontiguousarray(x.transpose(0, 2, 1))
    plain = tconv.Conv1dTranspose.from_keras(
        weight.transpose(2, 1, 0), bias, strides=2
    )
    np.testing.assert_allclose(keras(x), plain(x), rtol=1e-5, atol=1e-5)


def run(program, **environment):
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_kernels_come_from_disk(tmp_path):
    program = """
import numpy as np
import tconv
layer = tconv.Conv1dTranspose(8, 8, 4, 2, weight_init=1, device="ascend")
print(layer.describe(140)["from"], layer(np.ones((1, 8, 140), "f4"))[0, 0, 2])
"""
    cache = {"TCONV_CACHE_DIR": str(tmp_path), "TCONV_CACHE_SIZE": "64M"}
    assert run(program, **cache).strip() == "compiled 16.0"
    # Then without a compiler, its own or Huawei's; the model has templates of
    # that.
    cache["TCONV_COMPILER_LIBRARY"] = "/nonexistent/compiler"
    cache["TCONV_BISHENGIR"] = "/nonexistent"
    cache["FAKE_ASCEND"] = f"bishengir={FOUND}"
    assert run(program, **cache).strip() == "disk cache 16.0"


def test_what_the_model_finds_is_an_error():
    program = """
import numpy as np
import tconv
x = np.ones((1, 16, 140), np.float32)
layer = tconv.Conv1dTranspose(16, 8, 4, 2, device="ascend")
try:
    layer(x)
except RuntimeError as error:
    print(error)
there = layer(tconv.to_device(x, "ascend"))
try:
    there.wait()
except RuntimeError as error:
    print(error)
assert tconv.Conv1dTranspose(16, 8, 4, 2)(x).shape == (1, 8, 280)
"""
    told = run(program, FAKE_HIVMC="drop-wait").splitlines()
    assert len(told) == 2
    for line in told:
        assert "TCONV_DEVICE_ERROR" in line and "flag-left-set" in line, line


def test_without_a_compiler_the_plain_path_is_told():
    program = """
import numpy as np
import tconv
x = np.ones((1, 16, 140), np.float32)
layer = tconv.Conv1dTranspose(16, 8, 4, 2, weight_init=1, device="ascend")
print(layer(x)[0, 0, 2], layer.describe(140)["why"])
try:
    layer(tconv.to_device(x, "ascend"))
except RuntimeError as error:
    print(error)
"""
    told = run(program, TCONV_BISHENGIR="/nonexistent").splitlines()
    assert told[0].startswith("32.0 bishengir-compile is not installed")
    assert "TCONV_COMPILE_ERROR: no kernel: bishengir-compile" in told[1]
