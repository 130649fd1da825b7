# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tconv-run: real data in and out, and what it refuses."""

import json

import numpy as np
import pytest
from tools import passes, read_float_wav, refuses, write_wav

IDENTITY = "in_channels=1 out_channels=1 kernel_size=1"
PAIR = "in_channels=2 out_channels=3 kernel_size=4 stride=2 pad_mode=pad padding=1"


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder with inputs, weights and a bias; the current folder."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(3)

    def save(name, *shape):
        np.save(name, random.uniform(-1, 1, shape).astype(np.float32))

    np.save("one.npy", np.ones((1, 1, 1), np.float32))
    save("mono.npy", 1, 1, 500)
    save("x.npy", 2, 2, 7)
    save("w.npy", 2, 3, 4)
    save("b.npy", 3)
    return tmp_path


def expected(x, weight, bias, stride, padding):
    """The formula, in float64."""
    batch, _, length = x.shape
    _, out_channels, kernel = weight.shape
    y = np.zeros((batch, out_channels, (length - 1) * stride + kernel))
    for i in range(length):
        for k in range(kernel):
            y[:, :, i * stride + k] += x[:, :, i].astype(float) @ weight[:, :, k]
    return y[:, :, padding : y.shape[2] - padding] + bias[:, None]


def test_identity_on_npy(files):
    passes(
        "tconv-run", IDENTITY, "--input", "mono.npy", "--weight", "one.npy",
        "--output", "y.npy",
    )  # fmt: skip
    assert np.array_equal(np.load("y.npy"), np.load("mono.npy"))


def test_identity_on_wav(files):
    samples = np.random.default_rng(1).integers(-32768, 32768, (1, 999))
    write_wav("in.wav", samples, 22050)
    passes(
        "tconv-run", IDENTITY, "--input", "in.wav", "--weight", "one.npy",
        "--output", "out.wav",
    )  # fmt: skip
    got, rate = read_float_wav("out.wav")
    assert rate == 22050
    assert np.array_equal(got, samples.astype(np.float32) / 32768)


def test_channels_of_wav_are_those_of_the_layer(files):
    samples = np.random.default_rng(1).integers(-3000, 3000, (2, 50))
    write_wav("in.wav", samples)
    weight = np.zeros((2, 2, 1), np.float32)
    weight[0, 1] = weight[1, 0] = 1  # swaps the channels
    np.save("swap.npy", weight)
    passes(
        "tconv-run", "in_channels=2 out_channels=2 kernel_size=1",
        "--input", "in.wav", "--weight", "swap.npy", "--output", "out.wav",
    )  # fmt: skip
    got, _ = read_float_wav("out.wav")
    assert np.array_equal(got, samples[::-1].astype(np.float32) / 32768)


def test_rate_follows_the_stride(files):
    write_wav("in.wav", np.zeros((1, 10)), 8000)
    layer = "in_channels=1 out_channels=1 kernel_size=4 stride=2"
    passes("tconv-run", layer, "--input", "in.wav", "--output", "out.wav")
    assert read_float_wav("out.wav")[1] == 16000
    passes(
        "tconv-run", layer, "--input", "in.wav", "--output", "out.wav",
        "--rate", 4000,
    )  # fmt: skip
    assert read_float_wav("out.wav")[1] == 4000


@pytest.mark.parametrize("batched", [True, False])
def test_numbers(files, batched):
    x, weight, bias = np.load("x.npy"), np.load("w.npy"), np.load("b.npy")
    np.save("in.npy", x if batched else x[0])
    text = passes(
        "tconv-run", PAIR + " has_bias=1", "--input", "in.npy", "--weight", "w.npy",
        "--bias", "b.npy", "--output", "y.npy", "--json",
    )  # fmt: skip
    y = np.load("y.npy")
    want = expected(x, weight, bias, 2, 1)
    assert y.dtype == np.float32
    assert y.shape == (want if batched else want[0]).shape
    assert np.abs(y - (want if batched else want[0])).max() < 1e-5
    said = json.loads(text)
    assert said["output_shape"] == [2 if batched else 1, 3, 14]
    assert said["seconds"] > 0
    assert said["description"]["path"] in ("kernel", "reference")


def test_seed_repeats_and_differs(files):
    def run(seed):
        passes(
            "tconv-run", PAIR, "--input", "x.npy", "--output", "y.npy",
            "--seed", seed,
        )  # fmt: skip
        return np.load("y.npy")

    assert np.array_equal(run(1), run(1))
    assert not np.array_equal(run(1), run(2))


def test_empty_batch(files):
    np.save("none.npy", np.zeros((0, 2, 7), np.float32))
    passes("tconv-run", PAIR, "--input", "none.npy", "--output", "y.npy")
    assert np.load("y.npy").shape == (0, 3, 14)


def refused(*arguments):
    """The message; no output may be left, nor anything else."""
    import os

    before = sorted(os.listdir())
    message = refuses("tconv-run", *arguments, "--output", "y.npy")
    assert sorted(os.listdir()) == before
    return message


def test_missing_and_unreadable_files(files):
    assert "nowhere.npy" in refused(PAIR, "--input", "nowhere.npy")
    assert "nowhere.wav" in refused(PAIR, "--input", "nowhere.wav")
    arguments = (PAIR + " has_bias=1", "--input", "x.npy")
    assert "lost.npy" in refused(*arguments, "--weight", "lost.npy")
    assert "lost.npy" in refused(*arguments, "--bias", "lost.npy")
    (files / "folder.npy").mkdir()
    assert "folder.npy" in refused(PAIR, "--input", "folder.npy")
    assert "x.txt" in refused(PAIR, "--input", "x.txt")


@pytest.mark.parametrize("keep", [0, 5, 11, 40, 130, -1])
def test_truncated_npy(files, keep):
    data = (files / "x.npy").read_bytes()
    (files / "cut.npy").write_bytes(data[:keep])
    message = refused(PAIR, "--input", "cut.npy")
    assert "cut.npy" in message
    assert "short" in message or "not a NumPy array" in message


@pytest.mark.parametrize("keep", [0, 5, 11, 20, 43, 44, 60, -1])
def test_truncated_wav(files, keep):
    write_wav("whole.wav", np.arange(20).reshape(1, 20))
    (files / "cut.wav").write_bytes((files / "whole.wav").read_bytes()[:keep])
    message = refused(IDENTITY, "--input", "cut.wav")
    assert "cut.wav" in message
    assert "short" in message or "not a RIFF" in message


def test_wrong_types_and_shapes(files):
    np.save("double.npy", np.zeros((1, 2, 7)))
    np.save("flat.npy", np.zeros(7, np.float32))
    np.save("three.npy", np.zeros((1, 3, 7), np.float32))
    np.save("empty.npy", np.zeros((1, 2, 0), np.float32))
    message = refused(PAIR, "--input", "double.npy")
    assert "double.npy" in message and "f8" in message and "float32" in message
    message = refused(PAIR, "--input", "flat.npy")
    assert "flat.npy" in message and "(7,)" in message
    message = refused(PAIR, "--input", "three.npy")
    assert "(1, 3, 7)" in message and "in_channels=2" in message
    assert "length" in refused(PAIR, "--input", "empty.npy")
    message = refused(PAIR, "--input", "x.npy", "--weight", "b.npy")
    assert "b.npy" in message and "weight" in message and "(3" in message
    message = refused(PAIR + " has_bias=1", "--input", "x.npy", "--bias", "w.npy")
    assert "w.npy" in message and "bias" in message
    message = refused(PAIR, "--input", "x.npy", "--bias", "b.npy")
    assert "has_bias=0" in message


def test_bad_layers(files):
    message = refused("in_channels=2 out_chanels=3 kernel_size=1", "--input", "x.npy")
    assert "out_chanels" in message and "'out_channels'" in message
    message = refused(
        "in_channels=2 out_channels=3 kernel_size=0", "--input", "x.npy"
    )
    assert "kernel_size" in message and "0" in message
    message = refused(
        "in_channels=2 out_channels=3 kernel_size=2 pad_mode=pad padding=90",
        "--input", "x.npy",
    )  # fmt: skip
    assert "padding" in message or "output" in message


def test_bad_outputs(files):
    message = refuses("tconv-run", PAIR, "--input", "x.npy", "--output", "y.wav")
    assert "batch=1" in message
    np.save("mono2.npy", np.zeros((2, 7), np.float32))
    message = refuses("tconv-run", PAIR, "--input", "mono2.npy", "--output", "y.wav")
    assert "--rate" in message
    message = refuses("tconv-run", PAIR, "--input", "x.npy", "--output", "no/y.npy")
    assert "no/y.npy" in message
    message = refuses("tconv-run", PAIR, "--input", "x.npy", "--output", "y.txt")
    assert "y.txt" in message
    assert not list(files.glob("y.*"))


def test_a_failed_run_keeps_the_old_output(files):
    passes("tconv-run", PAIR, "--input", "x.npy", "--output", "y.npy")
    before = (files / "y.npy").read_bytes()
    refuses("tconv-run", PAIR, "--input", "mono.npy", "--output", "y.npy")
    assert (files / "y.npy").read_bytes() == before


def test_command_line(files):
    assert "--input" in refuses("tconv-run", PAIR, "--output", "y.npy")
    assert "--frob" in refused(PAIR, "--input", "x.npy", "--frob")
    assert "0" in refused(PAIR, "--input", "x.npy", "--threads", 0)
    assert "moon" in refused(PAIR, "--input", "x.npy", "--target", "moon")
