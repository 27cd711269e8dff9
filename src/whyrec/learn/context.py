"""Context: what is wanted lately, at this hour and season, on this platform, in this language, by people like this.

    sum[y] = sum over windows W of w_W * log(1 + n_W[y]) + sum over circumstances c of w_c * lift_c[class_c, y]
    lift_c[k, y] = log((n[k, y] + soft) / (n[k] * share[y] + soft))
    n_W[y] = events of y in the W days up to the moment of the request; n[k, y] = events of y in class k

It belongs to the request and to nothing in the history: the score of an empty history has it too. Hours, weekdays and
months are those of UTC. After the newest day that was learned from, windows stay where they are.

Shape letters: I items, Q queries, K classes, C columns, D days.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from whyrec.core.types import UNKNOWN, Events, Floats, Floats32, Ints, Objects, Query, Users

if TYPE_CHECKING:
    Sparse: TypeAlias = sparse.csr_array[np.float64, tuple[int, int]]

DAY_S = 86400
WINDOWS = {"recent 1": 1, "recent 7": 7, "recent 30": 30, "recent 90": 90}
"""Days that each measure of recent popularity looks back."""
TIMES = ("hour", "weekday", "month")
ASKED = ("platform", "locale")
"""What a request says of itself."""
PROFILE = "profile."
"""Begins the names of what is known of the shopper."""
SOFT = 5.0
"""Events that each class is thought to have had of each item as often as all classes have."""
CLASSES = 50
"""Values that have a class of their own: the most frequent ones."""


@dataclass(frozen=True, eq=False)
class Context:
    """Counts by day, and lifts by circumstance."""

    first_day: int
    days: Sparse  # [D, I] events of each item on each day from the first one on; D = 0 without times
    values: Mapping[str, tuple[str, ...]]  # circumstance -> names of its classes
    lifts: Mapping[str, Floats32]  # circumstance -> [K, I]
    weight: Mapping[str, float]  # of each window and circumstance; what is left out weighs nothing

    @staticmethod
    def of(events: Events, strength: Floats, users: Users | None, profile: Sequence[str]) -> Context:
        """Count events [N] of a positive strength; `profile` names attributes of users that may be used."""
        rows = np.flatnonzero((events.item >= 0) & (strength > 0))
        n_items = len(events.items)
        item, much = events.item[rows], strength[rows]
        total = np.bincount(item, much, minlength=n_items).astype(np.float64)
        found: dict[str, tuple[tuple[str, ...], Floats32]] = {}
        for name, column in _columns(events, rows, users, profile):
            values, classes = _classes(column)
            if len(values) > 1:  # one value, or none, tells nothing
                found[name] = values, lift(classes, item, much, len(values), total)
        first, days = 0, sparse.csr_array((0, n_items))
        if events.timed and len(rows):
            day = (events.at[rows] // DAY_S).astype(np.int64)
            first = int(day.min())
            shape = (int(day.max()) - first + 1, n_items)
            days = sparse.coo_array((much, (day - first, item)), shape=shape).tocsr()
            days.data = days.data.astype(np.float32).astype(np.float64)  # as a snapshot stores it
        return Context(first, days, {n: v for n, (v, _) in found.items()}, {n: t for n, (_, t) in found.items()}, {})

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all that can have a weight."""
        return (*(WINDOWS if self.days.shape[0] else ()), *self.lifts)

    def values_of(self, name: str, queries: Sequence[Query]) -> Floats:
        """What the weight of this name is multiplied with, [Q, I]."""
        if name in WINDOWS:
            days, place = np.unique([self._day(query) for query in queries], return_inverse=True)
            found: Floats = np.stack([self._recent(WINDOWS[name], int(day)) for day in days])[place]
            return found
        lift = self.lifts[name]
        table = np.vstack((lift, np.zeros((1, lift.shape[1]), np.float32)))  # the last is for what has no class
        return table[[self._places[name].get(_said(query, name) or UNKNOWN, -1) for query in queries]].astype(
            np.float64
        )

    def parts(self, queries: Sequence[Query], codes: Any) -> dict[str, Floats]:
        """What each window and circumstance gives to the items of these codes, [Q, C]; a slice for all items."""
        return {name: by * self.values_of(name, queries)[:, codes] for name, by in self.weight.items()}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return counts and lifts of what weighs anything."""
        values = {name: self.values[name] for name in self.lifts if name in self.weight}
        about = {
            "first_day": self.first_day,
            "values": values,
            "weight": dict(self.weight),
            "items": self.days.shape[1],
        }
        found: dict[str, NDArray[Any]] = {"about": np.frombuffer(json.dumps(about).encode("ascii"), np.uint8)}
        if any(name in WINDOWS for name in self.weight):
            found |= {"day/data": self.days.data.astype(np.float32), "day/indices": self.days.indices}
            found |= {"day/bounds": self.days.indptr}
        return {**found, **{f"lift/{name}": self.lifts[name] for name in values}}

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Context:
        """Make it again from what `arrays` gave."""
        about = json.loads(arrays["about"].tobytes())
        days = sparse.csr_array((0, about["items"]))
        if "day/data" in arrays:
            parts = (arrays["day/data"].astype(np.float64), arrays["day/indices"], arrays["day/bounds"])
            days = sparse.csr_array(parts, shape=(len(parts[2]) - 1, about["items"]))
        values = {name: tuple(names) for name, names in about["values"].items()}
        return Context(about["first_day"], days, values, {n: arrays[f"lift/{n}"] for n in values}, about["weight"])

    @cached_property
    def _places(self) -> dict[str, dict[str, int]]:
        return {name: {value: place for place, value in enumerate(values)} for name, values in self.values.items()}

    @cached_property
    def _last(self) -> dict[int, Floats]:
        """Recent popularity on the day after the last one, by window: nearly all requests of a shop want that."""
        return {}

    def _day(self, query: Query) -> int:
        return int(np.clip(query.at // DAY_S - self.first_day, 0, self.days.shape[0]))

    def _recent(self, window: int, day: int) -> Floats:
        """log(1 + events) of each item in the days before this one, [I]."""
        # Of the day itself nothing is known: when it was learned from, it was not over for most of those who ask.
        last = day == self.days.shape[0]
        if last and window in self._last:
            return self._last[window]
        counted = np.zeros(self.days.shape[1])
        rows = slice(self.days.indptr[max(0, day - window)], self.days.indptr[day])
        np.add.at(counted, self.days.indices[rows], self.days.data[rows])
        found: Floats = np.log1p(counted)
        if last:
            self._last[window] = found
        return found


def _columns(
    events: Events, rows: Ints, users: Users | None, profile: Sequence[str]
) -> Iterator[tuple[str, Sequence[str | None] | Objects]]:
    if events.timed:
        for name, place in zip(TIMES, _clock(events.at[rows]), strict=True):
            yield name, place
    for name in ASKED:
        column = getattr(events, name)
        if column is not None:
            yield name, column[rows]
    if users is not None:
        code = users.users.codes(events.users.ids)[events.user[rows]]
        for name in profile:
            if name in users.attributes:
                yield PROFILE + name, np.append(users.attributes[name], UNKNOWN)[code]


def _clock(at: Floats) -> tuple[Objects, ...]:
    """Hour, weekday (0 is Monday) and month of UTC seconds, as words."""
    days = (at // DAY_S).astype(np.int64)
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1
    hours = (at % DAY_S // 3600).astype(np.int64)
    return tuple(column.astype(str).astype(object) for column in (hours, (days + 3) % 7, months))


def _said(query: Query, name: str) -> str | None:
    """Class of a query in a circumstance, None where it says nothing of it."""
    if name in TIMES:
        return str(_clock(np.array([query.at]))[TIMES.index(name)][0])
    if name in ASKED:
        return getattr(query, name)  # type: ignore[no-any-return]
    return query.profile.get(name.removeprefix(PROFILE))


def _classes(column: Sequence[str | None] | Objects) -> tuple[tuple[str, ...], Ints]:
    """Names of the classes, the most frequent values, and the class of each row, -1 for none."""
    names, often = np.unique([v for v in column if v and v != UNKNOWN], return_counts=True)
    kept = names[np.argsort(-often, kind="stable")[:CLASSES]].tolist()
    place = {name: code for code, name in enumerate(kept)}
    return tuple(kept), np.array([place.get(value, -1) for value in column], np.int64)


def lift(classes: Ints, item: NDArray[Any], much: NDArray[Any], n_classes: int, total: Floats) -> Floats32:
    """Return log-lifts [K, I] of items by class; `much` is how much each event counts, `total` that of each item."""
    known = classes >= 0
    shape = (n_classes, len(total))
    counted = sparse.coo_array((much[known], (classes[known], item[known])), shape=shape).toarray()
    expected = counted.sum(axis=1, keepdims=True) * (total / max(total.sum(), 1e-9))
    found: Floats32 = np.log((counted + SOFT) / (expected + SOFT)).astype(np.float32)
    return found
