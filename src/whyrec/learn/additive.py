"""Scores that are exact sums over events: score[y] = prior[y] + sum over slots of coefficient * table[item, y].

Two ways to the same numbers, on purpose independent of each other: `score` is the quick one, with sparse products
over batches of queries; `contribute` reads the table row by row for one query. Tests hold them against each other.
Sums are float64; float32 comes last. Q queries, S slots, I items, C columns asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from whyrec.core.types import Codes, Contributions, Floats, Floats32, Ints, Vocabulary
from whyrec.data.batch import Batch

if TYPE_CHECKING:
    Sparse: TypeAlias = sparse.csr_array[np.float64, tuple[int, int]]

CHUNK_BYTES = 64 << 20
"""Largest float64 intermediate while scoring a batch."""


@dataclass(frozen=True, eq=False)
class Columns:
    """Items that are asked for: `codes` [C] of those that the model knows, and their place in the answer."""

    codes: Ints
    place: Ints
    n: int

    @staticmethod
    def of(items: Sequence[str], vocabulary: Vocabulary) -> Columns:
        """Look the items up; those that are not known have no code and stay NaN in the answer."""
        codes = vocabulary.codes(items).astype(np.int64)
        place = np.flatnonzero(codes >= 0)
        return Columns(codes[place], place, len(codes))


def score(batch: Batch, coefficient: Floats, table: Sparse, prior: Floats, columns: Columns | None = None) -> Floats32:
    """Score a batch: float32 [Q, I], or [Q, C] with NaN for a column that is not known."""
    history = sums_by_item(batch, coefficient, len(prior))
    if columns is None:
        return _multiply(history, table, prior)
    # Only rows of items in the histories are read, and of those only the columns asked for.
    used = np.unique(history.indices)
    part = table[used][:, columns.codes]
    result = np.full((len(batch), columns.n), np.nan, np.float32)
    result[:, columns.place] = _multiply(history[:, used], part, prior[columns.codes])
    return result


def sums_by_item(batch: Batch, coefficient: Floats, n_items: int) -> Sparse:
    """Coefficients of each query's slots, summed by item, [Q, I]; slots without an item are left out."""
    live = (batch.item >= 0) & (coefficient != 0)
    # As short as the numbers of a table, or scipy copies the table's to their length at each product.
    places = (batch.query[live].astype(np.int32), batch.item[live].astype(np.int32))
    return sparse.coo_array((coefficient[live], places), shape=(len(batch), n_items)).tocsr()


def _multiply(history: Sparse, table: Sparse, prior: Floats) -> Floats32:
    result = np.empty((history.shape[0], len(prior)), np.float32)
    step = max(1, CHUNK_BYTES // (8 * max(1, len(prior))))
    for first in range(0, len(result), step):
        part = (history[first : first + step] @ table).toarray()
        part += prior
        result[first : first + step] = part
    return result


def contribute(batch: Batch, coefficient: Floats, table: Sparse, prior: Floats, columns: Columns) -> Contributions:
    """Split the scores of one query over its slots, one unit a slot; NaN in a column that is not known.

    Slots that give nothing (tombstones, unknown items) are no units. Items on the page are no slots of the history:
    what they give belongs to `empty`, which is the score with an empty history.
    """
    empty = np.full(columns.n, np.nan)
    empty[columns.place] = prior[columns.codes]
    live = np.flatnonzero((batch.item >= 0) & (coefficient != 0))
    given = np.full((len(live), columns.n), np.nan)
    given[:, columns.place] = coefficient[live, None] * rows_at(table, batch.item[live], columns.codes)
    on_page = batch.slot[live] < 0
    units = tuple((int(slot),) for slot in batch.slot[live[~on_page]])
    return Contributions(units, given[~on_page], empty + given[on_page].sum(axis=0))


def rows_at(table: Sparse, rows: Ints | Codes, columns: Ints) -> Floats:
    """Read table[rows][:, columns] from the arrays of the table, [S, C]; rows and columns may repeat."""
    wanted, back = np.unique(columns, return_inverse=True)
    place = np.full(table.shape[1], -1)
    place[wanted] = np.arange(len(wanted))
    first = table.indptr[rows]
    sizes = table.indptr[rows + 1] - first
    entry = np.arange(sizes.sum()) + np.repeat(first - np.cumsum(sizes) + sizes, sizes)
    column = place[table.indices[entry]]
    hit = column >= 0
    found = np.zeros((len(rows), len(wanted)))
    found[np.repeat(np.arange(len(rows)), sizes)[hit], column[hit]] = table.data[entry[hit]]
    return found[:, back]


def as_float32(table: Sparse) -> Sparse:
    """Round a table to what a snapshot stores, so that a model scores the same before and after it was saved."""
    rounded = table.copy()
    rounded.data = table.data.astype(np.float32).astype(np.float64)
    return rounded


PARTS = ("data", "indices", "bounds")
"""Names of the arrays that a table is stored as."""


def pack(table: Sparse) -> dict[str, NDArray[Any]]:
    """Return a table as the plain arrays of a snapshot; values are stored as float32."""
    return dict(zip(PARTS, (table.data.astype(np.float32), table.indices, table.indptr), strict=True))


def unpack(arrays: Mapping[str, NDArray[Any]], n_items: int) -> Sparse:
    """Make a table [I, I] again from what `pack` gave."""
    parts = (arrays["data"].astype(np.float64), arrays["indices"], arrays["bounds"])
    return sparse.csr_array(parts, shape=(n_items, n_items))
