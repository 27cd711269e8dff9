"""Relations: what an event says about other items, as tables, one weight for each relation and age of the event.

    R = log(1 + lift) of what came after, in four buckets of gaps; log(1 + T / soft) of the tables T of markov and
    itemknn; the table of ease; 1 where x = y; to items without events, the cosine of content (learn/newcomers)
    sum[y] = sum over slots i of strength_i * sum over relations R of w[R, age_i] * R[x_i, y]

Two ways to the same numbers, on purpose independent of each other: `sums` is the quick one, one product for all
relations and queries; `parts` looks entries of the tables up. Which relations glass has, and why: docs/decisions/0007.

Tables are float32 and lie one below the other in one matrix; sums are float64.

Shape letters: I items, Q queries, S slots, R relations, A age classes, C columns, F features (a relation at some ages).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
    ("alike", 1, 1, 1.0), ("alike", 2, 5, 0.5), ("alike", 6, 20, 0.2), ("alike", 21, 200, 0.1),
)  # fmt: skip
"""A relation, the first and last age that it is used at, and its default weight."""
PARTS = {**dict.fromkeys((*AFTER, "markov"), "after"), "alike": "similar"}
"""What relations are called in explanations, where not by their own name."""
BLOCK = 1000
FEW = 4
"""Queries that are added up one by one."""
"""Rows of ease's dense table that are made sparse at once."""


def of(
    log: Batch, n_items: int, members: Mapping[str, Fitted], shrink: float, neighbours: int, more: Mapping[str, Sparse]
) -> Relations:
    """Count what followed what, and take the members' tables and `more`.

    `shrink` is added to row and column sums of counts; `neighbours` is how many entries of a row of ease are kept.
    """
    found = {}
    for name, gaps in zip(AFTER, GAPS, strict=True):
        (followed,) = counts.transitions(log, n_items, (gaps,))
        found[name] = _short(lift(followed, shrink))
        del followed  # before the next one takes as much
    found |= {name: _short(_member(name, fitted, neighbours, n_items)) for name, fitted in members.items()}
    found["same"] = _short(sparse.eye_array(n_items, format="csr"))
    found |= {name: _short(table) for name, table in more.items()}
    return Relations.stack(found, n_items)


def _short(table: Sparse) -> Sparse:
    parts = (table.data.astype(np.float32), table.indices.astype(np.int32, copy=False), table.indptr)
    return sparse.csr_array(parts, shape=table.shape)


def lift(followed: Sparse, shrink: float) -> Sparse:
    """Return log(1 + how many times more often than by chance y came after x)."""
    found = counts.normalise(followed, rows=1.0, columns=1.0, smoothing=shrink)
    found.data *= followed.sum()
    np.log1p(found.data, out=found.data)
    return found


def _member(name: str, fitted: Any, neighbours: int, n_items: int) -> Sparse:
    """Return a member's table as a relation [I, I]."""
    if name == "ease":  # dense over the covered items
        blocks = [
            counts.keep_largest(sparse.csr_array(fitted.table[first : first + BLOCK]), neighbours)
            for first in range(0, len(fitted.table), BLOCK)
        ]
        block = sparse.vstack([sparse.csr_array((0, len(fitted.covered))), *blocks], format="csr")
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
    """Tables by name, in the order of `names`, one below the other: [R * I, I] of float32."""

    names: tuple[str, ...]
    stacked: Sparse
    n_items: int

    @staticmethod
    def stack(tables: dict[str, Sparse], n_items: int) -> Relations:
        """Lay tables [I, I] below each other; `tables` is emptied meanwhile, so that nothing is held twice for long."""
        names = tuple(tables)
        data = np.concatenate([np.empty(0, np.float32), *(table.data for table in tables.values())])
        sizes = [np.diff(table.indptr) for table in tables.values()]
        bounds = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.concatenate(sizes), dtype=np.int64)))
        indices = np.concatenate([np.empty(0, np.int32), *(tables.pop(name).indices for name in names)])
        shape = (len(names) * n_items, n_items)
        return Relations(names, sparse.csr_array((data, indices, bounds), shape=shape), n_items)

    def __getitem__(self, name: str) -> Sparse:
        """Return the table [I, I] of a relation; it shares its entries with the whole."""
        first = self.names.index(name) * self.n_items
        bounds = self.stacked.indptr[first : first + self.n_items + 1]
        entries = slice(bounds[0], bounds[-1])
        parts = (self.stacked.data[entries], self.stacked.indices[entries], bounds - bounds[0])
        return sparse.csr_array(parts, shape=(self.n_items, self.n_items))

    def by_age(self, weight: Floats) -> Floats:
        """Weight of each relation at each age class, [R, A], from the weights of FEATURES [F]."""
        found = np.zeros((len(self.names), len(AGES)))
        for (name, first, last, _), value in zip(FEATURES, weight, strict=True):
            if name in self.names:
                found[self.names.index(name), _ages(first, last)] += value
        return found

    def sums(self, batch: Batch, by_age: Floats, codes: Any) -> Floats:
        """What all relations give to the items of these codes, [Q, C]; a slice for all items."""
        coefficient: Floats = by_age[:, _age_class(batch.age)] * batch.weight
        relation, slot = np.nonzero(coefficient)
        if not len(slot):  # nothing is known of the shopper
            return np.zeros((len(batch), self.n_items))[:, codes]
        rows = relation * self.n_items + batch.item[slot]
        coefficient = coefficient[relation, slot]
        if len(batch) <= FEW:  # no need to set up a product
            asks = batch.query[slot]
            each = [self._sum(rows[asks == query], coefficient[asks == query]) for query in range(len(batch))]
            return np.stack(each)[:, codes]
        # Only rows of events are read, as float64, and of those only the columns asked for.
        used, place = np.unique(rows, return_inverse=True)
        history: Sparse = sparse.coo_array(
            (coefficient, (batch.query[slot].astype(np.int32), place.astype(np.int32))), shape=(len(batch), len(used))
        ).tocsr()
        part: Any = self.stacked[used].astype(np.float64)
        part = part if isinstance(codes, slice) else part[:, codes]
        return np.asarray((history @ part).toarray())

    def _sum(self, rows: Ints, coefficient: Floats) -> Floats:
        """Sum of coefficient * row, [I]."""
        first = self.stacked.indptr[rows]
        sizes = self.stacked.indptr[rows + 1] - first
        entry = np.arange(sizes.sum()) + np.repeat(first - np.cumsum(sizes) + sizes, sizes)
        given = self.stacked.data[entry] * np.repeat(coefficient, sizes)
        found = np.bincount(self.stacked.indices[entry], given, minlength=self.n_items)
        return found.astype(np.float64, copy=False)  # without entries they would be whole numbers

    def parts(self, batch: Batch, live: Ints, by_age: Floats, codes: Ints) -> dict[str, Floats]:
        """What each of these slots gives to the items of these codes by each relation, [len(live), C] each.

        On purpose another way than `sums` goes: entries of the tables are looked up.
        """
        coefficient: Floats = by_age[:, _age_class(batch.age[live])] * batch.weight[live]
        relation, place = np.nonzero(coefficient)
        read = additive.rows_at(self.stacked, relation * self.n_items + batch.item[live[place]], codes)
        given = np.zeros((len(self.names), len(live), len(codes)))
        given[relation, place] = coefficient[relation, place, None] * read
        used = np.unique(relation)
        return {self.names[n]: given[n] for n in used}

    def features(self, batch: Batch) -> Iterator[NDArray[Any]]:
        """Yield what each weight is multiplied with, [Q, I] each, in the order of FEATURES."""
        for name, first, last, _ in FEATURES:
            if name not in self.names:
                yield np.zeros((len(batch), self.n_items), np.float32)
                continue
            at_age = (batch.age >= first) & (batch.age <= last)
            history = additive.sums_by_item(batch, np.where(at_age, batch.weight, 0.0), self.n_items)
            history.data = history.data.astype(np.float32)
            yield np.asarray((history @ self[name]).toarray())

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the tables as plain arrays."""
        return {f"{name}/{part}": array for name in self.names for part, array in additive.pack(self[name]).items()}

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray[Any]], n_items: int) -> Relations:
        """Make the relations again from what `arrays` gave."""
        names = [key.removesuffix("/data") for key in arrays if key.endswith("/data")]
        parts = {name: tuple(arrays[f"{name}/{part}"] for part in additive.PARTS) for name in names}
        return Relations.stack({n: sparse.csr_array(p, shape=(n_items, n_items)) for n, p in parts.items()}, n_items)


def _age_class(age: Ints) -> Ints:
    return np.searchsorted(AGES, age, side="right") - 1


def _ages(first: int, last: int) -> slice:
    """Age classes from a first to a last age."""
    return slice(AGES.index(first), int(np.searchsorted(AGES, last, side="right")))
