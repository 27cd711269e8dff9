"""Leave-one-out: what a score loses when one unit of the history is masked. Works for any scorer.

One set of masked queries serves every item of a page, since a scorer returns all of them at once. On an additive
model the result equals the exact contributions. On others the parts need not add up to the score; the difference
is the gap of the Explanation, which is always reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeAlias

import numpy as np

from whyrec.core.types import Bools, Floats, Floats32, History, Query, Reason, Scorer, Vocabulary
from whyrec.explain.exact import Unit, named

BATCH_CELLS = 1 << 24
"""Scores that one call of a scorer may return (64 MB of float32)."""
BATCH_ROWS = 256
"""Masked queries in one call: each carries a copy of the history."""

WithoutEach: TypeAlias = Callable[[Query, Sequence[str] | None], Floats32]
"""What some models offer: the scores [L, P] of items without each live event in turn, quicker than one by one."""


@dataclass(frozen=True, eq=False)
class Losses:
    """Scores of the items of a page and what they lose without each unit; P items, U units."""

    units: tuple[Unit, ...]
    full: Floats  # [P]
    empty: Floats  # [P] with every unit masked
    weight: Floats  # [U, P]
    without: Floats32 | None = None  # [U, I] scores of all items without each unit, where that was asked for
    ends: tuple[Floats, Floats] | None = None  # [I] each, of all items with everything and with nothing, there too
    error: Floats | None = None  # [U, P] standard error of the weights, where they were estimated


def reasons(
    score: Scorer, query: Query, item_id: str, units: Sequence[Unit] | None = None, budget: int = 2000
) -> tuple[Reason, ...]:
    """Return what the score of one item loses without each unit, largest first.

    `units` defaults to one unit per event. At most `budget` masked queries are scored: where there are more units,
    the oldest ones are taken away together.
    """
    losses = measure(score, query, [item_id], units, budget)
    return named(query, losses.units, losses.weight[:, 0])


def measure(
    score: Scorer,
    query: Query,
    item_ids: Sequence[str],
    units: Sequence[Unit] | None = None,
    budget: int = 2000,
    without_each: WithoutEach | None = None,
    all_items: Vocabulary | None = None,
    rough: Scorer | None = None,
) -> Losses:
    """Mask each unit once and score all `item_ids`; two more queries give the full and the empty score.

    `without_each` is asked instead where a model has it and the units are its events. With `all_items`, the model's
    vocabulary, `without` is kept for a search, unless it would be too large; there `rough` scores will do.
    """
    quick = without_each is not None and units is None and not about_page(query)
    if units is None:
        units = causes_of(query)
    quick, units = quick and len(units) <= budget, within(units, budget)
    whole = all_items is not None and len(units) * len(all_items) <= BATCH_CELLS
    asked, n_columns = (None, len(all_items)) if whole and all_items is not None else (item_ids, len(item_ids))
    masked = () if quick else tuple(without(query, unit) for unit in units)
    if whole and rough is not None and not quick:
        found = measure(score, query, item_ids, units, budget)
        kept = np.concatenate([np.empty((0, n_columns), np.float32), *scored(rough, masked, n_columns)])
        return replace(found, without=kept)
    rows = np.concatenate(list(scored(score, (query, nothing_known(query), *masked), n_columns, asked)))
    if quick and without_each is not None:
        rows = np.concatenate([rows, without_each(query, asked)])
    column = all_items.codes(item_ids) if whole and all_items is not None else slice(None)
    scores = rows[:, column].astype(np.float64)
    found = Losses(tuple(units), scores[0], scores[1], scores[0] - scores[2:])
    if not whole:
        return found
    return replace(found, without=rows[2:], ends=(rows[0].astype(np.float64), rows[1].astype(np.float64)))


def about_page(query: Query) -> bool:
    """Whether the list answers to the items on the page and not to the history ("goes with this")."""
    return query.scenario == "related" and bool(query.context)


def causes_of(query: Query) -> tuple[Unit, ...]:
    """Return one unit for each thing that the list answers to: the items on the page, or the events."""
    return page_items(query) if about_page(query) else events(query.history)


def page_items(query: Query) -> tuple[Unit, ...]:
    """Return one unit for each item on the page."""
    return tuple((-k,) for k in range(1, len(query.context) + 1))


def without(query: Query, unit: Unit) -> Query:
    """Return the query without a unit: its slots masked, or an item taken off the page."""
    if unit[0] >= 0:
        return query.without(unit)
    left = tuple(item for k, item in enumerate(query.context, 1) if -k not in unit)
    return replace(query, context=left) if left else nothing_known(query)


def nothing_known(query: Query) -> Query:
    """Return the query with every event masked and no item on the page; its score is the empty score."""
    return replace(query.without(query.history.live()), context=())


def scored(
    score: Scorer, queries: Iterable[Query], n_columns: int, item_ids: Sequence[str] | None = None
) -> Iterable[Floats32]:
    """Score queries in batches of bounded size; yields one [rows, n_columns] block a batch."""
    n_rows = max(1, min(BATCH_ROWS, BATCH_CELLS // max(1, n_columns)))
    rest = iter(queries)
    while batch := list(islice(rest, n_rows)):
        yield score(batch, item_ids)


def events(history: History) -> tuple[Unit, ...]:
    """Return one unit for each event that still has its content, oldest first."""
    return tuple((int(slot),) for slot in history.live())


def by_item(history: History, units: Sequence[Unit]) -> tuple[Unit, ...]:
    """Join the units that are about the same item; units about none, or about several, stay as they are."""
    joined: dict[object, list[int]] = {}
    for unit in units:
        items = {history.item[slot] for slot in unit}
        item = items.pop() if len(items) == 1 else None
        joined.setdefault(unit if item is None else item, []).extend(unit)
    return tuple(tuple(sorted(slots)) for slots in joined.values())


def within(units: Sequence[Unit], budget: int) -> tuple[Unit, ...]:
    """Return at most `budget` units: the oldest are joined, so that they stay a partition."""
    surplus = len(units) - max(1, budget)
    if surplus <= 0:
        return tuple(units)
    ordered = sorted(units, key=max)
    oldest = tuple(sorted(slot for unit in ordered[: surplus + 1] for slot in unit))
    return (oldest, *ordered[surplus + 1 :])


def members(units: Sequence[Unit], n_slots: int) -> Bools:
    """Return which slots each unit holds, [U, T]."""
    table = np.zeros((len(units), n_slots), bool)
    for row, unit in enumerate(units):
        table[row, list(unit)] = True
    return table
