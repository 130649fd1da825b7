# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the machine is, what it can do at most, and on which cores to run."""

import json
import os
import subprocess
import time
from pathlib import Path


def siblings(core):
    """The logical cores that share a core with this one."""
    path = f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list"
    try:
        text = Path(path).read_text().strip()
    except OSError:
        return {core}
    found = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def choose_cores(threads, allowed=None, siblings_of=siblings):
    """So many of the cores that this process may use; ones that share nothing
    first, and the last of those, since interrupts like the first. ValueError
    where there are too few."""
    allowed = sorted(allowed or os.sched_getaffinity(0))
    if threads > len(allowed):
        raise ValueError(
            f"{threads} threads need as many cores; this process may use "
            f"{len(allowed)}"
        )
    alone, shared, taken = [], [], set()
    for core in reversed(allowed):
        (shared if core in taken else alone).append(core)
        taken |= siblings_of(core)
    return sorted((alone + shared)[:threads])


def measure(build, threads):
    """tconv-bench's figures: cpu, isa, cores, fma_peak_gflops_1t and _Nt,
    copy_gbs; and load, of the last minute. Measured on the cores that the systems
    will have."""
    load = os.getloadavg()[0]
    cores = choose_cores(threads)
    text = subprocess.run(
        [Path(build) / "bin" / "tconv-bench", "--peak", "--threads", str(threads),
         "--json", "-"],
        check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    ).stdout  # fmt: skip
    figures = json.loads(text)
    figures["cores"] = len(os.sched_getaffinity(0))
    figures["load"] = load
    return figures


def today():
    """The date of the run."""
    return time.strftime("%Y-%m-%d")
