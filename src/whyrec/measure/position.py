"""Clicks without the help of the place: how likely a place is looked at, and click-through corrected for it.

Position-based model (Wang, Golbandi, Bendersky, Metzler and Najork, "Position Bias Estimation for Unbiased Learning to
Rank in Personal Search", WSDM 2018): an item is clicked where its place is looked at and the item attracts,
P(click) = looked[place] x attracts[item]. Expectation and maximisation find both from clicks alone, since items move
between places. `looked` is 1 for the place that is looked at most; only its proportions can be known.

    corrected click-through of a group = mean of click / looked[place], the weight cut at LARGEST_WEIGHT
"""

from __future__ import annotations

from typing import Any

import numpy as np

from whyrec.core.types import Bools, Floats, Ints

ROUNDS = 60
LARGEST_WEIGHT = 10.0
"""A click at a place that is hardly looked at counts as so many at most: a little bias for much less noise."""
PRIOR = 1.0
"""Looks added to each place and item, at the mean rate, so that rare ones do not run to 0 or 1."""


def looked_at(place: Ints, item: Ints, clicked: Bools, n_places: int) -> Floats:
    """Return how likely each place is looked at, relative to the most likely one, [n_places].

    `place` (from 0) and `item` (codes) and `clicked` are impressions, all [N]. Places never shown have the value of the
    last one before them.
    """
    n_items = int(item.max(initial=-1)) + 1
    if not clicked.any():
        return np.ones(n_places)
    looks, attracts = np.full(n_places, 0.5), np.full(n_items, 0.5)  # from 1 no step would ever move
    shown_at = np.bincount(place, minlength=n_places)
    shown_of = np.bincount(item, minlength=n_items)
    for _ in range(ROUNDS):
        both = looks[place] * attracts[item]
        unclicked = np.maximum(1.0 - both, 1e-9)
        looked = np.where(clicked, 1.0, looks[place] * (1.0 - attracts[item]) / unclicked)
        attracted = np.where(clicked, 1.0, attracts[item] * (1.0 - looks[place]) / unclicked)
        looks = _share(np.bincount(place, looked, n_places), shown_at, float(looked.mean()))
        attracts = _share(np.bincount(item, attracted, n_items), shown_of, float(attracted.mean()))
    seen = np.flatnonzero(shown_at)
    last = np.maximum.accumulate(np.where(shown_at > 0, np.arange(n_places), seen[0]))
    curve: Floats = looks[last] / looks[seen].max()
    return curve


def corrected(place: Ints, clicked: Bools, looks: Floats) -> float:
    """Return the click-through that a group would have, were every place looked at like the best one."""
    if not len(place):
        return 0.0
    return float(np.mean(clicked * np.minimum(1.0 / np.maximum(looks[place], 1e-9), LARGEST_WEIGHT)))


def _share(hits: Any, shown: Any, mean: float) -> Floats:
    share: Floats = (hits + PRIOR * mean) / (shown + PRIOR)
    return share
