# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the tests of the installation share."""

import os
import re
import subprocess
from pathlib import Path

BUILD = Path(os.environ["TCONV_TEST_BUILD"])
ROOT = Path(__file__).resolve().parents[2]
CMAKE = os.environ["TCONV_TEST_CMAKE"]
CC = os.environ["TCONV_TEST_CC"]
EXAMPLE = ROOT / "examples/ahead_of_time"


def run(*command, environment=None, **options):
    """The finished process."""
    return subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=400,
        env={**os.environ, **(environment or {})},
        **options,
    )


def passes(*command, **options):
    """Standard output of a run that must succeed."""
    done = run(*command, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def install(build, prefix, component=None):
    """Installs all of a build, or one component."""
    only = ["--component", component] if component else []
    passes(CMAKE, "--install", build, "--prefix", prefix, *only)


def configure_and_build(source, folder, prefix, *arguments):
    passes(CMAKE, "-S", source, "-B", folder, "-G", "Ninja",
           f"-DCMAKE_PREFIX_PATH={prefix}", *arguments)  # fmt: skip
    return passes(CMAKE, "--build", folder, "-j1")


def needed(path):
    """The libraries that a program or library names."""
    return re.findall(r"\(NEEDED\).*\[(.*)\]", passes("readelf", "-d", path))


def opened(program, *arguments, environment=None):
    """Runs a program that must succeed; returns the libraries that were loaded
    into it, at its start or later."""
    done = run(program, *arguments, environment={
        **(environment or {}), "LD_DEBUG": "files", "TCONV_CACHE_SIZE": "0"})  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    files = set(re.findall(r"file=(\S+) ", done.stderr))
    assert any("libc.so" in name for name in files), done.stderr
    return files
