"""The table of links: which accounts are one person's, as `whyrec init --links` reads it.

    user_id        person_id   platform   sharing
    web-17         anna        web        yes
    app-a93        anna        app        yes

Platform and sharing may be left out; without a yes in `sharing` nothing is used together (data/identity). The table of
users may have the same columns; where both speak of an account, the links count.
"""

from __future__ import annotations

from pathlib import Path

from whyrec.data.doctor import N_SAMPLES
from whyrec.data.findings import Finding
from whyrec.data.identity import NO, PERSON, PLATFORM, SHARING, YES
from whyrec.data.ingest import Imported
from whyrec.data.parse import id_column, missing
from whyrec.data.workspace import Connection, column_types, fetch, literal, parquet, quoted

LINKED = (PERSON, PLATFORM, SHARING)
"""What a link says of an account."""
_ASIDE = {
    "account": "missing user id",
    "person": "missing person id",
    "repeats": "repeats a user id; the first row is kept",
}


def stage_links(con: Connection, folder: Path) -> None:
    """Make the tables `links` (user_id, person_id, platform, sharing) and `links_aside` (row, reason).

    Both are empty where a shop has no table of links.
    """
    con.execute("CREATE TABLE links (user_id VARCHAR, person_id VARCHAR, platform VARCHAR, sharing VARCHAR)")
    con.execute('CREATE TABLE links_aside ("row" BIGINT, reason VARCHAR)')
    path = folder / "base" / "links.parquet"
    if not path.exists():
        return
    base = parquet(path)
    types = column_types(con, base)
    ids = {name: id_column(con, base, name, types[name]) for name in ("user_id", PERSON)}
    said = {name: missing(f"CAST({quoted(name)} AS VARCHAR)") if name in types else "NULL"
            for name in (PLATFORM, SHARING)}  # fmt: skip
    picked = ", ".join(f"{sql} AS {name}" for name, sql in {**ids, **said}.items())
    con.execute(
        f'CREATE TABLE link_rows AS SELECT "row", {picked}, CAST(NULL AS VARCHAR) AS reason FROM {base}; '
        f"UPDATE link_rows SET reason = CASE WHEN user_id IS NULL THEN {literal(_ASIDE['account'])} "
        f"WHEN {PERSON} IS NULL THEN {literal(_ASIDE['person'])} END; "
        f'UPDATE link_rows SET reason = {literal(_ASIDE["repeats"])} WHERE reason IS NULL AND "row" NOT IN '
        '(SELECT min("row") FROM link_rows WHERE reason IS NULL GROUP BY user_id)'
    )
    con.execute(f"INSERT INTO links SELECT user_id, {', '.join(LINKED)} FROM link_rows WHERE reason IS NULL")
    con.execute('INSERT INTO links_aside SELECT "row", reason FROM link_rows WHERE reason IS NOT NULL')


def link_findings(con: Connection, imported: Imported) -> list[Finding]:
    """Return what there is to know of the links; nothing where a shop has no table of them."""
    total = imported.link_rows
    if not total:
        return []
    found = []
    for name, reason in _ASIDE.items():
        rows = fetch(con, 'SELECT "row" FROM links_aside WHERE reason = ? ORDER BY "row"', reason)
        if rows:
            samples = tuple({"row": row} for (row,) in rows[:N_SAMPLES])
            check = {"account": "links without account", "person": "links without person"}.get(name)
            action = "The first row of an account stays, others leave." if check is None else "Set aside."
            check = check or "links that repeat an account"
            found.append(Finding(check, "warning", len(rows), len(rows) / total, samples, action))
    word = f"lower({SHARING})"
    known = ", ".join(literal(one) for one in sorted(YES | NO))
    odd = fetch(
        con, f"SELECT {SHARING}, count(*) FROM links WHERE {word} NOT IN ({known}) GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    if odd:
        samples = tuple({SHARING: said, "rows": n} for said, n in odd[:N_SAMPLES])
        n_odd = sum(n for _, n in odd)
        action = "Counts as no: yes, true and 1 are words for yes."
        found.append(Finding("sharing that is neither yes nor no", "warning", n_odd, n_odd / total, samples, action))
    unheard = fetch(con, "SELECT user_id FROM links JOIN people USING (user_id) WHERE NOT active ORDER BY user_id")
    if unheard:
        samples = tuple({"user_id": user} for (user,) in unheard[:N_SAMPLES])
        action = "Kept: events of theirs may come. Many of them may mean that the ids are not those of the log."
        severity = "warning" if len(unheard) == len(fetch(con, "SELECT 1 FROM links")) else "note"
        check = "linked accounts without events"
        found.append(Finding(check, severity, len(unheard), len(unheard) / total, samples, action))
    return [*found, _joined(con, total)]


def _joined(con: Connection, total: int) -> Finding:
    yes = ", ".join(literal(one) for one in sorted(YES))
    persons = fetch(
        con,
        f"SELECT count(*), count(*) FILTER (allowed > 1), coalesce(sum(n), 0) FROM (SELECT count(*) AS n, "
        f"count(*) FILTER (lower({SHARING}) IN ({yes})) AS allowed FROM links GROUP BY {PERSON} HAVING count(*) > 1)",
    )[0]
    sample = {"persons": persons[0], "persons who allow it": persons[1], "accounts": persons[2]}
    action = "Accounts of one person are used together where each of them says yes to sharing."
    return Finding("linked accounts", "note", int(persons[2]), persons[2] / total, (sample,), action)
