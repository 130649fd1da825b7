# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The tools with the engine on Halide: what they make and say with it, and what
they say without it."""

import json
import re
import shlex
import shutil
import subprocess

import pytest
from tools import BUILD, ROOT, passes, refuses

LAYER = "in_channels=8 out_channels=6 kernel_size=4 stride=2 pad_mode=pad padding=1"
HALIDE = bool(list((BUILD / "lib").glob("libtconv_halide.so*")))
needs_halide = pytest.mark.skipif(
    not HALIDE, reason="the Halide engine is not built: no Halide 21 was found"
)
ABSENT = {"TCONV_HALIDE_LIBRARY": "/nonexistent/libtconv_halide.so"}


@pytest.fixture
def layers(tmp_path):
    path = tmp_path / "small.layers"
    path.write_text(f"small: {LAYER} length=300\n")
    return path


# --- Arguments ---------------------------------------------------------------


@pytest.mark.parametrize("tool", ["tconv-compile", "tconv-inspect"])
def test_engines_are_checked(tool):
    arguments = ["-o", "-", "--emit=asm"] if tool == "tconv-compile" else []
    message = refuses(tool, LAYER, "--engine=haldie", *arguments)
    assert "--engine: engine = 'haldie'" in message
    assert "'halide:' and one of Mullapudi2016" in message


@pytest.mark.parametrize(
    "engine, target, emit, words",
    [
        ("mlir", "cpu:native", "stmt", ["'stmt'", "--engine=halide"]),
        ("halide", "cpu:native", "mlir", ["no 'mlir'", "schedule", "stmt"]),
        ("halide", "cpu:native", "mlir:phases", ["no 'mlir:phases'"]),
        ("halide", "cpu:native", "ptx", ["'ptx'", "nvptx:sm_80", "cpu:native"]),
        ("halide", "nvptx:sm_80", "object", ["'object'", "nvptx:sm_80", "ptx"]),
        ("halide", "nvptx:sm_80", "library", ["'library'", "nvptx:sm_80"]),
        ("halide", "cpu:z80", "asm", ["cpu:z80"]),
    ],
)
def test_what_an_engine_does_not_make(tmp_path, engine, target, emit, words):
    message = refuses("tconv-compile", LAYER, f"--engine={engine}",
                      f"--target={target}", f"--emit={emit}", "-o", tmp_path / "x")  # fmt: skip
    for word in words:
        assert word in message
    assert list(tmp_path.iterdir()) == []


def test_without_the_library_they_say_how_to_get_it(tmp_path, layers):
    for arguments in (
        ["tconv-compile", LAYER, "--engine=halide", "-o", tmp_path / "x"],
        ["tconv-compile", "--layers", layers, "--engine=halide",
         "--emit=library", "-o", tmp_path / "x"],
        ["tconv-inspect", LAYER, "--engine=halide"],
        ["tconv-tune", "--layers", layers, "--engines=mlir,halide",
         "--out", tmp_path / "t.json"],
    ):  # fmt: skip
        message = refuses(*arguments, environment=ABSENT)
        assert "no Halide engine" in message
        assert "pip install halide==21" in message
    text = passes("tconv-bench", "--layers", layers, "--seconds", 0,
                  "--engine=mlir,halide", environment=ABSENT)  # fmt: skip
    assert "FALLBACK to reference: no Halide engine" in text
    assert "halide against mlir: 1 without a kernel" in text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.layers"]


def test_tune_needs_the_engine_it_compares_with(tmp_path, layers):
    message = refuses("tconv-tune", "--layers", layers, "--engines=halide",
                      "--out", tmp_path / "t.json", environment=ABSENT)  # fmt: skip
    assert "--engines" in message


# --- With it -----------------------------------------------------------------


@needs_halide
def test_compile_emits_every_part(tmp_path):
    report = json.loads(
        passes("tconv-compile", "up: " + LAYER, "--engine=halide", "--json",
               "--target=cpu:x86-64-v3", "-o", tmp_path / "up",
               "--emit=object,header,asm,llvm,stmt,schedule")  # fmt: skip
    )
    (kernel,) = report
    assert kernel["symbol"] == "up"
    assert kernel["kernel"]["engine"] == "halide"
    texts = {
        suffix: (tmp_path / f"up.{suffix}").read_text(errors="replace")
        for suffix in ("h", "s", "ll", "stmt", "schedule")
    }
    assert sorted(path.suffix for path in tmp_path.iterdir()) == sorted(
        [".o", *(f".{suffix}" for suffix in texts)]
    )
    assert "extern const tconv_kernel up;" in texts["h"]
    assert "up_run" in texts["s"] and "up_run" in texts["ll"]
    assert "for (" in texts["stmt"] or "produce" in texts["stmt"]
    assert texts["schedule"].strip()
    (inside,) = json.loads(passes("tconv-inspect", tmp_path / "up.o", "--json"))
    assert inside["engine"] == "halide"


@needs_halide
def test_ptx(tmp_path):
    passes("tconv-compile", LAYER, "--engine=halide", "--target=nvptx:sm_80",
           "--emit=ptx,stmt", "-o", tmp_path / "up")  # fmt: skip
    text = (tmp_path / "up.ptx").read_text()
    assert ".entry" in text and ".target sm_" in text
    ptxas = shutil.which("ptxas", path="/usr/local/cuda/bin")
    if ptxas:
        subprocess.run([ptxas, "-arch=sm_80", tmp_path / "up.ptx", "-o", "/dev/null"],
                       check=True)  # fmt: skip


@needs_halide
def test_inspect(tmp_path):
    line = LAYER + " length=300"
    text = passes("tconv-inspect", line, "--engine=halide",
                  "--html", tmp_path / "page.html")  # fmt: skip
    assert re.search(r"engine +halide", text)
    assert re.search(r"output_length +600", text)
    assert "phases: 2, of which 0 have no taps" in text
    assert "stmt" in text and "schedule (" in text
    page = (tmp_path / "page.html").read_text()
    assert "stmt" in page and "phase 1" in page
    facts = json.loads(passes("tconv-inspect", line, "--engine=halide", "--json"))
    assert [s["name"] for s in facts["stages"]] == ["schedule", "stmt", "llvmir", "asm"]
    assert facts["hot_loop"]["multiply_adds"] > 0
    stmt = passes("tconv-inspect", line, "--engine=halide", "--stage=stmt")
    assert len(stmt) == facts["stages"][1]["bytes"]
    message = refuses("tconv-inspect", line, "--engine=halide", "--stage=phases")
    assert "schedule, stmt, llvmir" in message


@needs_halide
def test_a_library_of_halide_kernels(tmp_path):
    (tmp_path / "a.layers").write_text(f"up: {LAYER}\n")
    passes("tconv-compile", "--layers", tmp_path / "a.layers", "--emit=library",
           "--engine=halide", "--target=cpu:x86-64", "--length-class=bulk",
           "-o", tmp_path / "lib")  # fmt: skip
    (tmp_path / "main.c").write_text(
        '#include "lib.h"\n#include <stdio.h>\n#include <string.h>\n'
        "int main(void) {\n"
        "  static float x[8 * 300], y[6 * 600];\n"
        "  static char text[9999];\n"
        "  tconv_params params;\n  tconv_layer *layer;\n"
        "  if (lib_register()) return 1;\n"
        "  lib_up_params(&params);\n"
        "  if (tconv_layer_create(&params, NULL, &layer)) return 2;\n"
        "  if (tconv_layer_run(layer, x, 1, 300, y)) return 3;\n"
        "  if (tconv_layer_describe(layer, 1, 300, text, sizeof text, NULL)) return 4;\n"
        "  puts(text);\n  tconv_layer_destroy(layer);\n  return 0;\n}\n"
    )
    program = tmp_path / "main"
    subprocess.run(["cc", "-std=c99", "-Wall", "-Wextra", "-Werror",
                    f"-I{ROOT / 'runtime/include'}", tmp_path / "main.c",
                    tmp_path / "lib.a", f"-L{BUILD / 'lib'}", "-ltconv",
                    f"-Wl,-rpath,{BUILD / 'lib'}", "-o", program], check=True)  # fmt: skip
    done = subprocess.run([program], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["from"] == "ahead of time"
    assert told["engine"] == "halide"


@needs_halide
@pytest.mark.parametrize(
    "file", sorted((ROOT / "schedules/halide").glob("*.schedule")), ids=lambda f: f.stem
)
def test_schedules_of_the_tree(tmp_path, file):
    """schedules/halide shows a schedule of each kind, as it is made today by the
    command in its first line."""
    command, _, text = file.read_text().partition("\n")
    arguments = shlex.split(command.removeprefix("// tconv-compile "))
    passes("tconv-compile", *arguments, "-o", tmp_path / "made")
    assert (tmp_path / "made.schedule").read_text() == text


@needs_halide
def test_run(tmp_path):
    import numpy as np

    np.save(tmp_path / "x.npy", np.ones((1, 8, 300), np.float32))
    results = []
    for engine in ("mlir", "halide"):
        out = tmp_path / f"{engine}.npy"
        text = passes("tconv-run", LAYER, "--input", tmp_path / "x.npy",
                      "--output", out, "--engine", engine)  # fmt: skip
        assert f"(kernel, {engine})" in text
        results.append(np.load(out))
    assert np.allclose(*results, atol=1e-5)


@needs_halide
def test_bench_compares_engines(tmp_path, layers):
    text = passes("tconv-bench", "--layers", layers, "--seconds", 0.02,
                  "--engine=mlir,halide", "--accuracy=direct",
                  "--json", tmp_path / "b.json")  # fmt: skip
    assert re.search(r"halide against mlir: [\d.]+ times as fast in geometric mean "
                     r"of 1 layers, at least [\d.]+ \(small\)", text)  # fmt: skip
    first, second = json.loads((tmp_path / "b.json").read_text())
    assert (first["engine"], second["engine"]) == ("mlir", "halide")
    assert first["path"] == second["path"] == "kernel"
    assert first["correct"] and second["correct"]
    assert first["speedup"] == 1
    ratio = first["seconds_min"] / second["seconds_min"]
    assert abs(second["speedup"] - ratio) < 1e-9
    assert first["accuracy"] == second["accuracy"] == "direct"


@needs_halide
def test_first_calls_come_from_the_disk(tmp_path, layers):
    (result,) = json.loads(
        passes("tconv-bench", "--layers", layers, "--engine=halide",
               "--first-call", "--json", "-")  # fmt: skip
    )
    # Neither libtconv_halide nor the compiler was opened with a warm disk cache.
    assert result["compiler_opened"] is False
    assert result["cold_compilations"] == 1


@needs_halide
def test_tune_may_choose_the_engine(tmp_path, layers):
    tuning = tmp_path / "tuning.json"
    passes("tconv-tune", "--layers", layers, "--engines=mlir,halide",
           "--budget", 3, "--out", tuning)  # fmt: skip
    content = json.loads(tuning.read_text())
    assert content["halide"].startswith("build=")
    (entry,) = content["entries"]
    assert entry["engine"] in ("mlir", "halide")
    # Whatever won here: an entry with the engine makes the runtime take it.
    entry.pop("trials", None)
    entry.update(engine="halide", tuned=True, kind="", blocks={})
    tuning.write_text(json.dumps(content))

    def engine(*arguments):
        (result,) = json.loads(
            passes("tconv-bench", "--layers", layers, "--seconds", 0,
                   "--json", "-", "--tuning", tuning, *arguments)  # fmt: skip
        )
        return result["engine"]

    assert engine() == "halide"
    assert engine("--engine=mlir") == "mlir"
    made = json.loads(
        passes("tconv-compile", LAYER, "--tuning", tuning, "--json",
               "-o", tmp_path / "up")  # fmt: skip
    )
    assert made[0]["kernel"]["engine"] == "halide"
    content["halide"] = "build=other llvm=1"
    tuning.write_text(json.dumps(content))
    assert engine() == "mlir"
