"""Weights of an additive model from validation: what was wanted, held against its rivals, in a sample of the cases.

The conditional logit (learn/logit) finds weights; sharpening (learn/sharpen) moves groups of them by what lists gain.

Shape letters: N cases, F features, R candidates with the wanted item in front, I items, Q queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import Bools, Floats, Floats32, Ints, Query, Scorer
from whyrec.data.split import Cases
from whyrec.learn import additive, logit, sharpen
from whyrec.learn.judge import repeats
from whyrec.learn.run import Run

MOST_SCORES = 100_000_000
"""Scores that weighing may look at: fewer cases where the catalogue is larger,"""
LEAST_CASES = 500
"""but so many in any case."""
LEAST_SPREAD = 0.05
"""A feature that spreads less than this is penalised as if it spread so far: it has said too little to be trusted."""

PARTS = (0.5, 1.0, 2.0)
"""What the learned step away from the defaults of a group is multiplied with."""
SURELY = 2.0
"""Standard errors that a group must gain to be taken: there are many groups, and one of them is always lucky."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """The wanted item and its rivals: features [N, F, R], scores and logarithms of how many each stands for [N, R]."""

    features: Floats32
    scores: Floats32
    offset: Floats32

    def __len__(self) -> int:
        return len(self.scores)


def sample(run: Run, most: int) -> Cases:
    """Take at most so many validation cases, by chance; fewer where the catalogue is large."""
    cases = Cases((), ()) if run.validation is None else run.validation
    most = min(most, max(LEAST_CASES, MOST_SCORES // max(1, len(run.catalog))))
    return cases.take(np.sort(run.rng.permutation(len(cases))[:most]))


def candidates(
    run: Run,
    most: int,
    rivals: int,
    known: Bools,
    score: Scorer,
    described: Callable[[Sequence[Query], Ints], Iterable[NDArray[Any]]],
) -> Candidates:
    """Describe wanted items and `rivals` hard and as many random others in a sample of the cases.

    All of them are among the items `known` [I]. `described` says what each weight is multiplied with for the items of
    these codes [Q, R] of each query, [Q, R] each.
    """
    cases = sample(run, most)
    wanted = run.catalog.items.codes([targets[0] for targets in cases.targets])
    judged = np.append(known, False)[wanted]  # the last is for wanted items that are in no table
    cases, wanted = cases.take(np.flatnonzero(judged)), wanted[judged]
    found: tuple[list[Floats32], ...] = ([], [], [])
    first = 0
    for scores, queries in _scored(score, cases, len(known)):
        here = slice(first, first + len(scores))
        codes, stands_for = logit.rivals(np.where(known, scores, -np.inf), wanted[here], rivals, run.rng)
        found[0].append(np.stack([*described(queries, codes)], axis=1).astype(np.float32))
        found[1].append(np.take_along_axis(scores, codes, 1))
        found[2].append(np.where(known[codes], stands_for, np.float32(-np.inf)))
        first += len(scores)
        run.progress(0.9 + 0.1 * first / len(cases), "weighing")
    if not len(cases):
        none = np.zeros((0, 1), np.float32)
        return Candidates(none[:, :, None], none, none)
    return Candidates(*(np.concatenate(part) for part in found))


def learn(
    seen: Candidates, default: Floats, groups: Sequence[str], held: Sequence[str], least: Floats, penalty: float
) -> Floats:
    """Return the weights [F] that suit the candidates best, `default` where there are none.

    `groups` [F] names what each weight belongs to; weights of the groups `held` are learned in any case, the others
    only where that is surely better than their defaults. None falls below `least` [F].
    """
    if not len(seen):
        return default
    scale = np.maximum(seen.features.std(axis=(0, 2)), LEAST_SPREAD).astype(np.float64)
    learned = logit.fit(seen.features, seen.offset, default, scale, penalty / len(seen), least)
    fixed = np.isin(groups, held)
    places = np.where(fixed, -1, np.unique(groups, return_inverse=True)[1])
    begin = (np.where(fixed, learned, default), learned)
    return np.maximum(sharpen.sharpen(begin, places, seen.features, seen.offset), least)


def extend(
    seen: Candidates,
    default: Floats,
    groups: Sequence[str],
    least: Floats,
    penalty: float,
    gain: Callable[[Floats], Floats],
) -> Floats:
    """Return weights [F] of features that come to a score which is weighed already, feature 0, whose weight stays 1.

    They are `default` but for those groups (`groups` [F] names them) whose learned weights make surely better lists.
    None falls below `least` [F]. `gain` says what cases gain, [N], from lists of the whole catalogue with such weights:
    the candidates only propose, since what a new feature lifts was no hard rival before, and a random rival that
    stands for many is drawn too seldom to be believed.
    """
    if not len(seen):
        return default
    scale = np.maximum(seen.features.std(axis=(0, 2)), LEAST_SPREAD).astype(np.float64)
    learned = logit.fit(seen.features, seen.offset, default, scale, penalty / len(seen), least)
    learned = np.maximum(learned / learned[0], least)  # a likelihood likes a flatter score, a list has its own scale
    found, total = default.copy(), np.einsum("f,nfr->nr", default, seen.features)
    proposed, gained = sharpen.gain(total, seen.offset), gain(default)
    open_groups = {name: np.flatnonzero(np.array(groups) == name) for name in dict.fromkeys(groups[1:])}
    while open_groups:
        tried = {}
        for name, own in open_groups.items():
            change = np.einsum("f,nfr->nr", learned[own] - default[own], seen.features[:, own])
            for part in PARTS:
                tried[name, part] = sharpen.gain(total + part * change, seen.offset), change
        (name, part), (promised, change) = max(tried.items(), key=lambda one: float(one[1][0].mean()))
        if not sharpen.surer(promised, proposed, SURELY):
            break
        own = open_groups.pop(name)
        more = found.copy()
        more[own] = np.maximum(default[own] + part * (learned[own] - default[own]), least[own])
        kept = gain(more)
        if sharpen.surer(kept, gained, SURELY):
            found, total, proposed, gained = more, total + part * change, promised, kept
    return found


def best(run: Run, cases: Cases, score: Scorer, parts: Sequence[Bools]) -> list[Floats32]:
    """Return the highest scores of a list within each part of the catalogue [I], [N, sharpen.LIST] each.

    Items that a shopper had do not count where the shop hides them; minus infinity where there are fewer.
    """
    n = min(sharpen.LIST, len(run.catalog))
    found: list[list[Floats32]] = [[] for _ in parts]
    for scores, _ in _listed(run, cases, score):
        for rows, part in zip(found, parts, strict=True):
            rows.append(-np.partition(-np.where(part, scores, np.float32(-np.inf)), n - 1, axis=1)[:, :n])
    return [np.concatenate(rows) for rows in found]


def gains(run: Run, cases: Cases, score: Scorer, known: Bools) -> Floats:
    """NDCG@10 of each case, [N], in the whole of the items `known` [I]; 0 for one whose wanted item is not of them.

    Items that a shopper had do not count where the shop hides them. Half of those with the same score are before it.
    """
    wanted = run.catalog.items.codes([targets[0] for targets in cases.targets])
    found, first = np.zeros(len(cases)), 0
    for scores, queries in _listed(run, cases, score):
        code = wanted[first : first + len(queries)]
        judged = np.flatnonzero(np.append(known, False)[code])  # the last is for wanted items that are in no table
        rows = np.where(known, scores[judged], -np.inf)
        own = np.take_along_axis(rows, code[judged, None].astype(np.int64), 1)
        place = 1.0 + (rows > own).sum(axis=1) + 0.5 * ((rows == own).sum(axis=1) - 1)
        found[first + judged] = np.where(np.isfinite(own[:, 0]), sharpen.of_place(place), 0.0)
        first += len(queries)
    return found


def _listed(run: Run, cases: Cases, score: Scorer) -> Iterator[tuple[Floats32, tuple[Query, ...]]]:
    """Yield scores and queries, minus infinity for what the shop hides because a shopper had it."""
    hide = not repeats(run.events, run.settings)
    for scores, queries in _scored(score, cases, len(run.catalog)):
        if hide:
            for row, query in zip(scores, queries, strict=True):
                codes = run.catalog.items.codes(list(query.seen))
                row[codes[codes >= 0]] = -np.inf
        yield scores, queries


def _scored(score: Scorer, cases: Cases, n_items: int) -> Iterator[tuple[Floats32, tuple[Query, ...]]]:
    step = max(1, additive.CHUNK_BYTES // (8 * max(1, n_items)))
    for first in range(0, len(cases), step):
        queries = cases.queries[first : first + step]
        yield score(queries), queries
