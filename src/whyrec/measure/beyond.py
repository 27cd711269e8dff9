"""Measures beyond accuracy."""

from __future__ import annotations

import numpy as np

from whyrec.core.types import Ints


def coverage(lists: Ints, n_items: int, k: int = 10) -> float:
    """Share of the recommendable items that are in anybody's first k; -1 in `lists` [Q, >= k] is no item."""
    shown = np.unique(lists[:, :k])
    return float(np.sum(shown >= 0) / max(1, n_items))
