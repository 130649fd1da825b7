# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tools/bench on real layers, as far as it goes without the peers."""

import json
import math
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tools import BUILD, ROOT, python

sys.path.insert(0, str(ROOT / "tools" / "bench"))
import client  # noqa: E402
import layers  # noqa: E402
import machine  # noqa: E402
import peers  # noqa: E402
import reference  # noqa: E402
from systems import tconv  # noqa: E402

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
    tconv.Tconv.open(BUILD, "default")
    layer = layers.parse(line, 1)
    data = layers.make_data(layer, 1)
    ours = tconv.Tconv(layer, data, 1, "")
    ours.run()
    want = formula(layer, data)
    assert ours.output().shape == want.shape
    check = reference.Reference(layer, data).check(ours.output())
    assert check.problem == ""
    assert 0 < check.max_abs_error <= check.bound < 1e-4
    assert np.abs(ours.output() - want).max() < check.bound
    assert ours.description()["path"] in ("kernel", "reference")


def test_tconv_errors_come_back():
    tconv.Tconv.open(BUILD, "default")
    layer = layers.parse(ODD[0], 1)
    data = layers.make_data(layer, 1)
    data.weight = data.weight[:, :, :1].copy()
    with pytest.raises(RuntimeError, match="weight"):
        tconv.Tconv(layer, data, 1, "")


LARGE = "in_channels=6 out_channels=40 kernel_size=5 stride=2 group=2 length=30 has_bias=1"


@pytest.mark.parametrize("line", [*ODD, LARGE])
def test_verification_catches_wrong_outputs(line):
    layer = layers.parse(line, 1)
    data = layers.make_data(layer, 1)
    judge = reference.Reference(layer, data)
    right = formula(layer, data).astype(np.float32)
    assert judge.check(right).problem == ""
    # Any channel, sampled or not, first or last position.
    for channel in range(layer.out_channels):
        for position in (0, -1):
            wrong = right.copy()
            wrong[-1, channel, position] += 2e-3
            assert "is off by" in judge.check(wrong).problem, (channel, position)
    wrong = right.copy()
    wrong[0, 0, 0] = np.nan
    assert "not finite" in judge.check(wrong).problem
    assert "float64" in judge.check(right.astype(np.float64)).problem
    assert "not float32" in judge.check(right[:, :, 1:]).problem


def test_reference_in_parts(monkeypatch):
    # As layers do that are too large to be computed at once.
    layer = layers.parse(LARGE, 1)
    data = layers.make_data(layer, 1)
    whole = reference.Reference(layer, data)
    monkeypatch.setattr(reference, "ROOM", 1)
    parts = reference.Reference(layer, data)
    np.testing.assert_allclose(parts.sums, whole.sums, rtol=0, atol=1e-12)


def test_cores():
    pairs = {0: {0, 1}, 1: {0, 1}, 2: {2, 3}, 3: {2, 3}}

    def choose(threads):
        return machine.choose_cores(threads, pairs, pairs.get)

    # One of each pair first, and not the first one.
    assert choose(1) == [3]
    assert choose(2) == [1, 3]
    assert choose(3) == [1, 2, 3]
    with pytest.raises(ValueError, match="5 threads.*4"):
        choose(5)


def test_worker_runs_checks_and_refuses():
    layer = layers.parse(f"small: {LARGE}", 1)
    cores = machine.choose_cores(1)
    with client.Worker("tconv", BUILD, "default", 1, cores) as worker:
        assert worker.prepare(layer, 1)["description"]["path"]
        assert 0 < worker.measure(0.01) < 1
        judge = reference.Reference(layer, layers.make_data(layer, 1))
        assert judge.check(worker.output()).problem == ""
        assert 0 < worker.first_call(layer, 1, "")["seconds"] < 60
        layer.line += " length=nine"
        with pytest.raises(client.Missing, match="tconv: ValueError"):
            worker.prepare(layer, 1)
    with pytest.raises(client.Missing, match="libtconv"):
        client.Worker("tconv", "/nowhere", "default", 1, cores)
    with pytest.raises(client.Missing, match="PyTorch is not installed"):
        client.Worker("torch", "/nowhere", "default", 1, cores)


def test_a_worker_is_stopped_outside_of_its_turns():
    with client.Worker("tconv", BUILD, "default", 1, machine.choose_cores(1)) as worker:
        worker.prepare(layers.parse(LARGE, 1), 1)
        status = Path(f"/proc/{worker.process.pid}/status")
        for _ in range(100):  # signals take a moment
            if "State:\tT" in status.read_text():
                break
            time.sleep(0.01)
        else:
            raise AssertionError(status.read_text())
        assert worker.measure(0.01) > 0


def test_a_worker_that_dies_is_named():
    cores = machine.choose_cores(1)
    with client.Worker("tconv", BUILD, "default", 1, cores) as worker:
        worker.process.kill()
        with pytest.raises(client.Missing, match="tconv ended: .*exit status -9"):
            worker.measure(0.01)


def test_without_peers(tmp_path):
    path = tmp_path / "small.layers"
    path.write_text(f"small: {ODD[2]}\n")
    out, table = tmp_path / "out.json", tmp_path / "out.md"
    done = python(
        "tools/bench/peers.py", "--build", BUILD, "--layers", path, "--systems", "",
        "--rounds", 1, "--seconds", 0.01, "--json", out, "--markdown", table,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "[1/1] small: tconv" in done.stderr
    (run,) = json.loads(out.read_text())["runs"]
    (result,) = run["layers"]
    gflops = 2 * 2 * 4 * 6 * 4 / result["seconds"]["tconv"] * 1e-9
    assert math.isclose(result["gflops"]["tconv"], gflops, rel_tol=1e-9)
    assert result["checks"]["tconv"]["problem"] == ""
    assert run["machine"]["fma_peak_gflops_1t"] > 0
    assert "| small" in table.read_text() and done.stdout.strip()
    # What was written can be shown again.
    again = python("tools/bench/peers.py", "--from-json", out)
    assert again.stdout.strip() == table.read_text().strip()


def test_first_calls(tmp_path):
    path = tmp_path / "small.layers"
    path.write_text(f"small: {ODD[2]}\n")
    done = python(
        "tools/bench/peers.py", "--build", BUILD, "--layers", path, "--systems", "",
        "--first-call",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "| small |" in done.stdout and "First calls" in done.stdout


def test_refusals(tmp_path):
    path = tmp_path / "bad.layers"
    path.write_text("in_channels=1 out_channels=1 kernel=3 length=5\n")
    alone = ["--systems", ""]
    for arguments, message in (
        (["--layers", path, *alone], "bad.layers:1: unknown key 'kernel'"),
        (["--layers", tmp_path / "none", *alone], "none"),
        (["--systems", "mars"], "unknown system 'mars'"),
        ([*alone, "--filter", "mars"], "mars"),
        ([*alone, "--threads", "two"], "'two'"),
        ([*alone, "--threads", "4096"], "4096 threads"),
        ([*alone, "--chart", "x.pdf"], "'x.pdf'"),
        ([*alone, "--chart", "/x.svg", "--update-readme"], "'/x.svg' is not below"),
        (["--from-json", tmp_path / "none.json"], "none.json"),
    ):
        done = python("tools/bench/peers.py", "--build", BUILD, *arguments)
        assert done.returncode in (1, 2), arguments
        assert message in done.stderr
        assert "Traceback" not in done.stderr


def test_extras_of_the_systems(capsys, monkeypatch):
    for chosen, extras in (
        ([], ["torch"]),
        (["--systems", "openvino,mindspore,torch"], ["mindspore", "torch"]),
        (["--systems", "onnxruntime"], []),
        (["--first-call"], []),
        (["--from-json", "x.json"], []),
    ):
        monkeypatch.setattr(sys, "argv", ["peers.py", "--list-extras", *chosen])
        peers.main()
        assert capsys.readouterr().out.split() == extras
        for extra in extras:
            assert (ROOT / f"tools/bench/requirements-{extra}.txt").exists()
