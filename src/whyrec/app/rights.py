"""What a shopper may see, change and take along: profile with where each part comes from, tags, preferences, export.

Nothing here is kept apart: preferences and deletions are feedback events like others, so each can be undone by its id.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from whyrec.core.errors import ErasedError, UsageError, nearest
from whyrec.core.types import KINDS, UNKNOWN, History, Query
from whyrec.rank import wishes
from whyrec.rank.wishes import EVENTS, TABLE
from whyrec.store.records import SAID, LiveEvent

if TYPE_CHECKING:
    from whyrec.app.shop import Shop

MOST_TAGS = 200
"""Tags of a profile, the most frequent ones; `more_tags` counts the others."""


def profile(shop: Shop, user: str) -> dict[str, Any]:
    """Return all that is known and inferred of a shopper, what they said, and whether lists depend on it."""
    live = _live(shop, user)
    wished = wishes.read(live)
    query = shop.query(user)
    tags = [*_of_table(shop, user, wished), *_of_events(shop, query)]
    return {
        "user_id": user,
        **_state(wished),
        "events": _events(shop, user, live),
        "tags": tags[:MOST_TAGS],
        "more_tags": max(0, len(tags) - MOST_TAGS),
        "said": [_said(row) for row in live if row.kind in SAID],
    }


def set_preferences(
    shop: Shop, user: str, said: Mapping[str, bool | None], feedback_id: str | None = None
) -> dict[str, Any]:
    """Keep preferences; those that are not named stay. Returns all of them, and the id that undoes this."""
    said = {name: value for name, value in said.items() if value is not None}
    unknown = [name for name in said if name not in wishes.PREFERENCES]
    if unknown or not said:
        known = ", ".join(wishes.PREFERENCES)
        got = f"{unknown[0]!r}{nearest(unknown[0], wishes.PREFERENCES)}" if unknown else "none"
        raise UsageError(f"Expected preferences among {known}, got {got}.")
    kept = _say(shop, user, "preference", dict(said), feedback_id)
    return {**kept, **_state(wishes.read(_live(shop, user)))}


def forget(shop: Shop, user: str, tag: str, source: str = EVENTS) -> dict[str, Any]:
    """Delete a tag of a shopper: nothing that led to it until now is used any more. Returns the id that undoes this.

    Raises UsageError for a tag that the shopper does not have.
    """
    attribute, _, value = tag.partition("=")
    query = shop.query(user)
    found = _of_events(shop, query) if source == EVENTS else _of_table(shop, user, wishes.read(_live(shop, user)))
    known = [one["tag"] for one in found]
    if tag not in known:
        raise UsageError(f"Expected a tag that this shopper has, got {tag!r}{nearest(tag, known)}. See the profile.")
    return _say(shop, user, "forget", {"tag": [source, attribute, value]}, None)


def export(shop: Shop, user: str) -> dict[str, Any]:
    """Return everything that the shop folder and the store hold about a shopper."""
    from whyrec.data.people import rows_about

    kept_as = shop.known_as(user)
    return {
        "profile": profile(shop, user),
        "users": shop.tables.profile(kept_as),
        "log": rows_about(shop.folder, kept_as),
        "events": [vars(row) for row in shop.store.every_event_of(kept_as)] if shop.has_store else [],
        "lists": shop.store.lists_of(kept_as) if shop.has_store else [],
    }


def _live(shop: Shop, user: str) -> list[LiveEvent]:
    return shop.store.events_of(shop.known_as(user)) if shop.has_store else []


def _say(shop: Shop, user: str, kind: str, reference: Mapping[str, Any], feedback_id: str | None) -> dict[str, Any]:
    name = feedback_id or uuid.uuid4().hex
    row = {"event_id": name, "user_id": user, "kind": kind, "reference": json.dumps(reference)}
    kept = shop.add_events([row])
    if kept.suppressed:
        raise ErasedError()
    return {"feedback_id": name, "accepted": kept.accepted == 1}


def _state(wished: wishes.Wishes) -> dict[str, bool]:
    return {**{name: getattr(wished, name) for name in wishes.PREFERENCES}, "profiled": wished.profiled}


def _events(shop: Shop, user: str, live: list[LiveEvent]) -> dict[str, Any]:
    base = shop.tables.events
    code = base.users.index.get(shop.known_as(user))
    past = History.empty() if code is None else base.history(base.rows_of(code))
    times = [*past.at.tolist(), *(row.at for row in live)]
    kinds = Counter([KINDS[kind] for kind in past.kind.tolist()] + [row.kind for row in live])
    return {
        "n": len(times),
        "imported": len(past),
        "kinds": dict(kinds.most_common()),
        "first_at": min(times, default=None),
        "last_at": max(times, default=None),
    }


def _of_table(shop: Shop, user: str, wished: wishes.Wishes) -> list[dict[str, Any]]:
    known = wishes.known_profile(wished, shop.tables.profile(shop.known_as(user)))
    return [_tag(attribute, value, TABLE) for attribute, value in sorted(known.items())]


def _of_events(shop: Shop, query: Query) -> list[dict[str, Any]]:
    """Tags of the history that lists depend on, the most frequent first; none where nothing is inferred."""
    past, catalog = query.history, shop.catalog
    slots: dict[tuple[str, str], list[int]] = {}
    for slot in past.live():
        for attribute in catalog.categories:
            for value in catalog.values(past.item[slot], attribute) if past.item[slot] is not None else ():
                if value != UNKNOWN:
                    slots.setdefault((attribute, value), []).append(int(slot))
    order = sorted(slots.items(), key=lambda found: (-len(found[1]), found[0]))
    return [
        {
            **_tag(attribute, value, EVENTS),
            "events": len(mine),
            "kinds": dict(Counter(KINDS[kind] for kind in past.kind[mine].tolist()).most_common()),
            "first_at": float(np.min(past.at[mine])),
            "last_at": float(np.max(past.at[mine])),
        }
        for (attribute, value), mine in order
    ]


def _tag(attribute: str, value: str, source: str) -> dict[str, Any]:
    empty = {"events": 0, "kinds": {}, "first_at": None, "last_at": None}
    return {"tag": f"{attribute}={value}", "attribute": attribute, "value": value, "source": source, **empty}


def _said(row: LiveEvent) -> dict[str, Any]:
    about = row.about()
    group = about.get("group") or about.get("tag", ())[1:]
    return {
        "feedback_id": row.event_id,
        "kind": row.kind,
        "at": row.at,
        "item_id": row.item_id,
        "event_ids": list(about.get("event_ids", ())),
        "group": "=".join(group) if group else None,
        "preferences": {name: about[name] for name in wishes.PREFERENCES if name in about},
        "value": row.value,
    }
