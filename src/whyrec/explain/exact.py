"""Exact reasons: the parts that an additive model's score is the sum of.

Nothing is estimated and nothing is masked here: the model itself says what each unit of the history adds
(`Contributions`), and this file names the units. A unit is one event, or all events of an item for models that
use sets; either way the units are a partition of what counts in the history.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from whyrec.core.types import KIND_CODE, Contributions, Floats, History, Query, Reason

Contribute: TypeAlias = Callable[[Query, Sequence[str]], Contributions]
"""What an additive model offers: the parts of its score, one column for each item asked for."""

Unit: TypeAlias = tuple[int, ...]
"""Slots of a history that are taken away together. -k stands for the k-th item on the page, which has no slot."""


def reasons(contributions: Contributions, query: Query, column: int = 0) -> tuple[Reason, ...]:
    """Return what each unit adds to the score of one item, largest first.

    `column` is the item's column in `contributions`. Units that add exactly nothing are left out.
    """
    return named(query, contributions.units, contributions.weight[:, column])


def named(query: Query, units: Sequence[Unit], weights: Floats) -> tuple[Reason, ...]:
    """Return the units with a weight other than zero as reasons, largest weight first, the last first among equals."""
    return weighed(causes(query, units), weights)


def causes(query: Query, units: Sequence[Unit]) -> list[Reason]:
    """Name units without a weight; one naming serves a whole page."""
    history = query.history
    if any(len(unit) != 1 or unit[0] < 0 for unit in units) or (history.kind == KIND_CODE["search"]).any():
        return [reason(query, unit, 0.0) for unit in units]
    named = zip(history.item.tolist(), history.event_id.tolist(), history.at.tolist(), strict=True)
    slots = [("event", str(item or ""), (str(event_id),), at) for item, event_id, at in named]
    return [Reason(*slots[slot][:2], 0.0, (slot,), *slots[slot][2:]) for (slot,) in units]


def weighed(
    causes: Sequence[Reason],
    weights: Floats,
    order: Sequence[int] | None = None,
    errors: Floats | None = None,
) -> tuple[Reason, ...]:
    """Give named units their weights and leave out those of zero.

    They come in the order given, else the largest weight first, and the last named first among equals. `errors` are
    standard errors of the weights.
    """
    by = weights.tolist()
    if order is None:  # from the end, so that the last named comes first among equals
        order = sorted(range(len(by) - 1, -1, -1), key=by.__getitem__, reverse=True)
    if errors is None:
        return tuple([causes[unit].weighing(by[unit]) for unit in order if by[unit]])
    error = errors.tolist()
    return tuple([causes[unit].weighing(by[unit], error[unit]) for unit in order if by[unit]])


def reason(query: Query, unit: Unit, weight: float) -> Reason:
    """Name one unit: a single event, a search, all events of an item, or a stretch of time."""
    if unit[0] < 0:
        return Reason("context", query.context[-unit[0] - 1], weight, at=query.at)
    slots = tuple(int(slot) for slot in unit)
    history = query.history
    at = max(float(history.at[slot]) for slot in slots)
    event_ids = tuple(str(history.event_id[slot]) for slot in slots)
    return Reason(*_label(history, slots), weight, slots, event_ids, at)


def _label(history: History, slots: Unit) -> tuple[str, str]:
    first = slots[0]
    items = {history.item[slot] for slot in slots}
    if len(slots) == 1 and history.kind[first] == KIND_CODE["search"]:
        text = None if history.text is None else history.text[first]
        return "search", str(text or history.item[first] or "")
    if len(items) > 1:
        return "group", days(float(history.at[first]), float(history.at[slots[-1]]))
    return ("event" if len(slots) == 1 else "item"), str(history.item[first] or "")


def days(first_at: float, last_at: float) -> str:
    """Return the reference of a stretch of time, whole UTC days with both ends included."""
    first, last = (datetime.fromtimestamp(at, UTC).date().isoformat() for at in (first_at, last_at))
    return f"days={first}..{last}"
