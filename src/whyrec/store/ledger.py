"""What the service did by itself: one row a job, with its state and what it found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, update

from whyrec.store import schema

if TYPE_CHECKING:
    from whyrec.store.store import Store

MOST = 100
"""Jobs in a listing, the newest."""


def begin(store: Store, name: str, kind: str, at: float) -> bool:
    """Note that a job runs; False where one of this id is there already, perhaps of another process."""
    row = {"id": name, "kind": kind, "started_at": at, "ended_at": None, "state": "running", "document": "{}"}

    def work(connection: Connection) -> bool:
        if connection.execute(select(schema.jobs.c.id).where(schema.jobs.c.id == name)).first():
            return False
        connection.execute(schema.jobs.insert(), row)
        return True

    return store.write(work)


def end(store: Store, name: str, state: str, said: Mapping[str, Any], at: float) -> None:
    """Note how a job ended."""
    values = {"state": state, "document": json.dumps(said), "ended_at": at}
    store.write(
        lambda connection: connection.execute(update(schema.jobs).where(schema.jobs.c.id == name).values(**values))
    )


def read(store: Store, name: str) -> dict[str, Any]:
    """Return one job; raises KeyError where there is none."""
    statement = select(schema.jobs).where(schema.jobs.c.id == name)
    row = store.read(lambda connection: connection.execute(statement).first())
    if row is None:
        raise KeyError(name)
    return _plain(row)


def newest(store: Store) -> list[dict[str, Any]]:
    """Return the newest jobs, newest first."""
    statement = select(schema.jobs).order_by(schema.jobs.c.started_at.desc()).limit(MOST)
    return [_plain(row) for row in store.read(lambda connection: connection.execute(statement).all())]


def _plain(row: Any) -> dict[str, Any]:
    said = json.loads(row.document)
    return {
        "id": row.id,
        "kind": row.kind,
        "state": row.state,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "reason": said.pop("reason", None),
        "found": said,
    }
