# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""every_schedule.py SCHEDULES LAYERS: applies each schedule to each layer."""

import pathlib
import subprocess
import sys

# Lanes that the register tiles of a feature are multiples of.
LANES = {"portable": 4, "avx2": 8, "avx512": 16}
# Operations that each kind leaves once a layer.
PIECES = {
    "positions": ("tconv.pack_input", "tconv.epilogue"),
    "rows": ("tconv.pack_input", "tconv.epilogue"),
    "filter": ("tconv.filter",),
}


def opt(text, *passes):
    done = subprocess.run(
        ["tconv-opt", *passes], input=text, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"tconv-opt {' '.join(passes)}:\n{done.stderr}")
    return done.stdout


def main():
    root, layers = map(pathlib.Path, sys.argv[1:])
    files = sorted(root.rglob("*.mlir"))
    if not files:
        sys.exit(f"no schedules under {root}")
    count = layers.read_text().count("func.func")
    phases = opt(layers.read_text(), "--tconv-cpu-phases")
    for file in files:
        feature = str(file.parent.relative_to(root))
        opt(file.read_text())  # it verifies by itself
        schedule = opt(
            phases,
            f"--tconv-apply-schedule=feature={feature} kind={file.stem} "
            f"schedule-path={root}",
        )
        for what in ("tconv.task_positions", *PIECES[file.stem]):
            found = schedule.count(what)
            assert found == count, f"{file}: {found} {what} for {count} layers"
        if file.stem != "filter":
            assert schedule.count("tconv.contract") >= count, file
        assert f'tconv.schedule = "{file}"' in schedule, f"{file} was not used"
        lanes = LANES[file.parent.name]
        expanded = opt(
            schedule, "--tconv-outline-packing", f"--tconv-cpu-expand=lanes={lanes}"
        )
        assert "tconv.contract" not in expanded, file
        assert "tconv.filter" not in expanded, file
        assert f"vector<{lanes}xf32>" in expanded, file
    print(f"{len(files)} schedules on {count} layers")


if __name__ == "__main__":
    main()
