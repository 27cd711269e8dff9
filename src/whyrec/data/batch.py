"""The one place that turns queries into arrays, for training and for serving alike.

A Batch is ragged: the slots of all queries one after another, with bounds. Nothing in it depends on the content
of another slot, so that masking an event changes that event's row and no other (docs/decisions/0002).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import (
    HISTORY_KINDS,
    KIND_CODE,
    KINDS,
    REMOVED,
    Bools,
    Codes,
    Events,
    Floats,
    Floats32,
    Ints,
    Objects,
    Query,
    Vocabulary,
)


@dataclass(frozen=True, eq=False)
class Batch:
    """Slots of Q queries laid end to end; S = all slots together."""

    bounds: Ints  # [Q+1] slots of query q are bounds[q]:bounds[q+1]
    item: Codes  # [S] code in the vocabulary, -1 for a tombstone, an unknown item or an event without one
    weight: Floats  # [S] signed strength of the event, 0 where item is -1
    age: Ints  # [S] 1 = newest slot; a tombstone keeps its age
    at: Floats  # [S]
    slot: Ints  # [S] position in the query's whole history
    value: Floats32  # [S] such as a rating, NaN where there is none
    asked: Floats  # [Q] time of the query; in a log, that of the newest slot
    kind: NDArray[np.int8]  # [S] position in KINDS, REMOVED for a tombstone
    platform: Objects | None = None  # [S] where the event happened, None where that is not known
    text: Objects | None = None  # [S] words of a search

    def take(self, slots: Ints | Bools, bounds: Ints, age: Ints, asked: Floats) -> Batch:
        """Return these slots as a batch with other bounds, ages and times of queries."""
        own = {
            name: getattr(self, name) for name in ("item", "weight", "at", "slot", "value", "kind", "platform", "text")
        }
        kept: dict[str, Any] = {name: None if column is None else column[slots] for name, column in own.items()}
        return Batch(bounds=bounds, age=age, asked=asked, **kept)

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @property
    def query(self) -> Ints:
        """Row of the query that each slot belongs to, [S]."""
        return np.repeat(np.arange(len(self)), np.diff(self.bounds))


def is_low_rating(kind: NDArray[np.int8], value: Floats32, rating_threshold: float) -> Bools:
    """Say of each slot whether it is a rating at or below the threshold; a threshold of 0 means that none is."""
    low: Bools = (kind == KIND_CODE["rating"]) & (value <= rating_threshold) & (rating_threshold != 0)
    return low


def slot_weights(
    kind: NDArray[np.int8], value: Floats32, weights: Mapping[str, float], rating_threshold: float
) -> Floats:
    """Signed strength of each slot: the kind's weight, negative for a rating at or below the threshold."""
    table = np.array([weights.get(name, 0.0) for name in KINDS] + [0.0])  # the last row is REMOVED = -1
    strength = table[kind]
    return np.where(is_low_rating(kind, value, rating_threshold), -np.abs(strength), strength)


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
    item, weight, at, slot, value, kinds, sizes = [], [], [], [], [], [], []
    words: list[Objects | None] = []
    places: list[Objects | None] = []
    for query in queries:
        past = query.history
        first = 0 if history is None else max(0, len(past) - history)
        if query.scenario == "related" and query.context:
            code = items.codes(query.context)
            kind = np.full(len(code), KIND_CODE["view"], np.int8)
            strength, when = np.ones(len(code)), np.full(len(code), query.at)
            place, amount = np.full(len(code), -1, np.int64), np.full(len(code), np.nan, np.float32)
            texts = platforms = None
        else:
            kind = past.kind[first:]
            code = items.codes(past.item[first:])
            strength = slot_weights(kind, past.value[first:], weights, rating_threshold)
            when, place, amount = past.at[first:], np.arange(first, len(past)), past.value[first:]
            code[kind == REMOVED] = -1
            texts, platforms = (None if c is None else c[first:] for c in (past.text, past.platform))
        item.append(code)
        weight.append(np.where(code < 0, 0.0, strength))
        at.append(when)
        slot.append(place)
        value.append(amount)
        kinds.append(kind)
        words.append(texts)
        places.append(platforms)
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
        value=np.concatenate([np.empty(0, np.float32), *value]),
        asked=np.array([query.at for query in queries], np.float64),
        kind=np.concatenate([np.empty(0, np.int8), *kinds]),
        platform=_joined(places, sizes),
        text=_joined(words, sizes),
    )


def _joined(columns: Sequence[Objects | None], sizes: Sequence[int]) -> Objects | None:
    """Lay columns end to end, None where a query has none; None where no query has one."""
    if all(column is None for column in columns):
        return None
    filled = [np.full(size, None, object) if c is None else c for c, size in zip(columns, sizes, strict=True)]
    return np.concatenate(filled)


def history_rows(events: Events) -> tuple[Ints, Ints]:
    """Rows of the log that take a slot in a history, grouped by user, oldest first: (rows, bounds [U+1])."""
    rows, _ = events.by_user
    takes_slot = np.array([name in HISTORY_KINDS for name in KINDS])
    rows = rows[takes_slot[events.kind[rows]]]
    sizes = np.bincount(events.user[rows], minlength=len(events.users))
    return rows, np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)


def arrange_log(events: Events, weights: Mapping[str, float], rating_threshold: float = 0.0) -> Batch:
    """Turn a log into a Batch for training: one row per user, in the order of `events.users`.

    Only kinds that take a slot in a history are in it. Item codes are those of `events`, which are the codes of the
    catalogue; `slot` is the row of the log. A slot without an item keeps its place and has weight 0, as in serving.
    """
    rows, bounds = history_rows(events)
    item = events.item[rows]
    strength = slot_weights(events.kind[rows], events.value[rows], weights, rating_threshold)
    return Batch(
        bounds=bounds,
        item=item,
        weight=np.where(item < 0, 0.0, strength),
        age=np.repeat(bounds[1:], np.diff(bounds)) - np.arange(len(rows)),
        at=events.at[rows],
        slot=rows,
        value=events.value[rows],
        asked=newest(events.at[rows], bounds),
        kind=events.kind[rows],
        platform=None if events.platform is None else events.platform[rows],
        text=None if events.text is None else events.text[rows],
    )


def newest(at: Floats, bounds: Ints) -> Floats:
    """Time of the last slot of each row, [Q]; 0 for an empty one."""
    found = np.zeros(len(bounds) - 1)
    filled = np.diff(bounds) > 0
    found[filled] = at[bounds[1:][filled] - 1]
    return found
