"""API keys in the store: who may call the service, as what. Only hashes are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select, update

from whyrec.store import schema

if TYPE_CHECKING:
    from whyrec.store.store import Store


@dataclass(frozen=True)
class Key:
    """One key. `hash` is SHA-256 of its secret part; times are UTC seconds."""

    id: str
    role: str
    name: str
    hash: str
    created_at: float
    ends_at: float | None = None  # from then on it opens nothing; None: until revoked

    def holds(self, now: float) -> bool:
        """Whether the key opens anything at this moment."""
        return self.ends_at is None or now < self.ends_at


def read(store: Store) -> dict[str, Key]:
    """Return all keys by id, oldest first, those that ended too."""
    table = schema.keys
    rows = store.read(lambda connection: connection.execute(select(table).order_by(table.c.created_at)).all())
    return {row.id: Key(*row) for row in rows}


def add(store: Store, key: Key) -> None:
    """Keep a new key."""
    store.write(lambda connection: connection.execute(schema.keys.insert(), [vars(key)]))


def end(store: Store, name: str, at: float) -> bool:
    """Let a key end at this moment, or earlier if it did; False where there is none of this id."""
    table = schema.keys
    earlier = table.c.ends_at.is_(None) | (table.c.ends_at > at)

    def work(connection: Connection) -> bool:
        connection.execute(update(table).where(table.c.id == name, earlier).values(ends_at=at))
        found = connection.execute(select(table.c.id).where(table.c.id == name))
        return found.first() is not None

    return store.write(work)
