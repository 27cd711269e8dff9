"""What a shopper said once and for all, read from their feedback; the newest word counts, undone ones never come here.

    preference   personalisation on or off, sharing over platforms allowed, a minor: {"personalised": false}
    hide         of a group: a brand, a category: {"group": ["brand", "Acme"]}
    forget       of a tag: nothing that led to it until then is used, in lists or in learning: {"tag": ["events", ...]}

A minor is not profiled, whatever else was said. Who is not profiled gets everybody's list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from whyrec.core.types import HISTORY_KINDS, KINDS, UNKNOWN, Bools, Catalog, Objects
from whyrec.store.records import LiveEvent

if TYPE_CHECKING:
    from whyrec.data.tables import Tables

PREFERENCES = ("personalised", "sharing", "minor")
EVENTS, TABLE = "events", "users"
"""Where a tag comes from: what the shopper did, or the table of users."""
_INFERRED = np.array([kind in HISTORY_KINDS and kind != "dislike" for kind in KINDS])


@dataclass(frozen=True)
class Forgotten:
    """A tag that the shopper deleted, at this moment."""

    source: str
    attribute: str
    value: str
    at: float


@dataclass(frozen=True)
class Wishes:
    """What holds for one shopper."""

    personalised: bool = True
    sharing: bool = False
    minor: bool = False
    hidden_groups: frozenset[tuple[str, str]] = frozenset()
    forgotten: tuple[Forgotten, ...] = ()

    @property
    def profiled(self) -> bool:
        """Whether lists may depend on the shopper."""
        return self.personalised and not self.minor


@dataclass
class _Said:
    """What was read so far."""

    preferences: dict[str, bool] = field(default_factory=dict)
    hidden: set[tuple[str, str]] = field(default_factory=set)
    forgotten: list[Forgotten] = field(default_factory=list)


def read(rows: Iterable[LiveEvent | None], sharing: bool = False) -> Wishes:
    """Return the wishes of one shopper from their live events, oldest first; `sharing` is what held before."""
    said = _Said({"sharing": sharing})
    for row in rows:
        if row is None or row.reference is None:
            continue
        about = row.about()
        if row.kind == "preference":
            said.preferences |= {name: bool(about[name]) for name in PREFERENCES if name in about}
        elif row.kind == "hide":
            said.hidden.add((about["group"][0], about["group"][1]))
        elif row.kind == "forget":
            source, attribute, value = about["tag"]
            said.forgotten.append(Forgotten(source, attribute, value, row.at))
    return Wishes(**said.preferences, hidden_groups=frozenset(said.hidden), forgotten=tuple(said.forgotten))


def sharing(rows: Iterable[LiveEvent]) -> dict[str, bool]:
    """Return who said whether their accounts may be used together, and what they said last."""
    said = {}
    for row in rows:
        if row.kind == "preference" and row.reference is not None and "sharing" in row.about():
            said[row.user_id] = bool(row.about()["sharing"])
    return said


def forgotten_slots(wishes: Wishes, catalog: Catalog, item: Objects, kind: Any, at: Any) -> Bools:
    """Which events led to a deleted tag; what was said outright (a dislike, a hide) is no inference and stays."""
    gone = np.zeros(len(item), np.bool_)
    for tag in wishes.forgotten:
        if tag.source == EVENTS:
            old = _INFERRED[kind] & (at <= tag.at)
            gone |= old & np.array(
                [n is not None and tag.value in catalog.values(n, tag.attribute) for n in item], bool
            )
    return gone


def known_profile(wishes: Wishes, profile: dict[str, str]) -> dict[str, str]:
    """Return what the table of users says of a shopper without the tags that they deleted."""
    gone = {(tag.attribute, tag.value) for tag in wishes.forgotten if tag.source == TABLE}
    return {name: value for name, value in profile.items() if (name, value) not in gone}


def learnable(tables: Tables, live: Iterable[LiveEvent]) -> Tables:
    """Return the tables without what models may not learn from: events of minors, and what led to a deleted tag."""
    said: dict[str, list[LiveEvent]] = {}
    for row in live:
        if row.kind in ("preference", "forget"):
            said.setdefault(row.user_id, []).append(row)
    wishes = {user: read(rows) for user, rows in said.items()}
    return _without_tags(_without_events(tables, wishes), wishes) if wishes else tables


def _without_events(tables: Tables, wishes: dict[str, Wishes]) -> Tables:
    events = tables.events
    keep = np.ones(len(events), np.bool_)
    for user, wish in wishes.items():
        code = events.users.index.get(user)
        if code is None:
            continue
        rows = events.rows_of(code)
        past = events.history(rows)
        keep[rows] = not wish.minor
        keep[rows[forgotten_slots(wish, tables.catalog, past.item, past.kind, past.at)]] = False
    return tables if keep.all() else replace(tables, events=events.take(keep))


def _without_tags(tables: Tables, wishes: dict[str, Wishes]) -> Tables:
    users = tables.users
    if users is None:
        return tables
    attributes = {name: column.copy() for name, column in users.attributes.items()}
    for user, wish in wishes.items():
        code = users.users.index.get(user)
        if code is None:
            continue
        kept = {} if wish.minor else known_profile(wish, users.profile(user))
        for name, column in attributes.items():
            column[code] = kept.get(name, UNKNOWN)
    return replace(tables, users=replace(users, attributes=attributes))
