"""Pictures, sounds and vectors of items: one size, a mask, and nothing raised for bad values."""

import io
import wave

import numpy as np
import pytest

from whyrec.core.types import objects
from whyrec.features import media

RATE = 16000


def picture(colour, form="PNG", size=(40, 60)):
    image = pytest.importorskip("PIL.Image", reason="the extra media is not installed")
    file = io.BytesIO()
    image.new("RGB", size, colour).save(file, form)
    return file.getvalue()


def sound(hz, seconds=1.0, rate=RATE, width=2, channels=1, loud=0.5):
    t = np.arange(int(seconds * rate)) / rate
    signal = np.repeat(loud * np.sin(2 * np.pi * hz * t), channels)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        whole = np.round(signal * (2 ** (8 * width - 1) - 1)).astype("<i4")
        data = (whole + 128).astype(np.uint8)[:, None] if width == 1 else whole.view(np.uint8).reshape(-1, 4)[:, :width]
        out.writeframes(np.ascontiguousarray(data).tobytes())
    return file.getvalue()


def test_pictures_have_one_size_and_bad_ones_are_missing():
    column = objects([picture("red"), None, b"no picture", picture((0, 0, 255), "JPEG"), picture("red")[:40]])
    made, there = media.images(column)
    assert made.shape == (5, 3, 32, 32) and made.dtype == np.uint8
    assert there.tolist() == [True, False, False, True, False]
    assert made[0, :, 9, 9].tolist() == [255, 0, 0] and made[3, 2].min() > 240
    assert not made[~there].any()


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_wav_of_any_width_is_read_as_one_channel(width):
    signal, rate = media.read_wav(sound(1000, width=width, channels=2))
    assert rate == RATE and len(signal) == RATE
    np.testing.assert_allclose(signal, 0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE), atol=0.01)


@pytest.mark.parametrize("rate", [8000, 44100])
def test_a_tone_lights_the_band_that_holds_it(rate):
    made, there = media.sounds(objects([sound(500, rate=rate), sound(2000, rate=rate)]))
    assert there.all() and made.shape == (2, 1, 40, 64)
    bands = made[:, 0].mean(axis=2).argmax(axis=1)
    size = round(0.025 * rate)
    centre = np.fft.rfftfreq(size, 1 / rate)[media.mel_bands(size, rate).argmax(axis=1)]
    np.testing.assert_allclose(centre[bands], [500, 2000], rtol=0.15)


def test_silence_noise_and_short_sounds():
    column = objects([sound(500, loud=0), sound(500, 0.003), None, b"RIFF1234WAVEbroken", sound(500, 0.0)])
    made, there = media.sounds(column)
    assert there.tolist() == [True, True, False, False, False]
    assert not made[0].any() and made[1].max() == 255


def test_loudness_does_not_matter_and_time_does():
    soft, loud = media.sounds(objects([sound(700, loud=0.1), sound(700, loud=0.9)]))[0]
    np.testing.assert_allclose(soft.astype(int), loud.astype(int), atol=12)
    half = media.spectrogram(np.concatenate((np.zeros(RATE), np.sin(np.arange(RATE)))), RATE)
    assert half[:, :30].max() == 0 and half[:, 34:].max() == 255


def test_given_vectors_are_centred_on_the_fitted_rows_and_of_length_one():
    column = objects([[3.0, 0.0], [1.0, 0.0], None, [1.0], [np.nan, 1.0], [2.0, 5.0]])
    made, there = media.vectors(column, np.array([0, 1]))
    assert there.tolist() == [True, True, False, False, False, True]
    np.testing.assert_allclose(made, [[1, 0], [-1, 0], [0, 0], [0, 0], [0, 0], [0, 1]])


def test_what_a_column_holds_is_told_by_its_first_value():
    assert media.sense(objects([None, sound(500)])) == "audio"
    assert media.sense(objects([b"\x89PNG"])) == "image"
    assert media.sense(objects([None, np.zeros(3)])) == "vector"
    assert media.sense(objects([None, None])) == ""
