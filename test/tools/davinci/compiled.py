# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the tests of compiled layers on the model of the core share: a layer that
tconv-compile makes for Ascend, its launches by its plan, and what comes out.
Importing it ends the test where something that it needs is missing."""

import dataclasses
import json
import pathlib
import subprocess
import sys

import bishengir
import numpy as np

sys.path.insert(0, str(bishengir.ROOT / "test/ascend"))
import computed  # noqa: E402

TOOL = bishengir.BUILD / "bin/tconv-davinci"
POLICIES = ["in-order", "consumers-first", "producers-first"]
TARGET = "ascend:910b3"


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

    def trial(self, x, runs, bias, outputs, strides=(0, 0)):
        """Writes the description of all launches for each of these runs, pairs
        of weights and how many cores of both kinds, with so many elements between
        the rows of x, which are NaN, and of y; its path. y0.npy will be the first
        run's y."""
        batch, channels, length = x.shape
        rows = self.fields["out_channels"]
        x_row, y_row = length + strides[0], outputs + strides[1]
        memory = Memory(self.folder)
        apart = np.full((batch, channels, x_row), np.nan)
        apart[:, :, :length] = x
        common = dict(
            x=memory.input("x", self.kind, apart),
            bias=memory.input("bias", self.kind, np.zeros(1) if bias is None else bias),
            batch=batch,
            length=length,
            output_length=outputs,
            x_batch_stride=channels * x_row,
            x_channel_stride=x_row,
            y_batch_stride=rows * y_row,
            y_channel_stride=y_row,
        )
        described = []
        for index, (w, cores) in enumerate(runs):
            common["cube_cores"], common["vector_cores"] = cores
            common["weights"] = Memory.PACKED + index * Memory.STEP
            common["workspace"] = Memory.WORKSPACE + index * Memory.STEP
            weight = memory.input(f"w{index}", self.kind, w)
            common["y"] = memory.output(f"y{index}", self.kind, batch * rows * y_row)
            memory.buffers[f"y{index}"]["npy"] = f"y{index}.npy"
            plan = computed.Plan(self.device["plan"], weight=weight, **common)
            launches = [*plan.launches("pack"), *plan.launches("run")]
            used = [a for e, _, all_ in launches for a in all_[: pointers(e)]]
            for name, size in [
                ("weights", self.device["packed_bytes"]),
                ("workspace", plan.workspace()),
            ]:
                memory.place(f"{name}{index}", common[name], size, used)
            described += [
                {
                    "file": f"layer.{part(entry)}.hivm.mlir",
                    "entry": entry,
                    "grid": grid,
                    "parameters": [
                        memory.names[value] if at < pointers(entry) else value
                        for at, value in enumerate(arguments)
                    ],
                }
                for entry, grid, arguments in launches
            ]
        path = self.folder / "trial.json"
        path.write_text(
            json.dumps({"buffers": memory.buffers, "launches": described})
        )
        return path

    def run(self, x, w, bias, outputs, policy, cores=(3, 5), strides=(0, 0)):
        """y in float64, and the reports of the launches."""
        trial = self.trial(x, [(w, cores)], bias, outputs, strides)
        done = subprocess.run(
            [TOOL, "run", trial, "--json", "--policy", policy],
            capture_output=True,
            text=True,
        )
        if not done.stdout:
            raise RuntimeError(done.stderr)
        shape = (x.shape[0], self.fields["out_channels"], outputs + strides[1])
        y = np.load(self.folder / "y0.npy").reshape(shape).astype(np.float64)
        # What nobody wrote reads as NaN.
        assert np.isnan(y[:, :, outputs:]).all(), "wrote beyond a row"
        return y[:, :, :outputs], json.loads(done.stdout)


def part(entry):
    return entry.rsplit("_", 1)[1]


def pointers(entry):
    return computed.POINTERS[part(entry)]


class Memory:
    """Buffers by made-up addresses, which plans compute with."""

    STEP = 1 << 44
    PACKED = 1 << 59
    WORKSPACE = 1 << 60

    def __init__(self, folder):
        self.folder, self.buffers, self.names = folder, {}, {0: "bias"}

    def add(self, name, buffer, address=None):
        self.buffers[name] = buffer
        address = address or len(self.buffers) * self.STEP
        self.names[address] = name
        return address

    def input(self, name, kind, values):
        np.save(self.folder / f"{name}.npy", values.astype(np.float32))
        return self.add(name, {"input": f"{name}.npy", "type": kind})

    def output(self, name, kind, count):
        return self.add(name, {"output": count, "type": kind})

    def place(self, name, begin, size, addresses):
        """A buffer of its own for each part that is used: its bounds count."""
        end = begin + size
        starts = sorted({a for a in addresses if begin <= a < end})
        for start, following in zip(starts, [*starts[1:], end]):
            buffer = {"output": (following - start) // 2, "type": "f16"}
            self.add(f"{name} {start - begin}", buffer, start)


@dataclasses.dataclass
class Job:
    """A layer's line with its type, what it is run on, and how."""

    line: str
    length: int
    batch: int
    data: list = None  # x, weight, bias; else random numbers
    policy: str = "in-order"
    cores: tuple = (3, 5)
    strides: tuple = (0, 0)

    def __str__(self):
        return (
            f"{self.line} length={self.length} batch={self.batch} {self.policy} "
            f"cores={self.cores} strides={self.strides}"
        )


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


def check(job, folder, draw):
    """None, or what is wrong: a finding of the model, or a number of y."""
    fields = computed.fields(job.line)
    outputs, crop = computed.geometry(fields, job.length)
    if outputs < 1:
        return None
    layer = Layer(job.line, folder)
    x, w, bias = (
        None
        if values is None
        else computed.from_bits(computed.to_bits(values, layer.kind), layer.kind)
        for values in job.data or data_of(fields, job.length, job.batch, draw)
    )
    bias = bias if fields["has_bias"] else None
    y, reports = layer.run(x, w, bias, outputs, job.policy, job.cores, job.strides)
    for report in reports:
        for finding in report["findings"][:1]:
            return f"{job}: {report['entry']}: {json.dumps(finding)}"
    with np.errstate(invalid="ignore"):
        exact, s = computed.reference(fields, x, w, bias, outputs, crop)
        wrong = computed.compared(fields, layer.kind, y, exact, s)
    return wrong and f"{job}: {wrong}"
