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


def mixed_split():
    x, w, bias = whole((64, 386), 10), whole((2, 16, 2, 64), 11), whole(4, 12)
    phases = [
        sum(w[b, :, t] @ x[:, b + 1 - t : b + 385 - t] for t in range(2))
        for b in range(2)
    ]
    phases = np.concatenate([half.reshape(4, 4, 384) for half in phases], axis=1)
    y = (phases + bias[:, None, None]).transpose(0, 2, 1).reshape(4, 3072)
    y = y.astype(np.float16).astype(np.float32)
    inputs = {"x": (x, "f16"), "w": (w, "f16"), "bias": (bias, "f16")}
    return {**inputs, "sums": (2 * 2 * 2 * 16 * 64, "f32")}, ("f16", y), 2


def mixed_of(x, w, bias, phases):
    y = (phases + bias[:, None, None]).transpose(0, 2, 1).reshape(2, 6144)
    y = y.astype(np.float16).astype(np.float32)
    return {"x": (x, "f16"), "w": (w, "f16"), "bias": (bias, "f16")}, ("f16", y), 2


def describe(folder, module, entry, inputs, output, grid):
    """Writes a trial's file; its path. An input that is a number is a buffer of
    so many elements, which nobody wrote yet."""
    buffers = {}
    for name, (values, kind) in inputs.items():
        if isinstance(values, int):
            buffers[name] = {"output": values, "type": kind}
            continue
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


#: What needs no barrier where a pipe goes on to another place.
APART = {
    "<PIPE_MTE3>": "between stores to places of their own",
    "<PIPE_FIX>": "between sums that go to places of their own",
    "<PIPE_MTE2>": "between loads to places of their own",
}


def is_harmless(survivor, entry):
    """Why a planted mistake shows nowhere, or None."""
    before = survivor["before"]
    if survivor["kind"] == "move-buffer":
        # All that uses the buffer finds it in its new place, and nothing else
        # is there: the plan of the memory is another one, not a wrong one.
        return "to where nothing is"
    if survivor["kind"] == "one-too-long" and "call @load_gm_to_ubuf" in before:
        return "a number more of what is there, to where nothing is"
    if survivor["kind"] == "drop-barrier":
        pipes = ["<PIPE_MTE3>"] if entry != "mixed_split" else APART
        return next((APART[pipe] for pipe in pipes if pipe in before), None)
    return None


def run(make, folder, entry=None, options=()):
    """A kernel that is lowered rightly, with these options of the compiler; its
    function's name, where that isn't the file's."""
    name = make.__name__
    inputs, (kind, wanted), grid = make()
    module = bishengir.lower(KERNELS / f"{name}.mlir", folder, options)
    trial = describe(folder, module, entry or name, inputs, (kind, wanted), grid)
    for policy in POLICIES:
        (report,) = json.loads(tool("run", trial, "--json", "--policy", policy))
        assert report["findings"] == [] and not report["stopped"], report
        found = np.load(folder / "y.npy").reshape(wanted.shape)
        assert np.array_equal(found, wanted), (name, policy)
    cycles = report["estimate"]["cycles_of_longest_block"]
    planted = json.loads(tool("mutate", trial, "--json"))
    left = [s for s in planted["survivors"] if not is_harmless(s, name)]
    # One row more of a product's x lies where the other's comes, later.
    longer = [s for s in left if s["kind"] == "one-too-long"]
    if name == "mixed_split" and ["call @nd2nz" in s["before"] for s in longer] == [True]:
        left.remove(longer[0])
    print(
        f"{name}: exact under {len(POLICIES)} policies, {cycles:.0f} cycles a block "
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
            run(make, pathlib.Path(name))
        run(mixed_split, pathlib.Path(name), "mixed", bishengir.SPLIT)
        for kernel in WRONG:
            run_wrong(kernel, pathlib.Path(name))


if __name__ == "__main__":
    main()
