# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The parts of tools/demo, and its refusals of bad sounds."""

import pathlib
import subprocess
import sys
import wave

import numpy as np
import pytest
import tconv

DEMO = pathlib.Path(__file__).resolve().parents[2] / "tools" / "demo"
sys.path.insert(0, str(DEMO))

import measure
import sound
import spectrum


def some_sound(length):
    generator = np.random.default_rng(1)
    time = np.arange(length) / 22050
    return 0.4 * np.sin(
        2 * np.pi * 440 * time
    ) + 0.05 * generator.standard_normal(length)


def test_transform_and_weights_are_inverse():
    """In float64 alone, without the layer: the windowed frames' own inverse
    transforms, added up."""
    padded = spectrum.pad(some_sound(5000))
    x = spectrum.transform(padded)[0].astype(np.float64)
    y = np.zeros(len(padded))
    weight = spectrum.inverse_weight()[:, 0].astype(np.float64)
    for frame in range(x.shape[1]):
        at = frame * spectrum.HOP
        y[at : at + spectrum.FRAME] += x[:, frame] @ weight
        own = np.fft.irfft(x[:513, frame] + 1j * x[513:, frame])
        assert np.allclose(
            x[:, frame] @ weight, own * spectrum.WINDOW / 1.5, atol=1e-6
        )
    inside = slice(spectrum.FRAME, spectrum.FRAME + 5000)
    assert np.allclose(y[inside], padded[inside], atol=1e-6)


@pytest.mark.parametrize("length", [257, 300, 5000, 40000])
def test_the_sound_is_rebuilt(length):
    samples = some_sound(length)
    layer = tconv.Conv1dTranspose(
        1026, 1, 1024, 256, "pad", weight_init=spectrum.inverse_weight()
    )
    y = layer(spectrum.transform(spectrum.pad(samples)))
    rebuilt = y[0, 0, spectrum.FRAME : spectrum.FRAME + length]
    assert spectrum.signal_to_noise(samples, rebuilt) >= 100


def test_signal_to_noise():
    signal = np.ones(1000)
    assert spectrum.signal_to_noise(signal, signal) == float("inf")
    assert spectrum.signal_to_noise(signal, signal + 1e-3) == pytest.approx(60)


def write(path, data, width, channels=1):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(16000)
        file.writeframes(data)


def test_reading_every_width(tmp_path):
    path = tmp_path / "a.wav"
    for width in (1, 2, 3, 4):
        levels = (0, 64, -128, 127)
        data = b"".join(
            (
                (level + 128).to_bytes(1, "little")
                if width == 1
                else (level << 8 * (width - 1)).to_bytes(
                    width, "little", signed=True
                )
            )
            for level in levels
        )
        write(path, data, width)
        samples, rate = sound.read_wav(path)
        assert rate == 16000
        assert np.array_equal(samples, np.array(levels) / 128)
    write(path, np.array([100, 300, -4, 8], "<i2").tobytes(), 2, 2)
    assert np.array_equal(sound.read_wav(path)[0], [200 / 32768, 2 / 32768])


def test_writing(tmp_path):
    samples = np.array([0.0, 0.5, -1.0, 0.999, 2.0, -3.0])
    sound.write_wav(tmp_path / "a.wav", samples, 8000)
    back, rate = sound.read_wav(tmp_path / "a.wav")
    assert rate == 8000
    assert np.abs(back - np.clip(samples, -1, 1)).max() <= 1 / 32768


def bad_sounds(folder):
    good = folder / "good.wav"
    sound.write_wav(good, some_sound(1000), 16000)
    data = good.read_bytes()
    empty = folder / "empty.wav"
    write(empty, b"", 2)
    return {
        "missing.wav": (None, "No such file"),
        "cut.wav": (data[:1200], "truncated"),
        "header.wav": (data[:20], ""),
        "nothing.wav": (b"", "header"),
        "text.wav": (b"this is no sound at all, only words", ""),
        "float.wav": (data[:20] + b"\x03\0" + data[22:], "format"),
        "empty.wav": (empty.read_bytes(), "no samples"),
        "silent.wav": (data[:44] + bytes(2000), "silent"),
    }


def test_bad_sounds_end_with_a_message(tmp_path):
    for name, (data, word) in bad_sounds(tmp_path).items():
        path = tmp_path / name
        if data is not None:
            path.write_bytes(data)
        done = subprocess.run(
            [
                sys.executable,
                DEMO / "demo.py",
                "--build",
                tmp_path,
                "--input",
                path,
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 1, (name, done.stderr)
        assert "Traceback" not in done.stderr
        assert done.stderr.startswith("demo: ") and str(path) in done.stderr
        assert word in done.stderr, (name, done.stderr)


def test_a_missing_or_broken_bench_is_named(tmp_path):
    with pytest.raises(sound.DemoError, match="tconv-bench.*--build"):
        measure.machine(tmp_path)
    program = tmp_path / "bin" / "tconv-bench"
    program.parent.mkdir()
    for script, word in (
        ("exit 3", "3"),
        ("echo no JSON", "no usable"),
        ("echo '{\"copy_gbs\": 1}'", "fma_peak"),
        ('echo \'{"copy_gbs": 1, "fma_peak_gflops_1t": 0}\'', "fma_peak"),
    ):
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        with pytest.raises(sound.DemoError, match=word):
            measure.machine(tmp_path)


def test_a_row_and_its_picture(tmp_path):
    figures = {
        "cpu": "A processor",
        "fma_peak_gflops_1t": 100.0,
        "fma_peak_gflops_Nt": 200.0,
        "copy_gbs": 10.0,
    }
    layer = tconv.Conv1dTranspose(8, 4, 6, 3, group=2)
    x = np.ones((2, 8, 50), np.float32)
    row, y = measure.measure("some.layer", layer, x, [1, 2], figures)
    assert np.array_equal(y, layer(x))
    assert row.flop == 2 * 2 * 8 * (4 // 2) * 6 * 50
    assert row.compulsory_bytes == 4 * (2 * 8 * 50 + 8 * 2 * 6 + 2 * 4 * 150)
    assert row.gflops(1) == row.flop / row.seconds[1] / 1e9
    assert row.peak_share == row.gflops(1) / 100
    assert row.max_abs_error < 1e-5
    assert "some.layer" in measure.table([row], [1, 2])

    import roofline

    roofline.draw(tmp_path / "a.svg", [row], figures, [1, 2])
    picture = (tmp_path / "a.svg").read_text()
    for text in (
        "some.layer",
        "A processor",
        "100 GFLOP/s",
        "200 GFLOP/s",
        "10.0 GB/s",
        "FLOP per byte",
    ):
        assert text in picture
