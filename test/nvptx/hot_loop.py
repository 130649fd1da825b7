# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""hot_loop.py: of the f32 kernels of the public layers that multiply matrices, at
least 85 % of the hot loop's issue slots are FFMA, at every architecture. A static
bound: counted in machine code, not timed."""

import json
import subprocess
import sys

from toolkit import ARCHITECTURES, BUILD, need, public_layers

LEAST = 0.85


def main():
    need("ptxas")
    need("nvdisasm")
    lowest, wrong = (1, ""), []
    for architecture in ARCHITECTURES:
        for name, line in public_layers():
            done = subprocess.run(
                [
                    BUILD / "bin/tconv-inspect",
                    line,
                    f"--target=nvptx:sm_{architecture}",
                    "--json",
                ],
                capture_output=True,
                text=True,
            )
            if done.returncode:
                sys.exit(f"{name} sm_{architecture}: {done.stderr}")
            report = json.loads(done.stdout)
            if report["kernel"]["kind"] == "small":  # bound by memory
                continue
            mix = report["static_bound"]
            share = mix["products_share"]
            lowest = min(lowest, (share, f"{name} sm_{architecture}"))
            if share < LEAST:
                wrong.append(f"{name} sm_{architecture}: {share:.3f} of {mix}")
    print(f"static bound: lowest share of FFMA {lowest[0]:.3f}, {lowest[1]}")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
