# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The disk cache from outside: processes that run layers, the compiler real.

TCONV_TEST_BUILD is the build folder. Every process checks its own results."""

import json
import os
import pathlib
import random
import signal
import subprocess
import time

import pytest

BUILD = pathlib.Path(os.environ["TCONV_TEST_BUILD"])
LAYERS = [
    "in_channels=24 out_channels=16 kernel_size=8 stride=4 length=50",
    "in_channels=24 out_channels=16 kernel_size=8 stride=4 length=900",
    "in_channels=12 out_channels=12 group=12 kernel_size=5 stride=2 length=70",
    "in_channels=8 out_channels=6 kernel_size=3 dilation=2 length=40",
]
KERNELS = 4  # of LAYERS: two length classes of the first


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


def command(*arguments, **environment):
    """A process and its environment, whose cache is nobody else's."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("TCONV_CACHE")
    }
    program = [str(BUILD / "bin" / "client_cache"), *map(str, arguments)]
    return program, {**clean, **{k: str(v) for k, v in environment.items()}}


def run(folder, *arguments, code=0, **environment):
    """(what each layer reported, what the process did, what it said)."""
    program, env = command(
        *arguments, TCONV_CACHE_DIR=folder, TCONV_VERBOSE=1, **environment
    )
    done = subprocess.run(
        program, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for layer in lines[:-1]:
        assert layer["right"], layer
    return lines[:-1], lines[-1] if lines else None, done.stderr


def origins(layers):
    return {layer["from"] for layer in layers}


def entries(folder):
    return sorted(folder.glob("*.tconv"))


def inspect(*arguments, code=0, out=False):
    done = subprocess.run(
        [str(BUILD / "bin" / "tconv-inspect"), "cache", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 or out else done.stderr


def test_the_second_process_has_no_llvm(folder):
    layers, process, _ = run(folder, *LAYERS)
    assert origins(layers) == {"compiled"}
    # Its LLVM may be a part of it.
    assert process["compiler"]
    assert len(entries(folder)) == KERNELS
    layers, process, said = run(folder, *LAYERS)
    assert origins(layers) == {"disk cache"}
    # The compiler library isn't even opened.
    assert process == {"compiler": False, "llvm": False}
    assert "set aside" not in said


def test_lengths_share_a_kernel(folder):
    run(folder, LAYERS[1])
    other = LAYERS[1].replace("900", "1234")
    layers, process, _ = run(folder, other)
    assert origins(layers) == {"disk cache"}
    assert not process["compiler"]


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty", "other"])
def test_what_has_rotted_is_compiled_anew(folder, damage):
    run(folder, *LAYERS)
    rng = random.Random(damage)
    whole = {path: path.read_bytes() for path in entries(folder)}
    for path, content in whole.items():
        at = rng.randrange(len(content))
        if damage == "truncated":
            path.write_bytes(content[:at])
        elif damage == "flipped":
            flipped = bytearray(content)
            flipped[at] ^= 1 << rng.randrange(8)
            path.write_bytes(flipped)
        elif damage == "empty":
            path.write_bytes(b"")
        else:
            others = [other for other in whole if other != path]
            path.write_bytes(whole[rng.choice(others)])
    layers, _, said = run(folder, *LAYERS)
    assert origins(layers) == {"compiled"}
    assert said.count("set aside") == KERNELS
    layers, _, said = run(folder, *LAYERS)
    assert origins(layers) == {"disk cache"}
    assert len(list(folder.glob("*.bad"))) == KERNELS


def test_every_byte_flipped_in_a_real_entry(folder):
    """None of them is loaded. The files are read as the runtime reads them."""
    run(folder, LAYERS[2])
    (path,) = entries(folder)
    content = path.read_bytes()
    variants = folder.parent / "variants"
    variants.mkdir(mode=0o700)
    for start in range(0, len(content), 400):
        for at in range(start, min(start + 400, len(content))):
            flipped = bytearray(content)
            flipped[at] ^= 0xFF
            # The name is a key's, so that the tool takes it for an entry.
            (variants / f"{at:032x}.tconv").write_bytes(flipped)
        told = inspect("verify", "--dir", variants, "--json", code=1, out=True)
        told = json.loads(told)
        assert len(told) == len(list(variants.iterdir()))
        # The name is no key of theirs; what counts is what is said before.
        assert all(entry["why"].startswith("kernel file: ") for entry in told)
        for file in variants.iterdir():
            file.unlink()


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
def test_a_folder_that_others_may_write_to_is_refused(folder, mode):
    run(folder, LAYERS[0])
    folder.chmod(mode)
    layers, _, said = run(folder, LAYERS[0], LAYERS[3])
    assert origins(layers) == {"compiled"}
    assert said.count("others may write to it") == 1


def test_no_folder_can_be_made(tmp_path):
    file = tmp_path / "file"
    file.write_text("x")
    layers, _, said = run(file / "cache", *LAYERS)
    assert origins(layers) == {"compiled"}
    assert said.count("no disk cache") == 1


def test_a_full_disk(tmp_path):
    """A file system of 20 KB in a name space of its own."""
    program, env = command(*LAYERS, TCONV_CACHE_DIR=tmp_path, TCONV_VERBOSE=1)
    mount = f"mount -t tmpfs -o size=20k,mode=0700 none '{tmp_path}'"
    if subprocess.run(
        ["unshare", "-m", "sh", "-c", mount], capture_output=True, check=False
    ).returncode:
        pytest.skip("this user can't mount a file system")
    script = f'{mount} && "$@" && "$@" && ls -l {tmp_path} && df -k {tmp_path}'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", *program],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "can't be written: No space left on device" in done.stderr
    layers = [json.loads(x) for x in done.stdout.splitlines() if "right" in x]
    assert len(layers) == 2 * len(LAYERS)
    assert all(layer["right"] for layer in layers)
    # What fits is there for the second process, whole.
    assert origins(layers[len(LAYERS) :]) == {"compiled", "disk cache"}
    assert "set aside" not in done.stderr
    assert ".tmp" not in done.stdout


def test_no_folder_is_known():
    program, env = command(LAYERS[0], TCONV_VERBOSE=1)
    for name in ("HOME", "XDG_CACHE_HOME"):
        env.pop(name, None)
    done = subprocess.run(
        program, env=env, capture_output=True, text=True, timeout=60, check=True
    )
    assert "none of TCONV_CACHE_DIR, XDG_CACHE_HOME and HOME" in done.stderr


def test_the_cache_is_switched_off(folder):
    layers, _, _ = run(folder, LAYERS[0], TCONV_CACHE_SIZE=0)
    assert origins(layers) == {"compiled"}
    assert not folder.exists()


def test_a_small_cache_keeps_the_last(folder):
    size = 20000
    run(folder, *LAYERS, TCONV_CACHE_SIZE=size)
    kept = entries(folder)
    assert 0 < len(kept) < KERNELS
    assert sum(path.stat().st_size for path in kept) <= size
    layers, _, _ = run(folder, LAYERS[-1], TCONV_CACHE_SIZE=size)
    assert origins(layers) == {"disk cache"}


def test_a_dump_compiles(folder, tmp_path):
    run(folder, LAYERS[0])
    layers, _, _ = run(folder, LAYERS[0], TCONV_DUMP=tmp_path / "dump")
    assert origins(layers) == {"compiled"}
    assert list((tmp_path / "dump").iterdir())


def test_schedules_are_in_the_key_by_content(folder, tmp_path):
    run(folder, LAYERS[0])
    schedules = tmp_path / "schedules"
    schedules.mkdir()
    note = schedules / "note.mlir"
    note.write_text("// one")
    path = {"TCONV_SCHEDULE_PATH": schedules}
    assert origins(run(folder, LAYERS[0], **path)[0]) == {"compiled"}
    assert origins(run(folder, LAYERS[0], **path)[0]) == {"disk cache"}
    note.write_text("// two")
    assert origins(run(folder, LAYERS[0], **path)[0]) == {"compiled"}
    note.write_text("// one")
    assert origins(run(folder, LAYERS[0], **path)[0]) == {"disk cache"}


def test_targets_have_kernels_of_their_own(folder):
    run(folder, LAYERS[0])
    target = ["--target", "cpu:x86-64"]
    if os.uname().machine != "x86_64":
        target = ["--target", "cpu:aarch64+neon"]
    assert origins(run(folder, *target, LAYERS[0])[0]) == {"compiled"}
    assert origins(run(folder, *target, LAYERS[0])[0]) == {"disk cache"}


def test_eight_cold_processes_compile_each_kernel_once(folder):
    processes = []
    for _ in range(8):
        program, env = command(
            "--threads", 2, *LAYERS, TCONV_CACHE_DIR=folder, TCONV_VERBOSE=1
        )
        processes.append(
            subprocess.Popen(
                program,
                env=env,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    compiled = 0
    for process in processes:
        out, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
        layers = [json.loads(line) for line in out.splitlines()[:-1]]
        assert len(layers) == 2 * len(LAYERS)
        assert all(layer["right"] for layer in layers)
        assert origins(layers) <= {"compiled", "disk cache"}
        # Both threads' layers name the one kernel that the process has.
        compiled += sum(layer["from"] == "compiled" for layer in layers) / 2
    assert compiled == KERNELS
    assert len(entries(folder)) == KERNELS
    assert not list(folder.glob("*.tmp"))


def test_killed_while_compiling(folder):
    """Whenever a process dies, the next one is right and not held up."""
    rng = random.Random(1)
    for _ in range(40):
        program, env = command(*LAYERS, TCONV_CACHE_DIR=folder)
        process = subprocess.Popen(program, env=env, stdout=subprocess.DEVNULL)
        time.sleep(rng.uniform(0, 0.4))
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)
        if rng.random() < 0.3:
            for path in entries(folder):
                path.unlink()
    start = time.monotonic()
    run(folder, *LAYERS)
    assert time.monotonic() - start < 20
    inspect("verify", "--dir", folder)
    inspect("prune", "--dir", folder, "--size", "1G")
    assert not list(folder.glob("*.tmp"))


def test_the_folder_goes_while_processes_run(folder):
    program, env = command(
        "--forever", *LAYERS, TCONV_CACHE_DIR=folder, TCONV_CACHE_SIZE="1M"
    )
    outputs = [folder.parent / name for name in ("one", "two")]
    processes = []
    for output in outputs:
        with output.open("w") as file:
            processes.append(subprocess.Popen(program, env=env, stdout=file))
    end = time.monotonic() + 60
    while time.monotonic() < end:
        time.sleep(0.05)
        subprocess.run(["rm", "-rf", str(folder)], check=False)
        if all(len(o.read_text().splitlines()) > 5 * len(LAYERS) for o in outputs):
            break
    for process, output in zip(processes, outputs):
        assert process.poll() is None
        process.terminate()
        process.wait(timeout=10)
        # The last line may have been cut off.
        lines = [json.loads(x) for x in output.read_text().splitlines()[:-1]]
        assert len(lines) >= 5 * len(LAYERS)
        assert all(line["right"] for line in lines)


def test_a_packed_cache_is_shipped(folder, tmp_path):
    run(folder, *LAYERS)
    packed = tmp_path / "kernels.tconv-pack"
    inspect("pack", "--dir", folder, packed)
    assert f"{KERNELS} sound" in inspect("verify", "--packed", packed)
    nowhere = tmp_path / "file"
    nowhere.write_text("")
    layers, process, _ = run(nowhere / "x", "--packed", packed, *LAYERS)
    assert origins(layers) == {"packed cache"}
    assert not process["compiler"]
    # Unpacked, it is a cache like any other.
    other = tmp_path / "other"
    assert "added 4 of 4" in inspect("unpack", "--dir", other, packed)
    assert "added 0 of 4" in inspect("unpack", "--dir", other, packed)
    layers, process, _ = run(other, *LAYERS)
    assert origins(layers) == {"disk cache"}


def test_a_damaged_packed_cache_is_refused(folder, tmp_path):
    run(folder, LAYERS[0])
    packed = tmp_path / "kernels"
    inspect("pack", "--dir", folder, packed)
    content = bytearray(packed.read_bytes())
    content[len(content) // 2] ^= 1
    packed.write_bytes(content)
    program, env = command("--packed", packed, LAYERS[0])
    done = subprocess.run(
        program, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert f"{packed}: packed cache: its checksum is wrong" in done.stderr
    program, env = command("--packed", tmp_path / "none", LAYERS[0])
    done = subprocess.run(
        program, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert "can't be read: No such file" in done.stderr


def test_kernels_for_other_machines_are_warmed_and_shipped(folder, tmp_path):
    """A level serves cpu:native from a packed cache, and what this machine
    can't run is kept, and never taken."""
    level = "cpu:x86-64" if os.uname().machine == "x86_64" else "cpu:aarch64+neon"
    for target in (level, "cpu:x86-64-v4", "cpu:aarch64+neon"):
        run(folder, "--warm", "--target", target, LAYERS[0])
    told = json.loads(inspect("list", "--dir", folder, "--json"))
    targets = {entry["description"]["target"] for entry in told}
    assert targets == {level, "cpu:x86-64-v4", "cpu:aarch64+neon"}
    assert all(entry["sound"] for entry in told)
    packed = tmp_path / "kernels"
    inspect("pack", "--dir", folder, packed)
    nowhere = tmp_path / "file"
    nowhere.write_text("")
    layers, process, _ = run(nowhere / "x", "--packed", packed, LAYERS[0])
    assert origins(layers) == {"packed cache"}
    assert not process["compiler"]


def test_warming_needs_a_folder(tmp_path):
    file = tmp_path / "file"
    file.write_text("x")
    _, _, said = run(file / "cache", "--warm", LAYERS[0], code=2)
    assert "no disk cache" in said and "Not a directory" in said


def test_the_tool_explains_and_prunes(folder):
    run(folder, *LAYERS)
    names = [path.name for path in entries(folder)]
    (told,) = json.loads(
        inspect("explain", "--dir", folder, "--json", names[0][:12])
    )
    assert told["name"] == names[0]
    description = told["description"]
    for field in ("layer", "kernel_target", "features", "schedule", "build_id",
                  "llvm", "compiled_at", "compile_ms"):
        assert description[field] not in ("", None), field
    assert description["build_id"] in told["compiler"]
    assert "length=" not in told["request"]
    text = inspect("explain", "--dir", folder, names[0][:12])
    assert description["schedule"] in text
    sizes = {path.name: path.stat().st_size for path in entries(folder)}
    oldest = entries(folder)[0]
    os.utime(oldest, (1, 1))
    left = sum(sizes.values()) - 1
    removed = json.loads(
        inspect("prune", "--dir", folder, "--size", left, "--json")
    )
    assert removed == [{"name": oldest.name, "bytes": sizes[oldest.name]}]
    inspect("prune", "--dir", folder)
    assert not entries(folder)
    said = inspect("list", "--dir", folder / "none", code=1)
    assert "none" in said
