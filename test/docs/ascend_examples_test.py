# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""examples_test.py for pages whose examples run on an Ascend: with Huawei's
compiler, which is skipped where it is not installed, and what stands for hivmc."""

import os
import pathlib
import sys

import examples_test

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tools/davinci"))
import bishengir  # noqa: E402

bishengir.need()
os.environ["PATH"] = os.pathsep.join(
    [os.environ["FAKE_HIVMC_FOLDER"], os.environ["PATH"]]
)
examples_test.main()
