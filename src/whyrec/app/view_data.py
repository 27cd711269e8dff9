"""What the data doctor's screen shows, as plain data read from a Check: findings, samples, histograms."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whyrec.app.pictures import brief
from whyrec.app.reader import Reader

if TYPE_CHECKING:
    from whyrec.data.clean import Check

SEVERITIES = ("error", "warning", "note")
COLD = 5
"""An item with fewer events than this has reasons that rest on little."""
MOST_COLUMNS = 5
LACKING = "items without "
MEASURED = {
    "action-no-category": r"The table has no category column; reasons use (?P<names>.*)\.",
    "action-outlying-quantity": r"Kept: more than (?P<limit>[\d,.]+) at once is often another unit; .*",
    "action-outlying-price": r"Kept: over a hundred times the median price \((?P<median>[\d,.]+)\)\.",
}
"""Actions that hold a number or a name: label -> how the doctor words it."""


@dataclass(frozen=True)
class Samples:
    """Sample rows of a finding as text; `bad` marks the columns that the rule looks at."""

    columns: tuple[str, ...]
    bad: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class FindingRow:
    """One finding of the data doctor."""

    check: str
    name: str
    severity: str
    tone: str
    count: int
    share: float
    action: str
    samples: Samples


def findings(check: Check, reader: Reader) -> list[FindingRow]:
    """Return the findings sorted by severity, then share."""
    tones = {"error": "error", "warning": "warn", "note": "info"}
    rows = [
        FindingRow(
            check=f.check,
            name=_name(f.check, reader),
            severity=f.severity,
            tone=tones[f.severity],
            count=f.count,
            share=f.share,
            action=_action(f.action, reader),
            samples=_samples(f.check, f.samples),
        )
        for f in check.findings
    ]
    return sorted(rows, key=lambda row: (SEVERITIES.index(row.severity), -row.share, row.check))


def _name(check: str, reader: Reader) -> str:
    """Name of a check in the reader's language; one without a label keeps the doctor's own words."""
    try:
        return reader.say("check-" + re.sub(r"\W+", "-", check))
    except KeyError:
        if reader.language == "zh" and check.startswith(LACKING):
            return reader.say("check-items-lacking", name=check.removeprefix(LACKING))
        return check[:1].upper() + check[1:]


def _action(action: str, reader: Reader) -> str:
    """What cleaning does in the reader's language; what the files name (how they were read) stays as it is."""
    if reader.language != "zh":  # the doctor's own words, which no other file has
        return action
    for key, pattern in MEASURED.items():
        if match := re.fullmatch(pattern, action):
            return reader.say(key, **match.groupdict())
    try:
        return reader.say("action-" + re.sub(r"\W+", "-", action.lower(), flags=re.ASCII).strip("-"))
    except KeyError:
        return action


def _samples(check: str, samples: Sequence[Mapping[str, Any]], most: int = 5) -> Samples:
    rows = samples[:most]
    named = set(re.findall(r"\w+", check)) - {"id", "items", "users", "item", "user"}
    if "missing user id" in check or "missing item id" in check:
        named = {check.split()[1]}
    bad = {column: bool(named & set(column.lower().split("_"))) for row in rows for column in row if column != "row"}
    first = ("user_id", "item_id", "timestamp")
    columns = sorted(bad, key=lambda column: (column not in first, not bad[column]))[:MOST_COLUMNS]
    cells = tuple(tuple(_cell(row.get(column)) for column in columns) for row in rows)
    return Samples(tuple(columns), tuple(bad[column] for column in columns), cells)


def _cell(value: Any) -> str:
    if value is None or value != value:
        return "–"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def counts(check: Check) -> dict[str, int]:
    """Return how many findings there are of each severity."""
    return {severity: sum(f.severity == severity for f in check.findings) for severity in SEVERITIES}


@dataclass(frozen=True)
class Histogram:
    """Counts in bins, with the question they answer; `odd` are the bins in the colour of content."""

    key: str  # users, items or hours
    bars: tuple[tuple[str, float], ...]
    odd: tuple[int, ...]
    every: int
    summary: str


def histograms(check: Check, reader: Reader) -> list[Histogram]:
    """Return the histograms that the check measured: events a user, events an item, events an hour."""
    hours = [(hour, count) for hour, count in enumerate(check.facts.get("hour_histogram", []))]
    measured = {
        "users": check.facts.get("user_histogram", []),
        "items": check.facts.get("item_histogram", []),
        "hours": hours,
    }
    found = []
    for key, counts in measured.items():
        if not any(count for _, count in counts):
            continue
        bars = tuple((brief(start), float(count)) for start, count in counts)
        odd = tuple(k for k, (start, _) in enumerate(counts) if key == "items" and start < COLD)
        label, value = max(bars, key=lambda bar: bar[1])
        summary = reader.say(f"{key}-summary", label=label, value=reader.number(value))
        found.append(Histogram(key, bars, odd, 3 if key == "hours" else 1, summary))
    return found
