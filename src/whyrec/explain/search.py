"""Necessary and sufficient sets: the smallest sets of causes found that put an item out of the list, or keep it in.

A set is only given where it was run: the rank before and after are ranks of a scored query, and dropping any one
cause from the set was run too and no longer works (unless the budget ended first). How a set is found is another
matter. The same greedy steps, prefixes of orders and pruning work on two kinds of trial:
- measured: score masked queries. For any scorer; costs rows of the budget.
- predicted: add up exact contributions of the item and of its best rivals. For additive models; costs no scoring.
  The plan is made on few rivals, run on all, and made again with the rivals that came up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import Bools, Counterfactual, Floats, Ints
from whyrec.explain.contest import Contest, Parts, margin_of, parts_of, rank_of, ranks, standing, strongest
from whyrec.explain.exact import Unit
from whyrec.explain.occlusion import by_item, members, scored

POOL = 40
"""Causes that a search chooses from: the largest by weight, and as many by another order."""
ROUNDS = 4
"""Plans that are made and run before a search gives up."""

Trial: TypeAlias = Callable[[Bools], tuple[Bools, Floats]]
"""Chosen causes [S, P] -> (which sets reach the goal [S], how near each comes to it [S])."""


@dataclass
class Budget:
    """Masked queries that may still be scored; the one thing here that changes."""

    left: int

    def take(self, rows: int) -> int:
        """Return how many of these rows may be scored, and count them."""
        granted = max(0, min(rows, self.left))
        self.left -= granted
        return granted


def necessary(contest: Contest, weights: Floats, budget: Budget, largest: int) -> Counterfactual | None:
    """Return the smallest set found whose removal puts the item behind place n, or None.

    `weights` [U] are what the item's score loses without each unit. Single events are tried first; where they do
    not do it within `largest` causes, all events of an item count as one cause.
    """
    return _search(contest, weights, budget, largest, keep=False)


def sufficient(contest: Contest, weights: Floats, budget: Budget, largest: int) -> Counterfactual | None:
    """Return the smallest set found that alone keeps the item within the first n, or None. May be the empty set."""
    return _search(contest, weights, budget, largest, keep=True)


def measured(contest: Contest, pool: Sequence[int] | Ints, keep: bool, budget: Budget) -> Trial:
    """Return a trial that scores masked queries; sets beyond the budget count as far from the goal."""
    holds = members([contest.units[u] for u in pool], len(contest.query.history))

    def trial(chosen: Bools) -> tuple[Bools, Floats]:
        done, gain = np.zeros(len(chosen), bool), np.full(len(chosen), -np.inf)
        if rows := budget.take(len(chosen)):
            removed = (_removed(contest, holds[row].any(axis=0), keep) for row in chosen[:rows])
            queries = (contest.query.without(slots) for slots in removed)
            reached = [
                _reached(*standing(contest, block), contest.n, keep)
                for block in scored(contest.score, queries, len(contest.items))
            ]
            done[:rows] = np.concatenate([block for block, _ in reached])
            gain[:rows] = np.concatenate([block for _, block in reached])
        return done, gain

    return trial


def predicted(weight: Floats, base: Floats, first: Bools, n: int, keep: bool) -> Trial:
    """Return a trial that adds up contributions: weight [P, 1+C] and base [1+C], the item's column first."""
    sign = 1.0 if keep else -1.0

    def trial(chosen: Bools) -> tuple[Bools, Floats]:
        scores = base + sign * (chosen @ weight)
        return _goal(scores[:, 0], scores[:, 1:], first, n, keep)

    return trial


def greedy(trial: Trial, n_causes: int, largest: int) -> tuple[Bools, bool]:
    """Add the cause that comes nearest to the goal until it is reached: (chosen [P], reached)."""
    chosen = np.zeros(n_causes, bool)
    for _ in range(min(largest, n_causes)):
        rest = np.flatnonzero(~chosen)
        options = np.repeat(chosen[None], len(rest), axis=0)
        options[np.arange(len(rest)), rest] = True
        done, gain = trial(options)
        if not done.any() and np.isneginf(gain).all():
            break
        best = int(np.lexsort((gain, done))[-1])
        chosen = options[best]
        if done[best]:
            return chosen, True
    return chosen, False


def prefix(trial: Trial, order: Sequence[int] | Ints, largest: int) -> Bools | None:
    """Return the shortest beginning of an order of causes that reaches the goal, or None."""
    place_of = np.argsort(order)
    options = place_of[None] < np.arange(1, min(largest, len(order)) + 1)[:, None]
    done, _ = trial(options)
    return options[int(done.argmax())] if done.any() else None


def prune(trial: Trial, chosen: Bools) -> Bools:
    """Drop causes, one at a time, while the goal is still reached without them. No cause at all never reaches it."""
    while chosen.sum() > 1:
        held = np.flatnonzero(chosen)
        options = np.repeat(chosen[None], len(held), axis=0)
        options[np.arange(len(held)), held] = False
        done, gain = trial(options)
        if not done.any():
            break
        chosen = options[int(np.where(done, gain, -np.inf).argmax())]
    return chosen


def plan(trial: Trial, orders: Sequence[Ints], largest: int) -> tuple[Bools, bool]:
    """Return the smallest set found from prefixes of the orders and greedily: (chosen [P], reached)."""
    found = [prune(trial, chosen) for order in orders if (chosen := prefix(trial, order, largest)) is not None]
    smallest = min(found, key=lambda chosen: int(chosen.sum()), default=None)
    smaller = largest if smallest is None else int(smallest.sum()) - 1
    chosen, reached = greedy(trial, len(orders[0]), smaller)
    if reached:
        return prune(trial, chosen), True
    return (chosen, False) if smallest is None else (smallest, True)


def _goal(
    own: NDArray[np.floating], rivals: NDArray[np.floating], first: Bools, n: int, keep: bool
) -> tuple[Bools, Floats]:
    """Which rows reach the goal, and how near each comes to it."""
    return _reached(rank_of(own, rivals, first), margin_of(own, rivals, n), n, keep)


def _reached(rank: Ints, margin: Floats, n: int, keep: bool) -> tuple[Bools, Floats]:
    return (rank <= n, -margin) if keep else (rank > n, margin)


def _removed(contest: Contest, held: Bools, keep: bool) -> Ints:
    """Slots that are masked when the causes that hold these slots are chosen."""
    live = contest.query.history.live()
    return live[~held[live]] if keep else np.flatnonzero(held)


def _search(contest: Contest, weights: Floats, budget: Budget, largest: int, keep: bool) -> Counterfactual | None:
    before, bare = ranks(contest, np.stack([contest.full, contest.empty]))
    if before > contest.n:
        return None
    if keep and bare <= contest.n:
        return _record(contest, np.zeros(len(contest.query.history), bool), keep, int(before), int(bare))
    for level in _levels(contest):
        if level.parts is None:
            found = _direct(level, _joined(contest.units, level.units, weights), budget, largest, keep)
        else:
            found = _guided(level, level.parts, budget, largest, keep)
        if found is not None:
            held = _slots(level, found)
            after = ranks(contest, contest.score([contest.query.without(_removed(contest, held, keep))]))[0]
            if (after <= contest.n) == keep:
                return _record(contest, held, keep, int(before), int(after))
    return None


def _levels(contest: Contest) -> list[Contest]:
    """The contest by its own units, then by items, where an item has several units."""
    units = tuple(unit for unit in contest.units if min(unit) >= 0)
    joined = by_item(contest.query.history, units)
    levels = [units] if len(joined) == len(units) else [units, joined]
    return [replace(contest, units=level) for level in levels if level]


def _direct(contest: Contest, weights: Floats, budget: Budget, largest: int, keep: bool) -> Ints | None:
    """Search by scoring: orders by weight and by recency, then greedy. Returns the chosen units."""
    newest = np.array([max(unit) for unit in contest.units])
    pool = _first_of(POOL, _descending(weights)[: POOL * 3 // 4], _descending(newest))
    orders = [_descending(weights[pool]), _descending(newest[pool])]
    chosen, reached = plan(measured(contest, pool, keep, budget), orders, largest)
    return pool[chosen] if reached else None


def _guided(contest: Contest, parts: Parts, budget: Budget, largest: int, keep: bool) -> Ints | None:
    """Search by exact contributions, then run. Returns the chosen units."""
    for _ in range(ROUNDS):
        rivals = parts.codes[contest.allowed[parts.codes] & (parts.codes != contest.item)]
        weight, base = _columns(contest, parts, np.concatenate([[contest.item], rivals]), keep)
        gap = weight[:, 0] - weight[:, 1:].mean(axis=1) if len(rivals) else weight[:, 0]
        pool = _first_of(2 * POOL, _descending(weight[:, 0])[:POOL], _descending(gap)[:POOL])
        orders = [_descending(weight[pool, 0]), _descending(gap[pool])]
        trial = predicted(weight[pool], base, rivals < contest.item, contest.n, keep)
        chosen, _ = plan(trial, orders, largest)
        if not budget.take(1):
            return None
        scores = contest.score([contest.query.without(_removed(contest, _slots(contest, pool[chosen]), keep))])
        if (ranks(contest, scores)[0] <= contest.n) == keep:
            return pool[prune(measured(contest, pool, keep, budget), chosen)]
        missing = np.setdiff1d(strongest(scores[0], contest.rivals, contest.n), parts.codes)
        if not len(missing):
            return None
        codes = np.concatenate([parts.codes, missing])
        parts = parts_of(parts.contribute, contest.query, contest.items, codes)
    return None


def _columns(contest: Contest, parts: Parts, codes: Ints, keep: bool) -> tuple[Floats, Floats]:
    """Parts of these items by the contest's units [U, C], and the scores [C] that a search starts from."""
    column = np.searchsorted(parts.codes, codes)
    weight, empty = parts.weight[:, column], parts.empty[column]
    return _joined(parts.units, contest.units, weight), empty if keep else empty + weight.sum(axis=0)


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


def _descending(values: NDArray[Any]) -> Ints:
    return np.argsort(-values, kind="stable")


def _first_of(n: int, *orders: Ints) -> Ints:
    """The first n different entries of several orders, one order after another."""
    return np.array(list(dict.fromkeys(np.concatenate(orders)))[:n], np.int64)


def _record(contest: Contest, held: Bools, keep: bool, before: int, after: int) -> Counterfactual:
    event_id = contest.query.history.event_id
    slots = tuple(int(slot) for slot in _removed(contest, held, keep))
    kept = tuple(int(slot) for slot in np.flatnonzero(held)) if keep else ()
    return Counterfactual(
        remove=tuple(str(event_id[slot]) for slot in slots),
        slots=slots,
        rank_before=before,
        rank_after=after,
        kept=tuple(str(event_id[slot]) for slot in kept),
        kept_slots=kept,
    )
