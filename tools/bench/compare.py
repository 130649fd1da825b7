# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Measures systems side by side, layer by layer."""

import math
from dataclasses import asdict

import client
import layers
import reference
import systems


def turns(workers, rounds, seconds):
    """Seconds of each worker's fastest run. They take turns, so that whatever
    else the machine does falls on all of them, in an order that turns round."""
    best = dict.fromkeys((worker.key for worker in workers), math.inf)
    for number in range(rounds):
        for worker in workers if number % 2 == 0 else reversed(workers):
            if worker.slow and number > 0:
                continue
            best[worker.key] = min(best[worker.key], worker.measure(seconds))
    return best


def compulsory_bytes(layer):
    """Bytes of x, y, weight and bias, each once."""
    outputs = layer.out_channels // layer.group
    return 4 * (
        layer.batch * layer.in_channels * layer.length
        + layer.batch * layer.out_channels * layer.output_length
        + layer.in_channels * outputs * layer.kernel_size
        + (layer.out_channels if layer.has_bias else 0)
    )


def compare_layer(layer, workers, rounds, seconds, seed=1):
    """One layer's result. A system that can't do it has no figure, one that
    fails or is wrong has none and stands in `problems`."""
    ready, refused, problems, ways, description = [], {}, {}, {}, {}
    for worker in workers:
        try:
            said = worker.prepare(layer, seed)
            ways[worker.key] = said["way"]
            if worker.key == "tconv":
                description = said["description"]
            ready.append(worker)
        except systems.NotSupported as reason:
            refused[worker.key] = str(reason)
        except client.Missing as error:
            problems[worker.key] = str(error)
    try:
        best = turns(ready, rounds, seconds)
    except client.Missing as error:
        raise SystemExit(f"peers.py: {layer.name}: {error}") from None
    judge = reference.Reference(layer, layers.make_data(layer, seed))
    checks = {}
    for worker in ready:
        check = judge.check(worker.output())
        checks[worker.key] = asdict(check)
        if check.problem:
            problems[worker.key] = f"{worker.title} {check.problem}"
            del best[worker.key]
    return {
        "name": layer.name,
        "layer": layer.line,
        "flops": layer.flops,
        "bytes": compulsory_bytes(layer),
        "seconds": best,
        "gflops": {key: layer.flops / value * 1e-9 for key, value in best.items()},
        "ways": ways,
        "checks": checks,
        "not_supported": refused,
        "problems": problems,
        "description": description,
    }


def compare(chosen, workers, rounds, seconds, progress):
    """The results of all layers; `progress` gets a line of each."""
    results = []
    for number, layer in enumerate(chosen, 1):
        result = compare_layer(layer, workers, rounds, seconds)
        figures = ", ".join(
            f"{worker.title} {result['gflops'][worker.key]:.1f}"
            for worker in workers
            if worker.key in result["gflops"]
        )
        progress(f"[{number}/{len(chosen)}] {layer.name}: {figures} GFLOP/s")
        for problem in result["problems"].values():
            progress(f"    {problem}")
        results.append(result)
    return results
