"""The shopper's view: the list with its reasons as one table, what-if ticks that run the list again, one item."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from markupsafe import Markup
from nicegui import run, ui
from nicegui.events import GenericEventArguments

from whyrec.app import answers, panels, view_matrix, view_shopper
from whyrec.app.console import charts
from whyrec.app.console.item import show_item
from whyrec.app.console.lists import show_trace
from whyrec.app.console.page import Page, card
from whyrec.app.console.shopper_line import put_line
from whyrec.app.view_matrix import Matrix
from whyrec.core.types import Explanation, Query, Recommendation
from whyrec.rank.related import RELATIONS

DEEP = 1000
"""Places looked at in a re-run, so that what left the list has its true new place."""


@dataclass(frozen=True, eq=False)
class Seen:
    """One shopper's list as it is shown: made once when the page opens, and every preview starts from it."""

    query: Query
    made: Recommendation
    explained: tuple[Explanation, ...]
    board: Matrix
    facts: list[str]


async def show(page: Page) -> None:
    """Fill the page: find a shopper, or their list, or one item of it."""
    if page.place.view == "trace" and (page.place.user or page.place.list_id):
        await show_trace(page)
        return
    if not page.place.user:
        shoppers = await run.io_bound(_suggest, page)
        put_line(page, [], "")
        with ui.element("div").classes("cards"), card("span-12"):
            page.html("pick.html", shoppers=shoppers)
        return
    seen = await run.io_bound(_see, page)
    page = replace(page, reader=replace(page.reader, timed=page.shop.tables.events.timed))
    put_line(page, seen.facts, seen.board.columns[0].item_id if seen.board.columns else "")
    if page.place.item:
        await show_item(page, seen.query, seen.made, seen.explained, seen.board)
        return
    if place_of_page(page, seen):
        with ui.element("div").classes("cards"), card("span-12"):
            about = page.shop.title(seen.query.context[0], page.place.lang)
            places = answers.list_answer(page.shop, seen.made, page.place.lang)["items"]
            page.html("scenario_list.html", places=places, page=about, relations=("", *RELATIONS))
        return
    with ui.element("div").classes("cards shopper"):
        with card():
            line = _matrix(page, seen)
        with card():
            moved = page.html("raw.html", content=_list(page, seen))
        net = panels.network(page.shop, seen.explained, seen.query, seen.board.scale, page.place.user, page.reader)
        if net is not None:
            with card("whole"):
                page.html("raw.html", content=net.html())
    previews = Previews(page, seen, line, moved)
    ui.on("whyrec_off", previews.switch)
    ui.on("whyrec_export", previews.export)
    if page.place.off:
        await previews.take(page.place.off)


def _suggest(page: Page, most: int = 12) -> list[tuple[str, int, str]]:
    """Some shoppers whose history is neither short nor long: (id, number of events, address)."""
    events = page.shop.tables.events
    _, bounds = events.by_user
    sizes = np.diff(bounds)
    near = np.argsort(np.abs(sizes - 12), kind="stable")[:most]
    names = [(str(events.users.ids[code]), int(sizes[code])) for code in near if sizes[code]]
    return [(name, size, page.place.to(user=name)) for name, size in names]


def _see(page: Page) -> Seen:
    shop, place = page.shop, page.place
    reader = replace(page.reader, timed=shop.tables.events.timed)
    query = shop.query(place.user, locale=place.lang)
    if place.scenario != "personal":
        newest = [item for item in query.history.item if item is not None][-1:]
        page_items = newest if place.scenario == "related" else []
        relation = place.relation or None if page_items else None
        query = shop.query(
            place.user, locale=place.lang, scenario=place.scenario, context=page_items, relation=relation
        )
    made = shop.recommend_query(query)
    explained = shop.explain_page(query, made)
    board = view_matrix.matrix(shop, query, explained, reader, place.rows)
    return Seen(query, made, explained, board, view_shopper.facts(shop, query, reader))


def place_of_page(page: Page, seen: Seen) -> bool:
    """Whether the list answers to an item on a page: here the shopper's newest one."""
    return page.place.scenario == "related" and bool(seen.query.context)


def _matrix(page: Page, seen: Seen) -> Any:
    r, board = page.reader, seen.board
    unit = r.say(f"unit-{-board.scale.power}")
    page.head(r.say("matrix-title"), r.say("matrix-read", unit=unit))
    if not board.rows:
        known = page.place.user in page.shop.tables.events.users.index or len(seen.query.history)
        state = "popular-only" if known else "unknown"
        page.state(f"{state}-title", f"{state}-text")
        return None
    line = view_shopper.line(board, seen.query, r)
    chart = page.chart(charts.timeline(line, page.palette, page.place.off), 88)
    more = page.place.to(rows=min(100, page.place.rows + 25))
    page.html(
        "matrix.html", board=board, live=True, off=page.place.off, link=lambda item: page.place.to(item=item, off=()),
        selected="", more=more,
    )  # fmt: skip
    page.html("matrix_under.html", board=board, unit=unit, line=line, rows=board.rows, scale=board.scale)
    return chart


def _list(page: Page, seen: Seen) -> Markup:
    board = seen.board
    places = [(column, view_shopper.segments(board, k)) for k, column in enumerate(board.columns)]
    edges = [edge for _, parts in places for _, a, b in parts for edge in (a, b)]
    return page.fill(
        "list_card.html", places=places, low=min([0.0, *edges]), high=max([0.0, *edges]), scale=board.scale,
        unit=page.reader.say(f"unit-{-board.scale.power}"), link=lambda item: page.place.to(item=item, off=()),
    )  # fmt: skip


class Previews:
    """Runs the list again without the rows that are unticked, and shows what moves. Nothing is stored.

    The newest request wins: an answer that comes after a newer tick is dropped.
    """

    def __init__(self, page: Page, seen: Seen, line: Any, moved: Any) -> None:
        self.page, self.seen, self.line, self.moved = page, seen, line, moved
        self.asked = 0
        self.off: tuple[str, ...] = ()

    async def switch(self, event: GenericEventArguments) -> None:
        """Answer a tick in the browser."""
        known = {row.key for row in self.seen.board.rows}
        await self.take(tuple(key for key in event.args if key in known))

    async def take(self, off: tuple[str, ...]) -> None:
        """Show the list without these rows."""
        self.asked += 1
        mine = self.asked
        self.off = tuple(off)
        content = await run.io_bound(self._content, self.off)
        if mine != self.asked:
            return
        self.moved.set_content(str(content))
        if self.line is not None:
            line = view_shopper.line(self.seen.board, self.seen.query, self.page.reader)
            self.line.options.update(charts.timeline(line, self.page.palette, self.off))
            self.line.update()
        address = json.dumps(self.page.place.to(off=self.off))
        ui.run_javascript(f"history.replaceState(null, '', {address})")

    def _content(self, off: Sequence[str]) -> Markup:
        page, seen, r = self.page, self.seen, self.page.reader
        slots = [slot for row in seen.board.rows if row.key in off for slot in row.slots]
        if not slots:
            return _list(page, seen)
        started = time.perf_counter()
        after = page.shop.recommend_query(replace(seen.query.without(slots), n=DEEP)).items
        took_ms = 1000 * (time.perf_counter() - started)
        fresh, gone = view_shopper.moves(seen.made.items, after, page.shop, r, seen.query.n)
        what = view_shopper.what(page.shop, seen.query, slots, r)
        subject, sentence = self._checked(slots, gone, what, len(after))
        return page.fill(
            "moves_card.html", fresh=fresh, gone=gone, n=seen.query.n, deepest=len(after), scale=seen.board.scale,
            read=r.say("moves-read", what=what, ms=r.number(took_ms, 1 if took_ms < 10 else 0)), selected=subject,
            link=None, checked=sentence,
            summary=r.say("moves-summary", n=sum(m.before != m.after for m in (*fresh, *gone))),
        )  # fmt: skip

    def _checked(
        self, slots: Sequence[int], gone: Sequence[view_shopper.Move], what: str, deepest: int
    ) -> tuple[str, str]:
        """Say what this re-run measured, of the item that stood highest: (item, sentence).

        That the shop's sentence holds is said only where it is about the same events and the same new place.
        """
        r = self.page.reader
        told = {e.item_id: e.necessary for e in self.seen.explained}
        highest = sorted(gone, key=lambda move: move.before or 0)
        for move in highest:
            found = told.get(move.item_id)
            if found and set(found.slots) == set(slots) and found.rank_after == move.after:
                return move.item_id, r.say("held", what=what, item=move.title, rank=r.place(found.rank_after))
        if not highest:
            return "", ""
        first = highest[0]
        if first.after is None:
            return first.item_id, r.say("rerun-out", what=what, item=first.title, rank=deepest)
        places = {"before": r.place(first.before or 0), "after": r.place(first.after)}
        return first.item_id, r.say("rerun", what=what, item=first.title, **places)

    def export(self) -> None:
        """Give the record of the page as a file: query, list, explanations."""
        record = {
            "user": self.page.place.user,
            "at": self.seen.query.at,
            "snapshot": self.seen.made.snapshot,
            "items": [asdict(item) for item in self.seen.made.items],
            "explanations": [asdict(explanation) for explanation in self.seen.explained],
            "off": list(self.off),
        }
        ui.download.content(json.dumps(record, ensure_ascii=False, indent=1, default=str), "whyrec-record.json")
