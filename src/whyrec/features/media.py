"""Pictures, sounds and given vectors of items as arrays of one size, with a mask for what is missing or damaged.

Pictures (JPEG, PNG and what else Pillow reads, from the extra `media`) become uint8 [I, 3, 32, 32], squeezed to a
square. Sounds (WAV, read by the standard library) become log-mel spectrograms, uint8 [I, 1, 40, 64]: 40 mel bands from
60 Hz to at most 7,600 Hz, 80 dB below the loudest moment to 255 at it, the length of the sound in 64 equal parts.
Vectors are centred on the rows that they are fitted on and scaled to length 1.

Nothing here raises for a bad value: what cannot be read counts as missing, zeros and False in the mask.
"""

from __future__ import annotations

import io
import wave

import numpy as np
from numpy.typing import NDArray

from whyrec.core.errors import MissingExtraError
from whyrec.core.types import Bools, Floats, Floats32, Ints, Objects

SIDE = 32
BANDS, PARTS = 40, 64
LOWEST_HZ, HIGHEST_HZ = 60.0, 7600.0
FRAME_S, STEP_S = 0.025, 0.010
RANGE_DB = 80.0

Pixels = NDArray[np.uint8]


def sense(column: Objects) -> str:
    """Say what a column of media holds, by its first value: "vector", "audio", "image", or "" where it is empty."""
    for value in column:
        if value is None:
            continue
        if not isinstance(value, (bytes, bytearray)):
            return "vector"
        return "audio" if value[:4] == b"RIFF" and value[8:12] == b"WAVE" else "image"
    return ""


def images(column: Objects) -> tuple[Pixels, Bools]:
    """Decode pictures, uint8 [I, 3, SIDE, SIDE] and which there are. Raises MissingExtraError without Pillow."""
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtraError("pillow", "media", "Reading pictures") from None
    made = np.zeros((len(column), 3, SIDE, SIDE), np.uint8)
    there = np.zeros(len(column), bool)
    for code, value in enumerate(column):
        if value is None:
            continue
        try:
            with Image.open(io.BytesIO(value)) as picture:
                small = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            continue
        made[code], there[code] = np.asarray(small).transpose(2, 0, 1), True
    return made, there


def sounds(column: Objects) -> tuple[Pixels, Bools]:
    """Turn sounds into log-mel spectrograms, uint8 [I, 1, BANDS, PARTS] and which there are."""
    made = np.zeros((len(column), 1, BANDS, PARTS), np.uint8)
    there = np.zeros(len(column), bool)
    for code, value in enumerate(column):
        if value is None:
            continue
        try:
            signal, rate = read_wav(bytes(value))
        except (wave.Error, EOFError, ValueError):
            continue
        if len(signal):
            made[code, 0], there[code] = spectrogram(signal, rate), True
    return made, there


def read_wav(data: bytes) -> tuple[Floats, int]:
    """Read PCM of 8, 16, 24 or 32 bits as one channel between -1 and 1, with its rate in Hz."""
    with wave.open(io.BytesIO(data)) as file:
        width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
        raw = np.frombuffer(file.readframes(file.getnframes()), np.uint8)
    raw = raw[: len(raw) // (width * channels) * width * channels].reshape(-1, width)
    if width == 1:
        signal = raw[:, 0].astype(np.float64) / 128 - 1
    else:  # little-endian, laid into the high bytes of 32 bits
        whole = np.zeros((len(raw), 4), np.uint8)
        whole[:, 4 - width :] = raw
        signal = whole.view("<i4")[:, 0] / 2.0**31
    return signal.reshape(-1, channels).mean(axis=1), rate


def spectrogram(signal: Floats, rate: int) -> Pixels:
    """Log-mel spectrogram of a signal, uint8 [BANDS, PARTS]; silence is zero."""
    size, step = max(2, round(FRAME_S * rate)), max(1, round(STEP_S * rate))
    signal = np.pad(signal, (0, max(0, size - len(signal))))
    frames = np.lib.stride_tricks.sliding_window_view(signal, size)[::step] * np.hanning(size)
    power = np.square(np.abs(np.fft.rfft(frames, axis=1))) @ mel_bands(size, rate).T  # [frames, BANDS]
    edges = np.linspace(0, len(power), PARTS + 1)
    first = np.minimum(edges[:-1].astype(int), len(power) - 1)
    last = np.maximum(edges[1:].astype(int), first + 1)
    total = np.concatenate((np.zeros((1, BANDS)), np.cumsum(power, axis=0)))
    mean = ((total[last] - total[first]) / (last - first)[:, None]).T
    top = mean.max()
    if top <= 1e-12:
        return np.zeros((BANDS, PARTS), np.uint8)
    level = 10 * np.log10(np.maximum(mean / top, 10 ** (-RANGE_DB / 10)))
    made: Pixels = np.round(255 * (1 + level / RANGE_DB)).astype(np.uint8)
    return made


def mel_bands(size: int, rate: int) -> Floats:
    """Triangles of equal width on the mel scale over the frequencies of a frame, [BANDS, size // 2 + 1]."""

    def mel(hz: Floats | float) -> Floats:
        return 2595 * np.log10(1 + np.asarray(hz) / 700)

    points = np.linspace(mel(LOWEST_HZ), mel(min(HIGHEST_HZ, rate / 2)), BANDS + 2)
    at = mel(np.fft.rfftfreq(size, 1 / rate).astype(np.float64))[None, :]
    low, middle, high = (points[k : k + BANDS, None] for k in range(3))
    bands: Floats = np.clip(np.minimum((at - low) / (middle - low), (high - at) / (high - middle)), 0, None)
    return bands


def vectors(column: Objects, rows: Ints) -> tuple[Floats32, Bools]:
    """Stack given vectors, float32 [I, F] and which there are; F is the commonest length, others count as missing."""
    sizes = np.array([0 if value is None else np.size(value) for value in column], np.int64)
    counts = np.bincount(sizes)
    counts[0] = 0
    F = int(counts.argmax()) if counts.any() else 1
    made = np.zeros((len(column), F))
    there = sizes == F
    for code in np.flatnonzero(there):
        made[code] = np.asarray(column[code], np.float64)
    there &= np.isfinite(made).all(axis=1)
    fitted = rows[there[rows]]
    if len(fitted):
        made -= made[fitted].mean(axis=0)
    made[~there] = 0.0
    size = np.sqrt(np.square(made).sum(axis=1))
    return (made / np.where(size < 1e-9, 1.0, size)[:, None]).astype(np.float32), there
