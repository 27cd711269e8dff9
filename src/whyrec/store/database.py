"""From the address in the settings to a database with its tables: SQLite in the shop folder, or PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from whyrec.core.config import ServeSettings
from whyrec.core.errors import MissingExtraError, SettingsError, StoreError
from whyrec.store import schema


def connect(folder: Path, serve: ServeSettings) -> tuple[Engine, str]:
    """Return the engine of a shop folder's store, its tables made or updated, and its address without a password.

    Raises StoreError where it cannot be opened, SettingsError for an address of an unknown kind, MissingExtraError
    where PostgreSQL's driver is not installed.
    """
    try:
        url = make_url(serve.store) if serve.store else URL.create("sqlite", database=str(folder / "store.db"))
    except ArgumentError:
        raise SettingsError(
            "whyrec.toml: [serve] store: expected an address such as postgresql://user@host/database, "
            "or nothing for SQLite in the shop folder."
        ) from None
    where = url.render_as_string(hide_password=True)
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise SettingsError(
            f"whyrec.toml: [serve] store: expected an address of SQLite or PostgreSQL, got {url.drivername!r}."
        )
    try:
        engine = create_engine(
            url, pool_size=8, max_overflow=32, pool_pre_ping=url.get_backend_name() != "sqlite", hide_parameters=True
        )
    except ModuleNotFoundError:
        raise MissingExtraError("psycopg", "postgres", f"The store at {where}") from None
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    try:
        with engine.begin() as connection:
            schema.migrate(connection)
    except (SQLAlchemyError, StoreError) as error:
        engine.dispose()
        raise error if isinstance(error, StoreError) else refusal(error, where) from None
    return engine, where


def _prepare_sqlite(engine: Engine) -> None:
    """Make transactions real ones: the driver's own begin comes late, and locks later."""

    def on_connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout=10000").close()
        if connection.execute("PRAGMA page_count").fetchone() == (0,):  # a new file; later it would need a rewrite
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL").close()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    def on_begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)


@dataclass(frozen=True)
class Ready:
    """A statement that every list runs, compiled once and given to the driver as it is.

    SQLAlchemy builds and looks up a statement anew each time, which takes ten times as long as SQLite's own work.
    """

    compiled: Any

    @staticmethod
    def of(engine: Engine, statement: Any) -> Ready:
        """Compile a statement for the database of an engine."""
        return Ready(statement.compile(dialect=engine.dialect))

    def rows(self, engine: Engine, **given: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that only reads, as of now."""
        kept = engine.raw_connection()
        try:
            driver: Any = kept.driver_connection
            found: list[tuple[Any, ...]] = driver.execute(self.compiled.string, self._values(given)).fetchall()
            return found
        finally:
            kept.close()  # goes back to the pool, which ends its transaction

    def run_each(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run the statement with each of these rows, in the transaction of a connection."""
        driver: Any = connection.connection.driver_connection
        driver.cursor().executemany(self.compiled.string, [self._values(row) for row in rows])

    def _values(self, given: Mapping[str, Any]) -> Any:
        values = {**self.compiled.params, **given}
        order = self.compiled.positiontup  # None where the driver takes names
        return values if order is None else [values[name] for name in order]


def refusal(error: Exception, where: str) -> StoreError:
    """Return the StoreError that says what the database refused and what to do about it."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    for sign, advice in (
        ("full", "Free some space and send it again; whatever was acknowledged is safe."),
        ("space", "Free some space and send it again; whatever was acknowledged is safe."),
        ("readonly", "Make the folder and store.db writable for this user."),
        ("unable to open", "Make the folder, or make it writable for this user."),
        ("locked", "Another process holds the store; wait for it to end and try again."),
        ("connect", "Start the server, or correct [serve] store in whyrec.toml."),
        ("not a database", "The file is damaged or is something else; put a copy from a backup in its place."),
    ):
        if sign in said:
            return StoreError(f"Expected a store that reads and writes at {where}, but: {said}. {advice}")
    return StoreError(f"Expected a store that reads and writes at {where}, but: {said}. Try again; see whyrec doctor.")
