"""Which kinds of event a model should predict, and which ones make an item count as seen.

Both follow from the kinds that a shop's log holds and from its settings, never from one shopper, so that serving and
the protocols mean the same (docs/decisions/0005).
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from whyrec.core.config import Settings
from whyrec.core.types import HISTORY_KINDS, KINDS, REMOVED, Bools, Objects

STRONG = ("purchase", "cart", "favourite", "like", "share", "bookmark", "comment", "follow", "rating")
WEAK = ("view", "click")


def target_kinds(there: Collection[str], settings: Settings) -> tuple[str, ...]:
    """Kinds that a model should predict: those of the settings, else those stronger than a view, else views.

    `there` are the kinds that the shop's log holds.
    """
    if settings.events.targets:
        return tuple(settings.events.targets)
    return tuple(kind for kind in STRONG if kind in there) or WEAK


def seen_kinds(there: Collection[str], settings: Settings) -> Bools:
    """Say of each kind whether an event of it makes its item count as seen, [len(KINDS)].

    Target kinds and a dislike do. All kinds of a history do where a view or a click is a target, since nothing of a
    shopper may then pass for new, and where the settings say `seen = "any"`.
    """
    targets = target_kinds(there, settings)
    every = settings.events.seen == "any" or not set(targets).isdisjoint(WEAK)
    counts = HISTORY_KINDS if every else {*targets, "dislike"}
    return np.array([kind in counts for kind in KINDS], np.bool_)


def seen_items(item: Objects, kind: NDArray[np.int8], counts: Bools) -> frozenset[str]:
    """Return the items of those events [T] whose kind counts by `seen_kinds`; a tombstone has none."""
    had = item[counts[kind] & (kind != REMOVED)]
    return frozenset(str(name) for name in had if name is not None)
