"""What the shopper's screen shows beside the matrix, as plain data: time line, moves, waterfall, contrast, facts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from whyrec.app import pictures
from whyrec.app.reader import Reader
from whyrec.app.view_matrix import GAP_LIMIT, Matrix, Row
from whyrec.core.types import KINDS, Explanation, Item, Query
from whyrec.words.messages import text_of

if TYPE_CHECKING:
    from whyrec.app.shop import Shop
    from whyrec.explain.contrast import Contrast
    from whyrec.words.say import Said

DAY_S = 86400.0
YEAR_S = 300 * DAY_S  # a history longer than this is told with its years
RECENT = 0.4  # causes within this share of the history: the time line begins shortly before them
NEAR = 0.012  # events nearer than this share of the axis are one point


@dataclass(frozen=True)
class Point:
    """Events at about one moment of a time line: their effect together, named by the strongest of them."""

    at: float
    effect: float
    title: str
    text: str  # whole, for a tooltip
    kind: str
    keys: tuple[str, ...]  # of the rows that it stands for


@dataclass(frozen=True)
class Line:
    """Events on a time axis that begins at `start`; `labels` are (at, text), `faint` are events without a row."""

    points: tuple[Point, ...]
    labels: tuple[tuple[float, str], ...]
    faint: tuple[float, ...]
    start: float
    end: float
    summary: str


@dataclass(frozen=True)
class Move:
    """One item before and after a re-run; a place is None where the item is not in the list."""

    item_id: str
    title: str
    before: int | None
    after: int | None
    score: float | None


@dataclass(frozen=True)
class Step:
    """One bar of a waterfall or of a contrast. `part` is popular, raises, lowers, gap or whole."""

    label: str
    start: float
    end: float
    part: str

    @property
    def value(self) -> float:
        """Signed length."""
        return self.end - self.start


def facts(shop: Shop, query: Query, reader: Reader) -> list[str]:
    """Return what is known of a request, one short text a chip."""
    live = query.history.live()
    at = query.history.at[live]
    events = reader.say("facts-none")
    if len(live):
        year = reader.timed and query.at - float(at[0]) > YEAR_S
        first, last = reader.day(float(at[0]), year), reader.day(float(at[-1]), year)
        events = reader.say("facts-events", n=len(live), count=reader.number(len(live)), first=first, last=last)
    repeats = reader.say("facts-repeats-keep" if shop.repeats else "facts-repeats-hide")
    request = [reader.say("facts-request", at=reader.moment(query.at, year=False))] if reader.timed else []
    return [events, reader.say("facts-snapshot", id=re.sub(r"^\d{8}-\d{6}-", "", shop.live.meta.id)), *request, repeats]


def line(board: Matrix, query: Query, reader: Reader) -> Line:
    """Return the time line of a page.

    Where all causes are recent, the axis begins shortly before them and its first label counts what was earlier.
    """
    live = query.history.live()
    moments = query.history.at[live] if len(live) else np.zeros(1)
    first, last = float(moments.min()), float(moments.max())
    oldest = min((row.at for row in board.rows), default=first)
    recent = last - oldest < RECENT * (last - first)
    start = max(first, oldest - 0.3 * (last - oldest) - (DAY_S if reader.timed else 1.0)) if recent else first
    points = _points(board, start, last, reader)
    shown = {row.at for row in board.rows}
    faint = sorted({at for at in moments.tolist() if at >= start} - shown)
    labels = _axis(start, last, reader)
    if start > first:
        labels = [(at, text) for at, text in labels if at > start + 0.15 * (last - start)]
        labels.insert(0, (start, reader.say("line-earlier", n=reader.number(int((moments < start).sum())))))
    strongest = board.strongest
    summary = reader.say("matrix-summary-none")
    if strongest is not None:
        summary = reader.say(
            "line-summary",
            n=reader.number(len(live)),
            first=reader.day(first),
            last=reader.day(last),
            event=_text(strongest, board, reader),
            unit=reader.say(f"unit-{-board.scale.power}"),
        )
    return Line(points, tuple(labels), tuple(faint[:: max(1, len(faint) // 300)]), start, last, summary)


def _points(board: Matrix, start: float, end: float, reader: Reader) -> tuple[Point, ...]:
    """One point for the rows that would lie on one another: a basket, a visit."""
    groups: list[list[Row]] = []
    for row in board.rows:
        if groups and row.at - groups[-1][0].at <= NEAR * (end - start):
            groups[-1].append(row)
        else:
            groups.append([row])
    points = []
    for rows in groups:
        main = max(rows, key=lambda row: abs(row.total))
        texts = [_text(row, board, reader) for row in sorted(rows, key=lambda row: -abs(row.total))]
        keys = tuple(row.key for row in rows)
        points.append(Point(main.at, sum(row.total for row in rows), main.title, "\n".join(texts), main.kind, keys))
    return tuple(points)


def _text(row: Row, board: Matrix, reader: Reader) -> str:
    return f"{reader.day(row.at)} {named(row, reader)} {board.scale.signed(row.total)}"


def _axis(first: float, last: float, reader: Reader) -> list[tuple[float, str]]:
    if not reader.timed:
        return [(at, reader.day(at)) for at in np.unique(np.linspace(first, last, 5).round()).tolist()]
    long = last - first > 150 * DAY_S
    return [(at, reader.month(at) if long else reader.day(at)) for at in pictures.ticks(first, last, reader.time_zone)]


def named(row: Row, reader: Reader) -> str:
    """Return a row in words: verb and title."""
    return reader.say("event-named", kind=reader.kind(row.kind), title=row.title)


def what(shop: Shop, query: Query, slots: Sequence[int], reader: Reader, most: int = 2) -> str:
    """Return a set of events in words, e.g. “Tern 14 laptop” (bought 16 Oct) and 2 more."""
    past = query.history
    groups: dict[str, list[int]] = {}
    for slot in sorted(slots, reverse=True):
        item = past.item[slot]
        groups.setdefault(reader.say("no-item") if item is None else shop.title(item, reader.language), []).append(slot)
    shown = list(groups.items())[:most]
    names = []
    for title, found in shown:
        kind = int(past.kind[found[0]])
        verb, day = reader.kind(KINDS[kind] if kind >= 0 else "removed"), reader.day(float(past.at[found[0]]))
        if len(found) > 1:
            names.append(reader.say("what-often", title=title, kind=verb, n=len(found)))
        else:
            names.append(reader.say("what-one", title=title, kind=verb, day=day))
    hidden = len(slots) - sum(len(found) for _, found in shown)
    text = reader.say("what-joint").join(names)
    return text if not hidden else reader.say("moves-and", first=text, n=hidden)


def spoken(said: Said) -> tuple[str, str]:
    """Return the sentences of reasons and the sentences that were run again, empty where there are none."""
    if said.record["checked"] is None and said.record["enough"] is None:
        return said.text, ""
    reasons = text_of({**said.record, "checked": None, "enough": None})
    return reasons, said.text.removeprefix(reasons).strip()


def moves(
    before: Sequence[Item], after: Sequence[Item], shop: Shop, reader: Reader, n: int
) -> tuple[list[Move], list[Move]]:
    """Compare the first `n` of two runs; `after` may be longer, so that what left has its true new place.

    Returns the new list, and what left it, in the order of their new places.
    """
    was = {item.item_id: rank for rank, item in enumerate(before[:n], 1)}
    now = {item.item_id: (rank, item.score) for rank, item in enumerate(after, 1)}

    def move(item_id: str) -> Move:
        rank, score = now.get(item_id, (None, None))
        return Move(item_id, shop.title(item_id, reader.language), was.get(item_id), rank, score)

    fresh = [move(item.item_id) for item in after[:n]]
    stays = {m.item_id for m in fresh}
    gone = [move(item_id) for item_id in was if item_id not in stays]
    return fresh, sorted(gone, key=lambda m: (m.after is None, m.after or 0))


def steps(board: Matrix, column: int, reader: Reader, most: int = 8) -> list[Step]:
    """Return the waterfall of one item: popularity, what raises, the others, what lowers, the gap, the whole."""
    item = board.columns[column]
    parts = sorted(((row.values[column], named(row, reader)) for row in board.rows), key=lambda part: -abs(part[0]))
    kept = [part for part in parts[:most] if part[0]]
    rest = [*parts[most:], *((row.values[column], "") for row in board.rest)]
    bars = [(item.empty, reader.say("step-popular"), "popular")]
    bars += [(v, name, "raises") for v, name in sorted(kept, reverse=True) if v > 0]
    if (others := sum(v for v, _ in rest)) and rest:
        bars.append((others, reader.say("step-other", n=len(rest)), "raises" if others > 0 else "lowers"))
    bars += [(v, name, "lowers") for v, name in sorted(kept) if v < 0]
    if abs(item.gap) > GAP_LIMIT * max(1.0, abs(item.score)):
        bars.append((item.gap, reader.say("step-gap"), "gap"))
    found, at = [], 0.0
    for value, name, part in bars:
        found.append(Step(name, at, at + value, part))
        at += value
    return [*found, Step(reader.say("step-whole"), 0.0, item.score, "whole")]


def contrast(board: Matrix, a: int, b: int, reader: Reader, most: int = 8, found: Contrast | None = None) -> list[Step]:
    """Return why item `a` stands above item `b`: differences of their contributions, which add up to that of scores.

    Where the model is no sum they do not, and `found` says what each event gives to the difference itself.
    """
    first, second = board.columns[a], board.columns[b]
    if found is not None:
        shares = {reason.slots: reason.weight for reason in found.reasons}
        rows = [(shares.pop(row.slots, 0.0), named(row, reader)) for row in (*board.rows, *board.rest)]
        whole = [*rows, *((weight, "") for weight in shares.values()), (found.empty, reader.say("step-popular"))]
        return _contrasted([part for part in whole if part[1]], [v for v, name in whole if not name], 0.0,
                           found.difference, most, reader)  # fmt: skip
    parts = [(row.values[a] - row.values[b], named(row, reader)) for row in board.rows]
    parts.append((first.empty - second.empty, reader.say("step-popular")))
    gap = first.gap - second.gap
    return _contrasted(
        parts, [row.values[a] - row.values[b] for row in board.rest],
        gap if abs(gap) > GAP_LIMIT * max(1.0, abs(first.score)) else 0.0, first.score - second.score, most, reader,
    )  # fmt: skip


def _contrasted(
    parts: list[tuple[float, str]], others: list[float], gap: float, difference: float, most: int, reader: Reader
) -> list[Step]:
    """Bars of a contrast: the largest parts, all others together, the gap, the whole."""
    parts.sort(key=lambda part: -abs(part[0]))
    rest = [*(v for v, _ in parts[most:]), *others]
    shown = [part for part in parts[:most] if part[0]]
    if rest:
        shown.append((sum(rest), reader.say("step-other", n=len(rest))))
    shown.sort(key=lambda part: -part[0])
    if gap:
        shown.append((gap, reader.say("step-gap")))
    bars = [Step(name, 0.0, value, "raises" if value > 0 else "lowers") for value, name in shown]
    return [*bars, Step(reader.say("contrast-whole"), 0.0, difference, "whole")]


@dataclass(frozen=True)
class Look:
    """How much the model looks at one event, and what the score really loses without it."""

    label: str
    looks: float
    reason: float


def looks(shop: Shop, explanation: Explanation, query: Query, seen: Mapping[str, Any], reader: Reader) -> list[Look]:
    """Return the events by how much the model looks at each, most first."""
    past, weight = query.history, dict.fromkeys(map(str, query.history.event_id), 0.0)
    for reason in explanation.reasons:
        for event_id in reason.event_ids:
            weight[event_id] = reason.weight / len(reason.event_ids)
    found, slot_of = [], {str(event_id): slot for slot, event_id in enumerate(past.event_id)}
    for event in seen["events"]:
        slot = slot_of[event["event_id"]]
        item, kind = past.item[slot], int(past.kind[slot])
        name = reader.say("no-item") if item is None else shop.title(str(item), reader.language)
        label = reader.say("event-named", kind=reader.kind(KINDS[kind]), title=name)
        found.append(Look(f"{label} · {reader.day(float(past.at[slot]))}", event["weight"], weight[event["event_id"]]))
    return sorted(found, key=lambda look: -look.looks)


def segments(board: Matrix, column: int) -> list[tuple[str, float, float]]:
    """Return the stacked bar of one item as (part, from, to): what lowers left of zero, the others right.

    Parts are popular, first (largest reason), more and lower. Their signed lengths add up to the score without gap.
    """
    item = board.columns[column]
    values = [row.values[column] for row in (*board.rows, *board.rest)]
    up = sorted((v for v in values if v > 0), reverse=True)
    down = [v for v in values if v < 0]
    found, right, left = [], 0.0, 0.0
    for part, value in (("popular", item.empty), ("first", sum(up[:1])), ("more", sum(up[1:])), ("lower", sum(down))):
        if value > 0:
            found.append((part, right, right + value))
            right += value
        elif value < 0:
            found.append((part, left + value, left))
            left += value
    return found
