"""Drawn thumbnails and short sounds of simulated goods: shape says the category, colour and pitch say more."""

from __future__ import annotations

import io
import wave
import zlib
from typing import TYPE_CHECKING

import numpy as np

from whyrec.core.errors import MissingExtraError
from whyrec.simulated.goods import LINES, NOUNS, Item

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = 40
RATE = 8000
RGB = {
    "black": (40, 44, 52), "white": (214, 220, 228), "red": (196, 48, 43), "blue": (34, 94, 168),
    "green": (44, 132, 78), "": (150, 120, 190),
}  # fmt: skip


def thumbnail(item: Item) -> bytes:
    """Return a PNG: the shape of the category in the item's colour, with a stripe in the tint of its brand.

    Raises MissingExtraError without the extra "media".
    """
    try:
        from PIL import Image, ImageDraw
    except ImportError:
        raise MissingExtraError("pillow", "media", "whyrec demo --shop electronics") from None
    picture = Image.new("RGB", (SIZE, SIZE), (246, 247, 249))
    draw = ImageDraw.Draw(picture)
    place, colour = list(NOUNS).index(item.category), RGB[item.colour]
    wide, high = 8 + 4 * (place % 4), 10 + 4 * (place // 4)
    box = (SIZE // 2 - wide, SIZE // 2 - high, SIZE // 2 + wide, SIZE // 2 + high)
    if place % 3 == 0:
        draw.rounded_rectangle(box, 4, fill=colour)
    elif place % 3 == 1:
        draw.ellipse(box, fill=colour)
    else:
        draw.polygon([(box[0], box[3]), (SIZE // 2, box[1]), (box[2], box[3])], fill=colour)
    tint = zlib.crc32((item.brand or item.topic).encode())
    draw.rectangle((4, SIZE - 6, SIZE - 5, SIZE - 4), fill=(tint & 255, tint >> 8 & 255, tint >> 16 & 255))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


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
