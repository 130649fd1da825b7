# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tconv-bench: its figures, its JSON, its refusals."""

import json
import math

import pytest
from tools import passes, refuses

LAYERS = """# two small layers
small.dense: in_channels=16 out_channels=8 kernel_size=4 stride=2 pad_mode=pad padding=1 has_bias=1 batch=2 length=33
small.depthwise: in_channels=6 out_channels=6 kernel_size=5 stride=3 group=6 length=20
"""


@pytest.fixture
def layers(tmp_path):
    path = tmp_path / "small.layers"
    path.write_text(LAYERS)
    return path


def bench(layers, tmp_path, *arguments):
    """The list of results."""
    out = tmp_path / "out.json"
    passes(
        "tconv-bench", "--layers", layers, "--seconds", 0.01, "--json", out, *arguments
    )
    return json.loads(out.read_text())


def test_json_fields(layers, tmp_path):
    results = bench(layers, tmp_path, "--threads", 2)
    assert [r["name"] for r in results] == ["small.dense", "small.depthwise"]
    for result in results:
        assert 0 < result["seconds_min"] <= result["seconds_median"] < 10
        assert result["runs"] >= 3
        assert result["compile_ms"] >= 0
        assert 0 < result["max_abs_error"] <= result["error_bound"] < 1e-3
        assert result["correct"] is True
        assert result["threads"] == 2
        assert result["path"] in ("kernel", "reference")
        assert result["machine"]["fma_peak_gflops_1t"] > 0
        assert result["description"]["path"] == result["path"]
    # 2 * N * Cin * Cout / group * K * Lin
    work = (2 * 2 * 16 * 8 * 4 * 33, 2 * 6 * 5 * 20)
    for result, flops in zip(results, work, strict=True):
        gflops = flops / result["seconds_min"] * 1e-9
        assert math.isclose(result["gflops"], gflops, rel_tol=1e-9)
        # Of a peak measured beside the runs, that of a burst.
        assert 0 < result["peak_share"] < 1
        assert "traffic_share" not in result  # with one thread only
    elements = 2 * 16 * 33 + 2 * 8 * 66 + 16 * 8 * 4 + 8
    gbs = 4 * elements / results[0]["seconds_min"] * 1e-9
    assert math.isclose(results[0]["compulsory_gbs"], gbs, rel_tol=1e-9)


def test_one_thread_has_a_share_of_bare_traffic(layers, tmp_path):
    for result in bench(layers, tmp_path):
        assert 0 < result["traffic_share"] < 10


def test_json_on_standard_output_is_alone_there(layers):
    text = passes("tconv-bench", "--layers", layers, "--seconds", 0, "--json", "-")
    assert len(json.loads(text)) == 2


def test_filter_and_table(layers):
    text = passes(
        "tconv-bench", "--layers", layers, "--seconds", 0, "--filter", "depth"
    )
    assert "small.depthwise" in text
    assert "small.dense" not in text
    assert "GFLOP/s" in text


def test_checks(layers, tmp_path):
    (full, _) = bench(layers, tmp_path, "--check", "full")
    assert full["checked_outputs"] == 2 * 8 * 66
    (none, _) = bench(layers, tmp_path, "--check", "none")
    assert none["max_abs_error"] is None
    assert "correct" not in none


def test_falling_back_is_marked(layers, tmp_path):
    results = bench(layers, tmp_path, "--target", "reference")
    assert [r["path"] for r in results] == ["reference"] * 2
    text = passes(
        "tconv-bench", "--layers", layers, "--seconds", 0, "--target", "reference"
    )
    assert text.count("FALLBACK to reference") == 2


def test_same_seed_same_data(layers, tmp_path):
    def errors(seed):
        results = bench(layers, tmp_path, "--target", "reference", "--seed", seed)
        return [r["max_abs_error"] for r in results]

    assert errors(1) == errors(1)
    assert errors(1) != errors(2)


def test_peak_alone():
    text = passes("tconv-bench", "--peak", "--threads", 1, "--json", "-")
    machine = json.loads(text)
    for key in ("fma_peak_gflops_1t", "fma_peak_gflops_Nt", "copy_gbs"):
        assert 0.1 < machine[key] < 1e6
    assert machine["cores"] >= 1
    assert machine["threads"] == 1
    assert machine["cpu"]


def test_unknown_key_names_the_nearest(tmp_path):
    path = tmp_path / "bad.layers"
    path.write_text("in_channels=1 out_channels=1 kernal_size=3 length=5\n")
    message = refuses("tconv-bench", "--layers", path)
    assert "bad.layers:1" in message
    assert "kernal_size" in message
    assert "'kernel_size'" in message


def test_refusals(layers, tmp_path):
    missing = tmp_path / "none.layers"
    assert str(missing) in refuses("tconv-bench", "--layers", missing)
    assert "--layers" in refuses("tconv-bench")
    assert "--frob" in refuses("tconv-bench", "--frob")
    assert "0" in refuses("tconv-bench", "--layers", layers, "--threads", 0)
    assert "exact" in refuses("tconv-bench", "--layers", layers, "--accuracy", "exact")
    assert "moon" in refuses("tconv-bench", "--layers", layers, "--target", "moon")
    assert "none.such" in refuses(
        "tconv-bench", "--layers", layers, "--filter", "none.such"
    )
    nowhere = tmp_path / "none" / "out.json"
    message = refuses(
        "tconv-bench", "--layers", layers, "--seconds", 0, "--json", nowhere
    )
    assert str(nowhere) in message


def test_help():
    assert "--layers" in passes("tconv-bench", "--help")


def test_first_calls(tmp_path):
    layers = tmp_path / "few.layers"
    layers.write_text(
        "bulk: in_channels=8 out_channels=4 kernel_size=4 stride=2 length=5000\n"
        "short: in_channels=8 out_channels=4 kernel_size=4 stride=2 length=3\n"
    )
    out = tmp_path / "calls.json"
    text = passes("tconv-bench", "--layers", layers, "--first-call", "--json", out)
    results = json.loads(out.read_text())
    assert [result["name"] for result in results] == ["bulk", "short"]
    for result in results:
        assert result["name"] in text
        # The kernel came from where it should, or the tool would have failed.
        assert result["compiler_opened"] is False
        assert result["first_call_compiled_ms"] > result["first_call_disk_ms"] > 0
        assert result["first_call_memory_ms"] > 0
        assert result["memory_lookup_ns"] > 0
        assert result["cold_processes"] == 8
        assert result["cold_compilations"] == 1
    message = refuses("tconv-bench", "--layers", layers, "--first-call-of", "none")
    assert "'none' is no layer of the file" in message
