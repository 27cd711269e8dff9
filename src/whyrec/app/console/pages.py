"""The console's pages: the frame around each view, and what is shown where a view cannot be made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import Request
from nicegui import ui

from whyrec.app import style
from whyrec.app.console import data, models, shopper
from whyrec.app.console.page import Page
from whyrec.app.console.place import TABS, Place
from whyrec.app.reader import LANGUAGES, Reader
from whyrec.core.errors import TrainingError, WhyrecError

if TYPE_CHECKING:
    from whyrec.app.shop import Shop

FAVICON = Path(__file__).parent / "mark.svg"
VIEWS: dict[str, Callable[[Page], Awaitable[None]]] = {
    "shopper": shopper.show,
    "models": models.show,
    "data": data.show,
}
PATIENCE_S = 120.0
"""The first page of a big shop loads its tables and its model."""


def add(shop: Shop) -> None:
    """Declare the pages of a shop."""
    for tab in TABS:
        ui.page(f"/{'' if tab == TABS[0] else tab}", response_timeout=PATIENCE_S)(_page(shop, tab))


def _page(shop: Shop, tab: str) -> Callable[[Request], Awaitable[None]]:
    async def page(request: Request) -> None:
        place = Place.read(tab, request.query_params, shop.settings.shop.locale.split("-")[0].lower())
        reader = Reader.of(place.lang, shop.settings.shop.time_zone, True)
        ui.page_title(f"whyrec · {reader.say(f'tab-{tab}')}")
        ui.add_head_html(f"<style>{style.sheet('tokens.css', 'parts.css', 'console.css')}</style>")
        root = f"document.documentElement.dataset.theme='{place.theme}';document.documentElement.lang='{place.lang}';"
        ui.add_head_html(f"<script>{root}</script>")
        ui.add_body_html(f"<script>{style.sheet('console.js')}</script>")
        named = shop.settings.shop
        with ui.element("div").classes("wr"):
            view = Page(shop, place, reader)
            view.html("bar.html", tabs=TABS, demo=named.demo, shop=named.name, languages=LANGUAGES)
            await _guarded(view)

    return page


async def _guarded(view: Page) -> None:
    """Make the view; where that fails say what failed and what to do, and keep the bar and the tabs."""
    holder = ui.element("div")
    try:
        with holder:
            await VIEWS[view.place.tab](view)
    except WhyrecError as error:
        holder.clear()
        with holder, ui.element("div").classes("cards"), ui.element("section").classes("card span-12"):
            if isinstance(error, TrainingError):
                title, text = view.reader.say("no-model-title"), view.reader.say("no-model-text")
                view.html("state.html", kind="", title=title, text=text, code=f"whyrec train {view.shop.folder}")
            else:
                title = view.reader.say("error-title")
                view.html(
                    "state.html", kind="error", title=title, text=f"{error} {view.reader.say('error-text')}", code=""
                )
