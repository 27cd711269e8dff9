"""What the long form says beyond single causes: members, groups of events, what of the item they speak for.

Each claim is a number of the Explanation, and what it says of the catalogue is looked up there again before it is
said: a group is "with the brand Lumo" only if each of its items has that brand now, and an item's own brand is said
only if the item has it. What cannot be shown to be true, or does not move the score, is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, TypeAlias

from whyrec.core.types import KINDS, Catalog, Explanation, Floats, Query, Reason
from whyrec.words import show
from whyrec.words.messages import modality_name

Alike: TypeAlias = tuple[Sequence[tuple[int, ...]], Mapping[tuple[str, str], Floats]]
"""Units of slots, and by (attribute, value) of the item what each unit gives to its score."""

MOST_GROUPS = 2
MOST_VALUES = 3
NEAR = 1e-5
"""The ends of a band of prices are kept with six digits."""


def total(explanation: Explanation) -> float | None:
    """What shares are taken of: the score as the sum of its parts; None where a share of it would mean nothing."""
    found = explanation.empty_score + sum(reason.weight for reason in explanation.reasons)
    return found if found > 0 else None


def parts(explanation: Explanation, record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the shares of members, largest first; none where one of them lowers the score.

    None too where the record already has another share for popularity: that is the score without any event, to which
    other members than the popular one may add, and two numbers would contradict each other.
    """
    found = [part for part in show.shares(explanation) if part.percent]
    found.sort(key=lambda part: -(part.percent or 0))
    made = [{"part": p.kind, "known": p.kind in show.PHRASES.values(), "percent": p.percent} for p in found]
    popular = next((part["percent"] for part in made if part["part"] == "popular"), 0)
    told = record["percent"] if record["covered"] is None else record["covered"]["popular"]
    return made if len(made) > 1 and told in (None, popular) else []


def together(
    explanation: Explanation, query: Query, catalog: Catalog | None, small: float, language: str, timed: bool
) -> list[dict[str, Any]]:
    """Return the groups worth a sentence: those that the item belongs to first, one an attribute.

    Then those that give most beside how many they are: nine in ten events that give nine tenths tell nothing.
    """
    raising = [
        group for group in explanation.groups if group.kind == "group" and group.weight > 0 and len(group.slots) > 1
    ]
    least = small * max((group.weight for group in raising), default=0.0)
    whole = total(explanation)
    beyond = show.beyond(explanation, len(query.history.live()))
    found: list[tuple[bool, float, dict[str, Any]]] = []
    for group in raising:
        claim = _claim(group, explanation.item_id, query, catalog, language, timed)
        share = None if whole is None or group.weight > whole else round(100 * group.weight / whole)
        if claim is not None and share != 0 and group.weight >= least and beyond(group) > 0:
            made = {"own": False, **claim, "count": len(group.slots), "percent": share}
            found.append((not made["own"], -beyond(group), made))
    chosen: dict[str, dict[str, Any]] = {}
    for _, _, claim in sorted(found, key=lambda entry: entry[:2]):
        chosen.setdefault(claim["attribute"], claim)
    return list(chosen.values())[:MOST_GROUPS]


def _claim(
    group: Reason, item: str, query: Query, catalog: Catalog | None, language: str, timed: bool
) -> dict[str, Any] | None:
    """Put a group into what is displayed of it, if it is true; None where it is not, or cannot be known."""
    attribute, _, value = group.reference.partition("=")
    slots = list(group.slots)
    items = [query.history.item[slot] for slot in slots]
    if attribute == "kind":
        true = value in KINDS and all(int(query.history.kind[slot]) == KINDS.index(value) for slot in slots)
        return {"attribute": attribute, "value": value} if true else None
    if attribute == "days":
        first, _, last = value.partition("..")
        return {"attribute": attribute, "value": [first, last]} if timed else None
    if attribute == "price":
        band = tuple(float(end) for end in value.split(".."))
        true = catalog is not None and all(_costs(catalog, one, band) for one in items)
        return {"attribute": attribute, "value": list(band), "own": _costs(catalog, item, band)} if true else None
    if attribute == "platform":
        where = query.history.platform
        true = where is not None and all(str(where[slot]) == value for slot in slots)
        return {"attribute": attribute, "value": value, "name": value} if true else None
    if attribute == "modality" and catalog is not None and catalog.kinds is not None:
        kinds = [_kind(catalog, one) for one in [*items, item]]
        claim = {"attribute": attribute, "value": value, "own": kinds[-1] == value}
        claim["name"] = modality_name(value, language)
        return claim if all(kind == value for kind in kinds[:-1]) else None
    if catalog is None or attribute not in catalog.categories:
        return None
    if not all(one is not None and value in catalog.values(one, attribute) for one in items):
        return None
    name = catalog.name(attribute, value, language)
    return {"attribute": attribute, "value": value, "name": name, "own": value in catalog.values(item, attribute)}


def _kind(catalog: Catalog, item: str | None) -> str | None:
    code = None if item is None else catalog.items.index.get(item)
    return None if code is None or catalog.kinds is None else str(catalog.kinds[code] or "product")


def _costs(catalog: Catalog | None, item: str | None, band: Sequence[float]) -> bool:
    code = None if catalog is None or item is None else catalog.items.index.get(item)
    if catalog is None or code is None or "price" not in catalog.numbers:
        return False
    price, (low, high) = float(catalog.numbers["price"][code]), band
    return low - NEAR * abs(low) <= price <= high + NEAR * abs(high)


def alike(
    explanation: Explanation, query: Query, catalog: Catalog | None, given: Alike | None, small: float, language: str
) -> list[dict[str, Any]]:
    """Return the values of the item that the events speak for, with the item whose events speak most for each."""
    whole = total(explanation)
    if given is None or catalog is None or whole is None:
        return []
    units, by_value = given
    item, code = explanation.item_id, catalog.items.index.get(explanation.item_id)
    found = []
    for (attribute, value), weights in by_value.items():
        weight = float(weights.sum())
        if not value or code is None or not isfinite(weight) or not 0 < weight <= whole:
            continue
        own = {"attribute": attribute, "name": catalog.name(attribute, value, language)}
        if attribute == "words":
            titles = [str(column[code] or "") for column in catalog.titles.values()]
            if not any(value in title.casefold() for title in titles):
                continue
            own = {"attribute": "word", "name": value}
        elif value not in catalog.values(item, attribute):
            continue
        most = query.history.item[units[int(weights.argmax())][0]]
        if most is not None and round(100 * weight / whole) > 0:
            found.append((weight, {**own, "percent": round(100 * weight / whole), "most": most}))
    found.sort(key=lambda entry: -entry[0])
    return [claim for weight, claim in found[:MOST_VALUES] if weight >= small * found[0][0]]
