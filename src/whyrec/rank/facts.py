"""What a scenario can say of an item beside its measured reasons: numbers of log and catalogue, as plain data.

Each fact is a dictionary with its name in "fact"; anybody can look it up again (words/facts puts it into words):

    new           count: how often the item was chosen
    together      item, how (baskets, people, after), count, lift: it and an item of the page, against chance
    shared        item, values: what it has in common with the item that speaks most for it; words: of their titles
    fresh         days: since it was published
    elsewhere     item, platform: where what speaks most for it was done
    circumstance  of, value, lift: how much more often it is chosen on this platform, in this language, at this time
"""

from __future__ import annotations

from collections.abc import Callable
from math import floor
from typing import Any

import numpy as np

from whyrec.core.types import UNKNOWN, Catalog, Explanation, Fitted, Query
from whyrec.features.content import words
from whyrec.rank import means, scenarios
from whyrec.rank.means import DAY_S, Means
from whyrec.rank.moments import CLASSES
from whyrec.rank.scenarios import MARKET

Fact = dict[str, Any]

LEAST = 2
"""Counts below it are no regularity and are not said."""
MOST_VALUES = 2
HOW = {"complement": ("baskets", "people"), "substitute": ("people", "baskets"), "next": ("after",)}
"""Which counts a relation tells of, the first that are there; baskets, people and after by default."""
SURELY = 1.2
"""A lift below it is not worth saying."""


def of(
    query: Query, explanation: Explanation, catalog: Catalog, shop: Means, model: Fitted | None = None
) -> tuple[Fact, ...]:
    """Return the facts of one item of a list, in the order in which they are said; `model` is what made the list."""
    item, found = explanation.item_id, list[Fact | None]()
    top = next((reason for reason in explanation.reasons if reason.weight > 0), None)
    about = None if top is None or top.kind not in ("event", "item", "context") else top.reference
    if query.scenario == "new":
        found += [_new(item, catalog, shop), _shared(item, about, query, catalog)]
    elif query.scenario == "related" and about is not None and top is not None and top.kind == "context":
        found += [_together(item, about, query, shop), _shared(item, about, query, catalog)]
    elif query.scenario == "content":
        found += [_fresh(item, query, catalog), _shared(item, about, query, catalog)]
    elif query.scenario == "cross-platform" and top is not None and top.slots:
        found.append(_elsewhere(query, top.slots, about))
    if not len(query.history) and not query.context:
        found += _circumstances(item, query, shop, means.circumstances(model, shop))
    return tuple(fact for fact in found if fact is not None)


def _new(item: str, catalog: Catalog, shop: Means) -> Fact:
    imported, code = int(scenarios.counts_of(catalog)[catalog.items.index[item]]), shop.events.items.index.get(item)
    return {"fact": "new", "count": imported if code is None else max(imported, int(shop.counts[code]))}


def _together(item: str, about: str, query: Query, shop: Means) -> Fact | None:
    index = shop.events.items.index
    if item not in index or about not in index:
        return None
    for how in HOW.get(query.relation or "", ("baskets", "people", "after")):
        pairs = shop.together.pairs(how, index[about])
        count, expected = int(pairs.count[index[item]]), float(pairs.expected[index[item]])
        if count >= LEAST and count > SURELY * expected:
            return {"fact": "together", "item": about, "how": how, "count": count, "lift": round(count / expected, 1)}
    return None


def _shared(item: str, about: str | None, query: Query, catalog: Catalog) -> Fact | None:
    if about is None or about not in catalog.items.index or about == item:
        return None
    values = []
    for attribute in catalog.categories:
        if attribute == MARKET:
            continue
        theirs = catalog.values(about, attribute)
        values += [[attribute, one] for one in catalog.values(item, attribute) if one in theirs and one != UNKNOWN]
    mine, other = (frozenset(words(catalog.title(one, query.locale))) for one in (item, about))
    common = sum(not word.isdecimal() for word in mine & other) if catalog.titles else 0
    if not values and not common:
        return None
    return {"fact": "shared", "item": about, "values": values[:MOST_VALUES], "words": common}


def _fresh(item: str, query: Query, catalog: Catalog) -> Fact | None:
    since = np.nan if catalog.since is None else catalog.since[catalog.items.index[item]]
    days = (query.at - since) / DAY_S
    return {"fact": "fresh", "days": floor(days)} if 0 <= days <= scenarios.NEW_DAYS else None


def _elsewhere(query: Query, slots: tuple[int, ...], about: str | None) -> Fact | None:
    places = query.history.platform
    if places is None or about is None:
        return None
    where = {places[slot] for slot in slots} - {None}
    if len(where) != 1 or where == {query.platform}:
        return None
    return {"fact": "elsewhere", "item": about, "platform": str(where.pop())}


def _circumstances(item: str, query: Query, shop: Means, moved: frozenset[str]) -> list[Fact]:
    told: dict[str, str | None] = {"locale": query.locale, "platform": query.platform}
    code, found = shop.events.items.index.get(item), []
    for name, value in told.items():
        table = shop.context.lifts.get(name)
        if table is None or code is None or name not in moved or value not in shop.context.values[name]:
            continue
        lift = float(np.exp(table[shop.context.values[name].index(value), code]))
        if lift >= SURELY:
            found.append({"fact": "circumstance", "of": name, "value": value, "lift": round(lift, 1)})
    for name, by in shop.moments.weight.items():
        lifts, place = shop.moments.lifts[name], shop.moments.place(name, query.at)
        lift = float(np.exp(lifts[place, code])) if code is not None and by and name in moved else 0.0
        if lift >= SURELY:
            found.append({"fact": "circumstance", "of": name, "value": CLASSES[name][place], "lift": round(lift, 1)})
    return found


Teller = Callable[[Explanation], tuple[Fact, ...]]
"""What tells the facts of an item of a list."""
