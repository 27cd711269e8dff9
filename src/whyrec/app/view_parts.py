"""What an item, a page and the whole shop are made of, as plain data for bars, columns and the network.

Labels come from the reader's language; the numbers are those of `words/show`, `words/network` and `words/overall`, so
that all pictures of one record agree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from whyrec.app.reader import Reader, Scale
from whyrec.core.types import KINDS, Explanation, Query
from whyrec.words import show
from whyrec.words.messages import attribute_name, message, modality_name, money
from whyrec.words.network import Network, network
from whyrec.words.overall import Amount, Overall

if TYPE_CHECKING:
    from whyrec.app.shop import Shop

COLOURS = {
    "order": "order", "alike": "content", "same": "content", "taste": "explore", "popular": "popular",
    "recent": "popular", "fresh": "popular", "context": "explore",
}  # fmt: skip
"""Colour of a part of a score, that of popularity for what is the same for all; the others are what the shopper did."""
WEAK = frozenset(KINDS[KINDS.index("view") : KINDS.index("cancel")])
"""Kinds of event that are drawn in the second colour of a bar by kind."""
MOST_GROUPS = 8


@dataclass(frozen=True)
class Share:
    """One part of a score; `percent` is None where shares make no sense, and bars around zero are drawn."""

    part: str  # class of its colour
    label: str
    value: float
    percent: int | None


@dataclass(frozen=True)
class Column:
    """A day or a week: its label, what its events add and take, and how many they are."""

    label: str
    raises: float
    lowers: float
    n: int


def members(explanation: Explanation, reader: Reader) -> list[Share]:
    """Return what the item's score is made of, member by member."""
    known = set(show.PHRASES.values())
    return [
        Share(
            COLOURS.get(p.kind, "bought"), _phrase(p.kind, reader) if p.kind in known else p.kind, p.weight, p.percent
        )
        for p in show.shares(explanation)
    ]


def _phrase(kind: str, reader: Reader) -> str:
    return message(reader.language, f"part-{kind}")


def kinds(explanation: Explanation, query: Query, reader: Reader) -> list[Share]:
    """Return what the item's score is made of by kind of event, and popularity."""
    found = []
    for p in show.kind_shares(explanation, query):
        part = "popular" if p.kind == "popular" else "second" if p.kind in WEAK else "bought"
        label = reader.say("step-popular") if p.kind == "popular" else _kind(p.kind, reader)
        found.append(Share(part, label, p.weight, p.percent))
    return found


def _kind(kind: str, reader: Reader) -> str:
    return reader.kind(kind) if kind in (*KINDS, "context", "removed") else reader.say("part-several")


def groups(shop: Shop, explanation: Explanation, query: Query, reader: Reader) -> list[Share]:
    """Return groups of events with what the item loses without each, largest first; they overlap."""
    found = sorted(
        (g for g in explanation.groups if g.kind == "group"), key=lambda group: -abs(group.weight)
    )[:MOST_GROUPS]  # fmt: skip
    return [
        Share(
            "raises" if g.weight >= 0 else "lowers",
            f"{group_name(shop, g.reference, reader)} {_times(len(g.slots), reader)}",
            g.weight,
            None,
        )
        for g in found
    ]


def _times(n: int, reader: Reader) -> str:
    """The count of a group, which stays on one line."""
    return reader.say("times", n=n).replace(" ", "\N{NO-BREAK SPACE}")


def group_name(shop: Shop, reference: str, reader: Reader) -> str:
    """Put a group's reference into words: a brand, a band of prices, a kind of event, a stretch of days."""
    attribute, _, value = reference.partition("=")
    if attribute == "kind":
        return reader.say("group-kind", kind=_kind(value, reader))
    if attribute == "days":
        first, last = (_noon(day, reader) for day in value.split(".."))
        return f"{reader.day(first)} – {reader.day(last)}"
    if attribute == "price":
        ends = (money(float(end), shop.settings.shop.currency, reader.language) for end in value.split(".."))
        return " – ".join(ends)
    if attribute == "modality":
        name = modality_name(value, reader.language)
    else:
        name = shop.catalog.name(attribute, value, reader.language)
    return reader.say("group-value", attribute=attribute_name(attribute, reader.language), value=name)


def _noon(day: str, reader: Reader) -> float:
    at = datetime.combine(datetime.fromisoformat(day).date(), time(12), ZoneInfo(reader.time_zone))
    return at.timestamp()


def columns(
    explanations: Explanation | Sequence[Explanation], query: Query, reader: Reader
) -> tuple[list[Column], bool]:
    """Return what events add by day, or by week (the second value says so); nothing where there are no times."""
    if not reader.timed:
        return [], False
    found = show.periods(show.series(explanations, query, str), reader.time_zone)
    weekly = bool(found) and found[0].first != found[0].last
    zone = ZoneInfo(reader.time_zone)
    starts = [datetime.combine(p.first, time(12), zone).astimezone(UTC).timestamp() for p in found]
    return [Column(reader.day(at), p.raises, p.lowers, p.n) for at, p in zip(starts, found, strict=True)], weekly


def relations(shop: Shop, explanations: Sequence[Explanation], query: Query, reader: Reader, user: str) -> Network:
    """Return the relation network of a page."""
    return network(
        explanations,
        query,
        lambda item: shop.title(item, reader.language),
        user or reader.say("tab-shopper"),
        lambda reference: group_name(shop, reference, reader),
    )


@dataclass(frozen=True)
class Whole:
    """The global view: bars of (label, class, mean, low, high, percent), ages by kind, scores by price."""

    parts: list[tuple[str, str, Amount]]
    kinds: list[tuple[str, str, Amount]]
    ages: list[tuple[str, list[float | None]]]
    age_labels: list[str]
    prices: list[tuple[str, float, float, float]]
    scale: Scale
    price_scale: Scale


def whole(shop: Shop, found: Overall, reader: Reader) -> Whole:
    """Return everything that the global view draws."""
    known = set(show.PHRASES.values())
    days = sorted({age.days for ages in found.ages.values() for age in ages})
    ages = []
    for kind, classes in found.ages.items():
        by_days = {age.days: age.mean for age in classes}
        ages.append((_kind(kind, reader), [by_days.get(day) for day in days]))
    currency = shop.settings.shop.currency
    amounts = [amount.mean for amount in (*found.parts, *found.kinds)]
    means = [abs(v) for band in found.prices for v in (band.mean, band.quarter, band.three_quarters)]
    return Whole(
        parts=[(_phrase(a.kind, reader) if a.kind in known else a.kind, COLOURS.get(a.kind, "bought"), a)
               for a in found.parts],
        kinds=[(_kind(a.kind, reader), "second" if a.kind in WEAK else "bought", a) for a in found.kinds],
        ages=ages,
        age_labels=[reader.say("age-from", days=day) for day in days],
        prices=[(_short(band.low, currency, reader), band.quarter, band.mean, band.three_quarters)
                for band in found.prices],
        scale=Scale.of(max(amounts, default=0.0)),
        price_scale=Scale.of(max(means, default=0.0)),
    )  # fmt: skip


def _short(amount: float, currency: str, reader: Reader) -> str:
    """An amount of money without cents where it has none that matter."""
    return re.sub(r"[.,]00(?!\d)", "", money(round(amount) if amount >= 10 else amount, currency, reader.language))
