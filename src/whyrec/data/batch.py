"""The one place that turns queries into arrays, for training and for serving alike.

A Batch is ragged: the slots of all queries one after another, with bounds. Nothing in it depends on the content
of another slot, so that masking an event changes that event's row and no other (docs/decisions/0002).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import KIND_CODE, KINDS, REMOVED, Codes, Floats, Floats32, Ints, Query, Vocabulary


@dataclass(frozen=True, eq=False)
class Batch:
    """Slots of Q queries laid end to end; S = all slots together."""

    bounds: Ints  # [Q+1] slots of query q are bounds[q]:bounds[q+1]
    item: Codes  # [S] code in the vocabulary, -1 for a tombstone, an unknown item or an event without one
    weight: Floats  # [S] signed strength of the event, 0 where item is -1
    age: Ints  # [S] 1 = newest slot; a tombstone keeps its age
    at: Floats  # [S]
    slot: Ints  # [S] position in the query's whole history

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @property
    def query(self) -> Ints:
        """Row of the query that each slot belongs to, [S]."""
        return np.repeat(np.arange(len(self)), np.diff(self.bounds))


def slot_weights(
    kind: NDArray[np.int8], value: Floats32, weights: Mapping[str, float], rating_threshold: float
) -> Floats:
    """Signed strength of each slot: the kind's weight, negative for a rating at or below the threshold."""
    table = np.array([weights.get(name, 0.0) for name in KINDS] + [0.0])  # the last row is REMOVED = -1
    strength = table[kind]
    low = (kind == KIND_CODE["rating"]) & (value <= rating_threshold)
    return np.where(low, -np.abs(strength), strength)


def arrange(
    queries: Sequence[Query],
    items: Vocabulary,
    weights: Mapping[str, float],
    rating_threshold: float = 0.0,
    history: int | None = None,
) -> Batch:
    """Turn queries into a Batch.

    `history` keeps only the newest slots of each query, tombstones counted. Items on the page (`context` of the
    scenario "related") take the place of the history, as one slot each with weight 1, since "goes with this" asks
    about them and not about the shopper.
    """
    item, weight, at, slot, sizes = [], [], [], [], []
    for query in queries:
        if query.scenario == "related" and query.context:
            code = items.codes(query.context)
            strength, when = np.ones(len(code)), np.full(len(code), query.at)
            place = np.full(len(code), -1, np.int64)
        else:
            past = query.history
            first = 0 if history is None else max(0, len(past) - history)
            kind = past.kind[first:]
            code = items.codes(past.item[first:])
            strength = slot_weights(kind, past.value[first:], weights, rating_threshold)
            when, place = past.at[first:], np.arange(first, len(past))
            code[kind == REMOVED] = -1
        item.append(code)
        weight.append(np.where(code < 0, 0.0, strength))
        at.append(when)
        slot.append(place)
        sizes.append(len(code))
    bounds = np.concatenate(([0], np.cumsum(np.array(sizes, np.int64)))).astype(np.int64)
    ends = np.repeat(bounds[1:], np.diff(bounds))
    return Batch(
        bounds=bounds,
        item=np.concatenate([np.empty(0, np.int32), *item]),
        weight=np.concatenate([np.empty(0), *weight]),
        age=ends - np.arange(bounds[-1]),
        at=np.concatenate([np.empty(0), *at]),
        slot=np.concatenate([np.empty(0, np.int64), *slot]),
    )
