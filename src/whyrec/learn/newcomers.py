"""Items without events: what their content says of them, and how much that weighs against what is known of others.

    score[y] = b + sum over slots i of strength_i * (w[age_i] * cos(x_i, y) + w'[age_i] * cos(x_i, y)^3)
             + sum over latent parts of v * user . vector of y's content
    cos = cosine of content rows, each column times log(I / how many items have it); its cube is for what is nearly the
    same, which counts more where rows are texts

The weights w and v come from known items that are shown as if they had no events: in each validation case some of
the candidates, the wanted one too, are scored by their content only, and the conditional logit finds the weights that
rank them best among the others. The constant b then gives new items as many places in lists as they have among what
was wanted in validation: a shop whose new items sell shows them, one whose catalogue is full of items that nobody ever
wants does not.

Shape letters: I items, Q queries, A columns of the content, N cases, R candidates, L latent parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from whyrec.core.types import Floats, Ints
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
PAIRS = 2_000_000_000
"""Pairs of items with a column in common that are looked at."""
SHOWN_NEW = 0.3
"""Share of candidates that are shown as new while weights are fitted."""
STEPS = 40
"""Halvings of the search for b."""


@dataclass(frozen=True, eq=False)
class Newcomers:
    """Codes of the items without events [n], the weights v of latent parts [L], and the constant b."""

    codes: Ints
    latent: Floats
    constant: float

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return codes and weights."""
        return {"codes": self.codes, "weight": np.append(self.latent, self.constant)}

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Newcomers:
        """Make them again from what `arrays` gave."""
        return Newcomers(arrays["codes"], arrays["weight"][:-1], float(arrays["weight"][-1]))


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


def similar(rows: Sparse, new: Ints) -> dict[str, Sparse]:
    """Cosine of each item to each new one, and its cube, [I, I] each, with the largest of each new item."""
    kept = int(np.clip(ENTRIES // max(1, len(new)), *NEIGHBOURS))
    small: Any = rows.astype(np.float32)  # as the table is kept
    blocks = [counts.keep_largest(sparse.csr_array(small[new[a : a + 256]] @ small.T), kept)
              for a in range(0, len(new), 256)]  # fmt: skip
    near = sparse.vstack([sparse.csr_array((0, rows.shape[0])), *blocks]).tocoo()
    table = sparse.coo_array((near.data, (near.col, new[near.row])), shape=(rows.shape[0],) * 2).tocsr()
    table.setdiag(0.0)  # that it was had before is a relation of its own
    table.eliminate_zeros()
    return {"similar": table, "alike": table.power(3)}


def sums(batch: Batch, rows: Sparse, codes: Ints) -> list[Floats]:
    """What each of SIMILAR is multiplied with, for the items `codes` [Q, R] of each query, [Q, R] each."""
    found = np.zeros((len(SIMILAR), *codes.shape))
    features = [FEATURES[place] for place in SIMILAR]
    live = (batch.item >= 0) & (batch.weight != 0) & (batch.age <= max(last for _, _, last, _ in features))
    for query, (first, end) in enumerate(pairwise(batch.bounds)):
        slots = first + np.flatnonzero(live[first:end])
        if not len(slots):
            continue
        near = (rows[batch.item[slots]] @ rows[codes[query]].T).toarray()
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

    `known` [N, R] are the scores of the candidates by all that is known of them, `offset` as logit.rivals gives it.
    """
    hidden = rng.random(known.shape) < SHOWN_NEW
    shown = np.concatenate((features, np.ones_like(features[:, :1])), axis=1) * hidden[:, None]
    scale = np.maximum(shown.std(axis=(0, 2)), LEAST_SPREAD).astype(np.float64)
    return logit.fit(shown, offset + np.where(hidden, 0.0, known), prior, scale, penalty / max(1, len(known)))


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
