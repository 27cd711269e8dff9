"""Sharpening: weights that were fitted by likelihood, moved a little by what the lists need.

A likelihood cares most for what nobody could have guessed: to those choices it gives more chance by weighing popularity
up and everything else down. A list of ten gains nothing by that. So the strength of each group of weights (popularity,
a member) is doubled or halved where the gain of the lists (NDCG@10) is larger than a part of its standard error over
the cases. A handful of such steps has too little freedom to learn the cases by heart (docs/log.md).

Shape letters: N cases, F features, R rivals with the choice itself in front, G groups.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import Floats

LIST = 10
"""Length of the lists."""
STEPS = (0.5, 2.0)
"""What the strength of a group is multiplied with, as often as it pays."""
ROUNDS = 6
SURE = 0.5
"""Standard errors that a step must gain."""
BETTER = 1.0
"""Standard errors by which later weights must be better than the first to be preferred."""


def gain(utility: Floats, offset: NDArray[np.floating]) -> Floats:
    """NDCG@10 of each case, [N], from utilities [N, R]; a sampled rival counts for as many as it stands for.

    `offset` is the logarithm of that, as `logit.rivals` gives it. Half of those with the same utility are before the
    choice.
    """
    many = np.exp(offset[:, 1:].astype(np.float64))
    wanted, others = utility[:, :1], utility[:, 1:]
    return of_place(1.0 + ((others > wanted) * many).sum(axis=1) + 0.5 * ((others == wanted) * many).sum(axis=1))


def of_place(place: Floats) -> Floats:
    """NDCG@10 of a wanted item at this place, 1 being the first; places between two are those of ties."""
    return np.where(place < LIST + 1, 1.0 / np.log2(1.0 + place), 0.0)


def surer(new: Floats, old: Floats, errors: float) -> bool:
    """Say whether cases gain more than so many standard errors, in pairs."""
    more = new - old
    return bool(more.mean() > errors * more.std() / len(more) ** 0.5)


def sharpen(
    starts: Sequence[Floats], groups: NDArray[np.integer], features: NDArray[np.floating], offset: NDArray[np.floating]
) -> Floats:
    """Return the best weights [F] that steps lead to from one of the starts, the first one in doubt.

    `groups` [F] says which weights are strengthened together, -1 which are left as they are. `features` [N, F, R],
    `offset` [N, R] as for `logit.fit`.
    """
    best: tuple[Floats, Floats] | None = None
    for start in starts:
        found = _climb(start, groups, features, offset)
        if best is None or surer(found[1], best[1], BETTER):
            best = found
    if best is None:
        raise ValueError("Expected weights to start from, got none.")
    return best[0]


def _climb(
    start: Floats, groups: NDArray[np.integer], features: NDArray[np.floating], offset: NDArray[np.floating]
) -> tuple[Floats, Floats]:
    """Weights that the steps lead to, and what each case gains from them."""
    names = np.unique(groups[groups >= 0])
    members = [np.flatnonzero(groups == name) for name in names]
    parts = [_utility(start, features, own) for own in members]
    total = _utility(start, features, np.flatnonzero(groups < 0)) + sum(parts)
    strength, gained = np.ones(len(names)), gain(total, offset)
    for _ in range(ROUNDS):
        moved = False
        for n, part in enumerate(parts):
            for step in STEPS:
                change = strength[n] * (step - 1.0)
                tried = gain(total + change * part, offset)
                if surer(tried, gained, SURE):
                    total, gained, moved = total + change * part, tried, True
                    strength[n] *= step
                    break
        if not moved:
            break
    weight = start.copy()
    for own, by in zip(members, strength, strict=True):
        weight[own] *= by
    return weight, gained


def _utility(weight: Floats, features: NDArray[np.floating], own: NDArray[np.integer]) -> Floats:
    found = np.zeros((features.shape[0], features.shape[2]))
    for feature in own:
        if weight[feature]:
            found += weight[feature] * features[:, feature]
    return found
