# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares tconv with other systems, layer by layer, in one run.

The systems take turns on the same data in short rounds, so that whatever else
the machine does falls on all of them; the fastest run of each counts. Weights
are packed and outputs allocated beforehand for everyone. Every output is
compared with tconv's.
"""

import argparse
import json
import math
import os
import sys
import time
from pathlib import Path

import numpy as np

import layers
import systems


def measure(system, seconds, minimum_runs):
    """Seconds of the fastest run in about `seconds`."""
    system.run()  # brings data and threads back after the others' turn
    best = math.inf
    runs = 0
    begin = time.perf_counter()
    while runs < minimum_runs or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        system.run()
        best = min(best, time.perf_counter() - start)
        runs += 1
    return best


def largest_difference(layer, data, ours, theirs):
    """The largest difference of two outputs, and what it may be."""
    longest = layer.in_channels // layer.group * math.ceil(
        layer.kernel_size * math.gcd(layer.stride, layer.dilation) / layer.stride
    )
    # No output's sum of |x * w| is above this one.
    taps = np.abs(data.weight.astype(np.float64)).max(axis=2).max(axis=1)
    magnitude = float(np.abs(data.x).max()) * float(taps.max()) * longest
    if data.bias is not None:
        magnitude += float(np.abs(data.bias).max())
    allowed = 16 * np.finfo(np.float32).eps * math.sqrt(longest) * magnitude
    difference = np.abs(ours.astype(np.float64) - theirs)
    return float(difference.max()), float(allowed)


def bench_layer(layer, kinds, arguments):
    """One result: seconds of each system and how far its output is off."""
    data = layers.make_data(layer, seed=1)
    running, missing = {}, {}
    for kind in kinds:
        try:
            running[kind.name] = kind(layer, data, arguments.threads)
        except systems.NotSupported as reason:
            missing[kind.name] = str(reason)
    ours = running["tconv"]
    seconds = dict.fromkeys(running, math.inf)
    for _ in range(arguments.rounds):
        for name, system in running.items():
            seconds[name] = min(
                seconds[name], measure(system, arguments.seconds, 3)
            )
    differences = {}
    for name, system in running.items():
        if system is ours:
            continue
        difference, allowed = largest_difference(
            layer, data, ours.output(), system.output()
        )
        differences[name] = difference
        if not difference <= allowed:  # a NaN is no agreement either
            sys.exit(
                f"peers.py: {layer.name}: tconv and {name} differ by "
                f"{difference:.3g}; at most {allowed:.3g} is rounding"
            )
    return {
        "name": layer.name,
        "threads": arguments.threads,
        "seconds": seconds,
        "gflops": {name: layer.flops / best * 1e-9 for name, best in seconds.items()},
        "largest_difference": differences,
        "not_supported": missing,
        "description": ours.description(),
    }


def ratio(result, peer):
    """How many times faster tconv is than `peer`; None without a figure."""
    if peer not in result["seconds"]:
        return None
    return result["seconds"][peer] / result["seconds"]["tconv"]


def summarise(results, peer):
    """Geometric mean, smallest ratio and its layer; None without results."""
    ratios = [(ratio(r, peer), r["name"]) for r in results if ratio(r, peer)]
    if not ratios:
        return None
    mean = math.exp(sum(math.log(value) for value, _ in ratios) / len(ratios))
    least, name = min(ratios)
    return {
        "layers": len(ratios),
        "geometric_mean": mean,
        "minimum": least,
        "minimum_layer": name,
    }


def row(result, peers):
    """A line of the table."""
    cells = [result["name"], f"{result['gflops']['tconv']:.1f}"]
    for peer in peers:
        if peer in result["gflops"]:
            cells.append(f"{result['gflops'][peer]:.1f}")
            cells.append(f"{ratio(result, peer):.2f}")
        else:
            cells += ["-", "-"]
    path = result["description"].get("path", "?")
    cells.append(
        result["description"].get("schedule", "") if path == "kernel" else f"**{path}**"
    )
    return "| " + " | ".join(cells) + " |"


def header(peers):
    """The first two lines of the table."""
    cells = ["layer", "tconv GFLOP/s"]
    for peer in peers:
        cells += [f"{peer} GFLOP/s", f"tconv / {peer}"]
    cells.append("schedule")
    rule = ["---"] + ["---:"] * (len(cells) - 2) + ["---"]
    return "| " + " | ".join(cells) + " |\n| " + " | ".join(rule) + " |"


def cpu_name():
    """The processor's own name."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(": ", 1)[1]
    return os.uname().machine


def parse_arguments():
    """The command line."""
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(
        prog="tools/dev bench", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "--layers", type=Path, default=root / "test/suites/public.layers"
    )
    parser.add_argument("--filter", default="", help="part of the layers' names")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--peers",
        default=",".join(name for name in systems.KINDS if name != "tconv"),
        help="comma-separated: %(default)s",
    )
    parser.add_argument("--rounds", type=int, default=5, help="turns per system")
    parser.add_argument("--seconds", type=float, default=0.2, help="of one turn")
    parser.add_argument(
        "--accuracy",
        choices=["default", "direct"],
        default="default",
        help="of tconv; direct: direct kernels only",
    )
    parser.add_argument("--json", type=Path, help="file for all figures")
    parser.add_argument("--markdown", type=Path, help="file for the table")
    parser.add_argument(
        "--require-mean", type=float, help="fail below this geometric mean"
    )
    parser.add_argument(
        "--require-minimum", type=float, help="fail below this ratio of any layer"
    )
    parser.add_argument("--build", type=Path, default=root / "build")
    arguments = parser.parse_args()
    if arguments.threads < 1 or arguments.rounds < 1:
        parser.error("--threads and --rounds must be at least 1")
    return arguments


def choose_kinds(names):
    """tconv and the peers of these names."""
    chosen = [systems.KINDS["tconv"]]
    for name in filter(None, names.split(",")):
        if name not in systems.KINDS or name == "tconv":
            known = ", ".join(k for k in systems.KINDS if k != "tconv")
            sys.exit(f"peers.py: unknown peer '{name}'; known: {known}")
        chosen.append(systems.KINDS[name])
    return chosen


def closing_lines(results, peers):
    """The summary under the table, and what it says as data."""
    lines, summary = [], {}
    for peer in peers:
        summary[peer] = summarise(results, peer)
        if summary[peer]:
            lines.append(
                "tconv / {}: {geometric_mean:.2f} in geometric mean of {layers} "
                "layers, at least {minimum:.2f} ({minimum_layer})".format(
                    peer, **summary[peer]
                )
            )
    return lines, summary


def unmet(summary, arguments):
    """What of --require-mean and --require-minimum is not met."""
    for peer, figures in summary.items():
        for key, least in (
            ("geometric_mean", arguments.require_mean),
            ("minimum", arguments.require_minimum),
        ):
            if least is not None and (figures is None or figures[key] < least):
                got = figures and round(figures[key], 3)
                yield f"{key} against {peer} is {got}, not {least} or more"


def main():
    arguments = parse_arguments()
    systems.configure(arguments.build, arguments.accuracy)
    kinds = choose_kinds(arguments.peers)
    peers = [kind.name for kind in kinds[1:]]
    try:
        chosen = layers.read(arguments.layers, arguments.filter)
    except (OSError, ValueError) as error:
        sys.exit(f"peers.py: {error}")
    versions = {kind.name: kind.version() for kind in kinds}
    title = "{}, {} thread{}, {}: {}".format(
        cpu_name(),
        arguments.threads,
        "" if arguments.threads == 1 else "s",
        time.strftime("%Y-%m-%d"),
        ", ".join(f"{name} {version}" for name, version in versions.items()),
    )
    lines = [title, "", header(peers)]
    print("\n".join(lines), flush=True)
    results = []
    for layer in chosen:
        results.append(bench_layer(layer, kinds, arguments))
        lines.append(row(results[-1], peers))
        print(lines[-1], flush=True)
    closing, summary = closing_lines(results, peers)
    lines += ["", *closing]
    print("\n".join(["", *closing]))
    if arguments.markdown:
        arguments.markdown.write_text("\n".join(lines) + "\n")
    if arguments.json:
        whole = {
            "cpu": cpu_name(),
            "threads": arguments.threads,
            "versions": versions,
            "layers": results,
            "summary": summary,
        }
        arguments.json.write_text(json.dumps(whole, indent=2) + "\n")
    failures = list(unmet(summary, arguments))
    if failures:
        sys.exit("peers.py: " + "; ".join(failures))


if __name__ == "__main__":
    main()
