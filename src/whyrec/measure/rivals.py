"""Orders of causes that an explanation is compared with, each made from a case alone and in one try.

random, recency (newest first), popularity (most bought first) cost no scoring; leave-one-out masks each cause once;
LIME (Ribeiro, Singh, Guestrin, KDD 2016) fits a weighted linear model to random maskings. Attention orders by weights
that a model gives. Each returns a permutation of the case's units, most important first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import Floats
from whyrec.measure.fidelity import Case, outcomes

LIME_ROWS = 150
KERNEL = 0.25
RIDGE = 1e-2


def random(case: Case, rng: np.random.Generator) -> list[int]:
    """Return any order."""
    return [int(u) for u in rng.permutation(len(case.units))]


def recency(case: Case) -> list[int]:
    """Return the newest cause first."""
    return by_weight(np.array([max(unit) for unit in case.units]))


def of_slots(case: Case, weight: Floats) -> list[int]:
    """Return the order by the summed weight of a unit's slots, [T] (attention, or the popularity of the items)."""
    return by_weight(np.array([weight[list(unit)].sum() for unit in case.units]))


def leave_one_out(case: Case) -> list[int]:
    """Return the order by what the case's value loses without each cause."""
    values, _ = outcomes(case, np.eye(len(case.units), dtype=bool))
    return by_weight(-values)


def lime(case: Case, rng: np.random.Generator, rows: int = LIME_ROWS) -> list[int]:
    """Return the order by the coefficients of a ridge regression on random maskings near the whole history."""
    n = len(case.units)
    kept = rng.random((rows, n)) < rng.random((rows, 1))
    kept[0] = True
    values, _ = outcomes(case, ~kept)
    spread = values.std()
    weight = np.exp(-((1 - kept.mean(axis=1)) ** 2) / KERNEL)
    design = np.concatenate([kept, np.ones((rows, 1))], axis=1) * np.sqrt(weight)[:, None]
    wanted = (values / spread if spread > 0 else values) * np.sqrt(weight)
    found = np.linalg.solve(design.T @ design + RIDGE * np.eye(n + 1), design.T @ wanted)
    return by_weight(found[:-1])


def by_weight(weight: NDArray[np.number]) -> list[int]:
    """Return the largest first; of equal ones the newest, which comes last in a case."""
    return [int(u) for u in np.lexsort((-np.arange(len(weight)), -weight))]
