# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Finds and runs Huawei's open compiler, where it is installed."""

import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("TCONV_TEST_BUILD", ROOT / "build"))
NAME = "bishengir-compile"
SKIPPED = 77  # for ctest


def find():
    """Its path: TCONV_BISHENGIR (it, or a folder that has it), PATH, or what
    tools/dev fetched; None where there is none."""
    named = os.environ.get("TCONV_BISHENGIR")
    if not named and shutil.which(NAME):
        return pathlib.Path(shutil.which(NAME))
    place = pathlib.Path(named or BUILD / "ascendnpu-ir/ascendnpuir")
    for path in (place, place / NAME, place / "bin" / NAME):
        if path.is_file():
            return path
    return None


def need():
    """Its path, for the environment of tools, too; ends the test without it."""
    path = find()
    if not path:
        print(f"skipped: {NAME} is not installed")
        sys.exit(SKIPPED)
    os.environ["TCONV_BISHENGIR"] = str(path)
    return path


#: Of kernels that say themselves what the cube core and what the vector cores do,
#: and when; without the last one, vector cores hold every buffer once.
SPLIT = [
    "--disable-auto-inject-block-sync",
    "--disable-auto-cv-work-space-manage",
    "--enable-auto-bind-sub-block=false",
    "--limit-auto-multi-buffer-buffer=no-limit",
]


def lower(source, folder, options=()):
    """The path of what it lowers a kernel to, with these options besides."""
    kept = pathlib.Path(folder) / source.stem
    shutil.rmtree(kept, ignore_errors=True)
    done = subprocess.run(
        [
            need(),
            source,
            "--target=Ascend910B3",
            "--enable-hfusion-compile=true",
            "-enable-hivm-compile",
            "--enable-triton-kernel-compile=true",
            "--enable-auto-multi-buffer=true",
            *options,
            f"--save-temps={kept}",
            "-o",
            f"{kept}.o",
        ],
        capture_output=True,
        text=True,
    )
    lowered = kept / "module.hivm.opt.mlir"
    # It ends with 1 whatever happened, unless its closed last step is there.
    if not lowered.exists():
        sys.exit(f"{source.name} is not accepted:\n{done.stderr}")
    return lowered
