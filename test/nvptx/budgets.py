# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""budgets.py [--update]: every public layer at every architecture goes through
ptxas without a spill or a warning, and takes the registers, shared memory and
occupancy that budgets.json says. A change shows there: --update writes it."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

from toolkit import ARCHITECTURES, compile_file, need, public_layers, run_figures

FILE = pathlib.Path(__file__).with_name("budgets.json")
# dtype and accuracy, and where they are compiled.
VARIANTS = {
    "f32": ("f32", [], ARCHITECTURES),
    "f16": ("f16", [], [75, 80, 90, 120]),
    "bf16": ("bf16", [], [75, 80, 100]),
    "tf32": ("f32", ["--accuracy=tf32"], [80, 86, 90]),
}
MOST_MILLISECONDS = 2000


def ptxas_version():
    text = subprocess.run(
        [need("ptxas"), "--version"], capture_output=True, text=True
    ).stdout
    return re.search(r"V([\d.]+)", text)[1]


def again(name, line, architecture, arguments):
    """Milliseconds of the fastest of three compilations."""
    times = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            reports, _ = compile_file([(name, line)], architecture, folder, *arguments)
            times.append(sum(reports[name]["milliseconds"].values()))
    return min(times)


def gather():
    budgets, slowest = {}, (0, "")
    for variant, (dtype, arguments, architectures) in VARIANTS.items():
        layers = [(name, f"{line} dtype={dtype}") for name, line in public_layers()]
        for architecture in architectures:
            with tempfile.TemporaryDirectory() as folder:
                reports, error = compile_file(layers, architecture, folder, *arguments)
            if reports is None:
                sys.exit(f"{variant} at sm_{architecture}: {error}")
            rows = budgets.setdefault(f"sm_{architecture}", {}).setdefault(variant, {})
            for name, report in reports.items():
                figures = run_figures(report)
                assert figures["spill_store_bytes"] == 0, (architecture, name)
                assert figures["stack_bytes"] == 0, (architecture, name)
                rows[name] = [
                    figures["registers"],
                    figures["shared_bytes"],
                    round(figures["occupancy"], 3),
                ]
                time = sum(report["milliseconds"].values())
                if time > MOST_MILLISECONDS:  # was something else running?
                    line = dict(layers)[name]
                    time = again(name, line, architecture, arguments)
                slowest = max(slowest, (time, f"{name} {variant} sm_{architecture}"))
    return budgets, slowest


def text_of(version, budgets):
    """One line a layer: [registers, shared bytes, occupancy]."""
    lines = ["{", f'"ptxas": "{version}",', '"budgets": {']
    for target, variants in budgets.items():
        lines.append(f'"{target}": {{')
        for variant, rows in variants.items():
            lines.append(f' "{variant}": {{')
            lines += [f'  "{name}": {json.dumps(row)},' for name, row in rows.items()]
            lines[-1] = lines[-1][:-1]
            lines.append(" },")
        lines[-1] = " }"
        lines.append("},")
    lines[-1] = "}"
    return "\n".join(lines + ["}", "}", ""])


def main():
    version = ptxas_version()
    budgets, slowest = gather()
    print(f"slowest: {slowest[0]:.0f} ms, {slowest[1]}")
    if "--update" in sys.argv:
        FILE.write_text(text_of(version, budgets))
        return
    kept = json.loads(FILE.read_text())
    same = kept["ptxas"] == version
    wrong = []
    for target, variants in budgets.items():
        for variant, rows in variants.items():
            for name, row in rows.items():
                budget = kept["budgets"].get(target, {}).get(variant, {}).get(name)
                # Registers are another ptxas's own affair, as long as it has
                # enough of them.
                if budget is None or row[1] != budget[1] or (same and row != budget):
                    wrong.append(f"{target} {variant} {name}: {row}, not {budget}")
    count = sum(len(rows) for v in budgets.values() for rows in v.values())
    print(f"{count} kernels, ptxas {version}" + ("" if same else ", another one"))
    if slowest[0] > MOST_MILLISECONDS:
        wrong.append(f"{slowest[1]} took {slowest[0]:.0f} ms")
    if wrong:
        sys.exit("\n".join([*wrong, "budgets.py --update writes what is new"]))


if __name__ == "__main__":
    main()
