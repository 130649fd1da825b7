# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The parent's side of worker.py."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import systems

HERE = Path(__file__).resolve().parent


class Missing(Exception):
    """A system is not there, or has ended; the message says why."""


def python_of(spec, build):
    """The interpreter that has a system's packages."""
    if not spec.extra:
        return Path(sys.executable)
    return Path(build) / f"venv-bench-{spec.extra}" / "bin" / "python"


class Worker:
    """A system in a process of its own, on `cores`. It is stopped while it has
    nothing to do: threads that wait for work by spinning, as is fastest, would
    take the cores from the others."""

    def __init__(self, key, build, accuracy, threads, cores, environment=None):
        self.key = key
        self.spec = systems.SPECS[key]
        self.title = self.spec.title
        self.slow = self.spec.slow
        python = python_of(self.spec, build)
        if not python.exists():
            raise Missing(f"{self.title} is not installed")
        self.said = tempfile.TemporaryFile("w+", errors="replace")
        self.process = subprocess.Popen(
            [python, HERE / "worker.py", key, build, accuracy, str(threads),
             ",".join(map(str, cores))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.said,
            text=True,
            env={**os.environ, **self.spec.environment, **(environment or {}),
                 "OMP_NUM_THREADS": str(threads), "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        hello = self.receive()
        self.process.send_signal(signal.SIGSTOP)
        self.version, self.ways = hello["version"], hello["ways"]
        self.first_ways = hello["first_ways"]

    def receive(self):
        line = self.process.stdout.readline()
        try:
            reply = json.loads(line)
        except ValueError:
            self.close()
            raise Missing(f"{self.title} ended: {self.last_words()}") from None
        if reply["ok"]:
            return reply
        if "not_supported" in reply:
            raise systems.NotSupported(reply["not_supported"])
        raise Missing(f"{self.title}: {reply['error']}")

    def last_words(self):
        """The last line of what the process said, and how it ended."""
        self.said.seek(0)
        lines = self.said.read().strip().splitlines() or ["it said nothing"]
        return f"{lines[-1]} (exit status {self.process.returncode})"

    def ask(self, do, **arguments):
        self.process.send_signal(signal.SIGCONT)
        try:
            return self.answer_to(do, **arguments)
        finally:
            self.process.send_signal(signal.SIGSTOP)

    def answer_to(self, do, **arguments):
        try:
            print(
                json.dumps({"do": do, **arguments}), file=self.process.stdin,
                flush=True,
            )  # fmt: skip
        except (BrokenPipeError, ValueError):
            self.close()
            raise Missing(f"{self.title} ended: {self.last_words()}") from None
        return self.receive()

    def prepare(self, layer, seed):
        """Gets the layer ready, in the fastest way that the system has, and runs
        it; `way`, and `description` by the system itself."""
        return self.ask(
            "prepare", trial=0.1, name=layer.name, line=layer.line, seed=seed
        )

    def measure(self, seconds):
        """Seconds of the fastest run of a turn."""
        few = {"seconds": 0, "minimum_runs": 1}
        many = {"seconds": seconds, "minimum_runs": 3}
        return self.ask("measure", **(few if self.slow else many))["seconds"]

    def output(self):
        """y of the last run."""
        with tempfile.TemporaryDirectory(prefix="tconv-bench-") as folder:
            path = Path(folder) / "y.npy"
            self.ask("output", path=str(path))
            return np.load(path)

    def first_call(self, layer, seed, way):
        """`seconds` from the parameters to the first output."""
        return self.ask(
            "first_call", way=way, name=layer.name, line=layer.line, seed=seed
        )

    def close(self):
        self.process.send_signal(signal.SIGCONT)
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # what it could not be asked any more
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        self.said.close()
