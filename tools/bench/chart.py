# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Draws runs: speed against the machine's roofline, and ratios to each peer."""

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams["svg.hashsalt"] = "tconv"  # the same figures, the same file
matplotlib.rcParams["svg.fonttype"] = "none"  # text that can be searched
from matplotlib import pyplot, ticker  # noqa: E402

import report  # noqa: E402

SUFFIXES = (".svg", ".png")
TICKS = [
    digit * 10.0**power for power in range(-3, 5) for digit in (1, 1.5, 2, 3, 5, 7)
]


def roofline(axes, run):
    """Speed by the operations a byte that has to be moved at least."""
    threads, machine = run["threads"], run["machine"]
    peak = machine["fma_peak_gflops_1t" if threads == 1 else "fma_peak_gflops_Nt"]
    intensity = {r["name"]: r["flops"] / r["bytes"] for r in run["layers"]}
    low, high = min(intensity.values()) / 2, max(intensity.values()) * 2
    ridge = peak / machine["copy_gbs"]
    xs = sorted({low, min(max(ridge, low), high), high})
    axes.plot(
        xs, [min(peak, x * machine["copy_gbs"]) for x in xs], color="black",
        linewidth=1, label="FMA peak, copy bandwidth",
    )  # fmt: skip
    for number, key in enumerate(run["versions"]):
        points = [
            (intensity[r["name"]], r["gflops"][key])
            for r in run["layers"]
            if key in r["gflops"]
        ]
        if points:
            axes.scatter(
                *zip(*points), s=36 if key == report.OURS else 16,
                color=f"C{number}", label=run["titles"][key], zorder=3,
            )  # fmt: skip
    axes.set(
        xscale="log", yscale="log", xlabel="FLOP per byte of x, y and weights",
        ylabel="GFLOP/s", title=report.plural(threads, "thread"),
    )  # fmt: skip
    axes.grid(True, which="both", linewidth=0.3)
    axes.legend(fontsize="small")


def ratios(axes, run):
    """A bar for each layer and peer."""
    names = [result["name"] for result in run["layers"]]
    peers = [key for key in run["versions"] if key != report.OURS]
    height = 0.8 / max(len(peers), 1)
    least, largest = 1.0, 1.0
    for number, key in enumerate(peers):
        values = [report.ratio(result, key) or 0 for result in run["layers"]]
        places = [line + number * height for line in range(len(names))]
        # From 1 on, to either side: a logarithmic axis has no zero.
        axes.barh(
            places, [value - 1 if value else 0 for value in values], height, left=1,
            color=f"C{number + 1}", label=run["titles"][key],
        )  # fmt: skip
        largest = max([largest, *values])
        least = min([least, *filter(None, values)])
    axes.axvline(1, color="black", linewidth=1)
    axes.set_yticks([line + 0.4 - height / 2 for line in range(len(names))], names)
    axes.invert_yaxis()
    axes.set(xscale="log", title="times as fast as")
    axes.set_xlim(least / 1.1, largest * 1.1)
    axes.xaxis.set_major_locator(ticker.FixedLocator(TICKS))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.grid(True, axis="x", which="both", linewidth=0.3)
    if peers:
        axes.legend(fontsize="small")


def draw(runs, path):
    """Writes a chart of the runs, a row each, as SVG or PNG."""
    figure, rows = pyplot.subplots(
        len(runs), 2, figsize=(13, 6 * len(runs)), squeeze=False,
        layout="constrained",
    )  # fmt: skip
    machine = runs[0]["machine"]
    figure.suptitle(f"tconv on {machine['cpu']} ({machine['isa']}), {runs[0]['date']}")
    for (left, right), run in zip(rows, runs):
        roofline(left, run)
        ratios(right, run)
    metadata = {"Date": None} if path.suffix == ".svg" else None
    figure.savefig(path, metadata=metadata, dpi=100)
    pyplot.close(figure)
