"""The data doctor: SQL checks over the staged log, each with a count, a share, samples and what cleaning will do.

A RowCheck is a condition on single rows, and the same condition is what cleaning acts on, so that the numbers
shown and the rows moved cannot differ. Checks that look at groups of rows are in overview.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from whyrec.core.config import CleanSettings
from whyrec.data.findings import Finding
from whyrec.data.stage import Staged
from whyrec.data.workspace import Connection, fetch, literal, one

N_SAMPLES = 5
_FEW = 0.05  # ids of non-products are the exception; where more ids match, they are the shop's ordinary ids
_CLOCKWORK = (200, 150, 0.05)  # events of a user, gaps between them, spread of the gaps over their mean


@dataclass(frozen=True)
class RowCheck:
    """A condition on one row of `ev`; `aside` says that such rows leave the log with the check as the reason."""

    check: str
    severity: str
    where: str
    action: str
    aside: bool = False


def row_checks(con: Connection, staged: Staged, settings: CleanSettings, imported_at: float) -> list[RowCheck]:
    """Return the checks on single rows, in the order in which they claim a row."""
    checks = [
        *_incomplete(staged),
        *_unwanted(con, staged, settings, imported_at),
        *_amounts(settings),
        RowCheck(
            "robots and super-heavy users",
            "warning",
            "user_id IN (SELECT user_id FROM robots)",
            "Set aside." if settings.robots == "drop" else "Kept; set clean.robots to drop to set them aside.",
            settings.robots == "drop",
        ),
        RowCheck("numbers that cannot be read", "warning", "odd", "Words, NaN and infinity become unknown; rows stay."),
        RowCheck("ids turned into floats", "note", "float_id", "Made whole again: 12.0 is 12."),
        RowCheck(
            "mixed time units",
            "warning",
            _other_units(con),
            "Each time is read in its own unit (seconds, milli-, micro- or nanoseconds).",
        ),
        *_outliers(con),
    ]
    return [check for check in checks if check.where != "false"]


def _incomplete(staged: Staged) -> list[RowCheck]:
    moment = "timestamp" if staged.has("timestamp") else "position"
    search = "kind IS NOT DISTINCT FROM 'search' AND text IS NOT NULL"
    order = "Set aside: it has no place in the order."
    return [
        RowCheck("missing user id", "error", "user_id IS NULL", "Set aside: nobody to learn from.", True),
        RowCheck(
            "missing item id",
            "error",
            f"item_id IS NULL AND NOT ({search})",
            "Set aside: nothing to learn about.",
            True,
        ),
        RowCheck(
            "unknown event kind",
            "error",
            "kind IS NULL",
            "Set aside: map the kind to one that whyrec knows ([events] kinds in whyrec.toml).",
            True,
        ),
        RowCheck(f"missing {moment}", "error", '"at" IS NULL AND NOT given', order, True),
        RowCheck(f"unparseable {moment}", "error", '"at" IS NULL AND given', order, True),
    ]


def _unwanted(con: Connection, staged: Staged, settings: CleanSettings, imported_at: float) -> list[RowCheck]:
    listed = one(con, "SELECT count(*) FROM listed")
    unknown = "item_id IS NOT NULL AND item_id NOT IN (SELECT item_id FROM listed)"
    return [
        RowCheck(
            "future timestamp",
            "error",
            f"clock > {imported_at!r}" if staged.timed else "false",
            "Set aside: later than the import." if settings.future == "drop" else "Kept as they are.",
            settings.future == "drop",
        ),
        RowCheck(
            "non-product codes",
            "warning",
            _non_products(con, settings),
            "Set aside: postage, fees and the like are no products.",
            True,
        ),
        RowCheck(
            "unknown items",
            "warning",
            unknown if listed else "false",
            "Set aside." if settings.unknown_items == "drop" else "Kept; the item gets an entry without attributes.",
            settings.unknown_items == "drop",
        ),
        RowCheck(
            "cancellations",
            "warning",
            "cancels",
            "Set aside, and with each the purchase that it takes back.",
        ),
    ]


def _amounts(settings: CleanSettings) -> list[RowCheck]:
    kept = "Kept as they are."
    quantity = {"drop": "Set aside.", "repair": "The quantity becomes one.", "keep": kept}
    price = {"drop": "Set aside.", "repair": "Kept; the price becomes unknown.", "keep": kept}
    return [
        RowCheck(
            "quantity zero or below",
            "error",
            "quantity <= 0 AND NOT cancels",
            quantity[settings.quantity],
            settings.quantity == "drop",
        ),
        RowCheck(
            "price zero or below",
            "warning",
            "price <= 0 AND NOT cancels",
            price[settings.price],
            settings.price == "drop",
        ),
    ]


def find_robots(con: Connection, staged: Staged, settings: CleanSettings) -> None:
    """Make the table `robots` (user_id, events, why): too many events in a day, or events like clockwork."""
    day = "floor(clock / 86400)" if staged.timed else "0"
    con.execute(
        "CREATE TABLE robots AS SELECT user_id, max(n) AS events, 'too many events in a day' AS why FROM ("
        f"SELECT user_id, {day} AS day, count(*) AS n FROM ev WHERE user_id IS NOT NULL GROUP BY ALL) "
        f"GROUP BY user_id HAVING max(n) > {int(settings.heavy_events)}"
    )
    if not staged.timed:
        return
    n_events, n_gaps, spread = _CLOCKWORK
    con.execute(
        "INSERT INTO robots SELECT user_id, count(*), 'events at regular intervals' FROM ("
        "SELECT user_id, clock - lag(clock) OVER (PARTITION BY user_id ORDER BY clock) AS gap FROM ev "
        "WHERE clock IS NOT NULL AND user_id IN "
        f"(SELECT user_id FROM ev GROUP BY user_id HAVING count(*) >= {n_events})) "
        "WHERE gap > 0 AND user_id NOT IN (SELECT user_id FROM robots) GROUP BY user_id "
        f"HAVING count(*) >= {n_gaps} AND stddev(gap) < {spread} * avg(gap)"
    )


def _non_products(con: Connection, settings: CleanSettings) -> str:
    if not settings.non_products:
        return "false"
    codes = ", ".join(literal(code) for code in settings.non_products)
    if settings.non_products == CleanSettings().non_products:
        # The default list holds single letters, which in a small catalogue may be products.
        n_codes, n_items = fetch(
            con, f"SELECT count(*) FILTER (item_id IN ({codes})), count(*) FROM (SELECT DISTINCT item_id FROM ev)"
        )[0]
        if n_codes > _FEW * n_items:
            return "false"
    return f"item_id IN ({codes})"


def _other_units(con: Connection) -> str:
    units = fetch(
        con,
        "SELECT unit, count(*) AS n FROM ev WHERE unit IS NOT NULL AND clock <> 0 GROUP BY unit ORDER BY n DESC, unit",
    )
    return "false" if len(units) < 2 else f"unit <> {literal(units[0][0])} AND clock <> 0"


def _outliers(con: Connection) -> list[RowCheck]:
    quantity, price = fetch(
        con, "SELECT median(quantity) FILTER (quantity > 0), median(price) FILTER (price > 0) FROM ev"
    )[0]
    checks = []
    if quantity:
        limit = max(100.0, 100.0 * quantity)
        action = f"Kept: more than {limit:,.0f} at once is often another unit; an event counts once all the same."
        checks.append(RowCheck("outlying quantity", "warning", f"quantity > {limit!r}", action))
    if price:
        action = f"Kept: over a hundred times the median price ({price:,.2f})."
        checks.append(RowCheck("outlying price", "note", f"price > {100.0 * price!r}", action))
    return checks


def judge_rows(con: Connection, staged: Staged, checks: Sequence[RowCheck], n_read: int) -> list[Finding]:
    """Count each check on the rows of `ev`, with samples from the base log; checks that find nothing are left out."""
    counts = fetch(con, "SELECT " + ", ".join(f"count(*) FILTER ({check.where})" for check in checks) + " FROM ev")[0]
    found = [(check, count) for check, count in zip(checks, counts, strict=True) if count]
    rows = {
        check.check: [
            row for (row,) in fetch(con, f'SELECT "row" FROM ev WHERE {check.where} ORDER BY "row" LIMIT {N_SAMPLES}')
        ]
        for check, _ in found
    }
    samples = base_rows(con, staged.base, [row for some in rows.values() for row in some])
    return [
        Finding(
            check=check.check,
            severity=check.severity,
            count=count,
            share=count / n_read,
            samples=tuple(samples[row] for row in rows[check.check]),
            action=check.action,
        )
        for check, count in found
    ]


def base_rows(con: Connection, base: str, rows: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return rows of a base table by their number, as values that JSON knows."""
    if not rows:
        return {}
    numbers = ", ".join(str(int(row)) for row in set(rows))
    result = con.execute(f'SELECT * FROM {base} WHERE "row" IN ({numbers})')
    names = [column[0] for column in result.description or []]
    records = [{name: shown(v) for name, v in zip(names, values, strict=True)} for values in result.fetchall()]
    return {record["row"]: record for record in records}


def shown(value: Any) -> Any:
    """Return a value as JSON can hold it: long texts cut, times and odd numbers as text."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= 200 else text[:199] + "…"
