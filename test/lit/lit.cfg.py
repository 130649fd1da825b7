# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The compiler's lit tests: a pass and its test share one name."""

import os

import lit.formats

config.name = "tconv"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.test_source_root = os.path.dirname(__file__)
# The order matters to nobody, the place does: the tools of this build first.
config.environment["PATH"] = os.pathsep.join(
    [config.tconv_tools, config.llvm_tools, os.environ.get("PATH", "")]
)
config.substitutions.append(("%source_root", config.source_root))
config.substitutions.append(("%python", "python3"))
