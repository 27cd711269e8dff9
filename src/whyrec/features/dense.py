"""What an item is made of, as dense vectors: its texts, and its media.

Text and given vectors come as vectors; pictures and sounds as pixels, for a network to read or, by `principal`, as
their place along the directions in which those of the catalogue differ most (principal components, Pearson 1901).
What is missing is zero.
"""

from __future__ import annotations

import numpy as np

from whyrec.core.types import Bools, Catalog, Floats32, Ints, objects
from whyrec.features import media, text
from whyrec.features.media import Pixels

WIDTH = 32
"""Principal components that are kept."""
MOST_NUMBERS = 1024
"""Numbers of a picture that components are looked for in; larger ones are averaged down."""


def read(catalog: Catalog, rows: Ints, texts: str = "") -> tuple[dict[str, Floats32], dict[str, tuple[Pixels, Bools]]]:
    """Return vectors [I, F] by name, and pixels [I, C, H, W] with which there are; fitted on the items `rows`.

    `texts` says how texts are encoded: "ngrams", "sentences" or "". Raises MissingExtraError where a package is
    missing that this needs.
    """
    vectors: dict[str, Floats32] = {}
    pixels: dict[str, tuple[Pixels, Bools]] = {}
    if texts and catalog.titles:
        titles = text.texts(catalog)
        sentences = texts == "sentences"
        coded = text.encode_sentences(titles) if sentences else text.fit_ngrams(titles, rows).encode(titles)
        if not coded[:, -1].all():
            vectors["text"] = coded[:, :-1]  # without the mask: missing is zero here
    for name, had in catalog.media.items():
        column = objects([*had, *[None] * (len(catalog) - len(had))])
        match media.sense(column):
            case "vector":
                vectors[name] = media.vectors(column, rows)[0]
            case "image":
                pixels[name] = media.images(column)
            case "audio":
                pixels[name] = media.sounds(column)
    return vectors, pixels


def principal(pixels: Pixels, there: Bools, rows: Ints) -> Floats32:
    """Lay pictures along the components of those of `rows`, each scaled to length 1: float32 [I, at most WIDTH]."""
    n_items, C, H, W = pixels.shape
    step = next(n for n in (1, 2, 4, 8, 16, 32) if C * (H // n) * (W // n) <= MOST_NUMBERS)
    small = pixels[:, :, : H // step * step, : W // step * step].reshape(n_items, C, H // step, step, W // step, step)
    flat = small.mean(axis=(3, 5), dtype=np.float32).reshape(n_items, -1)
    fitted = rows[there[rows]]
    if not len(fitted):
        return np.zeros((n_items, 1), np.float32)
    flat -= flat[fitted].mean(axis=0)
    _, directions = np.linalg.eigh(flat[fitted].T @ flat[fitted])
    found = flat @ directions[:, ::-1][:, :WIDTH]
    length = np.sqrt(np.square(found).sum(axis=1, keepdims=True))
    placed: Floats32 = np.where(there[:, None], found / np.where(length > 0, length, 1.0), 0.0).astype(np.float32)
    return placed
