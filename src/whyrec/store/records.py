"""Rows of the store: a live event checked on its way in, and queries and lists as JSON without loss.

A query is stored whole, so that its list can be made and explained again from nothing but the record. Histories
are written as columns, and the kinds by name, so that the record outlives the order of KINDS.
"""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from whyrec.core.config import from_table
from whyrec.core.errors import FutureError, InputError, nearest
from whyrec.core.rules import RuleSettings
from whyrec.core.types import (
    KIND_CODE,
    KINDS,
    REMOVED,
    History,
    Item,
    Mix,
    Preferences,
    Query,
    Recommendation,
    Touch,
    objects,
)

CLOCK_SKEW_S = 300
"""An event may be this far ahead of our clock; it then counts as happening now."""
LONGEST_ID = 512
LONGEST_TEXT = 2000
LARGEST_NUMBER = 1e12
LARGEST_POSITION = 1000
WITHOUT_ITEM = frozenset({"search", "not_because", "preference", "forget"})
SAID = ("like", "dislike", "hide", "not_because", "wrong_reason", "helpful", "preference", "forget")
"""Kinds in which a shopper says something, and which can be undone."""


@dataclass(frozen=True)
class LiveEvent:
    """One event as the store keeps it.

    `reference` is JSON: what a "not because of this" takes back, the group that is hidden, or what is wished for.
    """

    event_id: str
    user_id: str
    item_id: str | None
    kind: str
    at: float
    session_id: str | None = None
    value: float | None = None
    quantity: float | None = None
    price: float | None = None
    platform: str | None = None
    locale: str | None = None
    text: str | None = None
    answers: str | None = None
    position: int | None = None  # place on the list that it answers, from 1
    reference: str | None = None
    received_at: float = 0.0

    def references(self) -> tuple[frozenset[str], tuple[str, str] | None]:
        """Return what a "not because of this" takes back: ids of single events, and a group (attribute, value)."""
        said = self.about()
        group = said.get("group")
        return frozenset(said.get("event_ids", ())), None if group is None else (group[0], group[1])

    def about(self) -> dict[str, Any]:
        """Return the reference as it was said."""
        return dict(json.loads(self.reference)) if self.reference else {}


FIELDS = tuple(f.name for f in fields(LiveEvent))


def live_event(row: Mapping[str, Any], now: float) -> LiveEvent:
    """Check one event; one without `event_id` gets one, one without `at` happens now.

    Raises InputError for a key, kind, id, time or number that cannot be.
    """
    unknown = [key for key in row if key not in FIELDS]
    if unknown:
        raise InputError(
            f"Event: unknown key {unknown[0]!r}{nearest(str(unknown[0]), FIELDS)}. Known keys: {', '.join(FIELDS)}."
        )
    kind = row.get("kind")
    if kind not in KIND_CODE:
        raise InputError(f"Event: unknown kind {kind!r}{nearest(str(kind), KINDS)}. Known kinds: {', '.join(KINDS)}.")
    group = kind == "hide" and row.get("reference") is not None
    if row.get("item_id") is None and kind not in WITHOUT_ITEM and not group:
        raise InputError(f"Event: expected item_id for the kind {kind!r}, got none. Only a search has no item.")
    if kind == "search" and not row.get("text"):
        raise InputError("Event: expected the words of the search in text, got none.")
    if kind == "rating" and row.get("value") is None:
        raise InputError("Event: expected the rating in value, got none.")
    return LiveEvent(
        event_id=_word(row, "event_id") or uuid.uuid4().hex,
        user_id=_word(row, "user_id", required=True) or "",
        item_id=_word(row, "item_id"),
        kind=kind,
        at=_time(row.get("at"), now),
        session_id=_word(row, "session_id"),
        value=_number(row, "value"),
        quantity=_number(row, "quantity"),
        price=_number(row, "price"),
        platform=_word(row, "platform"),
        locale=_word(row, "locale"),
        text=_word(row, "text", LONGEST_TEXT),
        answers=_word(row, "answers"),
        position=_position(row.get("position")),
        reference=row.get("reference"),
        received_at=now,
    )


def _word(row: Mapping[str, Any], name: str, longest: int = LONGEST_ID, required: bool = False) -> str | None:
    value = row.get(name)
    if value is None and not required:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise InputError(f"Event: expected {name} as a string of 1 to {longest} characters, got {str(value)[:40]!r}.")
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise InputError(f"Event: {name} holds a NUL or half a character, which no store can keep. Remove it.")
    return value


def _number(row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= LARGEST_NUMBER:
        raise InputError(f"Event: expected {name} as a number up to {LARGEST_NUMBER:g}, got {str(value)[:40]!r}.")
    return float(value)


def _position(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST_POSITION:
        said = str(value)[:40]
        raise InputError(f"Event: expected position as a whole number from 1 to {LARGEST_POSITION}, got {said!r}.")
    return value


def _time(value: Any, now: float) -> float:
    if value is None:
        return now
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise InputError(f"Event: expected at in seconds since 1970 (UTC), got {str(value)[:40]!r}.")
    if value > now + CLOCK_SKEW_S:
        hint = " It looks like milliseconds; divide by 1000." if value > 1e11 else ""
        raise FutureError(f"Event: at = {str(value)[:40]} lies in the future.{hint}")
    return min(float(value), now)


def query_to_json(query: Query) -> str:
    """Return a query as JSON, from which `query_from_json` makes an equal one."""
    past = query.history
    history = {
        "item": past.item.tolist(),
        "kind": [None if code == REMOVED else KINDS[code] for code in past.kind.tolist()],
        "at": past.at.tolist(),
        "value": [None if math.isnan(value) else value for value in past.value.tolist()],
        "event_id": past.event_id.tolist(),
        "text": None if past.text is None else past.text.tolist(),
        "platform": None if past.platform is None else past.platform.tolist(),
    }
    liked = query.preferences
    plain = {f.name: getattr(query, f.name) for f in fields(Query) if f.name not in ("history", "preferences")}
    preferences = {
        "personalised": liked.personalised,
        "sharing": liked.sharing,
        "hidden_items": sorted(liked.hidden_items),
        "hidden_groups": sorted(liked.hidden_groups),
    }
    plain["rules"] = None if query.rules is None else asdict(query.rules)
    plain["mix"] = None if query.mix is None else asdict(query.mix)
    whole = {**plain, "profile": dict(query.profile), "seen": sorted(query.seen), "exclude": sorted(query.exclude)}
    return json.dumps({**whole, "preferences": preferences, "history": history}, separators=(",", ":"))


def query_from_json(text: str) -> Query:
    """Return the query that `query_to_json` wrote."""
    said = json.loads(text)
    past, liked = said.pop("history"), said.pop("preferences")
    history = History(
        item=objects(past["item"]),
        kind=np.array([REMOVED if kind is None else KIND_CODE[kind] for kind in past["kind"]], np.int8),
        at=np.array(past["at"], np.float64),
        value=np.array([math.nan if value is None else value for value in past["value"]], np.float32),
        event_id=objects(past["event_id"]),
        text=None if past["text"] is None else objects(past["text"]),
        # Lists that were stored before events had a platform have none.
        platform=None if past.get("platform") is None else objects(past["platform"]),
    )
    preferences = Preferences(
        personalised=liked["personalised"],
        sharing=liked.get("sharing", False),  # lists that were stored before it could be said
        hidden_items=frozenset(liked["hidden_items"]),
        hidden_groups=frozenset((attribute, value) for attribute, value in liked["hidden_groups"]),
    )
    for name, kind in (("seen", frozenset), ("exclude", frozenset), ("context", tuple)):
        said[name] = kind(said[name])
    # Lists that were stored before there were filters and rules have none.
    said["filters"] = tuple(said.get("filters", ()))
    said["rules"] = None if said.get("rules") is None else from_table(RuleSettings, said["rules"], "rules")
    said["mix"] = _mix(said.get("mix"))
    return Query(**said, history=history, preferences=preferences)


def _mix(said: Mapping[str, Any] | None) -> Mix | None:
    if said is None:
        return None
    factors = tuple((str(part), float(factor)) for part, factor in said["factors"])
    return Mix(said["name"], factors, said["newest"], tuple(said["context"]))


def mixed_to_json(made: Recommendation) -> str | None:
    """Return what learning from a list's answers needs beside them; None for a list without a mix."""
    mix = made.query.mix
    if mix is None:
        return None
    drawn = [place for place, item in enumerate(made.items) if "explore" in item.sources]
    said = {"mix": mix.name, "context": mix.context, "items": [item.item_id for item in made.items], "explored": drawn}
    return json.dumps(said, separators=(",", ":"))


def items_to_json(items: tuple[Item, ...]) -> str:
    """Return the places of a list as JSON."""
    rows = [{**vars(item), "touches": [asdict(touch) for touch in item.touches]} for item in items]
    return json.dumps(rows, separators=(",", ":"), allow_nan=False)


def recommendation_from_json(row: Mapping[str, Any], query: str, result: str) -> Recommendation:
    """Return a stored list; `row` holds its id and the ids of snapshot, catalogue and settings."""
    places = tuple(
        Item(
            **{
                **place,
                "sources": tuple(place["sources"]),
                "trace": tuple(place["trace"]),
                "touches": tuple(Touch(**touch) for touch in place.get("touches", ())),
            }
        )
        for place in json.loads(result)
    )
    return Recommendation(
        id=row["id"],
        query=query_from_json(query),
        items=places,
        snapshot=row["snapshot"],
        catalog=row["catalog"],
        settings=row["settings"],
    )
