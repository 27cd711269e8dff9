"""The data doctor's view: findings, samples of the chosen one, where every event went, and three histograms."""

from __future__ import annotations

from nicegui import run, ui

from whyrec.app import view_data
from whyrec.app.console import charts
from whyrec.app.console.page import Page, card

AXES = {"users": "axis-events", "items": "axis-item-events", "hours": "axis-hour"}


async def show(page: Page) -> None:
    """Fill the page."""
    check = await run.io_bound(page.shop.check)
    tables = await run.io_bound(lambda: page.shop.tables)
    r, place = page.reader, page.place
    rows = view_data.findings(check, r)
    chosen = next((row for row in rows if row.check == place.check), rows[0] if rows else None)
    facts = r.say(
        "data-facts",
        events=r.number(check.rows_read),
        users=r.number(len(tables.events.users)),
        items=r.number(len(tables.catalog.items)),
    )
    page.html("data_line.html", facts=facts, counts=view_data.counts(check))
    with ui.element("div").classes("cards"):
        with card("span-8"):
            page.head(r.say("findings-title"), r.say("findings-read"))
            if chosen is None:
                page.state("findings-none-title", "findings-none-text")
            else:
                address = {row.check: place.to(check=row.check) for row in rows}
                page.html("findings.html", rows=rows, chosen=chosen.check, link=address.__getitem__)
        with card("span-4"):
            if chosen is not None:
                shown = r.say("sample-read", shown=len(chosen.samples.rows), count=r.number(chosen.count))
                page.head(r.say("sample-title", name=chosen.name), shown if chosen.samples.rows else "")
                page.html("sample.html", samples=chosen.samples)
            page.html("where_block.html", check=check)
        for histogram in view_data.histograms(check, r):
            with card("span-4"):
                page.head(r.say(f"{histogram.key}-title"), r.say(f"{histogram.key}-read"))
                page.chart(charts.histogram(histogram, r.say(AXES[histogram.key]), page.palette, r), 240)
                page.html("counts.html", bars=histogram.bars, summary=histogram.summary)
