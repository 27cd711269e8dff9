"""What an attribute column is: a category, a number, a text or a list, decided from its type, name and values.

A category repeats: brand, department, genres split at bars, codes. What is nearly different for each item (title,
address of a picture, description) is text. Floats and counts are numbers. Bytes are media (pictures, sounds), lists of
floats are vectors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from whyrec.data.parse import INTEGERS, is_float, is_text, is_time, missing
from whyrec.data.workspace import Connection, fetch, quoted

_CODE = re.compile(
    r"(^|[_\W])(id|ids|code|codes|no|type|types|category|categories|cat|class|group|level|brand|department|dept|shop|"
    r"store|author|genre|genres|tag|tags|occupation)$",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"^n_|(^|[_\W])(num|count|counts|total|rating|ratings|price|cost|size|weight|year|age|views|sales|stock|votes|"
    r"score|discount|length|width|height|calories|duration)($|[_\W])",
    re.IGNORECASE,
)
_GROUPING = re.compile(
    r"brand|categor|department|genre|colou?r|tag|type|label|style|season|material|gender|author|品牌|类目|分类|标签",
    re.IGNORECASE,
)
SEPARATORS = ("|", "$##$", " > ")
_LONG = 80  # characters; a text longer than this on average is no name of a group


@dataclass(frozen=True)
class Role:
    """How an attribute is kept: "category" (several values, split at `separator`), "number", "text" or "media"."""

    role: str
    separator: str = ""
    distinct: int = 0
    mean_length: float = 0.0


def attribute_role(con: Connection, table: str, name: str, kind: str) -> Role:
    """Decide what one attribute column of `table` is."""
    column = quoted(name)
    if is_media(kind):
        return Role("media")
    if kind.endswith("[]"):
        n, distinct = fetch(
            con,
            f"SELECT (SELECT count(*) FROM {table} WHERE {column} IS NOT NULL), count(DISTINCT v) "
            f"FROM (SELECT unnest({column}) AS v FROM {table})",
        )[0]
        return Role("category" if _repeats(n, distinct, name) else "text", "", distinct)
    if kind == "BOOLEAN":
        return Role("category", "", 2)
    if is_float(kind):
        return Role("number")
    if kind in INTEGERS:
        return _of_integers(con, table, name, column)
    if is_text(kind):
        return _of_texts(con, table, name, missing(f"CAST({column} AS VARCHAR)"))
    return Role("number" if is_time(kind) else "text")


def is_media(kind: str) -> bool:
    """Tell whether a DuckDB type holds bytes or vectors of floats."""
    return kind == "BLOB" or re.fullmatch(r"(FLOAT|DOUBLE|DECIMAL\(.*\))\[\d*\]", kind) is not None


def media_sql(name: str, kind: str) -> str:
    """Return the SQL of a column of media: bytes as they are, vectors as lists of floats."""
    return f"b.{quoted(name)}" if kind == "BLOB" else f"CAST(b.{quoted(name)} AS FLOAT[])"


def _repeats(n: int, distinct: int, name: str) -> bool:
    return distinct <= 0.5 * n or (n < 50 and bool(_GROUPING.search(name)))


def _of_integers(con: Connection, table: str, name: str, value: str) -> Role:
    n, distinct = fetch(con, f"SELECT count({value}), count(DISTINCT {value}) FROM {table}")[0]
    if _COUNT.search(name) and not _CODE.search(name):
        return Role("number", "", distinct)
    if _CODE.search(name):
        return Role("category" if _repeats(n, distinct, name) else "text", "", distinct)
    return Role("category" if distinct <= min(200, n // 10) else "number", "", distinct)


def _of_texts(con: Connection, table: str, name: str, value: str) -> Role:
    separators = ", ".join(f"avg(CAST(contains(v, '{s}') AS INTEGER))" for s in SEPARATORS)
    n, distinct, length, numeric, whole, links, *split = fetch(
        con,
        "SELECT count(v), count(DISTINCT v), avg(length(v)), "
        "bool_and(TRY_CAST(v AS DOUBLE) IS NOT NULL AND NOT regexp_full_match(v, '0[0-9]+')), "
        "bool_and(regexp_full_match(v, '0|-?[1-9][0-9]*')), avg(CAST(v LIKE 'http%://%' AS INTEGER)), "
        f"{separators} FROM (SELECT {value} AS v FROM {table})",
    )[0]
    if not n:
        return Role("text")
    if whole:
        return _of_integers(con, table, name, value)
    if numeric and not _CODE.search(name):
        return Role("number", "", distinct, length)
    if links > 0.5:
        return Role("text", "", distinct, length)
    separator = next((s for s, share in zip(SEPARATORS, split, strict=True) if share > 0.05), "")
    if separator:
        parts = fetch(
            con,
            f"SELECT count(DISTINCT p) FROM (SELECT unnest(string_split({value}, '{separator}')) AS p FROM {table})",
        )[0][0]
        return Role("category" if _repeats(n, parts, name) else "text", separator, distinct, length)
    group = length <= _LONG and _repeats(n, distinct, name)
    return Role("category" if group else "text", "", distinct, length)


def category_sql(name: str, kind: str, role: Role) -> str:
    """Return the SQL of a category as a list of texts, ['unknown'] where there is none."""
    column = quoted(name)
    if kind.endswith("[]"):
        values = f"list_distinct(list_transform({column}, lambda v: trim(CAST(v AS VARCHAR))))"
    else:
        text = _whole(column, kind)
        values = f"list_distinct(string_split({text}, '{role.separator}'))" if role.separator else f"[{text}]"
    kept = f"list_sort(list_filter({values}, lambda v: v IS NOT NULL AND v <> ''))"
    return f"CASE WHEN len({kept}) > 0 THEN {kept} ELSE ['unknown'] END"


def _whole(column: str, kind: str) -> str:
    if is_float(kind):
        return f"CASE WHEN {column} = trunc({column}) THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE CAST({column} AS VARCHAR) END"  # noqa: E501
    return missing(f"CAST({column} AS VARCHAR)")


def title_column(roles: Mapping[str, Role]) -> str | None:
    """Return the column that names the items where none is called title: the most specific short text."""
    named = {
        name: role
        for name, role in roles.items()
        if re.search(r"name|title|type|desc|label|categor|名", name, re.IGNORECASE)
        and role.mean_length >= 2
        and role.mean_length <= 2 * _LONG
        and not role.separator
    }
    return max(named, key=lambda name: named[name].distinct, default=None)
