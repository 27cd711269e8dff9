"""What the shop's "why?" panel says of one item: the main reason, each reason with its share, how much they cover.

Every line is filled from the measured record, like the sentences of words/say, and each reason carries the ids of its
events, so that "not because of this" removes exactly what the line names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from whyrec.core.types import Explanation, Query
from whyrec.words import claims, say
from whyrec.words.messages import check_text, clause_text, language_of, message, percent, text_of

LABELS = (
    "why", "question-mark", "made-of", "actions", "raises", "lowers", "no-effect", "today", "not-this", "like",
    "dislike", "hide", "close", "on", "on-text", "off", "off-text", "algorithm", "parameters", "personal", "updated",
    "unmoved", "undo", "reasons", "table", "empty", "failed", "picture", "removed", "new", "when", "effect",
)  # fmt: skip
"""Words of the widget that hold no measured number: messages `panel-…` of every language."""


@dataclass(frozen=True)
class Line:
    """One reason: its words, its effect in points, and its share of the score where shares make sense."""

    text: str
    weight: float
    percent: int | None
    event_ids: tuple[str, ...]  # empty for an item on the page


@dataclass(frozen=True)
class Panel:
    """All sentences of the panel, and the records that they were filled from."""

    main: str
    lines: tuple[Line, ...]
    covers: str | None
    checked: str | None
    records: tuple[dict[str, Any], ...]  # of `main`, then of each line


def panel(explanation: Explanation, query: Query, names: say.Names, locale: str = "", **options: Any) -> Panel:
    """Return what the panel says. `options` are those of `say.say`; `shown` is the number of reasons."""
    language = language_of(locale or query.locale)
    shown = options.pop("shown", 3)
    whole = claims.total(explanation)
    said = say.say(explanation, query, names, locale, shown=1, **options).record
    main = {**said, "others": 0, "covered": None, "checked": None}
    lines, records = [], [main]
    for cause in say.raising(explanation, query, options.get("item_kinds"))[:shown]:
        entry = say.displayed(cause, names, language, options.get("time_zone", "UTC") if _timed(options) else None)
        record = {"because": [entry], "others": 0}
        share = None if whole is None else round(100 * cause.weight / whole)
        ids = tuple(str(query.history.event_id[slot]) for slot in cause.slots)
        text = message(language, "panel-did", clauses=clause_text(record, language))
        lines.append(Line(text, cause.weight, share, ids))
        records.append(record)
    checked = said["checked"]
    return Panel(
        main=text_of(main),
        lines=tuple(lines),
        covers=_covers(explanation, lines, whole, language),
        checked=None if checked is None else check_text(checked, language),
        records=tuple(records),
    )


def _timed(options: Mapping[str, Any]) -> bool:
    return bool(options.get("timed", True))


def _covers(explanation: Explanation, lines: list[Line], whole: float | None, language: str) -> str | None:
    """How much of the score the lines are, and popularity; None where a share would mean nothing."""
    said = sum(line.weight for line in lines)
    if whole is None or not lines or said > whole or explanation.empty_score < 0:
        return None
    share, popular = percent(round(100 * said / whole), language), explanation.empty_score
    if popular <= 0:
        return message(language, "covered", percent=share)
    return message(language, "covered-popular", percent=share, popular=percent(round(100 * popular / whole), language))


def labels(locale: str) -> dict[str, str]:
    """Return the words of the widget in the reader's language, and the language; {n} stands for a number."""
    language = language_of(locale)
    found = {name: message(language, f"panel-{name}") for name in LABELS}
    moved = {f"moved-{form}": message(language, "panel-moved", count=n, number="{n}")
             for form, n in (("one", 1), ("other", 2))}  # fmt: skip
    return {"language": language, **found, **moved}
