"""Attributes of an item as causes: what its brand, its words or its picture give to its score, by which event.

An attribute is taken away by putting what the catalogue's items have in the mean in its place: `loses` is the change
of the score. Only models that are sums over what an item is made of say this, and then it is exact up to the mean,
which is that of all items where the model knows it or they can be asked at once, else of a sample. It is what speaks
for a new item, of which events say nothing. Values come with what each event gives to them, an exact split of events
by attributes, where a model has one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from whyrec.core.types import Floats, Query, Vocabulary
from whyrec.explain.exact import Unit

Split: TypeAlias = Callable[[Query, str], tuple[tuple[Unit, ...], dict[tuple[str, str], Floats]]]
"""What a sum over events and attributes offers: units, and by (attribute, value) what each unit gives to the item."""

Senses: TypeAlias = Callable[[Query, Sequence[str]], Mapping[str, Floats]]
"""What a sum over senses of an item offers: by sense what it carries of the score of each item."""

Means: TypeAlias = Callable[[Query], Mapping[str, float]]
"""What some such models offer: what each attribute gives to an item of the catalogue in the mean."""

SAMPLE = 50
"""Items whose mean takes an attribute's place where each has to be split on its own."""
LARGEST = 20_000
"""Items that are asked at once."""
OTHER = ("popularity", "id")
"""Senses that are no attributes."""


@dataclass(frozen=True)
class Attribute:
    """What one attribute of an item gives to its score; `events` split each value by units of the history."""

    name: str
    weight: float
    mean: float  # what it gives to an item of the catalogue in the mean
    values: Mapping[str, float] = field(default_factory=dict)
    events: Mapping[str, Mapping[Unit, float]] = field(default_factory=dict)  # value -> unit -> weight

    @property
    def loses(self) -> float:
        """What the score of the item loses with the catalogue's mean in the place of this attribute."""
        return self.weight - self.mean


def of_split(
    split: Split, query: Query, item: str, items: Vocabulary, means: Means | None = None
) -> tuple[Attribute, ...]:
    """Return the attributes of an item by what events give to its values, largest loss first."""
    units, found = split(query, item)
    mean = means(query) if means else _means(split, query, _sample(query, items, SAMPLE))
    made = []
    for name, weight in _totals(found).items():
        values = {value: given for (own, value), given in found.items() if own == name and value}
        events = {value: {units[u]: float(given[u]) for u in np.flatnonzero(given)} for value, given in values.items()}
        totals = {value: float(given.sum()) for value, given in values.items()}
        made.append(Attribute(name, weight, mean.get(name, 0.0), totals, events))
    return _largest_first(made)


def _means(split: Split, query: Query, others: Sequence[str]) -> dict[str, float]:
    """What each attribute gives to these items in the mean."""
    found: dict[str, float] = {}
    for other in others:
        for name, weight in _totals(split(query, other)[1]).items():
            found[name] = found.get(name, 0.0) + weight / len(others)
    return found


def of_senses(senses: Senses, query: Query, item: str, items: Vocabulary) -> tuple[Attribute, ...]:
    """Return the attributes of an item by the senses that carry its score, largest loss first."""
    carried = senses(query, [item, *_sample(query, items, LARGEST)])
    made = [
        Attribute(name, float(weight[0]), float(weight[1:].mean()))
        for name, weight in carried.items()
        if name not in OTHER and weight[0]
    ]
    return _largest_first(made)


def _sample(query: Query, items: Vocabulary, most: int) -> list[str]:
    """Items that stand for the catalogue: all, or as many as may be that the query's seed draws."""
    rng = np.random.default_rng(query.seed)
    return [str(items.ids[code]) for code in rng.permutation(len(items))[:most]]


def _totals(found: Mapping[tuple[str, str], Floats]) -> dict[str, float]:
    """What each attribute gives with all of its values and events; parts without a value are no attributes."""
    totals: dict[str, float] = {}
    for (name, value), given in found.items():
        if value:
            totals[name] = totals.get(name, 0.0) + float(given.sum())
    return totals


def _largest_first(made: Sequence[Attribute]) -> tuple[Attribute, ...]:
    return tuple(sorted(made, key=lambda one: (-one.loses, one.name)))
