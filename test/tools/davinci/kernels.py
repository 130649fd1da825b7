# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kernels written by hand, lowered by bishengir-compile, on the model of the
core: their numbers, and mistakes planted in them. Skipped without it."""

import json
import pathlib
import subprocess
import sys
import tempfile

import bishengir
import numpy as np

TOOL = bishengir.BUILD / "bin/tconv-davinci"
KERNELS = pathlib.Path(__file__).parent / "kernels"
POLICIES = ["in-order", "consumers-first", "producers-first"]


def tool(*arguments):
    done = subprocess.run([TOOL, *arguments], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{arguments}: {done.stdout}{done.stderr}")
    return done.stdout


def whole(shape, seed):
    """Numbers whose sums are exact in any order."""
    return np.random.default_rng(seed).integers(-8, 9, shape).astype(np.float32) / 4


def taps():
    x, w = whole((64, 264), 1), whole((2, 128, 64), 2)
    y = w[0] @ x[:, :256] + w[1] @ x[:, 1:257]
    return {"x": (x, "f16"), "w": (w, "f16")}, ("f32", y), 2


def chunks():
    x, w = whole((256, 264), 3), whole((128, 256), 4)
    return {"x": (x, "f16"), "w": (w, "f16")}, ("f32", w @ x[:, :256]), 2


def interleave():
    planes, bias = whole((2, 128, 256), 5), whole(128, 6)
    y = (planes + bias[:, None]).transpose(1, 2, 0).reshape(128, 512)[:16]
    y = y.astype(np.float16).astype(np.float32)
    return {"planes": (planes, "f32"), "bias": (bias, "f32")}, ("f16", y), 2


def mixed():
    x, w, bias = whole((64, 768), 7), whole((16, 64), 8), whole(2, 9)
    return mixed_of(x, w, bias, (w @ x).reshape(2, 8, 768))


def mixed_two():
    x, w, bias = whole((64, 768), 7), whole((16, 64), 8), whole(2, 9)
    # Two products, of 4 phases each.
    halves = (w @ x).reshape(2, 2, 4, 768)
    return mixed_of(x, w, bias, np.concatenate(halves, axis=1))


def mixed_of(x, w, bias, phases):
    y = (phases + bias[:, None, None]).transpose(0, 2, 1).reshape(2, 6144)
    y = y.astype(np.float16).astype(np.float32)
    return {"x": (x, "f16"), "w": (w, "f16"), "bias": (bias, "f16")}, ("f16", y), 2


def describe(folder, module, entry, inputs, output, grid):
    """Writes a trial's file; its path."""
    buffers = {}
    for name, (values, kind) in inputs.items():
        np.save(folder / f"{name}.npy", values)
        buffers[name] = {"input": f"{name}.npy", "type": kind}
    buffers["y"] = {"output": output[1].size, "type": output[0], "npy": "y.npy"}
    launch = {
        "file": str(module),
        "entry": entry,
        "grid": [grid],
        "parameters": [*inputs, "y"],
    }
    path = folder / f"{entry}.json"
    path.write_text(json.dumps({"buffers": buffers, "launches": [launch]}))
    return path


def is_harmless(survivor, text):
    """Why a planted mistake shows nowhere, or None."""
    before = survivor["before"]
    if survivor["kind"] == "move-buffer":
        # All that uses the buffer finds it in its new place, and nothing else
        # is there: the plan of the memory is another one, not a wrong one.
        return "to where nothing is"
    if survivor["kind"] == "one-too-long" and "call @load_gm_to_ubuf" in before:
        return "a number more of what is there, to where nothing is"
    if survivor["kind"] == "drop-barrier" and "<PIPE_MTE3>" in before:
        return "between stores to places of their own"
    return None


def run(entry, make, folder):
    inputs, (kind, wanted), grid = make()
    module = bishengir.lower(KERNELS / f"{entry}.mlir", folder)
    trial = describe(folder, module, entry, inputs, (kind, wanted), grid)
    for policy in POLICIES:
        (report,) = json.loads(tool("run", trial, "--json", "--policy", policy))
        assert report["findings"] == [] and not report["stopped"], report
        found = np.load(folder / "y.npy").reshape(wanted.shape)
        assert np.array_equal(found, wanted), (entry, policy)
    cycles = report["estimate"]["cycles_of_longest_block"]
    planted = json.loads(tool("mutate", trial, "--json"))
    left = [s for s in planted["survivors"] if not is_harmless(s, module)]
    print(
        f"{entry}: exact under {len(POLICIES)} policies, {cycles:.0f} cycles a block "
        f"(estimate); {planted['mutants']} mistakes planted, "
        f"{planted['caught']} caught, {len(left)} that should have been"
    )
    assert not planted["refused"], planted["refused"]
    assert not left, json.dumps(left, indent=2)


#: What bishengir-compile 1.2.0 takes and lowers wrongly: the make of its data,
#: and what the model finds.
WRONG = {
    "mixed_loop": (mixed, "reads global memory that the cube core"),
    "mixed_two": (mixed_two, "writes global memory that vector core 0"),
}


def run_wrong(name, folder):
    """Kernels whose lowered form is not what their text says. Should another
    bishengir-compile lower them rightly, this fails, and docs/ascend.md is to
    be changed."""
    make, message = WRONG[name]
    inputs, (kind, wanted), grid = make()
    module = bishengir.lower(KERNELS / f"{name}.mlir", folder)
    trial = describe(folder, module, "mixed", inputs, (kind, wanted), grid)
    differs = False
    for policy in POLICIES:
        done = subprocess.run(
            [TOOL, "run", trial, "--json", "--policy", policy],
            capture_output=True,
            text=True,
        )
        (report,) = json.loads(done.stdout)
        races = [f["message"] for f in report["findings"] if f["kind"] == "core-race"]
        assert any(message in race for race in races), (name, policy, races)
        found = np.load(folder / "y.npy").reshape(wanted.shape)
        differs |= not np.array_equal(found, wanted)
    assert differs, name
    print(f"{name}: a core-race under all policies, and wrong numbers")


def main():
    bishengir.need()
    with tempfile.TemporaryDirectory() as name:
        for make in (taps, chunks, interleave, mixed):
            run(make.__name__, make, pathlib.Path(name))
        for kernel in WRONG:
            run_wrong(kernel, pathlib.Path(name))


if __name__ == "__main__":
    main()
