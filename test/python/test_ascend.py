# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Layers on an Ascend: AscendCL is the tests' own, and so is the compiler, whose
kernels a function of the host runs."""

import copy
import ctypes
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
import tconv
from helpers import check_layer, random

_compiler = ctypes.CDLL(os.environ["TCONV_COMPILER_LIBRARY"])
_ascendcl = ctypes.CDLL(os.environ["TCONV_ASCENDCL_LIBRARY"])
_ascendcl.fake_ascend_set_kernels(_compiler.fake_compiler_run_ascend)

X = random((2, 6, 200))


@pytest.fixture(scope="module")
def layer():
    return tconv.Conv1dTranspose(
        6, 5, 5, 3, pad_mode="pad", padding=2, has_bias=True, device="ascend"
    )


def test_host_arrays(layer):
    check_layer(layer, X)
    assert layer.device == "ascend"
    told = layer.describe(200)
    assert told["path"] == "kernel", told
    assert told["target"] == "ascend:910b3" and told["device"] == "ascend:0"
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert np.array_equal(other(X), layer(X))


def test_device_arrays(layer):
    there = tconv.to_device(X, "ascend")
    assert there.device == "ascend:0" and there.__dlpack_device__() == (12, 0)
    assert not hasattr(there, "__cuda_array_interface__")
    y = layer(there)
    assert isinstance(y, tconv.DeviceArray) and y.device == "ascend:0"
    assert np.array_equal(y.numpy(), layer(X))
    out = tconv.to_device(np.zeros(y.shape, np.float32), "ascend:0")
    assert layer(there, out=out) is out
    assert np.array_equal(out.numpy(), layer(X))


def test_a_stream_of_the_callers(layer):
    there = tconv.to_device(X, "ascend")
    stream = ctypes.c_void_p()
    assert _ascendcl.aclrtSetDevice(0) == 0
    assert _ascendcl.aclrtCreateStream(ctypes.byref(stream)) == 0
    y = layer(there, stream=stream.value)
    assert np.array_equal(y.numpy(), layer(X))
    assert _ascendcl.aclrtDestroyStream(stream) == 0


def test_halves():
    made = tconv.Conv1dTranspose(6, 5, 3, device="ascend:0", dtype="float16")
    assert made.device == "ascend:0"
    x = X.astype(np.float16)
    y = made(tconv.to_device(x, "ascend"))
    assert y.dtype == "float16" and np.array_equal(y.numpy(), made(x))


def test_functional():
    weight, bias = random((6, 5, 5)), random((5,))
    wanted = tconv.conv_transpose1d(X, weight, bias, 3, (2, 1))
    there = tconv.to_device(X, "ascend")
    for w in (weight, tconv.to_device(weight, "ascend")):
        y = tconv.conv_transpose1d(there, w, bias, 3, (2, 1))
        assert y.device == "ascend:0"
        np.testing.assert_allclose(y.numpy(), wanted, rtol=1e-5, atol=1e-6)
    y = tconv.conv_transpose1d(X, weight, bias, 3, (2, 1), device="ascend")
    np.testing.assert_allclose(y, wanted, rtol=1e-5, atol=1e-6)


def test_refusals(layer):
    with pytest.raises(ValueError, match="device = 'cuda': x is on 'ascend:0'"):
        tconv.conv_transpose1d(
            tconv.to_device(X, "ascend"), random((6, 5, 5)), device="cuda"
        )
    with pytest.raises(RuntimeError, match="there are 1 Ascend devices"):
        tconv.Conv1dTranspose(6, 5, 5, device="ascend:3")
    with pytest.raises(RuntimeError, match="TF32 needs a GPU"):
        tconv.Conv1dTranspose(6, 5, 5, device="ascend", accuracy="tf32")
    for wrong in ("npu", "ascend:", "ascend:x", "ascend:910b3"):
        with pytest.raises(ValueError, match="device must be"):
            tconv.Conv1dTranspose(6, 5, 5, device=wrong)


def test_memory_that_is_not_there():
    _ascendcl.fake_ascend_fail(b"aclrtMalloc", 207001, ctypes.c_int64(0))
    with pytest.raises(MemoryError, match="aclrtMalloc"):
        tconv.to_device(X, "ascend")
    assert _ascendcl.fake_ascend_failed()


def test_devices():
    (only,) = tconv.devices("ascend")
    assert only == ("ascend:0", "Ascend910B3", "ascend:910b3", 20, None)
    assert tconv.Conv1dTranspose(6, 5, 5, device=only.device).device == "ascend:0"
    assert only in tconv.devices()
    with pytest.raises(ValueError, match="kind must be one of"):
        tconv.devices("npu")
    with pytest.raises(TypeError, match="kind must be a str"):
        tconv.devices(3)


def test_devices_without_a_driver():
    program = """
import tconv
print(tconv.devices())
for kind in ("cuda", "ascend"):
    try:
        tconv.devices(kind)
    except RuntimeError as error:
        print(error)
"""
    missing = {
        "TCONV_ASCENDCL_LIBRARY": "/nonexistent/libascendcl.so",
        "TCONV_CUDA_LIBRARY": "/nonexistent/libcuda.so.1",
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **missing},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    none, cuda, ascend = done.stdout.splitlines()
    assert none == "[]"
    assert "TCONV_NOT_FOUND" in cuda and "no CUDA driver" in cuda
    assert "TCONV_NOT_FOUND" in ascend and "no AscendCL" in ascend
