# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""every_device_schedule.py SCHEDULES LAYERS: applies each schedule for GPUs to
each layer, one at a time, since a module has one kernel."""

import pathlib
import re
import sys

from tconv_opt import opt

# The first architecture that takes a feature's kernels.
ARCHITECTURES = {"portable": 75, "sm_80": 80}
PIECES = (
    "tconv.phases",
    "tconv.block_product",
    "tconv.block_filter",
    "tconv.pack_tiles",
    "tconv.pack_filters",
    "unrealized_conversion_cast",
)


def main():
    root, layers = map(pathlib.Path, sys.argv[1:])
    files = sorted((root / "nvptx").rglob("*.mlir"))
    if not files:
        sys.exit(f"no schedules under {root}/nvptx")
    functions = re.findall(r"^func\.func.*?^}", layers.read_text(), re.M | re.S)
    for file in files:
        architecture = ARCHITECTURES[file.parent.name]
        opt(file.read_text())  # it verifies by itself
        for function in functions:
            function = re.sub(r"func\.func @\w+", "func.func @layer", function)
            if file.stem == "mma":
                function = function.replace("f32", "f16")
            text = (
                f"module attributes {{tconv.architecture = {architecture} : i64}} "
                f"{{\n{function}\n}}"
            )
            schedule = opt(
                text,
                "--tconv-cpu-phases",
                f"--tconv-nvptx-schedule=feature=nvptx/{file.parent.name} "
                f"kind={file.stem} schedule-path={root}",
            )
            assert f'tconv.schedule = "{file}"' in schedule, f"{file} was not used"
            assert "tconv.task_columns" in schedule, file
            lowered = opt(
                schedule,
                f"--tconv-nvptx-expand=architecture={architecture}",
                "--tconv-nvptx-lower",
            )
            for what in PIECES:
                assert what not in lowered, f"{file}: {what} is left"
            assert lowered.count("nvvm.kernel") == 2, file
    print(f"{len(files)} schedules on {len(functions)} layers")


if __name__ == "__main__":
    main()
