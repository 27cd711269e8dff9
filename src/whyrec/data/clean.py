"""From the base log to the clean one: every row is kept, set aside with a reason, or merged into another.

clean/ holds events, items and users as later steps read them, quarantine.parquet with every row that was set
aside (its source, its row number there, the reason and the row as JSON), merged.parquet, and check.json.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from whyrec.core.config import Settings
from whyrec.core.errors import ShopError
from whyrec.data.cancel import match_cancellations
from whyrec.data.doctor import RowCheck, find_robots, judge_rows, row_checks
from whyrec.data.facts import log_facts
from whyrec.data.findings import Check as Check
from whyrec.data.findings import Finding as Finding
from whyrec.data.findings import in_order, read_check, write_check
from whyrec.data.ingest import Imported, read_imported
from whyrec.data.item_findings import catalogue_findings
from whyrec.data.items import stage_items, write_items
from whyrec.data.links import link_findings, stage_links
from whyrec.data.overview import import_findings, log_findings
from whyrec.data.stage import Staged, stage_events
from whyrec.data.workspace import (
    Connection,
    Progress,
    connection,
    fetch,
    insert_rows,
    literal,
    locked,
    one,
    replacing,
    silent,
    write_parquet,
)
from whyrec.data.write import keep_items, write_events, write_quarantine, write_users

_VERSION = 2  # raised when cleaning itself changes, so that clean tables are made again


def ensure_clean(folder: Path, settings: Settings, now: float, progress: Progress = silent) -> Check:
    """Return the check of a shop, cleaning first where the import or the settings have changed since."""
    imported = read_imported(folder)

    def made() -> Check | None:
        with suppress(ShopError):  # no check yet, or one that cannot be read: both are made again
            check = read_check(folder)
            return check if check.digest == digest(imported, settings) else None
        return None

    if (check := made()) is not None:
        return check
    with locked(folder / "base"):  # where another process is at it, this one waits and takes what it made
        return made() or clean(folder, settings, now, progress)


def digest(imported: Imported, settings: Settings) -> str:
    """Return a short hash of everything that the clean tables depend on."""
    parts = [_VERSION, asdict(settings.clean), asdict(settings.events), asdict(imported)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def clean(folder: Path, settings: Settings, now: float, progress: Progress = silent) -> Check:
    """Check the base log and write `folder/clean`; a killed run leaves what was there before.

    `now` (UTC seconds) is noted as the time of the check; events count as future when later than the import.
    Raises ShopError where there is no import or the folder cannot be written.
    """
    imported = read_imported(folder)
    with replacing(folder, "clean") as target, connection(target / "scratch") as con:
        progress(0.0, "reading the log")
        staged = stage_events(con, folder, imported, settings.events.kinds)
        items = stage_items(con, folder, imported)
        progress(0.3, "checking rows")
        find_robots(con, staged, settings.clean)
        checks = row_checks(con, staged, settings.clean, imported.imported_at)
        findings = judge_rows(con, staged, checks, imported.rows_read)
        _decide(con, checks)
        progress(0.45, "cancelling and merging")
        _cancel(con)
        n_merged = _merge(con, staged, settings)
        progress(0.55, "writing the clean log")
        keep_items(con)
        missing = write_items(con, items, imported, settings, target / "items.parquet")
        stage_links(con, folder)
        write_users(con, folder, target / "users.parquet")
        n_kept = write_events(con, staged, settings, target / "events.parquet")
        n_aside = write_quarantine(con, folder, staged, target / "quarantine.parquet")
        write_parquet(con, 'SELECT * FROM merged ORDER BY "row"', target / "merged.parquet")
        progress(0.8, "looking at the whole")
        facts = log_facts(con, settings, imported, now)
        findings += import_findings(con, folder, imported)
        findings += catalogue_findings(con, items, missing, settings.clean.impute)
        findings += link_findings(con, imported)
        findings += log_findings(con, settings, imported, facts)
        check = Check(
            imported.rows_read, n_kept, n_aside, n_merged, in_order(findings), facts, digest(imported, settings)
        )
        write_check(check, target / "check.json")
    progress(1.0, f"kept {check.rows_kept:,} of {check.rows_read:,} rows")
    return check


def _decide(con: Connection, checks: list[RowCheck]) -> None:
    """Make `fate` (row, reason) of the rows that leave: the first check that sets rows aside claims a row."""
    con.execute('CREATE TABLE fate ("row" BIGINT, reason VARCHAR)')
    cases = " ".join(f"WHEN {check.where} THEN {literal(check.check)}" for check in checks if check.aside)
    if cases:
        con.execute(f'INSERT INTO fate SELECT "row", CASE {cases} END AS reason FROM ev WHERE reason IS NOT NULL')


def _cancel(con: Connection) -> None:
    """Give cancellations and the purchases they take back a reason; make `units` (row, units) of what is left."""
    con.execute('CREATE TABLE units ("row" BIGINT, units DOUBLE)')
    if not one(con, "SELECT count(*) FROM ev WHERE cancels"):
        return
    gone, left = match_cancellations(
        fetch(
            con,
            'SELECT "row", dense_rank() OVER (ORDER BY user_id, item_id) AS pair, cancels, quantity FROM ev '
            'WHERE (cancels OR kind = \'purchase\') AND "row" NOT IN (SELECT "row" FROM fate) '
            'AND (user_id, item_id) IN (SELECT (user_id, item_id) FROM ev WHERE cancels) ORDER BY pair, "at", "row"',
        )
    )
    insert_rows(con, "fate", list(gone.items()))
    insert_rows(con, "units", list(left.items()))


def _merge(con: Connection, staged: Staged, settings: Settings) -> int:
    """Make the view `ok` of the rows that stay and `merged` (row, into_row); return how many rows were merged.

    `twice` holds the groups of rows that are one event, `same` those of them that are merged into their first row.
    """
    repaired = "CASE WHEN quantity <= 0 THEN 1 ELSE quantity END" if settings.clean.quantity == "repair" else "quantity"
    con.execute(
        f"CREATE VIEW ok AS SELECT ev.* REPLACE (coalesce(units, {repaired}) AS quantity) FROM ev "
        'LEFT JOIN units USING ("row") WHERE "row" NOT IN (SELECT "row" FROM fate)'
    )
    # Grouping a million rows by one number is quick; only the few rows that share it are compared in full.
    key = "hash(user_id, item_id, kind, clock, text)"
    con.execute(
        f"CREATE TABLE alike AS SELECT * FROM ok WHERE {key} IN "
        f"(SELECT {key} AS k FROM ok GROUP BY 1 HAVING count(*) > 1)"
    )
    # An event sent twice under one id is one event: its quantity counts once.
    first = (
        'row_number() OVER (PARTITION BY coalesce(event_id, CAST("row" AS VARCHAR)) ORDER BY "row") = 1'
        if staged.has("event_id")
        else "true"
    )
    con.execute(
        'CREATE TABLE twice AS SELECT user_id, item_id, kind, clock, text, min("row") AS first, count(*) AS n, '
        'sum(quantity) FILTER (counts) AS quantity, arg_max(value, "row") AS value '
        f"FROM (SELECT *, {first} AS counts FROM alike) GROUP BY user_id, item_id, kind, clock, text "
        "HAVING count(*) > 1"
    )
    limit = "LIMIT 0" if settings.clean.duplicates == "keep" else ""
    con.execute(f"CREATE TABLE same AS SELECT * FROM twice {limit}")
    con.execute(
        'CREATE TABLE merged AS SELECT o."row", s.first AS into_row FROM alike AS o JOIN same AS s ON '
        "o.user_id = s.user_id AND o.kind = s.kind AND o.clock = s.clock AND o.item_id IS NOT DISTINCT FROM s.item_id "
        'AND o.text IS NOT DISTINCT FROM s.text WHERE o."row" <> s.first'
    )
    return int(one(con, "SELECT count(*) FROM merged"))
