"""Fills the messages of a language from a record; what is not in the record cannot be said.

A language is one Fluent file beside this one, found by its name. Dates, numbers, lists and ordinal forms come from
the locale library (Babel), as the file's message `babel` says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from fluent.runtime import FluentBundle, FluentResource

FALLBACK = "en"


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
    line = "line-" if record.get("line") else ""
    clauses = _clauses(record, language) if record["because"] else ""
    if record["popular"] in ("only", "none"):
        key = {"only": "popular" if line else "only-popular", "none": "none"}[record["popular"]]
        first = message(language, line + key)
    elif record["popular"] == "mostly":
        percent = format_percent(record["percent"] / 100, locale=message(language, "babel"))
        first = message(language, "mostly-popular", percent=percent, clauses=clauses)
    else:
        first = message(language, line + "because", clauses=clauses)
    sentences = [first] if record["checked"] is None else [first, _check(record["checked"], language)]
    return ("" if message(language, "spaced") == "yes" else " ").join(sentences)


def _clauses(record: dict[str, Any], language: str) -> str:
    """What the shopper did, verb by verb in the order of the largest cause."""
    by_verb: dict[str, list[dict[str, Any]]] = {}
    for entry in record["because"]:
        by_verb.setdefault(entry["verb"], []).append(entry)
    clauses = [_clause(verb, entries, language) for verb, entries in by_verb.items()]
    text = clauses[0]
    for place, clause in enumerate(clauses[1:], 2):
        key = "clauses-last" if place == len(clauses) else "clauses-next"
        text = message(language, key, clauses=text, clause=clause)
    if others := record["others"]:
        text = message(language, "with-others", clauses=text, count=others, number=_number(others, language))
    return text


def _clause(verb: str, entries: Sequence[dict[str, Any]], language: str) -> str:
    if verb == "days":
        entry = entries[0]
        counted = {"count": entry["count"], "number": _number(entry["count"], language)}
        if entry["first"] is None:
            return message(language, "did-early", **counted)
        first, last = _day(entry["first"], language), _day(entry["last"], language)
        return message(language, "did-days", first=first, last=last, **counted)
    return message(language, f"did-{verb}", things=_listed([_thing(entry, language) for entry in entries], language))


def _thing(entry: dict[str, Any], language: str) -> str:
    key = ("once" if entry["count"] == 1 else "often") + ("-on" if entry["date"] else "")
    day = _day(entry["date"], language) if entry["date"] else ""
    count = _number(entry["count"], language)
    name = _quoted(entry["name"], language)
    if "value" in entry:
        name = message(language, "valued", name=name, value=_number(entry["value"], language))
    return message(language, key, name=name, count=count, date=day)


def _check(checked: dict[str, Any], language: str) -> str:
    things = []
    for entry in checked["without"]:
        key = "without" + ("-search" if entry["kind"] == "search" else "")
        key += "-part" if entry["count"] < entry["of"] else ""
        count, of = _number(entry["count"], language), _number(entry["of"], language)
        things.append(message(language, key, name=_quoted(entry["name"], language), count=count, of=of))
    if others := checked["others"]:
        things.append(message(language, "without-others", count=others, number=_number(others, language)))
    form = Locale.parse(message(language, "babel")).ordinal_form(checked["rank"])
    rank = message(language, "rank", rank=_number(checked["rank"], language), form=form)
    return message(language, "checked", things=_listed(things, language), rank=rank)


def _quoted(name: str, language: str) -> str:
    return message(language, "quote-open") + name + message(language, "quote-close")


def _listed(things: Sequence[str], language: str) -> str:
    return str(format_list(list(things), locale=message(language, "babel")))


def _number(number: float, language: str) -> str:
    return str(format_decimal(number, locale=message(language, "babel")))


def _day(day: str, language: str) -> str:
    """A date in full; the locale library writes Chinese dates without the spaces of the house."""
    text = format_date(date.fromisoformat(day), "long", locale=message(language, "babel"))
    if message(language, "spaced") == "yes":
        text = re.sub(r"(?<=\d)(?=[^\d\s])|(?<=[^\d\s])(?=\d)", " ", text)
    return str(text)


@cache
def _bundle(language: str) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    bundle.add_resource(FluentResource((Path(__file__).parent / f"{language}.ftl").read_text(encoding="utf-8")))
    return bundle


def message(language: str, key: str, **slots: Any) -> str:
    """Fill one message. A missing message or slot is a mistake in the language file, told by its name."""
    bundle = _bundle(language)
    pattern = bundle.get_message(key).value if bundle.has_message(key) else None
    text, errors = ("", [KeyError(key)]) if pattern is None else bundle.format_pattern(pattern, slots)
    if errors:
        raise LookupError(f"words/{language}.ftl: message {key!r} cannot be filled: {errors[0]!r}")
    return str(text)
