"""Item neighbours: what the same people had.

Sarwar, Karypis, Konstan, Riedl: "Item-based collaborative filtering recommendation algorithms", WWW 2001,
https://doi.org/10.1145/371920.372071.

Idea: an item is near another if the same people had both; add up nearness to everything in the history.

Equations: X[u, x] = strength of user u's interest in x, at most 1
    T[x, y] = (X.T X)[x, y] / (|x| |y| + shrink), for the `neighbours` items x nearest to y, and T[y, y] always
    score[y] = popularity * share[y] / max share + sum over slots i of strength_i * age_i ** -fade * T[x_i, y]

Departures: shrinkage damps pairs that few people carry; old events fade by a power of their age; the item itself
stays among its neighbours, which has no effect while seen items are hidden, and is what recommends a repurchase
where they are kept. Neighbours are cut per item that may be recommended, as in the paper: cut per item of the history
instead, popular items are everybody's neighbour and fill the lists.

Cost: sum over users of (distinct items) ** 2 products, in blocks of rows; I * (neighbours + 1) numbers kept. Only the
newest slots of a user are learned from: one who had thousands of items says little about each pair and costs most.

Legend: I items, Q queries, C columns, U users.

Honest notes: the sum is over events, so an item that was bought ten times speaks ten times.
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
    """Options of [models.options.itemknn]."""

    neighbours: int = 50  # kept for each item that may be recommended; itself comes on top
    shrink: float = 10.0  # in users; pairs that fewer carry count less
    newest: int = 300  # slots of each user that nearness is learned from
    fade: float = 1.0  # weight of a slot is age ** -fade
    history: int = 1000  # newest slots that are used
    popularity: float = 1e-3  # largest score that popularity alone can give


SEARCH = {"neighbours": (20, 300, "log"), "shrink": (1.0, 100.0, "log"), "fade": (0.0, 2.0)}
"""What `whyrec tune` tries."""


@dataclass(frozen=True, eq=False)
class ItemKNN:
    """Fitted neighbours."""

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
        return batch.weight * batch.age.astype(float) ** -self.config.fade


def fit(run: Run) -> ItemKNN:
    """Find the nearest items of each item."""
    config: Config = run.config
    n_items = len(run.catalog)
    log = arrange_log(run.events, run.settings.events.weights, run.settings.events.rating_threshold)
    matrix = counts.interactions(counts.newest(log, config.newest), n_items)
    length = np.sqrt(np.bincount(matrix.indices, matrix.data**2, minlength=n_items))
    blocks: list[Sparse] = [sparse.csr_array((0, n_items))]
    for first, together in counts.cooccurrences(matrix):
        rows = np.arange(first, first + together.shape[0])
        sizes = np.diff(together.indptr)
        together.data /= np.repeat(length[rows], sizes) * length[together.indices] + config.shrink
        # An item is nearest to itself, but for rounding and mixed strengths: hence one more, and `always`.
        blocks.append(counts.keep_largest(together, config.neighbours + 1, always=rows))
        run.progress(rows[-1] / n_items, "finding neighbours")
    prior = config.popularity * counts.relative(counts.popularity(log, n_items))
    # Nearness is symmetric: rows were cut per recommended item y, and are read per item x of a history.
    table = additive.as_float32(sparse.vstack(blocks, format="csr").T.tocsr())
    return ItemKNN(run.catalog.items, config, run.settings, prior, table)


def from_arrays(arrays: Mapping[str, NDArray[Any]], items: Vocabulary, config: Config, settings: Settings) -> ItemKNN:
    """Make the model again from what `arrays` gave."""
    return ItemKNN(items, config, settings, arrays["prior"], additive.unpack(arrays, len(items)))
