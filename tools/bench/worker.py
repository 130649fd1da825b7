# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The process that one system lives in.

Reads a JSON object a line from standard input, each a command with `do`, and
answers with one on what was standard output. What libraries print goes to
standard error.
"""

import json
import math
import os
import sys
import time

import numpy as np

import layers
import systems


class Server:
    """The system of this process, and the layer that it has ready."""

    def __init__(self, key, build, accuracy, threads):
        self.kind = systems.load(key)
        self.kind.open(build, accuracy)
        self.threads = threads
        self.system = None

    def data(self, name, line, seed):
        layer = layers.parse(f"{name}: {line}", 1)
        return layer, layers.make_data(layer, seed)

    def hello(self):
        ways = self.kind.ways
        return {
            "version": self.kind.version(),
            "ways": ways,
            "first_ways": self.kind.first_ways or ways,
        }

    def prepare(self, trial, **layer):
        """Gets the layer ready in the way that is the fastest in a trial of so
        many seconds."""
        self.system = None  # its memory, before the next one takes more
        made = self.data(**layer)
        best, chosen, refused = math.inf, "", None
        for way in self.kind.ways:
            try:
                system = self.kind(*made, self.threads, way)
            except systems.NotSupported as reason:
                refused = reason
                continue
            system.run()
            took = 0.0
            if len(self.kind.ways) > 1:
                took = self.fastest(system, trial, 2)[0]
            if took < best:
                best, chosen, self.system = took, way, system
        if self.system is None:
            raise refused
        return {"way": chosen, "description": self.system.description()}

    def measure(self, seconds, minimum_runs):
        """The fastest of the runs of about so many seconds."""
        if minimum_runs > 1:
            self.system.run()  # brings back data and threads
        best, runs = self.fastest(self.system, seconds, minimum_runs)
        return {"seconds": best, "runs": runs}

    @staticmethod
    def fastest(system, seconds, minimum_runs):
        """Seconds of the fastest run, and the number of runs."""
        best, runs = math.inf, 0
        begin = time.perf_counter()
        while runs < minimum_runs or time.perf_counter() - begin < seconds:
            start = time.perf_counter()
            system.run()
            best = min(best, time.perf_counter() - start)
            runs += 1
        return best, runs

    def output(self, path):
        np.save(path, self.system.output())
        return {}

    def first_call(self, way, **layer):
        """A layer's way from its parameters to its first output, and to where
        nothing is left to get ready; what was imported or opened before is not
        part of it, the data neither."""
        made = self.data(**layer)
        start = time.perf_counter()
        self.system = self.kind(*made, self.threads, way)
        ready = time.perf_counter()
        self.system.run()
        end = time.perf_counter()
        self.system.prepare()
        return {
            "seconds": end - start,
            "making": ready - start,
            "prepared": time.perf_counter() - start,
        }


def answer(server, command):
    """What to send back; an error goes to the parent, which decides."""
    do = command.pop("do")
    try:
        return {"ok": True, **getattr(server, do)(**command)}
    except systems.NotSupported as reason:
        return {"ok": False, "not_supported": str(reason)}
    except Exception as error:  # whatever a foreign library raises
        text = str(error).strip().splitlines() or [""]
        return {"ok": False, "error": f"{type(error).__name__}: {text[0]}"}


def main():
    key, build, accuracy, threads, cores = sys.argv[1:]
    # Before any library counts the cores.
    os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    try:
        server = Server(key, build, accuracy, int(threads))
    except (ImportError, OSError) as error:
        print(json.dumps({"ok": False, "error": str(error)}), file=replies)
        return
    print(json.dumps({"ok": True, **server.hello()}), file=replies)
    for line in sys.stdin:
        print(json.dumps(answer(server, json.loads(line))), file=replies)


if __name__ == "__main__":
    main()
