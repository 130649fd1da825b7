# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""messages.py: what is said where bishengir-compile is missing, refuses a kernel,
or finds no hivmc. A script stands in for it, so that nothing has to be there."""

import os
import pathlib
import subprocess
import sys
import tempfile

from toolkit import BUILD

LAYER = "in_channels=16 out_channels=16 kernel_size=4 stride=2 dtype=f16"
WHERE = 'loc("$1":1:1): loc("$1":3:5): error: ub overflow, requires 16777216 bits'
SCRIPTS = {
    # Where it was, in its own way.
    "refuses": f"echo '{WHERE}' | sed \"s|[$]1|$1|g\"; exit 1",
    # What it does without CANN.
    "lacks hivmc": """
for argument; do case $argument in --save-temps=*) folder=${argument#*=};; esac; done
echo hivm.hir >"$folder/module.hivm.opt.mlir"
echo '[ERROR] Cannot find hivmc under $PATH'
echo 'loc("x":1:1): error: External hivmc run fails'; exit 1""",
    "breaks": "echo something else; exit 134",
    # And with it.
    "makes objects": """
for argument; do
  case $argument in --save-temps=*) folder=${argument#*=};; esac
  object=$argument
done
echo hivm.hir >"$folder/module.hivm.opt.mlir"; echo object >$object
exit 0""",
}


def compile_with(script, emit, folder):
    tool = pathlib.Path(folder) / "bishengir-compile"
    if script:
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)
    done = subprocess.run(
        [BUILD / "bin/tconv-compile", LAYER, "--target=ascend:910b3"]
        + [f"--emit={emit}", "-o", f"{folder}/up", "--symbol=up"],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ, TCONV_BISHENGIR=str(folder)),
    )
    files = {path.name for path in pathlib.Path(folder).iterdir()}
    return done.returncode, done.stderr, files - {tool.name}


def main():
    wrong = []

    def expect(name, script, emit, fails, message, files):
        with tempfile.TemporaryDirectory() as folder:
            status, said, made = compile_with(script, emit, folder)
        if bool(status) != fails or message not in said or not files <= made:
            wrong.append(f"{name}: status {status}, {made}: {said}")
        if fails and not files and made:
            wrong.append(f"{name}: left {made}")

    hivm = {f"up.{part}.hivm.mlir" for part in ("pack", "edge", "product", "store")}
    expect("nothing installed", None, "hivm", True, "need bishengir-compile", set())
    expect("only text", None, "mlir", False, "not installed", {"up.ascend.mlir"})
    refuses, lacks, breaks, makes = SCRIPTS.values()
    place = "up_pack:3:5: error: ub overflow"
    expect("refused", refuses, "hivm", True, place, set())
    expect("broken", breaks, "hivm", True, "something else", set())
    expect("no CANN", lacks, "hivm", False, "", hivm)
    expect(
        "no CANN, an object",
        lacks,
        "mlir,hivm,object",
        True,
        "object: hivmc of CANN is missing",
        hivm | {"up.ascend.mlir"},
    )
    objects = {f"up.{part}.o" for part in ("pack", "edge", "product", "store")}
    expect("objects", makes, "object", False, "", objects)
    print("7 situations")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
