"""Count kernels that the count models share: popularity, transitions, interactions, co-occurrences, normalisations.

All work on the ragged arrays of `data.batch.arrange_log` (S slots of all users end to end) with a few numpy passes
and no loop over users. Only slots with a positive weight are counted: what a shopper disliked says nothing about
what is bought with it or after it. Matrices are scipy CSR arrays of float64, [I, I] or [U, I].
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy import sparse

from whyrec.core.types import Floats, Ints
from whyrec.data.batch import Batch

if TYPE_CHECKING:
    Sparse: TypeAlias = sparse.csr_array[np.float64, tuple[int, int]]


LARGEST_PAIRS = 8_000_000
"""Pairs of slots that are counted at once; each takes some 50 bytes meanwhile."""


def popularity(log: Batch, n_items: int, half_life_s: float = 0.0) -> Floats:
    """Share of each item in all events, weighted by the strength of the event, [I]; zeros for an empty log.

    With a half-life (seconds), an event counts half for every half-life that it is older than the newest one.
    """
    weight = np.maximum(log.weight, 0.0)
    if half_life_s and len(log.at):
        weight = weight * 0.5 ** ((log.at.max() - log.at) / half_life_s)
    known = log.item >= 0
    counts = np.bincount(log.item[known], weight[known], minlength=n_items)
    return counts / max(float(counts.sum()), np.finfo(float).tiny)


def relative(shares: Floats) -> Floats:
    """Return shares divided by the largest of them, so that the most popular item has 1."""
    return shares / max(float(shares.max(initial=0.0)), np.finfo(float).tiny)


def transitions(log: Batch, n_items: int, buckets: Sequence[tuple[int, int]]) -> tuple[Sparse, ...]:
    """Count how often item y came g slots after item x, one matrix [x, y] for each bucket (first g, last g).

    A pair at gap g adds (strength of y's event) / g, so that what led to a purchase counts more than what led to a
    view. Gaps are counted in slots, as ages are when a history is scored: a search or an unknown item between the
    two widens the gap.
    """
    user, good = log.query, (log.item >= 0) & (log.weight > 0)
    matrices = []
    for first, last in buckets:
        total: Sparse = sparse.csr_array((n_items, n_items))
        at_once = max(1, LARGEST_PAIRS // max(1, len(user)))
        for begin in range(first, last + 1, at_once):
            before, after, value = [], [], []
            for gap in range(begin, min(begin + at_once, last + 1)):
                ends = np.flatnonzero((user[:-gap] == user[gap:]) & good[:-gap] & good[gap:])
                before.append(log.item[ends])
                after.append(log.item[ends + gap])
                value.append(log.weight[ends + gap] / gap)
            pairs = (np.concatenate(before), np.concatenate(after))
            part = sparse.coo_array((np.concatenate(value), pairs), shape=(n_items, n_items)).tocsr()
            total = total + part if total.nnz else part
        matrices.append(total)
    return tuple(matrices)


def newest(log: Batch, n: int) -> Batch:
    """Return the log in which slots older than the `n` newest of their user weigh nothing."""
    return replace(log, weight=np.where(log.age <= n, log.weight, 0.0))


def interactions(log: Batch, n_items: int) -> Sparse:
    """Strength of each user's interest in each item, [U, I]: the sum over events, cut at 1.

    Strengths are relative to the strongest kind that the log has, so that a log of views alone is a log of ones.
    """
    good = (log.item >= 0) & (log.weight > 0)
    places = (log.query[good], log.item[good])
    matrix = sparse.coo_array((log.weight[good], places), shape=(len(log), n_items)).tocsr()
    if matrix.nnz:
        top = float(log.weight[good].max())
        matrix.data = np.minimum(matrix.data / top, 1.0)
    return matrix


def normalise(counts: Sparse, rows: float, columns: float = 0.0, smoothing: float = 0.0) -> Sparse:
    """Return counts[x, y] / ((row sum + smoothing) ** rows * (column sum + smoothing) ** columns)."""
    over_rows = np.asarray(counts.sum(axis=1)).ravel() + smoothing
    over_columns = np.asarray(counts.sum(axis=0)).ravel() + smoothing
    data = counts.data.copy()
    if rows:
        data /= np.repeat(over_rows**rows, np.diff(counts.indptr))
    if columns:
        data /= (over_columns**columns)[counts.indices]
    return sparse.csr_array((data, counts.indices, counts.indptr), shape=counts.shape)


def cooccurrences(matrix: Sparse, largest: int = 8_000_000) -> Iterator[tuple[int, Sparse]]:
    """Yield (first item, block [b, I]) of matrix.T @ matrix, rows in order, all rows once.

    A block is cut so that at most `largest` products go into it (but for a single item that needs more), which
    bounds its memory to about 12 bytes a product.
    """
    by_item = matrix.T.tocsr()
    per_user = np.diff(matrix.indptr)
    # Products of all items before each one: an item costs the number of items of each of its users.
    done = np.concatenate(([0], np.cumsum(per_user[by_item.indices], dtype=np.int64)))[by_item.indptr]
    first = 0
    while first < by_item.shape[0]:
        last = max(first + 1, int(np.searchsorted(done, done[first] + largest, side="right")) - 1)
        yield first, by_item[first:last] @ matrix
        first = last


def keep_largest(matrix: Sparse, k: int, always: Ints | None = None) -> Sparse:
    """Keep the k largest entries of each row, and beyond those the entry in column `always[row]` where it is stored."""
    keep = np.zeros(matrix.nnz, bool)
    bounds, data = matrix.indptr, matrix.data
    for first, last in pairwise(bounds):
        if last - first <= k:
            keep[first:last] = True
        else:
            keep[first + np.argpartition(data[first:last], last - first - k)[last - first - k :]] = True
    if always is not None:
        keep |= matrix.indices == np.repeat(always, np.diff(bounds))
    kept = np.concatenate(([0], np.cumsum(keep)))[bounds]
    return sparse.csr_array((data[keep], matrix.indices[keep], kept), shape=matrix.shape)
