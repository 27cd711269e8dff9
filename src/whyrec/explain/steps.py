"""The best causes one after another, for a stated goal: greedily, or with a beam of several sets at a time.

Three goals, since no single order is best for everything:

    less   the score of the item without the causes is the lowest (what a reason means)
    keep   the score with the causes alone is the highest (a sufficient set)
    rank   the item falls as far as it can; equal ranks by its margin to the n-th rival (a necessary set)

`scale` "probability" takes the softmax of the scores over all items, for models whose scores are logits. A greedy run
(width 1) gives nested sets and so an order; with a beam the best sets of each size need not be nested. Given orders
(leave-one-out, recency, Shapley) are tried beside the sets that grow, so that a search is never worse than what it
starts from. Every set is scored by masking; the budget counts masked queries, and a search whose budget ends gives
the sizes that it finished.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from whyrec.core.types import Bools, Floats, Ints
from whyrec.explain.contest import Contest, standing
from whyrec.explain.occlusion import members, scored
from whyrec.explain.search import Budget

GOALS = ("less", "keep", "rank")
RANK = 1e6
"""A place counts more than any margin."""


def best_sets(
    contest: Contest,
    goal: str,
    largest: int,
    budget: Budget,
    width: int = 1,
    seeds: Sequence[Sequence[int]] = (),
    scale: str = "score",
) -> list[tuple[int, ...]]:
    """Return the best set of causes found of each size 1, 2, ... up to `largest`, as places in `contest.units`.

    `seeds` are orders of all units, best first; used with width above 1 only, since a greedy run must stay nested.
    """
    n = len(contest.units)
    held: list[tuple[int, ...]] = [()]
    found: list[tuple[int, ...]] = []
    for size in range(1, min(largest, n) + 1):
        grown = {tuple(sorted((*one, u))) for one in held for u in range(n) if u not in one}
        if width > 1:
            grown |= {tuple(sorted(order[:size])) for order in seeds}
        options = sorted(grown)
        if budget.take(len(options)) < len(options):
            break
        chosen = np.zeros((len(options), n), bool)
        for row, option in enumerate(options):
            chosen[row, list(option)] = True
        value = values(contest, chosen, goal, scale)
        held = [options[row] for row in np.argsort(-value, kind="stable")[:width]]
        found.append(held[0])
    return found


def order(
    contest: Contest, goal: str, largest: int, budget: Budget, rest: Sequence[int] | Ints, scale: str = "score"
) -> list[int]:
    """Return an order of all units: the greedy steps for a goal first, then the others as they are in `rest`."""
    steps = best_sets(contest, goal, largest, budget, scale=scale)
    nested: list[int] = []
    for one in steps:
        nested += [u for u in one if u not in nested]
    return nested + [int(u) for u in rest if u not in nested]


def values(contest: Contest, chosen: Bools, goal: str, scale: str = "score") -> Floats:
    """How well each set of causes [S, U] does for a goal, higher is better."""
    holds = members(contest.units, len(contest.query.history))
    live = contest.query.history.live()
    slots = chosen.astype(np.float32) @ holds.astype(np.float32) > 0
    removed = (live[~row[live]] if goal == "keep" else np.flatnonzero(row) for row in slots)
    blocks = scored(contest.score, (contest.query.without(row) for row in removed), len(contest.items))
    return np.concatenate([_values(contest, block.astype(np.float64), goal, scale) for block in blocks])


def _values(contest: Contest, scores: Floats, goal: str, scale: str) -> Floats:
    if goal == "rank":
        rank, margin = standing(contest, scores)
        fallen: Floats = RANK * rank.astype(np.float64) + np.clip(margin, -RANK / 2, RANK / 2)
        return fallen
    own: Floats = scores[:, contest.item]
    if scale == "probability":
        largest = np.nanmax(scores, axis=1, keepdims=True)
        own = own - largest[:, 0] - np.log(np.nansum(np.exp(scores - largest), axis=1))
    return own if goal == "keep" else -own
