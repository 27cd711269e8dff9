"""What moves scores over all shoppers: many Explanations of one snapshot added up, as plain data.

The global view, `whyrec explain --global` and the public page all read one `Overall`, so that they cannot differ.
Means are over shoppers, each with the mean over the places of their list, so that long lists count no more; the range
is the 95 % interval of that mean. Shares of absolute contributions sum to 100.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from whyrec.core.types import KINDS, Explanation, Floats, Query
from whyrec.words.show import PHRASES, kind_of, percentages

DAY_S = 86400.0
SURE = 1.96
"""Standard errors on either side of a mean that 95 % of a normal distribution lie within."""
AGES = (0, 1, 3, 7, 14, 30, 60, 120, 240, 480)
"""First days of classes of age, each about twice as long as the one before."""
FEWEST = 5
"""Events that a class of age needs to be shown."""
BANDS = 8
MOST_KINDS = 3
Page = tuple[Query, Sequence[Explanation]]


@dataclass(frozen=True)
class Amount:
    """How much one thing moves scores: mean absolute contribution to a place, its range, and its share of all."""

    kind: str  # a phrase of `show`, the name of a member, or a kind of event
    mean: float
    low: float
    high: float
    percent: int | None = None


@dataclass(frozen=True)
class Age:
    """Mean absolute contribution of one event that is `days` to `until` old; the last class has no end."""

    days: int
    until: int | None
    mean: float
    n: int


@dataclass(frozen=True)
class Band:
    """Scores of all items in a band of prices, less the shopper's mean: over shoppers, mean and middle half."""

    low: float
    high: float
    mean: float
    quarter: float
    three_quarters: float
    n: int  # items


@dataclass(frozen=True)
class Overall:
    """The global explanation of a snapshot."""

    n_shoppers: int
    n_places: int
    method: str
    parts: tuple[Amount, ...]  # members, largest first
    kinds: tuple[Amount, ...]  # kinds of event, shares among themselves
    ages: Mapping[str, tuple[Age, ...]]  # by kind of event, those that move most first
    prices: tuple[Band, ...] = ()
    unused: tuple[str, ...] = ()  # parts of a request that were changed in every query without any effect

    @property
    def half_life(self) -> tuple[int, int] | None:
        """(days, fresh): events of that age or older move less than half of what those of the last `fresh` days do.

        Of the kind that moves most. It holds for all older classes too, or it is None.
        """
        ages = next(iter(self.ages.values()), ())
        under = [age.mean < ages[0].mean / 2 for age in ages]
        days = next((age.days for k, age in enumerate(ages) if k and all(under[k:])), None)
        return None if days is None or ages[0].until is None else (days, ages[0].until)


def overall(pages: Sequence[Page], timed: bool = True) -> Overall:
    """Add up the explanations of many pages; those without a place count for nothing. Without `timed` no ages."""
    pages = [(query, page) for query, page in pages if page]
    parts = [_mean(_members, query, page) for query, page in pages]
    kinds = [_mean(_kinds, query, page) for query, page in pages]
    methods = {e.method for _, page in pages for e in page}
    found = _amounts(kinds)
    return Overall(
        n_shoppers=len(pages),
        n_places=sum(len(page) for _, page in pages),
        method=methods.pop() if len(methods) == 1 else "exact",
        parts=_amounts(parts),
        kinds=found,
        ages=_ages(pages, [amount.kind for amount in found if amount.kind in KINDS][:MOST_KINDS]) if timed else {},
    )


def _members(_: Query, explanation: Explanation) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for name, value in explanation.members.items():
        found[PHRASES.get(name, name)] += value
    return found


def _kinds(query: Query, explanation: Explanation) -> dict[str, float]:
    """What events add, by their kind; what several kinds share (a set model, a stretch of time) is of the strongest."""
    found: dict[str, float] = defaultdict(float)
    for reason in explanation.reasons:
        found[kind_of(query, reason.slots) if reason.slots else reason.kind] += reason.weight
    return found


def _mean(split: Callable[[Query, Explanation], Mapping[str, float]], query: Query, page: Sequence[Explanation]) \
        -> dict[str, float]:  # fmt: skip
    """Mean over the places of one list of the absolute value of each part."""
    total: dict[str, float] = defaultdict(float)
    for explanation in page:
        for kind, value in split(query, explanation).items():
            total[kind] += abs(value) / len(page)
    return total


def _amounts(rows: Sequence[Mapping[str, float]]) -> tuple[Amount, ...]:
    found = []
    for kind in dict.fromkeys(kind for row in rows for kind in row):
        values = np.array([row.get(kind, 0.0) for row in rows])
        mean, room = float(values.mean()), 0.0
        if len(values) > 1:
            room = SURE * float(values.std(ddof=1)) / float(np.sqrt(len(values)))
        if mean > 0:
            found.append(Amount(kind, mean, max(0.0, mean - room), mean + room))
    found.sort(key=lambda amount: -amount.mean)
    shares = percentages([amount.mean for amount in found])
    return tuple(replace(amount, percent=share) for amount, share in zip(found, shares, strict=True))


def _ages(pages: Sequence[Page], kinds: Sequence[str]) -> dict[str, tuple[Age, ...]]:
    """Mean absolute contribution of an event to a place by its age; events that add nothing count as nothing."""
    total, n_seen = {kind: np.zeros(len(AGES)) for kind in kinds}, {kind: np.zeros(len(AGES)) for kind in kinds}
    for query, page in pages:
        past = query.history
        weight = np.zeros(len(past))
        for reason in (reason for explanation in page for reason in explanation.reasons):
            for slot in reason.slots:
                weight[slot] += abs(reason.weight) / len(reason.slots) / len(page)
        place = np.searchsorted(AGES, (query.at - past.at) / DAY_S, side="right") - 1
        for kind in kinds:
            mine = (past.kind == KINDS.index(kind)) & (place >= 0)
            total[kind] += np.bincount(place[mine], weight[mine], minlength=len(AGES))
            n_seen[kind] += np.bincount(place[mine], minlength=len(AGES))
    ends = [*AGES[1:], None]
    return {
        kind: tuple(
            Age(days, until, float(total[kind][k] / n_seen[kind][k]), int(n_seen[kind][k]))
            for k, (days, until) in enumerate(zip(AGES, ends, strict=True))
            if n_seen[kind][k] >= FEWEST
        )
        for kind in kinds
    }


def by_price(scores: Floats, prices: Floats) -> tuple[Band, ...]:
    """Return scores [Q, I] against prices [I] in bands of about equally many items, NaN left out."""
    known = np.isfinite(prices) & np.isfinite(scores).all(axis=0)
    if known.sum() < 2 or not len(scores):
        return ()
    price, score = prices[known], scores[:, known]
    score = score - score.mean(axis=1, keepdims=True)
    edges = np.unique(np.quantile(price, np.linspace(0, 1, BANDS + 1)))
    place = np.clip(np.searchsorted(edges, price, side="right") - 1, 0, max(0, len(edges) - 2))
    found = []
    for band in np.unique(place):
        means = score[:, place == band].mean(axis=1)
        quarter, three_quarters = np.quantile(means, [0.25, 0.75])
        inside = price[place == band]
        found.append(
            Band(float(inside.min()), float(inside.max()), float(means.mean()), float(quarter), float(three_quarters),
                 len(inside))
        )  # fmt: skip
    return tuple(found)
