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
            to_states, to_negative = torch.empty_like(states), torch.zeros_like(negative)
            pull = torch.empty_like(states[:, 0])  # derivative by the score of the wanted item
            total = states.new_zeros(())
            step = max(64, CHUNK_NUMBERS // k)
            bounds = np.searchsorted(hits[0].cpu().numpy(), np.arange(0, n + step, step))
            for part, first in enumerate(range(0, n, step)):
                rows = slice(first, first + step)
                part_hits = slice(bounds[part], bounds[part + 1])
                s = states[rows]
                wanted = (s * positive[rows]).sum(-1)
                others = s @ negative.T
                if log_q is not None:
                    wanted, others = wanted - log_q[0][rows], others.sub_(log_q[1])
                others[hits[0][part_hits] - first, hits[1][part_hits]] = -torch.inf
                top = torch.maximum(others.amax(1), wanted)
                others.sub_(top[:, None]).exp_()
                risen = (wanted - top).exp_()
                whole = others.sum(1) + risen
                total += (whole.log() + top - wanted).sum()
                scale = 1.0 / (whole * n)
                pull[rows] = risen * scale - 1.0 / n
                torch.mm(others, negative, out=to_states[rows])
                to_states[rows] *= scale[:, None]
                to_negative.addmm_(others.T, s * scale[:, None])
            to_states.addcmul_(positive, pull[:, None])
            ctx.save_for_backward(to_states, states * pull[:, None], to_negative)
            return total / n

        @staticmethod
        def backward(ctx: Any, upstream: Array) -> tuple[Any, ...]:
            return (*(upstream * part for part in ctx.saved_tensors), None, None)

    return SampledSoftmax
