"""Where the items of a list come from: the sources of its scenario, asked in order, and what no snapshot knows yet.

The sources hold, between them, the n best of all allowed items: a source is where an item came from, and never changes
the order. What a snapshot does not know comes last, where there is room: nearest to the shopper first in the scenario
"new", else newest first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from whyrec.core.types import Bools, Catalog, Floats32, History, Ints, Query, Vocabulary
from whyrec.rank import means, rules, scenarios
from whyrec.rank.means import Means
from whyrec.rank.scenarios import Asked


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


def recall(asked: Asked, may: Bools, total: Floats32, n: int) -> tuple[Source, ...]:
    """Return what each source of the scenario takes of the n best allowed items by `total` [I], what lists go by."""
    taken = best(total, np.flatnonzero(np.isfinite(total) & may), n)
    found = []
    for source in scenarios.sources(asked.query):
        mine = source.takes(asked)[taken]
        found.append(Source(source.name, taken[mine], source.why))
        taken = taken[~mine]
    return tuple(found)


def recall_new(
    query: Query, items: Vocabulary, catalog: Catalog, repeats: bool, room: int, shop: Means | None = None
) -> list[str]:
    """Return ids of at most `room` allowed items that are in the catalogue but not in `items`, best first."""
    known = items.index
    fresh = [code for code, name in enumerate(catalog.items.ids) if name not in known] if room > 0 else []
    if not fresh:
        return []
    codes = np.array(fresh, np.int64)
    codes = codes[rules.allowed(query, catalog.items, catalog, repeats)[codes]]
    since = np.zeros(len(codes)) if catalog.since is None else np.nan_to_num(catalog.since[codes])
    near = np.zeros(len(codes))
    if query.scenario == "new" and shop is not None:
        placed = means.Near(catalog.items, catalog, shop.settings, np.ones(len(catalog), bool))
        near += sum((values[codes] for values in placed.slots(query).values()), np.zeros(len(codes)))
    return [str(catalog.items.ids[code]) for code in codes[np.lexsort((codes, -since, -near))][:room]]


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
