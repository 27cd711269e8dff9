"""What a running shop must not lose: live events, changes of the catalogue, and lists as they were given.

SQLite in the shop folder (WAL, synchronous=FULL), or PostgreSQL by its address; the same calls, the same tests. All
writes go through one thread that commits in groups (`writer`), so an event is acknowledged only when it is on the
disk. Reads run beside it and see what was committed.
"""

from __future__ import annotations

import json
import logging
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Engine, Integer, bindparam, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import SQLAlchemyError

from whyrec.core.config import ServeSettings
from whyrec.core.errors import StoreError
from whyrec.core.types import Catalog, Recommendation
from whyrec.store import erasing, records, schema, shelf
from whyrec.store.database import Ready, connect, refusal
from whyrec.store.records import LiveEvent
from whyrec.store.writer import LONGEST_QUEUE, Writer

Answer = TypeVar("Answer")
Row: TypeAlias = dict[str, Any]
_log = logging.getLogger("whyrec.store")


@dataclass(frozen=True)
class Accepted:
    """What became of a batch of events; `event_ids` in the order given, also for those that were made here."""

    accepted: int
    duplicates: int
    event_ids: tuple[str, ...] = ()
    suppressed: int = 0  # of people who were erased; not kept


def open_store(folder: Path, serve: ServeSettings, hash_of: Callable[[str], str] | None = None) -> Store:
    """Open the store of a shop folder, making or updating its tables; raises as `database.connect` does.

    `hash_of` makes the keyed hash of a user's id; without it nobody is kept out.
    """
    engine, where = connect(folder, serve)
    return Store(engine, where, serve.commit_ms, hash_of)


_ALL_EVENTS = (
    select(*(schema.events.c[name] for name in records.FIELDS))
    .where(schema.events.c.withdrawn.is_(False))
    .order_by(schema.events.c.at, schema.events.c.seq)
)
_EVENTS_OF = _ALL_EVENTS.where(schema.events.c.user_id == bindparam("user"))
_MIXES = (
    select(*(schema.recommendations.c[name] for name in ("id", "at", "mix")))
    .where(schema.recommendations.c.mix.is_not(None))
    .order_by(schema.recommendations.c.at.desc())
    .limit(bindparam("n", type_=Integer))
)
_MIXES_OF = _MIXES.where(schema.recommendations.c.user_id == bindparam("user"))
_META = select(schema.meta.c.value).where(schema.meta.c.key == bindparam("key"))
_HEARD = select(schema.meta.c.key, schema.meta.c.value).where(
    or_(schema.meta.c.key == "changes", schema.meta.c.key == erasing.ERASURES)
)
_LIST: Row = {column.name: bindparam(column.name) for column in schema.recommendations.columns}


class Store:
    """An open store. Safe to use from several threads and, in either database, from several processes."""

    def __init__(
        self, engine: Engine, where: str, commit_ms: float, hash_of: Callable[[str], str] | None = None
    ) -> None:
        self.where = where
        self.hash_of = hash_of
        self.erasures = 0  # people erased so far, as last heard
        self.engine = engine
        self._reader = engine.execution_options(reads=True)
        self._writer = Writer(engine, commit_ms)
        self._insert = sqlite.insert if engine.dialect.name == "sqlite" else postgresql.insert
        self._pending: dict[str, tuple[Recommendation, str | None]] = {}
        self._batch: list[Row] = []  # pending lists that the next commit takes along
        self._errors = SQLAlchemyError, engine.dialect.loaded_dbapi.Error
        # Every list runs these.
        self._heard = Ready.of(engine, _HEARD)
        self._events_of = Ready.of(engine, _EVENTS_OF)
        self._mixes = Ready.of(engine, _MIXES)
        self._mixes_of = Ready.of(engine, _MIXES_OF)
        put = self._insert(schema.recommendations).values(_LIST)
        self._put_list = Ready.of(engine, put.on_conflict_do_nothing(index_elements=["id"]))
        self._lock = threading.Lock()
        # imported, number of changes, both together, moment of the newest change
        self._catalog: tuple[Catalog, str, Catalog, float] | None = None
        self._changes: str | None = None  # version of the changes as last heard

    def close(self) -> None:
        """Finish what is queued and let go of the database."""
        self._writer.close()
        self.engine.dispose()

    def _submit(self, work: Callable[[Connection], Answer]) -> Future[Answer]:
        try:
            return self._writer.submit(work)
        except RuntimeError:
            raise self._closed() from None

    def _closed(self) -> StoreError:
        return StoreError(f"The store at {self.where} is closed. Open the shop again.")

    def write(self, work: Callable[[Connection], Answer]) -> Answer:
        """Run a piece of work in a transaction, which others may share; returns after the commit."""
        try:
            return self._submit(work).result()
        except self._errors as error:
            raise refusal(error, self.where) from None

    def read(self, work: Callable[[Connection], Answer]) -> Answer:
        """Run a piece of work that only reads, on what was committed."""
        if self._writer.closed:
            raise self._closed()
        try:
            with self._reader.connect() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            raise refusal(error, self.where) from None

    def _read_rows(self, ready: Ready, **given: Any) -> list[tuple[Any, ...]]:
        """Rows of a statement that was compiled before, of what was committed."""
        if self._writer.closed:
            raise self._closed()
        try:
            return ready.rows(self.engine, **given)
        except self._errors as error:
            raise refusal(error, self.where) from None

    def check(self) -> None:
        """Write and commit something small; raises StoreError where that fails."""
        self.write(lambda connection: self._set_meta(connection, "checked", "yes"))

    # -- events ----------------------------------------------------------------------------------------------

    def add_events(self, rows: Iterable[Mapping[str, Any]], now: float) -> Accepted:
        """Keep a batch of events; an `event_id` that is there already is a retry and changes nothing.

        Events of people who were erased are not kept, and counted.

        Returns after the commit. Raises InputError, with nothing kept, where a row cannot be an event, and
        StoreError where the database refuses.
        """
        live = [asdict(records.live_event(row, now)) for row in rows]
        if not live:
            return Accepted(0, 0)
        values = [{**row, "withdrawn": False} for row in live]
        statement = self._insert(schema.events).on_conflict_do_nothing(index_elements=["event_id"])
        returning = statement.returning(schema.events.c.seq)  # drivers do not agree on row counts of batches

        def work(connection: Connection) -> tuple[int, int]:
            gone = erasing.suppressed(connection, self, {row["user_id"] for row in live})
            wanted = [row for row in values if row["user_id"] not in gone] if gone else values
            accepted = len(connection.execute(returning, wanted).all()) if wanted else 0
            return accepted, len(values) - len(wanted)

        accepted, kept_out = self.write(work)
        ids = tuple(row["event_id"] for row in live)
        return Accepted(accepted, len(live) - accepted - kept_out, ids, kept_out)

    def events_of(self, user: str) -> list[LiveEvent]:
        """Live events of one user, oldest first, without feedback that was undone."""
        return [LiveEvent(*row) for row in self._read_rows(self._events_of, user=user)]

    def every_event_of(self, user: str) -> list[LiveEvent]:
        """Live events of one user, oldest first, undone feedback too."""
        return self._events(select(schema.events).where(schema.events.c.user_id == user), undone=True)

    def all_events(self) -> list[LiveEvent]:
        """All live events, oldest first, without feedback that was undone."""
        return self._events(select(schema.events))

    def _events(self, statement: Any, undone: bool = False) -> list[LiveEvent]:
        table = schema.events.c
        statement = statement if undone else statement.where(table.withdrawn.is_(False))
        statement = statement.order_by(table.at, table.seq)
        statement = statement.with_only_columns(*(table[name] for name in records.FIELDS))
        return [LiveEvent(*row) for row in self.read(lambda connection: connection.execute(statement).all())]

    def withdraw(self, event_id: str, user: str) -> bool:
        """Undo one piece of feedback of this user; True where there was such a piece, also one undone before."""
        table = schema.events
        statement = (
            update(table)
            .where(table.c.event_id == event_id, table.c.user_id == user, table.c.kind.in_(records.SAID))
            .values(withdrawn=True)
        )
        return self.write(lambda connection: connection.execute(statement).rowcount) > 0

    # -- items -----------------------------------------------------------------------------------------------

    def put_items(self, documents: Sequence[Mapping[str, Any]], now: float, whole: bool = False) -> None:
        """Keep changes of items; each document has an `item_id` and the fields of `shelf`.

        Fields are laid over earlier changes of the same item; with `whole` they take their place.
        """
        table = schema.items

        def work(connection: Connection) -> None:
            self.count(connection, "changes")  # first, so that writers come one after the other
            at = max(now, float(self._meta(connection, "changed_at") or 0) + 1e-6)
            self._set_meta(connection, "changed_at", repr(at))
            names = list(dict.fromkeys(document["item_id"] for document in documents))
            merged = {} if whole else self._documents(connection, names)
            for document in documents:
                fields = {name: value for name, value in document.items() if name != "item_id"}
                before = merged.get(document["item_id"], {})
                merged[document["item_id"]] = shelf.alone(fields) if whole else shelf.merged(before, fields)
            rows = [
                {
                    "item_id": name,
                    "document": json.dumps(merged[name], sort_keys=True),
                    "available": merged[name].get("available") is not False,
                    "updated_at": at,
                }
                for name in names
            ]
            put = self._insert(table)
            changed = {name: put.excluded[name] for name in ("document", "available", "updated_at")}
            connection.execute(put.on_conflict_do_update(index_elements=["item_id"], set_=changed), rows)

        self.write(work)
        self.refresh()

    def item(self, item: str) -> dict[str, Any] | None:
        """Changes of one item, None where there are none."""
        statement = select(schema.items.c.document).where(schema.items.c.item_id == item)
        found = self.read(lambda connection: connection.execute(statement).scalar())
        return None if found is None else dict(json.loads(found))

    def refresh(self) -> None:
        """Hear whether the catalogue was changed or a person erased, here or by another process."""
        found = dict(self._read_rows(self._heard))
        self._changes = found.get("changes", "0")
        self.erasures = int(found.get(erasing.ERASURES, 0))

    def catalog(self, imported: Catalog) -> Catalog:
        """The imported catalogue with all changes laid over it, as of the last `refresh` or `put_items`.

        What was laid over it before stays; only later changes are read.
        """
        if self._changes is None:
            self.refresh()
        with self._lock:
            kept = self._catalog
            if kept is None or kept[0] is not imported or kept[1] != self._changes:
                before, since = (imported, -1.0) if kept is None or kept[0] is not imported else kept[2:]
                changes, last, documents = self.read(lambda connection: self._changes_after(connection, since))
                now = shelf.with_changes(before, documents, f"{imported.version}.{changes}")
                kept = (imported, changes, now, max(last, since))
                self._catalog, self._changes = kept, changes
            return kept[2]

    def _changes_after(self, connection: Connection, at: float) -> tuple[str, float, dict[str, dict[str, Any]]]:
        """The number of changes so far, the moment of the newest, and the documents of items changed after a moment."""
        table = schema.items.c
        version = self._meta(connection, "changes") or "0"
        found = select(table.item_id, table.document, table.updated_at).where(table.updated_at > at)
        rows = connection.execute(found.order_by(table.updated_at, table.item_id)).all()
        return version, rows[-1].updated_at if rows else at, {row.item_id: json.loads(row.document) for row in rows}

    def _documents(self, connection: Connection, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Changes of these items so far, which no other writer may change meanwhile."""
        table, found = schema.items.c, {}
        for first in range(0, len(names), 500):  # databases limit the values of one statement
            some = table.item_id.in_(names[first : first + 500])
            rows = connection.execute(select(table.item_id, table.document).where(some).with_for_update())
            found.update({row.item_id: json.loads(row.document) for row in rows})
        return found

    def _meta(self, connection: Connection, key: str) -> str | None:
        return connection.execute(_META, {"key": key}).scalar()

    def count(self, connection: Connection, key: str) -> None:
        """Count one more under a key of `meta`."""
        self._set_meta(connection, key, str(int(self._meta(connection, key) or 0) + 1))

    def _set_meta(self, connection: Connection, key: str, value: str) -> None:
        put = self._insert(schema.meta).values(key=key, value=value)
        connection.execute(put.on_conflict_do_update(index_elements=["key"], set_={"value": value}))

    # -- recommendations -------------------------------------------------------------------------------------

    def save_recommendation(
        self, made: Recommendation, wait: bool = True, owner: str | None = None, shown: Sequence[str] = ()
    ) -> None:
        """Keep a list with its query under its id. `owner` is whose it is, where the query does not say; `shown`
        the kind of reason of each place, for statistics.

        A list of a person who was erased is not kept.

        Without `wait` it is on the disk some milliseconds later, with others in one statement, and can be read at once
        in this process; should the write fail, the log says so.
        """
        row: Row = {
            "id": made.id,
            "at": made.query.at,
            "user_id": made.query.user or owner,
            "query": _pack(records.query_to_json(made.query)),
            "result": _pack(records.items_to_json(made.items)),
            "snapshot": made.snapshot,
            "catalog": made.catalog,
            "settings": made.settings,
            "shown": " ".join(shown) or None,
            "mix": records.mixed_to_json(made),
        }
        if wait or len(self._pending) >= LONGEST_QUEUE:
            self.write(lambda connection: self._keep(connection, [row]))
            return
        self._pending[made.id] = made, row["user_id"]
        with self._lock:
            batch = self._batch
            batch.append(row)
            first = len(batch) == 1
        if first:
            self._submit(lambda connection: self._keep_batch(connection, batch)).add_done_callback(
                partial(self._kept, batch)
            )

    def _keep_batch(self, connection: Connection, batch: list[Row]) -> None:
        with self._lock:
            if batch is self._batch:  # what comes from now on is of the next commit
                self._batch = []
        self._keep(connection, batch)

    def _keep(self, connection: Connection, rows: Sequence[Row]) -> None:
        gone = erasing.suppressed(connection, self, {row["user_id"] for row in rows if row["user_id"]})
        self._put_list.run_each(connection, [row for row in rows if row["user_id"] not in gone])

    def _kept(self, batch: Sequence[Row], done: Future[Any]) -> None:
        failure = done.exception()
        for row in batch:
            self._pending.pop(row["id"], None)
            if failure is not None:
                _log.error("Recommendation %s was not kept. %s", row["id"], refusal(Exception(failure), self.where))

    def recommendation(self, name: str) -> Recommendation | None:
        """Return a list as it was given, None where there is none of this id."""
        return self.owned_recommendation(name)[0]

    def owned_recommendation(self, name: str) -> tuple[Recommendation | None, str | None]:
        """Return a list as it was given and the user whose it is; None for what there is not."""
        kept = self._pending.get(name)
        if kept is not None:
            return kept
        statement = select(schema.recommendations).where(schema.recommendations.c.id == name)
        row: RowMapping | None = self.read(lambda connection: connection.execute(statement).mappings().first())
        if row is None:
            return None, None
        made = records.recommendation_from_json(dict(row), _unpack(row["query"]), _unpack(row["result"]))
        return made, row["user_id"]

    def lists_since(self, at: float) -> list[tuple[Recommendation, list[str]]]:
        """Return the lists given since a moment, each with the kinds of reason that it showed."""
        statement = select(schema.recommendations).where(schema.recommendations.c.at >= at)
        rows = self.read(lambda connection: connection.execute(statement).mappings().all())
        return [
            (records.recommendation_from_json(dict(row), _unpack(row["query"]), _unpack(row["result"])),
             (row["shown"] or "").split())
            for row in rows
        ]  # fmt: skip

    def mixes(self, n: int, user: str | None = None) -> list[dict[str, Any]]:
        """Return what is kept of the mixes of the newest n lists, of one user or of all, the newest first."""
        rows = self._read_rows(self._mixes, n=n) if user is None else self._read_rows(self._mixes_of, n=n, user=user)
        return [{"id": row[0], "at": row[1], **json.loads(row[2])} for row in rows]

    def answers_since(self, at: float) -> list[LiveEvent]:
        """Return live events since a moment that answer a list."""
        table = schema.events.c
        return self._events(select(schema.events).where(table.answers.is_not(None), table.at >= at))

    def lists_of(self, user: str) -> list[dict[str, Any]]:
        """Return the lists given to a user, oldest first: id, time, snapshot and item ids."""
        table = schema.recommendations.c
        columns = (table.id, table.at, table.snapshot, table.result)
        statement = select(*columns).where(table.user_id == user).order_by(table.at, table.id)
        rows = self.read(lambda connection: connection.execute(statement).all())
        return [
            {"id": row.id, "at": row.at, "snapshot": row.snapshot,
             "items": [place["item_id"] for place in json.loads(_unpack(row.result))]}
            for row in rows
        ]  # fmt: skip


def _pack(text: str) -> bytes:
    # A history of thousands of events shrinks to a tenth; a small window starts ten times as fast as the usual one.
    packing = zlib.compressobj(1, zlib.DEFLATED, 13, 6)
    return packing.compress(text.encode("ascii")) + packing.flush()


def _unpack(packed: bytes) -> str:
    return zlib.decompress(packed).decode("ascii")
