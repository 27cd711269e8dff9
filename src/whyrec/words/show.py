"""An Explanation as pictures: plain data that agree with each other to what is printed.

Forms of the same measured numbers; the network of them is in words/network. Nothing here draws; the console and the
report do.
- `grid`: past events x items of a page (heat map). Each column adds up to its item's score.
- `series`: one point an event, in time (time line); `periods`: the same by day or week.
- `shares` and `kind_shares`: what a score is made of, by member and by kind of event, as percentages that sum to 100
  where that makes sense.
- `list_rows`: the list, each score split into its largest reasons, the others and popularity (bars).
Every form is made of frozen dataclasses of text and numbers, so `dataclasses.asdict` of it is JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from whyrec.core.types import KINDS, REMOVED, Explanation, Query, Reason

Names: TypeAlias = Callable[[str], str]
"""Item id -> its name for the reader."""

SMALL = 0.03
"""Below this share of the largest effect a picture says "no real effect"."""


MOST_DAYS = 62
"""Days that a picture of days shows; a longer time is shown by weeks."""
PHRASES = {
    "events": "events", "popularity": "popular", "popular": "popular", "markov": "order", "after": "order",
    "sasrec": "order", "gru4rec": "order", "caser": "order", "itemknn": "together", "ease": "together", "ials": "taste",
    "multvae": "taste", "cfgan": "taste", "latent": "taste", "same": "same", "similar": "alike",
    "recent": "recent", "fresh": "fresh", "context": "context", "search": "search",
}  # fmt: skip
"""What a member of a blend, or a part of glass, is for a reader; several may be the same. Others keep their names."""


@dataclass(frozen=True)
class GridRow:
    """One cause and what it adds to each item of the page; `n` counts the causes of the row "others"."""

    kind: str  # kind of event; "popularity" and "score" for the last two rows, "others" for the rest
    name: str
    reference: str
    slots: tuple[int, ...]
    event_ids: tuple[str, ...]
    at: float | None
    cells: tuple[float, ...]
    total: float
    n: int = 1


@dataclass(frozen=True)
class GridColumn:
    """One item of the page. The cells of a column + popularity + gap = score."""

    item_id: str
    name: str
    rank: int
    score: float
    popularity: float
    gap: float


@dataclass(frozen=True)
class Grid:
    """Past events x items. `rows` are in time order; `limit` is the largest absolute cell, for the colour scale."""

    columns: tuple[GridColumn, ...]
    rows: tuple[GridRow, ...]
    others: GridRow | None
    popularity: GridRow
    score: GridRow
    limit: float
    largest_gap: float  # relative to max(1, |score|)


@dataclass(frozen=True)
class Point:
    """One cause in time; `small` marks those without a real effect."""

    at: float
    kind: str
    name: str
    slots: tuple[int, ...]
    event_ids: tuple[str, ...]
    weight: float
    small: bool


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both included, and what their `n` events add and take."""

    first: date
    last: date
    raises: float
    lowers: float
    n: int


@dataclass(frozen=True)
class Part:
    """One part of a score in points, and in percent where shares make sense."""

    kind: str  # kind of event, "others", "popularity", "gap", or the name of a member
    name: str
    weight: float
    percent: int | None = None


@dataclass(frozen=True)
class ListRow:
    """One place of the list: its parts add up to the score."""

    rank: int
    item_id: str
    name: str
    score: float
    parts: tuple[Part, ...]


def beyond(explanation: Explanation, n_events: int) -> Callable[[Reason], float]:
    """Return what says of a group how much it gives beside how many it is: its share of weights less that of events."""
    whole = sum(abs(reason.weight) for reason in explanation.reasons) or 1.0
    return lambda group: abs(group.weight) / whole - len(group.slots) / max(1, n_events)


def grid(explanations: Sequence[Explanation], query: Query, names: Names, largest: int = 15) -> Grid:
    """Return the heat map of a page: the `largest` causes by page total in time order, the rest as one row."""
    rows = _rows(explanations, query, names)
    kept = sorted(rows, key=lambda row: -abs(row.total))[:largest]
    chosen = {(row.slots, row.reference) for row in kept}
    rest = [row for row in rows if (row.slots, row.reference) not in chosen]
    columns = tuple(
        GridColumn(e.item_id, names(e.item_id), rank, e.score, e.empty_score, e.gap)
        for rank, e in enumerate(explanations, 1)
    )
    cells = [abs(cell) for row in kept for cell in row.cells]
    return Grid(
        columns=columns,
        rows=tuple(row for row in rows if (row.slots, row.reference) in chosen),
        others=_row("others", [row.cells for row in rest], n=len(rest)) if rest else None,
        popularity=_row("popularity", [[column.popularity for column in columns]]),
        score=_row("score", [[column.score for column in columns]]),
        limit=max(cells, default=0.0),
        largest_gap=max((abs(e.gap) / max(1.0, abs(e.score)) for e in explanations), default=0.0),
    )


def series(explanations: Explanation | Sequence[Explanation], query: Query, names: Names) -> tuple[Point, ...]:
    """Return one point an event in time order: what it adds to the item, or to the whole page.

    Events that add nothing are points of weight 0. A cause of several events stands at its newest one.
    """
    page = [explanations] if isinstance(explanations, Explanation) else list(explanations)
    rows = _rows(page, query, names)
    counted = {slot for row in rows for slot in row.slots}
    idle = [_idle(query, slot, names) for slot in map(int, query.history.live()) if slot not in counted]
    limit = SMALL * max((abs(row.total) for row in rows), default=0.0)
    points = [
        Point(row.at, row.kind, row.name, row.slots, row.event_ids, row.total, abs(row.total) <= limit)
        for row in (*rows, *idle)
        if row.at is not None
    ]
    return tuple(sorted(points, key=lambda point: (point.at, point.slots)))


def periods(points: Sequence[Point], zone: str = "UTC", most_days: int = MOST_DAYS) -> tuple[Period, ...]:
    """Return the points of `series` added up by day, or by week where there would be more than `most_days` days.

    Days are those of the time zone; weeks begin on Monday. All days or weeks between the first and the last are there.
    """
    if not points:
        return ()
    days = [datetime.fromtimestamp(point.at, UTC).astimezone(ZoneInfo(zone)).date().toordinal() for point in points]
    step = 1 if max(days) - min(days) < most_days else 7
    first = min(days) - (min(days) - 1) % step  # day 1 of the calendar was a Monday
    found = []
    for start in range(first, max(days) + 1, step):
        inside = [point.weight for point, day in zip(points, days, strict=True) if start <= day < start + step]
        found.append(
            Period(
                date.fromordinal(start), date.fromordinal(start + step - 1),
                sum(weight for weight in inside if weight > 0), sum(weight for weight in inside if weight < 0),
                len(inside),
            )
        )  # fmt: skip
    return tuple(found)


def shares(explanation: Explanation, labels: Mapping[str, str] | None = None) -> tuple[Part, ...]:
    """Return what a score is made of, member by member; members that are the same for a reader are added up.

    Percentages sum to 100; they are None where a member lowers the score or there is nothing to share out, since a
    part of a whole must not be negative: draw bars left and right of zero then. `labels` name the parts.
    """
    return _shared(_members(explanation), labels or {})


def largest(explanation: Explanation) -> str | None:
    """Return the kind of the largest of the `shares`, None where there are none."""
    members = {kind: value for kind, value in _members(explanation).items() if value}
    return max(members, key=members.__getitem__, default=None)


def _members(explanation: Explanation) -> dict[str, float]:
    members: dict[str, float] = {}
    for name, value in explanation.members.items():
        kind = PHRASES.get(name, name)
        members[kind] = members.get(kind, 0.0) + value
    return members


def kind_shares(explanation: Explanation, query: Query, labels: Mapping[str, str] | None = None) -> tuple[Part, ...]:
    """Return what a score is made of by kind of event, and popularity; percentages as in `shares`."""
    kinds: dict[str, float] = {}
    for reason in explanation.reasons:
        kind = _reason_kind(reason, query)
        kinds[kind] = kinds.get(kind, 0.0) + reason.weight
    order = sorted(kinds, key=lambda kind: -abs(kinds[kind]))
    return _shared({**{kind: kinds[kind] for kind in order}, "popular": explanation.empty_score}, labels or {})


def _shared(members: Mapping[str, float], labels: Mapping[str, str]) -> tuple[Part, ...]:
    members = {kind: value for kind, value in members.items() if value}
    percents = percentages(list(members.values()))
    return tuple(
        Part(kind, labels.get(kind, kind), value, percent)
        for (kind, value), percent in zip(members.items(), percents, strict=True)
    )


def list_rows(explanations: Sequence[Explanation], query: Query, names: Names, shown: int = 3) -> tuple[ListRow, ...]:
    """Return the list with each score split: its `shown` largest reasons by size, the others, popularity, gap."""
    rows = []
    for rank, e in enumerate(explanations, 1):
        largest = sorted(e.reasons, key=lambda reason: -abs(reason.weight))
        parts = [Part(_reason_kind(r, query), _reason_name(r, query, names), r.weight) for r in largest[:shown]]
        if rest := largest[shown:]:
            parts.append(Part("others", str(len(rest)), sum(reason.weight for reason in rest)))
        parts.append(Part("popularity", "", e.empty_score))
        if e.gap:
            parts.append(Part("gap", "", e.gap))
        rows.append(ListRow(rank, e.item_id, names(e.item_id), e.score, tuple(parts)))
    return tuple(rows)


def percentages(values: Sequence[float]) -> list[int | None]:
    """Round shares so that they sum to 100 (largest remainder); all None where a value is negative or all are 0."""
    total = sum(values)
    if total <= 0 or min(values) < 0:
        return [None] * len(values)
    exact = [100 * value / total for value in values]
    rounded = [int(share) for share in exact]
    by_remainder = sorted(range(len(values)), key=lambda k: rounded[k] - exact[k])
    for k in by_remainder[: 100 - sum(rounded)]:
        rounded[k] += 1
    return list(rounded)


def _rows(explanations: Sequence[Explanation], query: Query, names: Names) -> list[GridRow]:
    """One row a cause that any of the items has, oldest first."""
    found: dict[tuple[tuple[int, ...], str], tuple[Reason, list[float]]] = {}
    for column, explanation in enumerate(explanations):
        for reason in explanation.reasons:
            _, cells = found.setdefault((reason.slots, reason.reference), (reason, [0.0] * len(explanations)))
            cells[column] += reason.weight
    rows = [
        GridRow(
            _reason_kind(reason, query), _reason_name(reason, query, names), reason.reference, reason.slots,
            reason.event_ids, reason.at, tuple(cells), sum(cells),
        )
        for reason, cells in found.values()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row.at or 0.0, row.slots))


def _idle(query: Query, slot: int, names: Names) -> GridRow:
    """An event that adds nothing."""
    history = query.history
    text = None if history.text is None else history.text[slot]
    name = names(history.item[slot]) if history.item[slot] is not None else str(text or "")
    event_ids = (str(history.event_id[slot]),)
    return GridRow(kind_of(query, (slot,)), name, "", (slot,), event_ids, float(history.at[slot]), (), 0.0)


def _row(kind: str, columns: Sequence[Sequence[float]], n: int = 1) -> GridRow:
    """A row that is the sum of several rows of cells."""
    cells = tuple(float(sum(cells)) for cells in zip(*columns, strict=True))
    return GridRow(kind, "", "", (), (), None, cells, sum(cells), n)


def _reason_kind(reason: Reason, query: Query) -> str:
    return kind_of(query, reason.slots) if reason.slots else reason.kind


def kind_of(query: Query, slots: Sequence[int]) -> str:
    """Return the kind of the strongest event among these slots."""
    kinds = [int(query.history.kind[slot]) for slot in slots if query.history.kind[slot] != REMOVED]
    return KINDS[min(kinds)] if kinds else "removed"


def _reason_name(reason: Reason, query: Query, names: Names) -> str:
    return (
        names(reason.reference)
        if reason.kind in ("event", "item", "context") and reason.reference
        else reason.reference
    )
