"""One item of a shopper's list: waterfall, contrast with another item, the sentences, and where it came from."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup
from nicegui import run, ui

from whyrec.app import audit, panels, view_shopper
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
            aside = _choose(page, board, "col-item", a)
            page.html("raw.html", content=panels.waterfall(board, a, page.reader).html(aside))
        with card():
            if a == b:
                page.head(page.reader.say("contrast-pick"))
            else:
                aside = _choose(page, board, "contrast-pick", b, a)
                found = None  # the difference of two sums is in the matrix
                if explained[a].method != "exact":
                    found = await run.io_bound(page.shop.contrast, query, ids[a], ids[b])
                page.html("raw.html", content=panels.contrast(board, a, b, page.reader, found).html(aside))
        seen = await run.io_bound(audit.attention, page.shop, page.shop.live, query, explained[a])
        looked = seen and panels.attention(page.shop, explained[a], query, seen, board.columns[a].title, page.reader)
        for panel in (
            panels.parts(page.shop, explained[a], query, board.scale, board.columns[a].title, page.reader),
            panels.columns(explained[a], query, board.scale, board.columns[a].title, page.reader),
        ):
            if panel is not None:
                with card():
                    page.html("raw.html", content=panel.html())
        if looked is not None:
            with card("whole"):
                page.html("raw.html", content=looked.html())
        with card("whole"):
            _words(page, query, explained[a], next(i.sources for i in made.items if i.item_id == ids[a]))


def _choose(page: Page, board: Matrix, label: str, chosen: int, other: int | None = None) -> Markup:
    """A list of the page's items that goes to the same picture of another one."""
    field = "item" if other is None else "versus"
    options = [
        (column.title, page.place.to(**{field: column.item_id}), k == chosen)
        for k, column in enumerate(board.columns)
        if k != other
    ]
    return page.fill("choose.html", label=label, options=options)


def _words(page: Page, query: Query, explanation: Explanation, sources: Sequence[str]) -> None:
    r = page.reader
    spoken = sorted(languages(), key=lambda language: language != page.place.lang)
    said = {
        language: view_shopper.spoken(page.shop.say(explanation, query, language, long=True)) for language in spoken
    }
    page.head(r.say("words-title"), r.say("words-read"))
    page.html("words.html", said=said, found=explanation.necessary is not None, sources=", ".join(sources))
