"""Parts that requests of the JSON API are made of: ids, numbers, lengths, and a model that takes nothing unknown."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from whyrec.store.records import LARGEST_NUMBER, LONGEST_ID, LONGEST_TEXT

MOST_ITEMS = 1000


def whole(value: Any) -> Any:
    """Return 10 for 10.0, since JSON knows no whole numbers apart."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


# No store can keep a NUL; half a character (a lone surrogate) is refused by pydantic.
Id = Annotated[str, Field(min_length=1, max_length=LONGEST_ID, pattern=r"^[^\x00]+$")]
Words = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT, pattern=r"^[^\x00]+$")]
LOCALE = r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$"
LONGEST_LOCALE = 35
LONGEST_ATTRIBUTE = 100
Locale = Annotated[str, Field(max_length=LONGEST_LOCALE, pattern=LOCALE, description="BCP 47, e.g. zh-CN.")]
Number = Annotated[float, Field(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
Moment = Annotated[float, Field(ge=0, le=LARGEST_NUMBER, description="Seconds since 1970, UTC.")]
# JSON knows no whole numbers apart: 10.0 is 10.
Length = Annotated[int, Field(ge=1, le=MOST_ITEMS, description="Items of the list."), BeforeValidator(whole)]
Schema: TypeAlias = dict[str, Any]
NULL: Schema = {"type": "null"}


class Strict(BaseModel):
    """A request: nothing unknown, nothing converted, no NaN or infinity."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


def keys(schema: Schema) -> None:
    """Say of a dictionary that other keys are refused; pydantic only says what keys of the pattern hold."""
    ((pattern, values),) = schema.pop("patternProperties").items()
    longest = LONGEST_LOCALE if pattern == LOCALE else LONGEST_ATTRIBUTE
    schema |= {"additionalProperties": values, "propertyNames": {"pattern": pattern, "maxLength": longest}}


Attribute = Annotated[str, Field(min_length=1, max_length=LONGEST_ATTRIBUTE, pattern=r"^[^\x00=]+$")]
