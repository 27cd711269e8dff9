"""An Explanation in words, in the reader's language.

Two steps with a record between them. The first reads the Explanation and decides what is displayed: names, counts,
dates, ranks. The second fills messages (one .ftl file a language) from that record and from nothing else, so that
a sentence can be read back to the record it came from; a test does. Names stand in quotation marks of their own.

    said = say(explanation, query, names, locale="zh")
    said.text    -> 因为你买过「面包」（2017 年 5 月 3 日）。已核对：如果没有「面包」，它会降到第 34 位。
    said.record  -> {"because": [{"verb": "purchase", "name": ..., "item_id": ..., "count": 1, "date": ...}], ...}
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np

from whyrec.core.errors import SettingsError
from whyrec.core.types import KIND_CODE, KINDS, Explanation, Floats32, Query, Reason
from whyrec.words.messages import language_of, message, text_of

Names: TypeAlias = Callable[[str], str]
"""Item id -> its name for the reader."""

SMALL = 0.03
"""A cause below this share of the largest one has no real effect and is not claimed."""
COVERED = 0.5
"""Where the named causes add less than this share of what all causes add, the number of the others is said too."""
MOST_NAMES = 4
"""Causes that a counterfactual names before it only counts them."""
MOST_LETTERS = 60
"""Longer names are cut."""
TURNS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of text."""


@dataclass(frozen=True)
class Said:
    """A text and the record of exactly what it displays."""

    text: str
    record: dict[str, Any]


@dataclass
class Cause:
    """Events of one kind on one item, added up while the record is made."""

    verb: str
    reference: str
    weight: float = 0.0
    slots: list[int] = field(default_factory=list)
    at: float | None = None
    value: float | None = None  # of a rating


def say(
    explanation: Explanation,
    query: Query,
    names: Names,
    locale: str = "",
    *,
    time_zone: str = "UTC",
    n_list: int | None = None,
    timed: bool = True,
    shown: int = 3,
    sources: Sequence[str] = (),
    item_kinds: Names | None = None,
) -> Said:
    """Return the main reasons and the checked counterfactual as one to three sentences.

    `query` is the one that was explained: kinds of events are read from its history. `locale` defaults to the
    query's, `n_list` to its n. Without `timed` no date is said. `sources` are those that put the item on the list,
    said only where nothing was measured. `item_kinds` gives article or video for items that are read or watched.
    Raises SettingsError for a time zone that does not exist.
    """
    language = language_of(locale or query.locale)
    causes = _causes(explanation, query, item_kinds)
    record = {
        "language": language,
        **_because(explanation, causes, shown, sources),
        "checked": _checked(explanation, query, query.n if n_list is None else n_list),
    }
    _display(record, names, language, _zone(time_zone) if timed else None)
    return Said(text_of(record), record)


def reason_line(
    explanation: Explanation,
    query: Query,
    names: Names,
    locale: str = "",
    *,
    sources: Sequence[str] = (),
    item_kinds: Names | None = None,
) -> Said:
    """Return the largest reason as one short line for a row of a list, without dates and numbers."""
    language = language_of(locale or query.locale)
    causes = _causes(explanation, query, item_kinds)
    record = {"language": language, **_because(explanation, causes, 1, sources), "checked": None, "line": True}
    record["others"] = 0
    if record["popular"] == "mostly":
        record.update(popular="only", because=[], percent=None)
    for cause in record["because"]:
        cause["count"] = 1
    _display(record, names, language, None)
    return Said(text_of(record), record)


def _causes(explanation: Explanation, query: Query, item_kinds: Names | None) -> list[Cause]:
    """Add up the reasons that a reader would call one: events of a kind on an item. Largest first."""
    causes: dict[tuple[str, str], Cause] = {}
    for reason in explanation.reasons:
        verb, slots = _verb(reason, query, item_kinds)
        cause = causes.setdefault((verb, reason.reference), Cause(verb, reason.reference))
        cause.weight += reason.weight
        cause.slots += slots
        if reason.at is not None:
            newest = max([float(query.history.at[slot]) for slot in slots], default=reason.at)
            cause.at = newest if cause.at is None else max(cause.at, newest)
    for cause in causes.values():
        if cause.verb == "rating":
            cause.value = _rating(query.history.value[cause.slots])
    named = [cause for cause in causes.values() if cause.reference]
    return sorted(named, key=lambda cause: -cause.weight)


def _rating(values: Floats32) -> float | None:
    """The value of ratings that all say the same; None where they differ or it is not known."""
    same = len(values) > 0 and bool(np.all(values == values[0]) and np.isfinite(values[0]))
    return round(float(values[0]), 2) + 0.0 if same else None  # + 0.0: a zero has no sign


def _verb(reason: Reason, query: Query, item_kinds: Names | None) -> tuple[str, list[int]]:
    """What the shopper did, and the slots where: for several kinds on one item the strongest kind."""
    if reason.kind == "context":
        return "context", []
    if reason.kind == "group":
        return "days", list(reason.slots)
    strongest = min(int(query.history.kind[slot]) for slot in reason.slots)
    slots = [slot for slot in reason.slots if query.history.kind[slot] == strongest]
    verb = KINDS[strongest]
    if verb in ("view", "click", "dwell") and item_kinds is not None:
        verb = {"article": "read", "video": "watch"}.get(item_kinds(reason.reference), verb)
    return verb, slots


def _because(explanation: Explanation, causes: Sequence[Cause], shown: int, sources: Sequence[str]) -> dict[str, Any]:
    """Choose the causes to name, and what to say of popularity."""
    raising = [cause for cause in causes if cause.weight > 0]
    named = [cause for cause in raising[:shown] if cause.weight >= SMALL * raising[0].weight]
    others = raising[len(named) :]
    verbs = list(dict.fromkeys(cause.verb for cause in named))
    named = sorted(named, key=lambda cause: verbs.index(cause.verb))  # as they are said: verb by verb
    events = sum(reason.weight for reason in explanation.reasons)
    empty = explanation.empty_score
    covered = sum(cause.weight for cause in named) >= COVERED * sum(cause.weight for cause in raising)
    popular, percent = None, None
    if not named or (events <= 0 < empty):
        popular, named, others = ("only" if empty > 0 or "popular" in sources else "none"), [], []
    elif 0 < events < empty:
        popular, percent = "mostly", round(100 * empty / (empty + events))
    return {
        "because": [
            {
                "verb": c.verb,
                "reference": c.reference,
                "count": max(1, len(c.slots)),
                "at": c.at,
                **({"value": c.value} if c.value is not None else {}),
            }
            for c in named
        ],
        "others": 0 if covered else sum(len(cause.slots) for cause in others),
        "popular": popular,
        "percent": percent,
    }


def _checked(explanation: Explanation, query: Query, n_list: int) -> dict[str, Any] | None:
    """The counterfactual, if the item really left the list; how many events of each item were taken away."""
    found = explanation.necessary
    if found is None or found.rank_after <= n_list or found.rank_before > n_list:
        return None
    live = [_cause_of(query, int(slot)) for slot in query.history.live()]
    removed = [_cause_of(query, slot) for slot in found.slots]
    weights = dict.fromkeys(removed, 0.0)
    for reason in explanation.reasons:
        if reason.slots and (cause := _cause_of(query, reason.slots[0])) in weights:
            weights[cause] += reason.weight
    without = [
        {"kind": kind, "reference": reference, "count": removed.count(cause), "of": live.count(cause)}
        for cause in sorted(weights, key=lambda cause: -weights[cause])
        for kind, reference in (cause,)
    ]
    named = [entry for entry in without if entry["reference"]]
    named = named if len(named) == len(without) <= MOST_NAMES else named[: MOST_NAMES - 1]
    if not named:
        return None
    return {"without": named, "others": len(without) - len(named), "rank": found.rank_after}


def _cause_of(query: Query, slot: int) -> tuple[str, str]:
    history = query.history
    if history.kind[slot] == KIND_CODE["search"] and history.text is not None and history.text[slot]:
        return "search", str(history.text[slot])
    return "item", str(history.item[slot] or "")


def _display(record: dict[str, Any], names: Names, language: str, zone: ZoneInfo | None) -> None:
    """Put names for references and days for times, as the reader will see them."""
    checked = record["checked"]["without"] if record["checked"] else []
    for entry in (*record["because"], *checked):
        reference = entry.pop("reference")
        at = entry.pop("at", None)
        kind = entry.get("verb", entry.get("kind"))
        if kind == "days":
            first, _, last = reference.removeprefix("days=").partition("..")
            entry.update(first=first, last=last) if zone else entry.update(first=None, last=None)
            continue
        is_item = kind != "search"
        entry["name"] = _name(names(reference) if is_item else reference, reference, language)
        entry["item_id"] = reference if is_item else None
        if "verb" in entry:
            dated = zone is not None and at is not None and kind != "context"
            entry["date"] = datetime.fromtimestamp(at, UTC).astimezone(zone).date().isoformat() if dated else None


def _name(name: str, item_id: str, language: str) -> str:
    """A name on one line, without direction marks, cut at a length, its quotation marks made inner ones."""
    for candidate in (name, item_id):
        visible = "".join(" " if c.isspace() else c for c in candidate if c.isspace() or _shown(c))
        if name := " ".join(visible.split()):
            break
    if len(name) > MOST_LETTERS:
        name = name[: MOST_LETTERS - 1].rstrip() + "…"
    for place in ("open", "close"):
        name = name.replace(message(language, f"quote-{place}"), message(language, f"inner-{place}"))
    return name or "?"


def _shown(character: str) -> bool:
    """False for controls and for marks that turn the direction of text, which could scramble a sentence."""
    return unicodedata.category(character) not in ("Cc", "Cs") and character not in TURNS


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise SettingsError(
            f"whyrec.toml: [shop] time_zone: expected a name such as Asia/Shanghai or UTC, got {name!r}."
        ) from None
