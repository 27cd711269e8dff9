"""Tables of the store, for SQLite and PostgreSQL alike, and the step that brings an older store up to date.

`events` is the live log: `seq` is the order of arrival, `event_id` makes a retry harmless. Feedback is events too;
`reference` says what a "not because of this" refers to, `withdrawn` that it was undone. `items` are changes to the
catalogue, `recommendations` are lists as they were given (`user_id` is whose they are, `shown` the kind of reason of
each place, `mix` what learning from its answers needs), `meta` counts changes of the catalogue. `keys` open the
service; only their hashes are kept. `suppressed` are keyed hashes of erased people, `receipts` say what was erased,
`jobs` what the service did by itself.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    inspect,
    select,
    text,
)

from whyrec.core.errors import StoreError

REVISION = "0003"
"""The revision that this code works with; the newest file in migrations/versions."""

metadata = MetaData()

events = Table(
    "events",
    metadata,
    # SQLite numbers rows by itself only in a column of its own type Integer.
    Column("seq", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True),
    Column("event_id", Text, nullable=False, unique=True),
    Column("user_id", Text, nullable=False),
    Column("session_id", Text),
    Column("item_id", Text),
    Column("kind", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("value", Double),
    Column("quantity", Double),
    Column("price", Double),
    Column("platform", Text),
    Column("locale", Text),
    Column("text", Text),
    Column("answers", Text),
    Column("position", Integer),
    Column("reference", Text),
    Column("withdrawn", Boolean, nullable=False),
    Column("received_at", Double, nullable=False),
    Index("events_of_user", "user_id", "at", "seq"),
    sqlite_autoincrement=True,  # a number is never given twice
)

items = Table(
    "items",
    metadata,
    Column("item_id", Text, primary_key=True),
    Column("document", Text, nullable=False),
    Column("available", Boolean, nullable=False),
    Column("updated_at", Double, nullable=False),
)

recommendations = Table(
    "recommendations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Double, nullable=False),
    Column("user_id", Text),
    Column("query", LargeBinary, nullable=False),
    Column("result", LargeBinary, nullable=False),
    Column("snapshot", Text, nullable=False),
    Column("catalog", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("shown", Text),
    Column("mix", Text),
    Index("recommendations_of_user", "user_id", "at"),
    Index("recommendations_by_time", "at"),
)

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

keys = Table(
    "keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("ends_at", Double),
)

suppressed = Table(
    "suppressed",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("at", Double, nullable=False),
)

receipts = Table(
    "receipts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Double, nullable=False),
    Column("document", Text, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("ended_at", Double),
    Column("state", Text, nullable=False),
    Column("document", Text, nullable=False),
)


def migrate(connection: Connection) -> None:
    """Bring the tables to REVISION inside the transaction of this connection.

    Raises StoreError for tables of a newer whyrec.
    """
    if _revision(connection) == REVISION:
        return
    if connection.dialect.name == "postgresql":  # two processes may start at once; SQLite locks by itself
        connection.execute(text("SELECT pg_advisory_xact_lock(7236401)"))
    from alembic import command  # slow to import, and needed only on the first start of a new version
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, REVISION)
    except CommandError as error:
        raise StoreError(
            f"Expected a store of revision {REVISION} or older, but: {error}. It was written by a newer whyrec; "
            "install that version."
        ) from None


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(select(text("version_num")).select_from(text("alembic_version"))).scalar()
