# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Initial weights: the distributions, by name, object, number and tensor."""

import math

import numpy as np
import pytest
import tconv
from tconv import initializer as init

SHAPE = (48, 32, 25)  # 38400 values: deviations are known to about 0.4 %
FAN_IN, FAN_OUT = 32 * 25, 48 * 25


def draw(value, shape=SHAPE):
    tconv.set_seed(1)
    return init.initializer(value, shape).astype(np.float64)


def check_uniform(values, bound):
    assert np.abs(values).max() <= bound * (1 + 1e-6)
    assert np.abs(values).max() > 0.999 * bound
    assert abs(values.mean()) < 0.02 * bound
    assert values.std() == pytest.approx(bound / math.sqrt(3), rel=0.02)
    # Flat: a quarter of the values in each quarter.
    quarters, _ = np.histogram(values, 4, (-bound, bound))
    assert np.abs(quarters / values.size - 0.25).max() < 0.015


def check_normal(values, sigma, mean=0.0):
    assert values.mean() == pytest.approx(mean, abs=0.03 * sigma)
    assert values.std() == pytest.approx(sigma, rel=0.02)
    for multiple, share in ((1, 0.6827), (2, 0.9545), (3, 0.9973)):
        inside = np.abs(values - mean) < multiple * sigma
        assert abs(inside.mean() - share) < 0.012


@pytest.mark.parametrize(
    "value, expected",
    [
        ("zero", 0),
        ("zeros", 0),
        ("one", 1),
        ("ONES", 1),
        (0.25, 0.25),
        (3, 3),
        (True, 1),
        (False, 0),
        (np.float64(0.5), 0.5),
        (np.int8(-2), -2),
        (init.Zero(), 0),
        (init.One(), 1),
        (init.Constant(-1.5), -1.5),
    ],
    ids=repr,
)
def test_constants(value, expected):
    assert np.all(draw(value) == expected)
    layer = tconv.Conv1dTranspose(
        2, 3, 4, has_bias=True, weight_init=value, bias_init=value
    )
    assert np.all(layer.weight == expected) and layer.weight.shape == (2, 3, 4)
    assert np.all(layer.bias == expected) and layer.bias.shape == (3,)


@pytest.mark.parametrize(
    "value, bound",
    [
        ("uniform", 0.07),
        ("Uniform", 0.07),
        (init.Uniform(), 0.07),
        (init.Uniform(2), 2.0),
        (init.Uniform(scale=0.5), 0.5),
        ("heuniform", math.sqrt(6 / FAN_IN)),
        ("he_uniform", math.sqrt(6 / FAN_IN)),
        ("HeUniform", math.sqrt(6 / FAN_IN)),
        (init.HeUniform(math.sqrt(5)), math.sqrt(1 / FAN_IN)),
        (init.HeUniform(mode="fan_out"), math.sqrt(6 / FAN_OUT)),
        (init.HeUniform(nonlinearity="relu"), math.sqrt(6 / FAN_IN)),
        (init.HeUniform(nonlinearity="tanh"), 5 / 3 * math.sqrt(3 / FAN_IN)),
        (init.HeUniform(nonlinearity="sigmoid"), math.sqrt(3 / FAN_IN)),
        ("xavieruniform", math.sqrt(6 / (FAN_IN + FAN_OUT))),
        ("xavier_uniform", math.sqrt(6 / (FAN_IN + FAN_OUT))),
        (init.XavierUniform(gain=3), 3 * math.sqrt(6 / (FAN_IN + FAN_OUT))),
        (
            init.VarianceScaling(2.0, "fan_avg", "uniform"),
            math.sqrt(3 * 2.0 / ((FAN_IN + FAN_OUT) / 2)),
        ),
    ],
    ids=repr,
)
def test_uniforms(value, bound):
    check_uniform(draw(value), bound)


@pytest.mark.parametrize(
    "value, sigma, mean",
    [
        ("normal", 0.01, 0),
        ("NORMAL", 0.01, 0),
        (init.Normal(), 0.01, 0),
        (init.Normal(2.0, 5.0), 2.0, 5.0),
        (init.Normal(mean=-1, sigma=0.5), 0.5, -1),
        ("henormal", math.sqrt(2 / FAN_IN), 0),
        ("he_normal", math.sqrt(2 / FAN_IN), 0),
        (init.HeNormal(1.0, "fan_out"), math.sqrt(1 / FAN_OUT), 0),
        ("xaviernormal", math.sqrt(2 / (FAN_IN + FAN_OUT)), 0),
        ("xavier_normal", math.sqrt(2 / (FAN_IN + FAN_OUT)), 0),
        (init.XavierNormal(0.5), 0.5 * math.sqrt(2 / (FAN_IN + FAN_OUT)), 0),
        (
            init.VarianceScaling(1.0, "fan_out", "untruncated_normal"),
            math.sqrt(1 / FAN_OUT),
            0,
        ),
    ],
    ids=repr,
)
def test_normals(value, sigma, mean):
    check_normal(draw(value), sigma, mean)


def test_truncated_normal_is_bounded_by_values():
    values = draw("truncatednormal")
    check_normal(values, 0.01)
    assert np.abs(values).max() > 0.035  # multiples of sigma would end at 0.02
    values = draw(init.TruncatedNormal(sigma=1))
    assert 1.99 < np.abs(values).max() <= 2
    # Deviation of a standard normal restricted to [-2, 2]; MindSpore's own
    # draws measured 0.878.
    assert values.std() == pytest.approx(0.8796, rel=0.01)
    values = draw(init.TruncatedNormal(1.0, 3.0, 3.0, 3.5))
    assert values.min() >= 3 and values.max() <= 3.5


def test_orthogonal():
    for shape in ((8, 4, 5), (20, 4, 2)):
        matrix = draw(init.Orthogonal(2.0), shape).reshape(shape[0], -1)
        if matrix.shape[0] > matrix.shape[1]:
            matrix = matrix.T
        assert np.allclose(
            matrix @ matrix.T, 4 * np.eye(len(matrix)), atol=1e-5
        )


def test_dirac():
    values = draw(init.Dirac(2), (6, 2, 5))
    expected = np.zeros((6, 2, 5))
    for group in range(2):
        for row in range(2):
            expected[3 * group + row, row, 2] = 1
    assert np.array_equal(values, expected)


def test_defaults_of_the_layer():
    tconv.set_seed(1)
    layer = tconv.Conv1dTranspose(512, 300, 16, group=4, has_bias=True)
    fan_in = 75 * 16
    check_uniform(layer.weight.astype(np.float64), 1 / math.sqrt(fan_in))
    layer = tconv.Conv1dTranspose(2, 20000, 3, has_bias=True)
    check_uniform(layer.bias.astype(np.float64), 1 / math.sqrt(60000))


def test_fans_are_taken_on_the_weights_own_shape():
    tconv.set_seed(1)
    layer = tconv.Conv1dTranspose(
        512, 300, 16, group=4, weight_init="xavier_normal"
    )
    check_normal(
        layer.weight.astype(np.float64), math.sqrt(2 / (75 * 16 + 512 * 16))
    )


def test_seed():
    def weights():
        layer = tconv.Conv1dTranspose(4, 6, 3, has_bias=True)
        return layer.weight, layer.bias

    tconv.set_seed(7)
    first, second = weights(), weights()
    assert not np.array_equal(first[0], second[0])
    tconv.set_seed(np.int64(7))
    again = weights(), weights()
    for one, other in zip(first + second, again[0] + again[1]):
        assert np.array_equal(one, other)
    tconv.set_seed(7)  # a tensor draws nothing
    tconv.Conv1dTranspose(
        4, 6, 3, has_bias=True, weight_init=first[0], bias_init=first[1]
    )
    assert np.array_equal(weights()[0], first[0])
    tconv.set_seed(2**64 - 1)
    assert not np.array_equal(weights()[0], first[0])


@pytest.mark.parametrize(
    "dtype",
    [np.float32, np.float64, np.float16, np.int8, np.int64, bool, ">f4"],
)
def test_tensors(dtype):
    value = (np.arange(24).reshape(2, 3, 4) % 2).astype(dtype)
    layer = tconv.Conv1dTranspose(
        2, 3, 4, has_bias=True, weight_init=value, bias_init=value[0, :, 0]
    )
    assert np.array_equal(layer.weight, value.astype(np.float32))
    value[:] = 7  # the layer has its own copy
    assert layer.weight.max() == 1
    layer.weight[:] = 9  # and gives copies
    assert layer.weight.max() == 1


def test_wrong_arguments():
    with pytest.raises(ValueError, match="sigma.*-1"):
        init.Normal(-1)
    with pytest.raises(TypeError, match="sigma.*'1'"):
        init.Normal("1")
    with pytest.raises(ValueError, match="mode.*fan_avg"):
        init.HeUniform(mode="fan_avg")
    with pytest.raises(ValueError, match="nonlinearity.*gelu"):
        init.HeNormal(nonlinearity="gelu")
    with pytest.raises(ValueError, match="scale.*0"):
        init.VarianceScaling(0)
    with pytest.raises(ValueError, match="distribution.*normal"):
        init.VarianceScaling(distribution="normal")
    with pytest.raises(ValueError, match="a must be less than b"):
        init.TruncatedNormal(a=1, b=1)
    with pytest.raises(TypeError, match="groups"):
        init.Dirac(True)
    with pytest.raises(TypeError, match="value.*list"):
        init.Constant([1])
    with pytest.raises(ValueError):
        init.initializer(init.Dirac(4), (6, 2, 5))
    with pytest.raises(ValueError, match="shape"):
        init.initializer("normal", (2, 0))
    assert repr(init.HeUniform()) == (
        "HeUniform(negative_slope=0.0, mode='fan_in', "
        "nonlinearity='leaky_relu')"
    )
