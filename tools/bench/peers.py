# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares tconv with other systems, layer by layer, in one run.

The systems, each in a process of its own on the same cores, take turns on the
same data in short rounds; the fastest run of each counts. Weights are packed and
outputs allocated beforehand where a system allows it. Every output is compared
with sums in float64.
"""

import argparse
import json
import sys
from contextlib import ExitStack
from pathlib import Path

import client
import compare
import first_call
import gpu
import layers
import machine
import readme
import report
import systems

ROOT = Path(__file__).resolve().parents[2]


def say(text):
    print(text, file=sys.stderr, flush=True)


def add_outputs(parser):
    """The options that say where results go."""
    parser.add_argument("--json", type=Path, help="file for all figures")
    parser.add_argument("--markdown", type=Path, help="file for the tables")
    parser.add_argument("--chart", type=Path, help="file for a chart, .svg or .png")
    parser.add_argument(
        "--update-readme",
        type=Path,
        nargs="?",
        const=ROOT / "README.md",
        metavar="FILE",
        help="writes the tables, and the chart if there is one, between the marks "
        "of README.md or of FILE",
    )
    parser.add_argument(
        "--from-json",
        type=Path,
        action="append",
        metavar="FILE",
        help="measures nothing, takes what --json wrote; may be repeated",
    )
    parser.add_argument(
        "--require-mean",
        type=float,
        help="fail below this geometric mean against the best of the others",
    )
    parser.add_argument(
        "--require-minimum", type=float, help="fail below this ratio of any layer"
    )


def parse_arguments(arguments=None):
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="tools/dev bench",
        description=__doc__.split("\n")[0],
        epilog="tools/dev bench --compile --help: the time that compiling takes, "
        "and the size of the code.",
    )
    parser.add_argument(
        "--layers", type=Path, default=ROOT / "test/suites/public.layers"
    )
    parser.add_argument("--filter", default="", help="part of the layers' names")
    parser.add_argument(
        "--threads", default="1", help="1, or 2, or both of them one after the "
        "other: 1,2; any numbers (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--systems",
        help=f"comma-separated, of {', '.join(systems.SPECS)}; tconv is always "
        f"there (default: {systems.DEFAULT}; with --first-call: openvino)",
    )
    parser.add_argument(
        "--target",
        help="a GPU's (cuda, cuda:1, nvptx:sm_80): compares with cuDNN there instead",
    )
    parser.add_argument("--rounds", type=int, default=5, help="turns per system")
    parser.add_argument("--seconds", type=float, default=0.2, help="of one turn")
    parser.add_argument(
        "--accuracy",
        choices=["default", "direct"],
        default="default",
        help="of tconv; direct: direct kernels only",
    )
    parser.add_argument(
        "--first-call",
        action="store_true",
        help="measures first calls, compilation included, instead",
    )
    add_outputs(parser)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument(
        "--list-extras",
        action="store_true",
        help="prints which requirements-NAME.txt the systems need beyond "
        "requirements.txt, and does nothing else",
    )
    options = parser.parse_args(arguments)
    try:
        options.threads = [int(text) for text in options.threads.split(",")]
    except ValueError:
        parser.error(f"--threads takes numbers, not '{options.threads}'")
    if options.rounds < 1 or min(options.threads) < 1:
        parser.error("--threads and --rounds must be at least 1")
    if options.chart and options.chart.suffix not in (".svg", ".png"):
        parser.error(f"--chart takes a .svg or .png, not '{options.chart}'")
    if options.target and (options.first_call or options.chart):
        parser.error("--target has no --first-call and no --chart")
    if options.chart and options.first_call:
        parser.error("--first-call has no --chart")
    if options.chart and options.update_readme:
        folder = options.update_readme.resolve().parent
        if not options.chart.resolve().is_relative_to(folder):
            parser.error(f"--chart is to be shown, and '{options.chart}' is not "
                         f"below {folder}")  # fmt: skip
    if options.systems is None:
        options.systems = "openvino" if options.first_call else systems.DEFAULT
    options.systems = ["tconv"] + [
        key for key in options.systems.split(",") if key not in ("", "tconv")
    ]
    for key in options.systems:
        if key not in systems.SPECS:
            known = ", ".join(systems.SPECS)
            parser.error(f"--systems: unknown system '{key}'; known: {known}")
    return options


def header_of(options, threads):
    """A run, without results."""
    return {
        "date": machine.today(),
        "machine": machine.measure(options.build, threads),
        "threads": threads,
        "accuracy": options.accuracy,
        "versions": {},
        "titles": {key: systems.SPECS[key].title for key in options.systems},
        "absent": {},
    }


def starter(options, threads):
    """What starts a worker on the run's cores."""
    cores = machine.choose_cores(threads)

    def start(key, environment=None):
        return client.Worker(
            key, options.build, options.accuracy, threads, cores, environment
        )

    return start


def start_all(options, start, run, stack):
    """A worker of each system that is there; the others are named in the run."""
    workers = []
    for key in options.systems:
        try:
            worker = stack.enter_context(start(key))
        except client.Missing as why:
            if key == report.OURS:
                raise
            run["absent"][key] = str(why)
            say(f"not compared: {why}")
            continue
        run["versions"][key] = worker.version
        workers.append(worker)
    return workers


def measure(options, chosen, threads):
    """One run."""
    run = header_of(options, threads)
    start = starter(options, threads)
    with ExitStack() as stack:
        workers = start_all(options, start, run, stack)
        for line in (report.heading(run), *report.doubts(run)):
            say(line)
        if not options.first_call:
            run["layers"] = compare.compare(
                chosen, workers, options.rounds, options.seconds, say
            )
            return run
    ways = {worker.key: worker.first_ways for worker in workers}
    run["first_calls"] = first_call.measure(chosen, ways, start, say)
    return run


def text_of(runs):
    """The Markdown of the runs."""
    compared = [run for run in runs if "layers" in run]
    called = [run for run in runs if "first_calls" in run]
    parts = [report.markdown(compared)] if compared else []
    return "\n".join(parts + [first_call.markdown(run) for run in called])


def picture(options):
    """The chart as Markdown, by its path from the document."""
    document = options.update_readme.resolve().parent
    path = options.chart.resolve().relative_to(document)
    return f"![Speed against the roofline, and ratios]({path.as_posix()})"


def write(options, runs):
    """All that was asked for; standard output has the Markdown anyway."""
    text = text_of(runs)
    print(text)
    if options.json:
        options.json.write_text(json.dumps({"runs": runs}, indent=2) + "\n")
    if options.markdown:
        options.markdown.write_text(text)
    compared = [run for run in runs if "layers" in run]
    if options.chart and compared:
        import chart  # matplotlib is needed for nothing else

        chart.draw(compared, options.chart)
        if options.update_readme:
            text += "\n" + picture(options)
    if options.update_readme:
        readme.update(options.update_readme, text)
    failures = [*report.problems(compared)]
    failures += report.unmet(compared, options.require_mean, options.require_minimum)
    if failures:
        sys.exit("peers.py: " + "; ".join(failures))


def main():
    options = parse_arguments()
    if options.list_extras:
        if not options.from_json and not options.target:
            extras = (systems.SPECS[key].extra for key in options.systems)
            print("\n".join(filter(None, extras)))
        return
    try:
        if options.from_json:
            texts = [path.read_text() for path in options.from_json]
            runs = [run for text in texts for run in json.loads(text)["runs"]]
        elif options.target:
            runs = [gpu.measure(options)]
        else:
            chosen = layers.read(options.layers, options.filter)
            runs = [measure(options, chosen, count) for count in options.threads]
        write(options, runs)
    except (OSError, ValueError, client.Missing) as error:
        sys.exit(f"peers.py: {error}")


if __name__ == "__main__":
    main()
