"""What the doctor says and cleaning reports: Finding and Check, and how they are kept in clean/check.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from whyrec.core.errors import ShopError
from whyrec.data.workspace import restore

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong or worth knowing; `action` says what cleaning does about it."""

    check: str
    severity: str  # error, warning or note
    count: int
    share: float  # of the events, items or users that it is about
    samples: tuple[dict[str, Any], ...] = ()
    action: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as `whyrec check --json` prints it."""
        return {**asdict(self), "samples": list(self.samples)}


@dataclass(frozen=True)
class Check:
    """Where every row of the event log went: read = kept + set aside + merged. `facts` are numbers others need."""

    rows_read: int
    rows_kept: int
    rows_set_aside: int
    rows_merged: int
    findings: tuple[Finding, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    digest: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the check as `whyrec check --json` prints it."""
        return {
            "rows_read": self.rows_read,
            "rows_kept": self.rows_kept,
            "rows_set_aside": self.rows_set_aside,
            "rows_merged": self.rows_merged,
            "findings": [finding.as_dict() for finding in self.findings],
        }


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Sort findings as they are shown: by severity, then by share."""
    return tuple(sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), -f.share, f.check)))


def write_check(check: Check, path: Path) -> None:
    """Write check.json."""
    record = {**check.as_dict(), "facts": check.facts, "digest": check.digest}
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False), encoding="utf-8")


def read_check(folder: Path) -> Check:
    """Read clean/check.json of a shop folder.

    Raises ShopError where the log was not cleaned yet, or the file cannot be read.
    """
    restore(folder, "clean")
    path = folder / "clean" / "check.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        findings = tuple(Finding(**{**f, "samples": tuple(f["samples"])}) for f in record.pop("findings"))
        return Check(findings=findings, **record)
    except FileNotFoundError:
        raise ShopError(
            f"Expected a cleaned log in {folder / 'clean'}, found none. Make it with: whyrec check {folder}"
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise ShopError(
            f"Expected a readable {path}, but: {error}. Make it again with: whyrec check {folder}"
        ) from None
