"""What next-item models over sequences share: batches of windows, the loss, and serving.

A model is then a forward pass `encode(weights, inputs, ops) -> states [B, T, D]`, where the state of a slot predicts
the item of the next live slot by its product with the item table `weights["items"]` [I, D].

Shape letters: B sequences, T slots, D width, I items, Q queries, C columns, N states that predict, K negatives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import Floats, Floats32, Ints, Vocabulary
from whyrec.data.batch import Batch
from whyrec.learn import engine, losses
from whyrec.learn.ops import NumpyOps, TorchOps
from whyrec.learn.windows import Encode, Inputs, Reads, Slots, Windows, equal_length

SMALL = 16
"""A log that has fewer tokens than this many batches is cut into this many."""


@dataclass(frozen=True, eq=False)
class Minibatch:
    """One step's work. Item codes count within `rows`, the distinct items that the batch touches."""

    inputs: Inputs
    place: Ints  # [N] flat place in [B, T] of the states that predict
    target: Ints  # [N]
    negative: Ints  # [K]
    hits: tuple[Ints, Ints]
    rows: Ints


class Sizes(Protocol):
    """What the shared part needs of a model's Config."""

    @property
    def batch(self) -> int:
        """Tokens of a batch."""
        ...

    @property
    def negatives(self) -> int:
        """Items that the wanted one is told from, shared by a batch."""
        ...

    @property
    def width(self) -> int:
        """Numbers of an item's vector."""
        ...


@dataclass(eq=False)
class NextItem:
    """The Problem of a next-item model: sampled softmax over windows of a log."""

    windows: Windows
    encode: Encode
    config: Sizes
    n_items: int
    judge: Callable[[Mapping[str, Floats32]], float] | None = None
    activations: int = 40  # numbers that one step keeps for each token and number of width
    tables: tuple[str, ...] = ("items",)
    ops: Any = field(init=False, default=None)

    @property
    def batch_bytes(self) -> int:
        """Memory of one step."""
        width, tokens = self.config.width, max(self.config.batch, int(self.windows.length.max(initial=1)))
        touched = min(self.n_items, 2 * tokens + self.config.negatives)
        return 4 * width * (self.activations * tokens + 4 * touched)

    def batches(self, rng: np.random.Generator) -> Iterator[Minibatch]:
        """Yield the windows of an epoch in batches of nearly equal length."""
        length = self.windows.length
        budget = max(int(length.max(initial=1)), min(self.config.batch, self.windows.tokens // SMALL))
        for members in equal_length(length, budget, rng):
            yield self._batch(members, rng)

    def _batch(self, members: Ints, rng: np.random.Generator) -> Minibatch:
        first, length = self.windows.first[members], self.windows.length[members]
        inputs = self.windows.slots.inputs(first, length)
        row, step = np.nonzero(np.arange(inputs.item.shape[1]) < length[:, None])
        target = self.windows.target[first[row] + step]
        predicts = target >= 0
        target, place = target[predicts], (row * inputs.item.shape[1] + step)[predicts]
        negative = losses.negatives(self.n_items, self.config.negatives, rng)
        rows, codes = np.unique(np.concatenate((inputs.item.ravel(), target, negative)), return_inverse=True)
        ends = np.cumsum((inputs.item.size, len(target)))
        item, wanted, others = np.split(codes, ends)
        return Minibatch(
            inputs=replace(inputs, item=item.reshape(inputs.item.shape)),
            place=place,
            target=wanted,
            negative=others,
            hits=losses.find_hits(target, negative),
            rows=rows,
        )

    def rows(self, batch: Minibatch) -> Mapping[str, Ints]:
        """Return the items that the batch touches."""
        return {"items": batch.rows}

    def loss(self, weights: Mapping[str, Any], batch: Minibatch) -> Any:
        """Return the mean sampled softmax of the batch."""
        torch = engine.load("Fitting")
        where = weights["items"].device
        self.ops = self.ops or TorchOps(torch)

        def put(array: NDArray[Any] | None) -> Any:
            return None if array is None else torch.from_numpy(array).to(where)

        seen = batch.inputs
        inputs = Inputs(put(seen.item), put(seen.age), put(seen.live), put(seen.strength), put(seen.gap))
        states = self.encode(weights, inputs, self.ops)
        states = states.reshape(-1, states.shape[-1])[put(batch.place)]
        items = weights["items"]
        wanted, negative = self.ops.rows(items, put(batch.target)), self.ops.rows(items, put(batch.negative))
        hits = (put(batch.hits[0]), put(batch.hits[1]))
        return losses.sampled_softmax(torch, states, wanted, negative, hits)

    def validate(self, weights: Mapping[str, Floats32]) -> float:
        """Ask the judge."""
        return float("nan") if self.judge is None else self.judge(weights)


def states(encode: Encode, weights: Mapping[str, Floats], batch: Batch, reads: Reads, budget: int = 8192) -> Floats:
    """States that predict, one for each query of a batch, float64 [Q, D]: zero where nothing live is left."""
    slots = Slots.of(batch, reads)
    newest = np.where(slots.live, np.arange(len(slots.live)), -1)
    found = np.zeros((len(batch), weights["items"].shape[1]))
    begin, end = slots.bounds[:-1], slots.bounds[1:]
    length = np.minimum(end - begin, reads.history)
    # Nothing after the newest live slot is looked at, but it counts in the ages.
    asked = np.flatnonzero(length > 0)
    asked = asked[[newest[end[q] - length[q] : end[q]].max() >= 0 for q in asked]]
    asked = asked[np.argsort(length[asked], kind="stable")]
    start, ops = 0, NumpyOps()
    while start < len(asked):
        n = max(1, budget // int(length[asked[start]]))
        n = max(1, budget // int(length[asked[min(start + n, len(asked)) - 1]]))
        part = asked[start : start + n]
        first = end[part] - length[part]
        made = encode(weights, slots.inputs(first, length[part]), ops)
        last = [newest[a:b].max() - a for a, b in zip(first, end[part], strict=True)]
        found[part] = made[np.arange(len(part)), last]
        start += n
    return found


def score(
    made: Floats, table: Floats, prior: Floats, vocabulary: Vocabulary, items: Sequence[str] | None = None
) -> Floats32:
    """Return prior + states [Q, D] @ table.T as float32 [Q, I], or [Q, C] with NaN for an item that is not known.

    Sums are float64, so that the scores of a batch equal those one by one; float32 comes last.
    """
    if items is None:
        return (made @ table.T + prior).astype(np.float32)
    codes = vocabulary.codes(items)
    known = codes >= 0
    result = np.full((len(made), len(codes)), np.nan, np.float32)
    result[:, known] = made @ table[codes[known]].T + prior[codes[known]]
    return result


def double(weights: Mapping[str, Floats32]) -> dict[str, Floats]:
    """Weights in double precision, as serving uses them."""
    return {name: array.astype(np.float64) for name, array in weights.items()}
