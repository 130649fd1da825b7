# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tools/bench, as far as it goes without the peers being installed."""

import json
import math
import sys

import numpy as np
import pytest
from tools import BUILD, ROOT, python

sys.path.insert(0, str(ROOT / "tools" / "bench"))
import layers  # noqa: E402
import peers  # noqa: E402
import systems  # noqa: E402

SUITE = ROOT / "test" / "suites" / "public.layers"
ODD = [
    "in_channels=2 out_channels=4 kernel_size=2 stride=5 pad_mode=valid length=4",
    "in_channels=2 out_channels=4 kernel_size=2 stride=4 pad_mode=same length=4",
    "in_channels=2 out_channels=4 kernel_size=6 stride=3 length=4 has_bias=1",
    "in_channels=4 out_channels=4 kernel_size=3 stride=2 group=2 pad_mode=pad "
    "padding=1 output_padding=1 dilation=2 length=5 has_bias=1 batch=2",
]


def formula(layer, data):
    """The formula, in float64."""
    begin, end = layer.crops
    inputs = layer.in_channels // layer.group
    outputs = layer.out_channels // layer.group
    whole = (layer.length - 1) * layer.stride + layer.extent
    y = np.zeros((layer.batch, layer.out_channels, whole + max(-end, 0)))
    for group in range(layer.group):
        x = data.x[:, group * inputs : (group + 1) * inputs].astype(float)
        weight = data.weight[group * inputs : (group + 1) * inputs]
        part = y[:, group * outputs : (group + 1) * outputs]
        for k in range(layer.kernel_size):
            for i in range(layer.length):
                t = i * layer.stride + k * layer.dilation
                part[:, :, t] += x[:, :, i] @ weight[:, :, k]
    if data.bias is not None:
        y += data.bias[:, None]
    return y[:, :, begin : begin + layer.output_length]


def test_public_layers_are_read():
    found = layers.read(SUITE, "")
    assert len(found) == 16
    first = found[0]
    assert (first.name, first.in_channels, first.length) == ("hifigan.up0", 512, 861)
    assert first.output_length == 6888
    assert first.flops == 2 * 512 * 256 * 16 * 861


@pytest.mark.parametrize("line", ODD)
def test_tconv_through_c_is_right(line):
    systems.configure(BUILD, "default")
    layer = layers.parse(line, 1)
    data = layers.make_data(layer, 1)
    ours = systems.Tconv(layer, data, 1)
    ours.run()
    want = formula(layer, data)
    assert ours.output().shape == want.shape
    difference, allowed = peers.largest_difference(
        layer, data, ours.output(), want
    )
    assert difference <= allowed < 1e-4
    broken = ours.output().copy()
    broken.flat[-1] += 1e-3
    difference, allowed = peers.largest_difference(layer, data, broken, want)
    assert difference > allowed
    assert ours.description()["path"] in ("kernel", "reference")


def test_tconv_errors_come_back():
    systems.configure(BUILD, "default")
    layer = layers.parse(ODD[0], 1)
    data = layers.make_data(layer, 1)
    data.weight = data.weight[:, :, :1].copy()
    with pytest.raises(RuntimeError, match="weight"):
        systems.Tconv(layer, data, 1)


def test_ratios():
    def result(name, ours, theirs):
        return {"name": name, "seconds": {"tconv": ours, "p": theirs}}

    results = [result("a", 1, 2), result("b", 2, 1), result("c", 1, 8)]
    results.append({"name": "d", "seconds": {"tconv": 1}})
    figures = peers.summarise(results, "p")
    assert figures["layers"] == 3
    assert math.isclose(figures["geometric_mean"], 2)
    assert figures["minimum"] == 0.5
    assert figures["minimum_layer"] == "b"
    assert peers.summarise(results, "q") is None


def test_without_peers(tmp_path):
    path = tmp_path / "small.layers"
    path.write_text(f"small: {ODD[2]}\n")
    out, table = tmp_path / "out.json", tmp_path / "out.md"
    done = python(
        "tools/bench/peers.py", "--build", BUILD, "--layers", path, "--peers", "",
        "--rounds", 1, "--seconds", 0.01, "--json", out, "--markdown", table,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(out.read_text())["layers"]
    gflops = 2 * 2 * 4 * 6 * 4 / result["seconds"]["tconv"] * 1e-9
    assert math.isclose(result["gflops"]["tconv"], gflops, rel_tol=1e-9)
    assert "| small |" in table.read_text()


def test_refusals(tmp_path):
    path = tmp_path / "bad.layers"
    path.write_text("in_channels=1 out_channels=1 kernel=3 length=5\n")
    for arguments, message in (
        (["--layers", path, "--peers", ""], "bad.layers:1: unknown key 'kernel'"),
        (["--layers", tmp_path / "none", "--peers", ""], "none"),
        (["--layers", SUITE, "--peers", "mars"], "unknown peer 'mars'"),
        (["--layers", SUITE, "--peers", "", "--filter", "mars"], "mars"),
    ):
        done = python("tools/bench/peers.py", "--build", BUILD, *arguments)
        assert done.returncode == 1
        assert message in done.stderr
