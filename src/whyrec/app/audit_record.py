"""The record of an audit: written to a file, and made again number by number.

It holds one case a line. Verifying makes every line again from its snapshot and its query and compares every number; it
needs the shop folder and nothing of what was computed before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whyrec.app.audit import FORMAT, Audit, record
from whyrec.core.errors import InputError
from whyrec.store.records import query_from_json

if TYPE_CHECKING:
    from whyrec.app.shop import Shop

TOLERANCE = 1e-6
"""Largest difference of a recomputed number, relative to the larger of 1 and the number."""


def keep(shop: Shop, found: Audit) -> Path:
    """Keep the summary of an audit in the shop folder, where the console finds it; the newest of each snapshot."""
    path = shop.folder / "audits" / f"{found.head['snapshot']}.json"
    path.parent.mkdir(exist_ok=True)
    summary = {**found.as_dict(), "scale": found.records[0]["scale"]}
    path.write_text(json.dumps(summary, indent=1), encoding="utf-8")
    return path


def kept(shop: Shop) -> dict[str, Any] | None:
    """Return the summary of the last audit of the live snapshot, None where there was none."""
    path = shop.folder / "audits" / f"{shop.live.meta.id}.json"
    found: dict[str, Any] | None = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    return found


def export(found: Audit, path: Path) -> None:
    """Write the record: a line of what it was made with, then a line for each case."""
    lines = [{**found.head, "cases": len(found.records), "summary": found.as_dict()["measures"]}, *found.records]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def verify(shop: Shop, path: Path, progress: Callable[[float, str], None]) -> list[str]:
    """Make every number of a record again and return what does not hold, empty where all does.

    Raises InputError where the file is no record, SnapshotError where its snapshot is gone or damaged.
    """
    head, records = _read(path)
    live = shop.snapshot(head["snapshot"])
    wrong = []
    if live.meta.checksum != head["checksum"]:
        wrong.append(
            f"the record is of a model with checksum {head['checksum']}, the snapshot has {live.meta.checksum}"
        )
    if shop.catalog.version != head["catalog"]:
        wrong.append(f"the record is of catalogue {head['catalog']}, the shop has {shop.catalog.version}")
    if head["cases"] != len(records):
        wrong.append(f"the record says {head['cases']} cases and holds {len(records)}")
    made = []
    for line, said in enumerate(records, start=2):
        progress((line - 2) / max(1, len(records)), f"{line - 2} of {len(records)} cases")
        query = query_from_json(json.dumps(said["query"]))
        made.append(record(shop, live, query, said["item"], said["seed"], said.get("orders")))
        wrong += [f"line {line}: {one}" for one in differences(said, made[-1])]
    summary = Audit(tuple(made), {"seed": head["seed"]}).as_dict()["measures"]
    return wrong + [f"line 1: {one}" for one in differences(head["summary"], summary)]


def _read(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    try:
        head, *records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        if head["format"] != FORMAT:
            raise InputError(f"Expected an audit record of format {FORMAT}, but {path} has {head['format']!r}.")
        return head, [one for one in records if one["item"] and one["query"] and one["seed"] is not None]
    except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise InputError(
            f"Expected an audit record in {path}, but: {error!r}. Make one with: whyrec audit DIR --export FILE"
        ) from None


def differences(said: Any, made: Any, where: str = "") -> list[str]:
    """Return where two plain values differ: numbers by more than the tolerance, anything else at all."""
    if isinstance(said, Mapping) and isinstance(made, Mapping):
        names = [*said, *(name for name in made if name not in said)]
        return [d for n in names for d in differences(said.get(n), made.get(n), f"{where}.{n}".lstrip("."))]
    if isinstance(said, list) and isinstance(made, list) and len(said) == len(made):
        return [d for k, pair in enumerate(zip(said, made, strict=True)) for d in differences(*pair, f"{where}[{k}]")]
    if _is_number(said) and _is_number(made):
        same = abs(said - made) <= TOLERANCE * max(1.0, abs(said), abs(made))
    else:
        same = type(said) is type(made) and said == made
    return [] if same else [f"{where} is {said!r}, recomputed {made!r}"]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
