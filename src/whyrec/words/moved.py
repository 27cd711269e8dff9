"""What rules of the shop did to an item, and what filters left of the items, in words.

Each sentence is filled from the record of what a rule did (`Touch`), and an item that no rule touched gets none. A
sponsored place is called that, and nothing else is said of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from whyrec.core.types import Item
from whyrec.words.messages import clean, language_of, listed, message, number, place, quoted
from whyrec.words.say import Said

KNOWN = ("not in the catalogue", "off the shelf", "out of stock", "of another kind", "on the page", "excluded",
         "hidden", "seen", "not new", "sold elsewhere", "unknown to the snapshot")  # fmt: skip
"""Filters that have words; another one stands as it is."""


def moved(item: Item, locale: str) -> Said | None:
    """Return what rules did to an item of a list; None where they left it where it was."""
    language = language_of(locale)
    rules = _rules(item, language)
    record = {"language": language, "rules": rules}
    sentences = [_sentence(entry, language) for entry in rules]
    return Said(message(language, "between").join(sentences), record) if sentences else None


def line(item: Item, locale: str) -> str | None:
    """Return the one short line of a sponsored, pinned or explored place; None for any other."""
    language, kinds = language_of(locale), {touch.rule for touch in item.touches}
    if "sponsored" in kinds:
        name = clean(item.label, "", language) if item.label else ""
        key = "line-sponsored-named" if name else "line-sponsored"
        return message(language, key, name=name)
    if "pin" in kinds:
        return message(language, "line-pinned")
    return message(language, "line-explore") if "explore" in kinds else None


def _rules(item: Item, language: str) -> list[dict[str, Any]]:
    """What to say of each rule: those that give points moved the item together."""
    entries: list[dict[str, Any]] = []
    for touch in item.touches:
        if touch.rule == "sponsored":
            name = clean(item.label, "", language) if item.label else None
            return [{"rule": "sponsored", "name": name}]  # whatever else moved it, it stands here for this
        if touch.rule == "pin":
            entries.append({"rule": "pin", "name": clean(touch.name, "", language) if touch.name else None})
        elif touch.rule == "explore":
            entries.append({"rule": "explore"})
        elif touch.after is None or touch.before == touch.after:
            continue
        elif touch.rule == "diversity":
            entries.append({"rule": "diversity", "before": touch.before, "after": touch.after})
        else:
            name = None if touch.rule == "freshness" else clean(touch.name, "", language)
            if entries and touch.points is not None and "names" in entries[-1]:
                entries[-1]["names"].append(name)
            else:
                entries.append({"rule": "rules", "names": [name], "before": touch.before, "after": touch.after})
    return entries


def _sentence(entry: dict[str, Any], language: str) -> str:
    places = {key: place(entry[key], language) for key in ("before", "after") if key in entry}
    match entry["rule"]:
        case "rules":
            names = [message(language, "moved-new") if name is None else quoted(name, language)
                     for name in entry["names"]]  # fmt: skip
            return message(language, "moved-rules", names=listed(names, language), count=len(names), **places)
        case "diversity":
            return message(language, "moved-variety", **places)
        case "explore":
            return message(language, "moved-explore")
        case rule:
            key = f"moved-{rule}" + ("-named" if entry["name"] else "")
            return message(language, key, name=quoted(entry["name"] or "", language))


def nothing_left(taken: Sequence[tuple[str, int]], locale: str) -> Said:
    """Say which filters took how many items, where none is left; `taken` are (filter, items)."""
    language = language_of(locale)
    n_items = sum(items for _, items in taken)
    record = {"language": language, "items": n_items, "taken": [list(one) for one in taken]}
    parts = [
        message(language, "taken-part", filter=filter_name(name, language), number=number(items, language))
        for name, items in taken
    ]
    total = number(n_items, language)
    if not parts:
        return Said(message(language, "taken-none"), record)
    return Said(message(language, "taken-all", number=total, count=n_items, parts=listed(parts, language)), record)


def filter_name(name: str, language: str) -> str:
    """Return what a filter is called in a language; an expression stands as it is."""
    if name in KNOWN:
        return message(language, f"taken-{name.replace(' ', '-')}")
    return quoted(clean(name.removeprefix("filter: "), "", language), language)
