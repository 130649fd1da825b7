# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What x may be: any strides, read-only, unaligned, DLPack, no batch items."""

import numpy as np
import pytest
import tconv
from helpers import check_layer, random


class Foreign:
    """An array of another library: only DLPack, none of numpy's own hooks."""

    def __init__(self, array, device=None):
        self._array, self._device = array, device

    @property
    def shape(self):
        return self._array.shape

    def __dlpack__(self, **arguments):
        return self._array.__dlpack__(**arguments)

    def __dlpack_device__(self):
        return self._device or self._array.__dlpack_device__()


class Broken(Foreign):
    def __dlpack__(self, **arguments):
        raise BufferError("requires grad")


@pytest.fixture(scope="module")
def layer():
    return tconv.Conv1dTranspose(
        6, 5, 5, 3, pad_mode="pad", padding=2, has_bias=True
    )


BASE = random((4, 6, 20))
VIEWS = {
    "as it is": BASE,
    "batch reversed": BASE[::-1],
    "channels reversed": BASE[:, ::-1],
    "positions reversed": BASE[:, :, ::-1],
    "every other position": BASE[:, :, ::2],
    "some of all": BASE[1:3, :, 3:17:3],
    "Fortran order": np.asfortranarray(BASE),
    "transposed": random((20, 6, 4)).T,
    "batch broadcast": np.broadcast_to(BASE[:1], (3, 6, 20)),
    "channels broadcast": np.broadcast_to(BASE[:, :1], (4, 6, 20)),
    "one position": BASE[:, :, 7:8],
    "no positions between": BASE[:2, :, 5:7],
}


@pytest.mark.parametrize("name", VIEWS)
def test_strides(layer, name):
    x = VIEWS[name]
    kept = x.copy()
    y = check_layer(layer, x)
    assert np.array_equal(y, layer(kept))
    assert np.array_equal(x, kept)
    assert y.flags.c_contiguous and y.flags.owndata and y.flags.writeable


def test_read_only(layer):
    x = BASE.copy()
    x.flags.writeable = False
    assert np.array_equal(layer(x), layer(BASE))
    weight = layer.weight
    weight.flags.writeable = False
    made = tconv.Conv1dTranspose(
        6,
        5,
        5,
        3,
        pad_mode="pad",
        padding=2,
        has_bias=True,
        weight_init=weight,
        bias_init=layer.bias,
    )
    assert np.array_equal(made(x), layer(x))


def test_unaligned(layer):
    memory = np.empty(BASE.nbytes + 1, np.uint8)
    x = memory[1:].view(np.float32).reshape(BASE.shape)
    x[:] = BASE
    assert not x.flags.aligned
    assert np.array_equal(layer(x), layer(BASE))


def test_subclass_and_matrix(layer):
    class Sub(np.ndarray):
        pass

    y = layer(BASE.view(Sub))
    assert type(y) is np.ndarray and np.array_equal(y, layer(BASE))


def test_dlpack(layer):
    for x in (BASE, BASE[:, :, ::-2], BASE.transpose(1, 0, 2)[:, :6]):
        if x.shape[1] != 6:
            continue
        assert np.array_equal(layer(Foreign(x)), layer(x))
    made = tconv.Conv1dTranspose(
        6,
        5,
        5,
        3,
        pad_mode="pad",
        padding=2,
        has_bias=True,
        weight_init=Foreign(layer.weight),
        bias_init=Foreign(layer.bias),
    )
    assert np.array_equal(made(BASE), layer(BASE))
    assert "tensor (6, 5, 5)" in repr(made)
    made.weight = Foreign(2 * layer.weight)
    assert np.array_equal(made.weight, 2 * layer.weight)
    y = tconv.conv_transpose1d(
        Foreign(BASE), Foreign(layer.weight), Foreign(layer.bias), 3, 2
    )
    assert np.array_equal(y, layer(BASE))


def test_dlpack_refusals(layer):
    with pytest.raises(TypeError, match="x.*float64"):
        layer(Foreign(BASE.astype(np.float64)))
    with pytest.raises(ValueError, match="x.*\\(6, 20\\)"):
        layer(Foreign(BASE[0]))
    with pytest.raises(TypeError, match="x.*requires grad"):
        layer(Broken(BASE))
    with pytest.raises(TypeError, match="x.*CPU"):
        layer(Foreign(BASE, device=(2, 0)))  # 2: CUDA
    with pytest.raises(TypeError, match="x"):
        layer(Foreign)
    check_layer(layer, BASE)


def test_no_batch_items(layer):
    for length in (1, 7):
        x = np.empty((0, 6, length), np.float32)
        y = layer(x)
        assert layer.reference(x).shape == y.shape
        assert y.shape == (0, 5, layer.output_length(length))
        assert y.dtype == np.float32


def test_not_finite(layer):
    """Infinity and NaN reach exactly the outputs that the formula says."""
    for value in (np.inf, -np.inf, np.nan):
        x = BASE.copy()
        x[1, 2, 9] = value
        y, clean = layer(x), layer(BASE)
        touched = np.zeros(y.shape, bool)
        begin = max(0, 9 * 3 - 2)
        touched[1, :, begin : 9 * 3 - 2 + 5] = True
        # Not the same bits: another kernel may do what lies near it.
        assert np.allclose(y[~touched], clean[~touched], rtol=0, atol=1e-5)
        assert not np.isfinite(y[touched]).any()


def test_subnormals():
    layer = tconv.Conv1dTranspose(1, 1, 1, pad_mode="pad", weight_init=1)
    x = np.full((1, 1, 40), 2.0**-149, np.float32)
    assert np.array_equal(layer(x), x)


def test_out(layer):
    x = BASE.copy()
    y = np.full((4, 5, layer.output_length(20)), 7, np.float32)
    assert layer(x, out=y) is y
    assert np.array_equal(y, layer(x))
    nlc = tconv.Conv1dTranspose.from_keras(random((3, 5, 6)))
    turned = np.ascontiguousarray(x.transpose(0, 2, 1))
    expected = nlc(turned)
    assert np.array_equal(nlc(turned, np.empty_like(expected)), expected)
    with pytest.raises(ValueError, match="out.*5, 4, 22"):
        nlc(turned, np.empty((5, 4, 22), np.float32))


def test_out_refusals(layer):
    shape = (4, 5, layer.output_length(20))
    memory = np.zeros((4, 6, 200), np.float32)
    x = memory.reshape(-1)[:480].reshape(4, 6, 20)
    x[:] = BASE
    overlapping = memory.reshape(-1)[400 : 400 + 4 * 5 * shape[2]].reshape(
        shape
    )
    locked = np.zeros(shape, np.float32)
    locked.flags.writeable = False
    for kind, word, out in (
        (TypeError, "float64", np.zeros(shape)),
        (TypeError, "list", [0.0]),
        (TypeError, "Foreign", Foreign(np.zeros(shape, np.float32))),
        (ValueError, "(4, 5, 9)", np.zeros((4, 5, 9), np.float32)),
        (ValueError, "contiguous", np.zeros(shape[::-1], np.float32).T),
        (ValueError, "writeable", locked),
        (ValueError, "overlaps x", overlapping),
    ):
        with pytest.raises(kind) as caught:
            layer(x, out)
        assert "out" in str(caught.value) and word in str(caught.value)
        assert np.array_equal(x, BASE) and not locked.any()
