"""Blend: a weighted sum of fitted models on one scale, with weights from validation.

Linear stacking after Breiman: "Stacked regressions", Machine Learning 24, 1996, https://doi.org/10.1007/BF00117832;
the softmax likelihood over a target and its rivals is the conditional logit of McFadden, 1974.

Idea: models that err in different ways correct each other, and a sum of additive models is additive.

Equations: score[y] = sum over members m of weight_m * score_m[y] / divisor_m
    divisor_m = root mean square, over validation queries and rivals, of score_m less its mean in the query
    weight = argmax over weight >= 0 of
             mean over cases of log softmax(sum_m weight_m * score_m / divisor_m)[target] - penalty / 2 * |weight|**2
    then divided by its sum, which changes no order

Departures: weights are not negative, so that no member speaks against itself. The rivals of a target are the
`rivals` best items of each member, among which every list of the blend is made. An item that the shopper had is a
rival only where the target was had before, so that logs with and without repeats both get what suits them.
Where one member alone has a higher NDCG@10 on these cases, the blend is that member.

Cost: the members'; then one pass over at most `cases` validation queries, and a convex problem in M numbers.

Legend: M members, Q queries, I items, C columns, K rivals.

Honest notes: one constant divisor a member, never one a query, or the sum would not be exact. Likelihood rewards
calibrated scores, so a member whose scores have a heavy tail gets less than its ranking deserves. Without validation
weights are equal. A blend gains little where one member is far better (Beauty), more where they differ (ML-1M).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from whyrec.core.config import Settings
from whyrec.core.errors import UsageError
from whyrec.core.types import Bools, Contributions, Fitted, Floats, Floats32, Ints, Query, Vocabulary
from whyrec.data.split import Cases
from whyrec.learn import logit
from whyrec.learn.run import Run
from whyrec.learn.snapshot import pack_members
from whyrec.measure import ranking

VALIDATES = True
CHUNK_BYTES = 64 << 20
"""Scores of one member that are held at once while rivals are collected."""


@dataclass(frozen=True)
class Config:
    """Options of [models.options.blend]."""

    members: list[str] = field(default_factory=lambda: ["markov", "itemknn", "ease", "popular"])  # model names
    penalty: float = 1e-3  # ridge penalty on the weights
    cases: int = 4000  # validation queries that are used at the most
    rivals: int = 50  # best items of each member that a target is held against


SEARCH = {"penalty": (1e-4, 1e-1, "log"), "rivals": [20, 50, 100]}
"""What `whyrec tune` tries."""


@dataclass(frozen=True, eq=False)
class Blend:
    """Fitted members with one factor each: weight / divisor."""

    items: Vocabulary
    members: Mapping[str, Fitted]
    weight: Floats  # [M], sums to 1
    divisor: Floats  # [M]

    @property
    def left_out(self) -> int:
        """Items that a member does not cover."""
        return max(getattr(member, "left_out", 0) for member in self.members.values())

    @property
    def contributions(self) -> Callable[[Query, Sequence[str]], Contributions] | None:
        """Split scores over the history, exactly; None where a member that has weight cannot."""
        able = all(getattr(member, "contributions", None) for member, _ in self._used().values())
        return self._contributions if able else None

    def score(self, queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        """Return float32 [Q, I] or [Q, C], NaN for an unknown item."""
        total = np.zeros((len(queries), len(self.items) if items is None else len(items)))
        for member, factor in self._used().values():
            total += factor * member.score(queries, items)
        return total.astype(np.float32)

    def shares(self, query: Query, items: Sequence[str]) -> dict[str, Floats]:
        """Return what each member gives to the scores of these items, [C] each; they add up to the score."""
        return {name: factor * member.score([query], items)[0] for name, (member, factor) in self._used().items()}

    @property
    def parts(self) -> tuple[str, ...]:
        """Members, which `mixed` can weigh otherwise."""
        return tuple(self.members)

    def mixed(self, factors: Mapping[str, float]) -> Blend:
        """Return the blend with some members' weights multiplied, as if validation had given these.

        A member that is to count more than once counts as having an even share at least: its weight may be 0.
        """
        even = 1.0 / len(self.members)
        factor = np.array([factors.get(name, 1.0) for name in self.members])
        weight = np.where(factor > 1, np.maximum(self.weight, even), self.weight) * factor
        total = float(weight.sum())
        return replace(self, weight=weight / total) if total > 0 else self

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return weights, divisors, and the arrays of the members under their names."""
        return {"weight": self.weight, "divisor": self.divisor, **pack_members(self.members)}

    def _used(self) -> dict[str, tuple[Fitted, float]]:
        """Members with a weight other than zero, and their factors."""
        factors = (self.weight / self.divisor).tolist()
        return {name: (member, f) for (name, member), f in zip(self.members.items(), factors, strict=True) if f}

    def _contributions(self, query: Query, items: Sequence[str]) -> Contributions:
        """Join the members' units where they share a slot: masking the union takes away what each of them had."""
        found = {
            name: (cast(Any, member).contributions(query, items), factor)
            for name, (member, factor) in self._used().items()
        }
        parts = list(found.values())
        units = joined([unit for part, _ in parts for unit in part.units])
        owner = {slot: row for row, unit in enumerate(units) for slot in unit}
        weight, empty = np.zeros((len(units), len(items))), np.zeros(len(items))
        for part, factor in parts:
            empty += factor * part.empty
            np.add.at(weight, [owner[unit[0]] for unit in part.units], factor * part.weight)
        weight[:, np.isnan(empty)] = np.nan
        shares = {name: factor * (part.empty + part.weight.sum(axis=0)) for name, (part, factor) in found.items()}
        return Contributions(units, weight, empty, shares=shares)


def joined(units: Sequence[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    """Return the finest partition of which every unit is a union: units that share a slot become one."""
    if all(len(unit) == 1 for unit in units):
        return tuple(sorted(set(units)))
    group_of: dict[int, set[int]] = {}
    for unit in units:
        group = set(unit).union(*(group_of[slot] for slot in unit if slot in group_of))
        group_of.update(dict.fromkeys(group, group))
    return tuple(sorted({min(group): tuple(sorted(group)) for group in group_of.values()}.values()))


@dataclass(frozen=True, eq=False)
class Rivals:
    """What the members say of each case's rivals, the target among them."""

    score: Floats  # [Q, K, M] less the query's mean; 0 where there is no rival
    there: Bools  # [Q, K]
    target: Ints  # [Q] place of the target, -1 for a query without one


def members(config: Config) -> tuple[str, ...]:
    """Names of the models that are combined."""
    return tuple(config.members)


def fit(run: Run) -> Blend:
    """Weigh the members on validation; keep earlier weights, or weigh all the same, where there is none."""
    earlier = cast(Blend | None, run.chosen)
    if earlier is not None:
        return Blend(run.catalog.items, run.members, earlier.weight, earlier.divisor)
    if not run.members:
        raise UsageError("Expected members to blend, got none. Change: [models.options.blend] members")
    queries, target = _validation(run)
    judged = len(queries) > 0
    if not judged:
        queries, target = _own_users(run)
    found = collect(run, queries, target)
    divisor = divisors(found)
    run.progress(0.9, "fitting weights")
    scaled = Rivals(found.score / divisor, found.there, found.target)
    weight = weights(scaled, run.config.penalty) if judged else np.ones(len(run.members))
    return Blend(run.catalog.items, run.members, weight / weight.sum(), divisor)


def _validation(run: Run) -> tuple[list[Query], Ints]:
    """Validation queries and the code of the first target of each; only targets that can be on a list."""
    cases = run.validation or Cases((), ())
    target = run.catalog.items.codes([targets[0] for targets in cases.targets]).astype(np.int64)
    on_shelf = run.catalog.available if run.catalog.available is not None else np.ones(len(run.catalog), bool)
    usable = np.flatnonzero((target >= 0) & on_shelf[target])
    taken = np.sort(run.rng.permutation(usable)[: run.config.cases])
    return [cases.queries[place] for place in taken], target[taken]


def _own_users(run: Run) -> tuple[list[Query], Ints]:
    """Histories of the log itself, without targets: enough for the divisors."""
    users = np.sort(run.rng.permutation(np.unique(run.events.user))[: run.config.cases])
    histories = [run.events.history(run.events.rows_of(int(user))) for user in users]
    return [Query(at=float(past.at[-1]), history=past) for past in histories], np.full(len(users), -1)


def collect(run: Run, queries: Sequence[Query], target: Ints) -> Rivals:
    """Score each query's rivals with every member: the best items of each, and the target."""
    rows, places = [], []
    step = max(1, CHUNK_BYTES // (4 * max(1, len(run.catalog))))
    for first in range(0, len(queries), step):
        chunk, own = queries[first : first + step], target[first : first + step]
        run.progress(0.9 * first / len(queries), "scoring the members' best items")
        for codes, scores in _rivals(run, chunk, own):
            rows.append(scores - scores.sum(axis=0) / max(1, len(scores)))
            places.append(codes)
    longest = max(map(len, places), default=0)
    score = np.zeros((len(rows), longest, len(run.members)))
    there = np.zeros((len(rows), longest), bool)
    for q, row in enumerate(rows):
        score[q, : len(row)], there[q, : len(row)] = row, True
    found = [int(np.searchsorted(codes, t)) if t >= 0 else -1 for codes, t in zip(places, target, strict=True)]
    return Rivals(score, there, np.array(found, np.int64))


def _rivals(run: Run, queries: Sequence[Query], target: Ints) -> Iterator[tuple[Ints, Floats]]:
    """Yield codes [K] and scores [K, M] of the rivals of each query."""
    scores = [member.score(queries).astype(np.float64) for member in run.members.values()]
    hidden = np.zeros((len(queries), len(run.catalog)), bool)
    if run.catalog.available is not None:
        hidden[:, ~run.catalog.available] = True
    for row, query, own in zip(hidden, queries, target, strict=True):
        codes = run.catalog.items.codes(list(query.seen))
        if own not in codes:
            row[codes[codes >= 0]] = True
    best = [ranking.best(np.where(hidden, -np.inf, one).astype(np.float32), run.config.rivals) for one in scores]
    for q, own in enumerate(target):
        codes = np.unique(np.concatenate([[own], *(one[q] for one in best)]))
        codes = codes[codes >= 0]
        yield codes.astype(np.int64), np.stack([one[q, codes] for one in scores], axis=1)


def divisors(found: Rivals) -> Floats:
    """Root mean square of each member's scores about their mean in the query, [M]; 1 for one that says nothing."""
    spread: Floats = np.sqrt((found.score**2).sum(axis=(0, 1)) / max(1, int(found.there.sum())))
    return np.where(spread > 0, spread, 1.0)


def weights(found: Rivals, penalty: float) -> Floats:
    """Return the weights of largest likelihood, or all the weight on a member that ranks better alone, [M]."""
    n_members = found.score.shape[2]
    # The choice comes first among its rivals, as the logit wants it.
    order = np.argsort(np.arange(found.score.shape[1]) != found.target[:, None], axis=1, kind="stable")
    features = np.take_along_axis(found.score, order[:, :, None], 1).transpose(0, 2, 1)
    offset = np.where(np.take_along_axis(found.there, order, 1), 0.0, -np.inf)
    zeros = np.zeros(n_members)
    best = logit.fit(features, offset, zeros, np.ones(n_members), penalty / 2, least=zeros)
    alone = np.eye(n_members)
    tried = [best, *alone] if best.sum() > 0 else list(alone)
    return max(tried, key=lambda weight: float(ndcg(weight, found).mean()))


def ndcg(weight: Floats, found: Rivals) -> Floats:
    """NDCG@10 of each case among its rivals, [Q]; ties count against the target."""
    total = np.where(found.there, found.score @ weight, -np.inf)
    own = total[np.arange(len(total)), found.target]
    rank = (total >= own[:, None]).sum(axis=1)
    return ranking.ndcg(rank, np.arange(len(rank) + 1))


def from_arrays(
    arrays: Mapping[str, NDArray[Any]],
    items: Vocabulary,
    config: Config,
    settings: Settings,
    members: Mapping[str, Fitted],
) -> Blend:
    """Make the model again from what `arrays` gave and its members."""
    return Blend(items, members, arrays["weight"], arrays["divisor"])
