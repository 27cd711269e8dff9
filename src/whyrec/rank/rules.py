"""Which items may stand on a list, and by which filter another one fell.

One list of filters serves both questions, so that "why is X not in it" can give no other answer than the filter that
took X out. I items of the model's vocabulary.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from whyrec.core.types import UNKNOWN, Bools, Catalog, Codes, Query, Vocabulary
from whyrec.rank import masks, scenarios


def allowed(query: Query, items: Vocabulary, catalog: Catalog, repeats: bool) -> Bools:
    """Return which items may be recommended for this query, [I]."""
    may = np.ones(len(items), np.bool_)
    for _, fallen in _filters(query, items, catalog, repeats):
        may[fallen] = False
    return may


def fallen_by(query: Query, item: str, items: Vocabulary, catalog: Catalog, repeats: bool) -> str | None:
    """Return the first filter that takes this item out; None where it may be recommended.

    An item that is not in `items` fell by "unknown to the snapshot".
    """
    return next(iter(fallen_by_all(query, item, items, catalog, repeats)), None)


@dataclass(frozen=True)
class Taken:
    """How many items a filter took out of those that the filters before it left."""

    filter: str
    items: int
    hints: tuple[str, ...] = ()  # values that no item has


def funnel(query: Query, items: Vocabulary, catalog: Catalog, repeats: bool) -> tuple[Taken, ...]:
    """Return what each filter took, in their order; those that took nothing are left out."""
    may, found = np.ones(len(items), np.bool_), []
    for name, fallen in _filters(query, items, catalog, repeats):
        before = int(may.sum())
        may[fallen] = False
        text = name.removeprefix("filter: ")
        hints = tuple(masks.absent(catalog, text)) if text != name else ()
        if taken := before - int(may.sum()):
            found.append(Taken(name, taken, hints))
    return tuple(found)


def fallen_by_all(query: Query, item: str, items: Vocabulary, catalog: Catalog, repeats: bool) -> tuple[str, ...]:
    """Return every filter that takes this item out, in their order; see `fallen_by`."""
    code = items.index.get(item)
    if code is None:
        return ("unknown to the snapshot",)
    return tuple(
        name
        for name, fallen in _filters(query, items, catalog, repeats)
        if (fallen[code] if fallen.dtype == np.bool_ else code in fallen)
    )


def _filters(query: Query, items: Vocabulary, catalog: Catalog, repeats: bool) -> Iterator[tuple[str, Bools | Codes]]:
    """Yield each filter with the items that it takes out: all as [I] or a few as codes."""
    place = places(items, catalog.items)
    yield "not in the catalogue", place < 0
    if catalog.available is not None:
        yield "off the shelf", ~catalog.available[place]
    if catalog.stock is not None:
        yield "out of stock", catalog.stock[place] <= 0
    if (pool := scenarios.pool(query, catalog)) is not None:
        name, stay = pool
        yield name, ~stay[place]
    yield "on the page", _codes(query.context, items)
    yield "excluded", _codes(query.exclude, items)
    for text in query.filters:
        yield f"filter: {text}", ~masks.mask(catalog, text)[place]
    yield "hidden", _codes(query.preferences.hidden_items, items)
    for attribute, value in sorted(query.preferences.hidden_groups):
        yield f"hidden {attribute}", _in_group(catalog, attribute, value)[place]
    if not repeats:
        yield "seen", _codes(query.seen, items)


def _codes(names: Collection[str], items: Vocabulary) -> Codes:
    get = items.index.get
    return np.array([code for name in names if (code := get(name)) is not None], np.int32)


@lru_cache(maxsize=8)
def places(items: Vocabulary, catalog_items: Vocabulary) -> Codes:
    """Code in the catalogue of each item, -1 where it is not there; kept, since both change rarely."""
    return catalog_items.codes(items.ids)


@lru_cache(maxsize=64)
def _in_group(catalog: Catalog, attribute: str, value: str) -> Bools:
    """Which items of the catalogue have this value; an attribute that it lacks is unknown for all."""
    column = catalog.categories.get(attribute)
    if column is None:
        return np.full(len(catalog), value == UNKNOWN)
    return np.fromiter((value in values for values in column), np.bool_, len(column))
