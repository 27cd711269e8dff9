"""What goes with the items on a page: a model's own answer about the page, with what was chosen together and next.

    score[y] = a * (model[page, y] - model[nothing, y]) + SMALL * model[nothing, y]
             + sum over items x of the page, sum over ways w of WEIGHTS[relation][w] * log(1 + lift_w[x, y])
             + same * (x and y share a category) + alike * cosine of what they are made of

    complement   chosen in one basket, often of another category        substitute   of the same category, looked at
    together     chosen in one basket                                                 in one session, alike
    next         chosen among the next events                           (none)       all of it

Popularity, log(1 + n) beyond its mean, is left out, since what everybody has goes with everything; a little of the
model's orders what nothing is known of, and a basket wants some of it.

The weights were chosen on half of the items with known links of one shop, and on held-out baskets of validation of
another (docs/scenarios.md); what stands in place of something is of its sort, which cost nothing that is sure there.
Lifts are smoothed by one event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import UNKNOWN, Bools, Catalog, Fitted, Floats, Floats32, Query, Vocabulary
from whyrec.features.content import encode
from whyrec.learn.newcomers import unit_rows
from whyrec.rank.together import Pairs, Together

RELATIONS: Mapping[str, str] = {
    "complement": "goes with this",
    "substitute": "instead of this",
    "together": "bought together",
    "next": "the next step",
}
WEIGHTS: Mapping[str | None, Mapping[str, float]] = {
    None: {"model": 0.2, "baskets": 1.0, "people": 2.0, "after": 1.0},
    "complement": {"model": 0.2, "baskets": 1.0, "people": 2.0, "after": 1.0},
    "substitute": {"model": 0.2, "baskets": 1.0, "people": 2.0, "views": 1.0, "same": 4.0, "alike": 1.0},
    "together": {"model": 0.2, "baskets": 2.0, "people": 1.0, "popular": 0.8},
    "next": {"model": 0.2, "after": 2.0, "people": 1.0},
}
"""What each relation adds up."""
SMALL = 0.01
CATEGORY = ("category", "department", "genre", "topic")
"""Attributes that say what sort of thing an item is; the first that a shop has is used."""


class Related:
    """A model asked about a page, with the counts of the log."""

    def __init__(self, base: Fitted, together: Together, catalog: Catalog, relation: str | None) -> None:
        self.base, self.together, self.catalog, self.relation = base, together, catalog, relation
        self.items: Vocabulary = base.items

    def score(self, queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        """Return float32 [Q, I] or [Q, C], NaN for an unknown item."""
        nothing = [replace(query, context=(), history=query.history.mask(query.history.live())) for query in queries]
        asked = self.base.score([*queries, *nothing]).astype(np.float64)
        page, empty = asked[: len(queries)], asked[len(queries) :]
        found = WEIGHTS[self.relation].get("model", 0.0) * (page - empty) + SMALL * empty
        found += WEIGHTS[self.relation].get("popular", 0.0) * self._popular
        for row, query in zip(found, queries, strict=True):
            for item in query.context:
                row += self.of(item)
        if items is not None:
            codes = self.items.codes(items)
            found = np.where(codes >= 0, found[:, codes], np.nan)
        return found.astype(np.float32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the model's arrays; the counts are made from the shop's log."""
        return self.base.arrays()

    @cached_property
    def _popular(self) -> Floats:
        """Popularity of each item beyond that of an item in the mean, [I].

        Only what is above the mean speaks for an item: else each reason would be that it is popular.
        """
        chosen = self.together.chosen
        much = np.log1p(chosen)
        mean = much[chosen > 0].mean() if chosen.any() else 0.0
        return laid(much, self.together.events.items, self.items) - float(mean)

    def of(self, item: str) -> Floats:
        """What one item of the page gives to all items of the model, [I]; zeros for one that nobody knows."""
        return _of(self.together, self.catalog, self.items, self.relation, item)

    def counted(self, how: str, item: str) -> Bools:
        """Which items of the model were ever counted with this one in such a way, [I]."""
        code = self.together.events.items.index.get(item)
        if code is None:
            return np.zeros(len(self.items), bool)
        return laid(self.together.pairs(how, code).count.astype(float), self.together.events.items, self.items) > 0


def smoothed(pairs: Pairs) -> Floats:
    """Return log(1 + lift), each with one event more on both sides, so that a single one says little."""
    return np.log1p(pairs.count / (pairs.expected + 1.0) * np.minimum(1.0, pairs.count / 2.0))


def category(catalog: Catalog, item: str) -> frozenset[str]:
    """Return what sort of thing an item is; nothing where that is not known."""
    name = next((name for name in CATEGORY if name in catalog.categories), None)
    return frozenset() if name is None else frozenset(catalog.values(item, name)) - {UNKNOWN}


def alike_rows(catalog: Catalog) -> Any:
    """Content rows of all items of a catalogue, of length 1 (or 0), [I, A]."""
    return _alike(catalog)[0]


def alike_columns(catalog: Catalog) -> tuple[tuple[str, str], ...]:
    """Return (family, value) of each column of these rows."""
    return _alike(catalog)[1]


@lru_cache(maxsize=2)
def _alike(catalog: Catalog) -> tuple[Any, tuple[tuple[str, str], ...]]:
    encoded = encode(catalog)
    return unit_rows(encoded.matrix), encoded.columns


@lru_cache(maxsize=4)
def _same_codes(catalog: Catalog) -> dict[str, Any]:
    name = next((name for name in CATEGORY if name in catalog.categories), None)
    found: dict[str, list[int]] = {}
    for code, values in enumerate(() if name is None else catalog.categories[name]):
        for value in values:
            if value != UNKNOWN:
                found.setdefault(value, []).append(code)
    return {value: np.array(codes) for value, codes in found.items()}


@lru_cache(maxsize=512)
def _of(together: Together, catalog: Catalog, items: Vocabulary, relation: str | None, item: str) -> Floats:
    code, here = together.events.items.index.get(item), catalog.items.index.get(item)
    weights = WEIGHTS[relation]
    total = np.zeros(len(items))
    if code is not None:
        logged = np.zeros(len(together.events.items))
        for how in ("baskets", "people", "views", "after"):
            if weights.get(how):
                logged += weights[how] * smoothed(together.pairs(how, code))
        total += laid(logged, together.events.items, items)
    if here is not None and (weights.get("same") or weights.get("alike")):
        made = np.zeros(len(catalog))
        if weights.get("same"):
            for value in category(catalog, item):
                made[_same_codes(catalog)[value]] = weights["same"]
        if weights.get("alike"):
            rows = alike_rows(catalog)
            made += weights["alike"] * np.asarray((rows @ rows[[here]].T).todense()).ravel()
        total += laid(made, catalog.items, items)
    return total


def laid(values: Floats, of: Vocabulary, onto: Vocabulary) -> Floats:
    """Values of the items of one vocabulary for those of another, 0 where they are not there."""
    if of is onto:
        return values
    codes = _codes(of, onto)
    return np.where(codes >= 0, values[codes], 0.0)


@lru_cache(maxsize=8)
def _codes(of: Vocabulary, onto: Vocabulary) -> Any:
    return of.codes(onto.ids)


def same_category(catalog: Catalog, item: str, items: Vocabulary) -> Bools:
    """Which items of the vocabulary are of the same sort as this one, [I]."""
    made = np.zeros(len(catalog), bool)
    for value in category(catalog, item):
        made[_same_codes(catalog)[value]] = True
    return laid(made.astype(float), catalog.items, items) > 0
