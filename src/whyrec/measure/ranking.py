"""How good lists are: the twenty best items of each query, ranks of the wanted ones, and the usual measures.

The best items and the ranks come from one order, score downwards and then code upwards, so that a measure says
exactly what the lists say. Q queries, I items, R wanted items of all queries laid end to end with bounds [Q+1];
every query wants at least one.
"""

from __future__ import annotations

import numpy as np

from whyrec.core.types import Floats, Floats32, Ints

LONGEST = 20
"""Length of the lists; no measure looks further (MRR is cut here)."""
MISSED = 1 << 30
"""Rank of an item that is not in the list."""
BLOCK = 64


def best(scores: Floats32, k: int = LONGEST) -> Ints:
    """Return the codes of the k best items of each row, best first, int64 [Q, k]; -1 where a row has fewer.

    Scores of -inf and NaN are no candidates. Ties go to the smaller code.
    """
    n_queries, n_items = scores.shape
    result = np.full((n_queries, k), -1, np.int64)
    if n_queries == 0 or n_items == 0:
        return result
    # The k-th largest of the block maxima is reached by at least k items: only what reaches it needs to be sorted.
    maxima = np.maximum.reduceat(scores, np.arange(0, n_items, BLOCK), axis=1)
    if np.isnan(maxima).any():
        return best(np.where(np.isnan(scores), -np.inf, scores), k)
    floor = np.full(n_queries, np.finfo(scores.dtype).min)
    if maxima.shape[1] > k:
        floor = np.maximum(floor, np.partition(maxima, -k, axis=1)[:, -k])
    row, code = np.divmod(np.flatnonzero(scores >= floor[:, None]), n_items)
    order = np.lexsort((code, -scores[row, code], row))
    row, code = row[order], code[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    top = place < k
    result[row[top], place[top]] = code[top]
    return result


def ranks(lists: Ints, wanted: Ints, bounds: Ints) -> Ints:
    """Return the rank of each wanted code in its query's list, 1 = first, MISSED where it is not in it, [R]."""
    hits = lists[np.repeat(np.arange(len(lists)), np.diff(bounds))] == wanted[:, None]
    return np.where(hits.any(axis=1), hits.argmax(axis=1) + 1, MISSED)


def ndcg(found: Ints, bounds: Ints, k: int = 10) -> Floats:
    """Normalised discounted cumulative gain of each query, [Q]; the ideal list has all wanted items first."""
    gains = np.where(found <= k, 1.0 / np.log2(np.minimum(found, k) + 1.0), 0.0)
    ideal = np.cumsum(1.0 / np.log2(np.arange(2, k + 2)))
    result: Floats = _sums(gains, bounds) / ideal[np.minimum(np.diff(bounds), k) - 1]
    return result


def hr(found: Ints, bounds: Ints, k: int = 10) -> Floats:
    """Hit rate: 1 for each query with a wanted item among the first k, [Q]."""
    return (_sums((found <= k).astype(float), bounds) > 0).astype(float)


def recall(found: Ints, bounds: Ints, k: int = 10) -> Floats:
    """Share of the wanted items that are among the first k, [Q]; equal to the hit rate where one is wanted."""
    return _sums((found <= k).astype(float), bounds) / np.diff(bounds)


def mrr(found: Ints, bounds: Ints, k: int = LONGEST) -> Floats:
    """One over the rank of the first wanted item, 0 beyond k, [Q]."""
    if len(bounds) == 1:
        return np.zeros(0)
    first = np.minimum.reduceat(found, bounds[:-1])
    return np.where(first <= k, 1.0 / first, 0.0)


def _sums(values: Floats, bounds: Ints) -> Floats:
    return np.add.reduceat(values, bounds[:-1]) if len(bounds) > 1 else np.zeros(0)
