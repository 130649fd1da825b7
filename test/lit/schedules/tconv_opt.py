# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the scripts beside it share."""

import subprocess
import sys


def opt(text, *passes):
    done = subprocess.run(
        ["tconv-opt", *passes], input=text, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"tconv-opt {' '.join(passes)}:\n{done.stderr}")
    return done.stdout
