"""What a shop says about the order of its lists: pins, boosts, caps, diversity, freshness, sponsored places.

Rules come from `[rules]` of whyrec.toml and from a request; the rules that a list followed are part of its Query, so
that it can be made again when the shop has others. `rank/order` follows them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from whyrec.core.errors import FilterError, SettingsError
from whyrec.core.expression import parse
from whyrec.core.setting import REQUIRED, setting

LAST_PLACE = 1000


@dataclass(frozen=True)
class Pin:
    """An item at a place, where no filter takes it out."""

    item: str = setting(REQUIRED, "Id of the item.")
    place: int = setting(1, "Its place on the list; 1 is the first.")
    name: str = setting("", "What the shop calls this rule, for traces and reasons.")


@dataclass(frozen=True)
class Boost:
    """Points added to the score of some items, for the order only."""

    where: str = setting(REQUIRED, 'Which items, as an expression: brand = "Lumo" and price < 300.')
    points: float = setting(REQUIRED, "Points to add, in the units of the score; negative puts them lower.")
    name: str = setting("", "What the shop calls this rule, for traces and reasons.")


@dataclass(frozen=True)
class Cap:
    """At most so many items with one value of an attribute; a list may become shorter by it."""

    attribute: str = setting(REQUIRED, "Attribute of the catalogue, such as brand or category.")
    most: int = setting(REQUIRED, "Most items that share a value.")
    among: int = setting(0, "Among so many first places; 0: the whole list.")
    name: str = setting("", "What the shop calls this rule, for traces and reasons.")


@dataclass(frozen=True)
class Sponsored:
    """Places for items that somebody pays for; they carry the label and are never called personal."""

    places: list[int] = setting(REQUIRED, "Places on the list; a pinned place gives way to the next free one.")
    items: list[str] = setting([], "Ids of items for these places; the one with the highest score comes first.")
    where: str = setting("", "Or which items, as an expression.")
    label: str = setting("", "What stands beside the item, such as the sponsor's name. Empty: the word alone.")
    name: str = setting("", "What the shop calls this rule, for traces.")


@dataclass(frozen=True)
class RuleSettings:
    """Rules of the shop for the order of its lists. Filters come first, and no rule brings back what they took."""

    pins: list[Pin] = setting([], "Items at fixed places.")
    boosts: list[Boost] = setting([], "Points for some items.")
    caps: list[Cap] = setting([], "Most items of one brand, category and so on.")
    sponsored: list[Sponsored] = setting([], "Places for sponsored items.")
    diversity: float = setting(
        0.0, "Maximal marginal relevance: how much likeness to items above counts, 0 (off) to 1 (nothing but it)."
    )
    diversity_by: list[str] = setting(
        [], "What items are alike in: attributes, or one column of vectors. Empty: every attribute of the catalogue."
    )
    freshness: float = setting(0.0, "Points for an item that is new today; 0: off.")
    freshness_days: float = setting(30.0, "Days after which the points for being new have halved.")
    explore: float = setting(
        0.0, "Share of places, in the lower half, for items drawn by chance from the pool; each says so. 0: off."
    )
    pool: int = setting(100, "Candidates, best first, that diversity and exploration choose from.")
    scenario: dict[str, dict[str, Any]] = setting(
        {},
        "Other rules for one scenario: [rules.scenario.related] with these keys, which take the place of those here.",
    )

    @property
    def active(self) -> bool:
        """Whether anything is said."""
        said = (self.pins, self.boosts, self.caps, self.sponsored, self.diversity, self.freshness, self.explore)
        return any(said)


def check(rules: RuleSettings, where: str) -> None:
    """Raise SettingsError for a rule that cannot be followed; `where` is the place named in messages."""
    for kind, place, expression in _expressions(rules):
        try:
            parse(expression)
        except FilterError as error:
            raise SettingsError(f"{where}: {kind}[{place}]: {error}") from None
    for name, value, low, high in _numbers(rules):
        if not (low <= value <= high and math.isfinite(value)):
            raise SettingsError(f"{where}: {name}: expected a number from {low:g} to {high:g}, got {value!r}.")
    for place, rule in enumerate(rules.sponsored):
        if not rule.places or bool(rule.items) == bool(rule.where):
            raise SettingsError(
                f"{where}: sponsored[{place}]: expected places, and either items or where, got {len(rule.places)} "
                f"places, {len(rule.items)} items and where = {rule.where!r}."
            )


def _expressions(rules: RuleSettings) -> list[tuple[str, int, str]]:
    boosts = [("boosts", place, rule.where) for place, rule in enumerate(rules.boosts)]
    return boosts + [("sponsored", place, rule.where) for place, rule in enumerate(rules.sponsored) if rule.where]


def _numbers(rules: RuleSettings) -> list[tuple[str, float, float, float]]:
    """Numbers of the rules by name, each with what it may be."""
    found = [
        ("diversity", rules.diversity, 0.0, 1.0),
        ("explore", rules.explore, 0.0, 0.5),
        ("freshness", rules.freshness, -1e6, 1e6),
        ("freshness_days", rules.freshness_days, 1e-3, 1e6),
        ("pool", rules.pool, 1, 100_000),
    ]
    found += [(f"pins[{i}]: place", rule.place, 1, LAST_PLACE) for i, rule in enumerate(rules.pins)]
    found += [(f"boosts[{i}]: points", rule.points, -1e6, 1e6) for i, rule in enumerate(rules.boosts)]
    found += [(f"caps[{i}]: most", rule.most, 1, LAST_PLACE) for i, rule in enumerate(rules.caps)]
    found += [(f"caps[{i}]: among", rule.among, 0, LAST_PLACE) for i, rule in enumerate(rules.caps)]
    for i, rule in enumerate(rules.sponsored):
        found += [(f"sponsored[{i}]: places", place, 1, LAST_PLACE) for place in rule.places]
    return found


def together(shop: RuleSettings, asked: RuleSettings | None, said: frozenset[str]) -> RuleSettings:
    """Lay the rules of a request over those of the shop: lists are added, numbers that were `said` replace.

    A pin of the request takes the place of the shop's pin on the same item or the same place.
    """
    if asked is None:
        return shop
    taken = {pin.place for pin in asked.pins} | {pin.item for pin in asked.pins}
    pins = [pin for pin in shop.pins if pin.place not in taken and pin.item not in taken] + asked.pins
    added = {name: [*getattr(shop, name), *getattr(asked, name)] for name in ("boosts", "caps", "sponsored")}
    numbers = {f.name: getattr(asked, f.name) for f in fields(asked) if f.name in said and f.name not in added}
    return replace(shop, **{**numbers, **added, "pins": pins})


def for_scenario(rules: RuleSettings, scenario: str, read: Any) -> RuleSettings:
    """Return the rules of one scenario; `read` builds RuleSettings from a table."""
    table: Mapping[str, Any] | None = rules.scenario.get(scenario)
    if table is None:
        return replace(rules, scenario={}) if rules.scenario else rules
    other = read(table)
    return replace(rules, scenario={}, **{name: getattr(other, name) for name in table})
