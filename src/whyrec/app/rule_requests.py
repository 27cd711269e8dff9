"""Filters and rules of a request, with their limits and descriptions, as OpenAPI shows them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from whyrec.app.request_parts import Attribute, Id, Number, Strict, keys, whole
from whyrec.core.errors import FilterError
from whyrec.core.expression import LONGEST, parse
from whyrec.core.rules import LAST_PLACE

FORMAT = "whyrec-filter"
"""What OpenAPI calls the form of an expression; a schema cannot say brackets inside each other."""


def _readable(text: str) -> str:
    try:
        parse(text)
    except FilterError as error:
        raise ValueError(str(error)) from None
    return text


Where = Annotated[
    str,
    AfterValidator(_readable),
    Field(
        min_length=1,
        max_length=LONGEST,
        pattern=r"^[^\x00]+$",
        description='Which items, as an expression: price < 300 and brand in ("Acme", "Lumo") and not kind = "video". '
        "Only its syntax is checked with the schema; an attribute that the catalogue lacks is answered 404.",
        json_schema_extra={"format": FORMAT},
    ),
]
Place = Annotated[int, Field(ge=1, le=LAST_PLACE), BeforeValidator(whole)]
Name = Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$", description="What the shop calls the rule.")]


class Range(Strict):
    """The ends of a range of numbers, both inside it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"min": 10, "max": 300}]})

    min: Number | None = None
    max: Number | None = None


Only = Annotated[
    dict[Attribute, Annotated[list[Id], Field(min_length=1, max_length=1000)] | Range],
    Field(
        max_length=50,
        description='Values or a range by attribute: {"brand": ["Acme"], "price": {"max": 300}}; item, kind, language, '
        "stock and since are attributes of every catalogue. An item needs one of the values of each.",
        json_schema_extra=keys,
    ),
]


class PinIn(Strict):
    """An item at a place, where no filter takes it out."""

    item: Id
    place: Place = 1
    name: Name = ""


class BoostIn(Strict):
    """Points added to the score of some items, for the order only."""

    where: Where
    points: Annotated[float, Field(ge=-1e6, le=1e6)]
    name: Name = ""


class CapIn(Strict):
    """At most so many items that share a value of an attribute."""

    attribute: Attribute
    most: Place
    among: Annotated[int, Field(ge=0, le=LAST_PLACE), BeforeValidator(whole)] = Field(
        0, description="Among so many first places; 0: the whole list."
    )
    name: Name = ""


class SponsoredIn(Strict):
    """Places for sponsored items; they carry the label."""

    places: list[Place] = Field(min_length=1, max_length=100)
    items: list[Id] = Field(min_length=1, max_length=1000)
    label: Name = Field("", description="What stands beside the item, such as the sponsor's name.")
    name: Name = ""


class RulesIn(Strict):
    """Rules for the order of one list: lists come to those of the shop, numbers take the place of the shop's."""

    pins: list[PinIn] = Field([], max_length=100)
    boosts: list[BoostIn] = Field([], max_length=20)
    caps: list[CapIn] = Field([], max_length=20)
    sponsored: list[SponsoredIn] = Field([], max_length=20)
    diversity: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None, description="How much likeness to items above counts against an item; 0 is off."
    )
    freshness: Annotated[float, Field(ge=-1e6, le=1e6)] | None = Field(
        None, description="Points for an item that is new today."
    )
    explore: Annotated[float, Field(ge=0, le=0.5)] | None = Field(
        None, description="Share of places, in the lower half, for items drawn by chance; each says so."
    )


def only(asked: dict[str, list[str] | Range] | None) -> dict[str, Any] | None:
    """Return what `only` says as the floor below reads it: a range as a tuple."""
    if asked is None:
        return None
    return {field: (said.min, said.max) if isinstance(said, Range) else said for field, said in asked.items()}


def rules(asked: RulesIn | None) -> dict[str, Any] | None:
    """Return the rules that a request has, without those that it leaves out."""
    return None if asked is None else asked.model_dump(exclude_unset=True, exclude_none=True)
