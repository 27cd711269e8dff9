"""Sets of causes that do something, found by growing them one cause at a time. Three goals, since no order is best for
everything:

    less   the score of the item without the causes is the lowest     the order of reasons
    leave  without the causes the item is off the list                a necessary set
    stay   with the causes alone the item is on the list              a sufficient set

A set that leaves or stays is only given where it was run: the rank before and after are ranks of a scored query, and
dropping any one cause from the set was run too and no longer works (unless the budget ended first). How a set is
found is another matter. The same steps, prefixes of orders and pruning work on two kinds of trial:
- measured: score masked queries. For any scorer; costs rows of the budget, each set once.
- predicted: add up exact contributions of the item and of its best rivals. For additive models; costs no scoring.
  The plan is made on few rivals, run on all, and made again with the rivals that came up.

Width 1 is greedy; a beam keeps several sets of each size, tries prefixes of the given orders (leave-one-out, recency,
Shapley) beside them, and all causes. A greedy search chooses from the causes that do most alone or by such an order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import Bools, Counterfactual, Floats, Ints
from whyrec.explain.contest import Contest, Parts, margin_of, next_of, parts_of, rank_of, ranks, standing, strongest
from whyrec.explain.exact import Unit
from whyrec.explain.occlusion import by_item, members, scored
from whyrec.explain.steps import Trial, descending, exchange, first_of, grow, inside, plan, prune, within

GOALS = ("less", "leave", "stay")
SIZE = 5
"""Reasons whose order is searched; the others follow by weight."""
POOL = 20
"""Causes that a greedy search chooses from where each trial costs a scored row; four times as many where none."""
NEAR = 3000
"""Rivals that a necessary set is looked for among where trials are scored; it is run among all of them."""
BEAM = 10
"""Sets of each size that a beam keeps."""
ROUNDS = 4
"""Plans that are made and run before a search gives up."""
RANK = 1e6
"""A place counts for more than any distance of scores."""


@dataclass
class Budget:
    """Masked queries that may still be scored; the one thing here that changes."""

    left: int

    def take(self, rows: int) -> int:
        """Return how many of these rows may be scored, and count them."""
        granted = max(0, min(rows, self.left))
        self.left -= granted
        return granted


def necessary(
    contest: Contest, weights: Sequence[Floats], budget: Budget, largest: int, width: int = 1
) -> Counterfactual | None:
    """Return the smallest set found whose removal puts the item behind place n, or None.

    `weights` [U] each are what the item's score loses without each unit, by one way to say so or by several. Single
    events are tried first; where they do not do it within `largest` causes, all events of an item count as one cause.
    """
    return _search(contest, "leave", weights, budget, largest, width)


def sufficient(
    contest: Contest, weights: Sequence[Floats], budget: Budget, largest: int, width: int = 1
) -> Counterfactual | None:
    """Return the smallest set found that alone keeps the item within the first n, or None. May be the empty set."""
    return _search(contest, "stay", weights, budget, largest, width)


def order(
    contest: Contest, goal: str, weights: Sequence[Floats], budget: Budget, size: int = SIZE, width: int = 1
) -> list[int]:
    """Return an order of all units: the `size` that do most for a goal together, then the others.

    Greedily each cause is the one that does most beside those before it, unless the beginning of a given order does
    more in the end. A beam finds the set as a whole, exchanges causes while that helps, and puts the members into an
    order greedily. The others follow by what each does beside those before it, or by the first weights.
    """
    trial, n = measured(contest, goal, budget), len(contest.units)
    orders = _orders(contest, weights)
    pool = _pool(trial, n, orders, width)
    if width > 1:
        among = inside(trial, pool, n)
        found = grow(among, len(pool), size, width, within(orders, pool), stop=False)
        pool = pool[exchange(among, found[-1][0])] if found else pool[:0]
    steps: list[int] = []
    for chosen, _ in grow(inside(trial, pool, n), len(pool), size, stop=False):
        steps += [int(u) for u in pool[chosen] if u not in steps]
    if width > 1:
        steps += [int(u) for u in orders[0] if u in pool and u not in steps]
    begun = [steps, *(one[: len(steps)].tolist() for one in orders)]
    _, value = trial(np.array([np.isin(np.arange(n), one) for one in begun]))
    steps = begun[int(value.argmax())]
    rest = [int(u) for u in orders[0] if u not in steps]
    if goal != "less":
        return steps + rest
    rest = _beside(trial, steps, rest)
    more = rest[: max(0, n // 2 - len(steps))]  # what comes last is judged once more, with half of all away
    return steps + more + _beside(trial, steps + more, rest[len(more) :])


def _beside(trial: Trial, away: Sequence[int], rest: Sequence[int]) -> list[int]:
    """Return these units by what each does when others are away already."""
    n = len(away) + len(rest)
    return [rest[k] for k in descending(trial(np.eye(n, dtype=bool)[rest] | np.isin(np.arange(n), away))[1])]


def best_sets(
    contest: Contest, goal: str, weights: Sequence[Floats], budget: Budget, largest: int, width: int = BEAM
) -> list[tuple[int, ...]]:
    """Return the best set of units found of each size up to `largest`; the sizes that the budget was enough for."""
    trial, orders = measured(contest, goal, budget), _orders(contest, weights)
    pool = _pool(trial, len(contest.units), orders, width)
    seeds = within(orders, pool) if width > 1 else ()
    found = grow(inside(trial, pool, len(contest.units)), len(pool), largest, width, seeds, stop=False)
    return [tuple(sorted(int(u) for u in pool[chosen])) for chosen, _ in found]


def measured(contest: Contest, goal: str, budget: Budget) -> Trial:
    """Return a trial of sets of all units [S, U] that scores masked queries, no set twice.

    Scores are rough where the contest has such. Sets beyond the budget count as far from the goal.
    """
    holds = members(contest.units, len(contest.query.history)).astype(np.float32)
    known: dict[bytes, tuple[bool, float]] = {}
    if goal != "stay" and contest.without is not None:
        alone = np.eye(len(contest.units), dtype=bool)
        known = dict(zip(map(bytes, alone), _judged(contest, contest.without, goal), strict=True))

    def trial(chosen: Bools) -> tuple[Bools, Floats]:
        keys = [bytes(row) for row in chosen]
        new = {key: row for key, row in zip(keys, chosen, strict=True) if key not in known}
        names = list(new)[: budget.take(len(new))]
        held = np.array([new[name] for name in names], np.float32).reshape(len(names), len(holds)) @ holds > 0
        queries = (contest.query.without(_removed(contest, row, goal)) for row in held)
        blocks = scored(contest.rough or contest.score, queries, len(contest.items))
        found = (one for block in blocks for one in _judged(contest, block, goal))
        known.update(zip(names, found, strict=True))
        judged = [known.get(key, (False, -np.inf)) for key in keys]
        return np.array([done for done, _ in judged], bool), np.array([value for _, value in judged], np.float64)

    return trial


def _judged(contest: Contest, scores: NDArray[np.floating], goal: str) -> list[tuple[bool, float]]:
    """Which rows of scores of all items [S, I] reach the goal, and how near each comes to it."""
    if goal == "less":
        return [(False, -float(value)) for value in contest.value(scores)]
    rank, below = standing(contest, scores)
    value = contest.value(scores) if goal == "stay" else _fallen(rank, below)
    done = rank <= contest.n if goal == "stay" else rank > contest.n
    return list(zip(done.tolist(), value.tolist(), strict=True))


def _fallen(rank: Ints, below: Floats) -> Floats:
    """How far the item has fallen: by its rank, and by how near the next rival is among equal ranks."""
    fallen = RANK * rank + np.clip(below, -RANK / 3, RANK / 3)
    return fallen.astype(np.float64)


def predicted(weight: Floats, base: Floats, first: Bools, n: int, goal: str) -> Trial:
    """Return a trial that adds up contributions: weight [P, 1+C] and base [1+C], the item's column first."""
    sign = 1.0 if goal == "stay" else -1.0

    def trial(chosen: Bools) -> tuple[Bools, Floats]:
        scores = base + sign * (chosen @ weight)
        own, rivals = scores[:, 0], scores[:, 1:]
        rank = rank_of(own, rivals, first)
        if goal == "stay":
            return rank <= n, -margin_of(own, rivals, n)
        return rank > n, _fallen(rank, next_of(own, rivals, first))

    return trial


def _removed(contest: Contest, held: Bools, goal: str) -> Ints:
    """Slots that are masked when the causes that hold these slots are chosen."""
    live = contest.query.history.live()
    return live[~held[live]] if goal == "stay" else np.flatnonzero(held)


def _search(
    contest: Contest, goal: str, weights: Sequence[Floats], budget: Budget, largest: int, width: int
) -> Counterfactual | None:
    keep = goal == "stay"
    before, bare = ranks(contest, np.stack([contest.full, contest.empty]))
    if before > contest.n:
        return None
    if keep and bare <= contest.n:
        return _record(contest, np.zeros(len(contest.query.history), bool), goal, int(before), int(bare))
    for level in _levels(contest):
        if level.parts is None:
            joined = [_joined(contest.units, level.units, weight) for weight in weights]
            found = _direct(level if keep else level.near(NEAR), goal, joined, budget, largest, width)
            if found is not None:  # that each cause is needed holds among all rivals, to the last digit
                chosen = np.isin(np.arange(len(level.units)), found)
                exact = measured(replace(level, rough=None, without=None), goal, budget)
                found = np.flatnonzero(prune(exact, chosen))
        else:
            found = _guided(level, goal, level.parts, budget, largest, width)
        if found is not None:
            held = _slots(level, found)
            after = ranks(contest, contest.score([contest.query.without(_removed(contest, held, goal))]))[0]
            if (after <= contest.n) == keep:
                return _record(contest, held, goal, int(before), int(after))
    return None


def _levels(contest: Contest) -> list[Contest]:
    """The contest by its own units, then by items, where an item has several units."""
    units = tuple(unit for unit in contest.units if min(unit) >= 0)
    joined = by_item(contest.query.history, units)
    if len(joined) == len(units):
        return [contest] if units else []
    return [contest, replace(contest, units=joined, without=None)]


def _direct(
    contest: Contest, goal: str, weights: Sequence[Floats], budget: Budget, largest: int, width: int
) -> Ints | None:
    """Search by scoring: orders by weight and by recency, then by growing. Returns the chosen units."""
    trial, orders = measured(contest, goal, budget), _orders(contest, weights)
    pool = _pool(trial, len(contest.units), orders, width)
    chosen, reached = plan(inside(trial, pool, len(contest.units)), within(orders, pool), largest, width)
    return pool[chosen] if reached else None


def _guided(contest: Contest, goal: str, parts: Parts, budget: Budget, largest: int, width: int) -> Ints | None:
    """Search by exact contributions, then run. Returns the chosen units."""
    run = measured(contest, goal, budget)
    for _ in range(ROUNDS):
        rivals = parts.codes[contest.allowed[parts.codes] & (parts.codes != contest.item)]
        weight, base = _columns(contest, parts, np.concatenate([[contest.item], rivals]), goal)
        gap = weight[:, 0] - weight[:, 1:].mean(axis=1) if len(rivals) else weight[:, 0]
        pool = first_of(4 * POOL, descending(weight[:, 0])[: 2 * POOL], descending(gap)[: 2 * POOL])
        orders = [descending(weight[pool, 0]), descending(gap[pool])]
        trial = predicted(weight[pool], base, rivals < contest.item, contest.n, goal)
        chosen, _ = plan(trial, orders, largest, width)
        if not budget.take(1):
            return None
        scores = contest.score([contest.query.without(_removed(contest, _slots(contest, pool[chosen]), goal))])
        if (ranks(contest, scores)[0] <= contest.n) == (goal == "stay"):
            return pool[prune(inside(run, pool, len(contest.units)), chosen)]
        missing = np.setdiff1d(strongest(scores[0], contest.rivals, contest.n), parts.codes)
        if not len(missing):
            return None
        codes = np.concatenate([parts.codes, missing])
        parts = parts_of(parts.contribute, contest.query, contest.items, codes)
    return None


def _orders(contest: Contest, weights: Sequence[Floats]) -> list[Ints]:
    """Orders of all units: by each of the weights, and the newest first."""
    newest = np.array([max(unit) for unit in contest.units], np.int64)
    return [*map(descending, weights), descending(newest)]


def _pool(trial: Trial, n_causes: int, orders: Sequence[Ints], width: int) -> Ints:
    """Causes to choose from: all for a beam, else those that do most alone, and the first of each order."""
    if width > 1 or n_causes <= POOL:
        return np.arange(n_causes)
    _, alone = trial(np.eye(n_causes, dtype=bool))
    return first_of(POOL, descending(alone)[: POOL // 2], *(order[: POOL // 4] for order in orders), *orders)


def _columns(contest: Contest, parts: Parts, codes: Ints, goal: str) -> tuple[Floats, Floats]:
    """Parts of these items by the contest's units [U, C], and the scores [C] that a search starts from."""
    column = np.searchsorted(parts.codes, codes)
    weight, empty = parts.weight[:, column], parts.empty[column]
    return _joined(parts.units, contest.units, weight), empty if goal == "stay" else empty + weight.sum(axis=0)


def _joined(fine: Sequence[Unit], coarse: Sequence[Unit], weights: Floats) -> Floats:
    """Add up the weights [U, ...] of fine units within the coarse units that hold them."""
    if tuple(fine) == tuple(coarse):
        return weights
    owner = {slot: row for row, unit in enumerate(coarse) for slot in unit}
    rows = np.array([owner.get(unit[0], -1) for unit in fine], np.int64)
    total = np.zeros((len(coarse), *weights.shape[1:]))
    np.add.at(total, rows[rows >= 0], weights[rows >= 0])
    return total


def _slots(contest: Contest, units: Iterable[int]) -> Bools:
    """Which slots these units hold, [T]."""
    held = np.zeros(len(contest.query.history), bool)
    held[[slot for u in units for slot in contest.units[u]]] = True
    return held


def _record(contest: Contest, held: Bools, goal: str, before: int, after: int) -> Counterfactual:
    event_id = contest.query.history.event_id
    slots = tuple(int(slot) for slot in _removed(contest, held, goal))
    kept = tuple(int(slot) for slot in np.flatnonzero(held)) if goal == "stay" else ()
    return Counterfactual(
        remove=tuple(str(event_id[slot]) for slot in slots),
        slots=slots,
        rank_before=before,
        rank_after=after,
        kept=tuple(str(event_id[slot]) for slot in kept),
        kept_slots=kept,
    )
