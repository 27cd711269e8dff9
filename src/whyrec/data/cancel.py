"""Which purchase a cancellation takes back.

The purchases of one shopper and item lie on a stack. A cancellation takes the newest one of the same quantity;
where there is none it takes units from the newest ones down, and a purchase of which units are left stays with
the rest. A cancellation without a purchase leaves alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

Row: TypeAlias = tuple[int, int, bool, float | None]
"""(row, pair of shopper and item, is a cancellation, quantity), pairs together, oldest first inside a pair."""


def match_cancellations(rows: Iterable[Row]) -> tuple[dict[int, str], dict[int, float]]:
    """Return (reason of each row that leaves, units left of each purchase that was cancelled in part)."""
    gone: dict[int, str] = {}
    left: dict[int, float] = {}
    current, stack = -1, []
    for row, pair, cancels, quantity in rows:
        if pair != current:
            current, stack = pair, list[tuple[int, float]]()
        if not cancels:
            stack.append((row, quantity if quantity and quantity > 0 else 1.0))
            continue
        if not stack:
            gone[row] = "cancellation without a purchase"
            continue
        wanted = abs(quantity) if quantity else stack[-1][1]
        same = next((place for place in reversed(range(len(stack))) if stack[place][1] == wanted), None)
        gone[row] = "cancellation"
        if same is not None:
            gone[stack.pop(same)[0]] = f"cancelled by row {row}"
            continue
        while stack and wanted > 0:
            purchase, units = stack.pop()
            if units <= wanted:
                gone[purchase] = f"cancelled by row {row}"
            else:
                left[purchase] = units - wanted
                stack.append((purchase, units - wanted))
            wanted -= min(units, wanted)
    return gone, {row: units for row, units in left.items() if row not in gone}
