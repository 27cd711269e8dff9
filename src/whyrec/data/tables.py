"""The clean tables of a shop as arrays (`load`) or as a data frame (`frame`).

Codes were made in SQL when the log was cleaned, so that loading a million events is reading a few columns.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from whyrec.core.errors import MissingExtraError, ShopError, UsageError, nearest
from whyrec.core.types import KINDS, UNKNOWN, Catalog, Events, Objects, Users, Vocabulary, objects
from whyrec.data.columns import translates
from whyrec.data.findings import read_check
from whyrec.data.ingest import Imported, read_imported
from whyrec.data.roles import is_media
from whyrec.data.workspace import Connection, column_types, literal, parquet, quoted, reading

_SHARED = ("session_id", "basket_id", "platform", "locale", "text", "answers")  # columns whose values repeat
_ONE_NAME = 0.9  # share of rows whose value has its usual name, from which a column is a translation
_NOT_ATTRIBUTES = (
    "item_id",
    "listed",
    "kind",
    "title",
    "description",
    "language",
    "since",
    "available",
    "image",
    "audio",
)


@dataclass(frozen=True, eq=False)
class Tables:
    """A clean shop in memory. Item codes of `events` are codes of `catalog.items`."""

    events: Events
    catalog: Catalog
    users: Users | None
    imported: Imported
    fingerprint: str

    def profile(self, user: str | None) -> dict[str, str]:
        """Return what the table of users says of one user; nothing of an unknown one."""
        return {} if self.users is None or user is None else self.users.profile(user)


def load(folder: Path) -> Tables:
    """Read the clean tables of a shop folder.

    Raises ShopError where the log was not imported or not cleaned yet.
    """
    imported, check = read_imported(folder), read_check(folder)
    clean = folder / "clean"
    for name in ("events", "items", "users"):
        if not (clean / f"{name}.parquet").exists():
            raise ShopError(f"Expected {clean / name}.parquet, found none. Make it again with: whyrec check {folder}")
    with reading() as con, _readable(clean):
        catalog = _catalog(con, clean / "items.parquet")
        events = _events(con, clean, catalog.items, imported.timed)
        counts = np.bincount(events.item[events.item >= 0], minlength=len(catalog))
        catalog = replace(catalog, counts=counts)
        users = _users(con, clean / "users.parquet") if imported.user_rows or imported.link_rows else None
    return Tables(events, catalog, users, imported, check.digest)


@contextmanager
def _readable(clean: Path) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise ShopError(
            f"Expected readable tables in {clean}, but: {str(error).splitlines()[0]}. "
            f"Remove the folder {clean} and make it again with: whyrec check {clean.parent}"
        ) from None


def frame(folder: Path, table: str, kind: str = "pandas") -> Any:
    """Return a clean table ("events", "items", "users", "quarantine" or "merged") as a data frame.

    `kind` is "pandas" or "polars". Raises UsageError for another table or kind, MissingExtraError where the
    package is not installed.
    """
    tables = ("events", "items", "users", "quarantine", "merged")
    if table not in tables:
        raise UsageError(f"Unknown table {table!r}{nearest(table, tables)}. Tables: {', '.join(tables)}.")
    read_check(folder)
    path = folder / "clean" / f"{table}.parquet"
    try:
        if kind == "pandas":
            import pandas  # noqa: F401

            with reading() as con:
                return con.execute(f"SELECT * FROM {parquet(path)}").df()
        if kind == "polars":
            import polars

            return polars.read_parquet(path)
    except ImportError:
        raise MissingExtraError(kind, "dev", f"A {kind} frame") from None
    raise UsageError(f"Unknown kind of frame {kind!r}{nearest(kind, ('pandas', 'polars'))}. Kinds: pandas, polars.")


def _column(con: Connection, sql: str) -> NDArray[Any]:
    """Return the single column of a query; SQL NULL is NaN in floats, None in objects and True in booleans."""
    (values,) = con.execute(sql).fetchnumpy().values()
    return _filled(values)


def _filled(values: NDArray[Any]) -> NDArray[Any]:
    if not isinstance(values, np.ma.MaskedArray):
        return values
    plain: NDArray[Any] = values.data.copy()
    plain[np.ma.getmaskarray(values)] = {"f": np.nan, "b": True, "O": None}[plain.dtype.kind]
    return plain


def _events(con: Connection, clean: Path, items: Vocabulary, timed: bool) -> Events:
    source = parquet(clean / "events.parquet")
    names = column_types(con, source)
    kinds = " ".join(f"WHEN {literal(kind)} THEN {code}" for code, kind in enumerate(KINDS))
    shared = [name for name in _SHARED if name in names]
    wanted = [
        "event_id", "user_code", "item_code", f"CAST(CASE kind {kinds} END AS TINYINT) AS kind", '"at"',
        *(f"coalesce({n}, CAST('nan' AS FLOAT)) AS {n}" for n in ("value", "quantity", "price") if n in names),
    ]  # fmt: skip
    columns = con.execute(f"SELECT {', '.join(wanted)} FROM {source}").fetchnumpy()
    people = _column(con, f"SELECT user_id FROM {parquet(clean / 'users.parquet')} WHERE active")
    texts = {name: _shared_texts(con, source, name) for name in shared}
    return Events(
        users=Vocabulary(people.astype(object)),
        items=items,
        user=np.asarray(columns["user_code"], np.int32),
        item=np.asarray(columns["item_code"], np.int32),
        kind=np.asarray(columns["kind"], np.int8),
        at=np.asarray(columns["at"], np.float64),
        value=np.asarray(columns["value"], np.float32),
        event_id=np.asarray(columns["event_id"], object),
        timed=timed,
        session=texts.get("session_id"),
        basket=texts.get("basket_id"),
        quantity=np.asarray(columns["quantity"], np.float32) if "quantity" in columns else None,
        price=np.asarray(columns["price"], np.float32) if "price" in columns else None,
        platform=texts.get("platform"),
        locale=texts.get("locale"),
        text=texts.get("text"),
        answers=texts.get("answers"),
    )


def _shared_texts(con: Connection, source: str, name: str) -> Objects:
    """Return a text column in which equal values share one object, None where there is none.

    Memory is the reason: a million baskets' ids are a hundred thousand texts.
    """
    seen: dict[Any, Any] = {}
    return objects([seen.setdefault(text, text) for text in _column(con, f"SELECT {quoted(name)} FROM {source}")])


def _catalog(con: Connection, path: Path) -> Catalog:
    source = parquet(path)
    types = column_types(con, source)
    media = [name for name, kind in types.items() if is_media(kind)]
    plain = ", ".join(quoted(name) for name in types if name not in media)
    columns = con.execute(f"SELECT {plain} FROM {source}").fetchnumpy()
    filled = {name: _filled(values) for name, values in columns.items()}
    ids = filled["item_id"].astype(object)
    titles = {
        name.removeprefix("title").lstrip("_"): filled[name].astype(object)
        for name in types
        if name == "title" or name.startswith("title_")
    }
    attributes = [name for name in filled if name not in _NOT_ATTRIBUTES and not name.startswith("title_")]
    names = value_names({name: filled[name] for name in attributes})
    attributes = [name for name in attributes if name not in _columns_of(names)]
    version = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return Catalog(
        items=Vocabulary(ids),
        titles=titles,
        categories={
            name: objects([tuple(v) for v in filled[name]]) for name in attributes if types[name].endswith("[]")
        },
        numbers={
            name: filled[name].astype(np.float64)
            for name in attributes
            if types[name] == "DOUBLE" or (types[name] == "BOOLEAN" and name.endswith("_imputed"))
        },
        names=names,
        media=_Media(path, tuple(media)),
        kinds=objects([kind or "product" for kind in filled["kind"]]) if "kind" in types else None,
        available=filled["available"].astype(bool) if "available" in types else None,
        since=filled["since"].astype(np.float64) if "since" in types else None,
        version=version,
    )


def value_names(columns: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, dict[str, str]]]:
    """Names of values in other languages, from columns such as brand_zh beside brand: attribute -> language -> value.

    A column is such a translation where nearly all rows of a value have one name; else it is an attribute of its own.
    """
    found: dict[str, dict[str, dict[str, str]]] = {}
    for column, theirs in columns.items():
        attribute, language = translates(column, columns), column.rpartition("_")[2]
        if attribute is None:
            continue
        often: dict[str, Counter[str]] = {}
        for value, name in zip(columns[attribute], theirs, strict=True):
            if (one := _single(value)) and (called := _single(name)):
                often.setdefault(one, Counter())[called] += 1
        if often and sum(max(c.values()) for c in often.values()) >= _ONE_NAME * sum(c.total() for c in often.values()):
            named = {value: counted.most_common(1)[0][0] for value, counted in often.items()}
            found.setdefault(attribute, {})[language] = named
    return found


def _columns_of(names: Mapping[str, Mapping[str, Any]]) -> set[str]:
    return {f"{attribute}_{language}" for attribute, by_language in names.items() for language in by_language}


def _single(value: Any) -> str | None:
    """The value of a category or a text where there is just one and it is known."""
    if value is not None and not isinstance(value, (str, float)):
        value = value[0] if len(value) == 1 else None
    return str(value) if isinstance(value, str) and value and value != UNKNOWN else None


@dataclass(frozen=True, eq=False)
class _Media(Mapping[str, Objects]):
    """Pictures, sounds and vectors of the items, read from the clean table when they are asked for."""

    path: Path
    names: tuple[str, ...]

    def __getitem__(self, name: str) -> Objects:
        """Read one column; bytes and float32 arrays, None where there is none."""
        if name not in self.names:
            raise KeyError(name)
        with reading() as con:
            rows = con.execute(f"SELECT {quoted(name)} FROM {parquet(self.path)}").fetchall()
        return objects([np.array(v, np.float32) if isinstance(v, (list, tuple)) else v for (v,) in rows])

    def __iter__(self) -> Iterator[str]:
        """Give the names of the columns."""
        return iter(self.names)

    def __len__(self) -> int:
        """Count the columns."""
        return len(self.names)


def _users(con: Connection, path: Path) -> Users:
    source = parquet(path)
    names = [name for name in column_types(con, source) if name not in ("user_id", "active")]
    ids = _column(con, f"SELECT user_id FROM {source}").astype(object)
    return Users(
        Vocabulary(ids), {name: _column(con, f"SELECT {quoted(name)} FROM {source}").astype(object) for name in names}
    )
