# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A run on a GPU: tconv-bench does it all in one process, cuDNN beside tconv, by
the device's own events. Its JSON becomes a run as report.py takes it."""

import json
import subprocess
import tempfile
from pathlib import Path

import client
import machine

TITLES = {"tconv": "tconv", "cudnn": "cuDNN"}


def call(options):
    """tconv-bench's results. Its exit code also says that something was wrong,
    which stands in the results; without any, client.Missing has its words."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        done = subprocess.run(
            [options.build / "bin" / "tconv-bench", "--layers", options.layers,
             "--filter", options.filter, "--target", options.target, "--cudnn",
             "--seconds", str(options.rounds * options.seconds),
             "--accuracy", options.accuracy, "--json", out],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        if not out.exists():
            raise client.Missing(done.stderr.strip() or "tconv-bench gave no figures")
        return json.loads(out.read_text())


def result_of(name, ours, theirs):
    """One layer's result, as compare.compare_layer has it."""
    result = {"name": name, "layer": ours["layer"], "seconds": {}, "gflops": {},
              "ways": {}, "not_supported": {}, "problems": {},
              "description": ours["description"]}  # fmt: skip
    for key, one in (("tconv", ours), ("cudnn", theirs)):
        result["ways"][key] = one["schedule"]
        if one["path"] == "unsupported":
            result["not_supported"][key] = one["why"]
        elif one["path"] in ("wrong", "failed"):
            result["problems"][key] = f"{TITLES[key]}: {one['why']}"
        elif not one["correct"]:
            result["problems"][key] = f"{TITLES[key]} gave wrong numbers"
        else:
            result["seconds"][key] = one["seconds_min"]
            result["gflops"][key] = one["gflops"]
    return result


def run_of(results, accuracy):
    """A run of tconv-bench's results, tconv's and cuDNN's of each layer in turn."""
    pairs = list(zip(results[::2], results[1::2], strict=True))
    timed_by = pairs[0][1]["timed_by"]
    return {
        "date": machine.today(),
        "machine": pairs[0][0]["machine"],
        "timed_by": timed_by,
        "threads": 1,
        "accuracy": accuracy,
        "versions": {"tconv": "here", "cudnn": timed_by.rpartition("cuDNN ")[2]},
        "titles": TITLES,
        "absent": {},
        "layers": [result_of(a["name"], a, b) for a, b in pairs],
    }


def measure(options):
    """One run on the device that options.target names."""
    return run_of(call(options), options.accuracy)
