# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The installed tree: what is in it, that it can be moved, and that programs
outside of the checkout are built with it, by CMake and by pkg-config."""

import json
import os
import re
import shutil

import pytest
from install import (
    BUILD,
    CC,
    CMAKE,
    EXAMPLE,
    ROOT,
    configure_and_build,
    install,
    needed,
    opened,
    passes,
    run,
)

VERSION = re.findall(
    r"VERSION_(?:MAJOR|MINOR|PATCH) (\d+)",
    (ROOT / "runtime/include/tconv/version.h").read_text(),
)
FULL, MAJOR = ".".join(VERSION), VERSION[0]
LIMIT = 500_000
COMPILER = f"libtconv_compiler.so.{MAJOR}"
HALIDE = (BUILD / f"lib/libtconv_halide.so.{MAJOR}").exists()


@pytest.fixture(scope="session")
def prefix(tmp_path_factory):
    """All that is installed, moved away from where it was installed to."""
    first = tmp_path_factory.mktemp("first") / "tree"
    install(BUILD, first)
    moved = tmp_path_factory.mktemp("moved") / "elsewhere"
    shutil.move(first, moved)
    return moved


@pytest.fixture
def example(tmp_path):
    """The example, outside of the checkout."""
    return shutil.copytree(EXAMPLE, tmp_path / "example")


def files_in(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


# --- What is there -----------------------------------------------------------


@pytest.mark.parametrize(
    "component, expected",
    [
        ("runtime", {
            f"lib/libtconv.so.{FULL}", f"lib/libtconv.so.{MAJOR}",
            "share/doc/tconv/LICENSE", "share/doc/tconv/CHANGELOG.md",
        }),
        ("compiler", {
            f"lib/libtconv_compiler.so.{FULL}", f"lib/{COMPILER}",
            "bin/tconv-compile", "bin/tconv-opt", "bin/tconv-inspect",
            "bin/tconv-bench", "bin/tconv-davinci", "bin/tconv-ptx", "bin/tconv-run", "bin/tconv-tune",
            "lib/cmake/tconv/tconvCompilerTargets.cmake",
            "lib/cmake/tconv/tconvCompilerTargets-release.cmake",
        }),
        ("development", {
            "lib/libtconv.so", "lib/libtconv.a",
            "include/tconv/tconv.h", "include/tconv/tconv.hpp",
            "include/tconv/kernel_abi.h", "include/tconv/compiler_abi.h",
            "include/tconv/version.h",
            "lib/cmake/tconv/tconvConfig.cmake",
            "lib/cmake/tconv/tconvConfigVersion.cmake",
            "lib/cmake/tconv/tconvTargets.cmake",
            "lib/cmake/tconv/tconvTargets-release.cmake",
            "lib/cmake/tconv/TconvAddKernels.cmake",
            "lib/pkgconfig/tconv.pc",
        }),
    ],
)  # fmt: skip
def test_components(tmp_path, component, expected):
    if component == "compiler" and HALIDE:
        expected = expected | {
            f"lib/libtconv_halide.so.{FULL}", f"lib/libtconv_halide.so.{MAJOR}",
        }  # fmt: skip
    install(BUILD, tmp_path, component)
    found = files_in(tmp_path)
    # The build type is in these names.
    found = {re.sub(r"Targets-\w+\.cmake", "Targets-release.cmake", name) for name in found}
    assert found == expected


def test_nothing_knows_where_it_was_made(prefix):
    forbidden = [str(ROOT).encode(), str(BUILD).encode(), b"/tree/lib", str(prefix).encode()]
    for name in sorted(files_in(prefix)):
        data = (prefix / name).read_bytes()
        assert not [text for text in forbidden if text in data], name


def test_the_runtime_is_small_and_free_of_llvm(prefix, tmp_path):
    library = prefix / f"lib/libtconv.so.{FULL}"
    passes("strip", "-o", tmp_path / "stripped.so", library)
    assert (tmp_path / "stripped.so").stat().st_size < LIMIT
    names = needed(library)
    assert names and not [n for n in names if re.search("LLVM|MLIR|clang|compiler", n)]
    assert "LLVM" not in passes("nm", "-D", "--undefined-only", library)


@pytest.mark.parametrize("library", ["tconv", "tconv_compiler"])
def test_versioned_names(prefix, library):
    link = prefix / f"lib/lib{library}.so.{MAJOR}"
    assert os.readlink(link) == f"lib{library}.so.{FULL}"
    assert f"soname: [lib{library}.so.{MAJOR}]" in passes("readelf", "-d", link)


def test_installed_tools_run(prefix, tmp_path):
    line = "in_channels=8 out_channels=8 kernel_size=4 stride=2"
    passes(prefix / "bin/tconv-compile", line, "--target=cpu:x86-64", "-o", tmp_path / "up")
    (kernel,) = json.loads(
        passes(prefix / "bin/tconv-inspect", tmp_path / "up.o", "--json")
    )
    assert kernel["target"] == "cpu:x86-64"
    (tmp_path / "a.layers").write_text(f"a: {line} length=100\n")
    passes(prefix / "bin/tconv-bench", "--layers", tmp_path / "a.layers")


@pytest.mark.skipif(not HALIDE, reason="the Halide engine is not built")
def test_the_installed_halide_engine_runs(prefix, tmp_path):
    line = "in_channels=8 out_channels=8 kernel_size=4 stride=2"
    text = passes(prefix / "bin/tconv-compile", line, "--engine=halide",
                  "--emit=schedule", "-o", "-")  # fmt: skip
    assert text.strip()
    library = prefix / f"lib/libtconv_halide.so.{MAJOR}"
    assert "libHalide.so" in needed(library)
    # Nothing but the two entries that halide_abi.h and compiler_abi.h name.
    lines = passes("nm", "-D", "--defined-only", library).split("\n")
    symbols = sorted(text.split()[-1] for text in lines if text)
    assert symbols == ["tconv_compiler_query", "tconv_halide_emit", "tconv_halide_free"]


# --- Programs ----------------------------------------------------------------


def check_program(program, prefix, shared):
    """It runs its own kernels: the compiler isn't even opened."""
    environment = {"LD_LIBRARY_PATH": str(prefix / "lib")}
    names = needed(program)
    assert (f"libtconv.so.{MAJOR}" in names) == shared
    assert not [name for name in names if re.search("LLVM|MLIR|compiler", name)]
    done = run(program, environment={
        **environment, "TCONV_VERBOSE": "1", "TCONV_CACHE_SIZE": "0"})  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "largest difference" in done.stdout
    assert "from=ahead of time" in done.stderr, done.stderr
    files = opened(program, environment=environment)
    assert not [name for name in files if "tconv_compiler" in name or "LLVM" in name]


@pytest.mark.parametrize("shared", [True, False])
def test_example_with_cmake(prefix, example, tmp_path, shared):
    if not shared:
        text = (example / "CMakeLists.txt").read_text()
        changed = text.replace("TARGETS ${targets}", "TARGETS ${targets} STATIC")
        assert changed != text
        (example / "CMakeLists.txt").write_text(changed)
    build = tmp_path / "build"
    configure_and_build(example, build, prefix)
    check_program(build / "ahead_of_time", prefix, shared)


def test_kernels_are_built_again_when_the_layers_change(prefix, example, tmp_path):
    build = tmp_path / "build"
    configure_and_build(example, build, prefix)
    assert "no work to do" in passes(CMAKE, "--build", build)
    program = (build / "ahead_of_time").read_bytes()
    with open(example / "vocoder.layers", "a") as file:
        file.write("up2: in_channels=8 out_channels=8 kernel_size=3\n")
    assert "Compiling the kernels of vocoder" in passes(CMAKE, "--build", build)
    assert "vocoder_up2_params" in (build / "vocoder.kernels/vocoder.h").read_text()
    assert (build / "ahead_of_time").read_bytes() != program
    assert "no work to do" in passes(CMAKE, "--build", build)


@pytest.mark.parametrize(
    "call, message",
    [
        ("k LAYERS a=1", "TARGETS is missing"),
        ("k TARGETS cpu:x86-64", "either LAYERS or FILE"),
        ("k LAYERS a=1 FILE f TARGETS cpu:x86-64", "either LAYERS or FILE"),
        ("k SHARED FILE f TARGETS cpu:x86-64", "unknown: SHARED"),
    ],
)
def test_wrong_calls_of_the_function(prefix, tmp_path, call, message):
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.20)\nproject(wrong LANGUAGES C)\n"
        f"find_package(tconv REQUIRED)\ntconv_add_kernels({call})\n"
    )
    done = run(CMAKE, "-S", tmp_path, "-B", tmp_path / "b", f"-DCMAKE_PREFIX_PATH={prefix}")
    assert done.returncode != 0
    assert message in " ".join(done.stderr.split())


def test_layers_in_the_call_and_a_cxx_program(prefix, tmp_path):
    """LAYERS instead of FILE, and the header in C++; the program has a layer
    that no kernel is registered for, so that here the compiler is opened, from
    beside libtconv."""
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.20)\nproject(two LANGUAGES CXX)\n"
        "find_package(tconv 0.1 REQUIRED)\n"
        'tconv_add_kernels(two LAYERS "in_channels=8 out_channels=8 kernel_size=3" '
        '"b.c: in_channels=4 out_channels=8 kernel_size=4 stride=2" '
        "TARGETS cpu:x86-64)\n"
        "add_executable(main main.cpp)\ntarget_link_libraries(main PRIVATE two)\n"
    )
    (tmp_path / "main.cpp").write_text(
        '#include "two.h"\n#include <vector>\n'
        "int main() {\n"
        "  tconv_params params;\n  tconv_layer *layer;\n"
        "  if (two_register() != TCONV_OK) return 1;\n"
        "  two_b_c_params(&params);\n  params.stride = 3;\n"
        "  std::vector<float> x(4 * 10), y(8 * 30);\n"
        "  if (tconv_layer_create(&params, nullptr, &layer) != TCONV_OK ||\n"
        "      tconv_layer_run(layer, x.data(), 1, 10, y.data()) != TCONV_OK)\n"
        "    return 2;\n"
        "  tconv_layer_destroy(layer);\n  two_1_params(&params);\n"
        "  return params.kernel_size != 3;\n}\n"
    )
    configure_and_build(tmp_path, tmp_path / "build", prefix)
    files = opened(tmp_path / "build/main")
    assert str(prefix / "lib" / COMPILER) in {os.path.normpath(name) for name in files}


def with_pkg_config(prefix, *arguments):
    folder = prefix / "lib/pkgconfig"
    return passes("pkg-config", *arguments, "tconv",
                  environment={"PKG_CONFIG_PATH": str(folder)}).split()  # fmt: skip


@pytest.mark.parametrize("shared", [True, False])
def test_example_with_pkg_config(prefix, example, shared):
    assert with_pkg_config(prefix, "--modversion") == [FULL]
    passes(prefix / "bin/tconv-compile", "--emit=library", "--layers", "vocoder.layers",
           "--target=cpu:x86-64,cpu:x86-64-v3", "-o", "vocoder", cwd=example)  # fmt: skip
    libraries = with_pkg_config(prefix, "--libs", *([] if shared else ["--static"]))
    if not shared:
        libraries = [word.replace("-ltconv", "-l:libtconv.a") for word in libraries]
    flags = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror"]
    passes(CC, *flags, *with_pkg_config(prefix, "--cflags"), "main.c", "vocoder.a",
           *libraries, "-lm", "-o", "main", cwd=example)  # fmt: skip
    check_program(example / "main", prefix, shared)


def test_a_package_without_the_compiler(tmp_path, example):
    """find_package works, and tconv_add_kernels says what it lacks."""
    for component in ("runtime", "development"):
        install(BUILD, tmp_path / "tree", component)
    arguments = [CMAKE, "-S", example, "-B", tmp_path / "b",
                 f"-DCMAKE_PREFIX_PATH={tmp_path / 'tree'}"]  # fmt: skip
    done = run(*arguments)
    assert done.returncode != 0
    assert "TCONV_COMPILE_EXECUTABLE" in done.stderr
    passes(*arguments, f"-DTCONV_COMPILE_EXECUTABLE={BUILD}/bin/tconv-compile")
