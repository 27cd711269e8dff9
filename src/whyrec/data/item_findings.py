"""Findings about the item table: what it lacks, ids that repeat, titles that differ for one id."""

from __future__ import annotations

import re

from whyrec.data.doctor import N_SAMPLES, base_rows, shown
from whyrec.data.findings import Finding
from whyrec.data.items import StagedItems
from whyrec.data.workspace import Connection, fetch, one, quoted

_MAIN = (re.compile(r"categor|类目|分类", re.IGNORECASE), re.compile(r"genre|department", re.IGNORECASE))


def catalogue_findings(con: Connection, staged: StagedItems, missing: dict[str, int], impute: bool) -> list[Finding]:
    """Return findings about the item table; `missing` counts the listed items without each attribute."""
    n_items = one(con, "SELECT count(*) FROM listed")
    if not n_items or staged.base is None:
        return []
    return [
        *_no_column(staged, missing, n_items),
        *_no_value(con, staged, missing, n_items, impute),
        *_rows_aside(con, staged, n_items),
        *_differing_titles(con, staged, n_items),
    ]


def _main_category(missing: dict[str, int]) -> str | None:
    return next((name for pattern in _MAIN for name in missing if pattern.search(name)), None)


def _no_column(staged: StagedItems, missing: dict[str, int], n_items: int) -> list[Finding]:
    found = []
    if "title" not in missing:
        action = "The table has no text to name them: ids are shown."
        found.append(Finding("items without text", "note", n_items, 1.0, (), action))
    if _main_category(missing) is None:
        other = staged.columns("category")
        action = f"The table has no category column; reasons use {', '.join(other[:3])}." if other else (
            "The table has no categories: reasons name items only."
        )  # fmt: skip
        found.append(Finding("items without category", "note", n_items, 1.0, (), action))
    if "price" not in missing:
        action = "Neither the table nor the log has prices: reasons do not use them."
        found.append(Finding("items without price", "note", n_items, 1.0, (), action))
    return found


def _no_value(
    con: Connection, staged: StagedItems, missing: dict[str, int], n_items: int, impute: bool
) -> list[Finding]:
    names = {"title": "items without text", "price": "items without price"}
    main = _main_category(missing)
    if main:
        names[main] = "items without category"
    found = []
    categories, numbers = staged.columns("category"), ["price", *staged.columns("number")]
    for name, count in missing.items():
        if not count:
            continue
        action = "Stays empty."
        if name in categories:
            action = 'The category is "unknown".'
        elif name in numbers and impute:
            action = "Filled with the median of the category; a mask says where."
        hole = "= ['unknown']" if name in categories else "IS NULL"
        sample = fetch(con, f"SELECT item_id FROM items WHERE listed AND {quoted(name)} {hole} LIMIT {N_SAMPLES}")
        severity = "warning" if name in categories or name == "title" else "note"
        samples = tuple({"item_id": item, name: None} for (item,) in sample)
        found.append(
            Finding(names.get(name, f"items without {name}"), severity, count, count / n_items, samples, action)
        )
    return found


def _rows_aside(con: Connection, staged: StagedItems, n_items: int) -> list[Finding]:
    found = []
    for check, where, action in (
        ("item rows without id", "reason = 'missing item id'", "Set aside."),
        ("item rows that repeat an id", "reason <> 'missing item id'", "The first row of an id stays, others leave."),
    ):
        rows = [row for (row,) in fetch(con, f'SELECT "row" FROM items_aside WHERE {where} ORDER BY "row"')]
        if rows:
            samples = tuple(base_rows(con, str(staged.base), rows[:N_SAMPLES]).values())
            found.append(Finding(check, "warning", len(rows), len(rows) / (n_items + len(rows)), samples, action))
    return found


def _differing_titles(con: Connection, staged: StagedItems, n_items: int) -> list[Finding]:
    """Ids with more than one title, in the item table or, without one, in the events that carry titles."""
    if staged.titles is None:
        return []
    differing = (
        f"SELECT item_id, list_sort(list(DISTINCT title)) AS titles FROM ({staged.titles}) "
        "WHERE item_id IS NOT NULL AND title <> '' GROUP BY item_id HAVING len(titles) > 1"
    )
    n = one(con, f"SELECT count(*) FROM ({differing})")
    if not n:
        return []
    some = fetch(con, f"{differing} ORDER BY item_id LIMIT {N_SAMPLES}")
    samples = tuple({"item_id": item, "titles": [shown(title) for title in titles[:3]]} for item, titles in some)
    action = "The most frequent title is kept." if staged.carried else "The first title is kept."
    return [Finding("titles that differ for one id", "warning", n, n / n_items, samples, action)]
