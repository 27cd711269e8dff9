"""From a shop's own files or frames to the base log: raw rows under canonical names, immutable parquet.

Values stay as they came; only names change. What each column was taken for, and why, is kept in base/import.json
(`Imported`) together with the fingerprints of the sources. Source files are not read again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from whyrec.core.config import Settings
from whyrec.core.errors import InputError, ShopError
from whyrec.data.columns import CANONICAL, Guess, guess_carried, kind_of, unknown_kinds
from whyrec.data.parse import id_type, is_scoped, item_ids, time_sql
from whyrec.data.readers import Raw, Source, read_source
from whyrec.data.settle import HELP, attributes, by_role, settle
from whyrec.data.workspace import (
    Connection,
    Progress,
    column_types,
    connection,
    disk_full,
    fetch,
    one,
    parquet,
    quoted,
    replacing,
    restore,
    silent,
    write_parquet,
)

_FORMAT = 1


@dataclass(frozen=True)
class Imported:
    """What came in: saved as base/import.json.

    `mapping`, `item_mapping`, `user_mapping` and `link_mapping` say for each canonical column which source column
    stands for it and how that was guessed. `carried` are item attributes found in the events where
    there is no item table.
    `rows_read` counts the rows of the event log, those that could not be read (`rows_rejected`) included.
    """

    rows_read: int
    rows_rejected: int
    item_rows: int
    user_rows: int
    user_id_type: str  # "int" or "str" in the source
    item_id_type: str
    timed: bool
    kinds_from: str  # event_type, rating or nothing
    mapping: dict[str, Guess]
    item_mapping: dict[str, Guess] = field(default_factory=dict)
    user_mapping: dict[str, Guess] = field(default_factory=dict)
    link_mapping: dict[str, Guess] = field(default_factory=dict)
    carried: dict[str, Guess] = field(default_factory=dict)
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    scoped: bool = False  # items are numbered by platform, so that their ids get the platform as a prefix
    imported_at: float = 0.0
    link_rows: int = 0  # of the table that links accounts of one person
    format: int = _FORMAT

    def fingerprint(self) -> str:
        """Return the fingerprints of the sources as one text."""
        return "-".join(str(source["fingerprint"]) for source in self.sources.values())


def import_shop(
    folder: Path,
    events: Source,
    items: Source | None = None,
    users: Source | None = None,
    *,
    settings: Settings,
    now: float,
    progress: Progress = silent,
    mapping: Mapping[str, str] | None = None,
    links: Source | None = None,
) -> Imported:
    """Read the sources and write `folder/base`; a killed import leaves what was there before.

    `mapping` (canonical event column -> source column) goes before the guesses; "items.", "users." or "links."
    before a name addresses the other tables. `now` is the time of the import in UTC seconds.
    Raises InputError where a source cannot be read as what it was said to be, UsageError for a wrong mapping,
    ShopError where the folder cannot be written.
    """
    given = by_role(mapping or {})
    with replacing(folder, "base") as base, connection(base / "scratch") as con:
        raws: dict[str, Raw] = {}
        sources = {"events": events, "items": items, "users": users, "links": links}
        guesses: dict[str, dict[str, Guess]] = {role: {} for role in sources}
        for step, (role, source) in enumerate(sources.items()):
            if source is None:
                continue
            progress(0.2 * step, f"reading {role}")
            raws[role] = read_source(con, source, role, base / "scratch")
            guesses[role] = settle(con, raws[role], role, given[role])
            _write(con, raws[role], guesses[role], role, base / f"{role}.parquet")
        progress(0.8, "looking at ids and times")
        carried = guess_carried(list(attributes(raws["events"], guesses["events"]))) if items is None else {}
        scoped = items is None and is_scoped(con, parquet(base / "events.parquet"))
        if carried:
            _write_carried(con, base, carried, scoped)
        write_parquet(con, 'SELECT * FROM rejects ORDER BY source, "row"', base / "rejects.parquet")
        imported = replace(_describe(con, base, raws, guesses, settings, now), carried=carried)
        if scoped:
            imported = replace(imported, scoped=True, item_id_type="str")
        (base / "import.json").write_text(json.dumps(asdict(imported), indent=1, ensure_ascii=False), encoding="utf-8")
    progress(1.0, f"read {imported.rows_read:,} rows")
    return imported


def read_imported(folder: Path) -> Imported:
    """Read base/import.json of a shop folder.

    Raises ShopError where there is no import, or one of another format.
    """
    restore(folder, "base")
    path = folder / "base" / "import.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["format"] != _FORMAT:
            raise ShopError(
                f"Expected an import of format {_FORMAT} in {path}, found format {record['format']}. "
                "Import the log again with: whyrec init DIR --events FILE"
            )
        for name in ("mapping", "item_mapping", "user_mapping", "link_mapping", "carried"):
            record[name] = {key: Guess(**guess) for key, guess in record.get(name, {}).items()}
        return Imported(**{**record, "notes": tuple(record["notes"])})
    except FileNotFoundError:
        raise ShopError(
            f"Expected an imported log in {folder}, found none. Import one with: whyrec init {folder} --events FILE"
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise ShopError(f"Expected a readable {path}, but: {error}. Import the log again with whyrec init.") from None


def _write(con: Connection, raw: Raw, mapping: Mapping[str, Guess], role: str, path: Path) -> None:
    order = [name for name in CANONICAL[role] if name in mapping] + [n for n in mapping if n not in CANONICAL[role]]
    picked = [f"{quoted(mapping[name].source)} AS {quoted(name)}" for name in order]
    picked += [f"{quoted(source)} AS {quoted(name)}" for name, source in attributes(raw, mapping).items()]
    try:
        write_parquet(con, f'SELECT "row", {", ".join(picked)} FROM {raw.table}', path)
    except duckdb.Error as error:
        if disk_full(error) or isinstance(error, duckdb.OutOfMemoryException):
            raise
        raise InputError(
            f"Expected to read all rows of {raw.name}, but: {str(error).strip().splitlines()[0]}. "
            "The file may be damaged; export it again."
        ) from None
    if one(con, f"SELECT count(*) FROM {parquet(path)}") == 0:
        came = f"{raw.rejects:,} rows, none of which can be read" if raw.rejects else "a header and no row"
        first = fetch(con, "SELECT reason FROM rejects WHERE source = ? LIMIT 1", role)
        why = f" (the first: {first[0][0]})" if first else ""
        raise InputError(f"Expected rows of {role} in {raw.name}, found {came}{why}. Export the table again.")


def _write_carried(con: Connection, base: Path, carried: Mapping[str, Guess], scoped: bool) -> None:
    """Make an item table of the attributes that the events carry: the most frequent value of each item."""
    events = parquet(base / "events.parquet")
    ids = item_ids(con, events, column_types(con, events), scoped)
    named = ", ".join(f"{quoted(guess.source)} AS {quoted(name)}" for name, guess in carried.items())
    picked = ", ".join(f"mode({quoted(name)}) AS {quoted(name)}" for name in carried)
    write_parquet(
        con,
        f'SELECT min("row") AS "row", item_id, {picked} FROM (SELECT "row", {ids} AS item_id, {named} FROM {events}) '
        'WHERE item_id IS NOT NULL GROUP BY item_id ORDER BY min("row")',
        base / "items.parquet",
    )


def _describe(
    con: Connection,
    base: Path,
    raws: Mapping[str, Raw],
    guesses: Mapping[str, dict[str, Guess]],
    settings: Settings,
    now: float,
) -> Imported:
    events, mapping = parquet(base / "events.parquet"), guesses["events"]
    types = column_types(con, events)
    typed = raws["events"].typed
    n_rows = one(con, f"SELECT count(*) FROM {events}")
    _check_kinds(con, events, mapping, settings.events.kinds)
    rejected = raws["events"].rejects

    def rows_of(role: str) -> int:
        path = base / f"{role}.parquet"
        return int(one(con, f"SELECT count(*) FROM {parquet(path)}")) if path.exists() else 0

    return Imported(
        rows_read=n_rows + rejected,
        rows_rejected=rejected,
        item_rows=rows_of("items"),
        user_rows=rows_of("users"),
        user_id_type=id_type(con, events, "user_id", types["user_id"], typed),
        item_id_type=id_type(con, events, "item_id", types["item_id"], typed),
        timed=_is_timed(con, events, mapping, types),
        kinds_from=_kinds_from(mapping),
        mapping=mapping,
        item_mapping=guesses["items"],
        user_mapping=guesses["users"],
        link_mapping=guesses["links"],
        link_rows=rows_of("links"),
        sources={
            role: {"name": raw.name, "form": raw.form, "fingerprint": raw.fingerprint, "typed": raw.typed}
            for role, raw in raws.items()
        },
        notes=tuple(f"{role}: {note}" for role, raw in raws.items() for note in raw.notes),
        imported_at=now,
    )


def _kinds_from(mapping: Mapping[str, Guess]) -> str:
    """Say what tells the kinds of events: their column, a column of ratings, or nothing."""
    if "event_type" in mapping:
        return "event_type"
    value = mapping["value"].source.lower() if "value" in mapping else ""
    return "rating" if any(word in value for word in ("rating", "overall", "stars", "score", "评分")) else "nothing"


def _check_kinds(con: Connection, events: str, mapping: Mapping[str, Guess], given: Mapping[str, str]) -> None:
    if "event_type" not in mapping:
        return
    column = mapping["event_type"].source
    found = fetch(
        con,
        f"SELECT CAST(event_type AS VARCHAR) AS k, count(*) FROM {events} WHERE event_type IS NOT NULL "
        "GROUP BY 1 ORDER BY 2 DESC LIMIT 10000",
    )
    if found and not any(kind_of(word, column, given) for word, _ in found):
        words = ", ".join(repr(str(word)[:40]) for word, _ in found[:5])
        raise InputError(
            f"Expected kinds of event in column {column!r}, found {words}. {unknown_kinds()} "
            "Or map event_type to another column."
        )


def _is_timed(con: Connection, events: str, mapping: Mapping[str, Guess], types: Mapping[str, str]) -> bool:
    """Tell whether the log has times; a column in which every time is the same says nothing about order."""
    if "timestamp" not in mapping:
        return False
    seconds = time_sql(con, events, "timestamp", types["timestamp"])
    n, first, last = fetch(con, f"SELECT count(t), min(t), max(t) FROM (SELECT {seconds} AS t FROM {events})")[0]
    if not n:
        sample = fetch(con, f"SELECT CAST(timestamp AS VARCHAR) FROM {events} LIMIT 1")[0][0]
        raise InputError(
            f"Expected times in column {mapping['timestamp'].source!r}, found {sample!r} and no row that can be read "
            "as one. Known: UTC seconds, milli-, micro- and nanoseconds, ISO 8601 and usual date formats. "
            + HELP.format(canonical="timestamp")
        )
    return bool(n == 1 or first < last)
