# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sound in and out: a spoken sentence, WAV files."""

import shutil
import subprocess
import wave

import numpy as np


class DemoError(Exception):
    """What stops the demo: shown to the user as it is, exit code 1."""


def speak(sentence, path):
    """Speaks a sentence into a WAV file."""
    program = shutil.which("espeak-ng")
    if program is None:
        raise DemoError(
            "espeak-ng is not installed; install it, or name a "
            "sound with --input FILE.wav"
        )
    done = subprocess.run(
        [program, "-v", "en", "-w", str(path), sentence],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise DemoError(
            f"espeak-ng failed ({done.returncode}): {done.stderr.strip()}"
        )


def read_wav(path):
    """(samples, rate): float64 in [-1, 1), channels averaged, from PCM of 8,
    16, 24 or 32 bits."""
    try:
        with wave.open(str(path), "rb") as file:
            channels, width = file.getnchannels(), file.getsampwidth()
            rate, frames = file.getframerate(), file.getnframes()
            data = file.readframes(frames)
    except (OSError, EOFError, wave.Error) as error:
        why = getattr(error, "strerror", None) or str(error)
        if isinstance(error, EOFError):
            why = "it ends within its header"
        raise DemoError(f"cannot read '{path}' as PCM WAV: {why}") from None
    got = len(data) // (channels * width)
    if got < frames:
        raise DemoError(
            f"'{path}' is truncated: its header promises {frames} "
            f"samples, {got} are there"
        )
    if frames == 0:
        raise DemoError(f"'{path}' holds no samples")
    if width == 1:  # unsigned in WAV, unlike all others
        values = np.frombuffer(data, np.uint8).astype(np.float64) / 128 - 1
    elif width in (2, 3, 4):
        # The bytes of a sample, at the upper end of 32 bits.
        parts = np.zeros((got * channels, 4), np.uint8)
        parts[:, 4 - width :] = np.frombuffer(data, np.uint8).reshape(-1, width)
        values = parts.view("<i4")[:, 0] / 2.0**31
    else:
        raise DemoError(
            f"'{path}' has samples of {width} bytes; 1 to 4 are read"
        )
    return values.reshape(-1, channels).mean(axis=1), rate


def write_wav(path, samples, rate):
    """Writes samples in [-1, 1] as 16-bit mono."""
    values = np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2")
    try:
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(values.tobytes())
    except OSError as error:
        raise DemoError(f"cannot write '{path}': {error.strerror}") from None
