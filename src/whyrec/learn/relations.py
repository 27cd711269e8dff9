"""Relations: what an event says about other items, as tables, one weight for each relation and age of the event.

    R = log(1 + lift) of what came after, in four buckets of gaps; log(1 + T / soft) of the tables T of markov and
    itemknn; the table of ease; 1 where x = y; to items without events, the cosine of content (learn/newcomers)
    sum[y] = sum over slots i of strength_i * sum over relations R of w[R, age_i] * R[x_i, y]

Two ways to the same numbers, on purpose independent of each other: `sums` is the quick one, one sparse product for all
relations and queries; `parts` looks entries of the tables up. Which relations glass has, and why: docs/decisions/0007.

Shape letters: I items, Q queries, S slots, R relations, A age classes, C columns, F features (a relation at some ages).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from whyrec.core.types import Fitted, Floats, Ints
from whyrec.data.batch import Batch
from whyrec.learn import additive, counts

if TYPE_CHECKING:
    Sparse: TypeAlias = sparse.csr_array[np.float64, tuple[int, int]]

GAPS = ((1, 1), (2, 3), (4, 8), (9, 20))
"""Buckets of gaps, in slots, that followers are counted in."""
AFTER = ("after 1", "after 2-3", "after 4-8", "after 9-20")
"""Names of the relations that they give."""
MEMBERS = ("markov", "itemknn", "ease")
"""Models whose tables can be relations."""
SOFT = {"markov": 0.05, "itemknn": 0.01}
"""Where a member's table begins to grow only as its logarithm."""
AGES = (1, 2, 3, 4, 6, 11, 21, 101, 201)
"""First age of each age class."""
FEATURES = (
    ("after 1", 1, 1, 0.1), ("after 2-3", 2, 2, 0.2), ("after 2-3", 3, 3, 0.2), ("after 4-8", 4, 5, 0.2),
    ("after 4-8", 6, 10, 0.1), ("after 9-20", 11, 20, 0.05), ("after 9-20", 21, 200, 0.01),
    ("markov", 1, 1, 1.3), ("markov", 2, 2, 0.5), ("markov", 3, 3, 0.3), ("markov", 4, 5, 0.1), ("markov", 6, 10, 0.05),
    ("itemknn", 1, 1, 0.4), ("itemknn", 2, 5, 0.3), ("itemknn", 6, 20, 0.03), ("itemknn", 21, 200, 0.03),
    ("ease", 1, 1, 3.0), ("ease", 2, 5, 3.0), ("ease", 6, 20, 3.0), ("ease", 21, 100, 2.0), ("ease", 101, 10**9, 0.2),
    ("same", 1, 1, 0.0), ("same", 2, 5, 0.0), ("same", 6, 20, 0.0), ("same", 21, 10**9, 0.0),
    ("similar", 1, 1, 1.0), ("similar", 2, 5, 0.5), ("similar", 6, 20, 0.2), ("similar", 21, 200, 0.1),
)  # fmt: skip
"""A relation, the first and last age that it is used at, and its default weight."""


def tables(
    log: Batch, n_items: int, members: Mapping[str, Fitted], shrink: float, neighbours: int
) -> dict[str, Sparse]:
    """Count what followed what, and take the members' tables: a table [I, I] for each relation.

    `shrink` is added to row and column sums of counts; `neighbours` is how many entries of a row of ease are kept.
    """
    followed = counts.transitions(log, n_items, GAPS)
    found = {name: lift(table, shrink) for name, table in zip(AFTER, followed, strict=True)}
    found |= {name: _member(name, fitted, neighbours, n_items) for name, fitted in members.items()}
    found["same"] = sparse.eye_array(n_items, format="csr")
    return {name: additive.as_float32(table) for name, table in found.items()}


def lift(followed: Sparse, shrink: float) -> Sparse:
    """Return log(1 + how many times more often than by chance y came after x)."""
    found = counts.normalise(followed, rows=1.0, columns=1.0, smoothing=shrink)
    found.data = np.log1p(found.data * followed.sum())
    return found


def _member(name: str, fitted: Any, neighbours: int, n_items: int) -> Sparse:
    """Return a member's table as a relation [I, I]."""
    if name == "ease":  # dense over the covered items
        block = counts.keep_largest(sparse.csr_array(fitted.table), neighbours)
        rows = np.repeat(fitted.covered, np.diff(block.indptr))
        return sparse.coo_array((block.data, (rows, fitted.covered[block.indices])), shape=(n_items, n_items)).tocsr()
    table: Sparse = fitted.table.copy()
    if name == "itemknn":  # an item is nearest to itself, which "same" says better
        table.setdiag(0.0)
        table.eliminate_zeros()
    table.data = np.log1p(table.data / SOFT[name])
    return table


@dataclass(frozen=True, eq=False)
class Relations:
    """Tables by name, and the weights of FEATURES."""

    tables: Mapping[str, Sparse]  # name -> [I, I]
    weight: Floats  # [F]
    n_items: int

    def sums(self, batch: Batch, codes: Any) -> Floats:
        """What all relations give to the items of these codes, [Q, C]; a slice for all items."""
        live = np.flatnonzero((batch.item >= 0) & (batch.weight != 0))
        ages, n_relations = _age_class(batch.age[live]), len(self._by_age)
        by_age = np.array(list(self._by_age.values())).reshape(n_relations, len(AGES))
        coefficient = (batch.weight[live] * by_age[:, ages]).ravel()
        rows = (batch.item[live] + self.n_items * np.arange(n_relations)[:, None]).ravel()
        # Whole numbers as short as the table's, or scipy copies the table's to their length at each product.
        places = (np.tile(batch.query[live], n_relations).astype(np.int32), rows.astype(self._stacked.indices.dtype))
        history = sparse.coo_array((coefficient, places), shape=(len(batch), self._stacked.shape[0])).tocsr()
        if isinstance(codes, slice):
            return np.asarray((history @ self._stacked).toarray())
        used = np.unique(history.indices)  # only rows of events, and of those only the columns asked for
        return np.asarray((history[:, used] @ self._stacked[used][:, codes]).toarray())

    def parts(self, batch: Batch, live: Ints, codes: Ints) -> dict[str, Floats]:
        """What each of these slots gives to the items of these codes by each relation, [len(live), C] each.

        On purpose another way than `sums` goes: entries of the tables are looked up.
        """
        age = _age_class(batch.age[live])
        rows = (batch.item[live] + self.n_items * np.arange(len(self._by_age))[:, None]).ravel()
        read = additive.rows_at(self._stacked, rows, codes).reshape(len(self._by_age), len(live), len(codes))
        return {
            name: (batch.weight[live] * by_age[age])[:, None] * table
            for (name, by_age), table in zip(self._by_age.items(), read, strict=True)
        }

    def features(self, batch: Batch) -> Iterator[NDArray[Any]]:
        """Yield what each weight is multiplied with, [Q, I] each, in the order of FEATURES."""
        for name, first, last, _ in FEATURES:
            if name not in self.tables:
                yield np.zeros((len(batch), self.n_items), np.float32)
                continue
            at_age = (batch.age >= first) & (batch.age <= last)
            history = additive.sums_by_item(batch, np.where(at_age, batch.weight, 0.0), self.n_items)
            yield (history @ self.tables[name]).toarray()

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the tables as plain arrays."""
        return {
            f"{name}/{part}": array
            for name, table in self.tables.items()
            for part, array in additive.pack(table).items()
        }

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray[Any]], weight: Floats, n_items: int) -> Relations:
        """Make the relations again from what `arrays` gave."""
        names = [key.removesuffix("/data") for key in arrays if key.endswith("/data")]
        parts = {name: {part: arrays[f"{name}/{part}"] for part in additive.PARTS} for name in names}
        return Relations({name: additive.unpack(own, n_items) for name, own in parts.items()}, weight, n_items)

    @cached_property
    def _by_age(self) -> dict[str, Floats]:
        """Weight of each relation at each age class, [A]; relations without weight are left out."""
        by_age = {name: np.zeros(len(AGES)) for name in self.tables}
        for (name, first, last, _), weight in zip(FEATURES, self.weight, strict=True):
            if name in by_age:
                by_age[name][_ages(first, last)] += weight
        return {name: row for name, row in by_age.items() if row.any()}

    @cached_property
    def _stacked(self) -> Sparse:
        """Tables of all relations with weight, one below the other, [R * I, I]: one product does for all."""
        used = [self.tables[name] for name in self._by_age]
        return sparse.vstack([sparse.csr_array((0, self.n_items)), *used], format="csr")


def _age_class(age: Ints) -> Ints:
    return np.searchsorted(AGES, age, side="right") - 1


def _ages(first: int, last: int) -> slice:
    """Age classes from a first to a last age."""
    return slice(AGES.index(first), int(np.searchsorted(AGES, last, side="right")))
