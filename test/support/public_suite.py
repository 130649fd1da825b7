# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The public layers, for tests in Python."""

import pathlib
import re

SUITE = pathlib.Path(__file__).resolve().parents[1] / "suites/public.layers"


def public_layers():
    """(name, layer line without dtype) of the public suite."""
    for line in SUITE.read_text().splitlines():
        if ":" in line and not line.startswith("#"):
            name, rest = line.split(":", 1)
            yield name, re.sub(r" dtype=\w+", "", rest.strip())
