"""Popular items: the same list for everybody, and the fallback of every other model.

No paper; the oldest baseline there is.

Idea: what many bought, the next one may buy.

Equations: score[y] = sum over events on y of strength * 0.5 ** (age / half-life), divided by the sum over all items.

Departures: none. Without a half-life every event counts the same.

Cost: one pass over the events; N additions, I numbers kept.

Legend: N events, I items, Q queries, C columns.

Honest notes: it knows nobody, so it has no personal reasons: contributions have no units, and the whole score is the
empty-history part. A half-life needs times; on a log that has only an order it is not used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whyrec.core.config import Settings
from whyrec.core.types import Contributions, Floats, Floats32, Query, Vocabulary
from whyrec.data.batch import arrange_log
from whyrec.learn.additive import Columns
from whyrec.learn.counts import popularity
from whyrec.learn.run import Run

DAY_S = 86400.0


@dataclass(frozen=True)
class Config:
    """Options of [models.options.popular]."""

    half_life_days: float = 0.0  # an event this old counts half; 0: all count the same


SEARCH = {"half_life_days": [0.0, 7.0, 14.0, 30.0, 90.0, 180.0, 365.0]}
"""What `whyrec tune` tries."""


@dataclass(frozen=True, eq=False)
class Popular:
    """Fitted popularity."""

    items: Vocabulary
    prior: Floats  # [I]

    def score(self, queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        """Return float32 [Q, I] or [Q, C]: the same row for every query, NaN for an unknown item."""
        row = self.prior if items is None else self._columns(items)
        return np.tile(row.astype(np.float32), (len(queries), 1))

    def contributions(self, query: Query, items: Sequence[str]) -> Contributions:
        """Return no units: the whole score is the empty-history part."""
        return Contributions((), np.zeros((0, len(items))), self._columns(items))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the shares."""
        return {"prior": self.prior}

    def _columns(self, items: Sequence[str]) -> Floats:
        columns = Columns.of(items, self.items)
        row = np.full(columns.n, np.nan)
        row[columns.place] = self.prior[columns.codes]
        return row


def fit(run: Run) -> Popular:
    """Count the events of each item."""
    config: Config = run.config
    log = arrange_log(run.events, run.settings.events.weights, run.settings.events.rating_threshold)
    half_life_s = config.half_life_days * DAY_S if run.events.timed else 0.0
    return Popular(run.catalog.items, popularity(log, len(run.catalog), half_life_s))


def from_arrays(arrays: Mapping[str, NDArray[Any]], items: Vocabulary, config: Config, settings: Settings) -> Popular:
    """Make the model again from what `arrays` gave."""
    return Popular(items, arrays["prior"])
