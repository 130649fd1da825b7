# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""layers.py PART [--all] [--count N] [--seed S]: layers that tconv-compile makes
for Ascend, lowered by bishengir-compile, on the model of the core, launched by
their plans, against sums in float64 by SPEC's bounds, without a finding.

  chosen   one layer of each kind in every type
  oracle   MindSpore's cases, in f16 and f32 by turns and some in bf16; with
           --all each in every type
  random   N random layers of all types (default 40), on random numbers of cores,
           with rows that lie apart
  special  N random layers (default 30) and chosen ones with infinities and NaN
           in x and in the weights

Skipped where bishengir-compile is not installed."""

import argparse
import random
import sys
import tempfile

import bishengir
import compiled
import computed
import numpy as np
from compiled import Job, data_of
from toolkit import random_layer

TYPES = ["f16", "f32", "bf16"]
CORES = [(1, 1), (3, 5), (2, 40), (20, 40)]

#: One of each kind: (layer, length, batch). The long ones have several tiles of the
#: interleaving, too, and the last of them is not full.
CHOSEN = [
    ("in_channels=64 out_channels=32 kernel_size=4 stride=2 padding=1 pad_mode=pad", 1700, 1),
    ("in_channels=80 out_channels=48 kernel_size=16 stride=8 padding=4 pad_mode=pad", 70, 2),
    ("in_channels=6 out_channels=4 kernel_size=5 stride=3 dilation=2 group=2", 70, 2),
    ("in_channels=16 out_channels=16 kernel_size=7 stride=2 group=16", 1700, 2),
    ("in_channels=32 out_channels=1 kernel_size=7 stride=1", 4500, 1),
    ("in_channels=3 out_channels=5 kernel_size=2 stride=4 pad_mode=valid", 50, 1),
    ("in_channels=5 out_channels=6 kernel_size=5 stride=8", 30, 1),
    ("in_channels=2 out_channels=2 kernel_size=4 stride=8 dilation=3", 7, 1),
    ("in_channels=1 out_channels=1 kernel_size=1", 1, 1),
]  # fmt: skip


def chosen(_, __):
    for line, length, batch in CHOSEN:
        for kind in TYPES:
            yield Job(f"{line} has_bias=1 dtype={kind}", length, batch)


def oracle(arguments, _):
    for index, (line, length, batch, data) in enumerate(computed.oracle()):
        kinds = TYPES if arguments.all else [TYPES[index % 2]]
        if not arguments.all and index % 8 == 0:
            kinds = [*kinds, "bf16"]
        for kind in kinds:
            yield Job(f"{line} dtype={kind}", length, batch, data)


def drawn(draw):
    """A random layer on so many cores."""
    line = random_layer(draw, most=3000)
    kind = draw.choice(TYPES)
    length = draw.choice([1, 2, draw.randrange(3, 40), draw.randrange(40, 300)])
    return Job(
        f"{line} dtype={kind}",
        length,
        draw.choice([1, 1, 2, 3]),
        cores=draw.choice(CORES),
        strides=(draw.randrange(3), draw.randrange(3)),
    )


def randoms(arguments, draw):
    for _ in range(arguments.count or 40):
        yield drawn(draw)


def special(arguments, draw):
    numbers = np.random.default_rng(draw.randrange(1 << 30))
    jobs = list(chosen(arguments, draw))
    jobs += [drawn(draw) for _ in range(arguments.count or 30)]
    for job in jobs:
        layer = computed.fields(job.line)
        job.data = data_of(layer, job.length, job.batch, numbers)
        computed.make_special(job.data, draw)
        yield job


PARTS = {"chosen": chosen, "oracle": oracle, "random": randoms, "special": special}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    bishengir.need()
    numbers = np.random.default_rng(arguments.seed)
    wrong, runs = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for job in PARTS[arguments.part](arguments, random.Random(arguments.seed)):
            job.policy = compiled.POLICIES[runs % 3]
            error = compiled.check(job, folder, numbers)
            runs += 1
            if error:
                wrong.append(error)
                print(error, flush=True)
    print(f"{runs} layers on the model, {len(wrong)} wrong")
    if wrong:
        sys.exit("\n".join(wrong[:20]))


if __name__ == "__main__":
    main()
