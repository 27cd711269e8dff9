"""Requests of the JSON API, with their limits, descriptions and examples, as OpenAPI shows them.

What a field may hold is said here; what must fit together (a rating needs a value) is checked by `store/records` for
every way that events come in, and said here in the schema's words, so that what the schema allows is taken. Only the
clock is beyond a schema: a time in the future is answered 409. Unknown keys are refused, numbers are finite, ids are
strings of up to 512 characters.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from whyrec.app.request_parts import (
    NULL,
    Attribute,
    Id,
    Length,
    Locale,
    Moment,
    Number,
    Schema,
    Strict,
    Words,
    keys,
    whole,
)
from whyrec.app.rule_requests import Only, RulesIn, Where
from whyrec.core.errors import nearest
from whyrec.core.types import HISTORY_KINDS, KIND_CODE, KINDS
from whyrec.rank.related import RELATIONS
from whyrec.rank.scenarios import SCENARIOS
from whyrec.store.records import LARGEST_NUMBER, LARGEST_POSITION, LONGEST_ID, WITHOUT_ITEM

EXPLICIT = ("not_because", "wrong_reason", "helpful", "preference", "forget")
"""Kinds that come by calls of their own and not as plain events."""
EVENT_KINDS = tuple(kind for kind in KINDS if kind not in EXPLICIT)
PAST_KINDS = tuple(kind for kind in KINDS if kind in HISTORY_KINDS)
MOST_EVENTS = 1000
MOST_CHANGES = 3000


def _check_kind(kinds: tuple[str, ...], value: str) -> str:
    """Refuse a kind that is not among these, with the nearest one."""
    if value not in kinds:
        own = {"preference": "PUT /v1/preferences", "forget": "DELETE /v1/profile/tags"}.get(value, "/v1/feedback")
        other = f". Send it to {own}." if value in KIND_CODE else f"{nearest(value, kinds)}."
        raise ValueError(f"unknown kind {value!r} here{other} Kinds: {', '.join(kinds)}.")
    return value


def _one_of(what: str, known: Collection[str], value: str) -> str:
    """Refuse a name that is not known, with the nearest one."""
    if value not in known:
        raise ValueError(f"unknown {what} {value!r}{nearest(value, known)}. Known: {', '.join(known)}.")
    return value


EventKind: TypeAlias = Annotated[
    str, AfterValidator(partial(_check_kind, EVENT_KINDS)), Field(json_schema_extra={"enum": [*EVENT_KINDS]})
]
PastKind: TypeAlias = Annotated[
    str, AfterValidator(partial(_check_kind, PAST_KINDS)), Field(json_schema_extra={"enum": [*PAST_KINDS]})
]
Position = Annotated[int, Field(ge=1, le=LARGEST_POSITION), BeforeValidator(whole)]
TagSource: TypeAlias = Literal["events", "users"]
Group = Annotated[str, Field(max_length=2 * LONGEST_ID, pattern=r"^[^=\x00]+=[^\x00]+$")]
Scenario: TypeAlias = Annotated[
    str,
    AfterValidator(partial(_one_of, "scenario", SCENARIOS)),
    Field(
        json_schema_extra={"enum": [*SCENARIOS]},
        description="; ".join(f"{one.name}: {one.does}" for one in SCENARIOS.values()) + ".",
    ),
]
Relation: TypeAlias = Annotated[
    str,
    AfterValidator(partial(_one_of, "relation", RELATIONS)),
    Field(
        json_schema_extra={"enum": [*RELATIONS]},
        description="; ".join(f"{name}: {does}" for name, does in RELATIONS.items()) + ".",
    ),
]
Method = Annotated[
    Literal["auto", "shapley"],
    Field(description="Weights: auto measures without each event alone, shapley shares out and says how sure it is."),
]
WithAttention = Annotated[
    bool,
    Field(description="Add where a model with attention looks, a picture, and what its order is worth as a reason."),
]
Search = Annotated[Literal["greedy", "beam"], Field(description="How sets of events are searched; beam is slower.")]


def _case(present: dict[str, str], absent: tuple[str, ...] = (), **more: Schema) -> Schema:
    """Return one branch of a schema's anyOf: these fields are there, with these types, and those are not."""
    there = {name: {"type": kind, **more.get(name, {})} for name, kind in present.items()}
    branch: Schema = {"properties": {**more, **there, **dict.fromkeys(absent, NULL)}}
    return {**branch, "required": [*present]} if present else branch


def _of_kind(*kinds: str) -> Schema:
    return {"enum": [*kinds]}


class Past(Strict):
    """One event of an anonymous history."""

    item_id: Id
    kind: PastKind = "view"
    at: Moment


class ListRequest(Strict):
    """Who asks for what. Without user and history the list is the popular one."""

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [
                {"anyOf": [_case({}, absent=("user_id",)), _case({}, absent=("history",))]},
                {
                    "anyOf": [
                        _case({}, absent=("relation",)),
                        _case({"scenario": "string"}, scenario=_of_kind("related")),
                    ]
                },
            ],
            "examples": [
                {"user_id": "2041", "n": 10, "locale": "en"},
                {"history": [{"item_id": "p-16", "kind": "view", "at": 1764000000}], "exclude": ["p-17"]},
                {"user_id": "2041", "where": 'price < 300 and not kind = "video"', "only": {"kind": ["product"]}},
                {"user_id": "2041", "rules": {"pins": [{"item": "p-16", "place": 2}], "diversity": 0.3}},
            ],
        }
    )

    user_id: Id | None = Field(None, description="A shopper; an unknown one gets the popular list.")
    history: list[Past | None] | None = Field(
        None,
        max_length=2000,
        description="Instead of a user: an anonymous history, oldest first. null: a removed event that keeps its slot.",
    )
    n: Length | None = None
    scenario: Scenario = "personal"
    context: list[Id] = Field([], max_length=100, description="Items on the page.")
    relation: Relation | None = Field(None, description="In the scenario related: how to the items on the page.")
    text: Words | None = Field(None, description="Words of a search; counts as the newest event.")
    locale: Locale | None = None
    platform: Id | None = None
    personalised: bool = Field(True, description="false: use nothing that the shopper did; the list is everybody's.")
    exclude: list[Id] = Field([], max_length=10_000, description="Items that must not be on the list.")
    where: Where | None = None
    only: Only | None = None
    rules: RulesIn | None = Field(None, description="Rules for the order, beside those of the shop.")
    explain: bool = Field(False, description="Add the whole explanation to every item, counterfactuals included.")

    @model_validator(mode="after")
    def _one_shopper(self) -> ListRequest:
        if self.user_id is not None and self.history is not None:
            raise ValueError("expected user_id or history, got both; leave one out")
        if self.relation is not None and self.scenario != "related":
            raise ValueError(f"expected a relation only in the scenario related, got one in {self.scenario}")
        return self


class TokenRequest(Strict):
    """For whom a page may speak, and how long."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"user_id": "2041", "minutes": 15}]})

    user_id: Id
    minutes: Annotated[int, Field(ge=1, le=60), BeforeValidator(whole)] | None = Field(
        None, description="How long the token holds; the settings' where left out."
    )


class EventIn(Strict):
    """Something that a shopper did. All have an item but a search, which has its words; a rating has its value."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                _case(
                    {"item_id": "string"},
                    kind=_of_kind(*(k for k in EVENT_KINDS if k not in WITHOUT_ITEM and k != "rating")),
                ),
                _case({"item_id": "string", "value": "number"}, kind=_of_kind("rating")),
                _case({"text": "string"}, kind=_of_kind("search")),
            ]
        }
    )

    event_id: Id | None = Field(None, description="Makes a retry harmless; one is made where it is left out.")
    user_id: Id
    item_id: Id | None = None
    kind: EventKind
    at: Moment | None = Field(None, description="Seconds since 1970, UTC; now where left out. The future is refused.")
    value: Number | None = Field(None, description="The rating, or the strength of the event.")
    quantity: Number | None = None
    price: Number | None = None
    session_id: Id | None = None
    platform: Id | None = None
    locale: Locale | None = None
    text: Words | None = Field(None, description="Words of a search.")
    answers: Id | None = Field(None, description="Id of the recommendation that the event answers.")
    position: Position | None = Field(None, description="Place on that list, from 1.")


class EventsIn(Strict):
    """A batch of events; all of them are kept or none."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "events": [
                        {"event_id": "web-1", "user_id": "2041", "item_id": "p-16", "kind": "view"},
                        {"user_id": "2041", "kind": "search", "text": "quiet keyboard"},
                    ]
                }
            ]
        }
    )

    events: list[EventIn] = Field(min_length=1, max_length=MOST_EVENTS)


ABOUT_ITEMS = ("like", "dislike", "hide", "wrong_reason")


class FeedbackIn(Strict):
    """What a shopper says of an item, of its reason, or of a group: like, hide, "not because of this", ... or undo.

    Nothing else than what its kind is about goes along: an item, events, a group, or what to undo.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                _case({"item_id": "string"}, ("event_ids", "group", "helpful"), kind=_of_kind(*ABOUT_ITEMS)),
                _case({"item_id": "string", "helpful": "boolean"}, ("event_ids", "group"), kind=_of_kind("helpful")),
                _case({"event_ids": "array"}, ("item_id", "group", "helpful"), kind=_of_kind("not_because")),
                _case({"group": "string"}, ("item_id", "event_ids", "helpful"), kind=_of_kind("not_because", "hide")),
                _case({"feedback_id": "string"}, ("item_id", "event_ids", "group", "helpful"), kind=_of_kind("undo")),
            ],
            "examples": [
                {"user_id": "2041", "kind": "hide", "item_id": "p-16"},
                {"user_id": "2041", "kind": "hide", "group": "brand=Lumo"},
                {"user_id": "2041", "kind": "not_because", "event_ids": ["web-1"]},
                {"user_id": "2041", "kind": "not_because", "group": "brand=Lumo"},
                {"user_id": "2041", "kind": "helpful", "item_id": "p-16", "helpful": True},
                {"user_id": "2041", "kind": "wrong_reason", "item_id": "p-16"},
                {"user_id": "2041", "kind": "undo", "feedback_id": "f-1"},
            ],
        }
    )

    user_id: Id
    kind: Literal["like", "dislike", "hide", "not_because", "wrong_reason", "helpful", "undo"]
    item_id: Id | None = Field(None, description="For like, dislike, hide; for wrong_reason and helpful: whose reason.")
    helpful: bool | None = Field(None, description="For helpful: whether the reason of the item was.")
    event_ids: list[Id] | None = Field(
        None, min_length=1, max_length=MOST_EVENTS, description="For not_because: the events of the reason."
    )
    group: Group | None = Field(
        None, description="For hide and not_because: attribute=value. Later items and events of the group too."
    )
    feedback_id: Id | None = Field(
        None, description="For undo: what to undo. Else: makes a retry harmless; one is made where it is left out."
    )
    answers: Id | None = Field(None, description="Id of the recommendation that it answers.")
    position: Position | None = Field(None, description="Place on that list, from 1.")

    @model_validator(mode="after")
    def _fits_its_kind(self) -> FeedbackIn:
        about_groups = {"hide": ("item_id", "group"), "not_because": ("event_ids", "group")}
        wanted = {"undo": ("feedback_id",), **about_groups}.get(self.kind, ("item_id",))
        about = ("item_id", "event_ids", "group") + (("feedback_id",) if self.kind == "undo" else ())
        given = [name for name in about if getattr(self, name) is not None]
        if len(given) != 1 or given[0] not in wanted:
            raise ValueError(f"expected {' or '.join(wanted)} for {self.kind}, got {' and '.join(given) or 'neither'}")
        if (self.helpful is not None) != (self.kind == "helpful"):
            raise ValueError("expected helpful, true or false, for the kind helpful and for no other")
        return self


class EraseIn(Strict):
    """Who is to be erased."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"user_id": "2043"}]})

    user_id: Id


class PreferencesIn(Strict):
    """What a shopper wishes once and for all; at least one of the three, and what is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [_case({name: "boolean"}) for name in ("personalised", "sharing", "minor")],
            "examples": [{"user_id": "2042", "personalised": False}, {"user_id": "2042", "sharing": True}],
        }
    )

    user_id: Id
    personalised: bool | None = Field(None, description="false: no list depends on the shopper.")
    sharing: bool | None = Field(None, description="Whether what happened on one platform may be used on another.")
    minor: bool | None = Field(None, description="true: the shopper is not profiled, whatever else is said.")
    feedback_id: Id | None = Field(None, description="Makes a retry harmless; one is made where it is left out.")

    @model_validator(mode="after")
    def _says_something(self) -> PreferencesIn:
        if self.personalised is None and self.sharing is None and self.minor is None:
            raise ValueError("expected personalised, sharing or minor, got none of them")
        return self


Titles = Annotated[dict[Locale, Words | None], Field(json_schema_extra=keys)]
Categories = Annotated[dict[Attribute, list[Id] | None], Field(json_schema_extra=keys)]
Numbers = Annotated[dict[Attribute, Number | None], Field(json_schema_extra=keys)]


class ItemFields(Strict):
    """What is known of an item. null makes a field unknown."""

    title: Words | None = None
    titles: Titles | None = Field(None, description="By language.")
    kind: Literal["product", "article", "video"] | None = None
    categories: Categories | None = Field(None, description="By attribute, e.g. brand, category.")
    numbers: Numbers | None = None
    price: Annotated[float, Field(ge=0, le=LARGEST_NUMBER)] | None = None
    stock: Annotated[int, Field(ge=0, le=LARGEST_NUMBER), BeforeValidator(whole)] | None = Field(
        None, description="How many there are; 0 takes it off the shelf until there are some again."
    )
    since: Moment | None = Field(None, description="First sold or published; seconds since 1970, UTC.")
    available: bool | None = Field(None, description="false takes it off the shelf.")


class ItemIn(ItemFields):
    """An item to create or change; fields that are left out stay as they are."""

    item_id: Id


class ItemsIn(Strict):
    """A batch of items."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {"item_id": "p-40", "title": "Desk lamp", "categories": {"brand": ["Lumo"]}, "price": 29.9},
                        {"item_id": "p-16", "stock": 0},
                    ]
                }
            ]
        }
    )

    items: list[ItemIn] = Field(min_length=1, max_length=MOST_CHANGES)
