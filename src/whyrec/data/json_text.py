"""JSON lines (or one JSON array of objects), each object a row.

Objects inside an object become columns named `outer.inner`, one level deep; what is nested deeper stays as JSON
text. Whole numbers keep every digit. A line that is no object is set aside.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from whyrec.core.errors import InputError
from whyrec.data.csv_text import SHOWN, TextTable, unique_names, written
from whyrec.data.text import MARK, Encoding, lines
from whyrec.data.workspace import literal, quoted

_INT64 = 1 << 63


def read_json(path: Path, encoding: Encoding, role: str, scratch: Path) -> TextTable:
    """Read JSON lines, or an array of objects.

    Raises InputError where no line is an object.
    """
    good, bad = scratch / f"{role}.ndjson", scratch / f"{role}_rejects.csv"
    kinds: dict[str, set[str]] = {}
    places: dict[str, int] = {}
    n_rows = n_rejects = 0
    with good.open("w", encoding="utf-8") as kept, bad.open("w", encoding="utf-8", newline="") as rejected:
        reject = csv.writer(rejected, lineterminator="\n")
        for number, text, entry in _entries(path, encoding):
            reason = _trouble(text, entry)
            if reason:
                reject.writerow([number, reason, text.rstrip("\r\n")[:SHOWN].replace(MARK, "\ufffd")])
                n_rejects += 1
                continue
            flat: dict[str, Any] = {"row": number}
            for key, value in _flat(entry):
                place = places.setdefault(key, len(places))
                flat[f"c{place}"] = _plain(value, kinds.setdefault(key, set()))
            kept.write(json.dumps(flat, ensure_ascii=False) + "\n")
            n_rows += 1
    if not n_rows:
        raise InputError(f"Expected one JSON object a line with {role} in {path}, found none. Export it again.")
    names = unique_names(["row", *places])[1:]
    types = [_column_type(kinds[key]) for key in places]
    declared = ", ".join(f"'c{place}': {literal(kind)}" for place, kind in enumerate(types))
    picked = ", ".join(f"c{place} AS {quoted(name)}" for place, name in enumerate(names))
    sql = (
        f"SELECT \"row\", {picked} FROM read_json({literal(good)}, format = 'newline_delimited', "
        f"maximum_object_size = 40000000, columns = {{'row': 'BIGINT', {declared}}})"
    )
    rejects = f'SELECT {literal(role)}, "row", reason, raw FROM {written(bad, ["reason", "raw"])}'
    return TextTable(sql, rejects, n_rejects, "json", typed=True)


def _entries(path: Path, encoding: Encoding) -> Iterator[tuple[int, str, Any]]:
    """Yield (number, text, value) for each entry; a text that is no JSON has the value None."""
    source = lines(path, encoding)
    first = next(source)
    if first.lstrip("\ufeff \t\r\n").startswith("["):
        try:
            entries = json.loads("".join([first, *source]))
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"Expected a JSON array of objects in {path}, but: {error}. Export it again, or as JSON lines."
            ) from None
        yield from ((number, str(entry), entry) for number, entry in enumerate(entries, start=1))
        return
    yield 1, first, _parsed(first)
    for number, text in enumerate(source, start=2):
        if text.strip():
            yield number, text, _parsed(text)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _trouble(text: str, entry: Any) -> str:
    if not isinstance(entry, dict):
        return "not a JSON object"
    if not entry:
        return "an empty JSON object"
    if MARK in text or "\\u" in text or "\\ud" in text.lower():
        whole = json.dumps(entry, ensure_ascii=False)
        try:
            whole.encode("utf-8")
        except UnicodeEncodeError:
            return "characters that are no text"
        if MARK in whole or "\\u0000" in whole:
            return "bytes that are no text"
    return ""


def _flat(entry: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in entry.items():
        if isinstance(value, dict) and value:
            yield from ((f"{key}.{inner}", below) for inner, below in value.items())
        else:
            yield key, value


def _plain(value: Any, kinds: set[str]) -> Any:
    """Return a value as DuckDB reads it without loss, and note its kind."""
    if value is None:
        return None
    if isinstance(value, bool):
        kinds.add("BOOLEAN")
    elif isinstance(value, int):
        if not -_INT64 <= value < _INT64:
            kinds.add("VARCHAR")
            return str(value)
        kinds.add("BIGINT")
    elif isinstance(value, float):
        kinds.add("DOUBLE")
        return value if value - value == 0 else str(value)  # NaN and infinity are no JSON, but DuckDB reads the words
    elif isinstance(value, list) and all(isinstance(v, (str, int, float)) and v == v for v in value):
        kinds.add("VARCHAR[]")
        return [v if isinstance(v, str) else json.dumps(v) for v in value]
    elif isinstance(value, (list, dict)):
        kinds.add("VARCHAR")
        return json.dumps(value, ensure_ascii=False)
    else:
        kinds.add("VARCHAR")
    return value


def _column_type(kinds: set[str]) -> str:
    if not kinds:
        return "VARCHAR"
    if len(kinds) == 1:
        return next(iter(kinds))
    return "DOUBLE" if kinds == {"BIGINT", "DOUBLE"} else "VARCHAR"
