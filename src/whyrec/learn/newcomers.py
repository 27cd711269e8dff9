"""Items without events: what their content says of them, and how much that weighs against what is known of others.

    score[y] = b + sum over slots i of strength_i * (w[age_i] * cos(x_i, y) + w'[age_i] * cos(x_i, y)^3)
             + sum over latent parts of v * user . vector of y's content
    cos = cosine of u_x and u_y, where content rows = U S V', each column times log(I / how many items have it), and
    u = a row of U S ** FLAT: columns that go together (the words of one kind of thing) count less often; 0 where two
    items share no column or point apart. Its cube is for what is nearly the same: it counts more where rows are texts

The weights w (one factor times their defaults) and v come from known items that are shown as if they had no events:
in each validation case some of the candidates, the wanted one too, are scored by their content only, and the
conditional logit finds the weights that rank them best among the others. The constant b then gives new items as many
places in lists as they have among what was wanted in validation: a shop whose new items sell shows them, one whose
catalogue is full of items that nobody ever wants does not.

Shape letters: I items, Q queries, A columns of the content, N cases, R candidates, L latent parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from whyrec.core.types import Floats, Floats32, Ints
from whyrec.data.batch import Batch
from whyrec.learn import counts, logit
from whyrec.learn.relations import FEATURES
from whyrec.learn.weighing import LEAST_SPREAD

if TYPE_CHECKING:
    Sparse: TypeAlias = sparse.csr_array[np.float64, tuple[int, int]]

SIMILAR = tuple(place for place, (name, *_) in enumerate(FEATURES) if name in ("similar", "alike"))
"""Places of the relations of content among FEATURES: the cosine and its cube."""
NEIGHBOURS = (100, 2000)
"""Items nearest to a new one that are kept, at least and at the most,"""
ENTRIES = 5_000_000
"""and entries of the table altogether."""
WIDER = 2
"""Times as many are looked at to find them."""
PAIRS = 2_000_000_000
"""Pairs of items with a column in common that are looked at."""
DIRECTIONS = 256
"""Directions of content that items are compared along,"""
FLAT = 0.25
"""each to this power of how much of the content lies along it."""
SPARE, ROUNDS = 50, 2
"""More directions than are kept, and rounds, of the search for them."""
LEAST = 1e-6
"""What lies along a direction, against the first one, and the length of an item, below which they count as nothing."""
SHOWN_NEW = 0.3
"""Share of candidates that are shown as new while weights are fitted."""
BLOCK = 256
"""New items that are compared at once."""
STEPS = 40
"""Halvings of the search for b."""


@dataclass(frozen=True, eq=False)
class Newcomers:
    """Codes of the items without events [n], the weights v of latent parts [L], the constant b, and Rows.columns."""

    codes: Ints
    latent: Floats
    constant: float
    columns: Floats32

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return codes, weights and columns."""
        return {"codes": self.codes, "weight": np.append(self.latent, self.constant), "columns": self.columns}

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Newcomers:
        """Make them again from what `arrays` gave."""
        return Newcomers(arrays["codes"], arrays["weight"][:-1], float(arrays["weight"][-1]), arrays["columns"])


@dataclass(frozen=True, eq=False)
class Rows:
    """Content rows of length 1 (or 0), as a matrix [I, A] and along their main directions."""

    matrix: Sparse
    columns: Floats32  # [A, D] where each column lies along the directions

    @staticmethod
    def of(content: Sparse) -> Rows:
        """Make rows of length 1 and find their main directions."""
        matrix = unit_rows(content)
        return Rows(matrix, _main(matrix))

    @cached_property
    def directions(self) -> Floats32:
        """Items along the main directions, of length 1 (or 0), [I, D]."""
        return self._laid(self.matrix).astype(np.float32)

    def by_column(self, first: NDArray[Any], second: int, columns: NDArray[Any]) -> Floats:
        """Shares of these columns of an item in how near each of the items `first` is to it, [first, columns].

        They add up to 1 over the item's columns where `near` is above 0; a share below 0 holds them apart.
        """
        values = self.matrix[[second]][:, columns].toarray()
        parts: Floats = (self._laid(self.matrix[first]) @ self.columns[columns].T) * values
        total = parts.sum(axis=1, keepdims=True)
        shares: Floats = np.divide(parts, total, out=np.zeros_like(parts), where=total > 0)
        return shares

    def _laid(self, rows: Any) -> Floats:
        laid: Floats = np.asarray(rows @ self.columns.astype(np.float64))
        length = np.linalg.norm(laid, axis=1, keepdims=True)
        return laid / np.where(length > LEAST, length, 1.0)

    def near(self, first: Ints, second: Ints) -> Floats32:
        """Cosines of items along the directions, [first, second]; 0 where they share no column or point apart."""
        shared = (self.matrix[first] @ self.matrix[second].T).toarray() > 0
        return np.where(shared, np.maximum(self.directions[first] @ self.directions[second].T, 0), np.float32(0))


def unit_rows(content: Sparse) -> Sparse:
    """Return content [I, A] with columns weighed by how rare they are, and rows of length 1 (or 0).

    Where columns have so many items that comparing all with all takes more than PAIRS, the commonest count for nothing.
    """
    n_items = content.shape[0]
    items = np.bincount(content.indices, minlength=content.shape[1])
    rare = np.log(n_items / np.maximum(items, 1))
    common = np.argsort(items, kind="stable")
    rare[common[np.cumsum(np.square(items[common], dtype=np.float64)) > PAIRS]] = 0.0
    weighed = sparse.csr_array(content @ sparse.diags_array(rare))
    length = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    return sparse.csr_array(sparse.diags_array(1.0 / np.where(length > 0, length, 1.0)) @ weighed)


def _main(matrix: Any) -> Floats32:
    """Where each column lies along the main directions, flattened, [A, at most DIRECTIONS]; as a snapshot stores it.

    Halko, Martinsson, Tropp: "Finding structure with randomness", 2011, with a fixed start.
    """
    n = min(DIRECTIONS + SPARE, *matrix.shape)
    along: Floats = np.random.default_rng(0).standard_normal((matrix.shape[1], n))
    for _ in range(ROUNDS):
        along = np.linalg.qr(matrix.T @ np.linalg.qr(matrix @ along)[0])[0]
    _, spread, turn = np.linalg.svd(matrix @ along, full_matrices=False)
    there = spread > LEAST * spread.max(initial=0.0)
    flat = np.where(there, np.where(there, spread, 1.0) ** (FLAT - 1.0), 0.0)
    found: Floats32 = ((along @ turn.T) * flat)[:, :DIRECTIONS].astype(np.float32)
    return found


def similar(rows: Rows, new: Ints) -> dict[str, Sparse]:
    """Cosine of each item to each new one, and its cube, [I, I] each, with the largest of each new item."""
    n_items = rows.matrix.shape[0]
    kept = int(np.clip(ENTRIES // max(1, len(new)), *NEIGHBOURS))
    small: Any = rows.matrix.astype(np.float32)  # as the table is kept
    blocks = [sparse.csr_array((0, n_items))]
    for first in range(0, len(new), BLOCK):
        codes = new[first : first + BLOCK]
        # Who shares most columns is looked at closely: all pairs along all directions would cost far more.
        block = counts.keep_largest(sparse.csr_array(small[codes] @ small.T), WIDER * kept)
        for code, (begin, end) in zip(codes, pairwise(block.indptr), strict=True):
            along = rows.directions[block.indices[begin:end]] @ rows.directions[code]
            block.data[begin:end] = np.maximum(along, 0.0) * (block.data[begin:end] > 0)
        blocks.append(counts.keep_largest(block, kept))
    near = sparse.vstack(blocks).tocoo()
    table = sparse.coo_array((near.data, (near.col, new[near.row])), shape=(n_items, n_items)).tocsr()
    table.setdiag(0.0)  # that it was had before is a relation of its own
    table.eliminate_zeros()
    return {"similar": table, "alike": table.power(3)}


def sums(batch: Batch, rows: Rows, codes: Ints) -> list[Floats]:
    """What each of SIMILAR is multiplied with, for the items `codes` [Q, R] of each query, [Q, R] each."""
    found = np.zeros((len(SIMILAR), *codes.shape))
    features = [FEATURES[place] for place in SIMILAR]
    live = (batch.item >= 0) & (batch.weight != 0) & (batch.age <= max(last for _, _, last, _ in features))
    for query, (first, end) in enumerate(pairwise(batch.bounds)):
        slots = first + np.flatnonzero(live[first:end])
        if not len(slots):
            continue
        near = rows.near(batch.item[slots], codes[query]).astype(np.float64)
        near[batch.item[slots][:, None] == codes[query]] = 0.0  # that it was had before is a relation of its own
        powers = {"similar": near, "alike": near**3}
        for row, (name, youngest, oldest, _) in zip(found, features, strict=True):
            at_age = (batch.age[slots] >= youngest) & (batch.age[slots] <= oldest)
            row[query] = (batch.weight[slots] * at_age) @ powers[name]
    return list(found)


def weigh(
    features: NDArray[Any],
    known: NDArray[Any],
    offset: NDArray[Any],
    prior: Floats,
    penalty: float,
    rng: np.random.Generator,
) -> Floats:
    """Return weights [F + 1] of features [N, F, R] of the content, the wanted item at place 0; the last weight is b.

    The first features are those of SIMILAR, whose weights keep the proportions of `prior`: one factor is learned for
    all, since weights learned one by one made worse lists of new items than these (docs/log.md). `known` [N, R] are
    the scores of the candidates by all that is known of them, `offset` as logit.rivals gives it.
    """
    n, hidden = len(SIMILAR), rng.random(known.shape) < SHOWN_NEW
    together = np.einsum("f,nfr->nr", prior[:n].astype(features.dtype), features[:, :n])[:, None]
    shown = np.concatenate((together, features[:, n:], np.ones_like(together)), axis=1) * hidden[:, None]
    scale = np.maximum(shown.std(axis=(0, 2)), LEAST_SPREAD).astype(np.float64)
    begin, least = np.append(1.0, prior[n:]), np.append(0.0, np.full(len(prior) - n, -np.inf))
    known_or_hidden = offset + np.where(hidden, 0.0, known)
    found = logit.fit(shown, known_or_hidden, begin, scale, penalty / max(1, len(known)), least)
    return np.concatenate((found[0] * prior[:n], found[1:]))


def settle(new: NDArray[Any], known: NDArray[Any], share: float) -> float:
    """Return b such that new items have this share of the places in lists.

    `new` and `known` [N, n] are the n highest scores of new (without b) and of known items in N cases, n being the
    length of a list; minus infinity where there are fewer.
    """
    n, there = known.shape[1], [values[np.isfinite(values)] for values in (known, new)]
    if not all(len(values) for values in there):
        return 0.0
    # From all new items below all known ones to all above.
    low = float(there[0].min() - there[1].max()) - 1.0
    high = float(there[0].max() - there[1].min()) + 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        both = np.concatenate((known, new + middle), axis=1)
        first = np.argpartition(-both, n - 1, axis=1)[:, :n]
        low, high = (low, middle) if (first >= n).mean() > share else (middle, high)
    return (low + high) / 2
