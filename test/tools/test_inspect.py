# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tconv-inspect: its figures, its page, what it refuses."""

import json
from html.parser import HTMLParser

import pytest
from tools import ROOT, passes, refuses

# 11 taps at stride 5: phase 0 has three, the others two.
ODD = (
    "in_channels=256 out_channels=128 kernel_size=11 stride=5 pad_mode=pad "
    "padding=3 has_bias=1"
)


def test_figures_computed_by_hand():
    facts = json.loads(
        passes("tconv-inspect", ODD + " length=4000", "--target=cpu:x86-64-v3", "--json")
    )
    map_ = facts["decomposition"]
    assert (map_["stride"], map_["crop"]) == (5, 3)
    assert map_["phases_without_taps"] == 0
    assert map_["sections"] == [
        {"phases": [0], "first_taps": [0], "taps": 3, "shift": 0},
        {"phases": [1, 2, 3, 4], "first_taps": [1, 2, 3, 4], "taps": 2, "shift": 0},
    ]
    launch = facts["launch"]
    output = (4000 - 1) * 5 - 6 + 11
    assert launch["output_length"] == output
    assert launch["positions"] == -(-(output + 3) // 5)
    assert launch["gflop"] == pytest.approx(2 * 256 * 128 * 11 * 4000 * 1e-9)
    assert launch["compulsory_bytes"] == 4 * (
        256 * 4000 + 256 * 128 * 11 + 128 + 128 * output
    )
    kernel, packing = facts["kernel"], facts["packing"]
    assert kernel["kind"] == "positions"
    assert kernel["schedule"] == "builtin:cpu/avx2/positions.mlir"
    blocks = -(-128 // kernel["blocks"]["channels"])
    assert kernel["task_columns"] == blocks
    assert launch["tasks"] == blocks * -(
        -launch["positions"] // kernel["task_positions"]
    )
    real = 256 * 128 * 11 * 4
    assert packing["padding"] == pytest.approx(1 - real / packing["bytes"])
    assert facts["machine"]["lanes"] == 8
    assert facts["hot_loop"]["stack_accesses"] == 0
    assert facts["hot_loop"]["multiply_adds"] in (24, 36)  # 12 a tap


def test_a_few_positions_take_the_other_kind():
    text = passes("tconv-inspect", ODD + " length=2", "--target=cpu:x86-64-v4")
    assert "builtin:cpu/avx512/rows.mlir" in text
    assert "a few positions" in text


def test_stages_and_assembly():
    layer = passes("tconv-inspect", ODD, "--stage=layer")
    assert "tconv.conv1d_transpose" in layer
    assert "tconv.contract" in passes("tconv-inspect", ODD, "--stage=schedule")
    assert "vfmadd" in passes(
        "tconv-inspect", ODD, "--asm", "--target=cpu:x86-64-v3"
    )
    assert "nowhere" in refuses("tconv-inspect", ODD, "--stage=nowhere")


def test_machine_and_schedules():
    machine = json.loads(
        passes("tconv-inspect", "--machine", "--target=cpu:x86-64-v4", "--json")
    )
    assert machine["lanes"] == 16 and machine["schedules"] == "cpu/avx512"
    listed = passes("tconv-inspect", "--schedules").split()
    files = sorted(
        str(path.relative_to(ROOT / "schedules"))
        for path in (ROOT / "schedules").rglob("*.mlir")
    )
    assert sorted(listed) == files


class Checker(HTMLParser):
    """Tags must close in order."""

    VOID = {"meta", "br", "rect"}

    def __init__(self):
        super().__init__()
        self.open, self.titles = [], 0

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID or tag == "rect":
            self.open.append(tag)
        self.titles += tag == "h2"

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_well_formed(tmp_path):
    page = tmp_path / "page.html"
    passes("tconv-inspect", ODD, "--html", page)
    text = page.read_text()
    checker = Checker()
    checker.feed(text)
    assert checker.open == [] and checker.titles >= 7
    # 11 taps are drawn, one square each, and the IR is escaped.
    assert text.count('fill="#2a6fbb"') == 11
    assert "memref&lt;" in text and "memref<" not in text


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["in_channel=3 out_channels=2 kernel_size=4"], "in_channels"),
        ([ODD + " length=-1"], "-1"),
        ([ODD, "--target=cpu:z80"], "cpu:z80"),
        (["--machine", "--target=cpu:z80"], "cpu:z80"),
        ([ODD, "--html", "/nowhere/page.html"], "/nowhere/page.html"),
        ([], "in_channels"),
    ],
)
def test_refusals(arguments, message):
    assert message in refuses("tconv-inspect", *arguments)
