# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a layer's first call costs, compilation included.

Each is made in a process of its own that has imported its library and holds the
data; tconv's finds an empty cache on the disk and opens its compiler, OpenVINO's
opens its plugin. The quickest of a few counts, in the quickest way that a system
can be asked. tconv's is to compute before the kernel is there; what its other way
takes, and how long it is until the kernel has taken over, is shown beside it.
"""

import tempfile

import client
import report
import systems

PROCESSES = 3


def measure_layer(layer, ways, start, processes=PROCESSES):
    """Seconds by system; `ways` are those of each, `start` makes the worker of one
    with more environment variables."""
    by_way, refused = {}, {}

    def least(of, key, value):
        of[key] = min(value, of.get(key, value))

    for _ in range(processes):
        for key in ways:
            for way in ways[key]:
                try:
                    with tempfile.TemporaryDirectory(prefix="tconv-bench-") as cache:
                        with start(key, {"TCONV_CACHE_DIR": cache}) as worker:
                            took = worker.first_call(layer, 1, way)
                    of_way = by_way.setdefault(key, {}).setdefault(way, {})
                    least(of_way, "seconds", took["seconds"])
                    least(of_way, "prepared", took["prepared"])
                except (systems.NotSupported, client.Missing) as error:
                    refused[key] = str(error)
    return {
        "name": layer.name,
        "seconds": {
            key: min(way["seconds"] for way in ways.values())
            for key, ways in by_way.items()
        },
        "by_way": by_way,
        "not_measured": refused,
    }


def measure(chosen, ways, start, progress):
    """The results of all layers."""
    results = []
    for number, layer in enumerate(chosen, 1):
        results.append(measure_layer(layer, ways, start))
        figures = ", ".join(
            f"{systems.SPECS[key].title} {value * 1e3:.1f}"
            for key, value in results[-1]["seconds"].items()
        )
        progress(f"[{number}/{len(chosen)}] {layer.name}: {figures} ms")
        for why in results[-1]["not_measured"].values():
            progress(f"    {why}")
    return results


def columns(run):
    """Titles and, of a layer's result, seconds or None: what tconv takes, then
    what others take."""

    def of_way(way, figure):
        return lambda r: r["by_way"].get(report.OURS, {}).get(way, {}).get(figure)

    def seconds_of(key):
        return lambda result: result["seconds"].get(key)

    ours = [
        ("tconv", seconds_of(report.OURS)),
        ("until its kernel runs", of_way("background", "prepared")),
        ("tconv, compiling first", of_way("wait", "seconds")),
    ]
    others = [
        (run["titles"][key], seconds_of(key))
        for key in run["versions"]
        if key != report.OURS
    ]
    return ours, others


def markdown(run):
    """The first calls of a run."""
    ours, others = columns(run)
    # What a peer takes is compared with both ways of tconv's.
    ratios = [
        (f"{peer} / {title}", ways[1], of_peer)
        for peer, of_peer in others
        for title, ways in (("tconv", ours[0]), ("compiling first", ours[2]))
    ]
    titles = [title for title, _ in ours + others] + [ratio[0] for ratio in ratios]
    lines = [
        "First calls in ms: from the layer's parameters to its first output, in "
        "a fresh process with empty caches; the best of "
        f"{PROCESSES}. {report.heading(run)}",
        "",
        "| " + " | ".join(["layer", *titles]) + " |",
        "|---|" + "---:|" * len(titles),
    ]
    pairs = {title: [] for title, _, _ in ratios}
    for result in run["first_calls"]:
        cells = [result["name"]]
        for _, seconds in ours + others:
            took = seconds(result)
            cells.append(f"{took * 1e3:.1f}" if took else "-")
        for title, of_ours, of_peer in ratios:
            mine, theirs = of_ours(result), of_peer(result)
            cells.append(f"{theirs / mine:.2f}" if mine and theirs else "-")
            if mine and theirs:
                pairs[title].append((theirs / mine, result["name"]))
        lines.append("| " + " | ".join(cells) + " |")
    lines.append("")
    lines += [f"- {doubt}" for doubt in report.doubts(run)]
    for title, values in pairs.items():
        part = report.summarise(values)
        if part:
            lines.append(
                f"- {title}: {part['geometric_mean']:.2f} in geometric mean, at "
                f"least {part['minimum']:.2f} ({part['minimum_layer']})"
            )
    return "\n".join(lines) + "\n"
