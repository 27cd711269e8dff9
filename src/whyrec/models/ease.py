"""EASE: a linear autoencoder with a closed form.

Steck: "Embarrassingly shallow autoencoders for sparse data", WWW 2019, https://arxiv.org/abs/1905.03375.

Idea: predict each item of a user from all their other items by ridge regression, with no item predicting itself.

Equations: X[u, x] = strength of user u's interest in x, at most 1
    P = (X.T X + penalty * 1) ** -1,  T[x, y] = -P[x, y] / P[y, y],  T[x, x] = 0
    score[y] = popularity * share[y] / max share + sum over items x of the history of
               clip(sum of the strengths of x's events, -1, 1) * age_x ** -fade * T[x, y]
    where age_x is the age of the newest event of x

Departures: X holds strengths instead of ones; old items fade by a power of their age (fade = 0 is the paper); only
the `most_items` items with the most users are covered, fewer where [models] memory_mb is small. The others have
their popularity only, and `left_out` says how many they are.

Cost: products of sum over users of (distinct items) ** 2, and covered ** 3 for the inverse; three matrices of
covered ** 2 numbers while fitting, one afterwards.

Legend: I items, M covered items, Q queries, C columns, U users.

Honest notes: it sees a set, not a multiset: buying an item twice is buying it once, so the unit of its reasons is
the item with all its events. It never recommends an item because of that same item, so it is no model for repurchase.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack

from whyrec.core.config import Settings
from whyrec.core.errors import TrainingError
from whyrec.core.types import Contributions, Floats, Floats32, Ints, Query, Vocabulary
from whyrec.data.batch import Batch, arrange, arrange_log
from whyrec.learn import additive, counts
from whyrec.learn.run import Run

if TYPE_CHECKING:
    Sparse: TypeAlias = sparse.csr_array[np.float64, tuple[int, int]]

MATRICES = 3
"""Matrices [M, M] of float64 that are in memory at once while fitting."""


@dataclass(frozen=True)
class Config:
    """Options of [models.options.ease]."""

    penalty: float = 200.0  # ridge penalty, in users
    fade: float = 1.0  # an item counts with (age of its newest event) ** -fade; 0 = order does not matter
    most_items: int = 4000  # items covered at the most
    history: int = 1000  # newest slots that are used
    popularity: float = 1e-3  # largest score that popularity alone can give


SEARCH = {"penalty": (20.0, 2000.0, "log"), "fade": (0.0, 2.0)}
"""What `whyrec tune` tries."""


@dataclass(frozen=True, eq=False)
class Ease:
    """Fitted autoencoder."""

    items: Vocabulary
    config: Config
    settings: Settings
    prior: Floats  # [I]
    covered: Ints  # [M] codes, ascending
    table: Floats  # [M, M]

    @property
    def left_out(self) -> int:
        """Items that are not covered."""
        return len(self.items) - len(self.covered)

    @cached_property
    def _row(self) -> Ints:
        """Row of each item in the table, [I]; -1 where it is not covered."""
        row = np.full(len(self.items), -1, np.int64)
        row[self.covered] = np.arange(len(self.covered))
        return row

    def score(self, queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        """Return float32 [Q, I] or [Q, C], NaN for an unknown item."""
        history = self._history(self._arrange(queries))
        if items is None:
            return self._multiply(history, self.table, self.prior, self.covered)
        columns = additive.Columns.of(items, self.items)
        row = self._row[columns.codes]
        known = np.flatnonzero(row >= 0)
        used = np.unique(history.indices)
        result = np.full((len(queries), columns.n), np.nan, np.float32)
        result[:, columns.place] = self._multiply(
            history[:, used], self.table[np.ix_(used, row[known])], self.prior[columns.codes], known
        )
        return result

    def contributions(self, query: Query, items: Sequence[str]) -> Contributions:
        """Split the score of each item over the items of the history, exactly; a unit is all events of one item."""
        batch = self._arrange([query])
        columns = additive.Columns.of(items, self.items)
        column = self._row[columns.codes]
        empty = np.full(columns.n, np.nan)
        empty[columns.place] = self.prior[columns.codes]
        live = np.flatnonzero(batch.item >= 0)
        codes, unit = np.unique(batch.item[live], return_inverse=True)
        strength = np.clip(np.bincount(unit, batch.weight[live], minlength=len(codes)), -1.0, 1.0)
        newest = np.full(len(codes), np.inf)
        np.minimum.at(newest, unit, batch.age[live])
        coefficient = strength * newest ** -float(self.config.fade)
        used = np.flatnonzero((self._row[codes] >= 0) & (coefficient != 0))
        read = self.table[np.ix_(self._row[codes[used]], np.maximum(column, 0))]
        weight = np.full((len(used), columns.n), np.nan)
        weight[:, columns.place] = np.where(column >= 0, coefficient[used, None] * read, 0.0)
        ends = np.cumsum(np.bincount(unit, minlength=len(codes))).tolist()
        slots = batch.slot[live][np.argsort(unit, kind="stable")].tolist()
        units = [tuple(slots[ends[row - 1] if row else 0 : ends[row]]) for row in used.tolist()]
        on_page = np.array([slot < 0 for slot, *_ in units], bool)  # an item on the page is no slot of the history
        empty = empty + weight[on_page].sum(axis=0)
        return Contributions(
            tuple(u for u, page in zip(units, on_page, strict=True) if not page), weight[~on_page], empty
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return prior, covered codes and table; the table is stored as float32."""
        return {"prior": self.prior, "covered": self.covered, "table": self.table.astype(np.float32)}

    def _arrange(self, queries: Sequence[Query]) -> Batch:
        events = self.settings.events
        return arrange(queries, self.items, events.weights, events.rating_threshold, self.config.history)

    def _history(self, batch: Batch) -> Sparse:
        """Coefficients of the covered items of each history, [Q, M]."""
        live = np.flatnonzero(batch.item >= 0)
        live = live[self._row[batch.item[live]] >= 0]
        places = (batch.query[live], self._row[batch.item[live]])
        shape = (len(batch), len(self.covered))
        strength = sparse.coo_array((batch.weight[live], places), shape=shape).tocsr()
        # Ages of the newest event of each item, in the order of the sums: by query, then by item.
        order = np.lexsort((batch.age[live], places[1], places[0]))
        first = np.ones(len(order), bool)
        first[1:] = (np.diff(places[0][order]) != 0) | (np.diff(places[1][order]) != 0)
        strength.data = np.clip(strength.data, -1.0, 1.0) * batch.age[live][order][first] ** -float(self.config.fade)
        return strength

    def _multiply(self, history: Sparse, table: Floats, prior: Floats, places: Ints) -> Floats32:
        """Return prior + history @ table, where the columns of the table belong to `places` of the prior."""
        result = np.empty((history.shape[0], len(prior)), np.float32)
        step = max(1, additive.CHUNK_BYTES // (8 * max(1, len(prior))))
        for first in range(0, len(result), step):
            part = np.tile(prior, (len(result[first : first + step]), 1))
            part[:, places] += np.asarray(history[first : first + step] @ table)
            result[first : first + step] = part
        return result


def fit(run: Run) -> Ease:
    """Solve the ridge regression of every covered item on all others."""
    config: Config = run.config
    n_items = len(run.catalog)
    log = arrange_log(run.events, run.settings.events.weights, run.settings.events.rating_threshold)
    matrix = counts.interactions(log, n_items)
    covered = _choose(np.bincount(matrix.indices, minlength=n_items), config, run.settings)
    matrix = matrix[:, covered]
    gram = np.zeros((len(covered), len(covered)))
    run.progress(0.1, "counting pairs")
    for first, block in counts.cooccurrences(matrix):
        gram[first : first + block.shape[0]] = block.toarray()
    run.progress(0.4, "inverting")
    np.fill_diagonal(gram, gram.diagonal() + config.penalty)
    table = _weights(gram)
    prior = config.popularity * counts.relative(counts.popularity(log, n_items))
    return Ease(run.catalog.items, config, run.settings, prior, covered, table)


def _choose(users: Ints, config: Config, settings: Settings) -> Ints:
    """Codes of the items with the most users that fit the limits, ascending."""
    fits = int((settings.models.memory_mb * 2**20 / (8 * MATRICES)) ** 0.5)
    most = min(config.most_items, fits, int(np.sum(users > 0)))
    return np.sort(np.argsort(-users, kind="stable")[:most])


def _weights(gram: Floats) -> Floats:
    """Return T[x, y] = -P[x, y] / P[y, y] with a zero diagonal, P = inverse of gram; gram is overwritten."""
    if not len(gram):
        return gram
    factor, failed = lapack.dpotrf(gram.T, lower=1, overwrite_a=1)
    half, failed_too = lapack.dpotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise TrainingError(
            "Expected a positive penalty for ease, so that its matrix has an inverse; it has none. "
            "Set a larger one: [models.options.ease] penalty = 200.0"
        )
    table = np.tril(half)
    table += np.tril(half, -1).T
    table /= -table.diagonal()
    np.fill_diagonal(table, 0.0)
    # Rounded to what a snapshot stores, so that the model scores the same before and after it was saved.
    rounded: Floats = table.astype(np.float32).astype(np.float64)
    return rounded


def from_arrays(arrays: Mapping[str, NDArray[Any]], items: Vocabulary, config: Config, settings: Settings) -> Ease:
    """Make the model again from what `arrays` gave."""
    return Ease(items, config, settings, arrays["prior"], arrays["covered"], arrays["table"].astype(np.float64))
