# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""examples.py FILE.td...: runs the examples of operations through tconv-opt."""

import pathlib
import re
import subprocess
import sys

BLOCK = re.compile(r"```mlir\n(.*?)```", re.DOTALL)
OPERATION = re.compile(r'^def \w+ : Tconv_\w*Op<"(\w+)"', re.MULTILINE)


def main():
    examples = 0
    for name in sys.argv[1:]:
        text = pathlib.Path(name).read_text()
        starts = [match.start() for match in OPERATION.finditer(text)] + [len(text)]
        operations = OPERATION.findall(text)
        if not operations:
            sys.exit(f"{name}: no operations found")
        for operation, start, end in zip(operations, starts, starts[1:]):
            blocks = BLOCK.findall(text[start:end])
            if not any(f"tconv.{operation}" in block for block in blocks):
                sys.exit(f"{name}: tconv.{operation} has no example")
            for block in blocks:
                done = subprocess.run(
                    ["tconv-opt"], input=block, capture_output=True, text=True
                )
                if done.returncode:
                    sys.exit(f"{name}: tconv.{operation}:\n{block}{done.stderr}")
                examples += 1
    print(f"{examples} examples")


if __name__ == "__main__":
    main()
