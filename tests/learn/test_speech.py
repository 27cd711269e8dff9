"""A spoken query finds its product: on tones whatever is installed, on simulated voices where espeak-ng is."""

import io
import shutil
import wave

import numpy as np
import pytest

from conftest import require
from whyrec.core.errors import UsageError
from whyrec.learn import speech
from whyrec.simulated import speech as voices

pytest.importorskip("torch", reason="the extra train is not installed")


def tone(hz, seconds=0.3, rate=8000, seed=0):
    time = np.arange(int(rate * seconds)) / rate
    signal = np.sin(2 * np.pi * hz * time) + 0.05 * np.random.default_rng(seed).standard_normal(len(time))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((signal / np.abs(signal).max() * 30000).astype("<i2").tobytes())
    return out.getvalue()


def test_what_sounds_like_an_item_finds_it_and_noise_that_is_no_sound_finds_nothing():
    hz = [200.0, 500.0, 1100.0, 2300.0]
    heard = speech.fit(
        [tone(f, seed=seed) for seed in range(4) for f in hz], np.tile(np.arange(4), 4), 4,
        np.random.default_rng(0), speech.Config(width=16, epochs=40, batch=16),
    )  # fmt: skip
    scores = heard.find([*(tone(f * 1.02, seed=9) for f in hz), b"no sound"])
    assert scores[:4].argmax(axis=1).tolist() == [0, 1, 2, 3]
    assert (scores[4] == 0).all()


def test_without_the_program_the_line_that_installs_it_is_named(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UsageError, match="apt-get install espeak-ng"):
        voices.spoken("a phone", "m1")


@pytest.mark.slow
def test_a_voice_that_was_never_heard_finds_the_product():
    require(voices.is_installed(), "espeak-ng")
    titles = ["Norda Air 4 phone, red", "Kelvo Book 2 laptop, blue", "Aurela Calm 1 headphones, white",
              "Sol Merlot wine 3", "Strida tennis shoes 1", "Lumo X 5 camera, green", "Tikka Run 3 smart watch, black",
              "Boomi Splash 2 speaker, red"]  # fmt: skip
    spoken = {
        voice: [voices.spoken(title, voice) for title in titles] for voice in (*voices.VOICES[:6], *voices.UNHEARD)
    }
    heard = speech.fit(
        [one for voice in voices.VOICES[:6] for one in spoken[voice]], np.tile(np.arange(8), 6), 8,
        np.random.default_rng(0), speech.Config(width=32, epochs=60, batch=16),
    )  # fmt: skip
    first = np.concatenate([heard.find(spoken[voice]).argmax(axis=1) for voice in voices.UNHEARD])
    assert np.mean(first == np.tile(np.arange(8), len(voices.UNHEARD))) >= 0.75
