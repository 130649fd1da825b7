# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every refusal: its kind, and that its message names the argument and the
value. After each, the objects work as before."""

import os

import numpy as np
import pytest
import tconv
from helpers import check_layer, random

SIZES = [
    "in_channels",
    "out_channels",
    "kernel_size",
    "stride",
    "padding",
    "dilation",
    "group",
]
NOT_INTS = [
    3.0,
    "3",
    (3,),
    None,
    True,
    False,
    np.bool_(True),
    np.float32(3),
    [3],
    np.array(3),
]
BASE = {
    "in_channels": 4,
    "out_channels": 6,
    "kernel_size": 3,
    "stride": 2,
    "pad_mode": "pad",
    "padding": 1,
}


def refused(kind, words, make):
    """Calls make, which must raise exactly `kind` and say all `words`."""
    with pytest.raises(kind) as caught:
        make()
    assert type(caught.value) is kind
    for word in words:
        assert word in str(caught.value), (word, str(caught.value))


def layer(**changes):
    return tconv.Conv1dTranspose(**{**BASE, **changes})


@pytest.mark.parametrize("name", SIZES + ["output_padding"])
@pytest.mark.parametrize("value", NOT_INTS, ids=repr)
def test_size_of_a_wrong_kind(name, value):
    refused(TypeError, [name, str(value)], lambda: layer(**{name: value}))


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("value", [-1, -(2**63), np.int8(-7)], ids=repr)
def test_size_below_its_least(name, value):
    refused(ValueError, [name, str(int(value))], lambda: layer(**{name: value}))


@pytest.mark.parametrize("name", [n for n in SIZES if n != "padding"])
def test_size_zero(name):
    refused(ValueError, [name, "0"], lambda: layer(**{name: 0}))


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("value", [2**63, 2**80, -(2**63) - 1], ids=repr)
def test_size_beyond_64_bits(name, value):
    refused(ValueError, [name, str(value)], lambda: layer(**{name: value}))


@pytest.mark.parametrize(
    "kind", [int, np.int8, np.uint8, np.int32, np.int64, np.uint64]
)
def test_numpy_integers_are_ints(kind):
    made = layer(**{name: kind(BASE.get(name, 1)) for name in SIZES})
    assert made.in_channels == 4 and type(made.in_channels) is int


@pytest.mark.parametrize(
    "group, channels", [(3, "in_channels"), (4, "out_channels")]
)
def test_group_divides_the_channels(group, channels):
    refused(
        ValueError, ["group", str(group), channels], lambda: layer(group=group)
    )


@pytest.mark.parametrize(
    "value",
    [
        "Same",
        "PAD",
        "full",
        "",
        "crop",
        " pad",
        None,
        2,
        True,
        b"pad",
        ("pad",),
    ],
    ids=repr,
)
def test_pad_mode(value):
    refused(ValueError, ["pad_mode", str(value)], lambda: layer(pad_mode=value))


@pytest.mark.parametrize("mode", ["same", "valid"])
@pytest.mark.parametrize("name", ["padding", "output_padding"])
def test_padding_with_other_modes(mode, name):
    sizes = {"padding": 0, name: 1}
    refused(ValueError, [name, "1"], lambda: layer(pad_mode=mode, **sizes))


@pytest.mark.parametrize("value", [-1, 2, 5])
def test_output_padding(value):
    refused(
        ValueError,
        ["output_padding", str(value)],
        lambda: layer(output_padding=value),
    )


@pytest.mark.parametrize(
    "value", [1, 0, None, "True", np.bool_(True)], ids=repr
)
def test_has_bias(value):
    refused(TypeError, ["has_bias", str(value)], lambda: layer(has_bias=value))


def test_compilation():
    refused(
        ValueError, ["compilation", "later"], lambda: layer(compilation="later")
    )
    refused(ValueError, ["compilation", "1"], lambda: layer(compilation=1))


def test_accuracy_and_target():
    refused(ValueError, ["accuracy", "fast"], lambda: layer(accuracy="fast"))
    refused(ValueError, ["accuracy", "1"], lambda: layer(accuracy=1))
    refused(TypeError, ["target", "3"], lambda: layer(target=3))
    refused(ValueError, ["target"], lambda: layer(target="cpu:native\0x"))
    refused(ValueError, ["target", "cpu:z80"], lambda: layer(target="cpu:z80"))


def test_engine():
    refused(TypeError, ["engine", "3"], lambda: layer(engine=3))
    refused(ValueError, ["engine"], lambda: layer(engine="halide\0x"))
    for wrong in ("", "haldie", "halide:", "halide:adams2019"):
        refused(
            ValueError,
            [f"engine = '{wrong}'", "'mlir'", "Adams2019"],
            lambda: layer(engine=wrong),  # noqa: B023
        )
    weight = np.zeros((2, 3, 4), np.float32)
    x = np.zeros((1, 2, 9), np.float32)
    refused(
        TypeError,
        ["engine", "['mlir']"],
        lambda: tconv.conv_transpose1d(x, weight, engine=["mlir"]),
    )
    refused(
        ValueError,
        ["engine = 'gcc'"],
        lambda: tconv.conv_transpose1d(x, weight, engine="gcc"),
    )


WRONG_INITS = [
    [1.0],
    [[[1.0]]],
    object(),
    (1, 2),
    1j,
    {"a": 1},
    tconv.initializer.Normal,
    np.float32,
    b"normal",
    tconv.initializer.Initializer(),
    np.bool_(True),
]


@pytest.mark.parametrize("value", WRONG_INITS, ids=repr)
def test_initial_weights_of_a_wrong_kind(value):
    refused(TypeError, [], lambda: layer(weight_init=value))
    refused(TypeError, [], lambda: layer(has_bias=True, bias_init=value))
    if not isinstance(value, tconv.initializer.Initializer):
        refused(TypeError, ["weight_init"], lambda: layer(weight_init=value))
        refused(
            TypeError,
            ["bias_init"],
            lambda: layer(has_bias=True, bias_init=value),
        )


@pytest.mark.parametrize(
    "value",
    [
        "",
        "gauss",
        "constant",
        "identity",
        "sparse",
        "normal ",
        "he uniform",
        "normal\0",
    ],
)
def test_unknown_name(value):
    refused(
        ValueError,
        ["weight_init", repr(value)],
        lambda: layer(weight_init=value),
    )
    refused(
        ValueError,
        ["bias_init", repr(value)],
        lambda: layer(has_bias=True, bias_init=value),
    )


@pytest.mark.parametrize(
    "value",
    [
        "heuniform",
        "he_normal",
        "XavierUniform",
        "xavier_normal",
        "orthogonal",
        "dirac",
        "variancescaling",
        tconv.initializer.HeNormal(),
        tconv.initializer.Orthogonal(),
    ],
    ids=repr,
)
def test_bias_has_no_fan(value):
    refused(
        ValueError,
        ["bias_init", repr(value)],
        lambda: layer(has_bias=True, bias_init=value),
    )
    layer(weight_init=value)


@pytest.mark.parametrize(
    "shape",
    [(6, 4, 3), (4, 6), (4, 6, 3, 1), (), (0,), (1, 4, 6, 3), (4, 6, 2)],
)
def test_shape_of_an_initial_weight(shape):
    refused(
        ValueError,
        ["weight_init", str(shape), "(4, 6, 3)"],
        lambda: layer(weight_init=np.zeros(shape, np.float32)),
    )
    refused(
        ValueError,
        ["bias_init", str(shape), "(6,)"],
        lambda: layer(has_bias=True, bias_init=np.zeros(shape, np.float32)),
    )


@pytest.mark.parametrize("dtype", [np.complex64, object, "S4", "M8[s]"])
def test_dtype_of_an_initial_weight(dtype):
    refused(
        TypeError,
        ["weight_init"],
        lambda: layer(weight_init=np.zeros((4, 6, 3), dtype)),
    )


@pytest.mark.parametrize(
    "value", WRONG_INITS + ["gauss", "heuniform", np.zeros(3)], ids=repr
)
def test_bias_init_is_ignored_without_a_bias(value):
    assert layer(bias_init=value).bias is None


WRONG_X = [
    (TypeError, [[1.0]], "list"),
    (TypeError, None, "None"),
    (TypeError, 3.0, "3.0"),
    (TypeError, "x", "'x'"),
    (TypeError, np.float32(3), "3.0"),
    (TypeError, np.ndarray, "ndarray"),
    (TypeError, np.ones((1, 4, 5)), "float64"),
    (TypeError, np.ones((1, 4, 5), np.float16), "float16"),
    (TypeError, np.ones((1, 4, 5), np.int32), "int32"),
    (TypeError, np.ones((1, 4, 5), bool), "bool"),
    (TypeError, np.ones((1, 4, 5), np.complex64), "complex64"),
    (TypeError, np.ones((1, 4, 5), ">f4"), ">f4"),
    (TypeError, np.ones((1, 4, 5), object), "object"),
    (ValueError, np.ones((4, 5), np.float32), "(4, 5)"),
    (ValueError, np.ones((1, 1, 4, 5), np.float32), "(1, 1, 4, 5)"),
    (ValueError, np.ones((1, 4, 5, 1), np.float32), "(1, 4, 5, 1)"),
    (ValueError, np.ones((), np.float32), "()"),
    (ValueError, np.ones((1, 3, 5), np.float32), "(1, 3, 5)"),
    (ValueError, np.ones((1, 0, 5), np.float32), "(1, 0, 5)"),
    (ValueError, np.ones((1, 4, 0), np.float32), "(1, 4, 0)"),
    (ValueError, np.ones((0, 4, 0), np.float32), "(0, 4, 0)"),
    (ValueError, np.ones((0, 3, 5), np.float32), "(0, 3, 5)"),
]


@pytest.mark.parametrize(
    "kind, x, word", WRONG_X, ids=[case[2] for case in WRONG_X]
)
def test_x(kind, x, word):
    made = layer(has_bias=True)
    good = random((2, 4, 5))
    before = made(good)
    refused(kind, ["x", word], lambda: made(x))
    refused(kind, ["x", word], lambda: made.reference(x))
    assert np.array_equal(made(good), before)


def test_output_of_no_length():
    made = layer(padding=2)  # Lout = 2 Lin - 3
    refused(
        ValueError,
        ["x", "(1, 4, 1)"],
        lambda: made(np.ones((1, 4, 1), np.float32)),
    )
    refused(
        ValueError, ["x of shape"], lambda: made(np.ones((0, 4, 1), np.float32))
    )
    refused(ValueError, ["length", "1"], lambda: made.output_length(1))
    check_layer(made, random((1, 4, 2)))


def test_lengths_of_queries():
    made = layer()
    for call in (made.output_length, made.describe, made.prepare):
        refused(TypeError, ["length", "5.0"], lambda call=call: call(5.0))
        refused(TypeError, ["length", "True"], lambda call=call: call(True))
        refused(ValueError, ["length", "0"], lambda call=call: call(0))
        refused(ValueError, ["length"], lambda call=call: call(2**64))
    refused(TypeError, ["batch"], lambda: made.describe(5, 1.0))
    refused(ValueError, ["length"], lambda: made.output_length(2**62))


def test_sizes_that_do_not_fit():
    big = 2**40
    refused(ValueError, [], lambda: tconv.Conv1dTranspose(big, big, big))
    refused(ValueError, [], lambda: tconv.Conv1dTranspose(2**31, 2**31, 2))
    refused(ValueError, [], lambda: layer(dilation=2**62, kernel_size=5))
    # The bytes of y don't fit; those of x aren't even there.
    made = tconv.Conv1dTranspose(
        1, 2**20, 1, 2**20, pad_mode="valid", weight_init="zeros"
    )
    x = np.broadcast_to(np.float32(1), (2**20, 1, 2**10))
    refused(ValueError, ["x of shape", str(x.shape)], lambda: made(x))


@pytest.mark.skipif(
    "TCONV_TEST_SANITIZE" in os.environ,
    reason="ASan's operator new ends the process where others throw",
)
def test_weights_that_can_not_be_had():
    with pytest.raises(MemoryError):
        tconv.Conv1dTranspose(2**20, 2**20, 2**10, weight_init="zeros")


def test_results_that_can_not_be_had():
    made = tconv.Conv1dTranspose(
        1, 1, 1, 2**40, pad_mode="valid", weight_init="ones"
    )
    with pytest.raises(MemoryError):
        made(np.ones((1, 1, 2**10), np.float32))
    assert made.output_length(2) == 2**41


def test_assigning_weights():
    made = layer(has_bias=True)
    x = random((1, 4, 5))
    before, weight, bias = made(x), made.weight, made.bias
    for wrong in (np.zeros((6, 4, 3), np.float32), np.zeros(72, np.float32)):
        refused(
            ValueError,
            ["weight", str(wrong.shape)],
            lambda wrong=wrong: setattr(made, "weight", wrong),
        )
        refused(
            ValueError,
            ["bias", str(wrong.shape)],
            lambda wrong=wrong: setattr(made, "bias", wrong),
        )
    for wrong in (weight.tolist(), None, 1.0, weight.astype(complex)):
        refused(
            TypeError,
            ["weight"],
            lambda wrong=wrong: setattr(made, "weight", wrong),
        )
    refused(TypeError, ["bias"], lambda: setattr(made, "bias", [0.0] * 6))
    refused(
        ValueError,
        ["bias"],
        lambda: setattr(layer(), "bias", np.zeros(6, np.float32)),
    )
    assert np.array_equal(made.weight, weight)
    assert np.array_equal(made.bias, bias)
    assert np.array_equal(made(x), before)


@pytest.mark.parametrize("value", NOT_INTS, ids=repr)
def test_threads_of_a_wrong_kind(value):
    before = tconv.get_num_threads()
    refused(
        TypeError, ["threads", str(value)], lambda: tconv.set_num_threads(value)
    )
    assert tconv.get_num_threads() == before


@pytest.mark.parametrize("value", [0, -1, np.int64(-3), 2**64], ids=repr)
def test_threads(value):
    before = tconv.get_num_threads()
    refused(
        ValueError,
        ["threads", str(value)],
        lambda: tconv.set_num_threads(value),
    )
    assert tconv.get_num_threads() == before


def test_seed():
    for value in (1.0, "1", None, True, np.bool_(False)):
        refused(
            TypeError,
            ["seed", str(value)],
            lambda value=value: tconv.set_seed(value),
        )
    for value in (-1, 2**64):
        refused(
            ValueError,
            ["seed", str(value)],
            lambda value=value: tconv.set_seed(value),
        )


def test_a_refusal_draws_no_numbers():
    tconv.set_seed(5)
    expected = layer(has_bias=True).weight
    tconv.set_seed(5)
    for wrong in (
        {"bias_init": "gauss"},
        {"bias_init": np.zeros(3)},
        {"bias_init": [1.0]},
        {"stride": 0},
    ):
        with pytest.raises((TypeError, ValueError)):
            layer(has_bias=True, **wrong)
    assert np.array_equal(layer(has_bias=True).weight, expected)
