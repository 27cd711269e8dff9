"""Facts of a scenario in words: what is new, what is bought together how often, what two things share, what is fresh.

A fact (rank/facts) says what it is and its numbers; here the names that the reader knows are put in, and a message is
filled: a sentence of its own, or a few words behind the reason in the row of a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from whyrec.core.types import Catalog
from whyrec.words.messages import attribute_name, clean, language_of, listed, message, number, quoted

MOMENTS = ("daypart", "weekday")
"""Circumstances whose values the messages name themselves."""


def displayed(
    facts: Sequence[Mapping[str, Any]], names: Callable[[str], str], language: str, catalog: Catalog | None
) -> list[dict[str, Any]]:
    """Return facts as the reader will see them: names for items, values of attributes in their language."""
    return [_displayed(fact, names, language_of(language), catalog) for fact in facts]


def _displayed(
    fact: Mapping[str, Any], names: Callable[[str], str], language: str, catalog: Catalog | None
) -> dict[str, Any]:
    made = dict(fact)
    if "item" in made:
        made["item_id"] = made.pop("item")
        made["name"] = clean(names(made["item_id"]), made["item_id"], language)
    if "values" in made:
        made["values"] = [
            [attribute, _value(attribute, value, language, catalog)] for attribute, value in made["values"]
        ]
    for key in ("platform", "value"):
        if key in made:
            made[key] = clean(made[key], made[key], language)
    return made


def _value(attribute: str, value: str, language: str, catalog: Catalog | None) -> str:
    name = value if catalog is None else catalog.name(attribute, value, language)
    return clean(name, value, language)


def sentence(fact: Mapping[str, Any], language: str) -> str:
    """Return a fact as a sentence."""
    return message(language, f"fact-{_key(fact)}", **_slots(fact, language))


def short(facts: Sequence[Mapping[str, Any]], line: str, language: str) -> str:
    """Return a line of words with facts behind it."""
    if not facts:
        return line
    told = [message(language, f"short-{_key(fact)}", **_slots(fact, language)) for fact in facts]
    return message(language, "line-facts", line=line, facts=message(language, "short-between").join(told))


def _key(fact: Mapping[str, Any]) -> str:
    match fact["fact"]:
        case "new":
            return "new" if fact["count"] else "new-none"
        case "together":
            return f"together-{fact['how']}"
        case "circumstance":
            return f"circumstance-{fact['of']}"
        case name:
            return str(name)


def _slots(fact: Mapping[str, Any], language: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name in ("count", "days", "words"):
        if name in fact:
            made |= {name: fact[name], "number": number(fact[name], language)}
    if "lift" in fact:
        made["lift"] = number(fact["lift"], language)
    for name in ("name", "platform", "value"):
        if name in fact:
            made[name] = fact[name] if fact.get("of") in MOMENTS else quoted(fact[name], language)
    if "values" in fact:
        made["things"] = listed(_things(fact, language), language)
    return made


def _things(fact: Mapping[str, Any], language: str) -> list[str]:
    found = [
        message(language, "same-value", attribute=attribute_name(attribute, language), value=quoted(value, language))
        for attribute, value in fact["values"]
    ]
    if fact["words"]:
        count = {"count": fact["words"], "number": number(fact["words"], language)}
        found.append(message(language, "same-words", **count))
    return found
