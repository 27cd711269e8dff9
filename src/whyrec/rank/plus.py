"""A model with something added to its scores that stays a sum: what is added is split as exactly as it is added.

The model keeps its optional abilities: those that are not here are the model's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import Contributions, Fitted, Floats, Floats32, Query, Vocabulary


class Extra(Protocol):
    """What is added to the scores of all items of a model."""

    @property
    def part(self) -> str:
        """What it is called beside the model's parts."""
        ...

    def empty(self, query: Query) -> Floats:
        """What no event has a part in, [I]."""
        ...

    def slots(self, query: Query) -> Mapping[int, Floats]:
        """What each slot of the history gives, [I] each; slots that give nothing are left out."""
        ...


class Plus:
    """A fitted model plus an Extra."""

    def __init__(self, base: Fitted, extra: Extra) -> None:
        self.base, self.extra = base, extra
        self.items: Vocabulary = base.items

    def score(self, queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        """Return float32 [Q, I] or [Q, C], NaN for an unknown item."""
        found = self.base.score(queries, items).astype(np.float64)
        for row, query in zip(found, queries, strict=True):
            row += self._pick(self._total(query), items)
        return found.astype(np.float32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the model's arrays; the rest is made from the shop's log."""
        return self.base.arrays()

    def __getattr__(self, name: str) -> Any:
        """Return an optional ability with the Extra in it, or another one as the model has it."""
        if name == "base":
            raise AttributeError(name)
        ability = getattr(self.base, name)  # AttributeError where the model has it not
        mine: dict[str, Callable[..., Any]] = {"contributions": _contributions, "shares": _shares}
        if name == "attributes" and hasattr(self.extra, "attributes"):
            return lambda query, item: _attributes(self, ability, query, item)
        if name == "attribute_means" and hasattr(self.extra, "attribute_means"):
            return lambda query: _sum(ability(query), self.extra.attribute_means(query))
        if ability is None:
            return None
        if name == "without_each":
            raise AttributeError(name)  # the Extra would have to be masked too: leave-one-out does that
        if name in mine:
            return lambda query, items: mine[name](self, ability, query, items)
        return ability

    def _total(self, query: Query) -> Floats:
        return self.extra.empty(query) + sum(self.extra.slots(query).values())

    def _pick(self, values: Floats, items: Sequence[str] | None) -> Floats:
        if items is None:
            return values
        codes = self.items.codes(items)
        return np.where(codes >= 0, values[codes], np.nan)


def _contributions(model: Plus, ability: Callable[..., Contributions], query: Query, items: Sequence[str]) -> Any:
    found = ability(query, items)
    weight, units = [*found.weight], [*found.units]
    unit_of = {slot: n for n, unit in enumerate(units) for slot in unit}
    for slot, values in model.extra.slots(query).items():
        given = model._pick(values, items)
        if slot in unit_of:
            weight[unit_of[slot]] = weight[unit_of[slot]] + given
        else:
            units.append((slot,))
            weight.append(given)
    empty = found.empty + model._pick(model.extra.empty(query), items)
    return Contributions(tuple(units), np.array(weight).reshape(len(units), len(items)), empty)


def _attributes(model: Plus, ability: Callable[..., Any], query: Query, item: str) -> Any:
    units, found = ability(query, item)
    extra: Any = model.extra
    given = extra.attributes(query, item)
    unit_of = {slot: n for n, unit in enumerate(units) for slot in unit}
    more = sorted({slot for slots in given.values() for slot in slots} - set(unit_of))
    unit_of |= {slot: len(units) + n for n, slot in enumerate(more)}
    rows = {name: np.append(weight, np.zeros(len(more))) for name, weight in found.items()}
    for name, slots in given.items():
        row = rows.setdefault(name, np.zeros(len(units) + len(more)))
        for slot, weight in slots.items():
            row[unit_of[slot]] += weight
    return (*units, *((slot,) for slot in more)), rows


def _sum(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    return {name: first.get(name, 0.0) + second.get(name, 0.0) for name in dict.fromkeys((*first, *second))}


def _shares(model: Plus, ability: Callable[..., dict[str, Floats]], query: Query, items: Sequence[str]) -> Any:
    found = dict(ability(query, items))
    part = model.extra.part
    found[part] = found.get(part, 0.0) + model._pick(model._total(query), items)
    return found
