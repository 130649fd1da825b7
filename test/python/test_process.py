# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Threads, fork, and how the library is found."""

import gc
import os
import pathlib
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
import tconv
from helpers import check_layer, random
from tconv import _native


def run_python(program, **environment):
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def threads():
    before = tconv.get_num_threads()
    yield
    tconv.set_num_threads(before)


def test_threads_do_not_change_the_bits(threads):
    layers = [
        (
            tconv.Conv1dTranspose(48, 40, 8, 4, "pad", 2, has_bias=True),
            random((2, 48, 500)),
        ),
        (tconv.Conv1dTranspose(64, 64, 4, 2, group=64), random((1, 64, 999))),
        (tconv.Conv1dTranspose(130, 1, 64, 16, "pad"), random((3, 130, 77))),
    ]
    for layer, x in layers:
        results = []
        for count in (1, 2, 3, 7):
            tconv.set_num_threads(count)
            assert tconv.get_num_threads() == count
            results.append(layer(x).tobytes())
        assert len(set(results)) == 1
        check_layer(layer, x)


def test_calls_do_not_wait_for_a_kernel(tmp_path, monkeypatch):
    monkeypatch.setenv("TCONV_CACHE_DIR", str(tmp_path))
    layer = tconv.Conv1dTranspose(48, 40, 9, 4, compilation="background")
    assert layer.compilation == "background"
    x = random((1, 48, 700))
    first = layer(x)
    assert first.tobytes() == layer.reference(x, sums64=False).tobytes()
    if layer.describe(700)["path"] == "kernel":  # waits
        assert layer.describe(700)["from"] == "compiled"
        assert layer(x).tobytes() != first.tobytes()
    check_layer(layer, x)
    # What is on disk is taken at once.
    again = tconv.Conv1dTranspose(
        48, 40, 9, 4, weight_init=layer.weight, compilation="background"
    )
    assert again(x).tobytes() == layer(x).tobytes()


@pytest.mark.parametrize("seconds", [0, 0.01, 0.03, 0.06, 0.1])
def test_a_program_may_end_while_it_compiles(tmp_path, seconds):
    program = (
        "import time, numpy as np, tconv\n"
        "layers = [tconv.Conv1dTranspose(64, 40, 8, s, compilation='background')"
        " for s in (2, 4)]\n"
        "for layer in layers: layer(np.ones((1, 64, 500), np.float32))\n"
        f"time.sleep({seconds})\n"
    )
    # With the layers at the end, and without: then nobody waits for them.
    for end in ("", "import os; os._exit(0)\n", "import gc; del layer, layers\n"):
        done = run_python(program + end, TCONV_CACHE_DIR=str(tmp_path / "none"))
        assert (done.returncode, done.stderr) == (0, "")


def test_one_layer_in_many_threads():
    layer = tconv.Conv1dTranspose(16, 12, 8, 4, has_bias=True)
    inputs = [random((1, 16, 5 + 13 * n), n) for n in range(8)]
    expected = [layer.reference(x) for x in inputs]
    fresh = tconv.Conv1dTranspose(
        16,
        12,
        8,
        4,
        has_bias=True,
        weight_init=layer.weight,
        bias_init=layer.bias,
    )
    failures = []

    def work(n):
        for turn in range(20):
            which = (n + turn) % len(inputs)
            if not np.allclose(
                fresh(inputs[which]), expected[which], atol=1e-5
            ):
                failures.append((n, which))

    workers = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failures


def test_messages_belong_to_threads():
    """A refusal in one thread says what went wrong in that thread."""
    failures = []

    def work(value):
        for _ in range(200):
            try:
                tconv.Conv1dTranspose(4, 4, 3, stride=-value)
            except ValueError as error:
                if f"-{value}" not in str(error):
                    failures.append(str(error))

    workers = [
        threading.Thread(target=work, args=(1000 + n,)) for n in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failures


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("count", [1, 2])
def test_a_child_calls_its_parents_layer(threads, count):
    tconv.set_num_threads(count)
    layer = tconv.Conv1dTranspose(32, 24, 8, 4, has_bias=True)
    x, other = random((1, 32, 300)), random((2, 32, 41))
    expected, expected_other = layer(x).tobytes(), layer.reference(other)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(60)  # a hang must not outlive the test
            same = layer(x).tobytes() == expected
            close = np.allclose(layer(other), expected_other, atol=1e-5)
            new = tconv.Conv1dTranspose(5, 7, 9, 2)  # compiles in the child
            made = np.allclose(
                new(x[:, :5]), new.reference(x[:, :5]), atol=1e-5
            )
            code = 0 if same and close and made else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert status == 0
    assert layer(x).tobytes() == expected


def test_layers_are_freed():
    """A thousand layers of 4 MB each, one at a time, don't pile up."""

    def resident():
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    x = random((1, 256, 2))
    for _ in range(20):
        tconv.Conv1dTranspose(256, 256, 16, weight_init="ones")(x)
    gc.collect()
    before = resident()
    for _ in range(100):
        tconv.Conv1dTranspose(256, 256, 16, weight_init="ones")(x)
    assert resident() - before < 100 * 2**20


def test_import_error_names_what_was_tried():
    done = run_python("import tconv", TCONV_LIBRARY="/no/such/libtconv.so")
    assert done.returncode != 0
    assert "ImportError" in done.stderr
    assert "/no/such/libtconv.so" in done.stderr
    assert "TCONV_LIBRARY" in done.stderr


def test_a_library_that_is_another_is_refused(tmp_path):
    done = run_python("import tconv", TCONV_LIBRARY="libm.so.6")
    assert done.returncode != 0 and "ImportError" in done.stderr
    assert "libm.so.6" in done.stderr and "tconv_" in done.stderr
    # Without any library every place is named.
    package = pathlib.Path(tconv.__file__).parent
    folder = tmp_path / "a" / "tconv"
    folder.mkdir(parents=True)
    for file in package.glob("*.py"):
        (folder / file.name).write_text(file.read_text())
    done = run_python(
        "import tconv",
        PYTHONPATH=str(folder.parent),
        TCONV_LIBRARY="",
        LD_LIBRARY_PATH="",
    )
    assert done.returncode != 0 and "ImportError" in done.stderr
    assert str(folder / "libtconv.so") in done.stderr
    assert str(tmp_path / "lib" / "libtconv.so") in done.stderr


def test_the_library_is_found_by_its_variable():
    path = os.path.abspath(_native.lib._name)
    done = run_python(
        "import tconv; print(tconv._native.lib._name)", TCONV_LIBRARY=path
    )
    assert done.stdout.strip() == path, done.stderr


def test_threads_from_the_environment():
    program = "import tconv; print(tconv.get_num_threads())"
    assert run_python(program, TCONV_NUM_THREADS="3").stdout.strip() == "3"
    assert int(run_python(program, TCONV_NUM_THREADS="").stdout) >= 1
