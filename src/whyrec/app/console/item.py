"""One item of a shopper's list: waterfall, contrast with another item, the sentences, and where it came from."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from whyrec.app import view_shopper
from whyrec.app.console import charts
from whyrec.app.console.page import Page, card
from whyrec.app.view_matrix import Matrix
from whyrec.core.types import Explanation, Query, Recommendation
from whyrec.words.messages import languages


async def show_item(
    page: Page, query: Query, made: Recommendation, explained: Sequence[Explanation], board: Matrix
) -> None:
    """Fill the page with everything about the item in the address, which is one of the list."""
    ids = [column.item_id for column in board.columns]
    if page.place.item not in ids:
        with ui.element("div").classes("cards"), card("span-12"):
            page.state("not-listed-title", "not-listed-text")
        return
    a = ids.index(page.place.item)
    b = ids.index(page.place.versus) if page.place.versus in ids else (1 if a == 0 and len(ids) > 1 else 0)
    with ui.element("div").classes("cards item"):
        with card():
            _waterfall(page, board, a)
        with card():
            _contrast(page, board, a, b)
        with card("whole"):
            _words(page, query, explained[a], next(i.sources for i in made.items if i.item_id == ids[a]))


def _waterfall(page: Page, board: Matrix, a: int) -> None:
    r, column, scale = page.reader, board.columns[a], board.scale
    unit = r.say(f"unit-{-scale.power}")
    steps = view_shopper.steps(board, a, r)
    personal = column.score - column.empty - column.gap
    summary = r.say(
        "item-summary",
        score=scale.plain(column.score),
        unit=unit,
        empty=scale.plain(column.empty),
        personal=scale.signed(personal),
    )
    title = r.say("item-title", item=column.title, score=scale.plain(column.score))
    options = [(c.title, page.place.to(item=c.item_id), k == a) for k, c in enumerate(board.columns)]
    page.head(title, r.say("item-read", unit=unit), page.fill("choose.html", label="col-item", options=options))
    page.chart(charts.waterfall(steps, page.palette, scale, unit, summary), 60 + 34 * len(steps))
    page.html("steps.html", steps=steps, summary=summary, scale=scale)


def _contrast(page: Page, board: Matrix, a: int, b: int) -> None:
    r, scale = page.reader, board.scale
    if a == b:
        page.head(r.say("contrast-pick"))
        return
    first, second = board.columns[a], board.columns[b]
    unit = r.say(f"unit-{-scale.power}")
    steps = view_shopper.contrast(board, a, b, r)
    hint = r.say("contrast-read", gap=scale.signed(first.score - second.score), unit=unit)
    options = [(c.title, page.place.to(versus=c.item_id), k == b) for k, c in enumerate(board.columns) if k != a]
    title = r.say("contrast-title", a=first.title, b=second.title)
    page.head(title, hint, page.fill("choose.html", label="contrast-pick", options=options))
    page.html("sides.html")
    page.chart(charts.contrast(steps, page.palette, scale, unit, hint), 44 + 34 * len(steps))
    page.html("steps.html", steps=steps, summary="", scale=scale)


def _words(page: Page, query: Query, explanation: Explanation, sources: Sequence[str]) -> None:
    r = page.reader
    spoken = sorted(languages(), key=lambda language: language != page.place.lang)
    said = {
        language: view_shopper.spoken(page.shop.say(explanation, query, language, long=True)) for language in spoken
    }
    page.head(r.say("words-title"), r.say("words-read"))
    page.html("words.html", said=said, found=explanation.necessary is not None, sources=", ".join(sources))
