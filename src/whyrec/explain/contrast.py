"""Why this item and not that one: what each event gives to the difference of their scores, adding up to it.

Exact where the model is additive; everywhere else Shapley shares, which add up too, with their standard error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from whyrec.core.types import Floats32, Query, Reason, Scorer
from whyrec.explain import exact, shapley
from whyrec.explain.exact import Contribute
from whyrec.explain.occlusion import about_page


@dataclass(frozen=True, eq=False)
class Contrast:
    """Why `item_id` stands before `other_id`: empty + the weights of `reasons` = difference, up to rounding."""

    item_id: str
    other_id: str
    method: str  # "exact" or "shapley"
    difference: float  # score of the item less that of the other
    empty: float  # the same with nothing known of the shopper
    reasons: tuple[Reason, ...]  # largest weight, which speaks for the item, first
    error: float  # largest standard error of a weight; 0 where exact


def contrast(
    score: Scorer,
    query: Query,
    item_id: str,
    other_id: str,
    *,
    contributions: Contribute | None = None,
    rng: np.random.Generator | None = None,
    permutations: int = 32,
) -> Contrast:
    """Explain the difference of two scores. `rng` (default: by the query's seed) draws the orders."""
    pair = [item_id, other_id]
    if contributions is not None and not about_page(query):
        parts, full = contributions(query, pair), score([query], pair)[0].astype(np.float64)
        reasons = exact.named(query, parts.units, parts.weight[:, 0] - parts.weight[:, 1])
        empty = float(parts.empty[0] - parts.empty[1])
        return Contrast(item_id, other_id, "exact", float(full[0] - full[1]), empty, reasons, 0.0)

    def differences(queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        scores = score(queries, pair)
        return scores[:, :1] - scores[:, 1:]

    drawn = np.random.default_rng(query.seed) if rng is None else rng
    shares = shapley.measure(differences, query, [item_id], drawn, permutations=permutations)
    reasons = exact.weighed(exact.causes(query, shares.units), shares.weight[:, 0], errors=shares.error[:, 0])
    worst, full, empty = float(shares.error.max(initial=0.0)), float(shares.full[0]), float(shares.empty[0])
    return Contrast(item_id, other_id, "shapley", full, empty, reasons, worst)
