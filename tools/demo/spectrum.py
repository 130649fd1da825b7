# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The short-time Fourier transform, and its inverse as a layer's weights."""

import numpy as np

FRAME = 1024
HOP = 256
BINS = FRAME // 2 + 1

# Hann, periodic: squares of it, a hop apart, sum to 3/2 everywhere.
WINDOW = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)
OVERLAP = float((WINDOW**2).sum() / HOP)


def pad(samples):
    """The samples with a frame of silence before them and at least one behind,
    whole hops in all: so every sample lies away from the first and the last
    frame. Its own samples begin at FRAME."""
    tail = -len(samples) % HOP
    return np.pad(samples, (FRAME, FRAME + tail))


def transform(samples):
    """The spectrum as a layer takes it: (1, 2 * BINS, frames), the real parts
    above the imaginary ones, computed in float64 and rounded once."""
    frames = (len(samples) - FRAME) // HOP + 1
    at = HOP * np.arange(frames)[:, None] + np.arange(FRAME)
    spectrum = np.fft.rfft(samples[at] * WINDOW, axis=1).T
    return np.concatenate([spectrum.real, spectrum.imag])[np.newaxis].astype(
        np.float32
    )


def inverse_weight():
    """(2 * BINS, 1, FRAME): tap n of channel k is what a real or imaginary
    part of bin k adds to sample n of its frame, windowed, over the sum of the
    overlapping windows' squares."""
    bins = np.arange(BINS)[:, None]
    # Reduced as integers: cos of a large angle would lose digits.
    angle = 2 * np.pi * (bins * np.arange(FRAME) % FRAME) / FRAME
    # Bins between the first and the last stand for their mirror image too.
    both = np.where((bins == 0) | (bins == FRAME // 2), 1.0, 2.0)
    scale = both * WINDOW / (FRAME * OVERLAP)
    weight = np.concatenate([scale * np.cos(angle), -scale * np.sin(angle)])
    return weight[:, np.newaxis, :].astype(np.float32)


def signal_to_noise(signal, rebuilt):
    """In dB."""
    noise = np.sum((rebuilt - signal) ** 2)
    power = np.sum(signal**2)
    return float("inf") if noise == 0 else float(10 * np.log10(power / noise))
