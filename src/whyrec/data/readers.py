"""Read any table that a shop exports, CSV, JSON lines, parquet or a data frame, into one form: a Raw table.

A row that cannot be read is never lost and never stops the import: it goes to `rejects` with its number, the
reason and its text. CSV and JSON lines are read by Python's own parsers and handed to DuckDB as a table with
nothing left to guess; that keeps every row accounted for whatever the bytes are.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import duckdb

from whyrec.core.errors import InputError
from whyrec.data.csv_text import read_csv, unique_names
from whyrec.data.json_text import read_json
from whyrec.data.text import chunks, find_encoding
from whyrec.data.workspace import Connection, column_types, glob_literal, one, quoted

Source: TypeAlias = Any
"""A path (str or Path), a pandas.DataFrame or a polars.DataFrame."""


@dataclass(frozen=True)
class Raw:
    """A source as a table in DuckDB: column `row` (line of the file, or ordinal from 1), then its own columns."""

    table: str
    columns: dict[str, str]  # name -> DuckDB type
    form: str  # csv, json, parquet, pandas or polars
    name: str
    fingerprint: str
    rejects: int
    typed: bool  # False where every value is text and types are guessed later
    notes: tuple[str, ...] = ()


def read_source(con: Connection, source: Source, role: str, scratch: Path) -> Raw:
    """Make a source readable as the table `raw_<role>`, and add what cannot be read to the table `rejects`.

    Raises InputError where the source is no table, is empty, cut off, or of a format that is not read.
    """
    con.execute('CREATE TABLE IF NOT EXISTS rejects (source VARCHAR, "row" BIGINT, reason VARCHAR, raw VARCHAR)')
    if isinstance(source, (str, Path)):
        return _read_file(con, Path(source), role, scratch)
    module = type(source).__module__.split(".")[0]
    if module == "pandas":
        return _read_pandas(con, source, role)
    if module == "polars":
        return _read_polars(con, source, role, scratch)
    raise InputError(
        f"Expected the {role} as a path, a pandas or a polars data frame, got {type(source).__name__}. "
        "Convert it to one of these."
    )


def _check_file(path: Path, role: str) -> None:
    try:
        if path.is_dir():
            raise InputError(f"Expected a file with {role}, but {path} is a folder. Name the file inside it.")
        if not path.exists():
            raise InputError(f"Expected a file with {role} at {path}, found none. Check the name and the folder.")
        if not path.is_file():
            raise InputError(
                f"Expected a file with {role}, but {path} is a pipe or a device. Write it to a file first."
            )
    except OSError as error:
        raise InputError(f"Expected a file with {role} at {path}, but: {error.strerror or error}.") from None


def _read_file(con: Connection, path: Path, role: str, scratch: Path) -> Raw:
    _check_file(path, role)
    head = next(chunks(path), b"")[:4096]
    if not head.strip():
        raise InputError(f"Expected a table of {role} in {path}, but the file is empty. Export it again.")
    if head.startswith(b"PAR1"):
        return _read_parquet(con, path, role, path.name, "parquet", fingerprint(path))
    if head.startswith(b"PK\x03\x04"):
        raise InputError(
            f"Expected CSV, JSON lines or parquet in {path}, found a ZIP archive or an Excel workbook. "
            "Unpack it, or save the sheet as CSV."
        )
    encoding = find_encoding(path)
    first = head.decode(encoding.name, errors="replace").lstrip("\ufeff \t\r\n")[:1]
    read = read_json if first in ("{", "[") else read_csv
    text = read(path, encoding, role, scratch)
    view = f"raw_{role}"
    con.execute(f"CREATE VIEW {view} AS {text.sql}")
    con.execute(f"INSERT INTO rejects {text.rejects_sql}")
    notes = tuple(n for n in (encoding.note, *text.notes) if n)
    columns = {name: kind for name, kind in column_types(con, view).items() if name != "row"}
    return Raw(view, columns, text.form, path.name, fingerprint(path), text.n_rejects, text.typed, notes)


def fingerprint(path: Path) -> str:
    """Return a short hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _read_parquet(con: Connection, path: Path, role: str, name: str, form: str, mark: str) -> Raw:
    view = f"raw_{role}"
    try:
        columns = column_types(con, f"read_parquet({glob_literal(path)})")
        own = "file_row_number" in {c.lower() for c in columns}
        table = f"read_parquet({glob_literal(path)}{'' if own else ', file_row_number = true'})"
        number = "row_number() OVER ()" if own else "file_row_number + 1"
        con.execute(f'CREATE VIEW {view} AS SELECT {number} AS "row", {_picked(columns)} FROM {table}')
    except duckdb.Error as error:
        raise InputError(
            f"Expected a parquet file with {role} in {name}, but it cannot be read: {_first_line(error)}. "
            "It may be cut off; copy or export it again."
        ) from None
    return Raw(view, _renamed(columns), form, name, mark, 0, typed=True)


def _renamed(columns: dict[str, str]) -> dict[str, str]:
    """Return the columns under names beside which `row` is free for our row number."""
    return dict(zip(unique_names(["row", *columns])[1:], columns.values(), strict=True))


def _picked(columns: dict[str, str]) -> str:
    return ", ".join(f"{quoted(old)} AS {quoted(new)}" for old, new in zip(columns, _renamed(columns), strict=True))


def _read_pandas(con: Connection, frame: Any, role: str) -> Raw:
    if not len(frame.columns):
        raise InputError(f"Expected a pandas frame with {role}, found one without columns.")
    frame = frame.reset_index(drop=True)
    frame.columns = unique_names([str(name) for name in frame.columns])
    con.register(f"frame_{role}", frame)
    return _from_view(con, f"frame_{role}", role, "pandas")


def _read_polars(con: Connection, frame: Any, role: str, scratch: Path) -> Raw:
    # Through a file, since DuckDB takes a polars frame only where pyarrow is installed too.
    if not len(frame.columns):
        raise InputError(f"Expected a polars frame with {role}, found one without columns.")
    path = scratch / f"frame_{role}.parquet"
    frame.rename(dict(zip(frame.columns, unique_names(frame.columns), strict=True))).write_parquet(path)
    return _read_parquet(con, path, role, f"polars frame of {role}", "polars", fingerprint(path))


def _from_view(con: Connection, name: str, role: str, form: str) -> Raw:
    view = f"raw_{role}"
    try:
        columns = column_types(con, name)
        con.execute(f'CREATE VIEW {view} AS SELECT row_number() OVER () AS "row", {_picked(columns)} FROM {name}')
        mark = one(con, f"SELECT coalesce(bit_xor(hash(whole_row)), 0) FROM {view} AS whole_row")
    except duckdb.Error as error:
        raise InputError(
            f"Expected a {form} frame with {role}, but it cannot be read: {_first_line(error)}. "
            "Give each column one type."
        ) from None
    return Raw(view, _renamed(columns), form, f"{form} frame of {role}", f"{mark:016x}", 0, typed=True)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
