"""Helpers of the data tests: write a small log, import and clean it, and look at what became of each row."""

from whyrec.core.config import CleanSettings, Settings
from whyrec.data.clean import clean
from whyrec.data.ingest import import_shop
from whyrec.data.tables import frame, load

NOW = 1_700_000_000.0
SETTINGS = Settings()


def write(path, *lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def events(path, *rows, header="user_id,item_id,event_type,timestamp"):
    return write(path / "events.csv", header, *rows)


def bring(folder, source, items=None, users=None, mapping=None, **settings):
    """Import and clean a log; return (imported, check, tables). Keywords are settings of [clean]."""
    chosen = Settings(clean=CleanSettings(**settings))
    imported = import_shop(folder / "shop", source, items, users, settings=chosen, now=NOW, mapping=mapping)
    check = clean(folder / "shop", chosen, NOW)
    return imported, check, load(folder / "shop")


def rows(folder, table):
    """Rows of a clean table as dicts."""
    return frame(folder / "shop", table, "polars").to_dicts()


def found(check, name):
    """The one finding of this name."""
    (finding,) = [finding for finding in check.findings if finding.check == name]
    return finding


def names(check):
    return {finding.check for finding in check.findings}


def accounted(folder, check):
    """Hold that each source row ended in exactly one place; return (kept, aside, merged) row numbers."""
    kept = [row["row"] for row in rows(folder, "events")]
    aside = [row["row"] for row in rows(folder, "quarantine") if row["source"] == "events"]
    merged = [row["row"] for row in rows(folder, "merged")]
    assert (len(kept), len(aside), len(merged)) == (check.rows_kept, check.rows_set_aside, check.rows_merged)
    assert check.rows_read == len(kept) + len(aside) + len(merged)
    assert len({*kept, *aside, *merged}) == check.rows_read
    return kept, aside, merged
