"""How sure a mean over users is: percentile bootstrap intervals, of one model and of the difference of two.

Efron and Tibshirani: "An introduction to the bootstrap", 1993, chapter 13. Users are drawn again with replacement, and
the interval holds the middle 95 % of the means of these draws. It covers the chance of who was tested, and not that of
another seed of the fit.
"""

from __future__ import annotations

import numpy as np

from whyrec.core.types import Floats

DRAWS = 2000
LEVEL = 0.95
ROOM = 1 << 22
"""Users drawn at once, all draws of a chunk together."""


def interval(values: Floats, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % interval of the mean of one value a user [U]; (nan, nan) where there is no user."""
    n = len(values)
    if n == 0:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    step = max(1, ROOM // n)
    means = [values[rng.integers(0, n, (min(step, DRAWS - first), n))].mean(axis=1) for first in range(0, DRAWS, step)]
    low, high = np.quantile(np.concatenate(means), ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return float(low), float(high)


def paired(values: Floats, others: Floats, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % interval of the mean gain of `values` over `others`, both of the same users in one order [U].

    Raises ValueError where they are not as many.
    """
    if len(values) != len(others):
        raise ValueError(f"expected the same users, got {len(values)} and {len(others)}")
    return interval(values - others, seed)
