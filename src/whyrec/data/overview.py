"""Findings about the whole: how the files were read, the catalogue, and the shape of the clean log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from whyrec.core.config import Settings
from whyrec.data.doctor import N_SAMPLES, base_rows, shown
from whyrec.data.findings import Finding
from whyrec.data.ingest import Imported
from whyrec.data.items import StagedItems
from whyrec.data.stage import Staged
from whyrec.data.workspace import Connection, fetch, one, parquet, quoted

_CUT = 0.9  # the quantile at which the time protocol cuts


def import_findings(con: Connection, folder: Path, imported: Imported) -> list[Finding]:
    """Return what a person should know about how the files were read."""
    rejects = parquet(folder / "base" / "rejects.parquet")
    found = []
    if n := one(con, f"SELECT count(*) FROM {rejects}"):
        rows = fetch(con, f'SELECT source, "row", reason, left(raw, 200) FROM {rejects} LIMIT {N_SAMPLES}')
        samples = tuple({"source": s, "row": row, "reason": why, "raw": raw} for s, row, why, raw in rows)
        total = imported.rows_read + imported.item_rows + imported.user_rows
        found.append(Finding("rows that cannot be read", "error", n, n / total, samples, "Set aside with the reason."))
    if imported.kinds_from != "event_type":
        kind = "rating" if imported.kinds_from == "rating" else "purchase"
        found.append(
            Finding(
                "no event kinds", "note", imported.rows_read, 1.0, (),
                f"No column says what kind of event a row is: every row counts as a {kind}.",
            )
        )  # fmt: skip
    if not imported.timed:
        found.append(_untimed(imported))
    found += [
        Finding("how it was read", "note", 0, 0.0, ({"note": note},), note[0].upper() + note[1:] + ".")
        for note in imported.notes
    ]
    return found


def _untimed(imported: Imported) -> Finding:
    n = imported.rows_read
    if "timestamp" in imported.mapping:
        return Finding(
            "constant timestamp",
            "warning",
            n,
            1.0,
            (),
            "All times are one: the order of the file counts, and the time protocol is refused.",
        )
    order = "the column position" if "position" in imported.mapping else "the order of the file"
    return Finding("no timestamps", "note", n, 1.0, (), f"Events are ordered by {order}; the time protocol is refused.")


def catalogue_findings(con: Connection, staged: StagedItems, missing: dict[str, int]) -> list[Finding]:
    """Return findings about the item table: missing attributes, repeated ids, titles that differ."""
    n_items = one(con, "SELECT count(*) FROM listed")
    if not n_items or staged.base is None:
        return []
    found = []
    if "title" not in missing:
        found.append(
            Finding(
                "items without text", "note", n_items, 1.0, (), "The table has no text to name them: ids are shown."
            )
        )
    names = {"title": "items without text", "price": "items without price"}
    categories = staged.columns("category")
    main = next((c for c in categories if "categor" in c.lower()), categories[0] if categories else None)
    if main is None:
        found.append(
            Finding(
                "items without category",
                "note",
                n_items,
                1.0,
                (),
                "The table has no categories: reasons name items only.",
            )
        )
    else:
        names[main] = "items without category"
    for name, count in missing.items():
        if count:
            category = name in categories
            action = 'The category is "unknown".' if category else "Stays empty."
            if name in staged.columns("number") or name == "price":
                action = "Filled with the median of the category; a mask says where."
            sample = fetch(
                con,
                f"SELECT item_id FROM items WHERE listed AND {quoted(name)} {'= [' + chr(39) + 'unknown' + chr(39) + ']' if category else 'IS NULL'} LIMIT {N_SAMPLES}",
            )
            found.append(Finding(
                names.get(name, f"items without {name}"), "warning" if category or name == "title" else "note", count,
                count / n_items, tuple({"item_id": i[0], name: None} for i in sample), action,
            ))  # fmt: skip
    found += _repeated_items(con, staged, n_items)
    return found


def _repeated_items(con: Connection, staged: StagedItems, n_items: int) -> list[Finding]:
    found = []
    for reason, check in (("missing item id", "item rows without id"), ("repeats%", "item rows that repeat an id")):
        rows = [r[0] for r in fetch(con, 'SELECT "row" FROM items_aside WHERE reason LIKE ? ORDER BY "row"', reason)]
        if rows:
            samples = base_rows(con, str(staged.base), rows[:N_SAMPLES])
            action = (
                "Set aside."
                if check.endswith("id") and "without" in check
                else "The first row of an id is kept, the others are set aside."
            )
            found.append(
                Finding(check, "warning", len(rows), len(rows) / (n_items + len(rows)), tuple(samples.values()), action)
            )
    if "title" in staged.types:
        differing = (
            f'SELECT i.item_id, list_sort(list(DISTINCT CAST(b.title AS VARCHAR))) AS titles FROM item_ids AS i JOIN {staged.base} AS b USING ("row") '
            "WHERE i.item_id IS NOT NULL AND b.title IS NOT NULL GROUP BY i.item_id HAVING len(titles) > 1"
        )
        if n := one(con, f"SELECT count(*) FROM ({differing})"):
            some = fetch(con, f"{differing} LIMIT {N_SAMPLES}")
            samples = tuple({"item_id": i, "titles": [shown(t) for t in titles[:3]]} for i, titles in some)
            found.append(
                Finding("titles that differ for one id", "warning", n, n / n_items, samples, "The first title is kept.")
            )
    return found


def log_findings(
    con: Connection, staged: Staged, settings: Settings, imported: Imported, facts: dict[str, Any]
) -> list[Finding]:
    """Return findings about the clean log: duplicates, users with one event, kinds, repeats, ties, cold shares."""
    n = one(con, "SELECT count(*) FROM log")
    found = _duplicates(con, imported, settings)
    if not n:
        return [
            *found,
            Finding(
                "no rows left", "error", imported.rows_read, 1.0, (), "Every row was set aside: see the reasons above."
            ),
        ]
    ones = fetch(con, "SELECT user_id FROM log GROUP BY user_id HAVING count(*) = 1 ORDER BY user_id")
    if ones:
        found.append(Finding(
            "users with one event", "note", len(ones), len(ones) / facts["users"], tuple({"user_id": u} for (u,) in ones[:N_SAMPLES]),
            "Kept for counts; leave-one-out has nothing to learn from for them.",
        ))  # fmt: skip
    cold = one(
        con,
        "SELECT count(*) FROM (SELECT item_code FROM log WHERE item_code >= 0 GROUP BY item_code HAVING count(*) = 1)",
    )
    if cold:
        found.append(
            Finding(
                "items with one event",
                "note",
                cold,
                cold / max(1, facts["items"]),
                (),
                "Kept; only their attributes can place them.",
            )
        )
    unsold = facts["catalogue"] - facts["items"]
    if unsold > 0:
        found.append(
            Finding(
                "items without events",
                "note",
                unsold,
                unsold / facts["catalogue"],
                (),
                "Kept in the catalogue as cold items.",
            )
        )
    found.append(Finding(
        "event kinds", "note", n, 1.0, tuple({"kind": k, "rows": c, "share": round(c / n, 4)} for k, c in facts["kinds"].items()),
        "Weights by kind: section [events] of whyrec.toml.",
    ))  # fmt: skip
    rate = facts["repeat_rate"]
    keeps = settings.events.repeats == "keep" or (
        settings.events.repeats == "auto" and rate >= settings.events.repeat_rate
    )
    n_targets = sum(facts["kinds"][kind] for kind in facts["targets"])
    found.append(Finding(
        "repeat rate", "note", round(rate * n_targets), rate, ({"kinds": facts["targets"], "repeat_rate": round(rate, 4)},),
        "Items that a shopper already had are recommended again." if keeps else "Items that a shopper already had are not recommended again.",
    ))  # fmt: skip
    return [*found, *(_in_time(con, n) if imported.timed else []), *_users_without(con, facts)]


def _duplicates(con: Connection, imported: Imported, settings: Settings) -> list[Finding]:
    n = one(con, "SELECT coalesce(sum(n - 1), 0) FROM twice")
    if not n:
        return []
    rows = fetch(con, f"SELECT user_id, item_id, kind, n FROM twice ORDER BY n DESC, first LIMIT {N_SAMPLES}")
    samples = tuple(dict(zip(("user_id", "item_id", "kind", "rows"), row, strict=True)) for row in rows)
    action = (
        "Merged into one row; quantities are added." if settings.clean.duplicates == "merge" else "Kept as they are."
    )
    share = int(n) / imported.rows_read
    return [Finding("duplicates", "warning" if share >= 0.01 else "note", int(n), share, samples, action)]


def _in_time(con: Connection, n: int) -> list[Finding]:
    found = []
    tied = one(
        con,
        'SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM log GROUP BY user_code, "at" HAVING count(*) > 1)',
    )
    if tied:
        found.append(Finding("ties in time", "note", int(tied), int(tied) / n, (), "Ties keep the order of the file."))
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


def _users_without(con: Connection, facts: dict[str, Any]) -> list[Finding]:
    known, bare = fetch(con, 'SELECT count("row"), count(*) FILTER ("row" IS NULL AND active) FROM people')[0]
    if not known or not bare:
        return []
    return [
        Finding("users without attributes", "note", bare, bare / facts["users"], (), 'Their attributes are "unknown".')
    ]
