# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the tools of the build folder."""

import os
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np

BUILD = Path(os.environ["TCONV_TEST_BUILD"])
ROOT = Path(__file__).resolve().parents[2]


def run(tool, *arguments, **options):
    """The finished process; a tool must never end by a signal."""
    environment = dict(os.environ, **options.pop("environment", {}))
    done = subprocess.run(
        [str(BUILD / "bin" / tool), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        **options,
    )
    assert done.returncode >= 0, f"signal {-done.returncode}: {done.stderr}"
    return done


def passes(tool, *arguments, **options):
    """Standard output of a run that must succeed."""
    done = run(tool, *arguments, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refuses(tool, *arguments, **options):
    """The message of a run that must fail with exit code 1."""
    done = run(tool, *arguments, **options)
    assert done.returncode == 1, (done.returncode, done.stderr)
    assert "terminate called" not in done.stderr
    assert done.stderr.strip(), "no message"
    return done.stderr


def write_wav(path, samples, rate=16000):
    """16-bit samples of shape (channels, frames), made without the tools."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[0])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.ascontiguousarray(samples.T.astype("<i2")).tobytes())


def read_float_wav(path):
    """(channels, frames) and the rate of a WAV file of 32-bit floats."""
    data = Path(path).read_bytes()
    assert data[:4] == b"RIFF" and data[8:12] == b"WAVE"
    offset, form, samples = 12, None, None
    while offset + 8 <= len(data):
        name = data[offset : offset + 4]
        size = int.from_bytes(data[offset + 4 : offset + 8], "little")
        body = data[offset + 8 : offset + 8 + size]
        if name == b"fmt ":
            form = body
        elif name == b"data":
            samples = body
        offset += 8 + size + size % 2
    channels = int.from_bytes(form[2:4], "little")
    rate = int.from_bytes(form[4:8], "little")
    assert int.from_bytes(form[14:16], "little") == 32
    return np.frombuffer(samples, "<f4").reshape(-1, channels).T, rate


def python(script, *arguments):
    """The finished process of a Python script of the repository."""
    return subprocess.run(
        [sys.executable, str(ROOT / script), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
    )
