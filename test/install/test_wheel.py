# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The wheel, in a bare virtual environment of the system's Python."""

import sys
import zipfile
from pathlib import Path

import numpy
import pytest
from install import BUILD, ROOT, install, passes

SMALL = """
import warnings
import numpy as np
import tconv
layer = tconv.Conv1dTranspose(12, 8, 4, stride=2, pad_mode="pad", padding=1, has_bias=True)
x = np.random.default_rng(1).standard_normal((2, 12, 300), np.float32)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    y = layer(x)
    tconv.conv_transpose1d(x, layer.weight)
assert np.abs(y - layer.reference(x)).max() < 1e-5
"""


def make(folder):
    """The wheel of this build."""
    for component in ("runtime", "compiler"):
        install(BUILD, folder / "tree", component)
    path = passes(sys.executable, ROOT / "tools/wheel.py", "--tree", folder / "tree",
                  "--output", folder / "wheels")  # fmt: skip
    return Path(path.strip())


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    return make(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def environment(wheel, tmp_path_factory):
    """Its Python, and the folder of the installed package. numpy is that of the
    tests, so that nothing has to be fetched."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    passes("/usr/bin/python3", "-m", "venv", folder)
    python = folder / "bin/python"
    passes(python, "-m", "pip", "install", "--no-index", "--no-deps", wheel)
    (packages,) = folder.glob("lib/python3*/site-packages")
    here = Path(numpy.__file__).parents[1]
    for name in ("numpy", "numpy.libs"):
        if (here / name).exists():
            (packages / name).symlink_to(here / name)
    return python, packages / "tconv"


@pytest.fixture
def broken(environment):
    """As on a machine that lacks a library which the compiler names: the name of
    that library, and what it belongs to."""
    (library,) = environment[1].glob("libtconv_compiler.so.*")
    data = library.read_bytes()
    name, what = "libzstd", "zlib and zstd"
    if b"libMLIR.so" in data:
        name, what = "libMLIR", "LLVM and MLIR 22"
    assert f"{name}.so".encode() in data
    library.write_bytes(data.replace(f"{name}.so".encode(), f"{name}.no".encode()))
    yield name, what
    library.write_bytes(data)


@pytest.fixture
def packed(environment, tmp_path):
    """A packed cache with the kernel of the layer below, made while there still
    is a compiler."""
    cache = tmp_path / "cache"
    run(environment[0], SMALL, TCONV_CACHE_SIZE="64M", TCONV_CACHE_DIR=cache)
    passes(BUILD / "bin/tconv-inspect", "cache", "pack", "--dir", cache, tmp_path / "packed")
    return tmp_path / "packed"


def run(python, script, **options):
    # Nothing but the virtual environment: no PYTHONPATH, no libtconv of others.
    return passes("env", "-i", "TCONV_CACHE_SIZE=0", *(f"{k}={v}" for k, v in options.items()),
                  python, "-c", script, cwd="/")  # fmt: skip


def test_it_compiles_and_runs(environment):
    python, package = environment
    out = run(python, SMALL + "assert not caught, caught\n"
              "print(layer.describe(300)['path'], tconv.__file__)")  # fmt: skip
    assert out.split() == ["kernel", str(package / "__init__.py")]


def test_without_a_library_it_says_so_once_and_works(environment, broken):
    python, _ = environment
    out = run(python, SMALL + "print(layer.describe(300)['path'])\n"
              "for one in caught: print(one.category.__name__, one.message)\n")  # fmt: skip
    path, message = out.strip().split("\n")
    assert path == "reference"
    assert message.startswith("RuntimeWarning tconv: layers run without kernels")
    name, what = broken
    assert f"it needs the libraries of {what}" in message
    assert f"{name}.no" in message


def test_without_a_compiler_packed_kernels_run(environment, packed, broken):
    python, _ = environment
    script = SMALL.replace("layer =", f"tconv.add_packed_cache({str(packed)!r})\nlayer =")
    out = run(python, script + "print(layer.describe(300)['from'])\n")
    assert out.strip() == "packed cache"


def test_a_packed_cache_that_is_not_there(environment):
    with pytest.raises(AssertionError, match="/nowhere"):
        run(environment[0], "import tconv\ntconv.add_packed_cache('/nowhere')")


def test_the_same_bytes_twice(wheel, tmp_path):
    again = make(tmp_path)
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_licences(wheel):
    """What is passed on comes with its licence."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        licences = {name.split("/")[-1] for name in names if "/licenses/" in name}
        assert {"LICENSE", "libxxhash-dev.txt", "nlohmann-json3-dev.txt"} <= licences
        others = [name for name in names if ".so" in name and "libtconv" not in name]
        (compiler,) = (name for name in names if "libtconv_compiler" in name)
        llvm = [] if b"libLLVM.so" in archive.read(compiler) else ["llvm-22-dev.txt", "libmlir-22-dev.txt"]
        assert licences.issuperset(llvm)
        assert len(licences) == 3 + len(others) + len(llvm)
        for name in names:
            if "/licenses/" in name:
                assert len(archive.read(name)) > 500
            assert str(ROOT).encode() not in archive.read(name)
