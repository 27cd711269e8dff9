"""People in the base log: their rows, their removal, and pseudonyms in the place of their ids.

Rows are removed by writing `base/` anew beside the old one; the next cleaning makes `clean/`, the quarantine included.
A row that could not be read is removed where its text holds the id as a word.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import duckdb

from whyrec.data.ingest import read_imported
from whyrec.data.parse import id_column
from whyrec.data.workspace import (
    Connection,
    column_types,
    connection,
    insert_rows,
    one,
    parquet,
    quoted,
    reading,
    replacing,
    write_parquet,
)

ROLES = ("events", "users", "links")
PERSON = "person_id"
"""Column of users and links that may hold an id too: that of the person whose account it is."""


@dataclass(frozen=True)
class Removed:
    """Rows taken out of the base log: events, rows of users and links, and rows that could not be read."""

    events: int = 0
    users: int = 0
    links: int = 0
    rejects: int = 0

    def __bool__(self) -> bool:
        return bool(self.events or self.users or self.links or self.rejects)


def rows_about(folder: Path, user: str) -> list[dict[str, Any]]:
    """Return the rows of the clean log about a user, oldest first, as plain values without codes."""
    path = folder / "clean" / "events.parquet"
    if not path.exists():
        return []
    with reading() as con:
        names = [name for name in column_types(con, parquet(path)) if not name.endswith("_code") and name != "row"]
        picked = ", ".join(quoted(name) for name in names)
        sql = f'SELECT {picked} FROM {parquet(path)} WHERE user_id = ? ORDER BY "at", "row"'
        rows = con.execute(sql, [user]).fetchall()
    return [{name: _plain(value) for name, value in zip(names, row, strict=True) if value is not None} for row in rows]


def ids(folder: Path) -> list[str]:
    """Return the ids of everybody in the base log and the tables of users and links, also of rows set aside."""
    found: set[str] = set()
    with reading() as con:
        for table in _tables(folder):
            for name in _held(con, table).values():
                found |= {row[0] for row in con.execute(f"SELECT DISTINCT {name} FROM {parquet(table)}").fetchall()}
    return sorted(name for name in found if name is not None)


def remove(folder: Path, people: Collection[str]) -> Removed:
    """Take all rows of these people out of the base log; writes nothing where they have none."""
    counts = _count(folder, people)
    if counts:
        _rewrite(folder, people, counts)
    return counts


def pseudonymise(folder: Path, named: Callable[[str], str]) -> None:
    """Put `named(id)` in the place of every id in the base log; rows that could not be read lose their text."""
    everybody = ids(folder)
    with replacing(folder, "base") as base, connection(base / "scratch") as con:
        con.execute("CREATE TABLE names (id VARCHAR, pseudonym VARCHAR)")
        insert_rows(con, "names", [(name, named(name)) for name in everybody])
        for table in _tables(folder):
            columns, joined, join = list[str](), "*", ""
            held = _held(con, table)
            for column in column_types(con, parquet(table)):
                columns.append(f"n_{column}.pseudonym AS {column}" if column in held else f"t.{quoted(column)}")
            for column, sql in held.items():
                joined += f", {sql} AS plain_{column}"
                join += f" LEFT JOIN names AS n_{column} ON n_{column}.id = t.plain_{column}"
            table_sql = f"(SELECT {joined} FROM {parquet(table)}) AS t"
            write_parquet(
                con, f'SELECT {", ".join(columns)} FROM {table_sql}{join} ORDER BY t."row"', base / table.name
            )
        rejects = parquet(folder / "base" / "rejects.parquet")
        write_parquet(con, f"SELECT * REPLACE ('' AS raw) FROM {rejects}", base / "rejects.parquet")
        _carry_over(folder / "base", base)
        imported = replace(read_imported(folder), user_id_type="str")
        (base / "import.json").write_text(json.dumps(asdict(imported), indent=1, ensure_ascii=False), encoding="utf-8")


def holds(path: Path, user: str) -> bool:
    """Whether a file holds this id as a word: in any column of text of a parquet file, or in its bytes."""
    if path.suffix == ".parquet":
        with reading() as con:
            try:
                texts = [name for name, kind in column_types(con, parquet(path)).items() if kind == "VARCHAR"]
                found = " OR ".join(f"{quoted(name)} = ?" for name in texts) or "false"
                return bool(one(con, f"SELECT count(*) FROM {parquet(path)} WHERE {found}", *[user] * len(texts)))
            except duckdb.Error:
                return False
    data = path.read_bytes()
    return any(re.search(rb"(?<!\w)" + re.escape(word.encode()) + rb"(?!\w)", data) for word in _spellings(user))


def _spellings(user: str) -> set[str]:
    """Return an id as plain text, CSV, JSON and HTML write it."""
    as_json = (json.dumps(user)[1:-1], json.dumps(user, ensure_ascii=False)[1:-1])
    return {user, user.replace('"', '""'), *as_json, escape(user), escape(user, quote=False)}


def _rewrite(folder: Path, people: Collection[str], counts: Removed) -> None:
    with replacing(folder, "base") as base, connection(base / "scratch") as con:
        con.execute("CREATE TABLE people (id VARCHAR)")
        insert_rows(con, "people", [(name,) for name in people])
        for table in _tables(folder):
            held = _held(con, table)
            gone = f"coalesce({held.pop('user_id')} IN (SELECT id FROM people), false)"
            # Whose account it is may be said by the id of another account: that link goes, the account stays.
            kept = [f"CASE WHEN {sql} IN (SELECT id FROM people) THEN NULL ELSE {quoted(name)} END AS {quoted(name)}"
                    for name, sql in held.items()]  # fmt: skip
            columns = f"* REPLACE ({', '.join(kept)})" if kept else "*"
            sql = f'SELECT {columns} FROM {parquet(table)} WHERE NOT {gone} ORDER BY "row"'
            write_parquet(con, sql, base / table.name)
        rejects = f"SELECT * FROM {parquet(folder / 'base' / 'rejects.parquet')} WHERE NOT {_in_raw(people)}"
        write_parquet(con, rejects, base / "rejects.parquet")
        _carry_over(folder / "base", base)
        before = read_imported(folder)
        rejected = _rejected(con, folder, people, "events")
        after = replace(
            before,
            rows_read=before.rows_read - counts.events - rejected,
            rows_rejected=before.rows_rejected - rejected,
            user_rows=before.user_rows - counts.users,
            link_rows=before.link_rows - counts.links,
        )
        (base / "import.json").write_text(json.dumps(asdict(after), indent=1, ensure_ascii=False), encoding="utf-8")


def _count(folder: Path, people: Collection[str]) -> Removed:
    counts = {}
    with reading() as con:
        con.execute("CREATE TABLE people (id VARCHAR)")
        insert_rows(con, "people", [(name,) for name in people])
        for table in _tables(folder):
            held = _held(con, table)
            gone = " OR ".join(f"{sql} IN (SELECT id FROM people)" for sql in held.values())
            counts[table.stem] = int(one(con, f"SELECT count(*) FROM {parquet(table)} WHERE {gone}"))
        return Removed(**counts, rejects=_rejected(con, folder, people))


def _rejected(con: Connection, folder: Path, people: Collection[str], source: str | None = None) -> int:
    only = "" if source is None else f" AND source = '{source}'"
    rejects = parquet(folder / "base" / "rejects.parquet")
    return int(one(con, f"SELECT count(*) FROM {rejects} WHERE {_in_raw(people)}{only}"))


def _in_raw(people: Iterable[str]) -> str:
    """SQL: the text of a row that could not be read holds one of these ids as a word."""
    words = [re.escape(word).replace("'", "''") for name in people for word in sorted(_spellings(name))]
    tests = [f"regexp_matches(raw, '(^|\\W){word}(\\W|$)')" for word in words]
    return f"coalesce({' OR '.join(tests) or 'false'}, false)"


def _tables(folder: Path) -> list[Path]:
    return [path for role in ROLES if (path := folder / "base" / f"{role}.parquet").exists()]


def _held(con: Connection, table: Path) -> dict[str, str]:
    """SQL of the ids of people in a table of the base log, by column."""
    source = parquet(table)
    types = column_types(con, source)
    names = ["user_id"] if table.stem == "events" or PERSON not in types else ["user_id", PERSON]
    return {name: id_column(con, source, name, types[name]) for name in names}


def _carry_over(old: Path, new: Path) -> None:
    """Take every other file along; a link where the disk can, since media may be large."""
    for path in old.iterdir():
        if path.is_file() and not (new / path.name).exists() and path.name != "import.json":
            try:
                os.link(path, new / path.name)
            except OSError:
                shutil.copy2(path, new / path.name)


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool, list)) else str(value)
