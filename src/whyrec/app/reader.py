"""What a reader of the screens gets in their language: labels, dates, numbers. Labels are Fluent files in labels/.

Reasons in words do not come from here: they are made from the measured record by whyrec.words.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_skeleton
from babel.numbers import format_decimal, format_percent
from fluent.runtime import FluentBundle, FluentResource

LANGUAGES = {"en": "EN", "zh": "中", "ja": "日", "es": "ES"}
"""Languages that there are labels for, with how a switch names each."""
LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN", "ja": "ja_JP", "es": "es_ES"}
MINUS = "\N{MINUS SIGN}"


@cache
def _bundle(language: str) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    path = Path(__file__).parent / "labels" / f"{language}.ftl"
    bundle.add_resource(FluentResource(path.read_text(encoding="utf-8")))
    return bundle


@dataclass(frozen=True)
class Reader:
    """A person who looks at the screens: their language, the shop's time zone, whether events have times."""

    language: str = "en"
    time_zone: str = "UTC"
    timed: bool = True

    @staticmethod
    def of(locale: str, time_zone: str, timed: bool) -> Reader:
        """Return the reader of a BCP 47 locale; a language without labels reads English."""
        language = locale.split("-")[0].lower()
        return Reader(language if language in LANGUAGES else "en", time_zone, timed)

    @property
    def locale(self) -> Locale:
        """Babel's locale; English in the order of day and month that the screens were drawn with."""
        return Locale.parse(LOCALES[self.language])

    def say(self, key: str, **values: Any) -> str:
        """Return a label; a missing one is a mistake in the program and raises KeyError."""
        bundle = _bundle(self.language)
        if not bundle.has_message(key):
            raise KeyError(f"labels/{self.language}.ftl has no label {key!r}")
        text, errors = bundle.format_pattern(bundle.get_message(key).value, values)
        if errors:
            raise KeyError(f"labels/{self.language}.ftl: {key!r} cannot be filled: {errors[0]!r}")
        return str(text)

    def kind(self, kind: str) -> str:
        """Return the verb of an event kind, e.g. "bought"."""
        return self.say(f"kind-{kind.replace('_', '-')}")

    def date(self, at: float) -> str:
        """Short date for a table: month and day; the place in the order where there is no time."""
        return f"#{at:.0f}" if not self.timed else self._moment(at).strftime("%m-%d")

    def day(self, at: float, year: bool = False) -> str:
        """Date in words, e.g. "16 Oct"."""
        return f"#{at:.0f}" if not self.timed else self._skeleton("yMMMd" if year else "MMMd", at)

    def month(self, at: float) -> str:
        """Month in words, with its year."""
        return self._skeleton("yMMM", at)

    def moment(self, at: float, year: bool = True) -> str:
        """Date with time of day."""
        return f"#{at:.0f}" if not self.timed else f"{self.day(at, year)} {self._moment(at):%H:%M}"

    def place(self, rank: int) -> str:
        """Return a place in a list: 1st, 34th; a bare number where the label has the word."""
        if self.language != "en":
            return str(rank)
        ending = "th" if 10 <= rank % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
        return f"{rank}{ending}"

    def number(self, value: float, decimals: int = 0) -> str:
        """Number with grouped thousands."""
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        return str(format_decimal(value, pattern, locale=self.locale))

    def share(self, value: float) -> str:
        """Share as per cent; two digits below one per cent, so that a small share is not shown as none."""
        return str(
            format_percent(
                value, "0.00\N{NO-BREAK SPACE}%" if value < 0.01 else "0.0\N{NO-BREAK SPACE}%", locale=self.locale
            )
        )

    def _skeleton(self, skeleton: str, at: float) -> str:
        text = str(format_skeleton(skeleton, self._moment(at), locale=self.locale))
        if self.language != "zh":
            return text
        return re.sub(
            r"(?<=\d)(?=[年月日])|(?<=[年月日])(?=\d)", " ", text
        )  # a space beside digits, as the house writes

    def _moment(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, ZoneInfo(self.time_zone))


@dataclass(frozen=True)
class Scale:
    """Nine signed steps, symmetric around zero, and numbers that fit a cell.

    `limit` is the largest absolute value, rounded up. Small scores are shown in thousandths or millionths of a
    point (`power` -3 or -6), so that a cell never holds a string of zeros.
    """

    limit: float
    power: int
    decimals: int

    @staticmethod
    def of(largest: float) -> Scale:
        """Make the scale for values up to `largest` in size."""
        if not math.isfinite(largest) or largest <= 0:
            return Scale(1.0, 0, 2)
        power = 0 if largest >= 0.05 else -3 if largest >= 5e-5 else -6
        size = 10.0 ** math.floor(math.log10(largest))
        steps = (1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 10)
        limit = next(step * size for step in steps if step * size >= largest * (1 - 1e-9))
        shown = limit / 10.0**power
        decimals = 0 if shown >= 100 else 1 if shown >= 10 else 2 if shown >= 0.4 else 3
        return Scale(limit, power, decimals)

    def step(self, value: float) -> int:
        """Return the step 0..8 of a value; cuts at 2, 12, 32 and 62 % of the limit."""
        ratio = abs(value) / self.limit
        size = sum(ratio >= cut for cut in (0.02, 0.12, 0.32, 0.62))
        return 4 + (size if value > 0 else -size)

    def plain(self, value: float) -> str:
        """Return a value without a plus sign."""
        text = f"{abs(value) / 10.0**self.power:.{self.decimals}f}"
        return (MINUS if value < 0 and float(text) else "") + text

    def signed(self, value: float) -> str:
        """Return a value with its sign."""
        text = self.plain(value)
        return text if text[0] == MINUS or not float(text) else "+" + text

    def cell(self, value: float) -> str:
        """Return a value as short as a cell needs: +.21, and a dot for no effect."""
        text = self.signed(value)
        if text[0] not in "+" + MINUS:
            return "·"
        return text[0] + (text[2:] if text[1:3] == "0." else text[1:])
