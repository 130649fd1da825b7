# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tools/bench with systems that only pretend: turns, figures, Markdown, charts."""

import json
import math
import sys

import numpy as np
import pytest
from tools import ROOT

sys.path.insert(0, str(ROOT / "tools" / "bench"))
import chart  # noqa: E402
import client  # noqa: E402
import compare  # noqa: E402
import first_call  # noqa: E402
import layers  # noqa: E402
import peers  # noqa: E402
import readme  # noqa: E402
import reference  # noqa: E402
import report  # noqa: E402
import systems  # noqa: E402

LAYER = "in_channels=4 out_channels=6 kernel_size=4 stride=2 length=9 has_bias=1"
TITLES = {"tconv": "tconv", "a": "System A", "b": "System B"}


class Fake:
    """A system whose times are given, and whose outputs are right or spoilt."""

    version = "1.0"
    ways = ("one", "two")

    def __init__(self, key, times, spoil=None, refuses=None, slow=False):
        self.key, self.title, self.slow = key, TITLES[key], slow
        self.times, self.spoil, self.refuses = list(times), spoil, refuses
        self.log = []

    def prepare(self, layer, seed):
        if self.refuses:
            raise self.refuses
        data = layers.make_data(layer, seed)
        judge = reference.Reference(layer, data, channels=layer.out_channels)
        # All channels were chosen: put them back into their order.
        order = judge.columns[0, :, :-1].argmax(axis=0)
        self.y = np.empty((1, layer.out_channels, layer.output_length), np.float32)
        self.y[0, order] = judge.sums[0, 0, :-1]
        return {"way": "one", "description": {"path": "kernel"}}

    def measure(self, seconds):
        self.log.append(seconds)
        return self.times.pop(0)

    def output(self):
        if self.spoil:
            self.spoil(self.y)
        return self.y

    def first_call(self, layer, seed, way):
        self.log.append(way)
        seconds = self.times.pop(0)
        return {"seconds": seconds, "prepared": 2 * seconds}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def compared(*workers, rounds=2):
    layer = layers.parse(f"small: {LAYER}", 1)
    return compare.compare([layer], workers, rounds, 0.5, lambda _: None)


def run_of(results, keys=("tconv", "a", "b")):
    return {
        "date": "2026-01-02",
        "machine": {
            "cpu": "Test CPU", "isa": "avx2", "cores": 4, "copy_gbs": 10.0,
            "fma_peak_gflops_1t": 100.0, "fma_peak_gflops_Nt": 200.0, "load": 0.1,
        },
        "threads": 1,
        "accuracy": "default",
        "versions": dict.fromkeys(keys, "1.0"),
        "titles": TITLES,
        "absent": {},
        "layers": results,
    }  # fmt: skip


def result_of(name, **seconds):
    return {
        "name": name, "flops": 1e9, "bytes": 1e7, "seconds": seconds,
        "gflops": {key: 1 / value for key, value in seconds.items()},
        "description": {"path": "kernel"}, "not_supported": {}, "problems": {},
    }  # fmt: skip


def three():
    return [
        result_of("x", tconv=0.1, a=0.2, b=0.4),
        result_of("y", tconv=0.2, a=0.8, b=0.1),
        result_of("z", tconv=0.1, a=0.8),
    ]


def test_the_fastest_run_of_all_turns_counts():
    ours, other = Fake("tconv", [3, 1, 2]), Fake("a", [4, 6, 5])
    (result,) = compared(ours, other, rounds=3)
    assert result["seconds"] == {"tconv": 1, "a": 4}
    assert len(ours.log) == len(other.log) == 3
    flops = 2 * 4 * 6 * 4 * 9
    assert math.isclose(result["gflops"]["a"], flops / 4 * 1e-9)
    # x, y, weight and bias, four bytes each
    assert result["bytes"] == 4 * (4 * 9 + 6 * 18 + 4 * 6 * 4 + 6)


def test_turns_alternate_and_slow_systems_have_one():
    log = []

    class Logged(Fake):
        def measure(self, seconds):
            log.append(self.key)
            return super().measure(seconds)

    workers = [Logged("tconv", [1] * 3), Logged("a", [1], slow=True)]
    workers.append(Logged("b", [1] * 3))
    compared(*workers, rounds=3)
    assert log == ["tconv", "a", "b", "b", "tconv", "tconv", "b"]


def test_wrong_outputs_have_no_figure():
    def spoil(y):
        y[0, 3, 5] += 0.01

    (result,) = compared(
        Fake("tconv", [2, 2]), Fake("a", [1, 1], spoil), Fake("b", [3, 3])
    )
    assert set(result["seconds"]) == set(result["gflops"]) == {"tconv", "b"}
    assert "System A is off by 0.01" in result["problems"]["a"]
    run = run_of([result])
    # It would have been the best.
    assert report.best_peer(result) == "b"
    assert "System A is off by" in report.markdown([run])
    assert list(report.problems([run])) == [
        f"small: {result['problems']['a']}"
    ]


def test_systems_that_cannot_or_fail():
    (result,) = compared(
        Fake("tconv", [2, 2]),
        Fake("a", [], refuses=systems.NotSupported("too odd")),
        Fake("b", [], refuses=client.Missing("System B: it crashed")),
    )
    assert set(result["seconds"]) == {"tconv"}
    text = report.markdown([run_of([result])])
    assert "| small | 0.00" not in text
    assert "small: System A cannot: too odd" in text
    assert "small: System B: it crashed" in text
    assert report.summary(run_of([result]))["best"] is None


def test_ratios_best_peer_and_means():
    results = three()
    assert [report.best_peer(result) for result in results] == ["a", "b", "a"]
    figures = report.summary(run_of(results))
    # 2, 4, 8 against a; 4, 1/2 against b; 2, 1/2, 8 against the best
    assert math.isclose(figures["a"]["geometric_mean"], 4)
    assert (figures["a"]["layers"], figures["a"]["minimum"]) == (3, 2)
    assert math.isclose(figures["b"]["geometric_mean"], math.sqrt(2))
    assert figures["b"]["layers"] == 2
    assert math.isclose(figures["best"]["geometric_mean"], 2)
    assert figures["best"]["minimum"] == 0.5
    assert figures["best"]["minimum_layer"] == "y"
    assert report.best_peer(result_of("w", tconv=1)) is None


def test_markdown():
    run = run_of(three())
    run["absent"] = {"torch": "PyTorch is not installed"}
    lines = report.markdown([run]).splitlines()
    assert "| layer | tconv | System A | System B | ratio to the best |" in lines
    assert "| x | 10.0 | **5.0** | 2.5 | 2.00 |" in lines
    assert "| y | 5.0 | 1.2 | **10.0** | 0.50 |" in lines
    assert "| z | 10.0 | **1.2** | - | 8.00 |" in lines
    text = "\n".join(lines)
    for part in ("Test CPU", "2026-01-02", "System A 1.0", "1 thread,", "100 GFLOP/s",
                 "2.00 times as fast in geometric mean of 3 layers, at least 0.50 (y)",
                 "not compared: PyTorch is not installed"):  # fmt: skip
        assert part in text
    two = {**run, "threads": 2}
    text = report.markdown([run, two])
    assert text.count("| layer |") == 2
    assert "2 threads" in text and "200 on 2" in text


def test_a_busy_machine_is_named():
    run = run_of(three())
    assert list(report.doubts(run)) == []
    run["machine"]["load"] = 3.2
    run["threads"] = 2
    assert len(list(report.doubts(run))) == 1
    assert "- the load was 3.2" in report.markdown([run])
    run["machine"]["fma_peak_gflops_Nt"] = 110.0
    assert "reached 1.10 times" in report.markdown([run])


def test_a_fallback_is_marked():
    result = result_of("x", tconv=1, a=2)
    result["description"] = {"path": "reference"}
    assert "| x (reference) |" in report.markdown([run_of([result], ("tconv", "a"))])


def test_requirements():
    runs = [run_of(three())]
    assert list(report.unmet(runs, 1.9, 0.5)) == []
    mean, minimum = report.unmet(runs, 2.1, 0.6)
    assert "geometric_mean on 1 thread is 2.0, not 2.1" in mean
    assert "minimum on 1 thread is 0.5, not 0.6" in minimum
    assert len(list(report.unmet([run_of([])], 1, 1))) == 2


@pytest.mark.parametrize("suffix", chart.SUFFIXES)
def test_chart_is_a_picture(tmp_path, suffix):
    path = tmp_path / f"chart{suffix}"
    run = run_of(three())
    chart.draw([run, {**run, "threads": 2}], path)
    data = path.read_bytes()
    if suffix == ".png":
        from matplotlib import image

        pixels = image.imread(path)
        assert pixels.shape[0] > 800 and pixels.shape[1] > 800
        assert pixels[..., :3].std() > 0.05  # not empty
    else:
        from xml.etree import ElementTree

        root = ElementTree.fromstring(data)
        assert root.tag.endswith("svg")
        text = [element.text for element in root.iter() if element.text]
        # Two runs, and in each the points and the bars of both peers.
        for part, count in (("System A", 4), ("System B", 4), ("tconv", 2),
                            ("z", 2), ("2 threads", 1)):  # fmt: skip
            assert text.count(part) == count, part
        chart.draw([run, {**run, "threads": 2}], path)
        assert path.read_bytes() == data  # no date, no random names


def test_first_calls_take_the_quickest_process_and_way():
    starts = []

    def start(key, environment):
        starts.append((key, environment["TCONV_CACHE_DIR"]))
        number = len(starts)
        return Fake(key, [1 / number if key == "tconv" else number])

    layer = layers.parse(f"small: {LAYER}", 1)
    ways = {"tconv": ("background", "wait"), "a": ("one", "two")}
    result = first_call.measure_layer(layer, ways, start)
    # Each is started 3 times in each way; caches are never shared.
    assert [key for key, _ in starts] == ["tconv", "tconv", "a", "a"] * 3
    assert len({cache for _, cache in starts}) == 12
    assert result["seconds"] == {"tconv": 1 / 10, "a": 3}
    assert result["by_way"] == {
        "tconv": {
            "background": {"seconds": 1 / 9, "prepared": 2 / 9},
            "wait": {"seconds": 1 / 10, "prepared": 2 / 10},
        },
        "a": {"one": {"seconds": 3, "prepared": 6}, "two": {"seconds": 4, "prepared": 8}},
    }
    run = run_of([], ("tconv", "a"))
    run["first_calls"] = [result]
    text = first_call.markdown(run)
    assert "| small | 100.0 | 222.2 | 100.0 | 3000.0 | 30.00 | 30.00 |" in text
    assert "System A / tconv: 30.00 in geometric mean, at least 30.00 (small)" in text


def test_readme_is_rewritten_between_the_marks(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(f"above\n\n{readme.BEGIN}\nold\n{readme.END}\n\nbelow\n")
    readme.update(path, "new\n")
    assert path.read_text() == (
        f"above\n\n{readme.BEGIN}\n\nnew\n\n{readme.END}\n\nbelow\n"
    )
    path.write_text("no marks\n")
    with pytest.raises(ValueError, match="README.md: there is no"):
        readme.update(path, "new")
    assert path.read_text() == "no marks\n"
    # The real one has them.
    readme.replaced((ROOT / "README.md").read_text(), "new")


def test_results_shown_again(tmp_path, monkeypatch, capsys):
    """--from-json with everything that can be written."""
    results, text = tmp_path / "in.json", tmp_path / "README.md"
    results.write_text(json.dumps({"runs": [run_of(three())]}))
    text.write_text(f"{readme.BEGIN}\n{readme.END}\n")
    out, picture = tmp_path / "out.json", tmp_path / "docs.svg"
    arguments = ["--from-json", results, "--update-readme", text, "--json", out,
                 "--chart", picture]  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["peers.py", *map(str, arguments)])
    peers.main()
    assert "| x | 10.0 | **5.0** | 2.5 | 2.00 |" in text.read_text()
    assert "](docs.svg)" in text.read_text()
    assert json.loads(out.read_text()) == json.loads(results.read_text())
    assert picture.exists()
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--require-minimum", "0.6"])
    with pytest.raises(SystemExit, match="minimum on 1 thread is 0.5"):
        peers.main()
    capsys.readouterr()
