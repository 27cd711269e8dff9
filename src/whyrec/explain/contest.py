"""A contest: one item among its rivals in one query, and the rank that a row of scores gives it.

Rank = 1 + rivals with a higher score + rivals with an equal score that come first in the vocabulary, among the
allowed items. Masked items still count as seen, so `allowed` stays as it was for the whole query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import Bools, Floats, Floats32, Ints, Query, Scorer, Vocabulary
from whyrec.explain.exact import Contribute, Unit

RIVALS = 100
"""Rivals with which a plan is made."""


@dataclass(frozen=True, eq=False)
class Parts:
    """Exact parts of the scores of C items: those of the page and their strongest rivals."""

    contribute: Contribute
    codes: Ints  # [C] ascending
    units: tuple[Unit, ...]
    weight: Floats  # [U, C]
    empty: Floats  # [C]
    score: Floats32 | None  # [C] where the model had it at hand
    shares: Mapping[str, Floats] | None  # [C] each, of members, where it knows them


@dataclass(frozen=True, eq=False)
class Contest:
    """One item among its rivals in one query. `full` and `empty` are the scores of all items, [I]."""

    score: Scorer
    query: Query
    items: Vocabulary
    item: int  # code
    allowed: Bools  # [I]
    n: int
    units: tuple[Unit, ...]
    full: Floats
    empty: Floats  # with every event masked
    parts: Parts | None = None  # of an additive model
    without: Floats32 | None = None  # [U, I] scores without each unit, where they were measured
    rough: Scorer | None = None  # quicker scores for a search, wrong in the last digits

    def value(self, scores: NDArray[np.floating]) -> Floats:
        """What a search changes, in each row of scores of all items [S, I].

        The item's score where the model is additive. Elsewhere only differences of scores mean something, and it is
        the logarithm of the item's share in the softmax of all scores.
        """
        own: Floats = scores[:, self.item].astype(np.float64)
        if self.parts is not None:
            return own
        largest = np.nanmax(scores, axis=1, keepdims=True)
        share: Floats = own - largest[:, 0] - np.log(np.nansum(np.exp(scores - largest), axis=1))
        return share

    def near(self, n: int) -> Contest:
        """Return the contest among the n rivals that come nearest to the item, whatever single cause is away.

        Of a smaller catalogue it is the contest itself.
        """
        if len(self.rivals) <= n:
            return self
        rows = (
            np.stack([self.full, self.empty])
            if self.without is None
            else np.vstack([self.full, self.empty, self.without])
        )
        ahead = np.nan_to_num(rows - rows[:, [self.item]], nan=-np.inf).max(axis=0)[self.rivals]
        codes = np.sort(np.append(self.rivals[np.argpartition(-ahead, n - 1)[:n]], self.item))
        names = [str(name) for name in self.items.ids[codes]]
        return replace(
            self,
            score=_asking(self.score, names),
            rough=self.rough and _asking(self.rough, names),
            items=Vocabulary.of(names),
            item=int(np.searchsorted(codes, self.item)),
            allowed=self.allowed[codes],
            full=self.full[codes],
            empty=self.empty[codes],
            without=None if self.without is None else self.without[:, codes],
        )

    @cached_property
    def is_rival(self) -> Bools:
        """Whether an item is allowed and another one than this, [I]."""
        rivals = self.allowed.copy()
        rivals[self.item] = False
        return rivals

    @cached_property
    def rivals(self) -> Ints:
        """Codes of the rivals."""
        return np.flatnonzero(self.is_rival)


def _asking(score: Scorer, names: Sequence[str]) -> Scorer:
    """Return a scorer that means these items where none are named."""
    return lambda queries, items=None: score(queries, names if items is None else items)


def parts_of(contribute: Contribute, query: Query, items: Vocabulary, codes: Ints) -> Parts:
    """Ask an additive model for the parts of the scores of these items."""
    codes = np.unique(codes)
    found = contribute(query, [str(name) for name in items.ids[codes]])
    return Parts(contribute, codes, found.units, found.weight, found.empty, found.score, found.shares)


def strongest(row: NDArray[np.floating], rivals: Ints, n: int) -> Ints:
    """Codes of the rivals with the highest scores in a row of scores of all items [I]; enough to plan a list of n."""
    wanted = min(len(rivals), max(RIVALS, 4 * n))
    scores = np.nan_to_num(row[rivals], nan=-np.inf)
    return rivals[np.argpartition(-scores, wanted - 1)[:wanted]] if wanted else rivals


def rank_of(own: NDArray[np.floating], rivals: NDArray[np.floating], first: Bools) -> Ints:
    """Return the rank of the item among its rivals in each of S rows.

    own [S], rivals [S, C]; `first` [C] marks rivals that win a tie. A score that is not a number is the lowest.
    """
    own = np.where(np.isnan(own), -np.inf, own)[:, None]
    rivals = np.where(np.isnan(rivals), -np.inf, rivals)
    ranks: Ints = 1 + ((rivals > own) | ((rivals == own) & first)).sum(axis=1)
    return ranks


def margin_of(own: NDArray[np.floating], rivals: NDArray[np.floating], n: int) -> Floats:
    """Return how far the n-th rival is above the item in each row; -inf where there are fewer rivals."""
    if rivals.shape[1] < n:
        return np.full(len(own), -np.inf)
    nth = np.partition(np.where(np.isnan(rivals), -np.inf, rivals), -n, axis=1)[:, -n].astype(np.float64)
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(nth - np.where(np.isnan(own), -np.inf, own), nan=0.0, posinf=np.inf, neginf=-np.inf)


def next_of(own: NDArray[np.floating], rivals: NDArray[np.floating], first: Bools) -> Floats:
    """Return how far above the item the best rival behind it is in each row: never above 0, and 0 where none is left.

    The nearer to 0, the sooner the item loses one more place.
    """
    own = np.where(np.isnan(own), -np.inf, own)[:, None].astype(np.float64)
    rivals = np.where(np.isnan(rivals), -np.inf, rivals)
    behind = (rivals < own) | ((rivals == own) & ~first)
    best = np.where(behind, rivals, -np.inf).max(axis=1, initial=-np.inf)
    with np.errstate(invalid="ignore"):
        return np.where(behind.any(axis=1), np.nan_to_num(best - own[:, 0], nan=0.0, neginf=-np.inf), 0.0)


def ranks(contest: Contest, scores: NDArray[np.floating]) -> Ints:
    """Rank of the item in each row of scores of all items, [S, I]."""
    return standing(contest, scores)[0]


def standing(contest: Contest, scores: NDArray[np.floating]) -> tuple[Ints, Floats]:
    """Return rank and distance to the next rival in each row of scores of all items, [S, I]; `rank_of`, `next_of`.

    A row costs a few passes over I numbers, and no copy of them.
    """
    found = [_standing(contest, row) for row in scores]
    return np.array([rank for rank, _ in found], np.int64), np.array([below for _, below in found], np.float64)


def _standing(contest: Contest, row: NDArray[np.floating]) -> tuple[int, float]:
    own, before = row[contest.item], contest.item
    if not np.isfinite(own):
        rivals, first = row[contest.rivals][None], contest.rivals < contest.item
        own = row[[contest.item]]
        return int(rank_of(own, rivals, first)[0]), float(next_of(own, rivals, first)[0])
    ahead = (row > own) & contest.is_rival
    ahead[:before] |= (row[:before] == own) & contest.is_rival[:before]
    behind = contest.is_rival & ~ahead
    best = np.fmax.reduce(row, where=behind, initial=-np.inf)
    below = float(np.float64(best) - own) if behind.any() else 0.0
    return int(1 + np.count_nonzero(ahead)), below
