"""The steps that every search takes: sets of causes grow, are cut from orders, and are pruned, whatever tries them out.

A trial says of each set whether it reaches a goal and how near it comes; `search` makes trials by scoring masked
queries or by adding up contributions. Sets are rows of booleans over P causes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import Bools, Floats, Ints

Trial: TypeAlias = Callable[[Bools], tuple[Bools, Floats]]
"""Chosen causes [S, P] -> (which sets reach the goal [S], how near each comes to it [S])."""


def grow(
    trial: Trial, n_causes: int, largest: int, width: int = 1, seeds: Sequence[Ints] = (), stop: bool = True
) -> list[tuple[Bools, bool]]:
    """Add causes one at a time; return for each size the best set found and whether it reaches the goal.

    The `width` best sets of a size are grown on, and the beginnings of the orders `seeds` are tried beside them. Ends
    with the first size that reaches the goal where `stop`, and where the budget has ended.
    """
    held = np.zeros((1, n_causes), bool)
    found: list[tuple[Bools, bool]] = []
    for size in range(1, min(largest, n_causes) + 1):
        options = (held[:, None] | np.eye(n_causes, dtype=bool)).reshape(-1, n_causes)
        options = options[options.sum(axis=1) == size]
        if seeds:
            options = np.concatenate([options, *([np.argsort(order) < size] for order in seeds)])
        options = np.unique(options, axis=0) if len(held) > 1 or seeds else options
        done, value = trial(options)
        if not (stop and done.any()) and np.isneginf(value).any():  # not all of them could be tried
            break
        best = np.lexsort((value, done & stop))[::-1][:width]
        held = options[best]
        found.append((held[0], bool(done[best[0]])))
        if stop and found[-1][1]:
            break
    return found


def prefixes(trial: Trial, orders: Sequence[Ints], largest: int) -> list[Bools]:
    """Return the shortest beginning of each order of causes that reaches the goal, for orders that have one."""
    sizes = np.arange(1, min(largest, len(orders[0])) + 1)[:, None]
    options = np.array([np.argsort(order)[None] < sizes for order in orders])  # [orders, sizes, P]
    done = trial(options.reshape(-1, options.shape[2]))[0].reshape(options.shape[:2])
    return [row[int(reached.argmax())] for row, reached in zip(options, done, strict=True) if reached.any()]


def prune(trial: Trial, chosen: Bools) -> Bools:
    """Drop causes, one at a time, while the goal is still reached without them. No cause at all never reaches it."""
    while chosen.sum() > 1:
        held = np.flatnonzero(chosen)
        options = np.repeat(chosen[None], len(held), axis=0)
        options[np.arange(len(held)), held] = False
        done, value = trial(options)
        if not done.any():
            break
        chosen = options[int(np.where(done, value, -np.inf).argmax())]
    return chosen


def exchange(trial: Trial, chosen: Bools) -> Bools:
    """Put another cause in the place of one, as long as the set comes nearer to the goal by it."""
    value = trial(chosen[None])[1][0]
    while True:
        held, others = np.flatnonzero(chosen), np.flatnonzero(~chosen)
        options = np.repeat(chosen[None], len(held) * len(others), axis=0)
        rows = np.arange(len(options))
        options[rows, np.repeat(held, len(others))] = False
        options[rows, np.tile(others, len(held))] = True
        values = trial(options)[1]
        if not len(values) or not values.max() > value:
            return chosen
        chosen, value = options[int(values.argmax())], values.max()


def plan(trial: Trial, orders: Sequence[Ints], largest: int, width: int = 1) -> tuple[Bools, bool]:
    """Return the smallest set found from prefixes of the orders and by growing: (chosen [P], reached)."""
    found = [prune(trial, chosen) for chosen in prefixes(trial, orders, largest)]
    smallest = min(found, key=lambda chosen: int(chosen.sum()), default=None)
    smaller = largest if smallest is None else int(smallest.sum()) - 1
    grown = grow(trial, len(orders[0]), smaller, width, orders if width > 1 else ())
    if grown and grown[-1][1]:
        return prune(trial, grown[-1][0]), True
    if smallest is not None:
        return smallest, True
    return (grown[-1][0] if grown else np.zeros(len(orders[0]), bool)), False


def inside(trial: Trial, pool: Ints, n_causes: int) -> Trial:
    """Return the trial of sets of all causes as one of sets of a pool of them."""

    def small(chosen: Bools) -> tuple[Bools, Floats]:
        whole = np.zeros((len(chosen), n_causes), bool)
        whole[:, pool] = chosen
        return trial(whole)

    return small


def within(orders: Sequence[Ints], pool: Ints) -> list[Ints]:
    """Return orders of all causes as orders of places in a pool of them."""
    return [np.argsort(np.argsort(order)[pool], kind="stable") for order in orders]


def descending(values: NDArray[Any]) -> Ints:
    """Return the order of these values, largest first."""
    return np.argsort(-values, kind="stable")


def first_of(n: int, *orders: Ints) -> Ints:
    """Return the first n different entries of several orders, one order after another."""
    return np.array(list(dict.fromkeys(np.concatenate(orders)))[:n], np.int64)
