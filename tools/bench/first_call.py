# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a layer's first call costs, compilation included.

Each is made in a process of its own that has imported its library and holds the
data; tconv's finds an empty cache on the disk and opens its compiler, OpenVINO's
opens its plugin. The quickest of a few counts, in the quickest way that a system
can be asked.
"""

import tempfile

import client
import report
import systems

PROCESSES = 3


def measure_layer(layer, ways, start, processes=PROCESSES):
    """Seconds by system; `ways` are those of each, `start` makes the worker of one
    with more environment variables."""
    seconds, refused = {}, {}
    for _ in range(processes):
        for key in ways:
            for way in ways[key]:
                try:
                    with tempfile.TemporaryDirectory(prefix="tconv-bench-") as cache:
                        with start(key, {"TCONV_CACHE_DIR": cache}) as worker:
                            took = worker.first_call(layer, 1, way)["seconds"]
                    seconds[key] = min(took, seconds.get(key, took))
                except (systems.NotSupported, client.Missing) as error:
                    refused[key] = str(error)
    return {"name": layer.name, "seconds": seconds, "not_measured": refused}


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


def markdown(run):
    """The first calls of a run."""
    keys = [key for key in run["versions"] if key != report.OURS]
    titles = [run["titles"][key] for key in run["versions"]]
    ratio_titles = [f"{run['titles'][key]} / tconv" for key in keys]
    lines = [
        "First calls in ms: from the layer's parameters to its first output, "
        "compilation included, in a fresh process with empty caches; the best of "
        f"{PROCESSES}. {report.heading(run)}",
        "",
        "| " + " | ".join(["layer", *titles, *ratio_titles]) + " |",
        "|---|" + "---:|" * (len(titles) + len(keys)),
    ]
    for result in run["first_calls"]:
        took = result["seconds"]
        cells = [result["name"]]
        for key in run["versions"]:
            cells.append(f"{took[key] * 1e3:.1f}" if key in took else "-")
        for key in keys:
            value = report.ratio(result, key)
            cells.append(f"{value:.2f}" if value else "-")
        lines.append("| " + " | ".join(cells) + " |")
    lines.append("")
    lines += [f"- {doubt}" for doubt in report.doubts(run)]
    for key in keys:
        pairs = [(report.ratio(r, key), r["name"]) for r in run["first_calls"]]
        part = report.summarise([pair for pair in pairs if pair[0]])
        if part:
            lines.append(
                f"- {run['titles'][key]} takes {part['geometric_mean']:.2f} times as "
                f"long in geometric mean, at least {part['minimum']:.2f} times "
                f"({part['minimum_layer']})"
            )
    return "\n".join(lines) + "\n"
