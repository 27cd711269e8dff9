"""A contest: one item among its rivals in one query, and the rank that a row of scores gives it.

Rank = 1 + rivals with a higher score + rivals with an equal score that come first in the vocabulary, among the
allowed items. Masked items still count as seen, so `allowed` stays as it was for the whole query.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import Bools, Floats, Ints, Query, Scorer, Vocabulary
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

    @cached_property
    def rivals(self) -> Ints:
        """Codes of the allowed items other than this one."""
        rivals = self.allowed.copy()
        rivals[self.item] = False
        return np.flatnonzero(rivals)


def parts_of(contribute: Contribute, query: Query, items: Vocabulary, codes: Ints) -> Parts:
    """Ask an additive model for the parts of the scores of these items."""
    codes = np.unique(codes)
    found = contribute(query, [str(name) for name in items.ids[codes]])
    return Parts(contribute, codes, found.units, found.weight, found.empty)


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


def ranks(contest: Contest, scores: NDArray[np.floating]) -> Ints:
    """Rank of the item in each row of scores of all items, [S, I]."""
    return rank_of(*own_and_rivals(contest, scores))


def own_and_rivals(
    contest: Contest, scores: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating], Bools]:
    """The item's scores [S], those of its rivals [S, C], and which of them win a tie [C]."""
    return scores[:, contest.item], scores[:, contest.rivals], contest.rivals < contest.item
