# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tconv-ptx: kernels on real files, reports, and what it refuses."""

import json

import numpy as np
import pytest
from tools import ROOT, passes, refuses, run

PTX = ROOT / "test/tools/ptx"


@pytest.fixture
def gemm(tmp_path, monkeypatch):
    """The arguments of an f32 product of 20 x 6 and 20 x 70, in files."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(1)
    np.save("a.npy", random.integers(-4, 5, (6, 20)).astype(np.float32))
    np.save("b.npy", random.integers(-4, 5, (6, 70)).astype(np.float32))
    parameters = ["a.npy", "b.npy", "0", "out:y.npy:20x70", "20", "70", "6"]
    return [
        "run", PTX / "ffma.ptx", "--grid", "2", "--block", "64",
        *(word for one in parameters for word in ("--param", one)),
    ]  # fmt: skip


def test_run(gemm):
    text = passes("tconv-ptx", *gemm)
    assert "2 blocks" in text and "fma.rn.f32" in text
    wanted = np.load("a.npy").T @ np.load("b.npy")
    assert np.array_equal(np.load("y.npy"), wanted)


@pytest.mark.parametrize("schedule", ["reverse", "round-robin", "random"])
def test_json(gemm, schedule):
    report = json.loads(
        passes("tconv-ptx", *gemm, "--json", "--schedule", schedule, "--threads", 2)
    )
    assert report["findings"] == [] and not report["stopped"]
    assert report["source"] == "PTX interpreter"
    counts = report["counts"]
    assert counts["blocks"] == 2 and counts["barriers"] == 2 * 2 * 2
    assert counts["lane_instructions"] == sum(report["by_opcode"].values())
    assert counts["global_store_bytes"] == 4 * 20 * 70


def test_halves(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(2)
    np.save("a.npy", random.integers(-3, 4, (9, 40)).astype(np.float32))
    np.save("b.npy", random.integers(-3, 4, (11, 40)).astype(np.float32))
    passes(
        "tconv-ptx", "run", PTX / "mma_f16.ptx", "--block", "128,1,1",
        "--shared", 24576, "--param", "a.npy:f16", "--param", "b.npy:f16",
        "--param", "out:y.npy:9x11", "--param", 9, "--param", 11, "--param", 40,
    )  # fmt: skip
    assert np.array_equal(np.load("y.npy"), np.load("a.npy") @ np.load("b.npy").T)


def test_findings_are_an_error(gemm, tmp_path):
    text = (PTX / "ffma.ptx").read_text()
    (tmp_path / "wrong.ptx").write_text(text.replace("bar.sync", "//bar.sync", 1))
    gemm[1] = "wrong.ptx"
    done = run("tconv-ptx", *gemm)
    assert done.returncode == 1
    assert "shared-race" in done.stdout and "line " in done.stdout
    assert "findings" in done.stderr
    found = json.loads(run("tconv-ptx", *gemm, "--json").stdout)["findings"]
    assert "shared-race" in {one["kind"] for one in found}


def test_show():
    assert "gemm: 7 parameters" in passes("tconv-ptx", "show", PTX / "ffma.ptx")
    entry = json.loads(passes("tconv-ptx", "show", PTX / "mma_f16.ptx", "--json"))[
        "entries"
    ][0]
    assert entry["maximum_threads"] == [128, 1, 1] and entry["dynamic_shared"]
    assert entry["mix"]["bar.sync"] == 3


def test_mutate():
    report = json.loads(
        passes("tconv-ptx", "mutate", PTX / "mma_tf32.json", "--per-kind", 2, "--json")
    )
    assert report["mutants"] == report["caught"] + len(report["survivors"])
    assert sum(report["by"].values()) == report["caught"] > 40


@pytest.mark.parametrize(
    "change, message",
    [
        (("--param", "5"), "--param '5' is one more"),
        (("--grid", "0"), "grid 2 x 0 x 1"),
        (("--block", "65"), "64 x 65 x 1"),
        (("--entry", "nobody"), "--entry 'nobody'"),
        (("--shared", "999999"), "999999"),
    ],
)
def test_refusals(gemm, change, message):
    assert message in refuses("tconv-ptx", *gemm, *change)


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("a.npy", "none.npy", "'none.npy'"),
        ("a.npy", "a.npy:f8", "the type 'f8'"),
        ("out:y.npy:20x70", "out:y.npy:20xx", "shape '20xx'"),
        ("70", "seventy", "--param 'seventy' is no number"),
    ],
)
def test_refused_parameters(gemm, old, new, message):
    gemm[gemm.index(old)] = new
    assert message in refuses("tconv-ptx", *gemm)


def test_refused_files(tmp_path):
    assert "'none.ptx'" in refuses("tconv-ptx", "show", "none.ptx")
    file = tmp_path / "bad.ptx"
    file.write_text(".version 8.0\n.target sm_80\n.entry k() {\nfrob;\n}\n")
    message = refuses("tconv-ptx", "show", file)
    assert "line 4" in message and "'frob'" in message
    file = tmp_path / "bad.json"
    file.write_text('{"file": "x.ptx", "entry": "k", "launches": [{"grid": 1}]}')
    assert '"grid"' in refuses("tconv-ptx", "mutate", file)
