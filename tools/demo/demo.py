# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tconv on real sound.

Speaks a sentence (or reads a WAV file), takes its short-time Fourier
transform, and rebuilds the sound with one transposed convolution whose weights
are the inverse transform. Then runs the four upsampling layers of HiFi-GAN v1
on 10 s of frames. Prints what each layer's kernel is and how fast it runs
against this machine's measured peak, and draws it.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import sys

import measure
import numpy as np
import sound
import spectrum
import tconv

SENTENCE = (
    "A transposed convolution turns a few frames into many samples. "
    "This sentence was taken apart into its spectrum, and put together "
    "again by a single layer."
)
LEAST_DB = 100.0
# Compile times are shown, so nothing comes from a disk cache.
os.environ["TCONV_CACHE_SIZE"] = "0"
FRAMES = 861  # 10 s at 22050 Hz and 256 samples a frame
# in_channels, out_channels, kernel_size, stride, padding
HIFIGAN = [
    ("hifigan.up0", 512, 256, 16, 8, 4),
    ("hifigan.up1", 256, 128, 16, 8, 4),
    ("hifigan.up2", 128, 64, 4, 2, 1),
    ("hifigan.up3", 64, 32, 4, 2, 1),
]


def say(text):
    """Progress, apart from the results."""
    print(f"-- {text}", file=sys.stderr, flush=True)


def parse(arguments):
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--build",
        type=pathlib.Path,
        default=root / "build",
        help="the build folder (default: %(default)s)",
    )
    parser.add_argument(
        "--input",
        type=pathlib.Path,
        metavar="FILE.wav",
        help="a sound to rebuild instead of a spoken sentence",
    )
    parser.add_argument(
        "--output-dir",
        type=pathlib.Path,
        metavar="DIR",
        help="where the files go (default: BUILD/demo)",
    )
    parser.add_argument(
        "--json",
        metavar="FILE",
        help="write the results to FILE too; - is standard "
        "output, and the text goes to standard error",
    )
    options = parser.parse_args(arguments)
    options.output_dir = options.output_dir or options.build / "demo"
    return options


def get_sound(options):
    """(samples, rate), spoken or read."""
    path = options.input
    if path is None:
        path = options.output_dir / "spoken.wav"
        say("speaking a sentence with espeak-ng")
        sound.speak(SENTENCE, path)
    samples, rate = sound.read_wav(path)
    if not np.any(samples):
        raise sound.DemoError(f"'{path}' is silent")
    return samples, rate


def rebuild(samples, threads, figures):
    """(Row, rebuilt samples, SNR in dB)."""
    layer = tconv.Conv1dTranspose(
        2 * spectrum.BINS,
        1,
        spectrum.FRAME,
        stride=spectrum.HOP,
        pad_mode="pad",
        weight_init=spectrum.inverse_weight(),
    )
    padded = spectrum.pad(samples)
    x = spectrum.transform(padded)
    say(f"rebuilding {len(samples)} samples from {x.shape[2]} frames")
    row, y = measure.measure("istft.1024", layer, x, threads, figures)
    inside = slice(spectrum.FRAME, spectrum.FRAME + len(samples))
    rebuilt = y[0, 0, inside].astype(np.float64)
    return row, rebuilt, spectrum.signal_to_noise(samples, rebuilt)


def hifigan_input(samples):
    """(1, 512, FRAMES): the sound's log spectrum, repeated to 10 s, of mean 0
    and deviation 1, as HiFi-GAN's first layer might hand it on."""
    x = spectrum.transform(spectrum.pad(samples))[0].astype(np.float64)
    power = x[1:513] ** 2 + x[514:1026] ** 2  # bins 1 to 512
    log = np.log(power + 1e-10)
    log = (log - log.mean()) / log.std()
    return np.resize(log.T, (FRAMES, 512)).T[np.newaxis].astype(np.float32)


def upsample(samples, threads, figures):
    """A Row for each of HiFi-GAN's layers, chained."""
    tconv.set_seed(0)
    x, rows = hifigan_input(samples), []
    for name, cin, cout, kernel, stride, padding in HIFIGAN:
        say(f"{name}: {x.shape[2]} positions of {cin} channels")
        layer = tconv.Conv1dTranspose(
            cin, cout, kernel, stride, "pad", padding, has_bias=True
        )
        row, y = measure.measure(name, layer, x, threads, figures)
        rows.append(row)
        x = np.where(y > 0, y, np.float32(0.1) * y)  # its leaky ReLU
    return rows


def report(rows, snr, threads, figures, text):
    most = max(threads)
    print(
        f"\n{figures.get('cpu', 'this machine')}: FMA peak "
        f"{figures['fma_peak_gflops_1t']:.1f} GFLOP/s on 1 thread, copy "
        f"{figures['copy_gbs']:.1f} GB/s\n",
        file=text,
    )
    print(measure.table(rows, threads), file=text)
    print(
        "\nBest of several runs on 1 thread"
        + (f", and on {most}" if most > 1 else "")
        + "; 2 * Cin * Cout * K * Lin operations, cropped ones included.\n"
        "% peak: of the measured FMA peak, 1 thread. Error: against the "
        "reference in float64, all outputs.",
        file=text,
    )
    reasons = {}
    for row in rows:
        if row.path != "kernel":
            reasons.setdefault((row.path, row.why), []).append(row.name)
    for (path, why), names in reasons.items():
        print(
            f"\nNot on a compiled kernel but on the {path}: "
            f"{', '.join(names)}. {why}",
            file=text,
        )
    print(
        f"\nrebuilt sound: {snr:.1f} dB signal to noise away from the first "
        f"and last frame (at least {LEAST_DB:.0f} wanted)",
        file=text,
    )


def write_json(path, rows, snr, figures):
    result = {
        "snr_db": snr,
        "machine": figures,
        "layers": [
            {
                **dataclasses.asdict(row),
                "intensity": row.intensity,
                "gflops": {count: row.gflops(count) for count in row.seconds},
            }
            for row in rows
        ],
    }
    text = json.dumps(result, indent=2) + "\n"
    if path == "-":
        sys.stdout.write(text)
    else:
        pathlib.Path(path).write_text(text, encoding="utf-8")


def run(options):
    text = sys.stderr if options.json == "-" else sys.stdout
    options.output_dir.mkdir(parents=True, exist_ok=True)
    samples, rate = get_sound(options)
    say("measuring the machine")
    figures = measure.machine(options.build)
    threads = sorted({1, len(os.sched_getaffinity(0))})
    row, rebuilt, snr = rebuild(samples, threads, figures)
    rows = [row] + upsample(samples, threads, figures)
    report(rows, snr, threads, figures, text)
    if options.json:
        write_json(options.json, rows, snr, figures)

    wav = options.output_dir / "rebuilt.wav"
    sound.write_wav(wav, rebuilt, rate)
    say("drawing")
    import roofline  # takes a while to load; only now is it needed

    picture = options.output_dir / "roofline.svg"
    roofline.draw(picture, rows, figures, threads)
    print(f"wrote {wav}\nwrote {picture}", file=text)
    if not snr >= LEAST_DB:
        raise sound.DemoError(
            f"the rebuilt sound has {snr:.1f} dB signal to "
            f"noise; at least {LEAST_DB:.0f} is wanted"
        )


def main(arguments=None):
    options = parse(arguments)
    try:
        run(options)
    except (sound.DemoError, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
