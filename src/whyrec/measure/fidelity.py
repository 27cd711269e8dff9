"""How faithful an explanation is: what happens to the item when the named causes are really taken away.

Masking is the only tool, so any `score` callable can be measured. A case is one item of one query; its causes are
units (slots that are taken away together). x is the history, E the first K causes of an explanation, y the item:

    DEL@K    f(x without E)_y / f(x)_y                        low is good
    INS@K    f(E alone)_y / f(x)_y                            high is good; above 1 where the rest speaks against y
    CDCG@K   1 / log2(1 + rank of y without E)                low is good
    POS@P,K  1 where y is among the first P without E         low is good
    DEL-P, NDCG-P, POS-P@P   the same with 0, 10, ..., 100 % of all causes taken away, mean of the eleven   low
    INS-P    with only the first 0, 10, ..., 100 % left       high is good

After Gurevitch et al. 2025 ("refined" fidelity measures, SIGIR) and Barkan et al. 2024 (LXR, WWW). Ranks are those of
the list: among the items that were allowed for the whole history, ties to the item that comes first. Ratios need a
positive f(x)_y; they are NaN elsewhere, left out of means, and counted by n.

Shape letters: S trials, T slots, I items, M methods, N cases.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import Bools, Floats, Ints, Query, Scorer

SIZES = (1, 2, 3, 4, 5)
PLACES = (1, 5, 10, 20)
POINTS = 11
ROWS = 256
"""Masked queries in one call of the scorer."""
RESAMPLES = 2000

Unit: TypeAlias = tuple[int, ...]
Measures: TypeAlias = dict[str, float]


@dataclass(frozen=True, eq=False)
class Case:
    """One item of one query, and what it is measured by.

    `scale` is what f means: "score" as the model gives it, or "probability", the softmax of its scores over all
    items, for models whose scores are logits (only their differences mean something).
    """

    score: Scorer
    query: Query
    item: int  # code of the explained item
    allowed: Bools  # [I] items that the list may hold
    units: tuple[Unit, ...]
    scale: str = "score"

    @cached_property
    def full(self) -> tuple[float, int]:
        """f(x)_y and rank of y with the whole history."""
        values, ranks = outcomes(self, np.zeros((1, len(self.units)), bool))
        return float(values[0]), int(ranks[0])


def outcomes(case: Case, taken: Bools) -> tuple[Floats, Ints]:
    """Take sets of causes away, [S, U], and return f_y [S] and the rank of y [S] for each."""
    blocks = list(_outcomes(case, taken))
    return np.concatenate([v for v, _ in blocks]), np.concatenate([r for _, r in blocks])


def _outcomes(case: Case, taken: Bools) -> Iterator[tuple[Floats, Ints]]:
    for start in range(0, len(taken), ROWS):
        queries = [
            case.query.without([slot for u in np.flatnonzero(row) for slot in case.units[u]])
            for row in taken[start : start + ROWS]
        ]
        scores = case.score(queries)
        yield values_of(case, scores), ranks_of(case, scores)


def values_of(case: Case, scores: NDArray[np.floating]) -> Floats:
    """f_y in each row of scores of all items, [S]."""
    scores = _finite(scores)
    own = scores[:, [case.item]]
    return own[:, 0] if case.scale == "score" else _probability(scores, own)


def ranks_of(case: Case, scores: NDArray[np.floating]) -> Ints:
    """Rank of y in each row of scores of all items, [S]."""
    scores, code = _finite(scores), np.arange(len(case.allowed))
    own = scores[:, [case.item]]
    ahead = (scores > own) | ((scores == own) & (code < case.item))
    ranks: Ints = 1 + (ahead & case.allowed & (code != case.item)).sum(axis=1)
    return ranks


def _finite(scores: NDArray[np.floating]) -> Floats:
    """Scores as float64; what is no number is the lowest."""
    return np.nan_to_num(scores.astype(np.float64), nan=-np.inf, neginf=-np.inf, posinf=np.inf)


def _probability(scores: Floats, own: Floats) -> Floats:
    largest = scores.max(axis=1, keepdims=True)
    share: Floats = np.exp(own - largest)[:, 0] / np.exp(scores - largest).sum(axis=1)
    return share


def of_order(case: Case, order: Sequence[int], sizes: Sequence[int] = SIZES) -> Measures:
    """Measure an order of causes, most important first; `order` is a permutation of the case's units."""
    place = _places(case, order)
    n = len(place)
    steps = np.array([0, *np.cumsum([len(part) for part in np.array_split(np.arange(n), POINTS - 1)])])
    cut = np.array([*sizes, *steps])[:, None]
    without = place[None] < cut  # [K + 11, U]
    values, ranks = outcomes(case, np.concatenate([without, ~without]))
    (values, kept), ranks = np.split(values, 2), ranks[: len(cut)]
    full = case.full[0]
    del_, ins = (part / full if full > 0 else np.full(len(part), np.nan) for part in (values, kept))
    cdcg = 1 / np.log2(1 + ranks)
    found: Measures = {}
    for row, k in enumerate(sizes):
        found |= {f"DEL@{k}": float(del_[row]), f"INS@{k}": float(ins[row]), f"CDCG@{k}": float(cdcg[row])}
        found |= {f"POS@{p},{k}": float(ranks[row] <= p) for p in PLACES}
    points = slice(len(sizes), None)
    found |= {"DEL-P": float(del_[points].mean()), "INS-P": float(ins[points].mean())}
    found["NDCG-P"] = float(cdcg[points].mean())
    return found | {f"POS-P@{p}": float((ranks[points] <= p).mean()) for p in PLACES}


def of_set(case: Case, chosen: Sequence[int]) -> Measures:
    """Measure one set of causes: DEL and CDCG without it, INS with it alone, and its rank either way."""
    taken = np.zeros((2, len(case.units)), bool)
    taken[0, list(chosen)] = True
    taken[1] = ~taken[0]
    values, ranks = outcomes(case, taken)
    full = case.full[0]
    ratio = values / full if full > 0 else np.full(2, np.nan)
    return {
        "DEL": float(ratio[0]), "INS": float(ratio[1]), "CDCG": float(1 / np.log2(1 + ranks[0])),
        "rank without": float(ranks[0]), "rank alone": float(ranks[1]), "size": float(len(chosen)),
    }  # fmt: skip


def flip_size(case: Case, order: Sequence[int], n: int, cap: int = 10) -> int | None:
    """Return how many of the first causes must go until y is behind place n; None where `cap` of them do not do it.

    The flip rate is the share of cases with a size; it says little without the mean size and the cap beside it.
    """
    place = _places(case, order)
    cut = np.arange(1, min(cap, len(place)) + 1)[:, None]
    if not len(cut):
        return None
    _, ranks = outcomes(case, place[None] < cut)
    gone = ranks > n
    return int(gone.argmax()) + 1 if gone.any() else None


def gap(score: float, empty: float, weights: Floats) -> float:
    """Return the part of a score that the reasons leave unexplained, |score - empty - sum| / |score - empty|.

    0 for an exact explanation; NaN where the history changes nothing.
    """
    moved = score - empty
    return abs(moved - float(np.sum(weights))) / abs(moved) if moved else float("nan")


def stability(orders: Sequence[Sequence[int]], k: int = 5) -> float:
    """Return how much explanations of one case agree: mean overlap (Jaccard) of the first k causes of each pair.

    The explanations are those of models fitted on bootstrap samples of the users: near 1 is stable. With the orders
    of a model and of the same model with shuffled weights it is the sanity check: it must be near chance, which is
    what two random orders give.
    """
    tops = [set(order[:k]) for order in orders]
    pairs = [len(a & b) / len(a | b) for a, b in combinations(tops, 2) if a | b]
    return float(np.mean(pairs)) if pairs else float("nan")


def _places(case: Case, order: Sequence[int]) -> Ints:
    """Place of each unit in an order, [U]."""
    if sorted(order) != list(range(len(case.units))):
        raise ValueError(f"expected an order of all {len(case.units)} units, got {list(order)}")
    return np.argsort(np.asarray(order, np.int64), kind="stable")


@dataclass(frozen=True)
class Mean:
    """A mean over cases with its 95 % bootstrap interval; `n` cases had a value."""

    value: float
    low: float
    high: float
    n: int


def mean(values: Sequence[float] | Floats, rng: np.random.Generator, resamples: int = RESAMPLES) -> Mean:
    """Return the mean of the values that are numbers, with the 2.5 and 97.5 % points of resampled means."""
    found = np.asarray(values, np.float64)
    found = found[~np.isnan(found)]
    if not len(found):
        return Mean(float("nan"), float("nan"), float("nan"), 0)
    drawn = found[rng.integers(0, len(found), (resamples, len(found)))].mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Mean(float(found.mean()), float(low), float(high), len(found))


def better(
    ours: Sequence[float] | Floats, theirs: Sequence[float] | Floats, high: bool, rng: np.random.Generator
) -> Mean:
    """Return by how much ours is better than theirs on the same cases, paired: above 0 is better.

    `high` says whether high values of the measure are good (INS) or low ones (all others).
    """
    difference = np.asarray(ours, np.float64) - np.asarray(theirs, np.float64)
    return mean(difference if high else -difference, rng)


def columns(rows: Sequence[Mapping[str, float]]) -> dict[str, Floats]:
    """Return the values of each measure over cases, [N] each, as they came, for keeping and for means."""
    return {name: np.array([row[name] for row in rows]) for name in rows[0]} if rows else {}
