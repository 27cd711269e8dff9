"""The models' view: leaderboards of both protocols and both ways to treat seen items, and the snapshots."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from nicegui import run, ui

from whyrec.app import audit_record, panels, transparency, view_models
from whyrec.app.console.lists import show_statistics
from whyrec.app.console.page import Page, card


async def show(page: Page) -> None:
    """Fill the page: the comparison, or the global explanation of the live snapshot."""
    if page.place.view in VIEWS:
        await VIEWS[page.place.view](page)
        return
    boards = await run.io_bound(view_models.leaderboards, page.shop)
    snapshots, live, before = await run.io_bound(view_models.snapshots, page.shop)
    tables = await run.io_bound(lambda: page.shop.tables)
    r = page.reader
    count = r.number
    facts = r.say(
        "models-facts",
        users=count(len(tables.events.users)),
        items=count(len(tables.catalog.items)),
        events=count(len(tables.events)),
    )
    page.html("models_line.html", facts=facts)
    with ui.element("div").classes("cards"):
        with card("span-12"):
            top = max((board.top for board in boards), default=0.0)
            page.head(r.say("board-title"), r.say("board-read", top=f"{top:g}") if boards else "")
            if not boards:
                page.state("board-none-title", "board-none-text", f"whyrec evaluate {page.shop.folder}")
            for board in boards:
                page.html("board_block.html", table=board, rows=board.rows, top=top)
        with card("span-12"):
            page.head(r.say("snapshots-title"), r.say("snapshots-read", command=f"whyrec rollback {page.shop.folder}"))
            if snapshots:
                page.html(
                    "snapshots.html", snapshots=snapshots, live=live, before=before, learning=view_models.Learning.of
                )
            else:
                page.state("snapshots-none-title", "snapshots-none-text", f"whyrec train {page.shop.folder}")


async def _global(page: Page) -> None:
    """What moves scores over all shoppers, measured on the live snapshot."""
    found = await run.io_bound(transparency.measure, page.shop)
    r, whole = page.reader, found.overall
    facts = r.say("global-facts", id=found.snapshot, n=r.number(whole.n_shoppers), places=r.number(whole.n_places))
    page.html("models_line.html", facts=facts)
    with ui.element("div").classes("cards item"):
        for panel in panels.whole(page.shop, found, r):
            with card():
                page.html("raw.html", content=panel.html())
        with card():
            _holds(page, audit_record.kept(page.shop))
        with card():
            _senses(page, view_models.senses(page.shop))


def _holds(page: Page, audited: Mapping[str, Any] | None) -> None:
    """Whether the reasons of the live snapshot hold, or how to measure it."""
    if audited is None:
        page.head(page.reader.say("holds-title"))
        page.state("holds-none-title", "holds-none-text", f"whyrec audit {page.shop.folder}")
    else:
        page.html("raw.html", content=panels.holds(audited, page.reader).html())


def _senses(page: Page, found: Sequence[view_models.Sense]) -> None:
    """What each sense is worth to the first model that was measured without any, or how to measure it."""
    if not found:
        page.head(page.reader.say("senses-title"))
        page.state("senses-none-title", "senses-none-text", f"whyrec evaluate {page.shop.folder} --without titles")
    else:
        own = [sense for sense in found if sense.model == found[0].model]
        page.html("raw.html", content=panels.senses(own, page.reader).html())


VIEWS: dict[str, Callable[[Page], Awaitable[None]]] = {"global": _global, "lists": show_statistics}
"""Other views of the tab than the comparison."""
