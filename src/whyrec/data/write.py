"""The last step of cleaning: the tables of clean/ from the rows that stay and those that do not."""

from __future__ import annotations

from pathlib import Path

from whyrec.core.config import Settings
from whyrec.data.csv_text import unique_names
from whyrec.data.links import LINKED
from whyrec.data.parse import id_column, missing
from whyrec.data.stage import TEXTS, Staged
from whyrec.data.workspace import Connection, column_types, one, parquet, quoted, write_parquet


def keep_items(con: Connection) -> None:
    """Make `kept_items` (item_id, first row, median price paid) of the events that stay."""
    con.execute(
        'CREATE TABLE kept_items AS SELECT o.item_id, min(o."row") AS first, '
        "median(o.price) FILTER (o.price > 0) AS price FROM ok AS o "
        "WHERE o.item_id IS NOT NULL GROUP BY o.item_id"
    )


def write_users(con: Connection, folder: Path, path: Path) -> None:
    """Write clean/users.parquet and make `people` (user_id, code): users with events first, in the order of ids.

    Attributes are texts, "unknown" where missing. Rows without an id, or that repeat one, go to `users_aside`. What the
    table `links` says of an account counts more than the table of users.
    """
    con.execute('CREATE TABLE users_aside ("row" BIGINT, reason VARCHAR)')
    con.execute('CREATE TABLE user_ids ("row" BIGINT, user_id VARCHAR)')
    source = folder / "base" / "users.parquet"
    base, columns = parquet(source), dict[str, str]()
    if source.exists():
        types = column_types(con, base)
        ids = id_column(con, base, "user_id", types["user_id"])
        con.execute(f'INSERT INTO user_ids SELECT "row", {ids} FROM {base}')
        con.execute(
            "INSERT INTO users_aside SELECT \"row\", CASE WHEN user_id IS NULL THEN 'missing user id' ELSE "
            "'repeats a user id; the first row is kept' END FROM user_ids "
            'QUALIFY user_id IS NULL OR row_number() OVER (PARTITION BY user_id ORDER BY "row") > 1'
        )
        attributes = [name for name in types if name not in ("row", "user_id")]
        names = unique_names(["user_id", "active", *attributes])[2:]
        columns = {
            new: missing(f"CAST(b.{quoted(name)} AS VARCHAR)") for name, new in zip(attributes, names, strict=True)
        }
    join = f'LEFT JOIN {base} AS b USING ("row")' if columns else ""
    if one(con, "SELECT count(*) FROM links"):
        join += " LEFT JOIN links AS l ON l.user_id = p.user_id"
        columns |= {name: f"coalesce(l.{name}, {columns.get(name, 'NULL')})" for name in LINKED}
    picked = "".join(f", coalesce({sql}, 'unknown') AS {quoted(name)}" for name, sql in columns.items())
    con.execute(
        'CREATE TABLE people AS SELECT user_id, active, "row", '
        "CAST(row_number() OVER (ORDER BY NOT active, user_id) - 1 AS INTEGER) AS code FROM ("
        'SELECT user_id, bool_or(active) AS active, max("row") AS "row" FROM ('
        'SELECT DISTINCT user_id, true AS active, NULL AS "row" FROM ok UNION ALL '
        'SELECT user_id, false, min("row") FROM user_ids WHERE user_id IS NOT NULL GROUP BY user_id UNION ALL '
        "SELECT user_id, false, NULL FROM links) GROUP BY user_id)"
    )
    write_parquet(con, f"SELECT p.user_id, p.active{picked} FROM people AS p {join} ORDER BY p.code", path)


def write_events(con: Connection, staged: Staged, settings: Settings, path: Path) -> int:
    """Write clean/events.parquet, sorted by (at, arrival), with the codes of user and item; return the rows."""
    texts = [f"o.{name} AS {name}" for name in TEXTS if staged.gives(name) and name != "event_id"]
    price = "CASE WHEN o.price > 0 THEN o.price END" if settings.clean.price == "repair" else "o.price"
    picked = [
        'o."row" AS "row"',
        f"{_event_id(con, staged)} AS event_id",
        "o.user_id AS user_id",
        "o.item_id AS item_id",
        "p.code AS user_code",
        "coalesce(c.item_code, -1) AS item_code",
        "o.kind AS kind",
        'o."at" AS "at"',
        "CAST(CASE WHEN s.n IS NULL THEN o.value ELSE s.value END AS FLOAT) AS value",
        *(["CAST(coalesce(s.quantity, o.quantity) AS FLOAT) AS quantity"] if staged.has("quantity") else []),
        *([f"CAST({price} AS FLOAT) AS price"] if staged.has("price") or staged.has("amount") else []),
        *texts,
    ]
    ours = [column.rsplit(" AS ", 1)[1].strip('"') for column in picked]
    names = unique_names([*ours, *staged.attributes])[len(ours) :]
    attributes = [f"o.{code} AS {quoted(name)}" for name, code in zip(names, staged.attributes.values(), strict=True)]
    write_parquet(
        con,
        f"SELECT {', '.join([*picked, *attributes])} FROM ok AS o "
        "JOIN people AS p ON p.user_id = o.user_id LEFT JOIN catalogue AS c ON c.item_id = o.item_id "
        'LEFT JOIN same AS s ON s.first = o."row" '
        'WHERE o."row" NOT IN (SELECT "row" FROM merged) ORDER BY o."at", o."row"',
        path,
    )
    con.execute(f"CREATE VIEW log AS SELECT {', '.join(quoted(name) for name in ours)} FROM {parquet(path)}")
    return int(one(con, "SELECT count(*) FROM log"))


def _event_id(con: Connection, staged: Staged) -> str:
    """SQL of an id that no two events share: the log's own, else e<row>; a repeated one gets its row behind it."""
    if not staged.has("event_id"):
        return "'e' || o.\"row\""
    con.execute(
        'CREATE TABLE repeated_ids AS SELECT event_id FROM ok WHERE event_id IS NOT NULL AND "row" NOT IN '
        '(SELECT "row" FROM merged) GROUP BY event_id HAVING count(*) > 1'
    )
    return (
        "CASE WHEN o.event_id IS NULL THEN '#' || o.\"row\" WHEN o.event_id IN (SELECT event_id FROM repeated_ids) "
        "THEN o.event_id || '#' || o.\"row\" ELSE o.event_id END"
    )


def write_quarantine(con: Connection, folder: Path, staged: Staged, path: Path) -> int:
    """Write quarantine.parquet (source, row, reason, raw); return how many rows of the event log are in it."""
    parts = [f"SELECT source, \"row\", 'cannot be read: ' || reason AS reason, raw FROM {_base(folder, 'rejects')}"]
    parts.append(
        "SELECT 'events', f.\"row\", f.reason, CAST(to_json(whole_row) AS VARCHAR) FROM fate AS f "
        f'JOIN {staged.base} AS whole_row ON whole_row."row" = f."row" WHERE f.reason IS NOT NULL'
    )
    parts += [
        f"SELECT '{role}', a.\"row\", a.reason, CAST(to_json(whole_row) AS VARCHAR) FROM {role}_aside AS a "
        f'JOIN {_base(folder, role)} AS whole_row ON whole_row."row" = a."row"'
        for role in ("items", "users", "links")
        if one(con, f"SELECT count(*) FROM {role}_aside")
    ]
    write_parquet(con, f'SELECT * FROM ({" UNION ALL ".join(parts)}) ORDER BY source, "row"', path)
    return int(one(con, f"SELECT count(*) FROM {parquet(path)} WHERE source = 'events'"))


def _base(folder: Path, name: str) -> str:
    return parquet(folder / "base" / f"{name}.parquet")
