"""Fills the messages of a language from a record; what is not in the record cannot be said.

A language is one Fluent file beside this one, found by its name. Dates, numbers, lists and ordinal forms come from
the locale library (Babel), as the file's message `babel` says.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent
from fluent.runtime import FluentBundle, FluentResource

FALLBACK = "en"
MOST_LETTERS = 60
"""Longer names are cut."""
MOST_KEPT = 8192
"""Filled messages and written numbers that are kept: a page says the same of many items."""
TURNS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of text."""


@cache
def languages() -> tuple[str, ...]:
    """Languages that there is a message file for."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.ftl")))


def language_of(locale: str) -> str:
    """Return the language to speak to a reader of this BCP 47 locale: theirs, else English."""
    wanted = re.split("[-_]", locale)[0].lower()
    return wanted if wanted in languages() else FALLBACK


def text_of(record: dict[str, Any]) -> str:
    """Return the text of a record; everything displayed is in the record."""
    language = record["language"]
    sentences = [_reasons(record, language)]
    if record["covered"]:
        sentences.append(_covered(record["covered"], language))
    if record["parts"]:
        parts = [_share(part, language) for part in record["parts"]]
        sentences.append(message(language, "parts", parts=listed(parts, language)))
    sentences += [_together(group, language) for group in record["together"]]
    if record["alike"]:
        things = [_alike(entry, language) for entry in record["alike"]]
        sentences.append(message(language, "alike", things=listed(things, language)))
    for key in ("checked", "enough"):
        if record[key]:
            sentences.append(check_text(record[key], language, key))
    return message(language, "between").join(sentences)


def _reasons(record: dict[str, Any], language: str) -> str:
    """The first sentence: what the shopper did, or that it is popular, or that nothing raises it."""
    line = "line-" if record.get("line") else ""
    clauses = clause_text(record, language) if record["because"] else ""
    if record["popular"] in ("only", "none"):
        key = {"only": "popular" if line else "only-popular", "none": "none"}[record["popular"]]
        return message(language, line + key)
    if record["popular"] == "mostly":
        return message(language, "mostly-popular", percent=percent(record["percent"], language), clauses=clauses)
    return message(language, line + "because", clauses=clauses)


def _covered(covered: dict[str, Any], language: str) -> str:
    key = "covered" if covered["popular"] is None else "covered-popular"
    popular = percent(covered["popular"] or 0, language)
    return message(language, key, percent=percent(covered["percent"], language), popular=popular)


def _share(part: dict[str, Any], language: str) -> str:
    name = message(language, f"part-{part['part']}") if part["known"] else quoted(part["part"], language)
    return message(language, "share", percent=percent(part["percent"], language), part=name)


def _together(group: dict[str, Any], language: str) -> str:
    things = _group(group, language)
    if group["percent"] is None:
        return message(language, "together-raise", group=things)
    return message(language, "together", group=things, percent=percent(group["percent"], language))


def _group(group: dict[str, Any], language: str) -> str:
    """Events that share something: a kind, a stretch of time, a band of prices, or a value of the catalogue."""
    slots: dict[str, Any] = {"count": group["count"], "number": number(group["count"], language)}
    own = "-own" if group["own"] else ""
    if group["attribute"] == "kind":
        return message(language, f"count-{group['value']}", **slots)
    slots["events"] = message(language, "events", **slots)
    if group["attribute"] == "days":
        first, last = group["value"]
        return message(language, "group-days", first=day(first, language), last=day(last, language), **slots)
    if group["attribute"] == "price":
        low, high = (money(amount, group["currency"], language) for amount in group["value"])
        return message(language, f"group-price{own}", low=low, high=high, **slots)
    attribute, name = attribute_name(group["attribute"], language), quoted(group["name"], language)
    return message(language, f"group-value{own}", attribute=attribute, name=name, **slots)


def _alike(entry: dict[str, Any], language: str) -> str:
    """What of the item the shopper's events speak for, and the event that speaks most for it."""
    slots = {
        "percent": percent(entry["percent"], language),
        "most": quoted(entry["most"], language),
        "name": quoted(entry["name"], language),
    }
    if entry["attribute"] == "word":
        return message(language, "alike-word", **slots)
    return message(language, "alike-value", attribute=attribute_name(entry["attribute"], language), **slots)


def attribute_name(attribute: str, language: str) -> str:
    """Return an attribute of the catalogue in words; one without a word stands as it is, in quotation marks."""
    key = f"attribute-{attribute}"
    return message(language, key) if _bundle(language).has_message(key) else quoted(attribute, language)


def modality_name(kind: str, language: str) -> str:
    """Return what an item is, such as video, in words; a kind without a word stands as it is."""
    key = f"modality-{kind}"
    return message(language, key) if _bundle(language).has_message(key) else kind


def clause_text(record: dict[str, Any], language: str) -> str:
    """What the shopper did, in the order of the record; neighbours with one verb are said together."""
    by_verb = groupby(record["because"], key=lambda entry: str(entry["verb"]))
    clauses = [_clause(verb, list(entries), language) for verb, entries in by_verb]
    text = clauses[0]
    for place, clause in enumerate(clauses[1:], 2):
        key = "clauses-last" if place == len(clauses) else "clauses-next"
        text = message(language, key, clauses=text, clause=clause)
    if others := record["others"]:
        text = message(language, "with-others", clauses=text, count=others, number=number(others, language))
    return text


def _clause(verb: str, entries: Sequence[dict[str, Any]], language: str) -> str:
    if verb == "days":
        entry = entries[0]
        counted = {"count": entry["count"], "number": number(entry["count"], language)}
        if entry["first"] is None:
            return message(language, "did-early", **counted)
        first, last = day(entry["first"], language), day(entry["last"], language)
        return message(language, "did-days", first=first, last=last, **counted)
    return message(language, f"did-{verb}", things=listed([_thing(entry, language) for entry in entries], language))


def _thing(entry: dict[str, Any], language: str) -> str:
    key = ("once" if entry["count"] == 1 else "often") + ("-on" if entry["date"] else "")
    on = day(entry["date"], language) if entry["date"] else ""
    count = number(entry["count"], language)
    name = quoted(entry["name"], language)
    if "value" in entry:
        name = message(language, "valued", name=name, value=number(entry["value"], language))
    return message(language, key, name=name, number=count, date=on)


def check_text(checked: dict[str, Any], language: str, key: str = "checked") -> str:
    """What was run again: the place without these events (`checked`), or with these alone (`enough`)."""
    things = []
    for entry in checked["without"]:
        form = "without" + ("-search" if entry["kind"] == "search" else "")
        form += "-part" if entry["count"] < entry["of"] else ""
        count, of = number(entry["count"], language), number(entry["of"], language)
        things.append(message(language, form, name=quoted(entry["name"], language), count=count, of=of))
    if others := checked["others"]:
        things.append(message(language, "without-others", count=others, number=number(others, language)))
    return message(language, key, things=listed(things, language), rank=place(checked["rank"], language))


def place(rank: int, language: str) -> str:
    """Return a place in a list, with the ending of an ordinal where the language has one."""
    form = Locale.parse(message(language, "babel")).ordinal_form(rank)
    return message(language, "rank", rank=number(rank, language), form=form)


def quoted(name: str, language: str) -> str:
    """Put a name in the language's quotation marks."""
    return message(language, "quote-open") + name + message(language, "quote-close")


def listed(things: Sequence[str], language: str) -> str:
    """Return things as a list in words."""
    return _listed(tuple(things), language)


@lru_cache(maxsize=MOST_KEPT)
def _listed(things: tuple[str, ...], language: str) -> str:
    return str(format_list(list(things), locale=message(language, "babel")))


@lru_cache(maxsize=MOST_KEPT)
def number(value: float, language: str) -> str:
    """Return a number as the language writes it."""
    return str(format_decimal(value, locale=message(language, "babel")))


@lru_cache(maxsize=MOST_KEPT)
def percent(value: float, language: str) -> str:
    """Return a percentage as the language writes it; 12 is 12 %."""
    return str(format_percent(value / 100, locale=message(language, "babel")))


@lru_cache(maxsize=MOST_KEPT)
def money(amount: float, currency: str, language: str) -> str:
    """Return an amount of money as the language writes it."""
    return str(format_currency(amount, currency, locale=message(language, "babel")))


@lru_cache(maxsize=MOST_KEPT)
def day(iso: str, language: str) -> str:
    """Return a date in full; the locale library writes Chinese dates without the spaces of the house."""
    text = format_date(date.fromisoformat(iso), "long", locale=message(language, "babel"))
    if message(language, "spaced") == "yes":
        text = re.sub(r"(?<=\d)(?=[^\d\s])|(?<=[^\d\s])(?=\d)", " ", text)
    return str(text)


@lru_cache(maxsize=MOST_KEPT)
def clean(name: str, item_id: str, language: str) -> str:
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


@cache
def _bundle(language: str) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    bundle.add_resource(FluentResource((Path(__file__).parent / f"{language}.ftl").read_text(encoding="utf-8")))
    return bundle


def message(language: str, key: str, **slots: Any) -> str:
    """Fill one message. A missing message or slot is a mistake in the language file, told by its name."""
    return _filled(language, key, tuple(slots.items()))


@lru_cache(maxsize=MOST_KEPT)
def _filled(language: str, key: str, given: tuple[tuple[str, Any], ...]) -> str:
    slots = dict(given)
    bundle = _bundle(language)
    pattern = bundle.get_message(key).value if bundle.has_message(key) else None
    text, errors = ("", [KeyError(key)]) if pattern is None else bundle.format_pattern(pattern, slots)
    if errors:
        raise LookupError(f"words/{language}.ftl: message {key!r} cannot be filled: {errors[0]!r}")
    return str(text)
