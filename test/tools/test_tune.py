# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tconv-tune with the real compiler, and who uses what it writes."""

import json
import os
import re
import signal
import subprocess
import time

import pytest
from tools import BUILD, passes, refuses, run

LAYER = (
    "in_channels=32 out_channels=24 kernel_size=8 stride=4 pad_mode=pad padding=2"
    " has_bias=1"
)


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    path = tmp_path_factory.mktemp("layers") / "small.layers"
    path.write_text(f"small: {LAYER} length=900\n")
    return path


@pytest.fixture(scope="module")
def tuned(tmp_path_factory, layers):
    """(a tuning file, its results, what was said) of a short search."""
    folder = tmp_path_factory.mktemp("tuned")
    begin = time.monotonic()
    done = run(
        "tconv-tune",
        "--layers",
        layers,
        "--budget",
        2,
        "--out",
        folder / "tuning.json",
        "--json",
        folder / "results.json",
    )
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begin < 30
    results = json.loads((folder / "results.json").read_text())
    return folder / "tuning.json", results, done.stderr


def candidates(said):
    return re.findall(r"^\[.*s left\] small: (kind=\S+): (?!once)", said, re.M)


@pytest.fixture
def chosen(tmp_path, tuned):
    """Writes a tuning file whose one entry is changed."""

    def write(change=lambda entry: None, **identity):
        content = json.loads(tuned[0].read_text())
        (entry,) = content["entries"]
        entry.pop("trials", None)
        entry["tuned"] = True
        entry["finished"] = True
        change(entry)
        content.update(identity)
        path = tmp_path / "chosen.json"
        path.write_text(json.dumps(content))
        return path

    return write


def half_depth(entry):
    entry["kind"] = "positions"
    entry["blocks"] = {"depth": 16}


def bench(layers, tmp_path, *arguments, tuning=None):
    """(the layer's result, what was said)."""
    out = tmp_path / "bench.json"
    environment = {"TCONV_VERBOSE": "1"}
    if tuning:
        environment["TCONV_TUNING"] = str(tuning)
    done = run(
        "tconv-bench",
        *("--layers", layers, "--seconds", 0, "--check", "full", "--json", out),
        *arguments,
        environment=environment,
    )
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(out.read_text())
    assert result["correct"] and result["path"] == "kernel"
    return result, done.stderr


def test_what_is_written(tuned):
    path, results, said = tuned
    content = json.loads(path.read_text())
    assert content["version"] == 2
    assert content["schedules"] == "built-in"
    assert content["cpu"] and content["compiler"].startswith("build=")
    (entry,) = content["entries"]
    assert entry["name"] == "small"
    assert "length" not in entry["layer"] and "crop_begin=2" in entry["layer"]
    assert entry["length"] == 900
    assert entry["kind"] in ("positions", "rows", "tiles")
    assert 0 < entry["milliseconds"] <= entry["model_milliseconds"]
    assert entry["finished"] or entry["trials"]
    (result,) = results["layers"]
    assert result["tried"] == len(candidates(said)) > 0
    assert result["wrong"] == 0
    # Not all were refused.
    assert re.search(r"small: kind=\S+: [0-9.]+ \(best", said)
    assert results["worst"] == pytest.approx(result["model_within"])
    if entry["tuned"]:
        assert entry["milliseconds"] <= 0.98 * entry["model_milliseconds"]
    else:
        assert result["model_within"] == 1


def test_the_runtime_uses_it(layers, tmp_path, chosen):
    model, _ = bench(layers, tmp_path)
    assert "tuned" not in model["description"]
    assert model["description"]["blocks"]["depth"] == 32
    result, _ = bench(layers, tmp_path, tuning=chosen(half_depth))
    assert result["description"]["tuned"] is True
    assert result["description"]["blocks"]["depth"] == 16
    # What is left open is the cost model's, for this depth.
    assert result["description"]["blocks"]["panel"] > 0
    result, _ = bench(layers, tmp_path, "--tuning", chosen(half_depth))
    assert result["description"]["blocks"]["depth"] == 16


def test_another_kind(layers, tmp_path, chosen):
    def rows(entry):
        entry["kind"] = "rows"
        entry["blocks"] = {}

    result, _ = bench(layers, tmp_path, tuning=chosen(rows))
    assert result["description"]["kind"] == "rows"


def test_the_filter_kind(tmp_path, chosen):
    layer = "in_channels=64 out_channels=64 group=64 kernel_size=5 stride=2"
    path = tmp_path / "depthwise.layers"
    path.write_text(f"depthwise: {layer} length=900\n")

    def filter_of_two(entry):
        entry["layer"] = layer
        entry["kind"] = "filter"
        entry["blocks"] = {"groups": 2, "positions": 128}

    result, _ = bench(path, tmp_path, tuning=chosen(filter_of_two))
    assert result["description"]["tuned"] is True
    blocks = result["description"]["blocks"]
    assert (blocks["groups"], blocks["positions"]) == (2, 128)


def test_an_entry_that_is_not_tuned_changes_nothing(layers, tmp_path, chosen):
    def plain(entry):
        half_depth(entry)
        entry["tuned"] = False

    result, _ = bench(layers, tmp_path, tuning=chosen(plain))
    assert "tuned" not in result["description"]


def test_other_layers_are_not_touched(tmp_path, chosen):
    path = tmp_path / "other.layers"
    path.write_text(f"other: {LAYER.replace('padding=2', 'padding=1')} length=900\n")
    result, said = bench(path, tmp_path, tuning=chosen(half_depth))
    assert "tuned" not in result["description"]
    assert "tuning" not in said


@pytest.mark.parametrize(
    "identity, word",
    [
        ({"cpu": "Another-1-2"}, "CPU Another-1-2"),
        ({"compiler": "build=0 llvm=1"}, "compiler build=0"),
        ({"schedules": "00ff"}, "schedules 00ff"),
        ({"version": 7}, "version = 7"),
        ({"entries": {}}, "entries"),
    ],
)
def test_what_does_not_fit_is_said_once_and_not_used(
    layers, tmp_path, chosen, identity, word
):
    two = tmp_path / "two.layers"
    two.write_text(layers.read_text() * 2)
    done = run(
        "tconv-bench",
        *("--layers", two, "--seconds", 0),
        environment={
            "TCONV_VERBOSE": "1",
            "TCONV_TUNING": str(chosen(half_depth, **identity)),
        },
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("tuning file not used") == 1
    assert word in done.stderr


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 1}', "\xff\0"])
def test_what_is_malformed_is_said_and_not_used(layers, tmp_path, content):
    path = tmp_path / "bad.json"
    path.write_text(content, encoding="latin-1")
    result, said = bench(layers, tmp_path, tuning=path)
    assert "tuned" not in result["description"]
    assert said.count("tuning file not used") == 1
    assert str(path) in said


def test_a_file_that_is_not_there(layers, tmp_path):
    _, said = bench(layers, tmp_path, tuning=tmp_path / "none.json")
    assert "tuning file not used" in said and "none.json" in said


@pytest.mark.parametrize(
    "kind, blocks, word",
    [
        ("positions", {"outputs": 200}, "outputs"),
        ("positions", {"positions": 25, "panel": 24}, "panel"),
        ("sideways", {}, "sideways"),
    ],
)
def test_a_choice_that_is_refused(layers, tmp_path, chosen, kind, blocks, word):
    def change(entry):
        entry["kind"] = kind
        entry["blocks"] = blocks

    result, said = bench(layers, tmp_path, tuning=chosen(change))
    assert "tuned" not in result["description"]
    assert "is refused, the cost model's choice is taken" in said
    assert word in said


def test_direct_accuracy_has_entries_of_its_own(layers, tmp_path, chosen):
    def fast(entry):
        entry["accuracy"] = "direct"
        entry["blocks"] = {"outputs": 2}

    result, said = bench(layers, tmp_path, "--accuracy", "direct", tuning=chosen(fast))
    assert "tuned" not in result["description"]
    assert "accuracy = direct" in said
    result, _ = bench(layers, tmp_path, tuning=chosen(fast))
    assert "tuned" not in result["description"]


def test_caches_never_mix(layers, tmp_path, chosen):
    environment = {
        "TCONV_CACHE_DIR": str(tmp_path / "cache"),
        "TCONV_CACHE_SIZE": "16M",
    }
    (tmp_path / "cache").mkdir(mode=0o700)
    arguments = ("--cache", "--layers", layers, "--length-class", "bulk")

    def entries():
        text = passes(
            "tconv-inspect", "cache", "list", "--json", environment=environment
        )
        return len(json.loads(text))

    passes("tconv-compile", *arguments, environment=environment)
    assert entries() == 1
    path = chosen(half_depth)
    for _ in range(2):
        passes("tconv-compile", *arguments, "--tuning", path, environment=environment)
        assert entries() == 2
    # Another choice, another kernel.
    path = chosen(lambda entry: entry.update(kind="positions", blocks={"depth": 8}))
    passes(
        "tconv-compile",
        *arguments,
        environment={**environment, "TCONV_TUNING": str(path)},
    )
    assert entries() == 3


def test_ahead_of_time(tmp_path, chosen):
    path = chosen(half_depth)
    layer = f"{LAYER} length=900"
    out = tmp_path / "up"
    for tuning, depth in ((), 32), (("--tuning", path), 16):
        text = passes("tconv-inspect", layer, "--json", *tuning)
        kernel = json.loads(text)["kernel"]
        assert kernel["blocks"]["depth"] == depth
        assert kernel.get("tuned", False) is bool(tuning)
        passes("tconv-compile", layer, "--emit=header", "-o", out, *tuning)
        assert ("tuned" in out.with_suffix(".h").read_text()) is bool(tuning)
        passes(
            "tconv-compile", layer, "--emit=library", "-o", out, "--target=cpu:native",
            "--length-class=bulk", *tuning,
        )  # fmt: skip
        made = json.loads(passes("tconv-inspect", out.with_suffix(".a"), "--json"))
        assert made[0].get("tuned", False) is bool(tuning)


def test_a_named_file_must_be_good(layers, tmp_path, chosen):
    layer = f"{LAYER} length=900"
    missing = tmp_path / "none.json"
    foreign = chosen(half_depth, cpu="Another-1-2")
    for path, word in (missing, "none.json"), (foreign, "Another-1-2"):
        for command in (
            ("tconv-inspect", layer),
            ("tconv-compile", layer, "-o", tmp_path / "x"),
            ("tconv-compile", layer, "-o", tmp_path / "x", "--emit=library"),
            ("tconv-compile", layer, "--cache"),
        ):
            message = refuses(*command, "--tuning", path)
            assert "--tuning" in message and word in message
    assert "none.json" in refuses(
        "tconv-bench", "--layers", layers, "--tuning", missing
    )


def test_interrupted_and_gone_on_with(layers, tmp_path):
    out = tmp_path / "tuning.json"
    command = ("--layers", layers, "--out", out)
    process = subprocess.Popen(
        [str(BUILD / "bin" / "tconv-tune"), *map(str, command), "--budget", "100"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env=dict(os.environ, TCONV_CACHE_SIZE="0"),
    )
    said = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    said += rest
    assert process.returncode == 1
    assert "interrupted" in said and str(out) in said
    (entry,) = json.loads(out.read_text())["entries"]
    assert not entry["finished"] and not entry["tuned"]
    first = candidates(said)
    assert [trial["choice"] for trial in entry["trials"]] == first

    done = run("tconv-tune", *command, "--budget", 1)
    assert done.returncode == 0, done.stderr
    assert f"goes on after {len(first)} candidates" in done.stderr
    assert not set(candidates(done.stderr)) & set(first)
    # What is finished is left as it is; --again isn't.
    content = json.loads(out.read_text())
    content["entries"][0]["finished"] = True
    out.write_text(json.dumps(content))
    text = passes("tconv-tune", *command, "--json", "-")
    (result,) = json.loads(text)["layers"]
    assert result["state"] == "before"
    text = passes("tconv-tune", *command, "--json", "-", "--again", "--budget", 0.1)
    (result,) = json.loads(text)["layers"]
    assert result["state"] == "unfinished"


def test_layers_of_one_kernel_are_tuned_once(layers, tmp_path):
    two = tmp_path / "two.layers"
    # Longer by its output alone.
    two.write_text(layers.read_text() + f"longer: {LAYER} length=901\n")
    out = tmp_path / "tuning.json"
    text = passes(
        "tconv-tune", "--layers", two, "--budget", 0.2, "--out", out, "--json", "-"
    )
    first, second = json.loads(text)["layers"]
    assert second["state"] == "as small" != first["state"]
    assert len(json.loads(out.read_text())["entries"]) == 1


def test_no_budget_begins_nothing(layers, tmp_path):
    text = passes(
        "tconv-tune", "--layers", layers, "--budget", 0, "--json", "-",
        "--out", tmp_path / "tuning.json",
    )  # fmt: skip
    (result,) = json.loads(text)["layers"]
    assert result["state"] == "not begun" and result["model_within"] is None


def test_refusals(layers, tmp_path, chosen):
    out = tmp_path / "out.json"

    def message(*arguments, **environment):
        return refuses(
            "tconv-tune", "--layers", layers, "--out", out, *arguments,
            environment=environment,
        )  # fmt: skip

    assert "--layers" in refuses("tconv-tune")
    assert "none.layers" in refuses("tconv-tune", "--layers", tmp_path / "none.layers")
    assert "'none'" in message("--filter", "none")
    assert "reference" in message("--target", "reference")
    assert "cpu:vax" in message("--target", "cpu:vax")
    assert "--budget" in message("--budget", -1)
    assert "--threads" in message("--threads", 0)
    assert "--accuracy" in message("--accuracy", "rough")
    assert "TCONV_COMPILER_LIBRARY" in message(TCONV_COMPILER_LIBRARY="x")
    foreign = chosen(half_depth, cpu="Another-1-2")
    assert "Another-1-2" in refuses("tconv-tune", "--layers", layers, "--out", foreign)
    out.write_text("{")
    refused = message()
    assert "no JSON" in refused and "--again" in refused
    assert out.read_text() == "{"
    nowhere = tmp_path / "nowhere" / "x.json"
    assert "nowhere" in refuses("tconv-tune", "--layers", layers, "--out", nowhere)
