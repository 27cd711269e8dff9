"""Histories as sets: how strongly a shopper is interested in each item, for models that know no order.

Training and serving share it, so that a user of the log and a query with the same history give the same row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from whyrec.core.types import Bools, Floats, Floats32, Ints, Vocabulary
from whyrec.data.batch import Batch, arrange, arrange_log
from whyrec.learn import additive, counts
from whyrec.learn.judge import Judge
from whyrec.learn.ops import Array, Ops, TorchOps
from whyrec.learn.run import Run

Sparse: TypeAlias = "sparse.csr_array[np.float64, tuple[int, int]]"


def strongest(log: Batch) -> float:
    """Largest strength of an event on an item; 1 for an empty log. Strengths of 1 are said relative to it."""
    return float(log.weight[log.item >= 0].max(initial=0.0)) or 1.0


def interests(batch: Batch, n_items: int, top: float, fade: float = 0.0) -> Sparse:
    """Signed interest of each query in each item of its history, [Q, I].

    It is the sum of the strengths of the item's events over `top`, cut at -1 and 1, times (age of the newest of them)
    ** -fade. Items whose events cancel out are not stored.
    """
    found = additive.sums_by_item(batch, batch.weight, n_items)
    found.data = np.clip(found.data / top, -1.0, 1.0)
    if fade:
        live = np.flatnonzero((batch.item >= 0) & (batch.weight != 0))
        # Newest event first within each item: the first of each run is the one whose age counts.
        order = live[np.lexsort((batch.age[live], batch.item[live], batch.query[live]))]
        first = np.ones(len(order), bool)
        first[1:] = (np.diff(batch.query[order]) != 0) | (np.diff(batch.item[order]) != 0)
        found.data *= batch.age[order][first] ** -float(fade)
    found.eliminate_zeros()
    return found


def liked(interests: Sparse) -> Sparse:
    """Return only the interests above zero."""
    return times(interests, interests.data > 0)


def times(matrix: Sparse, factor: NDArray[Any]) -> Sparse:
    """Return the matrix with each stored number times its factor; zeros are no longer stored."""
    found = matrix.copy()
    found.data = found.data * factor
    found.eliminate_zeros()
    return found


def unit(interests: Sparse) -> Sparse:
    """Return rows of length 1, or of zeros."""
    found = interests.copy()
    length = np.sqrt(np.asarray(interests.multiply(interests).sum(axis=1)).ravel())
    found.data = found.data / np.repeat(length, np.diff(interests.indptr))
    return found


def bag(table: Array, rows: Sparse, ops: Ops) -> Array:
    """Return rows [B, I] times a table [I, H], in the precision of the table."""
    if not isinstance(ops, TorchOps):
        return rows.astype(table.dtype) @ table
    return ops.torch.nn.functional.embedding_bag(
        ops.put(rows.indices.astype(np.int64)),
        table,
        ops.put(rows.indptr[:-1].astype(np.int64)),
        mode="sum",
        per_sample_weights=ops.put(rows.data.astype(np.float32)),
    )


@dataclass(frozen=True, eq=False)
class Lessons:
    """What a model of sets learns from, and what its epochs are judged by."""

    interests: Sparse  # [U, I], only users that liked something
    unknown: Bools  # [I] items that nobody liked
    top: float  # strength of the strongest event
    prior: Floats  # [I]
    judge: Judge | None
    asked: Sparse | None  # interests of the judge's queries


def lessons(run: Run, history: int, fade: float, popularity: float) -> Lessons:
    """Make the sets of a run; `popularity` is the largest score that popularity gives, `fade` holds for queries."""
    events, n_items = run.settings.events, len(run.catalog)
    log = arrange_log(run.events, events.weights, events.rating_threshold)
    top = strongest(log)
    found = liked(interests(counts.newest(log, history), n_items, top))
    prior = popularity * counts.relative(counts.popularity(log, n_items))
    judge, asked = Judge.of(run), None
    if judge is not None:
        batch = arrange(judge.queries, run.catalog.items, events.weights, events.rating_threshold, history)
        asked = liked(interests(batch, n_items, top, fade))
    unknown = np.bincount(found.indices, minlength=n_items) == 0
    return Lessons(found[np.diff(found.indptr) > 0], unknown, top, prior, judge, asked)


def served(weights: Mapping[str, NDArray[Any]], precision: type[np.floating]) -> dict[str, NDArray[Any]]:
    """Return weights in a precision; the columns of `out` lie one after another, so that some are read quickly."""
    found = {name: array.astype(precision, copy=False) for name, array in weights.items()}
    return {**found, "out": np.ascontiguousarray(found["out"].T).T}


def columns(weights: Mapping[str, NDArray[Any]], codes: Ints | None) -> Mapping[str, NDArray[Any]]:
    """Return the weights with the columns of `out` that belong to these items; None for all."""
    if codes is None:
        return weights
    return {**weights, "out": weights["out"].T[codes].T, "out_bias": weights["out_bias"][codes]}


def score(
    model: Callable[[Sparse, Ints | None], NDArray[Any]],
    interests: Sparse,
    prior: Floats,
    vocabulary: Vocabulary,
    items: Sequence[str] | None = None,
) -> Floats32:
    """Return prior + model(interests) as float32 [Q, I], or [Q, C] with NaN for an item that is not known.

    The model is asked for the columns of these codes only, or for all (None). Where a row says nothing, its score is
    the prior alone.
    """
    codes, place, n = None, np.arange(len(vocabulary)), len(vocabulary)
    if items is not None:
        asked = additive.Columns.of(items, vocabulary)
        codes, place, n = asked.codes, asked.place, asked.n
    base = prior if codes is None else prior[codes]
    result = np.full((interests.shape[0], n), np.nan, np.float32)
    result[:, place] = base
    said = np.flatnonzero(np.diff(interests.indptr))
    step = max(1, additive.CHUNK_BYTES // (8 * max(1, len(prior))))
    for first in range(0, len(said), step):
        rows = said[first : first + step]
        found = model(interests[rows], codes)
        found += base.astype(found.dtype)
        if codes is None:
            result[rows] = found
        else:
            result[np.ix_(rows, place)] = found
    return result
