"""Scenarios: what kind of list is asked for. Each says which items may be on it, what is added to the score, and where
its items come from.

    personal        the shopper's next items
    new             what came in lately, and what few know yet
    related         goes with, instead of, bought together with, next step after: about the items on the page
    content         articles and videos, fresh ones first
    cross-platform  events of the person's other accounts too, where the person allowed that
    multilingual    what is sold where the reader is

A list is in the order of the score in all of them. A source is where an item came from; sources are asked in order, and
the last one takes what is left, so that a list is empty only where nothing may be on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from whyrec.core.errors import UsageError, nearest
from whyrec.core.types import Bools, Catalog, Codes, Fitted, Floats32, Ints, Query
from whyrec.rank import adapt, means, related
from whyrec.rank.means import Means
from whyrec.rank.plus import Plus

FEW = 5
"""An item that was chosen no more often than this is new,"""
NEW_DAYS = 30.0
"""and so is one that is sold for no longer."""
MADE_OF = 4.0
"""Weight of nearness of content for new items, beside a model that knows content."""
ARTICLES = frozenset({"article", "video"})
MARKET = "market"
"""Attribute that says in which countries or languages an item is sold; without a value it is sold everywhere."""


@dataclass(frozen=True, eq=False)
class Asked:
    """What sources look at: the query, the catalogue, the codes of scored items in it [I], and scores [I]."""

    query: Query
    catalog: Catalog
    model: Fitted
    place: Codes
    score: Floats32
    empty: Floats32  # with nothing known of the shopper, nor of the page


@dataclass(frozen=True)
class Source:
    """Where items come from: its name, which items it takes, and why, for the trace."""

    name: str
    takes: Callable[[Asked], Bools]
    why: str


@dataclass(frozen=True)
class Scenario:
    """One scenario. `pool` says which items of the catalogue may be on a list; others fall by `filter`."""

    name: str
    does: str
    sources: tuple[Source, ...]
    filter: str = ""
    pool: Callable[[Query, Catalog], Bools | None] = lambda query, catalog: None
    scored: Callable[[Query, Fitted, Catalog, Means], Fitted] = lambda query, model, catalog, shop: model


def named(name: str) -> Scenario:
    """Return a scenario by its name; raises UsageError, with the nearest one, for another."""
    if name not in SCENARIOS:
        raise UsageError(f"Unknown scenario {name!r}{nearest(name, SCENARIOS)}. Scenarios: {', '.join(SCENARIOS)}.")
    return SCENARIOS[name]


def check_relation(scenario: str, relation: str | None) -> None:
    """Raise UsageError for a relation that does not exist, or in a scenario that has none."""
    if relation is not None and relation not in related.RELATIONS:
        known = related.RELATIONS
        raise UsageError(f"Unknown relation {relation!r}{nearest(relation, known)}. Relations: {', '.join(known)}.")
    if relation is not None and scenario != "related":
        raise UsageError(f"Expected a relation only in the scenario related, got {relation!r} in {scenario}.")


def scored(query: Query, model: Fitted, catalog: Catalog, shop: Means | None) -> Fitted:
    """Return what scores this query, and what is explained: the model in its mix, with what its scenario adds."""
    model = adapt.mixed(query, model)
    if shop is None:
        return model
    made = named(query.scenario).scored(query, model, catalog, shop)
    if not len(query.history) and query.preferences.personalised and not query.context:
        made = _by_circumstance(query, made, shop)
    return made


def pool(query: Query, catalog: Catalog) -> tuple[str, Bools] | None:
    """Return which items of the catalogue the scenario is about, by the filter's name; None where it is about all.

    A shop that has no such item shows others.
    """
    scenario = named(query.scenario)
    found = scenario.pool(query, catalog)
    return None if found is None or not found.any() else (scenario.filter, found)


def is_new(query: Query, catalog: Catalog) -> Bools:
    """Which items of the catalogue were chosen by few or came in lately, as of the moment of the query."""
    return (counts_of(catalog) <= FEW) | is_recent(query, catalog)


def counts_of(catalog: Catalog) -> Ints:
    """Events of each item of the catalogue in the imported log; none where nothing is said."""
    counts = np.zeros(len(catalog), np.int64)
    if catalog.counts is not None:
        counts[: len(catalog.counts)] = catalog.counts
    return counts


def is_recent(query: Query, catalog: Catalog) -> Bools:
    """Which items are sold, or out, for no longer than NEW_DAYS."""
    if catalog.since is None:
        return np.zeros(len(catalog), bool)
    return (catalog.since <= query.at) & (catalog.since >= query.at - NEW_DAYS * means.DAY_S)


def is_read(query: Query, catalog: Catalog) -> Bools | None:
    """Which items of the catalogue are articles or videos; None for a shop that has one kind of item only."""
    return None if catalog.kinds is None else _of_kinds(catalog, ARTICLES)


@lru_cache(maxsize=8)
def _of_kinds(catalog: Catalog, kinds: frozenset[str]) -> Bools:
    known: Any = () if catalog.kinds is None else catalog.kinds
    return np.fromiter((kind in kinds for kind in known), bool, len(known))


def is_sold_here(query: Query, catalog: Catalog) -> Bools | None:
    """Which items are sold where the reader is: in their language, their country, or everywhere."""
    column = catalog.categories.get(MARKET)
    if column is None:
        return None
    where = {query.locale.casefold(), *query.locale.casefold().replace("_", "-").split("-")}
    return np.fromiter(
        (not where.isdisjoint(one.casefold() for one in values) or values == ("unknown",) for values in column),
        bool,
        len(column),
    )


def speaks(query: Query, catalog: Catalog) -> Bools:
    """Which items of the catalogue have a title in the reader's language."""
    wanted = {query.locale, query.locale.split("-")[0]} & set(catalog.titles)
    found = [catalog.titles[language] for language in wanted]
    return np.fromiter((any(titles[code] for titles in found) for code in range(len(catalog))), bool, len(catalog))


def _by_circumstance(query: Query, model: Fitted, shop: Means) -> Fitted:
    if means.own_context(model) or not (shop.context.lifts or shop.moments.weight):
        return model
    return Plus(model, means.Circumstance(model.items, shop.context, shop.events.items, shop.moments))


def _new(query: Query, model: Fitted, catalog: Catalog, shop: Means) -> Fitted:
    sums_up = hasattr(model, "newcomers")
    if means.knows_content(model) and not sums_up:
        return model
    fresh = means.laid(is_new(query, catalog).astype(float), catalog.items, model.items) > 0
    # A few events say little of an item: what it is made of counts too, and alike for items that have none.
    return Plus(model, means.Near(model.items, catalog, shop.settings, fresh, MADE_OF if sums_up else 1.0))


def _content(query: Query, model: Fitted, catalog: Catalog, shop: Means) -> Fitted:
    return model if catalog.since is None else Plus(model, means.Fresh(model.items, catalog))


def _multilingual(query: Query, model: Fitted, catalog: Catalog, shop: Means) -> Fitted:
    if not means.searches(query) or not means.understands(catalog):
        return model
    return Plus(model, means.Meant(model.items, catalog))


def _related(query: Query, model: Fitted, catalog: Catalog, shop: Means) -> Fitted:
    return related.Related(model, shop.together, catalog, query.relation) if query.context else model


def _raised(asked: Asked) -> Bools:
    return asked.score > asked.empty


def _rest(asked: Asked) -> Bools:
    return np.ones(len(asked.score), bool)


def _placed_by_content(asked: Asked) -> Bools:
    found: Bools = _raised(asked) & (counts_of(asked.catalog)[asked.place] == 0)
    return found


def _just_out(asked: Asked) -> Bools:
    return is_recent(asked.query, asked.catalog)[asked.place]


def _elsewhere(asked: Asked) -> Bools:
    """Items that score more with the events of other platforms than without them."""
    here = means.on_platform(asked.query)
    if len(here.history) == len(asked.query.history):
        return np.zeros(len(asked.score), bool)
    found: Bools = asked.score > asked.model.score([here])[0]
    return found


def _spoken(asked: Asked) -> Bools:
    found: Bools = _raised(asked) & speaks(asked.query, asked.catalog)[asked.place]
    return found


def _counted(how: str) -> Callable[[Asked], Bools]:
    """Make what takes items that were counted together with an item on the page in this way."""

    def takes(asked: Asked) -> Bools:
        model = asked.model
        if not isinstance(model, related.Related):
            return np.zeros(len(asked.score), bool)
        found: Bools = np.any([model.counted(how, item) for item in asked.query.context], axis=0)
        return found

    return takes


def _of_sort(same: bool) -> Callable[[Asked], Bools]:
    """Make what takes items that the page speaks for and that are, or are not, of the sort of an item on it."""

    def takes(asked: Asked) -> Bools:
        sorts = [one for one in asked.query.context if related.category(asked.catalog, one)]
        if not sorts:
            return np.zeros(len(asked.score), bool)
        alike = np.any([related.same_category(asked.catalog, one, asked.model.items) for one in sorts], axis=0)
        found: Bools = _raised(asked) & (alike == same)
        return found

    return takes


HISTORY = Source("history", _raised, "the history raises its score")
POPULAR = Source("popular", _rest, "among the most popular")
PAGE = Source("page", lambda asked: bool(asked.query.context) & _raised(asked), "goes with an item on the page")
TOGETHER = Source("together", _counted("baskets"), "chosen in one basket with an item on the page")
RELATED: Mapping[str | None, Source] = {
    None: TOGETHER,
    "complement": Source("complement", _of_sort(same=False), "goes with an item on the page, and is of another sort"),
    "substitute": Source("substitute", _of_sort(same=True), "stands for an item on the page, and is of its sort"),
    "together": TOGETHER,
    "next": Source("next", _counted("after"), "chosen soon after an item on the page"),
}
"""The first source of each relation."""
SCENARIOS: Mapping[str, Scenario] = {
    one.name: one
    for one in (
        Scenario("personal", "what this shopper may want next", (HISTORY, POPULAR)),
        Scenario(
            "new", "what came in lately or few have chosen yet",
            (
                Source("content", _placed_by_content, "nobody chose it yet: placed by what it is made of"),
                Source("first events", _raised, "placed by the few that chose it"),
                Source("new", _rest, "new; nothing of the shopper speaks for it"),
            ),
            "not new", is_new, _new,
        ),
        Scenario("related", "what goes with the items on the page", (PAGE, POPULAR), scored=_related),
        Scenario(
            "content", "articles and videos, fresh ones first",
            (HISTORY, Source("fresh", _just_out, "published lately"), POPULAR),
            "of another kind", is_read, _content,
        ),
        Scenario(
            "cross-platform", "with the person's other accounts, where they allowed it",
            (Source("other platform", _elsewhere, "what was done on another platform raises its score"),
             HISTORY, POPULAR),
        ),
        Scenario(
            "multilingual", "what is sold where the reader is, in their language",
            (Source("language", _spoken, "the history raises its score, and it has a title in the reader's language"),
             HISTORY, POPULAR),
            "sold elsewhere", is_sold_here, _multilingual,
        ),
    )
}  # fmt: skip


def sources(query: Query) -> tuple[Source, ...]:
    """Return the sources of a query in their order."""
    found = named(query.scenario).sources
    return (RELATED[query.relation], *found) if query.scenario == "related" and query.context else found
