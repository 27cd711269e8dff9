"""Shoppers of the simulated shop whose taste changes: some looks at one sort of thing, then at another, and none back.

What a list should do is known: from some event on it shows what the new taste wants. `followed` says after how many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from whyrec.simulated.goods import DAY_S, OPENS, Goods, Item
from whyrec.simulated.shoppers import Event

BEFORE, AFTER = 8, 8
"""Events of the old taste, and of the new one."""
LEAST = 6
"""Items that a taste has to choose from and that lead to others."""


@dataclass(frozen=True)
class Change:
    """One shopper: all events, oldest first, how many came before the change, and which items each taste wants."""

    events: tuple[Event, ...]
    before: int
    old: frozenset[str]
    new: frozenset[str]


def changes(goods: Goods, n: int, rng: np.random.Generator, at: float = OPENS + 300 * DAY_S) -> list[Change]:
    """Make so many shoppers whose taste changes; what they look at is on sale at that time."""
    leading = {one for leads in goods.leads_to.values() for one in leads}
    sold = [[item for item in items if item.since <= at] for items in goods.groups.values()]
    groups = [items for items in sold if len([item for item in items if item.id in leading]) >= LEAST]
    made = []
    for number in range(n):
        first, second = rng.choice(len(groups), 2, replace=False)
        rows = [*_events(groups[first], number, at, BEFORE, rng)]
        rows += _events(groups[second], number, rows[-1].at, AFTER, rng)
        made.append(Change(tuple(rows), BEFORE, _wanted(groups[first], goods), _wanted(groups[second], goods)))
    return made


def _events(group: Sequence[Item], number: int, at: float, n: int, rng: np.random.Generator) -> list[Event]:
    made = []
    for step in range(n):
        item = group[int(rng.integers(len(group)))]
        at += DAY_S * rng.uniform(0.1, 2)
        kind = "purchase" if item.kind == "product" and rng.random() < 0.3 else "view"
        made.append(Event(f"c{number}-{step}", f"changed-{number}", item.id, kind, at, "web", "en"))
    return made


def _wanted(group: Sequence[Item], goods: Goods) -> frozenset[str]:
    """A taste's own items, and what they lead to."""
    own = {item.id for item in group}
    return frozenset(own | {leads[one] for leads in goods.leads_to.values() for one in own if one in leads})


def followed(change: Change, listed: Callable[[Sequence[Event]], Sequence[str]], n: int = 10) -> int | None:
    """After how many events of the new taste the list had more items of it than of the old one; None: it never had.

    `listed` makes a list for a history; its first `n` count. Items that both tastes want count for neither.
    """
    for step in range(len(change.events) - change.before + 1):
        shown = set(listed(change.events[: change.before + step])[:n])
        if len(shown & (change.new - change.old)) > len(shown & (change.old - change.new)):
            return step
    return None
