# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One layer's figures, and the machine's."""

import dataclasses
import json
import subprocess
import time

import numpy as np
import tconv
from sound import DemoError


@dataclasses.dataclass
class Row:
    """What is known of one layer on one input."""

    name: str
    layer: str
    length: int
    path: str
    schedule: str
    compile_ms: float
    seconds: dict  # by number of threads
    flop: int  # every tap, cropped or not
    compulsory_bytes: int  # x, weight and y once each
    max_abs_error: float
    peak_share: float = 0.0  # 1 thread
    why: str = ""

    def gflops(self, threads):
        return self.flop / self.seconds[threads] / 1e9

    @property
    def intensity(self):
        return self.flop / self.compulsory_bytes


def machine(build):
    """The machine's figures, measured by tconv-bench."""
    program = build / "bin" / "tconv-bench"
    if not program.is_file():
        raise DemoError(
            f"'{program}' is not there; build the tools first, or "
            "name the build folder with --build"
        )
    done = subprocess.run(
        [str(program), "--peak", "--json", "-"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise DemoError(
            f"tconv-bench --peak failed ({done.returncode}): "
            f"{done.stderr.strip()}"
        )
    try:
        figures = json.loads(done.stdout)
        for name in ("fma_peak_gflops_1t", "copy_gbs"):
            if not figures[name] > 0:
                raise ValueError(f"{name} = {figures[name]}")
    except (ValueError, KeyError, TypeError) as error:
        raise DemoError(
            f"tconv-bench --peak --json - gives no usable figures: {error!r}"
        ) from None
    return figures


def best_seconds(run, budget=1.0, least=5):
    """The shortest of at least `least` runs; more while the budget lasts."""
    best, spent, count = float("inf"), 0.0, 0
    while count < least or spent < budget:
        start = time.perf_counter()
        run()
        seconds = time.perf_counter() - start
        best, spent, count = min(best, seconds), spent + seconds, count + 1
    return best


def measure(name, layer, x, threads, figures):
    """(Row, y) of a layer on x. The output's memory is kept between runs, and
    the first call, which compiles, is not counted."""
    told = layer.describe(x.shape[2], x.shape[0])
    y = layer(x)
    seconds = {}
    for count in threads:
        tconv.set_num_threads(count)
        layer(x, y)  # starts the threads
        seconds[count] = best_seconds(lambda: layer(x, y))
    tconv.set_num_threads(1)
    error = float(np.abs(y - layer.reference(x)).max())
    weight = layer.weight
    row = Row(
        name=name,
        layer=told.get("layer", repr(layer)),
        length=x.shape[2],
        path=told["path"],
        schedule=str(told.get("schedule", "-")),
        compile_ms=float(told.get("compile_ms", 0.0)),
        seconds=seconds,
        flop=2 * x.shape[0] * weight.size * x.shape[2],
        compulsory_bytes=4 * (x.size + weight.size + y.size),
        max_abs_error=error,
        why=told.get("why", ""),
    )
    row.peak_share = row.gflops(1) / figures["fma_peak_gflops_1t"]
    return row, y


def table(rows, threads):
    """The rows as text."""
    most = max(threads)
    head = ["layer", "schedule", "compile ms", "run ms", "GFLOP/s", "% peak"]
    if most > 1:
        head += [f"ms, {most} threads", "GFLOP/s"]
    head += ["largest error"]
    lines = [head]
    for row in rows:
        line = [
            row.name,
            row.schedule if row.path == "kernel" else row.path,
            f"{row.compile_ms:.0f}",
            f"{1e3 * row.seconds[1]:.2f}",
            f"{row.gflops(1):.1f}",
            f"{100 * row.peak_share:.1f}",
        ]
        if most > 1:
            line += [
                f"{1e3 * row.seconds[most]:.2f}",
                f"{row.gflops(most):.1f}",
            ]
        lines.append(line + [f"{row.max_abs_error:.1e}"])
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if index < 2 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(line, widths))
        ).rstrip()
        for line in lines
    )
