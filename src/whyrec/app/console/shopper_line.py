"""The line above a shopper's views: who it is, a field that finds another one, and the views to choose from."""

from __future__ import annotations

from itertools import islice

from nicegui import run, ui
from nicegui.events import GenericEventArguments

from whyrec.app.console.page import Page
from whyrec.rank.scenarios import SCENARIOS


def put_line(page: Page, facts: list[str], first: str) -> None:
    """Put the line here; `first` is the item that the view of one item opens with."""
    page.html("shopper_line.html", facts=facts, first=first, scenarios=tuple(SCENARIOS))
    names = page.html("shoppers.html", names=[])

    async def find(event: GenericEventArguments) -> None:
        text = str(event.args)[:200]
        found = await run.io_bound(_beginning_with, page, text)
        names.set_content(str(page.fill("shoppers.html", names=found)))

    ui.on("whyrec_find", find)


def _beginning_with(page: Page, text: str, most: int = 12) -> list[str]:
    ids = page.shop.tables.events.users.ids
    return list(islice((name for name in ids if name.startswith(text)), most)) if text else []
