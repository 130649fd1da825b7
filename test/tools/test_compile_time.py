# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tools/dev bench --compile; and that code has not grown since the baseline."""

import copy
import json
import subprocess
import sys

import pytest
from tools import BUILD, ROOT, python

sys.path.insert(0, str(ROOT / "tools" / "bench"))
import compile_time  # noqa: E402
import elf  # noqa: E402

TARGET = "cpu:x86-64-v3"


def bench(*arguments):
    return python("tools/bench/compile_time.py", "--build", BUILD, *arguments)


def figures(size, opt):
    layer = {"code_bytes": size, "ms": {"opt": opt, "layer": 0.1}}
    return {
        "cpu": "A", "date": "", "llvm": "22", "load": 0.0, "library_ms": 1.0,
        "first_use_ms": {TARGET: 1.0}, "targets": {TARGET: {"x": layer}},
    }  # fmt: skip


def test_code_has_not_grown():
    done = bench("--check", "--rounds", 1, "--targets", TARGET)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not in the baseline" not in done.stdout, done.stdout


def test_what_got_worse():
    before = figures(1000, 10.0)
    assert compile_time.worse(before, before) == ([], [])
    # 20 % is allowed.
    assert compile_time.worse(figures(1200, 12.0), before) == ([], [])
    larger, slower = compile_time.worse(figures(1201, 12.1), before)
    assert larger == [f"{TARGET} x: code of 1201 bytes, was 1000"]
    assert slower == [f"{TARGET} x: opt 12.1 ms, was 10.0"]
    # Short stages say nothing, and neither do layers that are new.
    after = figures(1, 1.0)
    after["targets"][TARGET]["x"]["ms"]["layer"] = 0.9
    assert compile_time.worse(after, before) == ([], [])
    assert compile_time.worse(before, {"targets": {}}) == ([], [])


def test_check_fails_on_size_only(tmp_path):
    path, base, out = (tmp_path / n for n in ("s.layers", "base.json", "out.json"))
    path.write_text(
        "p.q: in_channels=8 out_channels=4 kernel_size=4 stride=2 length=900\n"
    )
    common = ["--layers", path, "--targets", TARGET, "--rounds", 1, "--baseline",
              base]  # fmt: skip
    assert bench(*common, "--update-baseline").returncode == 0
    done = bench(*common, "--check", "--json", out)
    assert done.returncode == 0, done.stderr
    result = json.loads(out.read_text())
    layer = result["targets"][TARGET]["p.q"]
    assert {"context", "schedule", "opt", "codegen"} <= set(layer["ms"])
    assert result["library_ms"] > 0 and result["first_use_ms"][TARGET] > 0
    assert "| p.q |" in done.stdout

    def against(change):
        kept = copy.deepcopy(result)
        change(kept, kept["targets"][TARGET]["p.q"])
        base.write_text(json.dumps(kept))
        return bench(*common, "--check")

    def smaller(_, kept):
        kept["code_bytes"] //= 2

    def faster(_, kept):
        kept["ms"]["opt"] = 0.5

    def elsewhere(whole, kept):
        whole["cpu"], kept["ms"]["opt"] = "another", 0.5

    done = against(smaller)
    assert done.returncode == 1
    assert f"p.q: code of {layer['code_bytes']} bytes" in done.stdout
    assert "--update-baseline" in done.stderr
    done = against(faster)
    assert done.returncode == 0 and "p.q: opt" in done.stdout
    done = against(elsewhere)
    assert done.returncode == 0 and "p.q: opt" not in done.stdout
    assert "another machine" in done.stdout


def test_code_bytes(tmp_path):
    source, file = tmp_path / "f.c", tmp_path / "f.o"
    source.write_text("int data[99] = {1};\nint f(int x) { return x * data[x]; }\n")
    subprocess.run(["cc", "-c", source, "-o", file], check=True)
    text = subprocess.check_output(["readelf", "-SW", file], text=True)
    (line,) = [line for line in text.splitlines() if " .text " in line]
    # [Nr] Name Type Address Off Size
    size = int(line.split("]")[1].split()[4], 16)
    assert size > 0 and elf.code_bytes(file.read_bytes()) == size
    with pytest.raises(ValueError, match="ELF"):
        elf.code_bytes(b"none" * 100)


def test_refusals(tmp_path):
    for arguments, message in (
        (["--targets", "cpu:moon"], "moon"),
        (["--filter", "none.such"], "none.such"),
        (["--rounds", 0], "--rounds"),
        (["--check", "--update-baseline"], "--check"),
    ):
        done = bench(*arguments)
        assert done.returncode in (1, 2), arguments
        assert message in done.stderr and "Traceback" not in done.stderr
    missing = tmp_path / "none.json"
    done = bench("--filter", "mimi.depth", "--rounds", 1, "--targets", TARGET,
                 "--baseline", missing)  # fmt: skip
    assert done.returncode == 1 and str(missing) in done.stderr
