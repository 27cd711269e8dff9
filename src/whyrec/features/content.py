"""What an item is made of, as one sparse row: its categories, the words of its titles, the bands of its numbers.

Each family (one attribute, or the words of all titles) has its own columns, and an item's row holds 1 / sqrt(n) for
its n values of the family, so that an item with many genres weighs as much as one with one. A value that only one
item has tells nothing about others and gets no column; a missing value gives no entry.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from whyrec.core.types import UNKNOWN, Catalog, Floats, Floats32

if TYPE_CHECKING:
    Sparse: TypeAlias = sparse.csr_array[np.float64, tuple[int, int]]

WORDS = "words"
BANDS = 8
"""Bands of equal size that a number is cut into."""
COMMON = 0.5
"""A word that more than this share of the items has tells nothing."""
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, eq=False)
class Content:
    """Rows of items over named columns (family, value)."""

    matrix: Sparse  # [I, A]
    columns: tuple[tuple[str, str], ...]  # [A]

    def joined(self, vectors: Mapping[str, Floats32]) -> Content:
        """Return the rows with those of dense vectors [I, F] beside them, a family each; zeros are no entries."""
        blocks = [self.matrix, *(sparse.csr_array(rows.astype(np.float64)) for rows in vectors.values())]
        columns = [(name, str(n)) for name, rows in vectors.items() for n in range(rows.shape[1])]
        return Content(sparse.hstack(blocks, format="csr"), (*self.columns, *columns))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return rows and names of columns as plain arrays; values are stored as float32."""
        names = np.frombuffer(json.dumps(self.columns).encode("ascii"), np.uint8)
        m = self.matrix
        return {"data": m.data.astype(np.float32), "indices": m.indices, "bounds": m.indptr, "names": names}

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Content:
        """Make the rows again from what `arrays` gave."""
        columns = tuple((family, value) for family, value in json.loads(arrays["names"].tobytes()))
        parts = (arrays["data"].astype(np.float64), arrays["indices"], arrays["bounds"])
        return Content(sparse.csr_array(parts, shape=(len(arrays["bounds"]) - 1, len(columns))), columns)


def encode(catalog: Catalog, largest: int = 5000) -> Content:
    """Encode a catalogue, at most the `largest` most frequent values of each family."""
    families: list[tuple[str, Sequence[Iterable[str]]]] = [
        (name, [[v for v in values or () if v != UNKNOWN] for values in column])
        for name, column in catalog.categories.items()
    ]
    families += [(name, _bands(column)) for name, column in catalog.numbers.items() if _is_amount(name)]
    if catalog.titles:
        families.append((WORDS, _words(catalog)))
    blocks: list[Sparse] = [sparse.csr_array((len(catalog), 0))]
    columns: list[tuple[str, str]] = []
    for name, rows in families:
        block, values = _family(rows, largest)
        blocks.append(block)
        columns += [(name, value) for value in values]
    matrix = sparse.hstack(blocks, format="csr")
    matrix.data = matrix.data.astype(np.float32).astype(np.float64)  # as a snapshot stores it
    return Content(matrix, tuple(columns))


def _family(rows: Sequence[Iterable[str]], largest: int) -> tuple[Sparse, list[str]]:
    found = [sorted(set(row)) for row in rows]
    counts = Counter(value for row in found for value in row)
    ranked = sorted((value for value, n in counts.items() if n > 1), key=lambda value: (-counts[value], value))
    place = {value: column for column, value in enumerate(ranked[:largest])}
    kept = [[place[value] for value in row if value in place] for row in found]
    sizes = np.array([len(row) for row in kept], np.int64)
    data = np.repeat(1.0 / np.sqrt(np.maximum(sizes, 1)), sizes)
    indices = np.fromiter((column for row in kept for column in row), np.int64, int(sizes.sum()))
    bounds = np.concatenate(([0], np.cumsum(sizes)))
    return sparse.csr_array((data, indices, bounds), shape=(len(rows), len(place))), list(place)


def _is_amount(name: str) -> bool:
    # The mask of an imputed column and a table's row numbers say nothing of the item.
    return not name.endswith("_imputed") and not name.startswith("__")


def _bands(column: Floats) -> list[list[str]]:
    """Name the band of each number; equal numbers share a band."""
    known = np.isfinite(column)
    if not known.any():
        return [[] for _ in column]
    edges = np.unique(np.quantile(column[known], np.linspace(0, 1, BANDS + 1)[1:-1]))
    return [[str(np.searchsorted(edges, value, side="right"))] if np.isfinite(value) else [] for value in column]


def _words(catalog: Catalog) -> list[list[str]]:
    """Words of each item's titles in all languages, without those that too many items have."""
    rows = [
        [word for titles in catalog.titles.values() for word in words(str(titles[code] or ""))]
        for code in range(len(catalog))
    ]
    counts = Counter(word for row in rows for word in set(row))
    most = COMMON * len(catalog)
    return [[word for word in row if counts[word] <= most] for row in rows]


def words(text: str) -> list[str]:
    """Words of a text in lower case; of a script that is written without spaces, all pairs of neighbours."""
    found = []
    for word in _WORD.findall(text.casefold()):
        if len(word) > 1 and _UNSPACED.match(word):
            found += [word[k : k + 2] for k in range(len(word) - 1)]
        else:
            found.append(word)
    return found
