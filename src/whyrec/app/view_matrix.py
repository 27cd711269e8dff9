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
    other: Row | None  # the rest, added up
    rest: tuple[Row, ...]  # what `other` is the sum of, largest first
    scale: Scale
    largest_gap: float  # relative, of all columns
    method: str
    n_events: int

    @property
    def all_rows(self) -> tuple[Row, ...]:
        """Shown rows and the sum of the others."""
        return self.rows if self.other is None else (*self.rows, self.other)

    @property
    def strongest(self) -> Row | None:
        """The row with the largest effect on the page."""
        return max(self.rows, key=lambda row: abs(row.total), default=None)


def matrix(shop: Shop, query: Query, explained: Sequence[Explanation], reader: Reader, largest: int = 15) -> Matrix:
    """Lay the explanations of one page over one another; rows beyond the `largest` are added up as one."""
    grid = show.grid(explained, query, lambda item: shop.title(item, reader.language), largest=sys.maxsize)
    rows = [_row(row, query.history, reader, shop.settings.events.rating_threshold) for row in grid.rows]
    rows.sort(key=lambda row: -sum(map(abs, row.values)))
    rest = rows[largest:]
    shown = sorted(rows[:largest], key=lambda row: (row.at, row.slots))
    other = _added_up(rest, reader, len(explained)) if rest else None
    cells = [value for row in (*shown, *([other] if other else [])) for value in row.values]
    return Matrix(
        columns=tuple(Column(c.item_id, c.name, c.rank, c.score, c.popularity, c.gap) for c in grid.columns),
        rows=tuple(shown),
        other=other,
        rest=tuple(rest),
        scale=Scale.of(max(map(abs, cells), default=0.0)),
        largest_gap=grid.largest_gap,
        method=explained[0].method if explained else "exact",
        n_events=len(query.history.live()),
    )


def _row(row: show.GridRow, history: History, reader: Reader, threshold: float) -> Row:
    low = row.kind == "rating" and any(float(history.value[slot]) <= threshold for slot in row.slots)
    kind = "low-rating" if low else row.kind
    title = row.name or reader.say("no-item")
    if len(row.slots) > 1:
        title += " " + reader.say("times", n=len(row.slots))
    at = row.at if row.at is not None else max((float(history.at[slot]) for slot in row.slots), default=0.0)
    return Row(row.slots, title, kind, at, row.cells, low or kind == "dislike")


def _added_up(rows: Sequence[Row], reader: Reader, width: int) -> Row:
    values = tuple(float(sum(row.values[column] for row in rows)) for column in range(width))
    slots = tuple(sorted(slot for row in rows for slot in row.slots))
    return Row(slots, reader.say("matrix-other", n=len(rows)), "view", max(row.at for row in rows), values)
