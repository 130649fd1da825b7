# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tconv-davinci, with a kernel that needs nothing of bishengir-compile: runs,
reports, planted mistakes, and what it refuses."""

import json

import numpy as np
import pytest
from tools import ROOT, passes, refuses, run

KERNELS = ROOT / "test/tools/davinci"
MODULE = KERNELS / "twice.mlir"
TEMPLATES = ["--templates", KERNELS / "twice.ll"]
POLICIES = ["in-order", "consumers-first", "producers-first"]


@pytest.fixture
def twice(tmp_path, monkeypatch):
    """The arguments of a run on 3 blocks, with x in a file."""
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.arange(384, dtype=np.float32))
    return [
        "run", MODULE, *TEMPLATES, "--grid", "3",
        "--param", "x.npy", "--param", "out:y.npy:384",
    ]  # fmt: skip


@pytest.mark.parametrize("policy", POLICIES)
def test_run(twice, policy):
    text = passes("tconv-davinci", *twice, "--policy", policy)
    assert "3 blocks" in text and "(estimate)" in text
    assert np.array_equal(np.load("y.npy"), 2 * np.load("x.npy"))


def test_json(twice):
    report = json.loads(passes("tconv-davinci", *twice, "--json"))
    assert report["findings"] == [] and not report["stopped"]
    assert report["source"] == "model of the core"
    counts = report["counts"]
    assert counts["blocks"] == 3
    assert counts["global_read_bytes"] == counts["global_write_bytes"] == 384 * 4
    assert counts["highest_byte"]["UB"] == 512
    assert report["estimate"]["pipes"]["PIPE_V"]["instructions"] == 6
    # Two reads, of which the second waits for the first row's sum, a write.
    assert 2 * 347 + 203 < report["estimate"]["cycles_of_longest_block"] < 1000


def changed(old, new):
    text = MODULE.read_text()
    assert old in text
    with open("changed.mlir", "w") as file:
        file.write(text.replace(old, new, 1))
    return "changed.mlir"


def test_finding_names_its_place(twice):
    wait = "hivm.hir.wait_flag[<PIPE_MTE2>, <PIPE_V>, <EVENT_ID0>]"
    twice[1] = changed(wait, "")
    done = run("tconv-davinci", *twice)
    line = 1 + MODULE.read_text()[: MODULE.read_text().index("@add_row(%")].count("\n")
    assert done.returncode == 1
    assert f"line {line}: pipe-race: PIPE_V reads 0x0 of UB" in done.stdout
    assert "VADD.f32, PIPE_V" in done.stdout
    assert "findings" in done.stderr


def test_missing_wait_shows_in_numbers(twice):
    """A policy lets pipes do what no flag forbids."""
    twice[1] = changed("hivm.hir.wait_flag[<PIPE_V>, <PIPE_MTE3>, <EVENT_ID0>]", "")
    assert run("tconv-davinci", *twice).returncode == 1
    assert np.array_equal(np.load("y.npy"), 2 * np.load("x.npy"))
    run("tconv-davinci", *twice, "--policy", "consumers-first")
    assert not np.array_equal(np.load("y.npy"), 2 * np.load("x.npy"))


def test_out_of_bounds(twice):
    twice[-1] = "out:y.npy:383"
    done = run("tconv-davinci", *twice)
    assert done.returncode == 1
    assert "out-of-bounds" in done.stdout and "of the 1532 of 'y.npy'" in done.stdout


def test_trial(twice):
    passes("tconv-davinci", "run", KERNELS / "twice.json", *TEMPLATES)
    report = passes("tconv-davinci", "run", KERNELS / "twice.json", *TEMPLATES, "--json")
    assert [one["entry"] for one in json.loads(report)] == ["twice"]


def test_planted_mistakes():
    trial = KERNELS / "twice.json"
    planted = json.loads(
        passes("tconv-davinci", "mutate", trial, *TEMPLATES, "--json")
    )
    kinds = {"drop-wait", "drop-set", "drop-barrier", "misalign", "beyond-end"}
    assert kinds <= set(planted["by"])
    assert "refused" not in {how for by in planted["by"].values() for how in by}
    assert planted["refused"] == []
    # A buffer that is somewhere else, where nothing is, is no mistake, and these
    # templates know no strides.
    left = sorted(one["kind"] for one in planted["survivors"])
    assert left == ["move-buffer", "move-buffer", "stride-2", "stride-2"]
    assert planted["caught"] + 4 == planted["mutants"]


def test_refuses(twice):
    def says(*arguments, module=None):
        return refuses("tconv-davinci", "run", module or MODULE, *TEMPLATES, *arguments)

    assert "'none.mlir'" in says(module="none.mlir")
    assert "'other' is not in" in says("--entry", "other")
    assert "takes 5 parameters" in says("--param", "x.npy")
    assert "'7' is for a parameter of type 'memref<?xf32" in says("--param", "7")
    assert "0 blocks" in says("--grid", "0", *twice[-4:])
    event = "hivm.hir.set_flag[<PIPE_V>, <PIPE_MTE2>, <EVENT_ID0>]"
    pipe = changed(event, event.replace("PIPE_V", "PIPE_W"))
    assert "line 17: pipe '<PIPE_W>' is not known" in says(module=pipe)
    other = changed(event, "hivm.hir.sync_block")
    assert "line 17: operation hivm.hir.sync_block is not known" in says(module=other)
    space = changed("address_space<gm>", "address_space<dm>")
    assert "address space 'dm' is not known" in says(module=space)
    broken = changed("arith.constant 2", "arith.constant two")
    assert "line 11" in says(module=broken)
    text = refuses("tconv-davinci", "run", MODULE, "--templates", "none.bc")
    assert "none.bc" in text
    environment = {"TCONV_BISHENGIR": "/none"}
    text = refuses("tconv-davinci", "run", MODULE, environment=environment)
    assert "bishengir-compile '/none' is not there" in text


def test_refuses_trials(tmp_path):
    def says(text):
        path = tmp_path / "trial.json"
        path.write_text(text)
        message = refuses("tconv-davinci", "run", path)
        assert "trial.json" in message
        return message

    assert "no JSON" in says("{")
    assert 'no "buffers"' in says("{}")
    assert "launches" in says('{"buffers": {}}')
    assert '"x" is no object' in says('{"buffers": {"x": 3}}')
    launch = '{"file": "a", "entry": "b", "grid": [1], "parameters": ["z"]}'
    assert '"z" is no buffer' in says('{"buffers": {}, "launches": [%s]}' % launch)
