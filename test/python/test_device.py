# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Layers on a GPU: the driver is the tests' own, which runs PTX in the
interpreter, and so is the compiler, which knows one kernel."""

import copy
import gc
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
import tconv
from helpers import check_layer, layer_formula, random

FOREIGN = pytest.mark.parametrize("protocol", ["dlpack", "interface", "own"])


class DlpackOnly:
    """An array of another library."""

    def __init__(self, array):
        self._array = array
        self.streams = []

    def __dlpack__(self, *, stream=None):
        self.streams.append(stream)
        return self._array.__dlpack__(stream=stream)

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()


class Broken(DlpackOnly):
    """One that refuses, at once or when it is read."""

    def __init__(self, array, device=None):
        super().__init__(array)
        self._device = device

    def __dlpack_device__(self):
        if self._device is None:
            raise BufferError("is on many devices")
        return self._device

    def __dlpack__(self, *, stream=None):
        raise BufferError("requires grad")


class InterfaceOnly:
    def __init__(self, array, **changes):
        self._array = array
        self.__cuda_array_interface__ = {
            **array.__cuda_array_interface__,
            **changes,
        }


def wrap(array, protocol):
    return {"dlpack": DlpackOnly, "interface": InterfaceOnly}.get(
        protocol, lambda own: own
    )(array)


@pytest.fixture(scope="module")
def layer():
    return tconv.Conv1dTranspose(
        6, 5, 5, 3, pad_mode="pad", padding=2, has_bias=True, device="cuda"
    )


X = random((2, 6, 20))


def test_host_arrays(layer):
    check_layer(layer, X)
    assert layer.device == "cuda"
    told = layer.describe(20)
    assert told["path"] == "kernel", told
    assert told["target"] == "nvptx:sm_80" and told["device"] == "cuda:0"
    assert layer(X[:0]).shape == (0, 5, 60 - 3 + 5 - 4)
    out = np.empty_like(layer(X))
    assert layer(X, out=out) is out
    assert np.array_equal(out, layer(X))


@FOREIGN
def test_device_arrays(layer, protocol):
    there = wrap(tconv.to_device(X), protocol)
    y = layer(there)
    assert isinstance(y, tconv.DeviceArray)
    assert y.device == "cuda:0" and y.dtype == "float32" and y.ndim == 3
    assert np.array_equal(y.numpy(), layer(X))
    assert layer(tconv.to_device(X[:0])).numpy().shape == (0, *y.shape[1:])


def test_results_are_dlpack_arrays(layer):
    y = layer(tconv.to_device(X))
    again = tconv.Conv1dTranspose(5, 2, 3, device="cuda")
    assert y.__dlpack_device__() == (2, 0)
    assert np.array_equal(again(DlpackOnly(y)).numpy(), again(layer(X)))
    assert np.array_equal(again(InterfaceOnly(y)).numpy(), again(layer(X)))
    # Capsules that nobody takes go, and what they hold with them.
    from tconv import device

    gc.collect()
    before = len(device._lent)
    capsule = y.__dlpack__()
    assert len(device._lent) == before + 1
    del capsule
    assert len(device._lent) == before
    for refused in ({"copy": True}, {"dl_device": (1, 0)}):
        with pytest.raises(BufferError):
            y.__dlpack__(**refused)


def test_the_stream_goes_to_the_producer(layer):
    x = DlpackOnly(tconv.to_device(X))
    layer(x)
    assert x.streams == [1]  # the legacy default one
    layer(x, stream=1)
    assert x.streams == [1, 1]


@FOREIGN
def test_out(layer, protocol):
    y = layer(X)
    place = tconv.to_device(np.zeros_like(y))
    out = wrap(place, protocol)
    assert layer(tconv.to_device(X), out=out) is out
    assert np.array_equal(place.numpy(), y)


def test_strides(layer):
    whole = random((3, 6, 2, 20), 3)
    there = tconv.to_device(whole)
    step = whole.strides
    part = InterfaceOnly(
        there, shape=(3, 6, 20), strides=(step[0], step[1], step[3])
    )
    assert np.array_equal(
        layer(part).numpy(), layer(np.ascontiguousarray(whole[:, :, 0]))
    )
    # Channels broadcast, one position, one batch item of any stride.
    channel = InterfaceOnly(there, shape=(3, 6, 20), strides=(step[0], 0, 4))
    assert np.array_equal(
        layer(channel).numpy(),
        layer(np.repeat(whole[:, :1, 0], 6, axis=1)),
    )
    single = InterfaceOnly(there, shape=(1, 6, 1), strides=(-4, step[1], 400))
    assert np.array_equal(layer(single).numpy(), layer(whole[:1, :, 0, :1]))


def test_halves():
    weight = random((4, 3, 4), 1).astype(np.float16).astype(np.float32)
    for arrays in (lambda x: x, tconv.to_device):
        made = tconv.Conv1dTranspose(
            4, 3, 4, 2, weight_init=weight, device="cuda", dtype="float16"
        )
        x = random((2, 4, 17)).astype(np.float16)
        y = made(arrays(x))
        y = y if arrays is not tconv.to_device else y.numpy()
        assert y.dtype == np.float16
        exact = layer_formula(made, x)
        assert np.all(np.abs(y - exact) <= np.abs(exact) * 2.0**-11 + 1e-5)
    made = tconv.Conv1dTranspose(
        4, 3, 4, 2, weight_init=weight, device="cuda", dtype="bfloat16"
    )
    halves = tconv.DeviceArray((1, 4, 9), "bfloat16", "cuda")
    with pytest.raises(TypeError, match="bfloat16"):
        halves.numpy()
    assert not hasattr(halves, "__cuda_array_interface__")
    bits = np.full((1, 4, 9), 0x3F80, np.uint16)  # 1
    from tconv import _native

    _native.check(
        _native.lib.tconv_device_buffer_write(
            halves._buffer, bits.ctypes.data, bits.nbytes
        )
    )
    y = made(halves)
    assert y.dtype == "bfloat16" and y.__dlpack_device__() == (2, 0)
    got = np.empty(y.shape, np.uint16)
    _native.check(
        _native.lib.tconv_device_buffer_read(
            y._buffer, got.ctypes.data, got.nbytes
        )
    )
    values = (got.astype(np.uint32) << 16).view(np.float32)
    exact = layer_formula(made, np.ones((1, 4, 9)))
    assert np.all(np.abs(values - exact) <= np.abs(exact) * 2.0**-7 + 1e-2)


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))]
)
def test_copies_stay_on_the_device(layer, duplicate):
    other = duplicate(layer)
    assert other.device == "cuda" and other.dtype == "float32"
    assert np.array_equal(other(X), layer(X))


def test_refusals(layer):
    make = tconv.Conv1dTranspose
    for error, word, arguments in [
        (TypeError, "device", {"device": 3}),
        (ValueError, "device", {"device": "gpu"}),
        (ValueError, "device", {"device": "cuda:"}),
        (ValueError, "device", {"device": "cuda:-1"}),
        (ValueError, "target", {"device": "cuda", "target": "nvptx:sm_80"}),
        (ValueError, "dtype", {"dtype": "float64"}),
        (RuntimeError, "float16|f16", {"dtype": "float16"}),
        (RuntimeError, "device 7", {"device": "cuda:7"}),
        (RuntimeError, "TF32", {"accuracy": "tf32"}),
    ]:
        with pytest.raises(error, match=word):
            make(3, 4, 3, **arguments)
    assert make(3, 4, 3, device="cpu").device == "cpu"
    there = tconv.to_device(X)
    y = layer(there)
    wide = tconv.to_device(random((2, 6, 40)))
    for error, word, call in [
        (TypeError, "float32", lambda: layer(tconv.to_device(X.astype("f2")))),
        (TypeError, "float32", lambda: layer(X.astype("f8"))),
        (ValueError, "3 axes", lambda: layer(tconv.to_device(X[0]))),
        (ValueError, "channels", lambda: layer(tconv.to_device(X[:, :5]))),
        (
            ValueError,
            "side by side",
            lambda: layer(
                InterfaceOnly(wide, shape=(2, 6, 20), strides=(960, 160, 8))
            ),
        ),
        (TypeError, "out", lambda: layer(there, out=y.numpy())),
        (ValueError, "out", lambda: layer(there, out=there)),
        (TypeError, "stream", lambda: layer(there, stream="s")),
        (ValueError, "stream", lambda: layer(X, stream=1)),
        (TypeError, "no array on the", lambda: layer(Broken(there))),
        (TypeError, "no array on the", lambda: layer(Broken(there, (2, 0)))),
        (TypeError, "array", lambda: tconv.to_device([1.0])),
        (TypeError, "float64", lambda: tconv.to_device(X.astype("f8"))),
        (ValueError, "device", lambda: tconv.to_device(X, "cpu")),
    ]:
        with pytest.raises(error, match=word):
            call()
    on_cpu = make(6, 5, 5, target="reference")
    with pytest.raises(TypeError, match="on a device"):
        on_cpu(there)
    assert np.array_equal(layer(there).numpy(), layer(X))


def test_no_room():
    with pytest.raises(MemoryError, match="OUT_OF_MEMORY"):
        tconv.DeviceArray((1 << 30, 4), "float32", "cuda")
    assert tconv.to_device(X).numpy().shape == X.shape


def run(program, **environment):
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (
            {"TCONV_CUDA_LIBRARY": "/nonexistent/libcuda.so.1"},
            ["TCONV_NOT_FOUND", "no CUDA driver"],
        ),
        ({"FAKE_CUDA": "devices=0"}, ["TCONV_UNSUPPORTED", "NO_DEVICE"]),
        ({"FAKE_CUDA": "driver=10020"}, ["TCONV_UNSUPPORTED", "CUDA 10.2"]),
        ({"FAKE_CUDA": "capability=60"}, ["TCONV_UNSUPPORTED", "6.0"]),
        (
            {"FAKE_CUDA": "cuModuleLoadDataEx=218"},
            ["TCONV_COMPILE_ERROR", "INVALID_PTX", "fake log"],
        ),
        ({"FAKE_CUDA": "cuLaunchKernel=719"}, ["TCONV_DEVICE_ERROR", "719"]),
        ({"FAKE_CUDA": "cuMemAlloc_v2=2"}, ["MemoryError", "OUT_OF_MEMORY"]),
    ],
)
def test_failures_are_errors(environment, words):
    program = """
import numpy as np
import tconv
x = np.ones((1, 3, 8), np.float32)
try:
    tconv.Conv1dTranspose(3, 4, 3, device="cuda")(x)
except (RuntimeError, MemoryError) as error:
    print(type(error).__name__, error)
assert tconv.Conv1dTranspose(3, 4, 3, target="reference")(x).shape == (1, 4, 8)
"""
    done = run(program, **environment)
    assert done.returncode == 0, done.stderr
    for word in words:
        assert word in done.stdout, done.stdout


def test_a_child_says_that_it_cannot():
    program = """
import os
import numpy as np
import tconv
x = np.ones((1, 3, 8), np.float32)
layer = tconv.Conv1dTranspose(3, 4, 3, device="cuda")
y = layer(x)
child = os.fork()
if child == 0:
    try:
        layer(x)
    except RuntimeError as error:
        os._exit(0 if "fork()" in str(error) else 1)
    os._exit(2)
assert os.waitpid(child, 0)[1] == 0
assert np.array_equal(layer(x), y)
"""
    done = run(program)
    assert done.returncode == 0, done.stderr


WEIGHT, BIAS = random((6, 5, 5)), random((5,))


@FOREIGN
def test_functional_on_arrays_of_a_device(protocol):
    wanted = tconv.conv_transpose1d(X, WEIGHT, BIAS, 3, (2, 1))
    there = wrap(tconv.to_device(X), protocol)
    weight = wrap(tconv.to_device(WEIGHT), protocol)
    bias = wrap(tconv.to_device(BIAS), protocol)
    for w, b in ((WEIGHT, BIAS), (weight, bias), (weight, BIAS)):
        y = tconv.conv_transpose1d(there, w, b, 3, (2, 1))
        assert isinstance(y, tconv.DeviceArray) and y.device == "cuda:0"
        np.testing.assert_allclose(y.numpy(), wanted, rtol=1e-5, atol=1e-6)
    # Without the batch axis.
    one = wrap(tconv.to_device(X[1]), protocol)
    y = tconv.conv_transpose1d(one, WEIGHT, BIAS, 3, (2, 1))
    assert y.shape == wanted.shape[1:]
    np.testing.assert_allclose(y.numpy(), wanted[1], rtol=1e-5, atol=1e-6)


def test_functional_sees_weights_that_change_in_place():
    there, changed = tconv.to_device(X), WEIGHT.copy()
    weight = tconv.to_device(WEIGHT)
    first = tconv.conv_transpose1d(there, weight).numpy()
    changed[0] += 1
    tconv._native.check(
        tconv._native.lib.tconv_device_buffer_write(
            weight._buffer, changed.ctypes.data, changed.nbytes
        )
    )
    second = tconv.conv_transpose1d(there, weight).numpy()
    assert not np.array_equal(first, second)
    np.testing.assert_allclose(
        second, tconv.conv_transpose1d(X, changed), rtol=1e-5, atol=1e-6
    )


def test_functional_with_halves():
    x, weight = X.astype(np.float16), WEIGHT.astype(np.float16)
    y = tconv.conv_transpose1d(tconv.to_device(x), tconv.to_device(weight))
    assert y.dtype == "float16"
    wanted = tconv.conv_transpose1d(
        x.astype(np.float32), weight.astype(np.float32)
    )
    np.testing.assert_allclose(y.numpy(), wanted, rtol=1e-3, atol=1e-3)


def test_functional_with_a_device():
    wanted = tconv.conv_transpose1d(X, WEIGHT, BIAS, 3)
    y = tconv.conv_transpose1d(X, WEIGHT, BIAS, 3, device="cuda")
    assert isinstance(y, np.ndarray)
    np.testing.assert_allclose(y, wanted, rtol=1e-5, atol=1e-6)
    y = tconv.conv_transpose1d(
        X, tconv.to_device(WEIGHT), BIAS, 3, device="cuda:0"
    )
    np.testing.assert_allclose(y, wanted, rtol=1e-5, atol=1e-6)


def test_functional_refuses():
    there = tconv.to_device(X)
    with pytest.raises(ValueError, match="device = 'cpu': x is on 'cuda:0'"):
        tconv.conv_transpose1d(there, WEIGHT, device="cpu")
    with pytest.raises(ValueError, match="device = 'cuda:1'"):
        tconv.conv_transpose1d(there, WEIGHT, device="cuda:1")
    with pytest.raises(TypeError, match="weight must be an array on the CPU"):
        tconv.conv_transpose1d(X, tconv.to_device(WEIGHT))
    with pytest.raises(TypeError, match="weight must be of dtype float32 or"):
        tconv.conv_transpose1d(
            there, tconv.to_device(WEIGHT.astype(np.float16))
        )
    with pytest.raises(ValueError, match="stream"):
        tconv.conv_transpose1d(X, WEIGHT, stream=0)
    with pytest.raises(ValueError, match="6 channels"):
        tconv.conv_transpose1d(tconv.to_device(X[:, :5]), WEIGHT)


def test_constructors_of_other_frameworks_take_a_device():
    made = tconv.Conv1dTranspose.from_torch(6, 5, 5, 3, device="cuda")
    assert made.device == "cuda" and made.dtype == "float32"
    check_layer(made, X)
    half = tconv.Conv1dTranspose.from_torch(
        6, 5, 5, 3, device="cuda", dtype="float16"
    )
    assert half(X.astype(np.float16)).dtype == np.float16
    assert tconv.Conv1dTranspose.from_torch(
        6, 5, 5, device="cuda", dtype="bfloat16"
    ).dtype == "bfloat16"
    made = tconv.Conv1dTranspose.from_onnx(
        WEIGHT, BIAS, pads=(1, 2), strides=2, device="cuda:0"
    )
    assert made.device == "cuda:0"
    np.testing.assert_allclose(
        made(tconv.to_device(X)).numpy(),
        tconv.conv_transpose1d(X, WEIGHT, BIAS, 2, (1, 2)),
        rtol=1e-5,
        atol=1e-6,
    )
    keras = tconv.Conv1dTranspose.from_keras(
        WEIGHT.transpose(2, 1, 0), BIAS, strides=2, device="cuda"
    )
    plain = tconv.Conv1dTranspose.from_keras(
        WEIGHT.transpose(2, 1, 0), BIAS, strides=2
    )
    x = np.ascontiguousarray(X.transpose(0, 2, 1))
    np.testing.assert_allclose(keras(x), plain(x), rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="dtype must be float32, not"):
        tconv.Conv1dTranspose.from_torch(6, 5, 5, dtype="float16")
    with pytest.raises(ValueError, match="device"):
        tconv.Conv1dTranspose.from_torch(6, 5, 5, device="gpu")


def test_devices():
    program = "import tconv; print(*tconv.devices('cuda'), sep=chr(10))"
    told = run(program, FAKE_CUDA="devices=2,capability=60,capability=121")
    assert told.returncode == 0, told.stderr
    first, second = told.stdout.splitlines()
    assert "'cuda:0', name='fake device 0', target=None" in first
    assert "target='nvptx:sm_120', cores=4, memory_bytes=1073741824" in second
