# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""layers.py [COUNT [SEED]]: layers that tconv-compile makes for Ascend, lowered
by bishengir-compile, on the model of the core, launched by their plans: chosen
ones, some of MindSpore's cases and COUNT random ones, against sums in float64 by
SPEC's bounds, without a finding; then mistakes planted in the kernels of one.
Skipped where bishengir-compile, or the compiler's target, is missing."""

import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile

import bishengir
import numpy as np

TOOL = bishengir.BUILD / "bin/tconv-davinci"
ASCEND = bishengir.ROOT / "test/ascend"
POLICIES = ["in-order", "consumers-first", "producers-first"]
TARGET = "ascend:910b3"
EPS = {"f32": 2.0**-24, "f16": 2.0**-11, "bf16": 2.0**-8}

#: One of each kind: (layer, length, batch).
CHOSEN = [
    ("in_channels=64 out_channels=32 kernel_size=4 stride=2 padding=1 pad_mode=pad", 300, 1),
    ("in_channels=80 out_channels=48 kernel_size=16 stride=8 padding=4 pad_mode=pad", 70, 2),
    ("in_channels=6 out_channels=4 kernel_size=5 stride=3 dilation=2 group=2", 70, 2),
    ("in_channels=16 out_channels=16 kernel_size=7 stride=2 group=16", 300, 1),
    ("in_channels=32 out_channels=1 kernel_size=7 stride=1", 300, 1),
    ("in_channels=3 out_channels=5 kernel_size=2 stride=4 pad_mode=valid", 50, 1),
    ("in_channels=5 out_channels=6 kernel_size=5 stride=8", 30, 1),
    ("in_channels=2 out_channels=2 kernel_size=4 stride=8 dilation=3", 7, 1),
    ("in_channels=1 out_channels=1 kernel_size=1", 1, 1),
]  # fmt: skip
#: Kernels with every path and buffer used: several tiles for a program, rows
#: that pad in two groups, a last position with one phase.
PLANTED = (
    "in_channels=192 out_channels=40 kernel_size=5 stride=2 group=2 pad_mode=valid",
    400,
    1,
)


sys.path.insert(0, str(ASCEND))
try:
    import computed
except ImportError:
    print(f"skipped: there is no {ASCEND}/computed.py")
    sys.exit(bishengir.SKIPPED)


class Layer:
    """A layer, compiled into a folder."""

    def __init__(self, line, folder):
        self.folder = pathlib.Path(folder)
        self.fields = computed.fields(line)
        self.kind = self.fields["dtype"]
        done = subprocess.run(
            [
                bishengir.BUILD / "bin/tconv-compile",
                line,
                f"--target={TARGET}",
                "--emit=hivm",
                "--symbol=on_ascend",
                "-o",
                self.folder / "layer",
                "--json",
            ],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        self.device = json.loads(done.stdout)[0]["device"]

    def trial(self, x, w, bias, outputs, cores=(3, 5)):
        """Writes the description of all launches, for so many cores of both
        kinds; its path."""
        batch, channels, length = x.shape
        rows = self.fields["out_channels"]
        memory = Memory(self.folder)
        common = {"cube_cores": cores[0], "vector_cores": cores[1]}
        packed = memory.output("packed", self.kind, self.device["packed_bytes"])
        common["weights"] = packed
        weights = memory.input("w", self.kind, w)
        plan = computed.Plan(self.device["plan"], weight=weights, **common)
        launches = list(plan.launches("pack"))
        common.update(
            x=memory.input("x", self.kind, x),
            bias=memory.input("bias", self.kind, np.zeros(1) if bias is None else bias),
            y=memory.output("y", self.kind, batch * rows * outputs * memory.size(self.kind)),
            batch=batch,
            length=length,
            output_length=outputs,
            x_batch_stride=channels * length,
            x_channel_stride=length,
            y_batch_stride=rows * outputs,
            y_channel_stride=outputs,
            workspace=Memory.WORKSPACE,
        )
        plan = computed.Plan(self.device["plan"], **common)
        launches += plan.launches("run")
        memory.place_workspace(
            plan.workspace(),
            [a for e, _, all_ in launches for a in all_[: pointers(e)]],
        )
        described = [
            {
                "file": f"layer.{part(entry)}.hivm.mlir",
                "entry": entry,
                "grid": grid,
                "parameters": [
                    memory.name(value) if at < pointers(entry) else value
                    for at, value in enumerate(arguments)
                ],
            }
            for entry, grid, arguments in launches
        ]
        memory.buffers["y"]["npy"] = "y.npy"
        path = self.folder / "trial.json"
        path.write_text(
            json.dumps({"buffers": memory.buffers, "launches": described})
        )
        return path

    def run(self, x, w, bias, outputs, policy):
        """y in float64, and the reports of the launches."""
        trial = self.trial(x, w, bias, outputs)
        done = subprocess.run(
            [TOOL, "run", trial, "--json", "--policy", policy],
            capture_output=True,
            text=True,
        )
        if not done.stdout:
            raise RuntimeError(done.stderr)
        shape = (x.shape[0], self.fields["out_channels"], outputs)
        y = np.load(self.folder / "y.npy").reshape(shape)
        return y.astype(np.float64), json.loads(done.stdout)


def part(entry):
    return entry.rsplit("_", 1)[1]


def pointers(entry):
    return computed.POINTERS[part(entry)]


class Memory:
    """Buffers by made-up addresses, which plans compute with."""

    STEP = 1 << 44
    WORKSPACE = 1 << 60

    def __init__(self, folder):
        self.folder, self.buffers, self.names = folder, {}, {0: "bias"}

    @staticmethod
    def size(kind):
        return 4 if kind == "f32" else 2

    def add(self, name, buffer, address=None):
        self.buffers[name] = buffer
        address = address or len(self.buffers) * self.STEP
        self.names[address] = name
        return address

    def input(self, name, kind, values):
        np.save(self.folder / f"{name}.npy", values.astype(np.float32))
        return self.add(name, {"input": f"{name}.npy", "type": kind})

    def output(self, name, kind, size):
        return self.add(name, {"output": size // self.size(kind), "type": kind})

    def place_workspace(self, size, addresses):
        """A buffer of its own for each part that is used: its bounds count."""
        end = self.WORKSPACE + size
        starts = sorted({a for a in addresses if self.WORKSPACE <= a < end})
        for start, following in zip(starts, [*starts[1:], end]):
            buffer = {"output": (following - start) // 2, "type": "f16"}
            self.add(f"workspace {start - self.WORKSPACE}", buffer, start)

    def name(self, address):
        return self.names[address]


def bound(layer, kind, exact, s):
    """SPEC's, and half a last place of the shorter types."""
    groups = layer["group"]
    taps = math.ceil(
        layer["kernel_size"]
        * math.gcd(layer["stride"], layer["dilation"])
        / layer["stride"]
    )
    longest = layer["in_channels"] // groups * taps
    per = s.reshape(s.shape[0], groups, -1).max(axis=2)
    largest = np.repeat(per, layer["out_channels"] // groups, axis=1)[:, :, None]
    eps = 2.0**-24
    allowed = 4 * eps * math.sqrt(longest) * largest + 2 * eps * abs(exact)
    allowed = allowed + longest * 2.0**-149
    if kind != "f32":
        least = 2.0**-24 if kind == "f16" else 2.0**-133
        allowed = allowed + EPS[kind] * (abs(exact) + allowed) + least / 2
    return allowed


def data_of(layer, length, batch, draw):
    shapes = [
        (batch, layer["in_channels"], length),
        (
            layer["in_channels"],
            layer["out_channels"] // layer["group"],
            layer["kernel_size"],
        ),
        (layer["out_channels"],),
    ]
    return [draw.standard_normal(shape) for shape in shapes]


def check(line, length, batch, folder, draw, policy, data=None):
    """None, or what is wrong."""
    fields = computed.fields(line)
    outputs, crop = computed.geometry(fields, length)
    if outputs < 1:
        return None
    layer = Layer(line, folder)
    kind = layer.kind
    x, w, bias = (
        None
        if values is None
        else computed.from_bits(computed.to_bits(values, kind), kind)
        for values in data or data_of(fields, length, batch, draw)
    )
    bias = bias if fields["has_bias"] else None
    y, reports = layer.run(x, w, bias, outputs, policy)
    exact, s = computed.reference(fields, x, w, bias, outputs, crop)
    name = f"{line} length={length} batch={batch} {policy}"
    for report in reports:
        for finding in report["findings"][:1]:
            return f"{name}: {report['entry']}: {json.dumps(finding)}"
    allowed = bound(fields, kind, exact, s)
    if np.isnan(y).any() or (abs(y - exact) > allowed).any():
        worst = np.nanmax(abs(y - exact) / allowed)
        return f"{name}: {int(np.isnan(y).sum())} NaN, error {worst:.3g} of the bound"
    return None


def jobs(count, seed):
    """(layer line with its type, length, batch, data)."""
    draw = random.Random(seed)
    for line, length, batch in CHOSEN:
        for kind in ("f16", "bf16", "f32"):
            yield f"{line} has_bias=1 dtype={kind}", length, batch, None
    for index, (line, length, batch, data) in enumerate(computed.oracle()):
        if index % 8 == 0:
            kind = ("f16", "f32", "bf16")[index // 8 % 3]
            yield f"{line} dtype={kind}", length, batch, data
    for _ in range(count):
        line = computed.random_layer(draw, most=3000)
        kind = draw.choice(["f16", "f32", "bf16"])
        length = draw.choice([1, 2, draw.randrange(3, 40), draw.randrange(40, 200)])
        yield f"{line} dtype={kind}", length, draw.choice([1, 1, 2]), None


def is_harmless(survivor):
    """Why a planted mistake shows nowhere, or None."""
    kind, before = survivor["kind"], survivor["before"]
    if kind == "move-buffer":
        return "to where nothing is, with all its uses"
    if kind == "drop-barrier" and "PIPE_ALL" not in before:
        # The compiler puts one between any two copies into one buffer. Those
        # that overlap are races (drop-barrier is caught elsewhere).
        return "between copies that touch different blocks"
    return None


def plant(folder, draw):
    line, length, batch = PLANTED
    layer = Layer(f"{line} has_bias=1 dtype=f16", folder)
    x, w, bias = (
        np.round(4 * values).clip(-3, 3)
        for values in data_of(layer.fields, length, batch, draw)
    )
    outputs, _ = computed.geometry(layer.fields, length)
    # One core of a kind: its programs take turns in all their buffers.
    trial = layer.trial(x, w, bias, outputs, cores=(1, 1))
    done = subprocess.run(
        [TOOL, "mutate", trial, "--json"], capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(done.stderr)
    planted = json.loads(done.stdout)
    left = [one for one in planted["survivors"] if not is_harmless(one)]
    print(
        f"{planted['mutants']} mistakes planted, {planted['caught']} caught, "
        f"{len(left)} that should have been"
    )
    return left


def main():
    bishengir.need()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    draw = np.random.default_rng(seed)
    wrong, runs = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for line, length, batch, data in jobs(count, seed):
            error = check(
                line, length, batch, folder, draw, POLICIES[runs % 3], data
            )
            runs += 1
            if error:
                wrong.append(error)
                print(error, flush=True)
        print(f"{runs} layers on the model, {len(wrong)} wrong", flush=True)
        left = plant(folder, draw)
    if wrong or left:
        sys.exit("\n".join([*wrong[:20], json.dumps(left, indent=2)]))


if __name__ == "__main__":
    main()
