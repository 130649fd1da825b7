# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""accepted.py [COUNT [SEED]]: bishengir-opt verifies the kernels of every
public layer and of COUNT random ones, in every type, and bishengir-compile takes
them for three parts, without giving up double buffering on a public layer. The
cube is busy, by the model's estimate, on the public layers that are bound by
products."""

import random
import re
import subprocess
import sys

from toolkit import compile_layer, need_bishengir, public_layers, random_layer

TARGETS = ["ascend:910b1", "ascend:910b3", "ascend:910_9382"]
TYPES = ["f16", "f32", "bf16"]
#: Layers with work enough for each byte, in f16 and with many positions.
BOUND_BY_PRODUCTS = [
    "hifigan.up0",
    "piper.stream",
    "bigvgan.up0",
    "mimi.stream",
    "encodec.up1",
    "dac44.up0",
    "dac24.up1",
    "kokoro.up0",
    "cosyvoice2.up1",
    "istft.1024",
]
LEAST_UTILISATION = 0.7


def check(tools, line, target, is_public):
    report, texts = compile_layer(line, target, "mlir,hivm")
    for part in ("pack", "edge", "product", "store"):
        assert "hivm.hir" in texts[f"{part}.hivm.mlir"], part
    done = subprocess.run(
        [tools / "bishengir-opt", "-", "-o", "/dev/null"],
        input=texts["ascend.mlir"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"bishengir-opt: {done.stderr[:2000]}")
    notes = "".join(report["device"].get("notes", {}).values())
    if is_public and "overflow" in notes:
        raise RuntimeError(notes)
    return "overflow" in notes


def main():
    tools = need_bishengir()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    draw = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    layers = [(line, True) for _, line in public_layers()]
    layers += [(random_layer(draw), False) for _ in range(count)]
    wrong, checked, single = [], 0, 0
    for index, (line, is_public) in enumerate(layers):
        for number, target in enumerate(TARGETS):
            # Parts differ in their number of cores; types take turns.
            kinds = TYPES if is_public and number == 1 else [TYPES[(index + number) % 3]]
            for kind in kinds:
                try:
                    single += check(tools, f"{line} dtype={kind}", target, is_public)
                except (RuntimeError, AssertionError) as error:
                    wrong.append(f"{target}: {line} dtype={kind}: {error}")
                checked += 1
    for name, line in public_layers():
        if name not in BOUND_BY_PRODUCTS:
            continue
        line = re.sub(r" length=\d+", "", line) + " dtype=f16"
        estimate = compile_layer(line, TARGETS[1], "mlir")[0]["kernel"]["estimate"]
        if estimate["cube_utilisation"] * estimate["useful_products"] < LEAST_UTILISATION:
            wrong.append(f"{name}: {estimate}")
    print(f"{checked} compilations, {single} of them without double buffering")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
