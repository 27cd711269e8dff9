"""From a request to a Query: the shopper's whole history, with what they said about it already done.

Base and live events are put in the order (at, arrival). What takes effect, and how:

    not because of this   the event becomes a tombstone; for a group, all its events do, later ones too
    cancel                its purchase becomes a tombstone and no longer counts as seen
    hide                  the item is hidden, or the group (a brand, a category)
    personalisation off   nothing of the shopper is used (`wishes`), as for a minor
    a deleted tag         what led to it is gone, without a tombstone
    dislike               counts against what resembles the item, and hides it until the shopper likes it after all
    impression and such   take no slot

An item counts as seen by the kinds of its events (`data/kinds`); which kinds count follows from the base log.

Undone feedback never comes here (the store leaves it out), so that an undo gives back exactly the list before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from whyrec.core.config import Settings
from whyrec.core.errors import FutureError
from whyrec.core.types import (
    HISTORY_KINDS,
    KIND_CODE,
    KINDS,
    Bools,
    Catalog,
    Events,
    History,
    Objects,
    Preferences,
    Query,
    objects,
)
from whyrec.data.batch import slot_weights
from whyrec.data.kinds import seen_items, seen_kinds
from whyrec.rank import masks, order, scenarios, wishes
from whyrec.store.records import CLOCK_SKEW_S, LiveEvent
from whyrec.store.shelf import with_items

if TYPE_CHECKING:
    from whyrec.data.tables import Tables

SEARCH_NOW = "search-now"
"""Event id of the search that a request brings with it."""
_SAYS = np.array([kind in ("dislike", "rating", "like", "hide") for kind in KINDS] + [False])
_TAKES_SLOT = np.array([kind in HISTORY_KINDS for kind in KINDS] + [False])  # by kind code; the last is REMOVED = -1


@dataclass(frozen=True, eq=False)
class Account:
    """Another account of the same person: its platform, what the table says of sharing, and its events of the store."""

    user: str
    platform: str | None = None
    sharing: bool = False
    live: Sequence[LiveEvent] = ()


@dataclass(frozen=True, eq=False)
class Log:
    """All events of one shopper, in order, those without a slot too; columns of length T."""

    past: History
    live: tuple[LiveEvent | None, ...]  # the row of the store, None for an event of the base log


def resolve(
    base: Events,
    *,
    at: float,
    settings: Settings,
    catalog: Catalog,
    user: str | None = None,
    live: Sequence[LiveEvent] = (),
    preferences: Preferences | None = None,
    history: Sequence[tuple[str, str, float] | None] | None = None,
    n: int = 10,
    scenario: str = "personal",
    locale: str = "en",
    platform: str | None = None,
    profile: Mapping[str, str] | None = None,
    context: tuple[str, ...] = (),
    relation: str | None = None,
    text: str | None = None,
    exclude: frozenset[str] = frozenset(),
    where: str | None = None,
    only: Mapping[str, object] | None = None,
    rules: Mapping[str, Any] | None = None,
    linked: Sequence[Account] = (),
) -> Query:
    """Resolve a request at the moment `at`; later events do not count.

    `live` are the user's events of the store. `history`, rows of (item, kind, at) or None for a removed event, is an
    anonymous history that is taken as it is. `profile` is what the table of users says of the shopper. With
    personalisation switched off nothing of the shopper is used. `where` and `only` are filters (see `masks.filters`),
    `rules` are keys of `[rules]` that come to those of the shop. `linked` are the person's other accounts, read only in
    the scenario "cross-platform" and where the preferences allow sharing; where they do not, that scenario leaves out
    what the account did on another platform than the one that asks.
    Raises FutureError for an anonymous history that lies in the future, FilterError for a filter that cannot be read,
    SettingsError for a rule that cannot be followed, UsageError for an unknown scenario or relation.
    """
    preferences = preferences or Preferences()
    scenarios.named(scenario)
    scenarios.check_relation(scenario, relation)
    if history is not None:
        past = _anonymous(history, at)
        seen = seen_items(past.item, past.kind, seen_kinds(base.kinds, settings))
    else:
        log = _until(_merge(base, user, live), at)
        wished = wishes.read(log.live, preferences.sharing)
        if preferences.personalised and wished.profiled:
            profile = wishes.known_profile(wished, dict(profile or {}))
            preferences = replace(preferences, sharing=wished.sharing)
            preferences = _with_feedback(preferences, log, settings, wished)
            log = _without_forgotten(log, wished, catalog)
            if scenario == "cross-platform":
                log = _until(_of_person(log, base, platform, wished.sharing, linked, catalog), at)
            past, seen = _slots(log, catalog, seen_kinds(base.kinds, settings))
        else:  # nothing that differs between two shoppers may stay in the query
            user, past, seen, profile = None, History.empty(), frozenset(), None
            preferences = Preferences(personalised=False)
    if text:
        past = _with_search(past, text, at, platform)
    return Query(
        at=at, user=user, history=past, seen=seen, scenario=scenario, n=n, locale=locale, platform=platform,
        profile=profile or {}, context=context, relation=relation, text=text, exclude=exclude, preferences=preferences,
        filters=masks.filters(catalog, where, only), rules=order.effective(settings.rules, scenario, catalog, rules),
    )  # fmt: skip


def _anonymous(history: Sequence[tuple[str, str, float] | None], at: float) -> History:
    late = [row for row in history if row is not None and not row[2] <= at + CLOCK_SKEW_S]
    if late:
        raise FutureError(
            f"history: expected times up to the request's own ({at:.0f}, in seconds since 1970), got {late[0][2]} for "
            f"{late[0][0]!r}. Milliseconds must be divided by 1000."
        )
    return History.of(history)


def with_live_events(tables: Tables, live: Sequence[LiveEvent]) -> Tables:
    """Return the tables with live events in their place, as training reads them.

    Only kinds of a history are added; a cancelled purchase is gone. `tables.catalog` may hold more items than the
    log's vocabulary, at its end; items that it lacks become bare ones.
    """
    base = tables.events
    rows = [row for row in live if row.kind in HISTORY_KINDS or row.kind == "cancel"]
    if not rows and tables.catalog.items is base.items:
        return tables
    catalog = with_items(tables.catalog, [row.item_id for row in rows if row.item_id is not None])
    users = replace(base.users, ids=objects(list(dict.fromkeys([*base.users.ids, *(row.user_id for row in rows)]))))
    more: dict[str, Any] = {
        "user": users.codes([row.user_id for row in rows]),
        "item": catalog.items.codes([row.item_id for row in rows]),
        "kind": np.array([KIND_CODE[row.kind] for row in rows], np.int8),
        "at": np.array([row.at for row in rows], np.float64),
        "value": _floats32([row.value for row in rows]),
        "event_id": objects([row.event_id for row in rows]),
        "session": objects([row.session_id for row in rows]),
        "basket": objects([None] * len(rows)),
        "quantity": _floats32([row.quantity for row in rows]),
        "price": _floats32([row.price for row in rows]),
        "platform": objects([row.platform for row in rows]),
        "locale": objects([row.locale for row in rows]),
        "text": objects([row.text for row in rows]),
        "answers": objects([row.answers for row in rows]),
    }
    columns: dict[str, Any] = {
        name: None if getattr(base, name) is None else np.concatenate((getattr(base, name), column))
        for name, column in more.items()
    }
    events = replace(base, users=users, items=catalog.items, **columns)
    events = events.take(np.argsort(events.at, kind="stable"))
    gone = _cancelled(events.user, events.item, events.kind)
    keep = ~gone & (events.kind != KIND_CODE["cancel"])
    return replace(tables, events=events.take(keep), catalog=catalog)


def _floats32(values: Sequence[float | None]) -> Any:
    return np.array([np.nan if value is None else value for value in values], np.float32)


def _merge(base: Events, user: str | None, live: Sequence[LiveEvent]) -> Log:
    code = None if user is None else base.users.index.get(user)
    past = History.empty() if code is None else base.history(base.rows_of(code))
    if not live:
        return Log(past, (None,) * len(past))
    whole = History(
        item=np.concatenate((past.item, objects([row.item_id for row in live]))),
        kind=np.concatenate((past.kind, np.array([KIND_CODE[row.kind] for row in live], np.int8))),
        at=np.concatenate((past.at, np.array([row.at for row in live], np.float64))),
        value=np.concatenate((past.value, _floats32([row.value for row in live]))),
        event_id=np.concatenate((past.event_id, objects([row.event_id for row in live]))),
        text=np.concatenate((_texts(past), objects([row.text for row in live]))),
        platform=np.concatenate((_platforms(past), objects([row.platform for row in live]))),
    )
    rows = [None] * len(past) + list(live)
    by_time = np.argsort(whole.at, kind="stable")  # equal times: the base log came first, then order of arrival
    return Log(whole.take(by_time), tuple(rows[place] for place in by_time))


def _of_person(
    log: Log, base: Events, platform: str | None, sharing: bool, linked: Sequence[Account], catalog: Catalog
) -> Log:
    """Join the events of the person's other accounts that allow it; without leave, keep those of this platform only."""
    if not sharing:
        places = _platforms(log.past)
        here = np.array([platform is None or one is None or one == platform for one in places], bool)
        return Log(log.past.take(here), tuple(row for row, kept in zip(log.live, here, strict=True) if kept))
    for account in linked:
        wished = wishes.read(account.live, account.sharing)
        if wished.sharing and wished.profiled:
            theirs = _without_forgotten(_merge(base, account.user, account.live), wished, catalog)
            log = _beside(log, _on(theirs, account.platform))
    return log


def _on(log: Log, platform: str | None) -> Log:
    """Say of events without a platform that they were on this one."""
    filled = objects([one or platform for one in _platforms(log.past)])
    return Log(replace(log.past, platform=filled), log.live)


def _beside(one: Log, other: Log) -> Log:
    """Join two logs in the order of time; the first comes first among equals."""
    columns = {name: np.concatenate((getattr(one.past, name), getattr(other.past, name)))
               for name in ("item", "kind", "at", "value", "event_id")}  # fmt: skip
    texts, places = (np.concatenate((of(one.past), of(other.past))) for of in (_texts, _platforms))
    whole, rows = History(**columns, text=texts, platform=places), one.live + other.live
    order = np.argsort(whole.at, kind="stable")
    return Log(whole.take(order), tuple(rows[place] for place in order))


def _texts(past: History) -> Objects:
    return objects([None] * len(past)) if past.text is None else past.text


def _platforms(past: History) -> Objects:
    return objects([None] * len(past)) if past.platform is None else past.platform


def _until(log: Log, at: float) -> Log:
    n_before = int(np.searchsorted(log.past.at, at, side="right"))
    if n_before == len(log.past):
        return log
    return Log(log.past.take(slice(0, n_before)), log.live[:n_before])


def _without_forgotten(log: Log, wished: wishes.Wishes, catalog: Catalog) -> Log:
    if not wished.forgotten:
        return log
    past = log.past
    keep = np.flatnonzero(~wishes.forgotten_slots(wished, catalog, past.item, past.kind, past.at))
    return Log(past.take(keep), tuple(log.live[place] for place in keep))


def _with_feedback(preferences: Preferences, log: Log, settings: Settings, wished: wishes.Wishes) -> Preferences:
    """Add what was hidden or disliked, in order: a later like takes a dislike back, not a hide."""
    past, events = log.past, settings.events
    if not _SAYS[past.kind].any():  # as most shoppers
        return replace(preferences, hidden_groups=preferences.hidden_groups | wished.hidden_groups)
    bad = (past.kind == KIND_CODE["dislike"]) | (
        (past.kind == KIND_CODE["rating"])
        & (slot_weights(past.kind, past.value, events.weights, events.rating_threshold) < 0)
    )
    said = bad | (past.kind == KIND_CODE["like"])
    disliked: set[str] = set()
    for slot in np.flatnonzero(said):
        (disliked.add if bad[slot] else disliked.discard)(past.item[slot])
    hidden = {item for item in past.item[past.kind == KIND_CODE["hide"]] if item is not None}
    return replace(
        preferences,
        hidden_items=preferences.hidden_items | disliked | hidden,
        hidden_groups=preferences.hidden_groups | wished.hidden_groups,
    )


def _slots(log: Log, catalog: Catalog, counts: Bools) -> tuple[History, frozenset[str]]:
    """Return the history that the model sees, and the items that count as seen; `counts` says which kinds do.

    A masked event still counts; a cancelled purchase does not.
    """
    past = log.past
    cancelled = _cancelled(np.zeros(len(past), np.int32), past.item, past.kind)
    masked = cancelled | _switched_off(log, catalog)
    slots = _TAKES_SLOT[past.kind]
    stands = slots & ~cancelled
    kept = past if slots.all() else past.take(slots)
    gone = np.flatnonzero(masked[slots])
    return kept.mask(gone) if len(gone) else kept, seen_items(past.item[stands], past.kind[stands], counts)


def _switched_off(log: Log, catalog: Catalog) -> Bools:
    """Which events the shopper said "not because of this" to, alone or in a group."""
    ids: set[str] = set()
    groups: set[tuple[str, str]] = set()
    for row in log.live:
        if row is not None and row.kind == "not_because":
            events, group = row.references()
            ids |= events
            groups |= set() if group is None else {group}
    past = log.past
    off = np.array([event_id in ids for event_id in past.event_id] if ids else [False] * len(past), np.bool_)
    for attribute, value in groups:
        off |= np.array([item is not None and value in catalog.values(item, attribute) for item in past.item], np.bool_)
    return off


def _cancelled(user: Any, item: Any, kind: Any) -> Bools:
    """Which purchases were cancelled: for each cancel, the newest purchase of that item before it still standing."""
    gone = np.zeros(len(kind), np.bool_)
    cancels = np.flatnonzero(kind == KIND_CODE["cancel"])
    if not len(cancels):
        return gone
    wanted = {(user[place], item[place]) for place in cancels}
    standing: dict[Any, list[int]] = {pair: [] for pair in wanted}
    for place in np.flatnonzero((kind == KIND_CODE["purchase"]) | (kind == KIND_CODE["cancel"])):
        bought = standing.get((user[place], item[place]))
        if bought is None:
            continue
        if kind[place] == KIND_CODE["purchase"]:
            bought.append(int(place))
        elif bought:
            gone[bought.pop()] = True
    return gone


def _with_search(past: History, text: str, at: float, platform: str | None) -> History:
    """Add the search of the request as the newest event."""
    return History(
        item=np.concatenate((past.item, objects([None]))),
        kind=np.concatenate((past.kind, np.array([KIND_CODE["search"]], np.int8))),
        at=np.concatenate((past.at, [at])),
        value=np.concatenate((past.value, np.array([np.nan], np.float32))),
        event_id=np.concatenate((past.event_id, objects([SEARCH_NOW]))),
        text=np.concatenate((_texts(past), objects([text]))),
        platform=np.concatenate((_platforms(past), objects([platform]))),
    )
