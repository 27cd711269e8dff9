"""The matrix of one page: past events by recommended items, with what each cell is worth.

Read from Explanations that were made for one query, so that all pictures of one page agree to what is printed:
column by column, popularity + rows + others + gap = score. Nothing here knows HTML.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whyrec.app.reader import Reader, Scale
from whyrec.core.types import Explanation, History, Query
from whyrec.words import show

if TYPE_CHECKING:
    from whyrec.app.shop import Shop

GAP_LIMIT = 1e-6
FEW = 8
"""Rows shown even where they have no real effect."""
NO_EFFECT = 4
"""The middle step of the scale."""


@dataclass(frozen=True)
class Row:
    """One cause of a page: an event, or all events of an item; one value a column."""

    slots: tuple[int, ...]
    title: str
    kind: str
    at: float
    values: tuple[float, ...]
    lowers: bool = False  # the shopper said no: a dislike, a low rating

    @property
    def total(self) -> float:
        """Effect on the whole page."""
        return sum(self.values)

    @property
    def key(self) -> str:
        """Name of the row in an address."""
        return "-".join(map(str, self.slots))


@dataclass(frozen=True)
class Column:
    """One item of a page."""

    item_id: str
    title: str
    rank: int
    score: float
    empty: float
    gap: float


@dataclass(frozen=True)
class Matrix:
    """Events by items. For every column: empty + gap + rows + other = score."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]  # in time order
    other: Row | None  # all other events of the history, added up
    rest: tuple[Row, ...]  # those of them that count for an item, largest first
    scale: Scale
    largest_gap: float  # relative, of all columns
    method: str
    n_events: int

    @property
    def strongest(self) -> Row | None:
        """The row with the largest effect on the page."""
        return max(self.rows, key=lambda row: abs(row.total), default=None)


def matrix(shop: Shop, query: Query, explained: Sequence[Explanation], reader: Reader, largest: int = 15) -> Matrix:
    """Lay the explanations of one page over one another; the other events are added up as one row.

    Shown are the `largest` causes at most; those without a real effect only as far as the table needs a few rows.
    """
    grid = show.grid(explained, query, lambda item: shop.title(item, reader.language), largest=sys.maxsize)
    rows = [_row(row, query.history, reader, shop.settings.events.rating_threshold) for row in grid.rows]
    rows.sort(key=lambda row: -sum(map(abs, row.values)))
    scale = Scale.of(max((abs(value) for row in rows for value in row.values), default=0.0))
    n_shown = min(largest, max(FEW, sum(any(scale.step(value) != NO_EFFECT for value in row.values) for row in rows)))
    shown, rest = sorted(rows[:n_shown], key=lambda row: (row.at, row.slots)), rows[n_shown:]
    live = query.history.live()
    counted = {slot for row in rows for slot in row.slots}
    idle = tuple(int(slot) for slot in live if int(slot) not in counted)
    return Matrix(
        columns=tuple(Column(c.item_id, c.name, c.rank, c.score, c.popularity, c.gap) for c in grid.columns),
        rows=tuple(shown),
        other=_added_up(rest, idle, reader, len(explained)) if rows and (rest or idle) else None,
        rest=tuple(rest),
        scale=scale,
        largest_gap=grid.largest_gap,
        method=explained[0].method if explained else "exact",
        n_events=len(live),
    )


def _row(row: show.GridRow, history: History, reader: Reader, threshold: float) -> Row:
    low = row.kind == "rating" and any(float(history.value[slot]) <= threshold for slot in row.slots)
    kind = "low-rating" if low else row.kind
    title = row.name or reader.say("no-item")
    if len(row.slots) > 1:
        title += " " + reader.say("times", n=len(row.slots))
    at = row.at if row.at is not None else max((float(history.at[slot]) for slot in row.slots), default=0.0)
    return Row(row.slots, title, kind, at, row.cells, low or kind == "dislike")


def _added_up(rows: Sequence[Row], idle: tuple[int, ...], reader: Reader, width: int) -> Row:
    """The sum of rows, and the events that no item of the page counts."""
    values = tuple(float(sum(row.values[column] for row in rows)) for column in range(width))
    slots = tuple(sorted((*idle, *(slot for row in rows for slot in row.slots))))
    return Row(
        slots, reader.say("matrix-other", n=len(slots)), "view", max((row.at for row in rows), default=0.0), values
    )
