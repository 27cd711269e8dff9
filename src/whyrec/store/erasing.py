"""Erasing a person from the store: rows, the suppression list, receipts, and what a database keeps of deleted rows."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, func, select

from whyrec.store import schema

if TYPE_CHECKING:
    from whyrec.store.store import Store

_ANY = f"SELECT 1 FROM {schema.suppressed.name} LIMIT 1"
ERASURES = "erasures"
"""Key in `meta`: how many people were erased, so that other processes hear of it."""


def suppressed(connection: Connection, store: Store, users: Collection[str]) -> set[str]:
    """Return those of these users who were erased; nobody where the store knows no way to hash ids."""
    if store.hash_of is None or not users:
        return set()
    table = schema.suppressed.c
    if connection.exec_driver_sql(_ANY).first() is None:  # in most shops, and every list asks
        return set()
    by_hash = {store.hash_of(user): user for user in users}
    found = connection.execute(select(table.hash).where(table.hash.in_(by_hash))).scalars()
    return {by_hash[name] for name in found}


def are_suppressed(store: Store, users: Collection[str]) -> set[str]:
    """Return those of any number of users who were erased."""
    if store.hash_of is None:
        return set()
    known = set(store.read(lambda connection: connection.execute(select(schema.suppressed.c.hash)).scalars().all()))
    return {user for user in users if store.hash_of(user) in known} if known else set()


def erase(store: Store, user: str, now: float) -> dict[str, int]:
    """Delete all rows of a user and put them on the suppression list, in one transaction; returns the counts."""
    if store.hash_of is None:
        raise RuntimeError("a store without a way to hash ids cannot keep anybody out")
    name = store.hash_of(user)

    def work(connection: Connection) -> dict[str, int]:
        counts = {}
        for what, table in (("events", schema.events), ("lists", schema.recommendations)):
            counts[what] = connection.execute(delete(table).where(table.c.user_id == user)).rowcount
        known = select(schema.suppressed.c.hash).where(schema.suppressed.c.hash == name)
        if connection.execute(known).first() is None:
            connection.execute(schema.suppressed.insert(), {"hash": name, "at": now})
        store.count(connection, ERASURES)
        return counts

    return store.write(work)


def lift(store: Store, user: str) -> bool:
    """Take a user off the suppression list, who comes back by their own wish; False where they were not on it."""
    if store.hash_of is None:
        return False
    gone = delete(schema.suppressed).where(schema.suppressed.c.hash == store.hash_of(user))
    return store.write(lambda connection: connection.execute(gone).rowcount) > 0


def take_over(store: Store, other: Store) -> int:
    """Take over the suppression list of another store, whose hashes were made with the same secret."""
    rows = other.read(lambda connection: connection.execute(select(schema.suppressed)).mappings().all())
    if rows:
        store.write(lambda connection: connection.execute(schema.suppressed.insert(), [dict(row) for row in rows]))
    return len(rows)


def scrub(store: Store) -> None:
    """Overwrite what the database still holds of deleted rows: SQLite's log (free pages are zero), or dead rows."""
    engine = store.engine
    raw = engine.raw_connection()
    try:
        driver: Any = raw.driver_connection
        if engine.dialect.name == "sqlite":
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        else:
            before, driver.autocommit = driver.autocommit, True
            for table in ("events", "recommendations"):
                driver.execute(f"VACUUM {table}")
            driver.autocommit = before
    finally:
        raw.close()


def put_receipt(store: Store, receipt: dict[str, Any]) -> None:
    """Keep a receipt; it says nothing about who was erased."""
    row = {"id": receipt["id"], "at": receipt["at"], "document": json.dumps(receipt)}
    store.write(lambda connection: connection.execute(schema.receipts.insert(), row))


def receipts(store: Store) -> list[dict[str, Any]]:
    """Return all receipts, oldest first."""
    statement = select(schema.receipts.c.document).order_by(schema.receipts.c.at)
    return [json.loads(text) for text in store.read(lambda connection: connection.execute(statement).scalars().all())]


def n_suppressed(store: Store) -> int:
    """Return how many people are on the suppression list."""
    statement = select(func.count()).select_from(schema.suppressed)
    return int(store.read(lambda connection: connection.execute(statement).scalar()) or 0)
