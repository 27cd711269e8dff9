"""What became of lists, and how one list came about, as plain data for the console: names and numbers to read.

The numbers are those of `app/stats` and `rank/trace`; here they get the reader's words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whyrec.app.reader import Reader
from whyrec.rank.scenarios import SCENARIOS
from whyrec.words import moved

if TYPE_CHECKING:
    from whyrec.app.shop import Shop
    from whyrec.core.types import Recommendation, Touch
    from whyrec.rank.trace import Off, Trace

GROUPS = ("scenario", "model", "source", "reason", "mix")
REASONS = ("bought", "order", "content", "explore", "popular", "none")
SOURCES = (
    "history", "popular", "content", "first events", "new", "page", "together", "complement", "substitute", "next",
    "fresh", "other platform", "language", "explore", "pinned", "sponsored",
)  # fmt: skip
MEASURES = ("click_through", "corrected_click_through", "conversion", "satisfaction")
"""Shares of a row of statistics, in the order of the columns."""


@dataclass(frozen=True)
class Became:
    """What became of one group of places."""

    name: str
    shown: str
    corrected: float  # click-through, as if every place were looked at like the best one; 0 where it is not known
    shares: tuple[str, ...]  # of MEASURES


@dataclass(frozen=True)
class Stage:
    """One place of a list and how it came there."""

    item_id: str
    title: str
    score: str
    points: str
    source: str
    label: str | None  # of a sponsored place; "" where the sponsor is not named
    told: str  # what rules did to it
    stages: tuple[str, ...]


def became(found: Mapping[str, Any], reader: Reader) -> list[tuple[str, list[Became]]]:
    """Return tables of statistics by group: all first, then scenario, model, source, reason and mix."""
    tables = [("all", [_became(reader.say("stats-all"), found, reader)])]
    for group in GROUPS:
        rows = [_became(_name(group, key, reader), row, reader) for key, row in found[f"by_{group}"].items()]
        if len(rows) > 1 or (group != "mix" and rows):
            tables.append((group, rows))
    return tables


def _became(name: str, row: Mapping[str, Any], reader: Reader) -> Became:
    shares = tuple("–" if row[key] is None else reader.share(row[key]) for key in MEASURES)
    return Became(name, reader.number(row["impressions"]), float(row["corrected_click_through"] or 0.0), shares)


def _name(group: str, key: str, reader: Reader) -> str:
    if group == "scenario" and key in SCENARIOS:
        return reader.say(f"scenario-{key}")
    if group == "reason" and key in REASONS:
        return reader.say(f"reason-{key}")
    return source(key, reader) if group == "source" else key


def source(name: str, reader: Reader) -> str:
    """Return what a source of items is called; one of a shop's own stands as it is."""
    return reader.say(f"source-{name.replace(' ', '-')}") if name in SOURCES else name


def stages(shop: Shop, made: Recommendation, reader: Reader) -> list[Stage]:
    """Return the places of a list, each with what brought it there."""
    found = []
    for item in made.items:
        said = moved.moved(item, reader.language)
        found.append(
            Stage(
                item.item_id,
                shop.title(item.item_id, reader.language),
                reader.number(item.score, 3),
                f"{item.points:+.3f}" if item.points else "",
                ", ".join(source(one, reader) for one in item.sources),
                item.label,
                "" if said is None else said.text,
                item.trace,
            )
        )
    return found


def taken(told: Trace, reader: Reader) -> list[tuple[str, str]]:
    """Return what each filter took, by its name."""
    return [(moved.filter_name(one.filter, reader.language), reader.number(one.items)) for one in told.filtered]


def rules(told: Trace, made: Recommendation, reader: Reader) -> list[str]:
    """Return the rules that were followed; the shop's own are in its words."""
    own = [rule for rule in told.rules if not rule.startswith("mix ")]
    mix = made.query.mix
    return own if mix is None else [reader.say("trace-mix", name=mix.name), *own]


def verdict(off: Off, n: int, reader: Reader) -> str:
    """Say why an item stands on a list of n places or not."""
    if off.place is not None:
        return reader.say("verdict-on", place=reader.place(off.place))
    if off.fell_by:
        names = ", ".join(moved.filter_name(name, reader.language) for name in off.fell_by)
        said = reader.say("verdict-fell", filters=names)
        rank = off.rank_with_points
        return said if rank is None else f"{said} {reader.say('verdict-else', place=reader.place(rank))}"
    if off.rule is not None:
        before = "–" if off.rule.before is None else reader.place(off.rule.before)
        return reader.say("verdict-rule", rule=_rule(off.rule, reader), place=before)
    if off.rank_with_points is None:
        return reader.say("verdict-new")
    if off.score is None:
        return reader.say("verdict-no-score")
    said = reader.say("verdict-below", place=reader.place(off.rank_with_points), n=n)
    return said if off.lacks is None else f"{said} {reader.say('verdict-lacks', points=reader.number(off.lacks, 3))}"


def _rule(touch: Touch, reader: Reader) -> str:
    return reader.say(f"rule-{touch.rule}") + (f" “{touch.name}”" if touch.name else "")


def top(tables: Sequence[tuple[str, Sequence[Became]]]) -> float:
    """Return where the common scale of click-through ends."""
    return max((row.corrected for _, rows in tables for row in rows), default=0.0)
