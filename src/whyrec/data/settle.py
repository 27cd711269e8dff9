"""Which source column stands for which canonical one: what was given, else what is guessed by name or by content."""

from __future__ import annotations

from collections.abc import Mapping

from whyrec.core.errors import InputError
from whyrec.data.columns import Guess, guess_mapping
from whyrec.data.csv_text import unique_names
from whyrec.data.parse import is_text, time_sql
from whyrec.data.readers import Raw
from whyrec.data.workspace import Connection, one

NEEDED = {
    "events": ("user_id", "item_id"), "items": ("item_id",), "users": ("user_id",), "links": ("user_id", "person_id"),
}  # fmt: skip
"""Columns that a table cannot do without."""
HELP = "Name it with a mapping, e.g. {canonical}=YOUR_COLUMN."


def by_role(mapping: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Sort a given mapping by table: "items.", "users." or "links." before a name addresses that one, else events."""
    given: dict[str, dict[str, str]] = {"events": {}, "items": {}, "users": {}, "links": {}}
    for key, source in mapping.items():
        role, _, name = key.rpartition(".")
        given[role if role in given else "events"][name] = source
    return given


def settle(con: Connection, raw: Raw, role: str, given: Mapping[str, str]) -> dict[str, Guess]:
    """Guess the mapping of one table and make sure that what it cannot do without is there.

    `given` (canonical -> source column) goes before the guesses. Raises InputError for a column that is missing or
    holds lists.
    """
    mapping = guess_mapping(list(raw.columns), role, given)
    if role == "events":
        if "timestamp" not in mapping and "position" not in mapping:
            mapping |= _time_by_content(con, raw, {guess.source for guess in mapping.values()})
        if "user_id" not in mapping and "session_id" in mapping:
            mapping["user_id"] = Guess(mapping.pop("session_id").source, "the session stands for the user")
    for canonical in NEEDED[role]:
        if canonical not in mapping:
            raise InputError(
                f"Expected a column {canonical} (or a name that other systems use for it) among the {role} of "
                f"{raw.name}, found: {', '.join(raw.columns)}. "
                + HELP.format(canonical=canonical if role == "events" else f"{role}.{canonical}")
            )
        kind = raw.columns[mapping[canonical].source]
        if kind.endswith("[]") or kind.startswith(("STRUCT", "MAP")):
            raise InputError(
                f"Expected one id a row in column {mapping[canonical].source!r} of {raw.name}, found lists. "
                "Write one row for each event."
            )
    return mapping


def _time_by_content(con: Connection, raw: Raw, taken: set[str]) -> dict[str, Guess]:
    """Find a column of dates where no name says time: text or moments, nearly all of which can be read as such."""
    sample = f"(SELECT * FROM {raw.table} LIMIT 1000)"
    for name, kind in raw.columns.items():
        if name in taken or not (is_text(kind) or kind == "DATE" or kind.startswith("TIMESTAMP")):
            continue
        seconds = time_sql(con, sample, name, kind)
        good = one(con, f"SELECT avg(CAST(coalesce({seconds} > 3e8, false) AS INTEGER)) FROM {sample}")
        if good is not None and good > 0.9:
            return {"timestamp": Guess(name, "by content")}
    return {}


def attributes(raw: Raw, mapping: Mapping[str, Guess]) -> dict[str, str]:
    """Columns of a source that stand for no canonical one: (name in base -> name in the source)."""
    taken = {guess.source for guess in mapping.values()}
    rest = [name for name in raw.columns if name not in taken]
    return dict(zip(unique_names(["row", *mapping, *rest])[1 + len(mapping) :], rest, strict=True))
