# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tconv-inspect: its figures, its page, what it refuses."""

import json
import math
import re
from html.parser import HTMLParser

import pytest
from tools import ROOT, passes, refuses

# 11 taps at stride 5: phase 0 has three, the others two.
ODD = (
    "in_channels=256 out_channels=128 kernel_size=11 stride=5 pad_mode=pad "
    "padding=3 has_bias=1"
)

EVEN = (
    "in_channels=256 out_channels=128 kernel_size=16 stride=8 pad_mode=pad padding=4"
)


def test_figures_computed_by_hand():
    facts = json.loads(
        passes("tconv-inspect", ODD + " length=4000", "--target=cpu:x86-64-v3",
               "--accuracy=direct", "--json")  # fmt: skip
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
    assert launch["block_positions"] % kernel["task_granule"] == 0
    assert launch["block_positions"] <= kernel["task_positions"]
    assert launch["flop_per_byte"] == pytest.approx(
        launch["gflop"] * 1e9 / launch["compulsory_bytes"]
    )
    # A block holds, for each section, whole tiles of (channel, phase) rows.
    real = 256 * 128 * 11 * 4
    rows, channels = packing["rows"], packing["channels"]
    assert channels == kernel["blocks"]["channels"]
    assert rows == kernel["register_tile"]["rows"]
    assert packing["bytes"] == 4 * 256 * blocks * sum(
        -(-channels * phases // rows) * rows * taps for phases, taps in ((1, 3), (4, 2))
    )
    assert packing["padding"] == pytest.approx(1 - real / packing["bytes"])
    assert facts["machine"]["lanes"] == 8
    assert kernel["register_tile"] == {"rows": 4, "columns": 24, "vectors": "positions"}
    assert (facts["machine"]["l1_bytes"], facts["machine"]["l2_bytes"]) == (2**15, 2**19)
    assert facts["hot_loop"]["stack_accesses"] == 0
    assert facts["hot_loop"]["multiply_adds"] in (24, 36)  # 12 a tap


def test_a_short_launch_has_tasks_for_eight_threads():
    line = "in_channels=64 out_channels=32 kernel_size=16 stride=2 pad_mode=pad"
    facts = json.loads(
        passes("tconv-inspect", line + " length=400", "--target=cpu:x86-64-v3",
               "--accuracy=direct", "--json")  # fmt: skip
    )
    kernel, launch = facts["kernel"], facts["launch"]
    columns, granule = kernel["task_columns"], kernel["task_granule"]
    blocks = -(-8 // columns)
    block = -(-launch["positions"] // blocks)
    assert launch["block_positions"] == -(-block // granule) * granule
    assert launch["block_positions"] < kernel["task_positions"]
    assert launch["tasks"] == columns * -(
        -launch["positions"] // launch["block_positions"]
    )


def test_figures_of_a_fast_kernel():
    """F(m, 3) of one phase and F(m, 2) of four; a middle tap beside the points."""
    facts = json.loads(
        passes("tconv-inspect", ODD + " length=4000", "--target=cpu:x86-64-v3", "--json")
    )
    kernel, packing = facts["kernel"], facts["packing"]
    outputs = kernel["blocks"]["outputs"]
    assert kernel["algorithm"] == f"F({outputs}, 3) and F({outputs}, 2)"
    blocks = -(-128 // packing["channels"])
    rows, channels = packing["rows"], packing["channels"]
    assert packing["bytes"] == 4 * 256 * blocks * sum(
        -(-channels * phases // rows) * rows * steps
        for phases, steps in ((1, outputs + 2 + 1), (4, outputs + 1))
    )
    assert facts["hot_loop"]["multiply_adds"] == 12
    assert facts["hot_loop"]["stack_accesses"] == 0
    # The estimate: products of all tiles, two vectors of 8 a cycle, at least.
    positions = facts["launch"]["positions"]
    products = 256 * 128 * (outputs + 2 + 4 * (outputs + 1)) * positions / outputs
    cost = facts["cost"]
    assert products / 16 <= cost["contract_cycles"] < 1.1 * products / 16
    pieces = ["contract", "pack", "combine", "store", "weights"]
    assert cost["total_cycles"] == pytest.approx(
        sum(cost[f"{piece}_cycles"] for piece in pieces), abs=5
    )


def test_figures_of_phases_cut_into_filters():
    """Of 25 taps, one phase has 7 and three have 6: two filters of 4, for all."""
    layer = "in_channels=256 out_channels=128 kernel_size=25 stride=4 length=4000"
    on = "--target=cpu:x86-64-v4"
    facts = json.loads(passes("tconv-inspect", layer, on, "--json"))
    kernel, packing = facts["kernel"], facts["packing"]
    assert kernel["algorithm"] == "2 x F(4, 4)"
    assert kernel["blocks"]["depth"] == 512
    blocks = -(-128 // packing["channels"])
    rows, channels = packing["rows"], packing["channels"]
    # Seven points of four taps, and the two that are none of them.
    assert packing["bytes"] == 4 * 512 * blocks * sum(
        -(-channels * phases // rows) * rows * (7 + 2) for phases in (1, 3)
    )
    products = 512 * 128 * 4 * 7 * facts["launch"]["positions"] / 4
    assert products / 32 <= facts["cost"]["contract_cycles"] < 1.1 * products / 32
    # Panels of every channel for each filter: 4 of them still take a few MB, 8
    # would not.
    deep = "in_channels=768 out_channels=64 kernel_size={} stride=1 length=4000"
    for taps, algorithm in ((16, "4 x F(4, 4)"), (64, "direct")):
        line = deep.format(taps)
        kernel = json.loads(passes("tconv-inspect", line, on, "--json"))["kernel"]
        assert kernel["algorithm"] == algorithm
        assert kernel["workspace_bytes"] < 8 << 20


def test_measured_beside_predicted():
    line = "in_channels=32 out_channels=32 kernel_size=4 stride=2 length=900"
    facts = json.loads(passes("tconv-inspect", line, "--measure", "--json"))
    cost = facts["cost"]
    assert cost["measured_over_predicted"] == pytest.approx(
        cost["measured_milliseconds"] / cost["predicted_milliseconds"]
    )
    assert cost["predicted_milliseconds"] == pytest.approx(
        cost["total_cycles"] / cost["gigahertz"] / 1e6
    )
    assert "--measure" in refuses("tconv-inspect", line.split(" length")[0], "--measure")
    depthwise = "in_channels=8 out_channels=8 group=8 kernel_size=4 stride=2 length=900"
    assert "no estimate" in refuses("tconv-inspect", depthwise, "--measure")


def test_the_workspace_is_what_the_schedule_allocates():
    # Vectors: tile registers have rows besides, for the ends of x.
    options = [ODD, "--accuracy=direct", "--target=cpu:x86-64-v4"]
    facts = json.loads(passes("tconv-inspect", *options, "--json"))
    allocated = re.findall(
        r"memref\.alloc\(\).*: memref<([\dx]+)xf32>",
        passes("tconv-inspect", *options, "--stage=schedule"),
    )
    assert allocated
    sizes = [4 * math.prod(map(int, shape.split("x"))) for shape in allocated]
    assert facts["kernel"]["workspace_bytes"] == sum(-(-size // 64) * 64 for size in sizes)


def test_json_has_the_stages_and_the_schedule():
    facts = json.loads(passes("tconv-inspect", ODD, "--target=cpu:x86-64-v3", "--json"))
    assert "launch" not in facts  # no length was given
    names = ["layer", "phases", "schedule", "expand", "llvm", "llvmir", "assembly"]
    assert [stage["name"] for stage in facts["stages"]] == names
    text = passes("tconv-inspect", ODD, "--target=cpu:x86-64-v3", "--stage=phases")
    assert facts["stages"][1]["bytes"] == len(text)
    assert all(stage["milliseconds"] > 0 for stage in facts["stages"])
    file = ROOT / "schedules/cpu/avx2/positions.mlir"
    assert facts["schedule_text"] == file.read_text()


# The second layer's loops compute an address (lea), which is no load.
@pytest.mark.parametrize("layer", [ODD, EVEN])
@pytest.mark.parametrize("length_class", ["bulk", "medium", "short"])
@pytest.mark.parametrize("target", ["x86-64", "x86-64-v3", "x86-64-v4", "aarch64+neon"])
def test_the_loop_is_counted_right(target, length_class, layer):
    """Against another way to count: by the words of each instruction."""
    options = [layer, f"--target=cpu:{target}", f"--length-class={length_class}"]
    loop = json.loads(passes("tconv-inspect", *options, "--json"))["hot_loop"]
    text = passes("tconv-inspect", *options, "--asm")
    assert "%rsp, %rbp" not in text  # no frame pointer: rbp is like any other
    lines = text.split("\n")
    counts = dict.fromkeys(("instructions", "multiply_adds", "loads", "stack_accesses"), 0)
    for line in lines[lines.index(loop["label"] + ":") + 1 :]:
        words = line.split("#")[0].split("\t")
        if len(words) < 2 or words[1].startswith("."):
            continue
        name, operands = words[1], words[2] if len(words) > 2 else ""
        counts["instructions"] += 1
        counts["multiply_adds"] += name[:5] in ("vfmad", "fmla", "mulps", "vmulp")
        reads = name.startswith("ld")
        if "(" in operands and not name.startswith(("lea", "prefetch")):
            reads = not operands.endswith(")")
        if "(%rsp" in operands or "[sp" in operands:
            counts["stack_accesses"] += 1
        else:
            counts["loads"] += reads
        if operands == loop["label"]:
            break
    assert counts == {name: loop[name] for name in counts}
    assert counts["multiply_adds"] >= 8 and counts["loads"] > 0


@pytest.mark.parametrize(
    "target, reason",
    [
        ("cpu:x86-64", "nothing that another schedule is made for"),
        ("cpu:x86-64-v3", "no AVX-512"),
        ("cpu:x86-64-v4", "has AVX-512"),
    ],
)
def test_why_this_schedule(target, reason):
    kernel = json.loads(passes("tconv-inspect", ODD, f"--target={target}", "--json"))["kernel"]
    assert reason in kernel["why_feature"]


@pytest.mark.parametrize(
    "length, option, reason",
    [
        ("", [], "no length"),
        (" length=4000", [], "many positions"),
        (" length=2", [], "a few positions"),
        (" length=2", ["--length-class=bulk"], "--length-class=bulk"),
    ],
)
def test_why_this_kind(length, option, reason):
    facts = json.loads(passes("tconv-inspect", ODD + length, *option, "--json"))
    assert reason in facts["kernel"]["why_kind"]


def test_why_a_schedule_of_ones_own(tmp_path):
    (tmp_path / "cpu/avx2").mkdir(parents=True)
    text = (ROOT / "schedules/cpu/avx2/positions.mlir").read_text()
    (tmp_path / "cpu/avx2/positions.mlir").write_text(text + "// mine\n")
    options = ["--target=cpu:x86-64-v3", f"--schedule-path={tmp_path}", "--json"]
    facts = json.loads(passes("tconv-inspect", ODD, *options))
    assert str(tmp_path) in facts["kernel"]["why_feature"]
    assert facts["schedule_text"].endswith("// mine\n")


def test_a_few_positions_take_the_other_kind():
    text = passes("tconv-inspect", ODD + " length=2", "--target=cpu:x86-64-v4")
    assert "builtin:cpu/avx512/rows.mlir" in text
    assert "a few positions" in text


def test_many_phases_are_not_interleaved():
    layer = "in_channels=514 out_channels=1 kernel_size=512 stride=128 length=900"
    facts = json.loads(
        passes("tconv-inspect", layer, "--target=cpu:x86-64-v3", "--json")
    )
    assert facts["kernel"]["kind"] == "rows"
    assert "without interleaving" in facts["kernel"]["why_kind"]


def test_depthwise_layers_have_no_panels():
    layer = "in_channels=96 out_channels=96 kernel_size=12 stride=2 group=96"
    options = ["--target=cpu:x86-64-v3", "--json"]
    facts = json.loads(passes("tconv-inspect", layer + " length=5000", *options))
    kernel = facts["kernel"]
    assert kernel["kind"] == "filter"
    assert "few input channels" in kernel["why_kind"]
    assert kernel["workspace_bytes"] == 0
    assert kernel["register_tile"] == {"sums": 8, "vectors": "positions"}
    assert kernel["task_columns"] == -(-96 // kernel["blocks"]["groups"])
    # 6 taps of 2 phases and 4 vectors of positions, all in registers.
    assert facts["hot_loop"]["multiply_adds"] == 6 * 2 * 4
    assert facts["hot_loop"]["stack_accesses"] == 0
    assert facts["packing"]["padding"] == 0


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
        self.open, self.titles = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID or tag == "rect":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_data(self, data):
        if self.open and self.open[-1] == "h2":
            self.titles.append(data)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_well_formed(tmp_path):
    page = tmp_path / "page.html"
    passes("tconv-inspect", ODD + " length=100", "--html", page)
    text = page.read_text()
    checker = Checker()
    checker.feed(text)
    assert checker.open == []
    assert checker.titles == [
        "Kernel", "Launch", "Phases", "Packed weights", "Machine",
        "Innermost loop with the most multiply-adds", "Stages",
    ]  # fmt: skip
    assert text.count("<details>") == 8  # schedule, six stages, assembly
    assert not re.search(r"(src|href)=|@import|url\(", text)  # self-contained
    # 11 taps are drawn, one square each, and the IR is escaped.
    assert text.count('fill="#2a6fbb"') == 11
    assert "memref&lt;" in text and "memref<" not in text


def test_a_layer_too_large_to_draw(tmp_path):
    layer = "in_channels=8 out_channels=1 kernel_size=1024 stride=256 pad_mode=pad"
    passes("tconv-inspect", layer, "--html", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert "too many to draw" in text and "<svg" not in text


def test_no_page_after_a_refusal(tmp_path):
    page = tmp_path / "page.html"
    refuses("tconv-inspect", ODD, "--html", page, "--stage=nowhere")
    assert not list(tmp_path.iterdir())


def ascend_estimate(line):
    facts = passes("tconv-inspect", f"{line} dtype=f16", "--target=ascend:910b3", "--json")
    return json.loads(facts)["estimate"]


def waiting(reads, load, work):
    """Cycles of a step, of which two take one way from the first byte on."""
    return (reads * 347 + load + work) / 2


def turned(positions):
    """Cycles of a vector core for EVEN's bias, conversion and 8 phases."""
    return 2 * (positions * 8 * 4 / 256 + 16) + positions * 16 * 2 / 128


def test_store_computed_by_hand():
    estimate = ascend_estimate(f"{EVEN} has_bias=1")
    # The longest step of 2 bands that fits: sums twice and with their bias,
    # converted, and turned around twice.
    assert estimate["store_ub_bytes"] == 768 * (3 * 8 * 4 + 3 * 16 * 2)
    step = waiting(2, 768 * 8 * 4 / 87, turned(768))
    assert step > turned(768) and step > 2 * 768 * 32 / 87
    # 32 blocks of 4 channels by 6 tiles of positions, on 40 cores.
    wanted = math.ceil(32 * 6 / 40) * 4 * step + 347 + 203
    assert estimate["store_cycles"] == pytest.approx(wanted, abs=1)


def test_mixed_kernel_computed_by_hand():
    estimate = ascend_estimate(f"{EVEN} has_bias=1")
    assert estimate["mixed_kernel_tile"] == "32 channels x 128 positions x 128 deep"
    # Two products of 4 phases with 2 taps and 2 chunks of 128 input channels.
    multiplied = 128 // 16 * (128 // 16) * (128 // 16) + 20
    cube = 2 * 2 * 2 * waiting(1, 128 * 128 * 2 / 87, multiplied)
    # 16 channels of a vector core.
    vector = 16 * waiting(2, 128 * 8 * 4 / 87, turned(128))
    weights = 2 * 128 * 2 * 256 * 2 / 87
    # 4 blocks of channels, each of whose 32 tiles are dealt out to 5 cores.
    wanted = 347 + weights + 7 * vector + cube + 2 * 203 + 347
    assert cube < vector
    assert estimate["mixed_kernel_cycles"] == pytest.approx(wanted, abs=1)
    assert estimate["product_and_store_cycles"] == pytest.approx(
        estimate["product_cycles"] + estimate["store_cycles"], abs=1
    )


@pytest.mark.parametrize(
    "name, is_faster",
    [
        ("htdemucs.last", True),
        ("piper.stream", False),  # its steps of 128 positions wait for bytes
        ("cosyvoice2.up1", False),
        ("hifigan.up0", False),  # little of its weights stays in L1
        ("bigvgan.up0", False),
        ("dac44.up0", False),
        ("istft.1024", None),  # 256 phases' weights and more don't
        ("mimi.depthwise", None),  # not on the cube
    ],
)
def test_mixed_kernel_of_public_layers(name, is_faster):
    lines = (ROOT / "test/suites/public.layers").read_text().splitlines()
    (line,) = [text.split(":", 1)[1] for text in lines if text.startswith(f"{name}:")]
    line = re.sub(r"\b(length|batch|dtype)=\S+", "", line)
    estimate = ascend_estimate(line)
    mixed = estimate.get("mixed_kernel_cycles")
    both = estimate["product_and_store_cycles"]
    assert (mixed and mixed < both) == is_faster


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["in_channel=3 out_channels=2 kernel_size=4"], "in_channels"),
        ([ODD + " length=-1"], "-1"),
        ([ODD + f" batch=64 length={2**58}"], "64-bit"),
        ([ODD, "--target=cpu:z80"], "cpu:z80"),
        ([ODD, "--target=ascend:310p"], "ascend:910b3"),
        (["--machine", "--target=nvptx:sm_80"], "is a device"),
        (["--machine", "--target=ascend:910b3"], "is a device"),
        ([ODD, "--schedule-path=missing"], "missing"),
        (["--machine", "--target=cpu:z80"], "cpu:z80"),
        ([ODD, "--html", "/nowhere/page.html"], "/nowhere/page.html"),
        ([], "in_channels"),
    ],
)
def test_refusals(arguments, message):
    assert message in refuses("tconv-inspect", *arguments)
