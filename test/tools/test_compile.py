# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tconv-compile: what it writes, that it links and runs, what it refuses."""

import json
import re
import subprocess

import pytest
from tools import BUILD, ROOT, passes, refuses, run

LAYER = "in_channels=3 out_channels=2 kernel_size=4 stride=2 pad_mode=pad has_bias=1"

CLIENT = """
#include <stdio.h>
#include <stdlib.h>
#include "up.h"

static void *aligned(int64_t bytes) { /* C99 has no aligned_alloc */
  char *memory = malloc((size_t)bytes + TCONV_KERNEL_ALIGNMENT);
  return memory + (TCONV_KERNEL_ALIGNMENT -
                   (uintptr_t)memory % TCONV_KERNEL_ALIGNMENT);
}

int main(void) {
  float x[3 * 40], w[3 * 2 * 4], b[2] = {0.5f, -1.0f}, y[2 * 82];
  int i, co, t, ci, k;
  tconv_pack_args pack = {0};
  tconv_kernel_args args = {0};
  if (up.abi_version != TCONV_KERNEL_ABI_VERSION ||
      up.struct_size != sizeof(tconv_kernel))
    return 2;
  for (i = 0; i < 3 * 40; ++i) x[i] = (float)(i * 7 % 11) - 5;
  for (i = 0; i < 3 * 2 * 4; ++i) w[i] = (float)(i * 5 % 13) - 6;
  pack.struct_size = sizeof pack;
  pack.weight = w;
  pack.packed = aligned(up.packed_bytes);
  up.pack(&pack);
  args.struct_size = sizeof args;
  args.x = x; args.weights = pack.packed; args.bias = b; args.y = y;
  args.workspace = aligned(up.workspace_bytes);
  args.batch = 1; args.length = 40; args.output_length = 82;
  args.x_batch_stride = 120; args.x_channel_stride = 40;
  args.y_batch_stride = 164; args.y_channel_stride = 82;
  up.run(&args, 0, tconv_kernel_task_count(&up, &args));
  for (co = 0; co < 2; ++co)
    for (t = 0; t < 82; ++t) {
      float sum = b[co]; /* small integers and halves: exact */
      for (ci = 0; ci < 3; ++ci)
        for (k = 0; k < 4; ++k)
          if ((t - k) % 2 == 0 && t >= k && (t - k) / 2 < 40)
            sum += x[ci * 40 + (t - k) / 2] * w[(ci * 2 + co) * 4 + k];
      if (sum != y[co * 82 + t]) {
        printf("y[%d, %d] = %g, must be %g\\n", co, t, y[co * 82 + t], sum);
        return 1;
      }
    }
  puts(up.description);
  return 0; /* the memory goes with the process */
}
"""


def compiled(*arguments, language="c99"):
    """Runs the C compiler, which must have nothing to say."""
    subprocess.run(
        ["cc", f"-std={language}", "-pedantic", "-Wall", "-Wextra", "-Werror",
         f"-I{ROOT}/runtime/include", *arguments],
        check=True,
    )  # fmt: skip


def hot_loop(assembly):
    """Instructions of the one-block loop with the most multiply-adds."""
    best = []
    for label, block in re.findall(r"^(\.L\w+):(.*?)(?=^\S+:|\Z)", assembly, re.M | re.S):
        lines = re.findall(r"^\t[a-z].*", block, re.M)
        ends = [i for i, line in enumerate(lines) if re.search(rf"\s{re.escape(label)}$", line)]
        loop = lines[: ends[0] + 1] if ends else []
        if sum(map(is_fma, loop)) > sum(map(is_fma, best)):
            best = loop
    return best


def is_fma(line):
    return bool(re.match(r"\t(vfmadd\w+|fmla|v?mulps)\t", line))


def has_avx2():
    flags = open("/proc/cpuinfo").read()
    return "avx2" in flags and "fma" in flags


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("length_class", ["bulk", "medium", "short"])
@pytest.mark.parametrize("target", ["cpu:x86-64", "cpu:x86-64-v3"])
def test_an_object_links_and_runs(target, length_class):
    if target == "cpu:x86-64-v3" and not has_avx2():
        pytest.skip("this machine has no AVX2")
    passes(
        "tconv-compile", LAYER, f"--target={target}", "--emit=object,header",
        f"--length-class={length_class}", "--symbol=up", "-o", "up",
    )  # fmt: skip
    open("main.c", "w").write(CLIENT)
    includes = re.findall("#include.*", open("up.h").read())
    assert includes == ['#include "tconv/kernel_abi.h"']
    compiled("main.c", "up.o", "-o", "main")
    done = subprocess.run(["./main"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    description = json.loads(done.stdout)
    assert description["target"] == target
    assert description["length_class"] == length_class


def test_two_kernels_in_one_program():
    """An object has one name that others can see: the kernel's."""
    for name, stride in (("one", 2), ("two", 3)):
        line = LAYER.replace("stride=2", f"stride={stride}")
        passes("tconv-compile", line, f"--symbol={name}", "--target=cpu:x86-64", "-o", name)
        names = subprocess.run(["nm", "-g", f"{name}.o"], capture_output=True, text=True)
        assert [line.split()[-1] for line in names.stdout.splitlines()] == [name]
    open("main.c", "w").write(
        '#include "one.h"\n#include "two.h"\n'
        "int main(void) { return one.stride != 2 || two.stride != 3; }\n"
    )
    compiled("main.c", "one.o", "two.o", "-o", "main")
    assert subprocess.run(["./main"]).returncode == 0


def test_every_output(folder):
    passes("tconv-compile", LAYER, "--emit=object,header,asm,llvm,mlir", "-o", "up")
    names = {path.name for path in folder.iterdir()}
    stages = ["layer", "phases", "schedule", "expand", "llvm"]
    assert names == {f"up.{stage}.mlir" for stage in stages} | {
        "up.o", "up.h", "up.s", "up.ll",
    }  # fmt: skip
    assert "tconv.filter" in (folder / "up.schedule.mlir").read_text()
    header = (folder / "up.h").read_text()
    assert "extern const tconv_kernel tconv_kernel_main;" in header
    assert '"schedule"' in header


@pytest.mark.parametrize(
    "target, fma",
    [
        ("cpu:x86-64-v3", r"vfmadd\d+ps.*%ymm"),
        ("cpu:x86-64-v4", r"vfmadd\d+ps.*%zmm"),
        ("cpu:aarch64+neon", r"fmla\s+v\d+\.4s"),  # compiled, not run
        ("cpu:x86-64", r"mulps\s.*%xmm"),
    ],
)
def test_targets_use_their_vectors(target, fma):
    text = passes("tconv-compile", LAYER, f"--target={target}", "--emit=asm", "-o", "-")
    loop = [line for line in hot_loop(text) if is_fma(line)]
    assert len(loop) >= 12
    assert all(re.search(fma, line) for line in loop), loop


def test_the_same_bytes_twice(folder):
    for name in "ab":
        (folder / name).mkdir()
        passes("tconv-compile", LAYER, "-o", f"{name}/up", "--target=cpu:x86-64-v3")
    # What else is made, and the files that were there, change nothing.
    passes("tconv-compile", LAYER, "--emit=object,header,asm,llvm,mlir", "-o", "b/up",
           "--target=cpu:x86-64-v3")  # fmt: skip
    for suffix in ("o", "h"):
        assert (folder / f"a/up.{suffix}").read_bytes() == (
            folder / f"b/up.{suffix}"
        ).read_bytes()


def test_a_file_of_layers(folder):
    out = json.loads(
        passes(
            "tconv-compile", "--layers", ROOT / "test/suites/public.layers",
            "--filter=hifigan", "--emit=object", "--json", "-o", "k_",
        )
    )  # fmt: skip
    assert [entry["symbol"] for entry in out] == ["hifigan_up0", "hifigan_up3"]
    for entry in out:
        (path, size), = entry["files"].items()
        assert (folder / path).stat().st_size == size
        assert entry["milliseconds"]["opt"] > 0


@pytest.mark.parametrize(
    "line, symbol",
    [
        (LAYER, "tconv_kernel_main"),
        ("hifigan.up0: " + LAYER, "hifigan_up0"),
        ("double: " + LAYER, "layer_double"),  # a keyword
        ("layer: " + LAYER, "layer_layer"),  # a function inside of the object
        ("2x: " + LAYER, "layer_2x"),
    ],
)
def test_the_default_symbol_is_good_c(line, symbol):
    passes("tconv-compile", line, "--emit=header,object", "-o", "up")
    open("use.c", "w").write(
        '#include "up.h"\nconst tconv_kernel *f(void);\n'
        f"const tconv_kernel *f(void) {{ return &{symbol}; }}\n"
    )
    compiled("-c", "use.c")
    compiled("-x", "c++", "-c", "use.c", language="c++17")
    names = subprocess.run(["nm", "up.o"], capture_output=True, text=True, check=True)
    assert re.search(rf"^\w+ [DR] {symbol}$", names.stdout, re.M), names.stdout


def test_a_file_of_layers_needs_no_lengths(folder):
    layers = folder / "some.layers"
    layers.write_text(f"# two\nfirst: {LAYER}\n\n{LAYER}  # unnamed\n")
    out = json.loads(
        passes("tconv-compile", "--layers", layers, "--emit=object", "--json", "-o", "k_")
    )
    assert [entry["symbol"] for entry in out] == ["first", "layer_2"]
    assert [entry["kernel"]["length_class"] for entry in out] == ["bulk", "bulk"]


# Of layers with few input channels every length is bulk; this has enough.
WIDE = "in_channels=64 out_channels=8 kernel_size=4 stride=2"


@pytest.mark.parametrize(
    "line, option, expected",
    [
        (WIDE, [], "bulk"),
        (WIDE + " length=4000", [], "bulk"),
        (WIDE + " length=2", [], "short"),
        (LAYER + " length=2", [], "bulk"),
        (WIDE + " length=2", ["--length-class=bulk"], "bulk"),
        (WIDE, ["--length-class=short"], "short"),
    ],
)
def test_the_length_class(line, option, expected):
    (entry,) = json.loads(passes("tconv-compile", line, *option, "--json", "-o", "up"))
    assert entry["kernel"]["length_class"] == expected


@pytest.mark.parametrize("emit", ["asm", "object", "llvm,asm,object"])
def test_times_of_every_stage(emit):
    done = run("tconv-compile", LAYER, f"--emit={emit}", "--json", "-v", "-o", "up")
    (entry,) = json.loads(done.stdout)
    stages = ["layer", "phases", "schedule", "expand", "llvm", "opt", "codegen"]
    assert [name for name in entry["milliseconds"] if name != "context"] == stages
    assert all(stage in done.stderr for stage in stages)


def test_a_schedule_of_ones_own(folder):
    """It is taken, and the result says so."""
    mine = folder / "mine/cpu/avx2"
    mine.mkdir(parents=True)
    text = (ROOT / "schedules/cpu/avx2/filter.mlir").read_text()
    (mine / "filter.mlir").write_text(text)
    out = passes("tconv-compile", LAYER, "--target=cpu:x86-64-v3", "--schedule-path=mine",
                 "--emit=header", "-o", "-")  # fmt: skip
    assert '"schedule": "mine/cpu/avx2/filter.mlir"' in out
    (mine / "filter.mlir").write_text("garbage")
    message = refuses("tconv-compile", LAYER, "--target=cpu:x86-64-v3",
                      "--schedule-path=mine", "-o", "up")  # fmt: skip
    assert "mine/cpu/avx2/filter.mlir" in message
    assert not (folder / "up.o").exists()


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([LAYER.replace("stride", "strid")], "stride"),
        ([LAYER.replace("stride=2", "stride=0")], "stride"),
        ([LAYER, "--target=cpu:z80"], "cpu:z80"),
        ([LAYER, "--target=ascend:310p"], "ascend:910b3"),
        ([LAYER, "--emit=hivm"], "needs a target such as ascend:910b3"),
        ([LAYER, "--target=ascend:910b3", "--emit=asm"], "hivm, object, mlir"),
        ([LAYER, "--target=ascend:910b3", "--engine=halide"], "ascend:910b3"),
        ([LAYER, "--emit=ptx"], "'ptx' needs a target such as nvptx:sm_80"),
        ([LAYER, "--target=nvptx:sm_80", "--emit=object"], "there is ptx, cubin"),
        ([LAYER, "--target=nvptx:sm_81", "--emit=ptx"], "nvptx:sm_75, nvptx:sm_80"),
        ([LAYER, "--target=nvptx:sm_75", "--emit=ptx", "--accuracy=tf32"],
         "TF32 needs a GPU target from nvptx:sm_80 on"),
        ([LAYER + " dtype=f16"], "computes f32 only"),
        ([LAYER, "--emit=jpeg"], "jpeg"),
        ([LAYER, "--emit=mlir:nowhere"], "nowhere"),
        ([LAYER, "--symbol=1up"], "1up"),
        ([LAYER, "--symbol=int"], "'int'"),
        ([LAYER, "--symbol=co_await"], "'co_await'"),
        ([LAYER, "--symbol=tconv_kernel"], "'tconv_kernel'"),
        ([LAYER, "--symbol=UINT8_MAX"], "'UINT8_MAX'"),
        ([LAYER, "--symbol=layer_pack"], "'layer_pack'"),
        ([LAYER, "--schedule-path=missing"], "'missing'"),
        ([LAYER, "--filter=a"], "--layers"),
        ([LAYER + " length=-5"], "-5"),
        ([LAYER, "--length-class=long"], "long"),
        (["--layers", "missing.layers"], "missing.layers"),
        ([], "layer"),
    ],
)
def test_refusals(folder, arguments, message):
    assert message in refuses("tconv-compile", *arguments, "-o", "up")
    assert not list(folder.iterdir())


def test_a_folder_that_is_not_there(folder):
    assert "nowhere/up" in refuses("tconv-compile", LAYER, "-o", "nowhere/up")
    assert not list(folder.iterdir())


@pytest.mark.parametrize("suffix", ["h", "o"])
def test_all_files_or_none(folder, suffix):
    """One that can't be written, a folder, keeps the other from being so."""
    (folder / f"up.{suffix}").mkdir()
    assert f"up.{suffix}" in refuses("tconv-compile", LAYER, "-o", "up")
    assert [path.name for path in folder.iterdir()] == [f"up.{suffix}"]


def test_other_files_stay(folder):
    (folder / "up.o.tmp").write_text("mine")
    passes("tconv-compile", LAYER, "-o", "up")
    assert (folder / "up.o.tmp").read_text() == "mine"
    assert {path.name for path in folder.iterdir()} == {"up.o", "up.h", "up.o.tmp"}


@pytest.mark.parametrize("emit", ["object", "mlir", "asm,llvm"])
def test_standard_output_takes_one_text(emit):
    message = refuses("tconv-compile", LAYER, f"--emit={emit}", "-o", "-")
    assert emit in message


def test_a_full_standard_output():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [BUILD / "bin/tconv-compile", LAYER, "--emit=mlir:layer", "-o", "-"],
            stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert done.returncode == 1
    assert "standard output" in done.stderr
