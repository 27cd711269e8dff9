"""Shapley values: shares of a score that add up to it, for models where single removals do not.

A unit's share is the mean of what it adds when the units come back one by one in random order. Every order is walked
both ways (antithetic), which halves the noise where pairs of events work together, and the standard error is that of
the means of such pairs. The shares of one walk add up to full - empty score, so their mean does too: the gap is zero
whatever the number of walks; only how it is shared out is uncertain.

Castro, Gomez, Tejada: "Polynomial calculation of the Shapley value based on sampling", 2009; Mitchell et al.:
"Sampling permutations for Shapley value estimation", JMLR 2022. Cost: permutations * (U - 1) + 2 masked queries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from whyrec.core.types import Floats, Query, Scorer
from whyrec.explain.exact import Unit
from whyrec.explain.occlusion import causes_of, nothing_known, scored, within, without


@dataclass(frozen=True, eq=False)
class Shares:
    """Shares of the scores of P items over U units, with their standard errors."""

    units: tuple[Unit, ...]
    full: Floats  # [P]
    empty: Floats  # [P]
    weight: Floats  # [U, P]; empty + weight.sum(0) = full
    error: Floats  # [U, P] standard error; NaN where one pair of walks was made


def measure(
    score: Scorer,
    query: Query,
    item_ids: Sequence[str],
    rng: np.random.Generator,
    units: Sequence[Unit] | None = None,
    permutations: int = 32,
    most: int = 100,
) -> Shares:
    """Share out the scores of `item_ids` by `permutations` walks (an even number); of more than `most` units the
    oldest are joined.
    """
    units = within(causes_of(query) if units is None else units, most)
    n, pairs = len(units), max(1, permutations // 2)
    full, empty = score([query, nothing_known(query)], item_ids).astype(np.float64)
    if not n:
        return Shares((), full, empty, np.zeros((0, len(item_ids))), np.zeros((0, len(item_ids))))
    orders = [order for drawn in (rng.permutation(n) for _ in range(pairs)) for order in (drawn, drawn[::-1])]
    # Walking from the whole history: after k steps the first k units of the order are gone.
    masked = (
        without(query, tuple(slot for u in order[:k] for slot in units[u])) for order in orders for k in range(1, n)
    )  # fmt: skip
    between = np.zeros((0, len(item_ids)))
    if n > 1:
        between = np.concatenate(list(scored(score, masked, len(item_ids), item_ids))).astype(np.float64)
    walks = between.reshape(len(orders), n - 1, len(item_ids))
    ends = (np.broadcast_to(end, (len(orders), 1, len(item_ids))) for end in (full, empty))
    lost = -np.diff(np.concatenate([next(ends), walks, next(ends)], axis=1), axis=1)  # [orders, U, P] along the order
    of_unit = np.empty_like(lost)
    for row, order in enumerate(orders):
        of_unit[row, order] = lost[row]
    paired = (of_unit[::2] + of_unit[1::2]) / 2
    error = paired.std(axis=0, ddof=1) / np.sqrt(pairs) if pairs > 1 else np.full(paired.shape[1:], np.nan)
    return Shares(tuple(units), full, empty, paired.mean(axis=0), error)
