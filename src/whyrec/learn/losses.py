"""Losses of a next-item model, over N states of width D: which of the items was it?

`states` [N, D] meet the vectors of the wanted items, `positive` [N, D], and of `negative` [K, D] items, which all
states of a batch share: one matrix product instead of N * K gathered vectors. A negative that is the wanted item of
a state is no negative for it: `hits` = (states, negatives) [two arrays of M] lists these pairs.

With all items as negatives, sampled softmax is the exact cross-entropy.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeAlias

import numpy as np

from whyrec.core.types import Ints
from whyrec.learn.ops import Array

Hits: TypeAlias = tuple[Array, Array]
CHUNK_NUMBERS = 1 << 18
"""Logits that are worked on at once: 1 MB, so that they stay in a core's cache."""
NEVER = -1e30
"""Score of what cannot be: finite, so that a state without any negative is no special case."""


def negatives(n_items: int, k: int, rng: np.random.Generator) -> Ints:
    """Draw at most k distinct item codes, uniform, ascending; all of them where the catalogue has no more than k."""
    if n_items <= k:
        return np.arange(n_items)
    return np.unique(rng.integers(0, n_items, k))


def find_hits(wanted: Ints, negative: Ints) -> tuple[Ints, Ints]:
    """Return the pairs (state, negative) in which the negative is the wanted item; `negative` is ascending."""
    place = np.minimum(np.searchsorted(negative, wanted), len(negative) - 1)
    states = np.flatnonzero(negative[place] == wanted)
    return states, place[states]


def sampled_softmax(torch: Any, states: Array, positive: Array, negative: Array, hits: Hits, log_q: Any = None) -> Any:
    """Mean over states of -log(exp(s+) / (exp(s+) + sum over negatives of exp(s-))), s = state . item.

    Computed in chunks that stay in cache, with the gradient beside the value (Klenitskiy & Vasilev, "Turning dross
    into gold loss", RecSys 2023). `log_q` = (of positives [N], of negatives [K]) corrects for items that are drawn
    with unequal probabilities q: s - log q takes the place of s.
    """
    return _softmax_function(torch).apply(states, positive, negative, hits, log_q)


def logits(torch: Any, states: Array, positive: Array, negative: Array, hits: Hits) -> tuple[Array, Array]:
    """Scores of the wanted items [N] and of the negatives [N, K], -inf at the hits."""
    others = (states @ negative.T).index_put(hits, states.new_tensor(-torch.inf))
    return (states * positive).sum(-1), others


def bpr(torch: Any, wanted: Array, others: Array) -> Array:
    """Bayesian personalised ranking, mean of -log sigmoid(wanted - other) over all pairs (Rendle et al., UAI 2009).

    `wanted` [N], `others` [N, K], -inf where a pair does not count.
    """
    counts = torch.isfinite(others)
    gaps = torch.where(counts, wanted[:, None] - others.masked_fill(~counts, 0.0), 0.0)
    each = torch.nn.functional.softplus(-gaps) * counts
    return each.sum() / counts.sum()


def gbce(torch: Any, wanted: Array, others: Array, n_items: int, t: float = 0.75) -> Array:
    """Binary cross-entropy, calibrated for few negatives (Petrov & Macdonald, gSASRec, RecSys 2023); t = 0: plain BCE.

    Mean over states of -beta * log sigmoid(s+) - mean over the K negatives of log(1 - sigmoid(s-)) * K, where
    alpha = K / (I - 1) and beta = alpha * (t * (1 - 1 / alpha) + 1 / alpha).
    """
    alpha = min(1.0, others.shape[1] / (n_items - 1))
    beta = alpha * (t * (1 - 1 / alpha) + 1 / alpha)
    softplus = torch.nn.functional.softplus
    return (beta * softplus(-wanted) + softplus(others).sum(-1)).mean()


@cache
def _softmax_function(torch: Any) -> Any:
    """Make the autograd function of `sampled_softmax`; here, since its base class is torch's."""

    class SampledSoftmax(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, states: Array, positive: Array, negative: Array, hits: Hits, log_q: Any) -> Array:
            n, k = len(states), len(negative)
            step = min(n, max(64, CHUNK_NUMBERS // k))
            room, soft = states.new_empty(2, step, k)  # taken once: a chunk each time would cost its page faults
            # Transposed, since summing up s.T @ p is quicker than p.T @ s.
            to_states, to_negative = torch.empty_like(states), states.new_zeros(states.shape[1], k)
            wanted = (states * positive).sum(-1)
            wanted = wanted if log_q is None else wanted - log_q[0]
            spread = torch.empty_like(wanted)  # log of the sum over negatives of exp(s-)
            bounds = np.searchsorted(hits[0].cpu().numpy(), np.arange(0, n + step, step))
            for part, first in enumerate(range(0, n, step)):
                rows = slice(first, first + step)
                part_hits = slice(bounds[part], bounds[part + 1])
                s = states[rows]
                others, p = room[: len(s)], soft[: len(s)]
                torch.mm(s, negative.T, out=others)
                if log_q is not None:
                    others -= log_q[1]
                others[hits[0][part_hits] - first, hits[1][part_hits]] = NEVER
                # torch's softmax takes a quarter of the time of its exp; the largest of each gives the sum back.
                torch.softmax(others, 1, out=p)
                spread[rows] = others.amax(1) - p.amax(1).log()
                share = torch.sigmoid(spread[rows] - wanted[rows]) / n  # of all negatives together
                torch.mm(p, negative, out=to_states[rows])
                to_states[rows] *= share[:, None]
                to_negative.addmm_((s * share[:, None]).T, p)
            pull = -torch.sigmoid(spread - wanted) / n  # derivative by the score of the wanted item
            total = torch.nn.functional.softplus(spread - wanted).sum()
            to_states.addcmul_(positive, pull[:, None])
            ctx.save_for_backward(to_states, states * pull[:, None], to_negative.T)
            return total / n

        @staticmethod
        def backward(ctx: Any, upstream: Array) -> tuple[Any, ...]:
            return (*(upstream * part for part in ctx.saved_tensors), None, None)

    return SampledSoftmax
