"""Where the items of a list come from: named sources, filled in order, the last never empty while anything is allowed.

    history   items that score more with the shopper's history than without (`page`, where items on the page ask)
    popular   the rest, in the order of their score; with an empty history that is the order of popularity
    new       items of the catalogue that the snapshot does not know, newest first, where there is room

The first two hold, between them, the n best of all allowed items: a source is where an item came from, and never
changes the order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from whyrec.core.types import Bools, Catalog, Floats32, History, Ints, Query, Vocabulary
from whyrec.rank import rules


@dataclass(frozen=True, eq=False)
class Source:
    """Items that one source recalled, best first, with why it did."""

    name: str
    codes: Ints
    why: str


def without_shopper(query: Query) -> Query:
    """The same query as if nothing were known of the shopper, nor of the page: its score is that of popularity."""
    history: History = query.history.mask(query.history.live())
    return replace(query, history=history, context=(), text=None)


def recall(query: Query, score: Floats32, empty: Floats32, may: Bools) -> tuple[Source, ...]:
    """Return the sources of scored items; `score` and `empty` [I] are with and without the shopper."""
    raised = score > empty
    scored = np.isfinite(score) & may
    page = query.scenario == "related" and bool(query.context)
    first = ("page", "goes with an item on the page") if page else ("history", "the history raises its score")
    return (
        Source(first[0], best(score, np.flatnonzero(scored & raised), query.n), first[1]),
        Source("popular", best(score, np.flatnonzero(scored & ~raised), query.n), "among the most popular"),
    )


def recall_new(query: Query, items: Vocabulary, catalog: Catalog, repeats: bool, room: int) -> list[str]:
    """Return ids of at most `room` allowed items that are in the catalogue but not in `items`, newest first."""
    known = items.index
    fresh = [code for code, name in enumerate(catalog.items.ids) if name not in known] if room > 0 else []
    if not fresh:
        return []
    codes = np.array(fresh, np.int64)
    codes = codes[rules.allowed(query, catalog.items, catalog, repeats)[codes]]
    since = np.zeros(len(codes)) if catalog.since is None else np.nan_to_num(catalog.since[codes])
    return [str(catalog.items.ids[code]) for code in codes[np.lexsort((codes, -since))][:room]]


def best(score: Floats32, codes: Ints, n: int) -> Ints:
    """Return the n codes of the highest score, highest first, equal scores by code."""
    value = score[codes]
    if len(codes) > n:
        edge = np.partition(value, len(codes) - n)[len(codes) - n]
        above = np.flatnonzero(value > edge)
        level = np.flatnonzero(value == edge)[: n - len(above)]
        keep = np.sort(np.concatenate((above, level)))
        codes, value = codes[keep], value[keep]
    return codes[np.lexsort((codes, -value))]
