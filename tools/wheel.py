# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes a wheel of the Python package and the libraries of an installed tree.

    wheel.py --tree PREFIX --output FOLDER

The libraries lie beside the package's modules. LLVM and MLIR are in the
compiler's, unless it was built with TCONV_STATIC_LLVM=OFF: then, where they are
not installed, layers take packed caches and the plain implementation.
engine="halide" wants the package halide beside this one. The same tree gives
the same bytes.
"""

import argparse
import base64
import hashlib
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[1]

# Headers whose code is in libtconv.
COMPILED_IN = ["libxxhash-dev", "nlohmann-json3-dev"]
# Archives that are in libtconv_compiler, or not: see TCONV_STATIC_LLVM.
LLVM = ["llvm-22-dev", "libmlir-22-dev"]


def version():
    text = (ROOT / "runtime/include/tconv/version.h").read_text()
    return ".".join(re.findall(r"TCONV_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", text))


def dynamic_section(library):
    """What a library says of itself and needs, as text."""
    return subprocess.run(
        ["readelf", "-d", library], capture_output=True, text=True, check=True
    ).stdout


def soname(library):
    return re.search(r"soname: \[(.*)\]", dynamic_section(library))[1]


def stripped(library):
    """The bytes of a library without its debugging symbols."""
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run(["strip", "--strip-unneeded", "-o", file.name, library], check=True)
        return pathlib.Path(file.name).read_bytes()


def thread_pool(library):
    """The pool that libtconv was linked to, as the system's loader finds it;
    few machines have one."""
    text = subprocess.run(["ldd", library], capture_output=True, text=True, check=True).stdout
    found = re.search(r"libpthreadpool\S* => (/\S+)", text)
    return [pathlib.Path(found[1])] if found else []


def holds_llvm(library):
    """Whether LLVM is in it, rather than among what it needs."""
    return "compiler" in library.name and "libLLVM" not in dynamic_section(library)


def owners(library):
    """Debian's package of a file of the system."""
    text = subprocess.run(["dpkg", "-S", library.name], capture_output=True, text=True).stdout
    return sorted(set(re.findall(r"^([^:\s]+)", text, re.M)))


def licence(package):
    """Where Debian keeps it; what is passed on has to come with it."""
    path = pathlib.Path(f"/usr/share/doc/{package}/copyright")
    if not path.exists():
        sys.exit(f"wheel.py: the licence of {package} is missing: {path}")
    return path.read_bytes()


def contents(tree):
    """Paths in the wheel, and their bytes."""
    result = {}
    for module in sorted((ROOT / "python/tconv").glob("*.py")):
        result[f"tconv/{module.name}"] = module.read_bytes()
    (runtime,) = (path for path in tree.glob("lib*/**/libtconv.so.*") if not path.is_symlink())
    libraries = [runtime]
    for name in ("compiler", "halide"):
        found = runtime.parent.glob(f"libtconv_{name}.so.*")
        libraries += [path for path in found if not path.is_symlink()]
    pool = thread_pool(runtime)
    for library in libraries + pool:
        result[f"tconv/{soname(library)}"] = stripped(library)
    info = f"tconv-{version()}.dist-info"
    result[f"{info}/licenses/LICENSE"] = (ROOT / "LICENSE").read_bytes()
    others = [package for library in pool for package in owners(library)]
    if any(map(holds_llvm, libraries)):
        others += LLVM
    for package in sorted({*COMPILED_IN, *others}):
        result[f"{info}/licenses/{package}.txt"] = licence(package)
    result[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: tconv\nVersion: {version()}\n"
        "Summary: 1-D transposed convolutions by kernels compiled for each layer\n"
        "License: Apache-2.0 WITH LLVM-exception\n"
        "Requires-Python: >=3.9\nRequires-Dist: numpy\n"
    ).encode()
    result[f"{info}/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: tconv\nRoot-Is-Purelib: false\n"
        f"Tag: {tag()}\n"
    ).encode()
    return result, info


def tag():
    return f"py3-none-linux_{platform.machine()}"


def write(path, files, record):
    lines = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
            lines.append(f"{name},sha256={digest.decode().rstrip('=')},{len(data)}\n")
            add(archive, name, data)
        add(archive, record, "".join([*lines, f"{record},,\n"]).encode())


def add(archive, name, data):
    entry = zipfile.ZipInfo(name)  # of 1980, whoever makes it and when
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tree", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    files, info = contents(arguments.tree)
    arguments.output.mkdir(parents=True, exist_ok=True)
    path = arguments.output / f"tconv-{version()}-{tag()}.whl"
    write(path, files, f"{info}/RECORD")
    print(path)


if __name__ == "__main__":
    main()
