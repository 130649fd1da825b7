# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Measures how long layers take to compile, stage by stage, and how large their
code is, and compares both with a kept baseline.

The targets are named ones, so that a size is the same on every machine that has
the same LLVM; times are not, and are only shown. What a process pays once, for
opening the compiler library and for the first use of MLIR and LLVM, is shown
apart.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import elf
import layers

ROOT = Path(__file__).resolve().parents[2]
BASELINE = ROOT / "test" / "tools" / "compile_baseline.json"
WORSE = 1.2
# Milliseconds below which a stage is too short to be compared.
SHORTEST = 1.0
WARM_UP = "in_channels=8 out_channels=8 kernel_size=4 stride=2 length=1000"
# Opens the library the way that libtconv does, in a process that does no more.
OPEN = (
    "import ctypes, os, sys, time; start = time.perf_counter(); "
    "ctypes.CDLL(sys.argv[1], mode=os.RTLD_NOW | os.RTLD_LOCAL); "
    "print((time.perf_counter() - start) * 1e3)"
)


def cpu_name():
    """The processor's own name."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(": ", 1)[1]
    return "unknown"


def compiled(build, chosen, target):
    """What tconv-compile says of each layer, by its name, with `code_bytes`. The
    first one is WARM_UP, which pays for what the others find ready."""
    with tempfile.TemporaryDirectory(prefix="tconv-bench-") as folder:
        path = Path(folder) / "all.layers"
        lines = {"warm-up": WARM_UP, **{layer.name: layer.line for layer in chosen}}
        path.write_text("".join(f"{n}: {line}\n" for n, line in lines.items()))
        done = subprocess.run(
            [Path(build) / "bin" / "tconv-compile", "--layers", path, "--target",
             target, "--emit=object", "--json", "-o", f"{folder}/"],
            capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode != 0:
            raise ValueError(done.stderr.strip())
        found = {}
        for name, report in zip(lines, json.loads(done.stdout)):
            (file,) = report["files"]
            report["code_bytes"] = elf.code_bytes(Path(file).read_bytes())
            found[name] = report
        return found


def library_ms(build, runs):
    """Milliseconds of opening the compiler library, in the quickest process."""
    library = Path(build) / "lib" / "libtconv_compiler.so"
    return min(
        float(subprocess.check_output([sys.executable, "-c", OPEN, library]))
        for _ in range(runs)
    )


def measure(options, chosen, say):
    """All figures of the layers: the quickest of some processes for each layer and stage."""
    result = {
        "cpu": cpu_name(),
        "date": time.strftime("%Y-%m-%d"),
        "llvm": "",
        "load": os.getloadavg()[0],
        "library_ms": library_ms(options.build, options.rounds),
        "first_use_ms": {},
        "targets": {},
    }
    for target in options.targets.split(","):
        figures = {}
        for number in range(1, options.rounds + 1):
            say(f"{target}: {number} of {options.rounds}")
            found = compiled(options.build, chosen, target)
            for name, report in found.items():
                layer = figures.setdefault(
                    name, {"code_bytes": report["code_bytes"], "ms": {}}
                )
                for stage, value in report["milliseconds"].items():
                    least = layer["ms"].get(stage, value)
                    layer["ms"][stage] = min(least, value)
                result["llvm"] = report["kernel"]["llvm"]
        result["first_use_ms"][target] = total_ms(figures.pop("warm-up"))
        result["targets"][target] = figures
    return result


def total_ms(layer):
    return sum(layer["ms"].values())


def tables(result):
    """Markdown: a table of stages for each target."""
    yield (
        f"{result['cpu']}, {result['date']}, LLVM {result['llvm']}. Opening the "
        f"compiler library takes {result['library_ms']:.1f} ms, once a process."
    )
    if result["load"] > 1:
        yield (
            f"The load was {result['load']:.1f} when it began: others used the "
            "machine, times are too long."
        )
    for target, figures in result["targets"].items():
        stages = list(dict.fromkeys(s for f in figures.values() for s in f["ms"]))
        yield ""
        yield (
            f"{target}: ms by stage. A small layer takes "
            f"{result['first_use_ms'][target]:.1f} ms as the first one of a process."
        )
        yield ""
        yield "| " + " | ".join(["layer", *stages, "all", "code bytes"]) + " |"
        yield "|---|" + "---:|" * (len(stages) + 2)
        for name, layer in figures.items():
            cells = [
                f"{layer['ms'][s]:.1f}" if s in layer["ms"] else "-" for s in stages
            ]
            cells += [f"{total_ms(layer):.1f}", str(layer["code_bytes"])]
            yield "| " + " | ".join([name, *cells]) + " |"
        every = [total_ms(layer) for layer in figures.values()]
        yield ""
        yield (
            f"- median {statistics.median(every):.1f} ms, at most {max(every):.1f} "
            f"ms; {sum(f['code_bytes'] for f in figures.values())} bytes of code"
        )


def worse(result, baseline, factor=WORSE):
    """(what got larger, what got slower): one line each, of the layers and
    targets that both have."""
    larger, slower = [], []
    for target, figures in result["targets"].items():
        before = baseline["targets"].get(target, {})
        for name, layer in figures.items():
            if name not in before:
                continue
            then, now = before[name]["code_bytes"], layer["code_bytes"]
            if now > factor * then:
                larger.append(f"{target} {name}: code of {now} bytes, was {then}")
            for stage, value in layer["ms"].items():
                least = before[name]["ms"].get(stage)
                if least is not None and value > max(factor * least, SHORTEST):
                    slower.append(
                        f"{target} {name}: {stage} {value:.1f} ms, was {least:.1f}"
                    )
    return larger, slower


def compare(result, options):
    """Prints what got worse; the exit status."""
    try:
        baseline = json.loads(options.baseline.read_text())
    except OSError as error:
        sys.exit(f"compile_time.py: {error}")
    larger, slower = worse(result, baseline)
    where = f"{baseline['cpu']}, {baseline['date']}, LLVM {baseline['llvm']}"
    same = baseline["cpu"] == result["cpu"]
    print(f"\nAgainst the baseline ({where}), what is more than 20 % worse:")
    for line in larger + (slower if same else []):
        print(f"- {line}")
    if not larger and not (slower and same):
        print("- nothing" if same else "- no size; times are of another machine")
    known = {n for figures in baseline["targets"].values() for n in figures}
    shown = {n for figures in result["targets"].values() for n in figures}
    if new := sorted(shown - known):
        print(f"- not in the baseline: {', '.join(new)}")
    if larger and options.check:
        print(
            "compile_time.py: code got larger. If it is worth it: tools/dev bench "
            "--compile --update-baseline", file=sys.stderr,
        )  # fmt: skip
        return 1
    return 0


def parse_arguments(arguments=None):
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="tools/dev bench --compile", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument(
        "--layers", type=Path, default=ROOT / "test/suites/public.layers"
    )
    parser.add_argument("--filter", default="", help="part of the layers' names")
    parser.add_argument(
        "--targets",
        default="cpu:x86-64-v3,cpu:x86-64-v4",
        help="comma-separated (default: %(default)s)",
    )
    parser.add_argument(
        "--rounds", type=int, default=3, help="processes; the quickest counts"
    )
    parser.add_argument("--json", type=Path, help="file for all figures")
    parser.add_argument("--baseline", type=Path, default=BASELINE)
    parser.add_argument(
        "--check",
        action="store_true",
        help="fails where code got more than 20 %% larger than in the baseline",
    )
    parser.add_argument(
        "--update-baseline", action="store_true", help="makes this the baseline"
    )
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    if options.check and options.update_baseline:
        parser.error("--check and --update-baseline exclude each other")
    return options


def main():
    options = parse_arguments()

    def say(text):
        print(text, file=sys.stderr, flush=True)

    try:
        chosen = layers.read(options.layers, options.filter)
        result = measure(options, chosen, say)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        sys.exit(f"compile_time.py: {error}")
    print("\n".join(tables(result)))
    text = json.dumps(result, indent=1) + "\n"
    if options.json:
        options.json.write_text(text)
    if options.update_baseline:
        options.baseline.write_text(text)
        return
    sys.exit(compare(result, options))


if __name__ == "__main__":
    main()
