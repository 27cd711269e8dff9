"""A store made smaller while it serves: lists beyond their time are deleted, and what they held is given back.

Rows go in small transactions, so that nobody waits long. Then SQLite gives its free pages back in small steps, between
which events are kept; a store of an older whyrec is rewritten once for that (VACUUM), and events wait so long.
PostgreSQL's dead rows are freed for new ones (VACUUM), which locks nobody out; its files shrink only by VACUUM FULL.
Events are not deleted: models learn from them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import delete, func, select

from whyrec.store import schema
from whyrec.store.store import Store

BATCH = 500
"""Lists that one transaction deletes."""
PAGES = 2000
"""Pages that SQLite gives back in one step, about 8 MB."""
INCREMENTAL = 2
"""SQLite's number for files that can give pages back in steps."""

Progress = Callable[[float, str], None]


def compact(store: Store, before: float | None, progress: Progress) -> dict[str, Any]:
    """Delete lists given before a moment (None: none), give free space back; returns what was done, sizes in bytes."""
    size, deleted = _size(store), 0
    wanted = 0 if before is None else _count(store, before)
    while before is not None and (gone := _delete(store, before)):
        deleted += gone
        progress(0.8 * min(1.0, deleted / max(1, wanted)), "deleting lists beyond their time")
    progress(0.8, "giving space back")
    _free(store, progress)
    after = _size(store)
    return {"lists": deleted, "bytes_before": size, "bytes_after": after, "freed": max(0, size - after)}


def _count(store: Store, before: float) -> int:
    old = select(func.count()).select_from(schema.recommendations).where(schema.recommendations.c.at < before)
    return int(store.read(lambda connection: connection.execute(old).scalar()) or 0)


def _delete(store: Store, before: float) -> int:
    table = schema.recommendations
    some = select(table.c.id).where(table.c.at < before).order_by(table.c.at).limit(BATCH)
    gone = delete(table).where(table.c.id.in_(some))
    return store.write(lambda connection: connection.execute(gone).rowcount)


def _size(store: Store) -> int:
    """Bytes of the database, without SQLite's log."""
    if store.engine.dialect.name == "sqlite":
        return int(_pragma(store, "page_count")) * int(_pragma(store, "page_size"))
    size = select(func.pg_database_size(func.current_database()))
    return int(store.read(lambda connection: connection.execute(size).scalar()) or 0)


def _pragma(store: Store, name: str) -> Any:
    return _run(store, f"PRAGMA {name}")[0][0]


def _free(store: Store, progress: Progress) -> None:
    if store.engine.dialect.name != "sqlite":
        for table in ("recommendations", "events"):
            _run(store, f"VACUUM {table}")
        return
    if int(_pragma(store, "auto_vacuum")) != INCREMENTAL:
        progress(0.85, "rewriting the file, once; events wait so long")
        _run(store, "PRAGMA auto_vacuum = INCREMENTAL", "VACUUM")
    whole = free = int(_pragma(store, "freelist_count"))
    while free:
        _run(store, f"PRAGMA incremental_vacuum({PAGES})")
        left = int(_pragma(store, "freelist_count"))
        if left >= free:
            break  # a reader holds them; the next run gives them back
        free = left
        progress(0.85 + 0.15 * (1 - free / whole), "giving space back")
    _run(store, "PRAGMA wal_checkpoint(TRUNCATE)")


def _run(store: Store, *statements: str) -> list[Any]:
    """Run statements outside of a transaction, on one connection; returns the rows of the last one."""
    kept = store.engine.raw_connection()
    try:
        driver: Any = kept.driver_connection
        if store.engine.dialect.name == "sqlite":
            found: list[Any] = [driver.execute(statement).fetchall() for statement in statements][-1]
            return found
        before, driver.autocommit = driver.autocommit, True
        try:
            for statement in statements:
                driver.execute(statement)
        finally:
            driver.autocommit = before
        return []
    finally:
        kept.close()
