# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""every_schedule.py SCHEDULES LAYERS: applies each schedule for CPUs to each
layer."""

import pathlib
import sys

from tconv_opt import opt

# Lanes that the register tiles of a feature are multiples of.
LANES = {"portable": 4, "avx2": 8, "avx512": 16}
# What a schedule makes of a layer; all of it is expanded.
PIECES = (
    "tconv.pack_weights",
    "tconv.phases",
    "tconv.pack_input",
    "tconv.transform_input",
    "tconv.contract",
    "tconv.combine",
    "tconv.epilogue",
    "tconv.filter",
)


def main():
    root, layers = map(pathlib.Path, sys.argv[1:])
    files = sorted((root / "cpu").rglob("*.mlir"))
    if not files:
        sys.exit(f"no schedules under {root}")
    # Tile registers are for layers that fast algorithms compute: the first one.
    # Compact weights are for long sums.
    all_layers = layers.read_text()
    fast_layer = "func.func" + all_layers.split("func.func")[1]
    deep_layer = fast_layer.replace("64x", "1024x")
    special = {"tiles": fast_layer, "compact": deep_layer}
    all_phases = {}
    for file in files:
        feature = str(file.parent.relative_to(root))
        text = special.get(file.stem, all_layers)
        if text not in all_phases:
            all_phases[text] = opt(text, "--tconv-cpu-phases")
        phases = all_phases[text]
        count = text.count("func.func")
        opt(file.read_text())  # it verifies by itself
        schedule = opt(
            phases,
            f"--tconv-apply-schedule=feature={feature} kind={file.stem} "
            f"schedule-path={root}",
        )
        fast = schedule.count("tconv.combine")
        panels = 0 if file.stem == "filter" else count
        for what, wanted in {
            "tconv.task_positions": count,
            # Where x is packed, a launch may choose smaller blocks; steps are one.
            "tconv.task_granule": 0 if file.stem == "compact" else panels,
            # Vectors along the rows leave it to a launch where batch items lie;
            # others only where few positions are expected.
            "tconv.item_granule": count if file.stem in ("rows", "compact") else 0,
            "tconv.filter": count - panels,
            "tconv.epilogue": panels,
            # A fast algorithm packs x as points or as it is, and sums either.
            "tconv.pack_input": panels - fast,
            "tconv.transform_input": 2 * fast,
            "tconv.contract_plain": fast,
        }.items():
            found = schedule.count(what)
            assert found == wanted, f"{file}: {found} {what}, not {wanted}"
        assert schedule.count("tconv.contract ") >= panels, file
        # One of the layers at least is for fast algorithms.
        wanted = panels > 0 and file.stem != "compact"
        assert (fast > 0) == wanted, f"{file}: {fast} fast layers"
        assert f'tconv.schedule = "{file}"' in schedule, f"{file} was not used"
        lanes = LANES[file.parent.name]
        expanded = opt(
            schedule, "--tconv-outline-packing", f"--tconv-cpu-expand=lanes={lanes}"
        )
        for what in PIECES:
            assert what not in expanded, f"{file}: {what} is left"
        assert f"vector<{lanes}xf32>" in expanded, file
    print(f"{len(files)} schedules on {all_layers.count('func.func')} layers")


if __name__ == "__main__":
    main()
