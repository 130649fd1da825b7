# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the tests of Ascend kernels share: layers, tconv-compile, bishengir."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test/support"))

from public_suite import public_layers  # noqa: E402, F401

BUILD = pathlib.Path(os.environ.get("TCONV_TEST_BUILD", ROOT / "build"))
SKIPPED = 77  # for ctest
CHANNELS = [1, 2, 3, 5, 8, 16, 17, 31, 32, 48, 64, 96, 100, 128, 256]


def bishengir():
    """The folder of bishengir-opt, or None: where the build's tools put it, or
    where TCONV_BISHENGIR says."""
    given = os.environ.get("TCONV_BISHENGIR")
    places = [pathlib.Path(given)] if given else [BUILD / "ascendnpu-ir/ascendnpuir"]
    for place in places:
        for folder in (place / "bin", place):
            if os.access(folder / "bishengir-opt", os.X_OK):
                os.environ["TCONV_BISHENGIR"] = str(place)
                return folder
    return None


def need_bishengir():
    folder = bishengir()
    if not folder:
        print("skipped: ascendnpu-ir is not installed")
        sys.exit(SKIPPED)
    return folder


def random_layer(draw, most=1 << 30):
    """A layer line of any kind, with at most `most` weights."""
    while True:
        group = draw.choice([1, 1, 1, 2, 3, 4])
        inputs = group * draw.choice(CHANNELS)
        outputs = group * draw.choice(CHANNELS)
        if draw.random() < 0.2:  # depthwise
            inputs = outputs = group = draw.choice(CHANNELS) * 3
        stride = draw.choice([1, 1, 2, 2, 3, 4, 5, 7, 8, 10, 32, 100, 300])
        kernel = draw.choice([1, 2, 3, 4, 5, 7, 8, 11, 16, 20, 31, 64, 150, 300])
        dilation = draw.choice([1, 1, 1, 2, 3, 6])
        if inputs * outputs // group * kernel > most:
            continue
        return (
            f"in_channels={inputs} out_channels={outputs} kernel_size={kernel} "
            f"stride={stride} dilation={dilation} group={group} "
            f"has_bias={draw.randrange(2)} pad_mode={draw.choice(['valid', 'same'])}"
        )


def compile_layer(line, target, emit, folder=None):
    """Reports, and the text of what was made by its ending; or a RuntimeError
    with what was said."""
    with tempfile.TemporaryDirectory() as temporary:
        prefix = f"{folder or temporary}/layer"
        done = subprocess.run(
            [
                BUILD / "bin/tconv-compile",
                line,
                f"--target={target}",
                f"--emit={emit}",
                "-o",
                prefix,
                "--symbol=some_layer",
                "--json",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        report = json.loads(done.stdout)[0]
        texts = {
            path[len(prefix) + 1 :]: pathlib.Path(path).read_text()
            for path in report["files"]
        }
    return report, texts


def compile_file(layers, target, emit, folder):
    """(report, text of all kernels) of (name, line) pairs, in their order."""
    path = pathlib.Path(folder) / "ascend.layers"
    path.write_text("".join(f"{name}: {line}\n" for name, line in layers))
    done = subprocess.run(
        [
            BUILD / "bin/tconv-compile",
            "--layers",
            path,
            f"--target={target}",
            f"--emit={emit}",
            "-o",
            f"{folder}/",
            "--json",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    reports = json.loads(done.stdout)
    return [
        (report, (pathlib.Path(folder) / f"{report['symbol']}.ascend.mlir").read_text())
        for report in reports
    ]
