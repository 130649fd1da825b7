# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""random_layers.py [COUNT [SEED]]: random layers of every type go through ptxas
at every architecture without a spill or a warning."""

import random
import sys
import tempfile

from toolkit import ARCHITECTURES, compile_file, need

CHANNELS = [1, 2, 3, 5, 8, 16, 17, 31, 32, 48, 64, 96, 100, 128, 256]


def layer(draw):
    group = draw.choice([1, 1, 1, 2, 3, 4])
    inputs = group * draw.choice(CHANNELS)
    outputs = group * draw.choice(CHANNELS)
    if draw.random() < 0.2:  # depthwise
        inputs = outputs = group = draw.choice(CHANNELS) * 3
    stride = draw.choice([1, 1, 2, 2, 3, 4, 5, 7, 8, 10, 32, 100])
    kernel = draw.choice([1, 2, 3, 4, 5, 7, 8, 11, 16, 20, 31, 64])
    dilation = draw.choice([1, 1, 1, 2, 3, 6])
    return (
        f"in_channels={inputs} out_channels={outputs} kernel_size={kernel} "
        f"stride={stride} dilation={dilation} group={group} "
        f"has_bias={draw.randrange(2)} pad_mode={draw.choice(['valid', 'same'])} "
        f"dtype={draw.choice(['f32', 'f32', 'f16', 'bf16'])}"
    )


def main():
    need("ptxas")
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    draw = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    wrong = []
    for architecture in ARCHITECTURES:
        layers = [(f"layer{i}", layer(draw)) for i in range(count)]
        with tempfile.TemporaryDirectory() as folder:
            reports, error = compile_file(layers, architecture, folder)
            if reports is not None:
                continue
            # Which ones it were.
            for name, line in layers:
                reports, error = compile_file([(name, line)], architecture, folder)
                if reports is None:
                    wrong.append(f"sm_{architecture}: {line}: {error}")
    print(f"{count} layers at each of {len(ARCHITECTURES)} architectures")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
