"""Cron words: when a job is due next.

    minute hour day-of-month month day-of-week      0 3 * * *   every night at three, in the shop's time zone

Each field is *, a number, a range 1-5, a list 1,3,5, or any of them with a step */15. Sunday is 0 or 7. Where both days
are restricted, either is enough, as cron has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from whyrec.core.errors import SettingsError

FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
LONGEST_DAYS = 366 * 5
"""Further ahead nothing is looked for: 30 2 31 2 * never comes."""


@dataclass(frozen=True)
class Cron:
    """When a job is due; sets of minutes, hours, days, months and weekdays."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # Sunday is 0
    either_day: bool

    def after(self, moment: float, zone: tzinfo) -> float:
        """Return the first moment after this one at which the job is due, UTC seconds; SettingsError for never."""
        at = datetime.fromtimestamp(moment, zone).replace(second=0, microsecond=0) + timedelta(minutes=1)
        last = at + timedelta(days=LONGEST_DAYS)
        while at < last:
            if at.month not in self.months or not self._day(at):
                at = at.replace(hour=0, minute=0) + timedelta(days=1)
            elif at.hour not in self.hours:
                at = at.replace(minute=0) + timedelta(hours=1)
            elif at.minute not in self.minutes or at.timestamp() <= moment:
                at += timedelta(minutes=1)
            else:
                return at.timestamp()
        raise SettingsError("schedule: expected a time that comes, got one that never does.")

    def _day(self, at: datetime) -> bool:
        tests = (at.day in self.days, at.isoweekday() % 7 in self.weekdays)
        return any(tests) if self.either_day else all(tests)


def parse(words: str) -> Cron:
    """Read five cron words; raises SettingsError that names the field."""
    given = words.split()
    if len(given) != len(FIELDS):
        raise SettingsError(f"schedule: expected five words such as '0 3 * * *', got {len(given)} in {words!r}.")
    sets = [_field(word, *field) for word, field in zip(given, FIELDS, strict=True)]
    either = given[2] != "*" and given[4] != "*"
    return Cron(sets[0], sets[1], sets[2], sets[3], frozenset(day % 7 for day in sets[4]), either)


def _field(word: str, name: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for part in word.split(","):
        span, _, step = part.partition("/")
        first, _, last = (f"{low}-{high}" if span == "*" else span).partition("-")
        numbers = [first, last or (str(high) if step else first), step or "1"]
        if not all(number.isascii() and number.isdigit() for number in numbers):
            raise SettingsError(f"schedule: expected a {name} from {low} to {high}, got {part!r}.")
        start, end, by = (int(number) for number in numbers)
        if not (low <= start <= end <= high and by > 0):
            raise SettingsError(f"schedule: expected a {name} from {low} to {high}, got {part!r}.")
        found |= set(range(start, end + 1, by))
    return frozenset(found)
