"""The event log with every value read: table `ev`, on which the doctor looks and cleaning decides.

One row for each row of base/events.parquet. What cannot be read is NULL; flags keep what was wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from whyrec.data.columns import EVENT_COLUMNS, kind_of, plain
from whyrec.data.ingest import Imported
from whyrec.data.parse import (
    float_ids,
    floats_in_text,
    id_column,
    is_float,
    item_ids,
    missing,
    number_sql,
    numeric_time,
    odd_number,
    time_sql,
    unit_sql,
)
from whyrec.data.workspace import Connection, column_types, fetch, insert_rows, parquet, quoted

TEXTS = ("event_id", "basket_id", "session_id", "platform", "locale", "text", "answers")
AGENTS = ("useragent", "httpuseragent", "ua", "browseruseragent")
NUMBERS = ("value", "quantity", "price", "amount")


@dataclass(frozen=True)
class Staged:
    """What the table `ev` was made from: the base table's SQL, its canonical columns, and its attributes."""

    base: str
    types: Mapping[str, str]
    attributes: Mapping[str, str]  # name in base -> name in `ev`, where it can meet no other
    timed: bool
    scoped: bool = False
    agent: str | None = None  # attribute with the browser's own words for itself

    def gives(self, name: str) -> bool:
        """Tell whether `ev` has something in this text column: the log has it, or it can be read from another."""
        return self.has(name) or (name == "platform" and self.agent is not None)

    def has(self, name: str) -> bool:
        """Tell whether the log has this canonical column."""
        return name in self.types


def stage_events(con: Connection, folder: Path, imported: Imported, kinds: Mapping[str, str]) -> Staged:
    """Make the table `ev` from the base log; `kinds` are the shop's own words for kinds of event.

    Columns: row, user_id, item_id, kind, clock (UTC seconds; NULL where it cannot be read), at (the clock, or the
    order where there are no times), value, quantity, price (of one unit), the texts, and flags: cancels (a purchase is
    taken back), given (a time or place was there), odd (a number that cannot be read), float_id, unit (of a
    numeric time).
    """
    base = parquet(folder / "base" / "events.parquet")
    types = column_types(con, base)
    others = [name for name in types if name not in EVENT_COLUMNS and name != "row"]
    staged = Staged(
        base=base,
        types={name: types[name] for name in EVENT_COLUMNS if name in types},
        attributes={name: f"a{place}" for place, name in enumerate(others)},
        timed=imported.timed,
        scoped=imported.scoped,
        agent=next((name for name in others if plain(name) in AGENTS), None),
    )
    con.execute("CREATE TABLE words (word VARCHAR, kind VARCHAR)")
    if staged.has("event_type"):
        column = imported.mapping["event_type"].source
        found = fetch(con, f"SELECT DISTINCT CAST(event_type AS VARCHAR) FROM {base} WHERE event_type IS NOT NULL")
        insert_rows(con, "words", [(None, None), *((word, kind_of(word, column, kinds)) for (word,) in found)])
    else:
        con.execute("INSERT INTO words VALUES (NULL, ?)", ["rating" if imported.kinds_from == "rating" else "purchase"])
    con.execute(_events_sql(con, staged))
    return staged


def _events_sql(con: Connection, staged: Staged) -> str:
    word = "CAST(event_type AS VARCHAR)" if staged.has("event_type") else "CAST(NULL AS VARCHAR)"
    parts = [
        '"row"',
        f"{word} AS word",
        f"{id_column(con, staged.base, 'user_id', staged.types['user_id'])} AS user_id",
        f"{item_ids(con, staged.base, staged.types, staged.scoped)} AS item_id",
        f"CAST({_clock(con, staged)} AS DOUBLE) AS clock",
        f"CAST({_place(staged)} AS DOUBLE) AS place",
        f"{_given(staged)} AS given",
        f"{_unit(staged)} AS unit",
        *(f"CAST({_number(staged, name)} AS DOUBLE) AS {name}" for name in NUMBERS),
        *(f"{_text(staged, name)} AS {name}" for name in TEXTS),
        *(f"{quoted(name)} AS {attribute}" for name, attribute in staged.attributes.items()),
        "(" + " OR ".join([odd_number(n, staged.types[n]) for n in NUMBERS if staged.has(n)] or ["false"]) + ") AS odd",
        f"({_float_ids(con, staged)}) AS float_id",
    ]
    # A review without its stars is a comment; with them it is a rating.
    kind = "CASE WHEN kind = 'rating' AND lower(p.word) LIKE 'review%' AND value IS NULL THEN 'comment' ELSE kind END"
    same = "w.word = p.word" if staged.has("event_type") else "w.word IS NULL"
    return (
        f"CREATE TABLE ev AS WITH p AS (SELECT {', '.join(parts)} FROM {staged.base}), q AS (SELECT p.* EXCLUDE "
        f"(place, amount, price), {'clock' if staged.timed else 'place'} AS at, {kind} AS kind, "
        "coalesce(price, CASE WHEN quantity > 0 THEN amount / quantity ELSE amount END) AS price "
        f"FROM p LEFT JOIN words AS w ON {same}) "
        "SELECT *, coalesce(kind = 'cancel' OR (kind = 'purchase' AND quantity < 0), false) AS cancels FROM q"
    )


def _float_ids(con: Connection, staged: Staged) -> str:
    found = [
        float_ids(name, kind)
        for name in ("user_id", "item_id")
        if is_float(kind := staged.types[name]) or floats_in_text(con, staged.base, name, kind)
    ]
    return " OR ".join(found or ["false"])


def _clock(con: Connection, staged: Staged) -> str:
    if not staged.has("timestamp"):
        return _place(staged)
    return time_sql(con, staged.base, "timestamp", staged.types["timestamp"])


def _place(staged: Staged) -> str:
    """SQL of the order where there are no times: the column position, else the order of the file."""
    if staged.has("position") and not staged.has("timestamp"):
        return number_sql("position", staged.types["position"])
    return '"row"'


def _given(staged: Staged) -> str:
    name = "timestamp" if staged.has("timestamp") else "position"
    if not staged.has(name):
        return "true"
    return f"({missing(f'CAST({quoted(name)} AS VARCHAR)')} IS NOT NULL)"


def _unit(staged: Staged) -> str:
    value = numeric_time("timestamp", staged.types["timestamp"]) if staged.has("timestamp") else None
    if value is None:
        return "CAST(NULL AS VARCHAR)"
    return f"CASE WHEN ({value}) IS NOT NULL THEN {unit_sql(f'({value})')} END"


def _number(staged: Staged, name: str) -> str:
    return number_sql(name, staged.types[name]) if staged.has(name) else "NULL"


def _platform(agent: str) -> str:
    """SQL of mobile, tablet or desktop from a browser's own words; NULL where they tell none of these."""
    text = f"lower(CAST({quoted(agent)} AS VARCHAR))"
    return (
        f"CASE WHEN regexp_matches({text}, 'ipad|tablet|kindle|silk/|playbook') "
        f"OR ({text} LIKE '%android%' AND {text} NOT LIKE '%mobile%') THEN 'tablet' "
        f"WHEN regexp_matches({text}, 'mobi|iphone|ipod|android|windows phone') THEN 'mobile' "
        f"WHEN regexp_matches({text}, 'windows nt|macintosh|x11|cros |linux') THEN 'desktop' END"
    )


def _text(staged: Staged, name: str) -> str:
    if name == "platform" and staged.agent is not None and not staged.has(name):
        return _platform(staged.agent)
    if not staged.has(name):
        return "CAST(NULL AS VARCHAR)"
    return missing(f"CAST({quoted(name)} AS VARCHAR)")
