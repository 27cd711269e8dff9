"""Markov chain over a few gaps: what was bought right after what the shopper just had.

After Rendle, Freudenthaler, Schmidt-Thieme: "Factorizing personalized Markov chains for next-basket recommendation",
WWW 2010, https://doi.org/10.1145/1772690.1772773; here the plain counts, without factors.

Idea: add up, over the newest events of the history, how often each item followed that event closely in the log.

Equations: C[x, y] = sum over pairs (x, y) at gap g <= gaps of strength(y) / g
    T[x, y] = C[x, y] / rowsum(x) ** row_power
    score[y] = popularity * share[y] / max share + sum over slots i of strength_i * decay ** (age_i - 1) * T[x_i, y]

Departures: counts at gaps 1 to 3 instead of the next item only; rows divided by the root of their sum, which lies
between a probability and a count and is better than both; the context is a decayed sum over slots instead of one
basket. Pairs are counted over all events of a history that are positive, weighted by the strength of the second.

Cost: gaps * N pairs; at most gaps * N numbers kept. Scoring reads `history` rows of T.

Legend: N events, I items, Q queries, C columns.

Honest notes: it alone matches the best published transformers on two Amazon sets, so it is the bar for all others.
It knows nothing of items that never followed anything. Within a basket the order is that of the file, so part of
what it learns there is how a till prints its receipt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from whyrec.core.config import Settings
from whyrec.core.types import Contributions, Floats, Floats32, Query, Vocabulary
from whyrec.data.batch import Batch, arrange, arrange_log
from whyrec.learn import additive, counts
from whyrec.learn.run import Run

if TYPE_CHECKING:
    Sparse: TypeAlias = sparse.csr_array[np.float64, tuple[int, int]]


@dataclass(frozen=True)
class Config:
    """Options of [models.options.markov]."""

    gaps: int = 3  # pairs at most this many slots apart are counted
    row_power: float = 0.5  # 0 = counts, 1 = probabilities
    decay: float = 0.6  # weight of a slot against the one after it
    history: int = 20  # newest slots that are used
    popularity: float = 1e-3  # largest score that popularity alone can give


SEARCH = {"gaps": (1, 6), "row_power": (0.0, 1.0), "decay": (0.3, 0.9), "history": (5, 50)}
"""What `whyrec tune` tries."""


@dataclass(frozen=True, eq=False)
class Markov:
    """Fitted chain."""

    items: Vocabulary
    config: Config
    settings: Settings
    prior: Floats  # [I]
    table: Sparse  # [I, I]

    def score(self, queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        """Return float32 [Q, I] or [Q, C], NaN for an unknown item."""
        batch = self._arrange(queries)
        columns = None if items is None else additive.Columns.of(items, self.items)
        return additive.score(batch, self._coefficients(batch), self.table, self.prior, columns)

    def contributions(self, query: Query, items: Sequence[str]) -> Contributions:
        """Split the score of each item over the events of the history, exactly."""
        batch = self._arrange([query])
        columns = additive.Columns.of(items, self.items)
        return additive.contribute(batch, self._coefficients(batch), self.table, self.prior, columns)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return prior and table."""
        return {"prior": self.prior, **additive.pack(self.table)}

    def _arrange(self, queries: Sequence[Query]) -> Batch:
        events = self.settings.events
        return arrange(queries, self.items, events.weights, events.rating_threshold, self.config.history)

    def _coefficients(self, batch: Batch) -> Floats:
        return batch.weight * self.config.decay ** (batch.age - 1.0)


def fit(run: Run) -> Markov:
    """Count what followed what."""
    config: Config = run.config
    n_items = len(run.catalog)
    log = arrange_log(run.events, run.settings.events.weights, run.settings.events.rating_threshold)
    run.progress(0.1, "counting transitions")
    (followed,) = counts.transitions(log, n_items, [(1, config.gaps)])
    run.progress(0.8, "normalising")
    table = additive.as_float32(counts.normalise(followed, rows=config.row_power))
    prior = config.popularity * counts.relative(counts.popularity(log, n_items))
    return Markov(run.catalog.items, config, run.settings, prior, table)


def from_arrays(arrays: Mapping[str, NDArray[Any]], items: Vocabulary, config: Config, settings: Settings) -> Markov:
    """Make the model again from what `arrays` gave."""
    return Markov(items, config, settings, arrays["prior"], additive.unpack(arrays, len(items)))
