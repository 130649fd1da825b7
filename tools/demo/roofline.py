# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The picture: the layers' speed against what the machine can do."""

import matplotlib

matplotlib.use("Agg")  # no display needed

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator

INK = "#222222"
COLORS = {1: "#0b5fa5", 2: "#c4511c"}
MARKERS = "osD^v"


def _plain(value, _):
    return f"{value:g}"


def draw(path, rows, figures, threads):
    """Writes speed over arithmetic intensity, both logarithmic. Shape tells
    the layer, colour the number of threads."""
    most = max(threads)
    peak, copy = figures["fma_peak_gflops_1t"], figures["copy_gbs"]
    peak_most = figures.get("fma_peak_gflops_Nt", peak)
    plt.rcParams.update(
        {
            "font.size": 10.5,
            "svg.fonttype": "none",
            "axes.edgecolor": INK,
            "axes.labelcolor": INK,
            "xtick.color": INK,
            "ytick.color": INK,
        }
    )
    figure, axes = plt.subplots(figsize=(9.4, 5.2), layout="constrained")
    intensities = [row.intensity for row in rows]
    low = min(min(intensities) / 4, peak / copy / 6)
    high = max(intensities) * 4
    at = np.geomspace(low, high, 400)

    axes.plot(at, np.minimum(peak, copy * at), color=COLORS[1], lw=1.8)
    axes.annotate(
        f"FMA peak, 1 thread: {peak:.0f} GFLOP/s",
        (high, peak),
        (-4, 4),
        textcoords="offset points",
        ha="right",
        color=COLORS[1],
    )
    if most > 1:
        axes.axhline(peak_most, color=COLORS[2], lw=1.4, ls="--")
        axes.annotate(
            f"FMA peak, {most} threads: {peak_most:.0f} GFLOP/s",
            (high, peak_most),
            (-4, 4),
            textcoords="offset points",
            ha="right",
            color=COLORS[2],
        )

    for index, row in enumerate(rows):
        for count in dict.fromkeys((1, most)):
            axes.plot(
                row.intensity,
                row.gflops(count),
                MARKERS[index % len(MARKERS)],
                ms=8.5,
                color=COLORS[1 if count == 1 else 2],
                mec="white",
                mew=0.8,
            )
    speeds = [row.gflops(count) for row in rows for count in threads]
    bottom = min(speeds + [copy * low]) / 1.6
    axes.set(
        xscale="log",
        yscale="log",
        xlim=(low, high),
        ylim=(bottom, max(peak_most, max(speeds)) * 1.7),
        xlabel="arithmetic intensity, FLOP per byte of x, weight and y",
        ylabel="speed, GFLOP/s",
        title="Transposed convolutions against this machine's roofline\n"
        f"{figures.get('cpu', '')}".rstrip(),
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(_plain))
        axis.set_minor_locator(LogLocator(subs=()))
    axes.grid(color="#dddddd", lw=0.6)
    axes.set_axisbelow(True)
    middle = np.sqrt(low * peak / copy)
    axes.annotate(
        f"copy bandwidth,\n1 thread: {copy:.1f} GB/s",
        (middle, copy * middle),
        (10, 0),
        textcoords="offset points",
        va="top",
        color=COLORS[1],
    )
    _legend(figure, rows, most)
    figure.savefig(path)
    plt.close(figure)


def _legend(figure, rows, most):
    # Outside: inside it would hide the slow layers.
    marks = [
        plt.Line2D(
            [],
            [],
            ls="",
            marker=MARKERS[i % len(MARKERS)],
            color="#666666",
            ms=8,
            label=f"{row.name}\n{row.gflops(1):.0f} GFLOP/s, "
            f"{100 * row.peak_share:.0f} % of peak",
        )
        for i, row in enumerate(rows)
    ]
    colors = [
        plt.Line2D(
            [],
            [],
            ls="",
            marker="o",
            ms=8,
            color=COLORS[1 if count == 1 else 2],
            label=f"{count} thread" + "s" * (count > 1),
        )
        for count in dict.fromkeys((1, most))
    ]
    figure.legend(
        handles=marks + colors,
        loc="outside right upper",
        frameon=False,
        fontsize=9.5,
        labelspacing=0.7,
    )
