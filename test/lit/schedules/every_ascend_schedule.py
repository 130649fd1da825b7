# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""every_ascend_schedule.py SCHEDULES LAYERS: applies each schedule for Ascend to
each layer in each type, one at a time, since a module has one layer's kernels."""

import pathlib
import re
import sys

from tconv_opt import opt

KERNELS = ("pack", "edge", "product", "store")


def main():
    root, layers = map(pathlib.Path, sys.argv[1:])
    files = sorted((root / "ascend").rglob("*.mlir"))
    if not files:
        sys.exit(f"no schedules under {root}/ascend")
    functions = re.findall(r"^func\.func.*?^}", layers.read_text(), re.M | re.S)
    for file in files:
        feature = str(file.parent.relative_to(root))
        opt(file.read_text())  # it verifies by itself
        for index, function in enumerate(functions):
            kind = ("f32", "f16", "bf16")[index % 3]
            function = re.sub(r"func\.func @\w+", "func.func @layer", function)
            text = (
                'module attributes {tconv.ascend = "910b3"} {\n'
                f"{function.replace('f32', kind)}\n}}"
            )
            schedule = opt(
                text,
                "--tconv-cpu-phases",
                f"--tconv-ascend-schedule=feature={feature} kind={file.stem} "
                f"schedule-path={root}",
            )
            assert f'tconv.schedule = "{file}"' in schedule, f"{file} was not used"
            cores = re.search(r"tconv\.cores = \{.*?\}", schedule)
            assert cores and f'unit = "{file.stem}"' in cores[0], file
            assert "tconv.estimate" in schedule, file
            kernels = opt(schedule, "--tconv-ascend-expand=symbol=up")
            assert '"tconv.' not in kernels and " tconv." not in kernels, file
            for kernel in KERNELS:
                assert f"func.func @up_{kernel}(" in kernels, f"{file}: {kernel}"
            on_cube = 'mix_mode = "mix"' in kernels
            assert on_cube == (file.stem == "cube"), file
    print(f"{len(files)} schedules on {len(functions)} layers")


if __name__ == "__main__":
    main()
