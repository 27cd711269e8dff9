"""SQL for reading one raw column as an id, a number, a time or a kind, whatever its type in the source.

Every function returns an SQL expression over the quoted column; nothing of a value ever becomes SQL. What cannot
be read is NULL, so that the doctor counts it and cleaning sets it aside or makes it unknown.
"""

from __future__ import annotations

from collections.abc import Mapping

from whyrec.data.workspace import Connection, column_types, fetch, one, quoted

INTEGERS = {
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
}  # fmt: skip
_MISSING_WORDS = "('', 'nan', 'NaN', 'null', 'NULL', 'None', '<NA>', 'NaT')"
_SHARED, _UNRELATED = 500, 0.1  # ids that two platforms must share, and correlation below which they are not one
_DATE_FORMATS = (
    "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y", "%d/%m/%Y",
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%m %d, %Y", "%d %b %Y", "%b %d, %Y", "%Y%m%d",
    "%Y年%m月%d日", "%a, %d %b %Y %H:%M:%S %Z",
)  # fmt: skip


def is_float(kind: str) -> bool:
    """Tell whether a DuckDB type holds fractions."""
    return kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL")


def is_text(kind: str) -> bool:
    """Tell whether a DuckDB type is text."""
    return kind == "VARCHAR" or kind.startswith("ENUM")


def is_time(kind: str) -> bool:
    """Tell whether a DuckDB type is a moment."""
    return kind == "DATE" or kind.startswith("TIMESTAMP")


def missing(text: str) -> str:
    """Return the SQL that makes NULL of the words that stand for a missing value."""
    return f"CASE WHEN trim({text}) IN {_MISSING_WORDS} THEN NULL ELSE trim({text}) END"


def id_sql(name: str, kind: str, floats: bool = False) -> str:
    """Read a column as ids: strings, whole floats whole again.

    `floats` says that all its texts are whole numbers and some end in .0, the mark of a detour over floats.
    """
    column = quoted(name)
    if kind in INTEGERS:
        return f"CAST({column} AS VARCHAR)"
    if is_float(kind):
        value = f"CAST({column} AS DOUBLE)"
        return (
            f"CASE WHEN isnan({value}) THEN NULL WHEN {value} = trunc({value}) AND abs({value}) < 1e38 "
            f"THEN CAST(CAST({value} AS HUGEINT) AS VARCHAR) ELSE CAST({column} AS VARCHAR) END"
        )
    text = missing(f"CAST({column} AS VARCHAR)")
    return f"regexp_replace({text}, '\\.0$', '')" if floats else text


def floats_in_text(con: Connection, table: str, name: str, kind: str) -> bool:
    """Tell whether a text column holds whole numbers that were floats once: only 12 and 12.0, some with .0."""
    if not is_text(kind):
        return False
    text = missing(f"CAST({quoted(name)} AS VARCHAR)")
    found = fetch(
        con,
        f"SELECT bool_and(regexp_full_match({text}, '-?[0-9]+(\\.0)?')), bool_or({text} LIKE '%.0') FROM {table}",
    )[0]
    return found == (True, True)


def id_column(con: Connection, table: str, name: str, kind: str) -> str:
    """Return the SQL that reads a column of `table` as ids, after a look at whether its texts were floats once."""
    return id_sql(name, kind, floats_in_text(con, table, name, kind))


def item_ids(con: Connection, table: str, types: Mapping[str, str], scoped: bool) -> str:
    """Return the SQL that reads the item ids of a log, with the platform before them where each numbers its own."""
    ids = id_column(con, table, "item_id", types["item_id"])
    if not scoped:
        return ids
    platform = missing("CAST(platform AS VARCHAR)")
    return f"coalesce({platform} || ':', '') || {ids}"


def is_scoped(con: Connection, events: str) -> bool:
    """Tell whether each platform of a log numbers its items for itself.

    So it is where the two largest platforms share many whole-number ids that are not popular together at all: in
    one catalogue, what sells on one platform sells on the other (correlation about .8, against .01).
    """
    types = column_types(con, events)
    if "platform" not in types or types["item_id"] not in INTEGERS:
        return False
    largest = fetch(
        con,
        f"SELECT platform FROM {events} WHERE platform IS NOT NULL GROUP BY platform ORDER BY count(*) DESC LIMIT 2",
    )
    if len(largest) < 2:
        return False
    n_shared, together = fetch(
        con,
        "SELECT count(*), corr(ln(a), ln(b)) FROM (SELECT count(*) FILTER (platform = $1) AS a, "
        f"count(*) FILTER (platform = $2) AS b FROM {events} GROUP BY item_id) WHERE a > 0 AND b > 0",
        largest[0][0],
        largest[1][0],
    )[0]
    return bool(n_shared >= _SHARED and together is not None and together < _UNRELATED)


def float_ids(name: str, kind: str) -> str:
    """Return the SQL that is true where an id came as a float."""
    if is_float(kind):
        return f"({quoted(name)} IS NOT NULL)"
    return f"(CAST({quoted(name)} AS VARCHAR) LIKE '%.0')"


def id_type(con: Connection, table: str, name: str, kind: str, typed: bool) -> str:
    """Return "int" where the ids of a column are whole numbers in the source, else "str".

    Text of an untyped source (CSV) counts as whole numbers only where every id is written as one: 007 is not.
    """
    if kind in INTEGERS:
        return "int"
    if is_text(kind) and typed:
        return "str"
    ids = id_column(con, table, name, kind)
    whole = one(
        con,
        f"SELECT bool_and(regexp_full_match(i, '0|-?[1-9][0-9]*') AND TRY_CAST(i AS BIGINT) IS NOT NULL) "
        f"FROM (SELECT {ids} AS i FROM {table}) WHERE i IS NOT NULL",
    )
    return "int" if whole else "str"


def number_sql(name: str, kind: str) -> str:
    """Read a column as float64; NaN, infinity and words are NULL."""
    column = quoted(name)
    if is_text(kind):
        text = f"regexp_replace(trim(CAST({column} AS VARCHAR)), '^[$€£¥￥]\\s*', '')"
        comma = f"CASE WHEN regexp_full_match({text}, '-?[0-9]+,[0-9]{{1,2}}') THEN replace({text}, ',', '.') END"
        value = f"coalesce(TRY_CAST({text} AS DOUBLE), TRY_CAST({comma} AS DOUBLE))"
    else:
        value = f"TRY_CAST({column} AS DOUBLE)"
    return f"CASE WHEN isfinite({value}) THEN {value} END"


def odd_number(name: str, kind: str) -> str:
    """Return the SQL that is true where a value is there but is no finite number."""
    text = missing(f"CAST({quoted(name)} AS VARCHAR)")
    column = quoted(name)
    there = f"{text} IS NOT NULL" if is_text(kind) else f"{column} IS NOT NULL"
    return f"({there} AND ({number_sql(name, kind)}) IS NULL)"


def unit_sql(value: str) -> str:
    """Return the SQL of the unit of a numeric time, by its size: s, ms, us or ns."""
    size = f"abs({value})"
    return f"CASE WHEN {size} < 1e11 THEN 's' WHEN {size} < 1e14 THEN 'ms' WHEN {size} < 1e17 THEN 'us' ELSE 'ns' END"


def _seconds(value: str) -> str:
    return (
        f"CASE WHEN abs({value}) < 1e11 THEN {value} WHEN abs({value}) < 1e14 THEN {value} / 1e3 "
        f"WHEN abs({value}) < 1e17 THEN {value} / 1e6 WHEN abs({value}) < 1e20 THEN {value} / 1e9 END"
    )


def numeric_time(name: str, kind: str) -> str | None:
    """Return the SQL of a time as the number it is in the source, or None where its type is a moment."""
    return None if is_time(kind) else number_sql(name, kind)


def time_sql(con: Connection, table: str, name: str, kind: str) -> str:
    """Read a column as UTC seconds (float64): numbers by size, moments, ISO text with or without zone, dates.

    Texts of another form are read by the one format that fits most of them, so that 13/12 and 12/11 of one column
    are never read in two ways.
    """
    column = quoted(name)
    if is_time(kind):
        moment = f"CAST({column} AS TIMESTAMPTZ)" if "TIME ZONE" in kind else f"CAST({column} AS TIMESTAMP)"
        return f"CASE WHEN isfinite({column}) THEN epoch_us({moment}) / 1e6 END"
    number = number_sql(name, kind)
    compact = f"({number}) BETWEEN 19000101 AND 21001231 AND ({number}) = trunc({number})"
    if not is_text(kind):
        dates = one(con, f"SELECT coalesce(bool_and({compact}), false) FROM {table} WHERE {column} IS NOT NULL")
        if dates:
            return f"epoch_us(try_strptime(CAST(CAST({column} AS BIGINT) AS VARCHAR), '%Y%m%d')) / 1e6"
        return _seconds(number)
    text = missing(f"CAST({column} AS VARCHAR)")
    sample = f"(SELECT DISTINCT {text} AS t FROM (SELECT {column} FROM {table} LIMIT 200000) LIMIT 20000)"
    fits = fetch(
        con,
        "SELECT "
        + ", ".join(f"count(*) FILTER (try_strptime(t, '{form}') IS NOT NULL)" for form in _DATE_FORMATS)
        + f" FROM {sample} WHERE t IS NOT NULL",
    )[0]
    best = max(range(len(fits)), key=lambda place: fits[place])
    iso = f"TRY_CAST({text} AS TIMESTAMPTZ)"
    parts = [f"CASE WHEN isfinite({iso}) THEN epoch_us({iso}) / 1e6 END"]
    if fits[best]:
        parts.insert(0, f"epoch_us(try_strptime({text}, '{_DATE_FORMATS[best]}')) / 1e6")
    return f"coalesce({', '.join(parts)}, {_seconds(number)})"
