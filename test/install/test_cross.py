# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""For AArch64: the runtime by a cross compiler, the kernels by tconv-compile,
and both under an emulator of the CPU."""

import shutil

import pytest
from install import BUILD, CMAKE, EXAMPLE, ROOT, configure_and_build, install, passes

HALIDE = any((BUILD / "lib").glob("libtconv_halide.so*"))
TOOLCHAIN = ROOT / "tools/cmake/aarch64-linux-gnu.cmake"
SYSTEM = "/usr/aarch64-linux-gnu"
ARGUMENTS = [
    f"-DCMAKE_TOOLCHAIN_FILE={TOOLCHAIN}",
    f"-DTCONV_COMPILE_EXECUTABLE={BUILD}/bin/tconv-compile",
    "-DCMAKE_BUILD_TYPE=Release",
]


@pytest.fixture(scope="session")
def prefix(tmp_path_factory):
    """The installed runtime. Its build folder stays, so that only what changes
    is built again; little is optimized that an emulator runs anyhow."""
    folder = BUILD / "cross-aarch64"
    passes(CMAKE, "-S", ROOT, "-B", folder, "-G", "Ninja", *ARGUMENTS,
           "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG",
           *(f"-DTCONV_BUILD_{part}=OFF" for part in ("COMPILER", "TOOLS", "TESTS")),
           "-DTCONV_THREAD_POOL=OFF")  # fmt: skip
    passes(CMAKE, "--build", folder, "-j1")
    tree = tmp_path_factory.mktemp("aarch64") / "tree"
    install(folder, tree)
    return tree


def emulate(program, *arguments, prefix):
    assert "AArch64" in passes("readelf", "-h", program)
    return passes("qemu-aarch64", "-L", SYSTEM, "-E", f"LD_LIBRARY_PATH={prefix}/lib",
                  program, *arguments, environment={"TCONV_CACHE_SIZE": "0"})  # fmt: skip


def test_the_example(prefix, tmp_path):
    source = shutil.copytree(EXAMPLE, tmp_path / "example")
    configure_and_build(source, tmp_path / "build", prefix, *ARGUMENTS)
    text = emulate(tmp_path / "build/ahead_of_time", prefix=prefix)
    assert "largest difference" in text


def shrunk(path):
    """The public layers without their lengths. What has many channels gets an
    eighth of them, in as many groups as before or an eighth of these: an
    emulator takes a hundred times as long, and loops over channels are the same
    loops."""
    lines = []
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            continue
        name, *words = line.split()
        layer = dict(word.split("=") for word in words)
        del layer["length"]
        if int(layer["in_channels"]) >= 512 or int(layer["out_channels"]) >= 256:
            for key in ("in_channels", "out_channels", "group"):
                layer[key] = str(-(-int(layer.get(key, 1)) // 8))
        lines.append(" ".join([name, *(f"{key}={value}" for key, value in layer.items())]))
    return lines


def test_public_layers(prefix, tmp_path):
    """Of every layer the kernels of all classes of length, within the bounds,
    and nothing by another path."""
    lines = shrunk(ROOT / "test/suites/public.layers")
    (tmp_path / "shrunk.layers").write_text("\n".join(lines) + "\n")
    configure_and_build(ROOT / "test/install/checker", tmp_path / "build", prefix, *ARGUMENTS,
                        f"-DLAYERS={tmp_path}/shrunk.layers",
                        "-DTARGETS=cpu:aarch64+neon")  # fmt: skip
    lengths = (1, 10, 40, 400)
    text = emulate(tmp_path / "build/check_layers", tmp_path / "shrunk.layers", *lengths,
                   prefix=prefix)  # fmt: skip
    checked = [line.split() for line in text.splitlines() if "of the bounds" in line]
    assert len(checked) == len(lengths) * len(lines) >= 4 * 16
    assert text.count("without a kernel: the reference's bits") == len(checked)
    # Layers with few channels in a group have one kernel for all lengths.
    classes = {
        name: {words[0] for words in checked if words[3] == name}
        for name in ("step", "short", "medium", "bulk")
    }
    assert len(classes["bulk"]) == len(lines)
    assert len(classes["short"]) == len(classes["medium"]) == len(lines) - 3
    assert classes["step"] and classes["step"] < classes["short"]
    # Both sorts of kernels are among them.
    assert {words[4] for words in checked} == {"direct:", "fast:"}
    assert "cpu:x86-64: TCONV_UNSUPPORTED" in text


@pytest.mark.skipif(not HALIDE, reason="the Halide engine is not built")
def test_layers_by_halide(prefix, tmp_path):
    """One public layer for every kind of Halide's schedules."""
    names = ("hifigan.up0:", "piper.stream:", "bigvgan.antialias:", "cosyvoice2.up1:")
    lines = [line for line in shrunk(ROOT / "test/suites/public.layers")
             if line.startswith(names)]  # fmt: skip
    assert len(lines) == len(names)
    (tmp_path / "shrunk.layers").write_text("\n".join(lines) + "\n")
    configure_and_build(ROOT / "test/install/checker", tmp_path / "build", prefix, *ARGUMENTS,
                        f"-DLAYERS={tmp_path}/shrunk.layers", "-DENGINE=halide",
                        "-DTARGETS=cpu:aarch64+neon")  # fmt: skip
    text = emulate(tmp_path / "build/check_layers", tmp_path / "shrunk.layers", 1, 40, 400,
                   prefix=prefix)  # fmt: skip
    checked = [line.split() for line in text.splitlines() if "of the bounds" in line]
    assert len(checked) == 3 * len(lines)
    assert {words[4] for words in checked} == {"direct:"}
