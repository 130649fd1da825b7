# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ascend kernels on the CPU, as bishengir reads them: its own lowering for a CPU
runner makes LLVM IR of the text that bishengir-compile gets. A reading of the
text that is independent of how it is compiled for a core."""

import ctypes
import pathlib
import re
import subprocess

LLVM = pathlib.Path("/usr/lib/llvm-22")
#: The lowering wants one function of the host in a module.
HOST = (
    "func.func @host() attributes {hacc.function_kind = "
    "#hacc.function_kind<HOST>, hacc.host_func_type = "
    "#hacc.host_func_type<host_entry>} { return }\n"
)


class Memref(ctypes.Structure):
    _fields_ = [
        ("allocated", ctypes.c_void_p),
        ("aligned", ctypes.c_void_p),
        ("offset", ctypes.c_int64),
        ("size", ctypes.c_int64),
        ("stride", ctypes.c_int64),
    ]


def checked(command, **arguments):
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, **arguments
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr[:3000]}")
    return done.stdout


def build(tools, texts, folder):
    """One library of the kernels of all of these modules' texts."""
    functions = []
    for text in texts:
        body = text.strip()
        assert body.startswith("module {") and body.endswith("}")
        functions.append(body[len("module {") : -1])
    module = "module {\n" + HOST + "".join(functions) + "}\n"
    module = re.sub(
        r"attributes \{WorkspaceArgIdx[^}]*\}",
        "attributes {llvm.emit_c_interface}",
        module,
    )
    lowered = checked(
        [
            tools / "bishengir-opt",
            "-",
            "--convert-elementwise-to-linalg",
            "--lower-for-cpu-runner-pipeline",
        ],
        input=module,
    )
    lowered = re.sub(r" attributes \{hacc[^}]*\}", "", lowered)
    lowered = re.sub(r"hacc\.\w+ = #hacc\.\w+<\w+>,? ?", "", lowered)
    ir, library = folder / "kernels.ll", folder / "kernels.so"
    ir.write_text(
        checked([LLVM / "bin/mlir-translate", "--mlir-to-llvmir"], input=lowered)
    )
    checked(
        [
            LLVM / "bin/clang",
            "-O1",
            "-march=native",
            "-Wno-override-module",
            "-shared",
            "-fPIC",
            ir,
            "-o",
            library,
            f"-L{LLVM}/lib",
            f"-Wl,-rpath,{LLVM}/lib",
            "-lmlir_c_runner_utils",
            "-lm",
        ]
    )
    return ctypes.CDLL(str(library))


def launch(library, entry, pointers, grid, arguments):
    """Every block of a launch, one after the other. The first `pointers` of the
    arguments are addresses."""
    function = getattr(library, "_mlir_ciface_" + entry)
    function.restype = None
    huge = 1 << 40  # the text has no sizes, only addresses
    memrefs = [Memref(0, 0, 0, huge, 1)]
    memrefs += [Memref(a, a, 0, huge, 1) for a in arguments[:pointers]]
    given = [ctypes.byref(m) for m in memrefs]
    given += [ctypes.c_int64(number) for number in arguments[pointers:]]
    given += [ctypes.c_int32(size) for size in grid]
    for x in range(grid[0]):
        function(*given, ctypes.c_int32(x), ctypes.c_int32(0), ctypes.c_int32(0))
