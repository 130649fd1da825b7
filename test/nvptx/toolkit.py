# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the tests of GPU kernels share: layers, tools, ptxas where it is."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test/support"))

from public_suite import public_layers  # noqa: E402, F401

BUILD = pathlib.Path(os.environ.get("TCONV_TEST_BUILD", ROOT / "build"))
ARCHITECTURES = [75, 80, 86, 89, 90, 100, 120]
SKIPPED = 77  # for ctest


def find(name):
    """A tool of NVIDIA's toolkit, as tconv-compile looks for it."""
    places = [os.environ.get("PATH", "")]
    for variable in ("CUDA_HOME", "CUDA_PATH"):
        if variable in os.environ:
            places.append(os.environ[variable] + "/bin")
    places += ["/usr/local/cuda/bin", "/opt/cuda/bin"]
    return shutil.which(name, path=os.pathsep.join(places))


def need(name):
    path = find(name)
    if not path:
        print(f"skipped: {name} is not installed")
        sys.exit(SKIPPED)
    return path


def compile_file(layers, architecture, folder, *arguments):
    """Compiles (name, line) pairs to PTX, through ptxas; the JSON reports by
    name, and what was said where that failed."""
    path = pathlib.Path(folder) / "device.layers"
    path.write_text("".join(f"{name}: {line}\n" for name, line in layers))
    done = subprocess.run(
        [
            BUILD / "bin/tconv-compile",
            "--layers",
            path,
            f"--target=nvptx:sm_{architecture}",
            "--emit=ptx",
            "-o",
            f"{folder}/",
            "--json",
            *arguments,
        ],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        return None, done.stderr
    reports = json.loads(done.stdout)
    return dict(zip((name for name, _ in layers), reports)), ""


def run_figures(report):
    """ptxas's figures of the kernel that computes."""
    entry = report["device"]["run_entry"]
    return next(one for one in report["device"]["ptxas"] if one["entry"] == entry)
