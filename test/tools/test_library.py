# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tconv-compile --emit=library, and tconv-inspect of files with kernels."""

import json
import os
import pty
import re
import shutil
import subprocess

import pytest
from tools import BUILD, ROOT, passes, refuses, run

WIDE = "in_channels=16 out_channels=8 kernel_size=4 stride=2"
NARROW = "in_channels=3 out_channels=2 kernel_size=4 stride=2"
HEADERS = ROOT / "runtime/include"
STRICT = ["-pedantic", "-Wall", "-Wextra", "-Werror", f"-I{HEADERS}"]
# Programs that link an instrumented libtconv have to be so themselves.
STRICT += os.environ.get("TCONV_TEST_FLAGS", "").split()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def compiled(*command):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def library(prefix, layers, *arguments, targets="cpu:x86-64"):
    """Makes a library of the layers given as a dictionary."""
    with open("some.layers", "w") as file:
        file.writelines(f"{name}: {line}\n" for name, line in layers.items())
    return passes("tconv-compile", "--layers", "some.layers", "--emit=library",
                  f"--target={targets}", "-o", prefix, *arguments)  # fmt: skip


def symbols(archive):
    """What can be seen of the archive's members, defined, in their order."""
    return re.findall(r"^\w+ [A-Z] (\w+)$", output("nm", "-g", "--defined-only", archive), re.M)


def test_what_is_in_it():
    library("up", {"a.b": WIDE, "c": NARROW}, targets="cpu:x86-64-v3,cpu:x86-64")
    kernels = [
        "up_a_b_x86_64_v3_bulk", "up_a_b_x86_64_v3_medium", "up_a_b_x86_64_v3_short",
        "up_a_b_x86_64_bulk", "up_a_b_x86_64_medium", "up_a_b_x86_64_short",
        "up_c_x86_64_v3_bulk", "up_c_x86_64_bulk",  # few channels: one for all lengths
    ]  # fmt: skip
    assert symbols("up.a") == [*kernels, "up_kernel_count", "up_kernels"]
    members = output("ar", "t", "up.a").split()
    assert members == [f"{name}.o" for name in kernels] + ["up_kernels.o"]
    # Everything it needs is in it, but libtconv's nothing.
    assert set(re.findall(r" U (\w+)", output("nm", "up.a"))) == set(kernels)


@pytest.mark.parametrize("standard", ["c99", "c++17"])
def test_the_header(standard):
    """Its table, its count and the parameters of layers of every kind."""
    layers = {
        "same": WIDE + " pad_mode=same has_bias=1",
        "pad": WIDE + " pad_mode=pad padding=1 output_padding=1 dilation=3",
        "groups": "in_channels=6 out_channels=9 kernel_size=3 group=3 pad_mode=valid",
        "crop": WIDE + " pad_mode=crop crop_begin=-1 crop_end=2",
        "fixed": WIDE + " pad_mode=crop crop_begin=1 output_length=7",
    }
    library("up", layers)
    calls = "".join(
        f'  up_{name}_params(&have);\n  bad |= differs(&have, "{line}");\n'
        for name, line in layers.items()
    )
    language = "c" if standard == "c99" else "c++"
    with open("main.x", "w") as file:
        file.write(
            '#include "up.h"\n#include <string.h>\n'
            "static int differs(const tconv_params *have, const char *line) {\n"
            "  tconv_params params;\n"
            "  return tconv_params_parse(line, &params, NULL, NULL, 0) ||\n"
            "    memcmp(have, &params, sizeof params) != 0;\n}\n"
            "int main(void) {\n  tconv_params have;\n  int bad = 0;\n"
            f"{calls}  size_t i;\n"
            "  for (i = 0; i < up_kernel_count; ++i)\n"
            "    bad |= up_kernels[i]->abi_version != TCONV_KERNEL_ABI_VERSION;\n"
            "  return bad || up_register() != TCONV_OK || up_register() != TCONV_OK;\n}\n"
        )
    compiler = "cc" if language == "c" else "c++"
    compiled(compiler, f"-std={standard}", *STRICT, "-x", language, "main.x", "-x", "none", "up.a",
             f"-L{BUILD}/lib", "-ltconv", f"-Wl,-rpath,{BUILD}/lib", "-o", "main")  # fmt: skip
    assert subprocess.run(["./main"]).returncode == 0


def test_layers_of_one_kernel_share_it():
    """What only sets the output's length is no part of a kernel."""
    padded = NARROW + " pad_mode=pad padding=1"
    library("up", {"a": padded, "b": padded + " output_padding=1", "c": NARROW + " dilation=2"})
    assert symbols("up.a")[:2] == ["up_a_x86_64_bulk", "up_c_x86_64_bulk"]
    header = open("up.h").read()
    assert "up_b has the kernels of up_a" in header
    assert "void up_b_params(" in header


@pytest.mark.parametrize(
    "line, option, expected",
    [
        (WIDE, [], ["bulk", "medium", "short"]),
        (NARROW, [], ["bulk"]),
        # A fixed output of few positions has few, whatever the input's length.
        (WIDE + " pad_mode=crop output_length=7", [], ["short"]),
        # The shortest input that has an output is past the short class already.
        (WIDE + " pad_mode=crop crop_begin=-200", [], ["bulk", "medium"]),
        # Lengths up to 200 have no output at all.
        (WIDE + " pad_mode=crop crop_begin=400", [], ["bulk", "medium", "short"]),
        (WIDE, ["--length-class=short"], ["short"]),
        (NARROW, ["--length-class=bulk"], ["bulk"]),
    ],
)
def test_length_classes(line, option, expected):
    library("up", {"a": line}, *option)
    assert symbols("up.a")[:-2] == [f"up_a_x86_64_{name}" for name in expected]


def test_the_same_bytes_twice(folder):
    for name in ("one", "two/deeper"):
        (folder / name).mkdir(parents=True)
        os.chdir(folder / name)
        library("up", {"a": WIDE, "b": NARROW}, targets="cpu:x86-64,cpu:x86-64-v4")
    for suffix in ("a", "h"):
        one, two = ((folder / name / f"up.{suffix}").read_bytes() for name in ("one", "two/deeper"))
        assert one == two and len(one) > 1000
        assert str(folder).encode() not in one


def test_name_and_json():
    out = json.loads(library("up", {"a": NARROW}, "--symbol=mine", "--json"))
    assert [entry["symbol"] for entry in out] == ["mine_a_x86_64_bulk"]
    assert symbols("up.a")[-1] == "mine_kernels"
    passes("tconv-compile", NARROW, "--emit=library", "--target=cpu:x86-64", "-o", "2-x")
    assert symbols("2-x.a")[0] == "layer_2_x_layer_x86_64_bulk"


def test_progress_on_request():
    layers = {"a": WIDE}
    library("up", layers)
    arguments = ["--layers", "some.layers", "--emit=library", "--target=cpu:x86-64", "-o", "up"]
    assert run("tconv-compile", *arguments).stderr == ""
    lines = run("tconv-compile", *arguments, "-v").stderr.splitlines()
    assert lines == [
        "[1/3] up_a_x86_64_bulk", "[2/3] up_a_x86_64_medium", "[3/3] up_a_x86_64_short",
    ]  # fmt: skip
    # A terminal gets one line that is written over, and gone in the end.
    ours, theirs = pty.openpty()
    subprocess.run([str(BUILD / "bin/tconv-compile"), *arguments], stderr=theirs, check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    os.close(theirs)
    seen = os.read(ours, 10000).decode()
    os.close(ours)
    assert "[3/3] up_a_x86_64_short" in seen and "\n" not in seen
    assert seen.endswith("\r\x1b[K")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--emit=library,asm"], "'library' has a header and objects of its own"),
        (["--emit=object", "--target=cpu:x86-64,cpu:x86-64-v3"], "--emit=library"),
        (["--emit=library", "--target=cpu:x86-64,cpu:aarch64+neon"], "can't be in one library"),
        (["--emit=library", "--target=cpu:x86-64,cpu:z80"], "cpu:z80"),
        (["--emit=library", "--symbol=double"], "'double'"),
    ],
)
def test_refusals(folder, arguments, message):
    assert message in refuses("tconv-compile", NARROW, *arguments, "-o", "up")
    assert not list(folder.iterdir())


def test_outputs_that_a_library_has_not():
    assert "'-' takes one text" in refuses("tconv-compile", NARROW, "--emit=library", "-o", "-")
    assert "ends in no name" in refuses("tconv-compile", NARROW, "--emit=library", "-o", "./")


def test_names_that_collide(folder):
    (folder / "two.layers").write_text(f"a.b: {NARROW}\na_b: {WIDE}\n")
    message = refuses("tconv-compile", "--layers", "two.layers", "--emit=library", "-o", "up")
    assert "up_a_b_params is taken" in message
    assert {path.name for path in folder.iterdir()} == {"two.layers"}


# --- tconv-inspect FILE ------------------------------------------------------


def kernels_of(path):
    return json.loads(passes("tconv-inspect", path, "--json"))


@pytest.fixture
def files(folder):
    """An archive, an object, a shared library and a program, with the header's
    descriptions."""
    library("up", {"a": WIDE, "b": NARROW})
    (folder / "main.c").write_text('#include "up.h"\nint main(void) { return up_register(); }\n')
    compiled("cc", *STRICT, "-shared", "-o", "up.so", "-Wl,--whole-archive", "up.a",
             "-Wl,--no-whole-archive")  # fmt: skip
    compiled("cc", *STRICT, "main.c", "-Wl,--whole-archive", "up.a", "-Wl,--no-whole-archive",
             f"-L{BUILD}/lib", "-ltconv", "-Wl,--gc-sections", "-s", "-o", "program")  # fmt: skip
    compiled("ar", "x", "up.a")
    lines = re.findall(r"^ \* (\w+): (\{.*\})$", (folder / "up.h").read_text(), re.M)
    return {name: json.loads(text) for name, text in lines}


def test_every_kind_of_file(files):
    assert len(files) == 4
    found = kernels_of("up.a")
    assert [entry.pop("member") for entry in found] == [f"{name}.o" for name in files]
    assert found == list(files.values())
    for name, description in files.items():
        assert kernels_of(f"{name}.o") == [description]
    for linked in ("up.so", "program"):
        assert sorted(map(str, kernels_of(linked))) == sorted(map(str, files.values()))
    text = passes("tconv-inspect", "up.a")
    assert text.count("schedule ") == 4
    assert re.search(r"^up_b_x86_64_bulk\.o\n  algorithm +direct$", text, re.M)


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("text", b"hello\n", "neither an ELF file nor an archive"),
        ("empty", b"", "neither an ELF file nor an archive"),
        ("elf", b"\x7fELF", "is damaged"),
        ("ar", b"!<arch>\n", "has no kernel"),
        ("ar2", b"!<arch>\nthis is no member of an archive at all, is it?" * 3, "is damaged"),
    ],
)
def test_files_without_kernels(folder, name, content, message):
    (folder / name).write_bytes(content)
    out = refuses("tconv-inspect", name)
    assert message in out and name in out


def test_a_program_without_kernels():
    assert "has no kernel" in refuses("tconv-inspect", shutil.which("ls"))


def test_damaged_files(files, folder):
    """Cut anywhere, or with a byte changed anywhere in its headers, a file is
    read or refused; nothing else happens."""
    data = (folder / "up_b_x86_64_bulk.o").read_bytes()
    refused = 0
    cuts = [*range(0, 70, 7), *range(70, len(data), len(data) // 20)]
    changes = [*range(4, 64, 3), *range(len(data) - 400, len(data), 17)]
    for cut in cuts:
        (folder / "bad.o").write_bytes(data[:cut])
        assert refuses("tconv-inspect", "bad.o")
    for place in changes:
        bad = bytearray(data)
        bad[place] ^= 0xFF
        (folder / "bad.o").write_bytes(bad)
        refused += run("tconv-inspect", "bad.o").returncode
    assert refused > 5
    text = data.index(b'{"algorithm"')
    (folder / "bad.o").write_bytes(data[:text] + b"[" + data[text + 1 :])
    assert "is no JSON object" in refuses("tconv-inspect", "bad.o")
