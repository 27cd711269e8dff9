"""Where tables are worked on: a bounded DuckDB connection, and folders that are replaced as a whole.

A folder of a shop (base, clean) is written beside the old one and renamed when it is complete, so that a killed
command leaves the old state. Whatever the disk or the folder refuses becomes a ShopError that says what to do.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import duckdb

from whyrec.core.errors import ShopError

Progress: TypeAlias = Callable[[float, str], None]
Connection: TypeAlias = duckdb.DuckDBPyConnection

MEMORY_MB = 900
"""What DuckDB may hold before it spills to the shop folder: a log of some million rows is cleaned under 1.5 GB."""


def silent(done: float, text: str) -> None:
    """Progress that nobody watches."""


def quoted(name: str) -> str:
    """Return a column or table name as an SQL identifier; nothing inside it is ever run."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | Path) -> str:
    """Return a text as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def glob_literal(path: Path) -> str:
    """Return a path as an SQL literal for a table function, which would take * ? [ for a pattern."""
    return literal("".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path)))


def fetch(con: Connection, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Run a query and return all its rows."""
    rows: list[tuple[Any, ...]] = con.execute(sql, list(parameters)).fetchall()
    return rows


def one(con: Connection, sql: str, *parameters: Any) -> Any:
    """Run a query that gives one row and return its first value."""
    return fetch(con, sql, *parameters)[0][0]


def column_types(con: Connection, source: str) -> dict[str, str]:
    """Name and type of each column of a table, a view or a table function."""
    return {row[0]: row[1] for row in fetch(con, f"DESCRIBE SELECT * FROM {source}")}


def parquet(path: Path) -> str:
    """Return the SQL of a parquet file as a table."""
    return f"read_parquet({glob_literal(path)})"


def write_parquet(con: Connection, sql: str, path: Path) -> None:
    """Write the rows of a query to a parquet file, in their order."""
    con.execute(f"COPY ({sql}) TO {literal(path)} (FORMAT parquet, COMPRESSION zstd)")


def insert_rows(con: Connection, table: str, rows: Sequence[Sequence[Any]], batch: int = 2000) -> None:
    """Insert rows of plain values into a table, many to a statement."""
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        places = ", ".join(f"({', '.join('?' * len(row))})" for row in part)
        con.execute(f"INSERT INTO {table} VALUES {places}", [value for row in part for value in row])


@contextmanager
def connection(scratch: Path) -> Iterator[Connection]:
    """Yield a DuckDB connection in memory that never reaches for the network.

    `scratch` is made for what spills over and for files in between, and is removed at the end.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(
        config={
            "threads": 2,
            "memory_limit": f"{MEMORY_MB}MB",
            "temp_directory": str(scratch),
            "autoinstall_known_extensions": False,
        }
    )
    try:
        con.execute("SET TimeZone = 'UTC'")
        yield con
    finally:
        con.close()
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def reading() -> Iterator[Connection]:
    """Yield a connection for reading a shop folder, which may be shared with others or not be writable at all."""
    with TemporaryDirectory(prefix="whyrec-") as scratch, connection(Path(scratch) / "spill") as con:
        yield con


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one process at a time into the block, by a lock on the folder itself that ends with its holder.

    Where the file system knows no such locks the block runs without one.
    """
    place = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)


@contextmanager
def replacing(folder: Path, name: str) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `folder/name` once the block ends without an error.

    Raises ShopError where the folder cannot be written or the disk is full; the old folder then stays.
    """
    new, old = folder / f".{name}.{os.getpid()}", folder / f".{name}.old"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        restore(folder, name)
        _remove_leftovers(folder, name)
        new.mkdir()
        yield new
        with locked(folder):
            if (folder / name).exists():
                (folder / name).rename(old)
            new.rename(folder / name)
            shutil.rmtree(old, ignore_errors=True)
    except (OSError, duckdb.Error) as error:
        raise cannot_write(folder, error) from None
    finally:
        with suppress(OSError):
            shutil.rmtree(new, ignore_errors=True)


def _remove_leftovers(folder: Path, name: str) -> None:
    """Remove what killed processes left half done; those of running ones stay."""
    for path in folder.glob(f".{name}.[0-9]*"):
        try:
            os.kill(int(path.suffix[1:]), 0)
            alive = int(path.suffix[1:]) != os.getpid()
        except (ProcessLookupError, ValueError):
            alive = False
        except PermissionError:
            alive = True
        if not alive:
            shutil.rmtree(path, ignore_errors=True)


def restore(folder: Path, name: str) -> None:
    """Put back the old folder where a command was killed between the two renames of `replacing`."""
    old = folder / f".{name}.old"
    if not old.is_dir():
        return
    with locked(folder), suppress(FileNotFoundError):  # it may be in its place again by now
        if (folder / name).exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(folder / name)


def disk_full(error: Exception) -> bool:
    """Tell whether an error says that there is no space left."""
    return getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error)


def cannot_write(folder: Path, error: Exception) -> ShopError:
    """Return the ShopError that says what was refused and what to do next."""
    what = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    unchanged = "What was there before is unchanged."
    if disk_full(error):
        return ShopError(
            f"The disk is full: the shop folder {folder} could not be written. {unchanged} "
            "Free some space, or use a folder on another disk, and run the command again."
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return ShopError(
            f"The tables of {folder} need more than {MEMORY_MB} MB of memory: {what}. {unchanged} "
            "Leave columns out that are not needed, long texts first, and run the command again."
        )
    if isinstance(error, duckdb.Error) and not isinstance(error, duckdb.IOException):
        return ShopError(
            f"Expected tables that can be worked on in {folder}, but: {what}. {unchanged} "
            "This should not happen; please report it with the first lines of your file."
        )
    return ShopError(
        f"Expected to write in the shop folder {folder}, but the system refused: {what}. {unchanged} "
        "Check that the folder exists and belongs to you, or name another one."
    )
