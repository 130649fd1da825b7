# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tconv-compile: what it writes, that it links and runs, what it refuses."""

import json
import re
import subprocess

import pytest
from tools import ROOT, passes, refuses

LAYER = "in_channels=3 out_channels=2 kernel_size=4 stride=2 pad_mode=pad has_bias=1"

CLIENT = """
#include <stdio.h>
#include <stdlib.h>
#include "up.h"

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
  pack.packed = aligned_alloc(64, (up.packed_bytes + 63) / 64 * 64);
  up.pack(&pack);
  args.struct_size = sizeof args;
  args.x = x; args.weights = pack.packed; args.bias = b; args.y = y;
  args.workspace = aligned_alloc(64, (up.workspace_bytes + 63) / 64 * 64);
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
  return 0;
}
"""


def has_avx2():
    flags = open("/proc/cpuinfo").read()
    return "avx2" in flags and "fma" in flags


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("length_class", ["bulk", "short"])
@pytest.mark.parametrize("target", ["cpu:x86-64", "cpu:x86-64-v3"])
def test_an_object_links_and_runs(target, length_class):
    if target == "cpu:x86-64-v3" and not has_avx2():
        pytest.skip("this machine has no AVX2")
    passes(
        "tconv-compile", LAYER, f"--target={target}", "--emit=object,header",
        f"--length-class={length_class}", "--symbol=up", "-o", "up",
    )  # fmt: skip
    open("main.c", "w").write(CLIENT)
    subprocess.run(
        ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "main.c", "up.o",
         f"-I{ROOT}/runtime/include", "-o", "main"],
        check=True,
    )  # fmt: skip
    done = subprocess.run(["./main"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    description = json.loads(done.stdout)
    assert description["target"] == target
    assert description["length_class"] == length_class


def test_every_output(folder):
    passes("tconv-compile", LAYER, "--emit=object,header,asm,llvm,mlir", "-o", "up")
    names = {path.name for path in folder.iterdir()}
    stages = ["layer", "phases", "schedule", "expand", "llvm"]
    assert names == {f"up.{stage}.mlir" for stage in stages} | {
        "up.o", "up.h", "up.s", "up.ll",
    }  # fmt: skip
    assert "tconv.contract" in (folder / "up.schedule.mlir").read_text()
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
    assert len(re.findall(fma, text)) >= 12


def test_the_same_bytes_twice(folder):
    for name in "ab":
        (folder / name).mkdir()
        passes("tconv-compile", LAYER, "-o", f"{name}/up", "--target=cpu:x86-64-v3")
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
    "arguments, message",
    [
        ([LAYER.replace("stride", "strid")], "stride"),
        ([LAYER.replace("stride=2", "stride=0")], "stride"),
        ([LAYER, "--target=cpu:z80"], "cpu:z80"),
        ([LAYER, "--target=nvptx:sm_80"], "not built yet"),
        ([LAYER, "--emit=ptx"], "not built yet"),
        ([LAYER, "--emit=jpeg"], "jpeg"),
        ([LAYER, "--emit=mlir:nowhere"], "nowhere"),
        ([LAYER, "--symbol=1up"], "1up"),
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
