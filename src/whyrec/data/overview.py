"""Findings about the whole of a log: how the files were read, duplicates, repeats, ties, and what is cold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from whyrec.core.config import Settings
from whyrec.data.doctor import N_SAMPLES
from whyrec.data.findings import Finding
from whyrec.data.ingest import Imported
from whyrec.data.workspace import Connection, fetch, one, parquet

_CUT = 0.9  # the quantile at which the time protocol cuts
_MANY = 0.01  # share of duplicates from which they are a warning


def import_findings(con: Connection, folder: Path, imported: Imported) -> list[Finding]:
    """Return what a person should know about how the files were read."""
    found = []
    rejects = parquet(folder / "base" / "rejects.parquet")
    if n := one(con, f"SELECT count(*) FROM {rejects}"):
        rows = fetch(con, f'SELECT source, "row", reason, left(raw, 200) FROM {rejects} LIMIT {N_SAMPLES}')
        samples = tuple({"source": s, "row": row, "reason": why, "raw": raw} for s, row, why, raw in rows)
        total = imported.rows_read + imported.item_rows + imported.user_rows + imported.link_rows
        found.append(Finding("rows that cannot be read", "error", n, n / total, samples, "Set aside with the reason."))
    if imported.kinds_from != "event_type":
        kind = "rating" if imported.kinds_from == "rating" else "purchase"
        action = f"No column says what kind of event a row is: every row counts as a {kind}."
        found.append(Finding("no event kinds", "note", imported.rows_read, 1.0, (), action))
    if not imported.timed:
        found.append(_untimed(imported))
    if imported.scoped:
        action = "Each platform numbers its items for itself: the platform stands before each item id."
        found.append(Finding("ids of platforms", "note", imported.rows_read, 1.0, (), action))
    if "platform" not in imported.mapping and (n := one(con, "SELECT count(platform) FROM ev")):
        action = "No column names the platform: mobile, tablet or desktop was read from the user agent."
        found.append(Finding("platform by user agent", "note", n, n / imported.rows_read, (), action))
    notes = [note for note in imported.notes if note]
    return [
        *found,
        *(Finding("how it was read", "note", 0, 0.0, (), note[0].upper() + note[1:] + ".") for note in notes),
    ]


def _untimed(imported: Imported) -> Finding:
    n = imported.rows_read
    if "timestamp" in imported.mapping:
        action = "All times are one: the order of the file counts, and the time protocol is refused."
        return Finding("constant timestamp", "warning", n, 1.0, (), action)
    order = "the column position" if "position" in imported.mapping else "the order of the file"
    return Finding("no timestamps", "note", n, 1.0, (), f"Events are ordered by {order}; the time protocol is refused.")


def log_findings(con: Connection, settings: Settings, imported: Imported, facts: dict[str, Any]) -> list[Finding]:
    """Return findings about the clean log (the view `log`) and the groups of rows that were one event (`twice`)."""
    found = _duplicates(con, imported, settings)
    n = one(con, "SELECT count(*) FROM log")
    if not n:
        action = "Every row was set aside: the reasons are above and in clean/quarantine.parquet."
        return [*found, Finding("no rows left", "error", imported.rows_read, 1.0, (), action)]
    found += _lonely(con, facts)
    kinds = tuple({"kind": kind, "rows": rows, "share": round(rows / n, 4)} for kind, rows in facts["kinds"].items())
    found.append(Finding("event kinds", "note", n, 1.0, kinds, "Weights by kind: section [events] of whyrec.toml."))
    found.append(_repeats(settings, facts))
    return [*found, *(_in_time(con, n) if imported.timed else []), *_bare_users(con, facts)]


def _duplicates(con: Connection, imported: Imported, settings: Settings) -> list[Finding]:
    n = int(one(con, "SELECT coalesce(sum(n - 1), 0) FROM twice"))
    if not n:
        return []
    rows = fetch(con, f"SELECT user_id, item_id, kind, n FROM twice ORDER BY n DESC, first LIMIT {N_SAMPLES}")
    samples = tuple(dict(zip(("user_id", "item_id", "kind", "rows"), row, strict=True)) for row in rows)
    merged = settings.clean.duplicates == "merge"
    action = "Merged into one row; quantities are added." if merged else "Kept as they are."
    share = n / imported.rows_read
    return [Finding("duplicates", "warning" if share >= _MANY else "note", n, share, samples, action)]


def _lonely(con: Connection, facts: dict[str, Any]) -> list[Finding]:
    """Users and items of whom little or nothing is known."""
    found = []
    if users := fetch(con, "SELECT user_id FROM log GROUP BY user_id HAVING count(*) = 1 ORDER BY user_id"):
        samples = tuple({"user_id": user} for (user,) in users[:N_SAMPLES])
        action = "Kept for counts; leave-one-out has nothing to learn from for them."
        found.append(Finding("users with one event", "note", len(users), len(users) / facts["users"], samples, action))
    items = fetch(
        con, "SELECT item_id FROM log WHERE item_code >= 0 GROUP BY item_id HAVING count(*) = 1 ORDER BY item_id"
    )
    if items:
        samples = tuple({"item_id": item} for (item,) in items[:N_SAMPLES])
        action = "Kept; only their attributes can place them."
        found.append(Finding("items with one event", "note", len(items), len(items) / facts["items"], samples, action))
    cold = facts["catalogue"] - facts["items"]
    if cold > 0:
        action = "Kept in the catalogue as cold items."
        found.append(Finding("items without events", "note", cold, cold / facts["catalogue"], (), action))
    return found


def _repeats(settings: Settings, facts: dict[str, Any]) -> Finding:
    rate, events = facts["repeat_rate"], settings.events
    keeps = events.repeats == "keep" or (events.repeats == "auto" and rate >= events.repeat_rate)
    n_targets = sum(facts["kinds"][kind] for kind in facts["targets"])
    sample = {"kinds": facts["targets"], "repeat_rate": round(rate, 4)}
    action = f"Items that a shopper already had are {'' if keeps else 'not '}recommended again."
    return Finding("repeat rate", "note", round(rate * n_targets), rate, (sample,), action)


def _in_time(con: Connection, n: int) -> list[Finding]:
    found = []
    ties = 'SELECT count(*) AS n FROM log GROUP BY user_code, "at" HAVING count(*) > 1'
    if tied := int(one(con, f"SELECT coalesce(sum(n), 0) FROM ({ties})")):
        found.append(Finding("ties in time", "note", tied, tied / n, (), "Ties keep the order of the file."))
    cut = one(con, f'SELECT quantile_cont("at", {_CUT}) FROM log')
    later, items, users, cold = fetch(
        con,
        "SELECT count(*), count(*) FILTER (i.item), count(*) FILTER (u.person), count(*) FILTER (i.item OR u.person) "
        'FROM log JOIN (SELECT item_code, item_code >= 0 AND min("at") >= $1 AS item FROM log GROUP BY 1) AS i '
        'USING (item_code) JOIN (SELECT user_code, min("at") >= $1 AS person FROM log GROUP BY 1) AS u '
        'USING (user_code) WHERE "at" >= $1',
        cut,
    )[0]
    if cold:
        samples = ({"cut_at": cut, "events_after": later, "on_new_items": items, "by_new_users": users},)
        action = "Cold users and items are reported apart."
        found.append(Finding("cold share under a time split", "note", cold, cold / later, samples, action))
    return found


def _bare_users(con: Connection, facts: dict[str, Any]) -> list[Finding]:
    known, bare = fetch(con, 'SELECT count("row"), count(*) FILTER ("row" IS NULL AND active) FROM people')[0]
    if not known or not bare:
        return []
    action = 'Their attributes are "unknown".'
    return [Finding("users without attributes", "note", bare, bare / facts["users"], (), action)]
