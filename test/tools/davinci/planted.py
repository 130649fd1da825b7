# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""planted.py [--per-kind N] [--seed S] [NAME...]: mistakes planted in the lowered
kernels of layers of several kinds, on the model of the core, each layer with
finite weights and with an infinite one, on one core of a kind and on several. At
most N (default 1; 0: all) of each kind in a kernel, drawn by the seed. What nothing
shows is explained by a rule below, or the test fails. Skipped where
bishengir-compile is not installed."""

import argparse
import collections
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile

import bishengir
import compiled
import computed
import numpy as np

#: Of both kinds.
SEVERAL = (3, 5)

BYTES = {"f32": 4, "f16": 2, "bf16": 2}

#: name: (layer, length, batch). Windows reach beyond both ends of x by several
#: positions, some end inside x, and the last position of a row has several phases,
#: but not all: every path of every kernel is used.
LAYERS = {
    # Weights stay in L1; several tiles for a program; rows that pad in two groups.
    "cube": (
        "in_channels=32 out_channels=12 kernel_size=11 stride=4 group=2 "
        "pad_mode=valid has_bias=1 dtype=f16",
        600,
        1,
    ),
    # Weights are read for each step.
    "streamed": (
        "in_channels=24 out_channels=32 kernel_size=5 has_bias=1 dtype=f32",
        2100,
        1,
    ),
    "vector": (
        "in_channels=6 out_channels=6 kernel_size=11 stride=3 group=6 "
        "pad_mode=valid has_bias=1 dtype=f16",
        2500,
        1,
    ),
    "empty phases": (
        "in_channels=3 out_channels=5 kernel_size=4 stride=4 dilation=6 "
        "pad_mode=pad padding=0 has_bias=1 dtype=f32",
        700,
        1,
    ),
    "bf16": (
        "in_channels=32 out_channels=16 kernel_size=11 stride=3 pad_mode=valid "
        "dtype=bf16",
        600,
        1,
    ),
    "batch": (
        "in_channels=32 out_channels=16 kernel_size=6 stride=3 dilation=2 group=2 "
        "pad_mode=pad padding=0 has_bias=1 dtype=f16",
        600,
        2,
    ),
}


class Kernel:
    """A lowered kernel's text, for the rules. Lines count from 1."""

    VIEWS = re.compile(
        r"arith.select|memref\.(subview|cast|collapse_shape|expand_shape|view)"
    )

    def __init__(self, path):
        self.lines = ["", *path.read_text().splitlines()]
        self.loops = self.find_loops()
        self.buffers = {}  # by line: (space, begin, end)
        constants = {}
        for at, line in enumerate(self.lines):
            if found := re.match(r"\s*(%\S+) = arith.constant (\d+) : i64", line):
                constants[found[1]] = int(found[2])
            found = re.search(
                r"pointer_cast\((%\S+)\) : memref<([\dx]+)x(\w+), "
                r"#hivm.address_space<(\w+)>>",
                line,
            )
            if found and found[1] in constants:
                begin = constants[found[1]]
                count = math.prod(map(int, found[2].split("x")))
                end = begin + count * BYTES.get(found[3], 8)
                self.buffers[at] = (found[4], begin, end)

    def find_loops(self):
        loops, open_ = [], []
        for at, line in enumerate(self.lines):
            if re.match(r"\s*}", line) and open_:
                begin = open_.pop()
                if "scf.for" in self.lines[begin]:
                    loops.append((begin, at))
            if line.endswith("{"):
                open_.append(at)
        return loops

    def life(self, at):
        """The lines from a buffer's first to its last use, by any view of it; to
        the end of a loop, where it was first used before it. What a loop begins
        with is used in its first turn."""
        names, used = {self.lines[at].split()[0]: False}, []
        for number in range(at + 1, len(self.lines)):
            line = self.lines[number]
            for name, first in re.findall(r"(%arg\d+) = (%[\w-]+)", line):
                if first in names and "iter_args" in line:
                    names[name] = True
            tokens = re.findall(r"%[\w-]+", line)
            result = tokens[0] if re.match(r"\s*%[\w-]+ = ", line) else None
            uses = [names[n] for n in tokens[bool(result) :] if n in names]
            if uses and result and self.VIEWS.search(line):
                names[result] = all(uses)
                continue
            if uses and "iter_args" not in line:
                used.append((number, all(uses)))
            names.pop(result, None)
        if not used:
            return at, at
        first, last = used[0][0], used[-1][0]
        always = max((number for number, is_once in used if not is_once), default=0)
        for begin, end in sorted(self.loops):
            if first < begin <= always <= end:
                last = max(last, end)
        return first, last

    def in_the_way(self, at, by):
        """Whether a moved buffer lies over one that is used at the same time."""
        space, begin, end = self.buffers[at]
        first, last = self.life(at)
        for line, (where, low, high) in self.buffers.items():
            if line == at or where != space or low >= end + by or begin + by >= high:
                continue
            from_, to = self.life(line)
            # What begins where the other ends is an operation in place.
            if from_ < last and first < to:
                return True
        return False

    def copies_one(self, at):
        """Whether a call's views have one element."""
        names = re.search(r"call @\w+\(([^)]*)\)", self.lines[at])[1].split(", ")
        for line in reversed(self.lines[:at]):
            found = re.match(r"\s*(%[\w-]+) = memref.cast %\S+ : memref<(\w+)", line)
            if found and found[1] in names:
                return re.match(r"1x[a-z]", found[2]) is not None
        return False

    def calls_before(self, at, name):
        return sum(f"call @{name}" in line for line in self.lines[:at])


def explain(survivor, kernel, part):
    """Why a planted mistake shows nowhere, or None."""
    kind, at, before = survivor["kind"], survivor["line"], survivor["before"]
    if kind == "move-buffer" and not kernel.in_the_way(at, 4096):
        return "to where nothing is at that time, with all its uses"
    if kind == "drop-barrier" and "PIPE_ALL" not in before:
        # The compiler puts one between any two of one pipe on one buffer. Those
        # that depend on each other are races (drop-barrier is caught elsewhere).
        return "between what touches different blocks"
    if kind == "stride-2" and kernel.copies_one(at):
        return "the stride of one element"
    if kind == "one-too-long" and "call @load_gm_to_ubuf" in before and part != "edge":
        return "a number more of what is there, over which the next row comes"
    is_first = not kernel.calls_before(at, "store_ubuf_to_gm")
    is_store = "call @store_ubuf_to_gm" in before
    if kind == "one-too-long" and part == "edge" and is_store and is_first:
        return "a zero more before x, over which x is put"
    return None


def plant(line, length, batch, folder, arguments):
    layer = compiled.Layer(line, folder)
    draw = np.random.default_rng(arguments.seed)
    x, w, bias = (
        np.round(4 * values).clip(-3, 3)
        for values in compiled.data_of(layer.fields, length, batch, draw)
    )
    # What looks at the weights must see the first ones as well as the last ones.
    first, last = w.copy(), w.copy()
    first[0, 0, 0] = last[-1, -1, 0] = math.inf
    outputs, _ = computed.geometry(layer.fields, length)
    bias = bias if layer.fields["has_bias"] else None
    # On one core of a kind all programs take turns in all their buffers. On
    # several, what a program writes beyond its own place meets another core.
    runs = [(w, (1, 1)), (last, (1, 1)), (w, SEVERAL), (first, SEVERAL)]
    trial = layer.trial(x, runs, bias, outputs)
    done = subprocess.run(
        [
            compiled.TOOL,
            "mutate",
            trial,
            "--json",
            f"--per-kind={arguments.per_kind}",
            f"--seed={arguments.seed}",
        ],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--per-kind", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    bishengir.need()
    wrong, caught = [], collections.Counter()
    for name, job in LAYERS.items():
        if arguments.names and name not in arguments.names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            planted = plant(*job, folder, arguments)
            explained = collections.Counter()
            for survivor in planted["survivors"]:
                path = pathlib.Path(folder) / survivor["file"]
                why = explain(survivor, Kernel(path), path.name.split(".")[1])
                explained[why] += 1
                if not why:
                    wrong.append({"layer": name, **survivor})
        wrong += [{"layer": name, **refused} for refused in planted["refused"]]
        for kind, how in planted["by"].items():
            caught[kind] += sum(how.values()) - how.get("nothing", 0)
        unexplained = explained.pop(None, 0)
        print(
            f"{name}: {planted['mutants']} mistakes planted, {planted['caught']} "
            f"caught, {explained.total()} harmless, {unexplained} that should have "
            "been caught",
            flush=True,
        )
    wrong += [f"no {kind} was caught" for kind, count in caught.items() if not count]
    if wrong:
        sys.exit(json.dumps(wrong, indent=2))


if __name__ == "__main__":
    main()
