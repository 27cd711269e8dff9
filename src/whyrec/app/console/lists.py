"""What became of lists, for the models' tab, and how one list came about, for the shopper's."""

from __future__ import annotations

from dataclasses import replace

from nicegui import run, ui

from whyrec.app import view_lists, view_shopper
from whyrec.app.console.page import Page, card
from whyrec.app.console.shopper_line import put_line
from whyrec.core.errors import UsageError
from whyrec.core.types import Recommendation
from whyrec.rank.trace import Trace

DAYS = 30.0


async def show_statistics(page: Page) -> None:
    """Fill the page with what became of the lists of the last days."""
    found = await run.io_bound(page.shop.stats, DAYS)
    r = page.reader
    tables = view_lists.became(found, r)
    page.html("models_line.html", facts=r.say("stats-facts", lists=r.number(found["lists"]), days=f"{DAYS:g}"))
    with ui.element("div").classes("cards item"):
        if not found["impressions"]:
            with card("whole"):
                page.head(r.say("stats-title"))
                page.state("stats-none-title", "stats-none-text")
            return
        top = view_lists.top(tables)
        for group, rows in tables:
            with card("whole" if group == "all" else ""):
                read = r.say(f"stats-read-{found['based_on']}") if group == "all" else ""
                page.head(r.say("stats-title" if group == "all" else f"stats-by-{group}"), read)
                page.html("became.html", rows=rows, top=top, title=r.say(f"stats-by-{group}"))


async def show_trace(page: Page) -> None:
    """Fill the page with the way from all items to one list: the shopper's of now, or a stored one."""
    made, told = await run.io_bound(_trace, page)
    reader = replace(page.reader, timed=page.shop.tables.events.timed)
    page = replace(page, reader=reader, place=replace(page.place, user=made.query.user or page.place.user))
    put_line(page, view_shopper.facts(page.shop, made.query, reader), made.items[0].item_id if made.items else "")
    r = page.reader
    with ui.element("div").classes("cards"):
        with card("span-8"):
            page.head(r.say("trace-title"), r.say("trace-read"))
            page.html("stages.html", rows=view_lists.stages(page.shop, made, r))
        with card("span-4"):
            page.head(r.say("trace-funnel-title"), r.say("trace-funnel-read", id=made.snapshot))
            rules = view_lists.rules(told, made, r)
            page.html("funnel.html", told=told, taken=view_lists.taken(told, r), rules=rules)
        with card("span-12"):
            page.head(r.say("ask-title"), r.say("ask-read"))
            said = None if told.item is None else view_lists.verdict(told.item, made.query.n, r)
            page.html("ask.html", off=told.item, said=said, title=page.shop.title(page.place.ask, r.language))


def _trace(page: Page) -> tuple[Recommendation, Trace]:
    shop, place = page.shop, page.place
    if place.list_id:
        found = shop.store.recommendation(place.list_id)
        if found is None:
            raise UsageError(f"Expected the id of a list that was given, got {place.list_id!r}. It may be erased.")
        made = found
    else:
        query = shop.query(place.user, locale=place.lang, scenario=place.scenario)
        newest = [item for item in query.history.item if item is not None][-1:]
        if place.scenario == "related" and newest:  # as the view of the list asks for it
            relation = place.relation or None
            query = shop.query(place.user, locale=place.lang, scenario="related", context=newest, relation=relation)
        made = shop.recommend_query(query)
    return made, shop.trace(made, place.ask or None)
