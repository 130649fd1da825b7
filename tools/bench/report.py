# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the figures of a run say: ratios, their means, and the Markdown.

A run is a dictionary, as it is written as JSON: date, machine, threads, accuracy,
versions and titles by system, absent (why a system is not there), layers
(compare.py's results).
"""

import math

OURS = "tconv"


def ratio(result, peer):
    """How many times faster tconv is than `peer`; None without a figure."""
    seconds = result["seconds"]
    if peer not in seconds or OURS not in seconds:
        return None
    return seconds[peer] / seconds[OURS]


def best_peer(result):
    """The fastest system but tconv; None without one."""
    peers = {key: s for key, s in result["seconds"].items() if key != OURS}
    return min(peers, key=peers.get) if peers else None


def summarise(ratios):
    """Geometric mean and least of (ratio, layer name) pairs; None without any."""
    if not ratios:
        return None
    least, name = min(ratios)
    return {
        "layers": len(ratios),
        "geometric_mean": math.exp(
            sum(math.log(value) for value, _ in ratios) / len(ratios)
        ),
        "minimum": least,
        "minimum_layer": name,
    }


def summary(run):
    """Summaries by peer; that against each layer's best is named "best"."""

    def against(peer_of):
        pairs = [(ratio(r, peer_of(r)), r["name"]) for r in run["layers"]]
        return summarise([pair for pair in pairs if pair[0]])

    peers = [key for key in run["versions"] if key != OURS]
    whole = {key: against(lambda _, key=key: key) for key in peers}
    return {"best": against(best_peer), **whole}


def plural(count, noun):
    return f"{count} {noun}" + ("" if count == 1 else "s")


def heading(run):
    """The machine, the versions and the date, in two sentences."""
    machine, threads = run["machine"], run["threads"]
    peak = machine["fma_peak_gflops_1t"]
    more = ""
    if threads > 1:
        more = f" on 1 thread, {machine['fma_peak_gflops_Nt']:.0f} on {threads}"
    versions = ", ".join(
        f"{run['titles'][key]} {version}" for key, version in run["versions"].items()
    )
    direct = ", direct kernels only" if run["accuracy"] == "direct" else ""
    if "timed_by" in run:
        return (
            f"{machine['cpu']} ({machine['isa']}, {machine['cores']} multiprocessors; "
            f"at most {peak:.0f} GFLOP/s of f32 FMAs and {machine['copy_gbs']:.0f} "
            f"GB/s, {machine['how']}), timed by {run['timed_by']}{direct}, "
            f"{run['date']}. {versions}."
        )
    return (
        f"{machine['cpu']} ({machine['isa']}, {plural(machine['cores'], 'core')}; "
        f"FMA peak {peak:.0f} GFLOP/s{more}; copy {machine['copy_gbs']:.1f} GB/s), "
        f"{plural(threads, 'thread')}{direct}, {run['date']}. {versions}."
    )


def doubts(run):
    """Why the figures of a run may be too low, line by line."""
    machine, threads = run["machine"], run["threads"]
    load = machine.get("load", 0.0)
    # This command's own start counts too.
    if load > 1:
        yield f"the load was {load:.1f} when it began: others used the machine"
    share = machine["fma_peak_gflops_Nt"] / machine["fma_peak_gflops_1t"]
    if share < 0.9 * threads:
        yield (
            f"{threads} threads reached {share:.2f} times one thread's FMA peak: the "
            "machine was busy, or its cores are not that many"
        )


def row(run, result):
    """A line of the table, the best peer's figure in bold."""
    best = best_peer(result)
    cells = [result["name"]]
    path = result["description"].get("path", "kernel")
    if path != "kernel":
        cells[0] += f" ({path})"
    for key in run["versions"]:
        if key in result["gflops"]:
            # Two digits at least, for those that are slow.
            figure = result["gflops"][key]
            text = f"{figure:.1f}" if figure >= 1 else f"{figure:.2g}"
            cells.append(f"**{text}**" if key == best else text)
        else:
            cells.append("-")
    value = ratio(result, best)
    cells.append(f"{value:.2f}" if value else "-")
    return "| " + " | ".join(cells) + " |"


def closing(run):
    """What the table comes to, line by line."""
    figures = summary(run)
    names = {"best": "the best of them, layer by layer", **run["titles"]}
    for key, part in figures.items():
        if part:
            yield (
                f"- {names[key]}: {part['geometric_mean']:.2f} times as fast in "
                f"geometric mean of {plural(part['layers'], 'layer')}, at least "
                f"{part['minimum']:.2f} ({part['minimum_layer']})"
            )
    yield from (f"- {doubt}" for doubt in doubts(run))
    for why in run["absent"].values():
        yield f"- not compared: {why}"
    for result in run["layers"]:
        for key, why in result["not_supported"].items():
            yield f"- {result['name']}: {run['titles'][key]} cannot: {why}"
        for why in result["problems"].values():
            yield f"- {result['name']}: {why}"


def table(run):
    """One run as Markdown."""
    titles = [run["titles"][key] for key in run["versions"]]
    header = ["layer", *titles, "ratio to the best"]
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join(
        [
            heading(run),
            "",
            "| " + " | ".join(header) + " |",
            "|" + "|".join(rule) + "|",
            *(row(run, result) for result in run["layers"]),
            "",
            *([f"{run['titles'][OURS]} against", ""] if len(titles) > 1 else []),
            *closing(run),
        ]
    ).rstrip()


def markdown(runs):
    """All runs. Every output was checked, or has no figure."""
    about = (
        "GFLOP/s of each system, counted as 2 * N * Cin * Cout / group * K * Lin "
        "whatever it does; the systems took turns, the fastest run of each counts, "
        "every output was checked. The best of the others is in bold."
    )
    return "\n\n".join([about, *map(table, runs)]) + "\n"


def unmet(runs, mean, minimum):
    """What of a required geometric mean and minimum is not met."""
    for run in runs:
        figures = summary(run)["best"]
        for key, least in (("geometric_mean", mean), ("minimum", minimum)):
            if least is not None and (figures is None or figures[key] < least):
                got = figures and round(figures[key], 3)
                where = plural(run["threads"], "thread")
                yield f"{key} on {where} is {got}, not {least} or more"


def problems(runs):
    """Outputs that were wrong and systems that failed, one line each."""
    for run in runs:
        for result in run["layers"]:
            for why in result["problems"].values():
                yield f"{result['name']}: {why}"
