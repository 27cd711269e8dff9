"""The global explanation of a snapshot in plain words: the public page and `whyrec explain --global`.

Everything said is a number of the Overall or a fact of the live configuration that was passed in. What is "never
used" is what the measurement changed in every request without any effect on a score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from whyrec.words.messages import clean, day, language_of, listed, message, number, percent, quoted
from whyrec.words.overall import Amount, Overall
from whyrec.words.show import PHRASES

OFF = '"personalised": false'
"""What a request holds where personalisation is off."""


@dataclass(frozen=True)
class Line:
    """One parameter: what it is, a plain sentence, its share as written and as a number."""

    kind: str
    title: str
    text: str
    share: str
    percent: int


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it."""

    title: str
    hint: str
    lines: tuple[Line, ...] = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """The whole page in one language; `steps` are (title, text)."""

    language: str
    title: str
    lead: str
    facts: tuple[str, ...]
    parts: Section
    kinds: Section
    age: str
    never: Section
    off: Section
    steps_title: str
    steps: tuple[tuple[str, str], ...]


def tell(
    found: Overall,
    locale: str,
    *,
    snapshot: str,
    fitted_at: float,
    time_zone: str = "UTC",
    n_items: int,
    repeats: bool,
    attributes: Sequence[str] = (),
) -> Told:
    """Put a global explanation into words; `attributes` are what the shop's table says of shoppers."""
    language = language_of(locale)

    def say(key: str, **slots: object) -> str:
        return message(language, key, **slots)

    updated = datetime.fromtimestamp(fitted_at, UTC).astimezone(ZoneInfo(time_zone)).date().isoformat()
    counted = {"count": found.n_shoppers, "number": number(found.n_shoppers, language)}
    none = () if found.n_shoppers else (say("public-none"),)
    told = ("shopper", "profile", "platform", "language", "hour")
    # Without a table of shoppers there is no profile that could have been used.
    known = tuple(name for name in told if name in found.unused and (name != "profile" or attributes))
    half = found.half_life
    score = "exact" if found.method == "exact" else "measured"
    return Told(
        language=language,
        title=say("public-title"),
        lead=say("public-lead"),
        facts=(say("public-snapshot", id=snapshot), say("public-updated", date=day(updated, language)),
               say("public-sample", **counted)),
        parts=Section(say("public-parts"), say("public-parts-read"), _lines(found.parts, "main", language), none),
        kinds=Section(say("public-kinds"), say("public-kinds-read"), _lines(found.kinds, "act", language)),
        age=say("age-halves", number=number(half[0], language), fresh=number(half[1], language)) if half else "",
        never=Section(
            say("public-never"), say("public-never-proof") if known else say("public-never-none"),
            items=tuple(_never(name, attributes, language) for name in known),
        ),
        off=Section(say("public-off"), say("public-off-text"), items=(say("public-off-how", flag=OFF),)),
        steps_title=say("public-steps"),
        steps=(
            (say("step-find"), say("step-find-text", number=number(n_items, language))),
            (say("step-score"), say(f"step-score-{score}")),
            (say("step-rules"), say("step-rules-keep" if repeats else "step-rules-hide")),
            (say("step-explain"), say("step-explain-text")),
        ),
    )  # fmt: skip


def _lines(amounts: Sequence[Amount], form: str, language: str) -> tuple[Line, ...]:
    """Parameters with a share, largest first; a member without a phrase has its own name, in quotation marks."""
    found = []
    for amount in amounts:
        if not amount.percent:
            continue
        if form == "act":
            title, text = message(language, f"act-{amount.kind}"), ""
        elif amount.kind in PHRASES.values():
            title, text = message(language, f"main-{amount.kind}"), message(language, f"main-{amount.kind}-text")
        else:
            title = quoted(clean(amount.kind, amount.kind, language), language)
            text = message(language, "main-other-text")
        found.append(Line(amount.kind, title, text, percent(amount.percent, language), amount.percent))
    return tuple(found)


def _never(name: str, attributes: Sequence[str], language: str) -> str:
    if name == "profile":
        things = [quoted(clean(attribute, attribute, language), language) for attribute in attributes]
        return message(language, "never-profile", things=listed(things, language))
    return message(language, f"never-{name}")
