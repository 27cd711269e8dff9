"""Histories as a sequence model reads them: slots, windows of them to learn from, and batches of windows.

The meaning of a tombstone (docs/decisions/0001), in training as in serving: its slot is there, with its age and time,
and holds no content; the state that predicts is that of the newest live slot before what is predicted. A model with
`positions = False` (a recurrent net) steps over it.

Shape letters: B sequences, T slots (padded on the right), S slots end to end, W windows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from whyrec.core.types import Bools, Floats32, Ints
from whyrec.data.batch import Batch
from whyrec.learn.ops import Array, Ops

POOL = 128
"""Batches that are sorted by length together."""
GAPS = 32
"""Classes of the time since the slot before: class g holds gaps from 2 ** (g - 1) to 2 ** g seconds."""


LONG = 30.0
"""Mean history, in slots, above which histories count as long: default sizes of models follow it."""


def are_long(log: Batch) -> bool:
    """Say whether the histories of a log are long; users without a slot are not counted."""
    sizes = np.diff(log.bounds)
    return bool(sizes.any()) and float(sizes[sizes > 0].mean()) > LONG


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a forward pass sees of B sequences, arrays [B, T] or tensors; padding holds code 0."""

    item: Array  # code of the item, 0 where there is none
    age: Array  # 0 = newest slot of the window
    live: Array | None  # whether the slot has content; None = all have
    strength: Array | None = None  # signed strength of the event; None = the model does not use it
    gap: Array | None = None  # class of the time since the slot before; None = the model does not use it

    def put(self, ops: Ops) -> Inputs:
        """Return the inputs as the ops work on them."""
        parts = (self.item, self.age, self.live, self.strength, self.gap)
        return Inputs(*(None if part is None else ops.put(part) for part in parts))


Encode: TypeAlias = Callable[[Mapping[str, Array], Inputs, Ops], Array]


@dataclass(frozen=True)
class Reads:
    """What a model reads of a slot beside the item."""

    history: int  # newest slots
    positions: bool = True  # tombstones keep their place; False: they are stepped over
    strength: bool = False
    gap: bool = False


def gap_classes(batch: Batch) -> Ints:
    """Class of the time between each slot and the one before it in the same query, 0 for the first, [S]."""
    gap = np.diff(batch.at, prepend=0.0)
    gap[batch.bounds[:-1][np.diff(batch.bounds) > 0]] = 0.0
    return np.clip(np.frexp(np.maximum(gap, 0.0))[1], 0, GAPS - 1).astype(np.int64)


def steps_over(batch: Batch, slots: Bools) -> Batch:
    """Return the batch with only these slots; ages are counted anew."""
    kept = np.concatenate(([0], np.cumsum(slots)))
    bounds = kept[batch.bounds]
    age = np.repeat(bounds[1:], np.diff(bounds)) - np.arange(bounds[-1])
    return batch.take(slots, bounds, age, batch.asked)


@dataclass(frozen=True, eq=False)
class Slots:
    """Slots of a Batch as a model reads them, [S] each, with bounds [Q+1]."""

    bounds: Ints
    item: Ints
    live: Bools
    strength: Floats32
    gap: Ints
    reads: Reads

    @staticmethod
    def of(batch: Batch, reads: Reads) -> Slots:
        """Read a batch; gaps are those between all slots, also where tombstones are stepped over."""
        live = batch.weight != 0
        gap = gap_classes(batch) if reads.gap else np.zeros(len(live), np.int64)
        if not reads.positions:
            batch, gap, live = steps_over(batch, live), gap[live], live[live]
        item = np.where(live, batch.item, 0).astype(np.int64)
        return Slots(batch.bounds, item, live, batch.weight.astype(np.float32), gap, reads)

    def inputs(self, first: Ints, length: Ints) -> Inputs:
        """Arrange windows of slots, given by their first slot and length [B], as arrays [B, T]."""
        T = int(length.max())
        step = np.arange(T)
        inside = step < length[:, None]
        place = np.where(inside, first[:, None] + step, 0)
        live = self.live[place]
        return Inputs(
            item=np.where(inside, self.item[place], 0),
            age=np.maximum(length[:, None] - 1 - step, 0),
            live=None if bool((live | ~inside).all()) else live & inside,
            strength=self.strength[place] * inside if self.reads.strength else None,
            # What was before a window is not known when its history is cut, so that its first slot has no gap.
            gap=self.gap[place] * (inside & (step > 0)) if self.reads.gap else None,
        )


@dataclass(frozen=True, eq=False)
class Windows:
    """Pieces of the users' histories to learn from: W windows of at most `history` slots, and what follows each slot.

    A history longer than a window is cut from its end, so that every target is predicted once. `target` [S] is the
    code of the item to predict from each slot, -1 where there is none.
    """

    slots: Slots
    target: Ints
    first: Ints  # [W]
    length: Ints  # [W]

    @staticmethod
    def of(log: Batch, is_target: Bools, reads: Reads) -> Windows:
        """Cut a log; `is_target` [S] says which of its slots may be predicted."""
        if not reads.positions:
            gap = gap_classes(log)
            live = log.weight != 0
            log, is_target = steps_over(log, live), is_target[live]
            slots = replace(Slots.of(log, reads), gap=gap[live])
        else:
            slots = Slots.of(log, reads)
        user, place = log.query, np.flatnonzero(slots.live)
        target = np.full(len(slots.item), -1, np.int64)
        before, after = place[:-1], place[1:]
        good = (user[before] == user[after]) & is_target[after]
        target[before[good]] = slots.item[after[good]]
        first, length = _cut(log.bounds, target >= 0, reads.history)
        return Windows(slots, target, first, length)

    def shifted(self, rng: np.random.Generator) -> Windows:
        """Return the same log in other windows: the newest one of a long history is up to half as long, by chance.

        So a target is not predicted from the same place and with the same past in each epoch.
        """
        first, length = _cut(self.slots.bounds, self.target >= 0, self.slots.reads.history, rng)
        return replace(self, first=first, length=length)

    @property
    def tokens(self) -> int:
        """Slots in all windows."""
        return int(self.length.sum())


def _cut(bounds: Ints, predicts: Bools, history: int, rng: np.random.Generator | None = None) -> tuple[Ints, Ints]:
    """First slot and length of each window; a window ends with a slot that predicts, and holds at least one.

    With `rng` the newest window of a history that needs several is shorter by chance, by half at the most.
    """
    first, length = [], []
    total = np.concatenate(([0], np.cumsum(predicts)))
    places = np.flatnonzero(predicts)
    for start, end in pairwise(bounds):
        if total[end] == total[start]:
            continue
        stop = int(places[total[end] - 1]) + 1
        longest = (
            history if rng is None or stop - start <= history else int(rng.integers(-(-history // 2), history + 1))
        )
        while stop > start and total[stop] > total[start]:
            stop = int(places[total[stop] - 1]) + 1
            begin = max(int(start), stop - longest)
            longest = history
            first.append(begin)
            length.append(stop - begin)
            stop = begin
    return np.array(first, np.int64), np.array(length, np.int64)


def equal_length(length: Ints, budget: int, rng: np.random.Generator) -> list[Ints]:
    """Cut sequences into batches of at most `budget` slots with padding, each of nearly equal length, in random order.

    Shuffled sequences are taken POOL batches at a time, sorted by length and cut. A batch holds one at least.
    """
    order = rng.permutation(len(length))
    pool = max(1, int(POOL * budget / max(1.0, float(length.mean())))) if len(length) else 1
    batches = []
    for begin in range(0, len(order), pool):
        part = order[begin : begin + pool]
        part = part[np.argsort(length[part], kind="stable")]
        sizes = length[part]
        start = 0
        while start < len(part):
            n = max(1, budget // int(sizes[start]))
            n = max(1, budget // int(sizes[min(start + n, len(part)) - 1]))
            batches.append(part[start : start + n])
            start += n
    return [batches[n] for n in rng.permutation(len(batches))]
