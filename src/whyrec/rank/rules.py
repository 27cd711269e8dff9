"""Which items may stand on a list, and by which filter another one fell.

One list of filters serves both questions, so that "why is X not in it" can give no other answer than the filter that
took X out. I items of the model's vocabulary.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache

import numpy as np

from whyrec.core.types import UNKNOWN, Bools, Catalog, Codes, Query, Vocabulary

ARTICLES = frozenset({"article", "video"})
"""Kinds of item for the scenario "content"."""


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
    code = items.index.get(item)
    if code is None:
        return "unknown to the snapshot"
    for name, fallen in _filters(query, items, catalog, repeats):
        if fallen[code] if fallen.dtype == np.bool_ else code in fallen:
            return name
    return None


def _filters(query: Query, items: Vocabulary, catalog: Catalog, repeats: bool) -> Iterator[tuple[str, Bools | Codes]]:
    """Yield each filter with the items that it takes out: all as [I] or a few as codes."""
    place = _places(items, catalog.items)
    yield "not in the catalogue", place < 0
    if catalog.available is not None:
        yield "off the shelf", ~catalog.available[place]
    if query.scenario == "content" and catalog.kinds is not None:
        content = _of_kinds(catalog, ARTICLES)
        if content.any():
            yield "of another kind", ~content[place]
    yield "on the page", _codes(query.context, items)
    yield "excluded", _codes(query.exclude, items)
    yield "hidden", _codes(query.preferences.hidden_items, items)
    for attribute, value in sorted(query.preferences.hidden_groups):
        yield f"hidden {attribute}", _in_group(catalog, attribute, value)[place]
    if not repeats:
        yield "seen", _codes(query.seen, items)


def _codes(names: Collection[str], items: Vocabulary) -> Codes:
    get = items.index.get
    return np.array([code for name in names if (code := get(name)) is not None], np.int32)


@lru_cache(maxsize=8)
def _places(items: Vocabulary, catalog_items: Vocabulary) -> Codes:
    """Code in the catalogue of each item, -1 where it is not there; kept, since both change rarely."""
    return catalog_items.codes(items.ids)


@lru_cache(maxsize=8)
def _of_kinds(catalog: Catalog, kinds: frozenset[str]) -> Bools:
    known = catalog.kinds if catalog.kinds is not None else ()
    return np.fromiter((kind in kinds for kind in known), np.bool_, len(known))


@lru_cache(maxsize=64)
def _in_group(catalog: Catalog, attribute: str, value: str) -> Bools:
    """Which items of the catalogue have this value; an attribute that it lacks is unknown for all."""
    column = catalog.categories.get(attribute)
    if column is None:
        return np.full(len(catalog), value == UNKNOWN)
    return np.fromiter((value in values for values in column), np.bool_, len(column))
