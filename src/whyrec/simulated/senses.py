"""Drawn thumbnails and short sounds of simulated goods: shape says the category, colour and pitch say more."""

from __future__ import annotations

import io
import wave
import zlib
from typing import TYPE_CHECKING

import numpy as np

from whyrec.core.errors import MissingExtraError
from whyrec.simulated.drawings import DRAWINGS, PAPER, Pen
from whyrec.simulated.goods import LINES, Item

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = 200
FINER = 3
"""Drawn this many times larger, so that edges are smooth."""
RATE = 8000
RGB = {
    "black": (40, 44, 52), "white": (214, 220, 228), "red": (196, 48, 43), "blue": (34, 94, 168),
    "green": (44, 132, 78),
}  # fmt: skip


def thumbnail(item: Item) -> bytes:
    """Return a PNG of the item: its category in its colour, with a stripe in the tint of its brand or topic.

    Raises MissingExtraError without the extra "media".
    """
    try:
        from PIL import Image, ImageDraw
    except ImportError:
        raise MissingExtraError("pillow", "media", "whyrec demo --shop electronics") from None
    large = Image.new("RGB", (SIZE * FINER, SIZE * FINER), PAPER)
    pen = Pen(ImageDraw.Draw(large), SIZE * FINER / 100)
    tint = zlib.crc32((item.brand or item.topic).encode())
    DRAWINGS[item.category](pen, RGB[item.colour] if item.colour else _muted(tint))
    pen.box(8, 95, 84, 3, _muted(tint), 1)
    picture = large.resize((SIZE, SIZE), Image.Resampling.BOX).quantize(48)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _muted(tint: int) -> tuple[int, int, int]:
    """A colour of middle brightness, one for each brand."""
    red, green, blue = (90 + (tint >> shift & 127) for shift in (0, 8, 16))
    return red, green, blue


def sound(item: Item, seconds: float = 0.4) -> bytes | None:
    """Return a WAV of what headphones and speakers sound like, None for other goods: the line says how low."""
    if item.category not in ("headphones", "speaker"):
        return None
    low = 110.0 * 2 ** LINES[item.category][1].index(item.line)
    rng = np.random.default_rng(zlib.crc32(item.id.encode()))
    time = np.arange(int(RATE * seconds)) / RATE
    tone: NDArray[np.float64] = sum(
        np.sin(2 * np.pi * low * k * time * rng.uniform(0.99, 1.01)) / k for k in (1, 2, 3)
    ) + 0.05 * rng.standard_normal(len(time))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((tone / np.abs(tone).max() * 0.8 * 32767).astype("<i2").tobytes())
    return out.getvalue()
