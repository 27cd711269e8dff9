"""What was chosen together and what was chosen next, counted in the log, one item at a time when it is asked.

    lift[x, y] = n_xy * N / (n_x * n_y)          baskets, or shoppers, that hold both, against chance
    lift[x, y] = n_xy * N / (m_x * n_y)          y among the NEXT events after x; m_x = how many came after x at all

A basket is the log's own, else a session, else what one shopper chose on one day; what came into the store counts from
the next training on. Only kinds that models predict count
(data/kinds), but for sessions of views, which tell what is looked at in place of something.

Shape letters: I items, S sets (baskets, shoppers or sessions), N sets or events.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from whyrec.core.config import Settings
from whyrec.core.types import KIND_CODE, Events, Floats, Ints
from whyrec.data.split import is_target

if TYPE_CHECKING:
    Sparse: TypeAlias = sparse.csr_array[Any, tuple[int, int]]

NEXT = 3
"""Events after one that count as following it."""
DAY_S = 86400.0
KEPT = 512
"""Items whose rows are kept."""
VIEWS = ("view", "click", "dwell")


@dataclass(frozen=True, eq=False)
class Pairs:
    """One item with all others: how often, and how often by chance, [I] each."""

    count: Ints
    expected: Floats

    @property
    def lift(self) -> Floats:
        """How many times more often than by chance; 0 where it never was."""
        return np.divide(self.count, self.expected, out=np.zeros(len(self.count)), where=self.count > 0)


@dataclass(frozen=True, eq=False)
class Sets:
    """Which items are in which sets, [S, I] and [I, S]."""

    by_set: Sparse
    by_item: Sparse

    @staticmethod
    def of(keys: NDArray[Any], item: NDArray[np.int32], n_items: int) -> Sets:
        """Join rows [N] of the log that have the same key into sets; sets of one item tell nothing."""
        _, place = np.unique(keys, return_inverse=True)
        shape = (int(place.max(initial=-1)) + 1, n_items)
        whole = sparse.coo_array((np.ones(len(item), np.int32), (place.ravel(), item)), shape=shape).tocsr()
        whole = whole[np.diff(whole.indptr) > 1]
        whole.data[:] = 1
        return Sets(whole, sparse.csr_array(whole.T))

    def pairs(self, item: int) -> Pairs:
        """Count this item with all others; with itself never."""
        mine = self.by_item.indices[slice(*self.by_item.indptr[item : item + 2])]
        n = np.diff(self.by_item.indptr)
        count = np.bincount(self.by_set[mine].indices, minlength=len(n))
        count[item] = 0
        return Pairs(count, len(mine) * n / max(1, self.by_set.shape[0]))


@dataclass(frozen=True, eq=False)
class Together:
    """Counts of a log; item codes are those of `events.items`."""

    events: Events
    settings: Settings

    @cached_property
    def baskets(self) -> Sets:
        """What was chosen in one basket."""
        return self._sets(np.flatnonzero(self._chosen), self._occasion)

    @cached_property
    def chosen(self) -> Floats:
        """How often each item was chosen, [I]."""
        rows = self._chosen
        return np.bincount(self.events.item[rows], minlength=len(self.events.items)).astype(np.float64)

    @cached_property
    def people(self) -> Sets:
        """What was chosen by one shopper."""
        return self._sets(np.flatnonzero(self._chosen), self.events.user)

    @cached_property
    def views(self) -> Sets:
        """What was looked at in one session."""
        looked = np.isin(self.events.kind, [KIND_CODE[kind] for kind in VIEWS]) & (self.events.item >= 0)
        return self._sets(np.flatnonzero(looked), self._occasion)

    @cached_property
    def _after(self) -> tuple[Ints, NDArray[np.int32], Ints, Ints]:
        """User and item of each chosen event in the order of users, places by item, and bounds of those."""
        rows, _ = self.events.by_user
        rows = rows[self._chosen[rows]]
        item = self.events.item[rows]
        bounds = np.concatenate(([0], np.cumsum(np.bincount(item, minlength=len(self.events.items)))))
        return self.events.user[rows].astype(np.int64), item, np.argsort(item, kind="stable"), bounds

    @lru_cache(maxsize=KEPT)  # noqa: B019  (one Together lives as long as its shop)
    def pairs(self, how: str, item: int) -> Pairs:
        """Return baskets, people, views or after of an item."""
        if how != "after":
            sets: Sets = getattr(self, how)
            return sets.pairs(item)
        user, items, places, bounds = self._after
        n = np.diff(bounds)
        count, follow = np.zeros(len(n), np.int64), 0
        for gap in range(1, NEXT + 1):
            mine = places[bounds[item] : bounds[item + 1]]
            mine = mine[mine + gap < len(items)]
            mine = mine[user[mine] == user[mine + gap]]
            count += np.bincount(items[mine + gap], minlength=len(n))
            follow += len(mine)
        count[item] = 0
        return Pairs(count, follow * n / max(1, len(items)))

    @cached_property
    def _chosen(self) -> NDArray[np.bool_]:
        return is_target(self.events, self.settings)

    @cached_property
    def _occasion(self) -> NDArray[Any]:
        """Which basket, session or day of a shopper each row of the log is of, as a number; -1 where that is open."""
        events, found, n = self.events, np.full(len(self.events), -1), 0
        for column in (events.basket, events.session):
            if column is not None and (open_rows := np.flatnonzero(found < 0)).size:
                names = np.array(["" if one is None else str(one) for one in column[open_rows]])
                known, place = np.unique(names, return_inverse=True)
                found[open_rows] = np.where(known[place] == "", -1, n + place.ravel())
                n += len(known)
        left = np.flatnonzero(found < 0)
        if events.timed and len(left):
            days = np.stack((events.user[left], events.at[left] // DAY_S))
            found[left] = n + np.unique(days, axis=1, return_inverse=True)[1].ravel()
        return found

    def _sets(self, rows: Ints, key: NDArray[Any]) -> Sets:
        rows = rows[key[rows] >= 0]
        return Sets.of(key[rows], self.events.item[rows], len(self.events.items))
