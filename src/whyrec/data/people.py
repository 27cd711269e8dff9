"""Rows of one person in the shop folder's tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from whyrec.data.workspace import column_types, parquet, quoted, reading


def rows_about(folder: Path, user: str) -> list[dict[str, Any]]:
    """Return the rows of the clean log about a user, oldest first, as plain values without codes."""
    path = folder / "clean" / "events.parquet"
    if not path.exists():
        return []
    with reading() as con:
        names = [name for name in column_types(con, parquet(path)) if not name.endswith("_code") and name != "row"]
        picked = ", ".join(quoted(name) for name in names)
        sql = f'SELECT {picked} FROM {parquet(path)} WHERE user_id = ? ORDER BY "at", "row"'
        rows = con.execute(sql, [user]).fetchall()
    return [{name: _plain(value) for name, value in zip(names, row, strict=True) if value is not None} for row in rows]


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool, list)) else str(value)
