"""Numbers about the clean log that others decide by or draw: repeat rate, sizes, kinds, three histograms."""

from __future__ import annotations

from typing import Any

from whyrec.core.config import Settings
from whyrec.core.types import HISTORY_KINDS
from whyrec.data.ingest import Imported
from whyrec.data.kinds import target_kinds
from whyrec.data.workspace import Connection, fetch

USER_BUCKETS = (1, 2, 5, 10, 50, 100, 200, 400, 800, 1600, 3200)
ITEM_BUCKETS = (1, 2, 3, 5, 10, 20, 50, 100, 1000)


def log_facts(con: Connection, settings: Settings, imported: Imported, now: float) -> dict[str, Any]:
    """Return the facts of the view `log`.

    Keys: checked_at, timed, users, items (in events), catalogue (all items), first_at, last_at, kinds (kind ->
    rows), targets, repeat_rate (share of target events on an item that the same user had before in the same kind),
    median_history, user_histogram and item_histogram (list of [from, count]), hour_histogram (24 counts, UTC).
    """
    users, items, first_at, last_at = fetch(
        con,
        "SELECT count(DISTINCT user_code), count(DISTINCT item_code) FILTER (item_code >= 0), "
        'min("at"), max("at") FROM log',
    )[0]
    kinds = dict(fetch(con, "SELECT kind, count(*) FROM log GROUP BY kind ORDER BY 2 DESC, 1"))
    targets = [kind for kind in target_kinds(kinds, settings) if kind in kinds]
    named = ", ".join(f"'{kind}'" for kind in targets) or "''"
    n_targets, n_pairs = fetch(
        con,
        "SELECT sum(n), count(*) FROM (SELECT count(*) AS n FROM log "
        f"WHERE kind IN ({named}) AND item_code >= 0 GROUP BY user_code, item_code, kind)",
    )[0]
    history = ", ".join(f"'{kind}'" for kind in sorted(HISTORY_KINDS))
    per_user = f"SELECT count(*) AS n FROM log WHERE kind IN ({history}) GROUP BY user_code"
    per_item = "SELECT count(*) AS n FROM log WHERE item_code >= 0 GROUP BY item_code"
    hours = dict(fetch(con, 'SELECT CAST(floor("at" / 3600) % 24 AS INTEGER) AS h, count(*) FROM log GROUP BY 1'))
    return {
        "checked_at": now,
        "timed": imported.timed,
        "users": users,
        "items": items,
        "catalogue": fetch(con, "SELECT count(*) FROM catalogue")[0][0],
        "first_at": first_at,
        "last_at": last_at,
        "kinds": kinds,
        "targets": targets,
        "repeat_rate": (n_targets - n_pairs) / n_targets if n_targets else 0.0,
        "median_history": fetch(con, f"SELECT coalesce(median(n), 0) FROM ({per_user})")[0][0],
        "user_histogram": histogram(con, per_user, USER_BUCKETS),
        "item_histogram": histogram(con, per_item, ITEM_BUCKETS),
        "hour_histogram": [hours.get(hour, 0) for hour in range(24)] if imported.timed else [],
    }


def histogram(con: Connection, counts: str, buckets: tuple[int, ...]) -> list[list[int]]:
    """Count the numbers `n` of a query by buckets, each given by its smallest member."""
    bucket = " ".join(f"WHEN n >= {start} THEN {start}" for start in reversed(buckets))
    found = dict(fetch(con, f"SELECT CASE {bucket} END AS b, count(*) FROM ({counts}) GROUP BY b"))
    return [[start, found.get(start, 0)] for start in buckets]
