"""Conditional logit: weights of features by the likelihood of what was chosen among its rivals.

McFadden: "Conditional logit analysis of qualitative choice behavior", 1974. Rivals are the hardest items and a sample
of the rest; a sampled rival stands for all that were not drawn, through an offset (the logarithm of how many it
stands for), so that the likelihood is that of the whole catalogue up to sampling noise.

Shape letters: N cases, F features, R rivals with the choice itself in front.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from whyrec.core.types import Floats, Floats32

ITERATIONS = 100
CHUNK_CASES = 256
"""Cases whose utilities are held at once."""


def fit(
    features: NDArray[np.floating],
    offset: NDArray[np.floating],
    prior: Floats,
    scale: Floats,
    penalty: float,
    least: Floats | None = None,
) -> Floats:
    """Return the weights [F] with the highest penalised likelihood.

    `features` [N, F, R], the choice at place 0; `offset` [N, R] is added to each utility, minus infinity where there
    is no rival. The penalty is N times `penalty` times the squared distance of weight * scale from prior * scale,
    `scale` [F] being the spread of each feature: without cases, the prior is returned. `least` [F] are lower bounds.
    """
    if not len(features):
        return prior

    def penalised(scaled: Floats) -> tuple[float, Floats]:
        value, slope = loss(scaled / scale, features, offset)
        away = scaled - prior * scale
        return value + penalty * float(away @ away), slope / scale + 2.0 * penalty * away

    lowest = np.full(len(prior), -np.inf) if least is None else least * scale
    found = optimize.minimize(
        penalised,
        prior * scale,
        jac=True,
        method="L-BFGS-B",
        bounds=optimize.Bounds(lowest, np.full(len(prior), np.inf)),
        options={"maxiter": ITERATIONS, "ftol": 1e-7},
    )
    weights: Floats = found.x / scale
    return weights


def loss(weight: Floats, features: NDArray[np.floating], offset: NDArray[np.floating]) -> tuple[float, Floats]:
    """Mean over cases of -log softmax(weight . features + offset) of the choice, and its gradient [F]."""
    total, slope = 0.0, np.zeros(len(weight))
    for first in range(0, len(features), CHUNK_CASES):
        part = features[first : first + CHUNK_CASES]
        utility = np.einsum("f,nfr->nr", weight.astype(part.dtype), part, optimize=True)
        utility += offset[first : first + CHUNK_CASES]
        utility -= utility.max(axis=1, keepdims=True)
        chance = np.exp(utility)
        sums = chance.sum(axis=1, keepdims=True)
        total += float(np.log(sums).sum() - utility[:, 0].sum())
        chance /= sums
        chance[:, 0] -= 1.0
        slope += np.matmul(part, chance[:, :, None])[:, :, 0].sum(axis=0)
    return total / len(features), slope / len(features)


def rivals(
    scores: NDArray[np.floating], wanted: NDArray[np.integer], n: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], Floats32]:
    """Choose what each wanted item is held against: (item codes [N, 1 + 2n], offsets [N, 1 + 2n]).

    The wanted item comes first, then the n best others by `scores` [N, I], then n random ones of the rest, each of
    which stands for as many as were not drawn. A catalogue with fewer items gives places with offset minus infinity.
    A row whose wanted item has no code (-1) is filled with anything; leave it out.
    """
    n_cases, n_items = scores.shape
    n_hard = min(n, n_items - 1)
    order = scores.copy()
    order[np.arange(n_cases), wanted] = -np.inf
    hard = np.argpartition(-order, n_hard - 1, axis=1)[:, :n_hard] if n_hard else np.zeros((n_cases, 0), np.int64)
    ticket = rng.random((n_cases, n_items), np.float32)
    ticket[np.arange(n_cases), wanted] = 2.0
    np.put_along_axis(ticket, hard, np.float32(2.0), axis=1)
    n_rest = n_items - 1 - n_hard
    n_drawn = min(n, n_rest)
    drawn = np.argpartition(ticket, n_drawn - 1, axis=1)[:, :n_drawn] if n_drawn else np.zeros((n_cases, 0), np.int64)
    codes = np.concatenate((wanted[:, None], hard, drawn), axis=1).astype(np.int64)
    offset = np.zeros(codes.shape, np.float32)
    if n_drawn:
        offset[:, 1 + n_hard :] = np.log(n_rest / n_drawn)
    return codes, offset
