"""iALS: matrix factorisation of implicit feedback by alternating least squares.

Hu, Koren, Volinsky: "Collaborative filtering for implicit feedback datasets", ICDM 2008,
https://doi.org/10.1109/ICDM.2008.22; Rendle, Krichene, Zhang, Koren: "Revisiting the performance of iALS on item
recommendation benchmarks", RecSys 2022, https://arxiv.org/abs/2110.14037. Fitted by the library `implicit`.

Idea: give each user and item a vector, so that their product is near 1 for what a user had and, with less
confidence, near 0 for everything else.

Equations: minimise sum over u, y of c_uy * (p_uy - <x_u, v_y>)**2 + penalty * (sum |x_u|**2 + sum |v_y|**2)
    with c = 1 + confidence * strength and p = 1 for what u had, c = 1 and p = 0 for everything else
    serving: A = V.T V + sum over items of the history of (c_i - 1) * v_i v_i.T + penalty * 1
             x = A ** -1 * sum over items with p_i = 1 of c_i * v_i
             score[y] = popularity * share[y] / max share + <x, v_y>
    strength_i = |clip(sum of the strengths of i's events, -1, 1)| * age_i ** -fade, and p_i = 0 for a negative sum

Departures: the vector of a user is solved for from the query's history, so that a new user and a new event need no
training; there age_i is the age of the newest event of i, and old items fade. What a user disliked has p = 0. One
penalty for all, where Rendle et al. scale it by frequency (`implicit` has no such option).

Cost: fitting epochs * (events + users + items) * width**2; scoring a query history * width**2 + items * width, and a
linear system of the smaller of history and width.

Legend: Q queries, I items, C columns, D width.

Honest notes: tuned iALS ties with EASE and variational autoencoders on the usual sets (Rendle et al.), and the width
has to be large for that. It has no order but the fade. Its score is a sum over the history given that history,
<v_y, A**-1 c_i v_i>, but A itself depends on every item of it: taking an event away changes the parts of the others.
So it is not additive, and its reasons are measured by leaving out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from whyrec.core.config import Settings
from whyrec.core.errors import MissingExtraError
from whyrec.core.types import Floats, Floats32, Query, Vocabulary
from whyrec.data.batch import arrange, arrange_log
from whyrec.learn import additive, counts, sets
from whyrec.learn.run import Run

CHUNK = 256
"""Queries that are solved at once."""


@dataclass(frozen=True)
class Config:
    """Options of [models.options.ials]."""

    width: int = 128  # length of a vector
    penalty: float = 30.0  # of the squared length of a vector
    confidence: float = 100.0  # of an item that a user had, beyond the 1 of every item
    epochs: int = 15
    fade: float = 1.0  # while serving an item counts with (age of its newest event) ** -fade
    history: int = 1000  # newest slots that are used
    popularity: float = 1e-3  # largest score that popularity alone can give


SEARCH = {
    "width": [32, 64, 128, 256],
    "penalty": (1.0, 300.0, "log"),
    "confidence": (1.0, 300.0, "log"),
    "fade": (0.0, 2.0),
}
"""What `whyrec tune` tries."""


@dataclass(frozen=True, eq=False)
class Ials:
    """Fitted item vectors."""

    items: Vocabulary
    config: Config
    settings: Settings
    prior: Floats  # [I]
    top: float  # strength of the strongest kind of event in the log
    vectors: Floats  # [I, D]

    @cached_property
    def _gram(self) -> Floats:
        """A of an empty history, V.T V + penalty * 1, [D, D]."""
        return self.vectors.T @ self.vectors + self.config.penalty * np.eye(self.vectors.shape[1])

    @cached_property
    def _inverse(self) -> Floats:
        """Inverse of A of an empty history, [D, D]."""
        return np.asarray(np.linalg.inv(self._gram), np.float64)

    def score(self, queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        """Return float32 [Q, I] or [Q, C], NaN for an unknown item."""
        columns = additive.Columns.of(self.items.ids.tolist() if items is None else items, self.items)
        result = np.full((len(queries), columns.n), np.nan, np.float32)
        wanted = self.vectors[columns.codes].T
        for first in range(0, len(queries), CHUNK):
            part = self.embed(queries[first : first + CHUNK]) @ wanted + self.prior[columns.codes]
            result[first : first + CHUNK, columns.place] = part
        return result

    def embed(self, queries: Sequence[Query]) -> Floats:
        """Return the vector of each query's shopper, [Q, D]; zeros where the history says nothing."""
        events = self.settings.events
        batch = arrange(queries, self.items, events.weights, events.rating_threshold, self.config.history)
        history = sets.interests(batch, len(self.items), self.top, self.config.fade)
        solved = np.zeros((len(queries), self.vectors.shape[1]))
        for q in np.flatnonzero(np.diff(history.indptr)):
            own = slice(history.indptr[q], history.indptr[q + 1])
            solved[q] = self._solve(self.vectors[history.indices[own]], self.config.confidence * history.data[own])
        return solved

    def _solve(self, vectors: Floats, more: Floats) -> Floats:
        """Vector of a shopper with items [N, D], where more [N] is c - 1, negative where p = 0."""
        target = np.where(more > 0, 1 + more, 0.0) @ vectors
        if len(more) >= len(target):
            return np.asarray(np.linalg.solve(self._gram + (vectors.T * np.abs(more)) @ vectors, target), np.float64)
        # Woodbury: a system of the size of the history instead of the width.
        first, turned = self._inverse @ target, vectors @ self._inverse
        small = turned @ vectors.T + np.diag(1 / np.abs(more))
        return first - turned.T @ np.linalg.solve(small, vectors @ first)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return prior and item vectors, the vectors as float32."""
        return {"prior": self.prior, "top": np.array(self.top), "vectors": self.vectors.astype(np.float32)}


def fit(run: Run) -> Ials:
    """Factorise the users' interests; raises MissingExtraError without the package `implicit`."""
    config: Config = run.config
    n_items = len(run.catalog)
    log = arrange_log(run.events, run.settings.events.weights, run.settings.events.rating_threshold)
    top = sets.strongest(log)
    matrix = sets.interests(counts.newest(log, config.history), n_items, top)
    prior = config.popularity * counts.relative(counts.popularity(log, n_items))
    return Ials(run.catalog.items, config, run.settings, prior, top, _factorise(matrix, run))


def _factorise(interests: sets.Sparse, run: Run) -> Floats:
    """Item vectors [I, D] from users' signed interests [U, I]."""
    try:
        from implicit.cpu.als import AlternatingLeastSquares
        from threadpoolctl import threadpool_limits  # a requirement of implicit
    except ImportError:
        raise MissingExtraError("implicit", "train", "Fitting ials") from None
    config: Config = run.config
    if not interests.nnz:
        return np.zeros((interests.shape[1], config.width))
    # The library takes confidences, negative where p = 0.
    values = np.sign(interests.data) + config.confidence * interests.data
    confidence = sparse.csr_matrix((values.astype(np.float32), interests.indices, interests.indptr), interests.shape)
    seed = int(run.rng.integers(1 << 31))

    def told(n: int, *_: Any) -> None:
        run.progress((n + 1) / config.epochs, f"ials: pass {n + 1} of {config.epochs}")

    with threadpool_limits(1, "blas"):  # the library has threads of its own
        als = AlternatingLeastSquares(config.width, config.penalty, iterations=config.epochs, random_state=seed)
        als.fit(confidence, show_progress=False, callback=told)
    vectors: Floats = als.item_factors.astype(np.float64)
    return vectors


def from_arrays(arrays: Mapping[str, NDArray[Any]], items: Vocabulary, config: Config, settings: Settings) -> Ials:
    """Make the model again from what `arrays` gave."""
    return Ials(items, config, settings, arrays["prior"], float(arrays["top"]), arrays["vectors"].astype(np.float64))
