"""An Explanation in words, in the reader's language.

Two steps with a record between them. The first reads the Explanation and decides what is displayed: names, counts,
dates, ranks. The second fills messages (one .ftl file a language) from that record and from nothing else, so that
a sentence can be read back to the record it came from; a test does. Names stand in quotation marks of their own.

A short form says the main reasons and what was run again; the long form adds what words/claims found: what members
gave, groups of events, what of the item they speak for, and the events that alone keep it on the list.

    said = say(explanation, query, names, locale="zh")
    said.text    -> 因为你买过「面包」（2017 年 5 月 3 日）。已核对：如果没有「面包」，它会降到第 34 位。
    said.record  -> {"because": [{"verb": "purchase", "name": ..., "item_id": ..., "count": 1, "date": ...}], ...}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np

from whyrec.core.errors import SettingsError
from whyrec.core.types import KIND_CODE, KINDS, Catalog, Explanation, Floats32, Query, Reason
from whyrec.words import claims
from whyrec.words import facts as told
from whyrec.words.claims import Alike
from whyrec.words.messages import clean, language_of, message, text_of

Names: TypeAlias = Callable[[str], str]
"""Item id -> its name for the reader."""
Deeds: TypeAlias = "dict[tuple[int, ...], tuple[str, list[int], float | None]]"
"""Slots of a reason -> what the shopper did there, the slots that say so, and when at last."""

SMALL = 0.03
"""A cause below this share of the largest one has no real effect and is not claimed."""
COVERED = 0.5
"""Where the named causes are less than this share of the score, the text says what the rest is."""
MOST_NAMES = 4
"""Causes that a counterfactual names before it only counts them."""


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
    cover: float = COVERED,
    sources: Sequence[str] = (),
    item_kinds: Names | None = None,
    long: bool = False,
    catalog: Catalog | None = None,
    currency: str = "USD",
    alike: Alike | None = None,
    facts: Sequence[Mapping[str, Any]] = (),
) -> Said:
    """Return the main reasons and the checked counterfactual in a few sentences.

    `query` is the one that was explained: kinds of events are read from its history. `locale` defaults to the
    query's, `n_list` to its n. Without `timed` no date is said. `sources` are those that put the item on the list,
    said only where nothing was measured. `item_kinds` gives article or video for items that are read or watched.
    `cover` is the share of the score below which the text says how little the named reasons are. The `long` form
    adds claims of `words/claims`, checked against the `catalog`. `facts` are those of the scenario (rank/facts). Raises
    SettingsError for a time zone that does not exist.
    """
    language = language_of(locale or query.locale)
    causes = _causes(explanation, query, item_kinds)
    n_list = query.n if n_list is None else n_list
    record = {
        **_blank(language),
        **_because(explanation, causes, shown, sources, cover),
        "checked": _checked(explanation, query, n_list),
    }
    if long:
        record["parts"] = claims.parts(explanation, record)
        groups = claims.together(explanation, query, catalog, SMALL, language, timed)
        record["together"] = [{**group, "currency": currency} if group["attribute"] == "price" else group
                              for group in groups]  # fmt: skip
        record["alike"] = claims.alike(explanation, query, catalog, alike, SMALL, language)
        record["enough"] = _enough(explanation, query, n_list)
    _with_facts(record, facts, names, language, catalog)
    _display(record, names, language, _zone(time_zone) if timed else None)
    return Said(_text(record), record)


def joined(first: Said, second: Said) -> Said:
    """Return two texts of one language as one, with all of both records."""
    between = message(first.record["language"], "between")
    return Said(first.text + between + second.text, {**second.record, **first.record})


def _blank(language: str) -> dict[str, Any]:
    """A record that says nothing yet."""
    lists: dict[str, Any] = {"parts": [], "together": [], "alike": []}
    return {"language": language, **lists, "covered": None, "checked": None, "enough": None, "facts": []}


def reason_line(
    explanation: Explanation,
    query: Query,
    names: Names,
    locale: str = "",
    *,
    sources: Sequence[str] = (),
    item_kinds: Names | None = None,
    catalog: Catalog | None = None,
    facts: Sequence[Mapping[str, Any]] = (),
    deeds: Deeds | None = None,
) -> Said:
    """Return the largest reason as one short line for a row of a list, without dates and numbers.

    `facts` are those of the scenario, said in a few words behind it. `deeds` fills with what was read of the history:
    lines of one query and one `item_kinds` may share it, since reasons of all rows are about the same slots.
    """
    language = language_of(locale or query.locale)
    causes = _causes(explanation, query, item_kinds, deeds)
    record = {**_blank(language), **_because(explanation, causes, 1, sources, COVERED), "line": True}
    record.update(others=0, covered=None)
    if record["popular"] == "mostly":
        record.update(popular="only", because=[], percent=None)
    for cause in record["because"]:
        cause["count"] = 1
    _with_facts(record, facts, names, language, catalog)
    _display(record, names, language, None)
    return Said(_text(record), record)


def _with_facts(
    record: dict[str, Any], facts: Sequence[Mapping[str, Any]], names: Names, language: str, catalog: Catalog | None
) -> None:
    """Write the facts of the scenario down; what nobody ever chose is not called popular."""
    record["facts"] = told.displayed(facts, names, language, catalog)
    if any(fact["fact"] == "new" and not fact["count"] for fact in facts) and record["popular"] is not None:
        record.update(popular=None if record["because"] else "none", percent=None)


def _text(record: dict[str, Any]) -> str:
    """Text of a record: the reasons, then the facts of the scenario."""
    language, text = record["language"], text_of(record)
    if record.get("line"):
        return told.short(record["facts"], text, language)
    sentences = [told.sentence(fact, language) for fact in record["facts"]]
    return message(language, "between").join([text, *sentences])


def _causes(
    explanation: Explanation, query: Query, item_kinds: Names | None, deeds: Deeds | None = None
) -> list[Cause]:
    """Add up the reasons that a reader would call one: events of a kind on an item.

    They stand in the order of the explanation, each where the first of its reasons does, since that is the order that
    was searched and is judged.
    """
    causes: dict[tuple[str, str], Cause] = {}
    deeds = {} if deeds is None else deeds
    for reason in explanation.reasons:
        deed = deeds.get(reason.slots) if reason.slots else _deed(reason, query, item_kinds)
        if deed is None:
            deed = deeds[reason.slots] = _deed(reason, query, item_kinds)
        verb, slots, newest = deed
        cause = causes.get((verb, reason.reference))
        if cause is None:
            cause = causes[verb, reason.reference] = Cause(verb, reason.reference)
        cause.weight += reason.weight
        cause.slots += slots
        if newest is not None and (cause.at is None or newest > cause.at):
            cause.at = newest
    for cause in causes.values():
        if cause.verb == "rating":
            cause.value = _rating(query.history.value[cause.slots])
    return [cause for cause in causes.values() if cause.reference]


def raising(explanation: Explanation, query: Query, item_kinds: Names | None = None) -> list[Cause]:
    """Return the causes that raise the item and have a real effect, in the order of the explanation."""
    return _real(_causes(explanation, query, item_kinds))


def _real(causes: Sequence[Cause]) -> list[Cause]:
    """Those that raise the item by no less than a small share of the largest."""
    least = SMALL * max((cause.weight for cause in causes), default=0.0)
    return [cause for cause in causes if cause.weight > 0 and cause.weight >= least]


def _rating(values: Floats32) -> float | None:
    """The value of ratings that all say the same; None where they differ or it is not known."""
    same = len(values) > 0 and bool(np.all(values == values[0]) and np.isfinite(values[0]))
    return round(float(values[0]), 2) + 0.0 if same else None  # + 0.0: a zero has no sign


def _deed(reason: Reason, query: Query, item_kinds: Names | None) -> tuple[str, list[int], float | None]:
    verb, slots = _verb(reason, query, item_kinds)
    newest = None if reason.at is None else max([float(query.history.at[s]) for s in slots], default=reason.at)
    return verb, slots, newest


def _verb(reason: Reason, query: Query, item_kinds: Names | None) -> tuple[str, list[int]]:
    """What the shopper did, and the slots where: for several kinds on one item the strongest kind."""
    if reason.kind == "context":
        return "context", []
    if reason.kind == "group":
        return "days", list(reason.slots)
    kinds, slots = query.history.kind, [*reason.slots]
    if len(slots) == 1:
        strongest = int(kinds[slots[0]])
    else:
        strongest = min(int(kinds[slot]) for slot in slots)
        slots = [slot for slot in slots if kinds[slot] == strongest]
    verb = KINDS[strongest]
    if verb in ("view", "click", "dwell") and item_kinds is not None:
        verb = {"article": "read", "video": "watch"}.get(item_kinds(reason.reference), verb)
    return verb, slots


def _because(
    explanation: Explanation, causes: Sequence[Cause], shown: int, sources: Sequence[str], cover: float
) -> dict[str, Any]:
    """Choose the causes to name, and what to say of popularity and of what is not named."""
    all_raising = [cause for cause in causes if cause.weight > 0]
    named = _real(all_raising)[:shown]
    chosen = {id(cause) for cause in named}
    others = [cause for cause in all_raising if id(cause) not in chosen]
    events = sum(reason.weight for reason in explanation.reasons)
    empty, whole, said = explanation.empty_score, claims.total(explanation), sum(cause.weight for cause in named)
    many = said >= cover * sum(cause.weight for cause in all_raising)
    popular, percent, covered = None, None, None
    if not named or (events <= 0 < empty):
        popular, named, others = ("only" if empty > 0 or "popular" in sources else "none"), [], []
    elif whole is not None and said < cover * whole:
        if events < empty:
            popular, percent = "mostly", round(100 * empty / whole)
        else:
            covered = {"percent": round(100 * said / whole), "popular": None}
            if empty > 0:
                covered["popular"] = round(100 * empty / whole)
    return {
        "because": [_entry(cause) for cause in named],
        "others": 0 if many else sum(len(cause.slots) for cause in others),
        "popular": popular,
        "percent": percent,
        "covered": covered,
    }


def _entry(cause: Cause) -> dict[str, Any]:
    """A cause as the record holds it before names are put in."""
    value = {"value": cause.value} if cause.value is not None else {}
    return {
        "verb": cause.verb, "reference": cause.reference, "count": max(1, len(cause.slots)), "at": cause.at, **value
    }  # fmt: skip


def displayed(cause: Cause, names: Names, language: str, zone: str | None) -> dict[str, Any]:
    """Return one cause as the reader will see it; without a time zone no date is said."""
    entry = _entry(cause)
    _name(entry, names, language, None if zone is None else _zone(zone))
    return entry


def _checked(explanation: Explanation, query: Query, n_list: int) -> dict[str, Any] | None:
    """The counterfactual, if the item really left the list."""
    found = explanation.necessary
    if found is None or found.rank_after <= n_list or found.rank_before > n_list:
        return None
    return _set(explanation, query, found.slots, found.rank_after)


def _enough(explanation: Explanation, query: Query, n_list: int) -> dict[str, Any] | None:
    """The events that alone keep the item on the list, if they did and are not all that there are."""
    found = explanation.sufficient
    if found is None or found.rank_after > n_list or not 0 < len(found.kept_slots) < len(query.history.live()):
        return None
    return _set(explanation, query, found.kept_slots, found.rank_after)


def _set(explanation: Explanation, query: Query, slots: Sequence[int], rank: int) -> dict[str, Any] | None:
    """A set of events item by item, the largest cause first; how many of each item's events are in it."""
    live = [_cause_of(query, int(slot)) for slot in query.history.live()]
    inside = [_cause_of(query, slot) for slot in slots]
    weights = dict.fromkeys(inside, 0.0)
    for reason in explanation.reasons:
        if reason.slots and (cause := _cause_of(query, reason.slots[0])) in weights:
            weights[cause] += reason.weight
    entries = [
        {"kind": kind, "reference": reference, "count": inside.count(cause), "of": live.count(cause)}
        for cause in sorted(weights, key=lambda cause: -weights[cause])
        for kind, reference in (cause,)
    ]
    named = [entry for entry in entries if entry["reference"]]
    named = named if len(named) == len(entries) <= MOST_NAMES else named[: MOST_NAMES - 1]
    return {"without": named, "others": len(entries) - len(named), "rank": rank} if named else None


def _cause_of(query: Query, slot: int) -> tuple[str, str]:
    history = query.history
    if history.kind[slot] == KIND_CODE["search"] and history.text is not None and history.text[slot]:
        return "search", str(history.text[slot])
    return "item", str(history.item[slot] or "")


def _display(record: dict[str, Any], names: Names, language: str, zone: ZoneInfo | None) -> None:
    """Put names for references and days for times, as the reader will see them."""
    run = [entry for key in ("checked", "enough") if record[key] for entry in record[key]["without"]]
    for entry in (*record["because"], *run):
        _name(entry, names, language, zone)
    for entry in record["parts"]:
        entry["part"] = clean(entry["part"], entry["part"], language)
    for entry in (*record["together"], *record["alike"]):
        entry["attribute"] = clean(entry["attribute"], entry["attribute"], language)
        if "name" in entry:
            entry["name"] = clean(entry["name"], entry["name"], language)
        if "most" in entry:
            entry["most"] = clean(names(entry["most"]), entry["most"], language)


def _name(entry: dict[str, Any], names: Names, language: str, zone: ZoneInfo | None) -> None:
    """Put the name of one cause for its reference, and its day for its time."""
    reference = entry.pop("reference")
    at = entry.pop("at", None)
    kind = entry.get("verb", entry.get("kind"))
    if kind == "days":
        first, _, last = reference.removeprefix("days=").partition("..")
        entry.update(first=first, last=last) if zone else entry.update(first=None, last=None)
        return
    is_item = kind != "search"
    entry["name"] = clean(names(reference) if is_item else reference, reference, language)
    entry["item_id"] = reference if is_item else None
    if "verb" in entry:
        dated = zone is not None and at is not None and kind != "context"
        entry["date"] = datetime.fromtimestamp(at, UTC).astimezone(zone).date().isoformat() if dated else None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise SettingsError(
            f"whyrec.toml: [shop] time_zone: expected a name such as Asia/Shanghai or UTC, got {name!r}."
        ) from None
