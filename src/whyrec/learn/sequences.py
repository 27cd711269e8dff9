"""What next-item models over sequences share: batches of windows, the loss, and serving.

A model is then a forward pass `encode(weights, inputs, ops) -> states [B, T, D]`, where the state of a slot predicts
the item of the next live slot by its product with the item table `weights["items"]` [I, D].

Shape letters: B sequences, T slots, D width, I items, Q queries, C columns, N states that predict, K negatives.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import Floats, Floats32, Ints, Vocabulary
from whyrec.data.batch import Batch, arrange
from whyrec.data.split import is_target
from whyrec.learn import engine, losses
from whyrec.learn.judge import Judge
from whyrec.learn.ops import Array, NumpyOps, Ops, TorchOps
from whyrec.learn.run import Run
from whyrec.learn.windows import Encode, Inputs, Reads, Slots, Windows, equal_length

OBJECTIVES = ("softmax", "gbce", "bpr")
Chosen = TypeVar("Chosen", bound=Any)
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
    number: int = 0  # of the step in its epoch


Vectors: TypeAlias = Callable[[Mapping[str, Any], Ints, int | None, TorchOps], Any]
"""Vectors of items that are more than a row of the table: (weights with the table cut to these items, their codes, the
number of the step or None outside training, ops) -> [rows, D]."""


@dataclass(frozen=True)
class Learning:
    """Options of how a model of sequences learns; its own Config adds to them, and may have other defaults."""

    negatives: int = 1024  # that a batch shares
    batch: int = 0  # tokens; 0: 1024, long 4096
    rate: float = 1e-3
    decay: float = -1.0  # of the weights; -1: 1, long 0.1
    warmup: int = 50  # steps
    epochs: int = 70  # at the most
    final: float = 0.05  # share of the rate that is left after so many
    unvalidated: int = 15  # epochs where nothing is chosen on validation
    patience: int = 8  # epochs without a better validation
    average: float = 0.97  # of the running mean of the weights, which is what is served; 0: none
    popularity: float = 1e-3  # largest score that popularity alone can give


def sized(config: Chosen, long: bool, decay: float = 0.1) -> Chosen:
    """Fill in what of a Config follows the log: sizes of 0, dropout and decay of -1; `decay` is for long ones."""
    return replace(
        config,
        width=config.width or (64 if long else 128),
        history=config.history or (200 if long else 50),
        dropout=config.dropout if config.dropout >= 0 else (0.2 if long else 0.5),
        batch=config.batch or (4096 if long else 1024),
        decay=config.decay if config.decay >= 0 else (decay if long else 1.0),
    )


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
    """The Problem of a next-item model: a loss over windows of a log, one of OBJECTIVES.

    `asked` are the slots of the judge's queries, `prior` [I] is what is added to each score, `activations` how many
    numbers one step keeps for each token and number of width. Where items are more than rows of a table, `vectors`
    says what they are, and `pool` which of them negatives are drawn from, ascending codes; None: all.
    """

    windows: Windows
    encode: Encode
    config: Sizes
    n_items: int
    judge: Judge | None = None
    asked: Slots | None = None
    prior: Floats32 | float = 0.0
    activations: int = 40
    objective: str = "softmax"
    tables: tuple[str, ...] = ("items",)
    vectors: Vectors | None = None
    pool: Ints | None = None

    @staticmethod
    def of(run: Run, log: Batch, reads: Reads, encode: Encode, prior: Floats, activations: int) -> NextItem:
        """Cut the run's log into windows and take the cases that it validates on."""
        events, judge = run.settings.events, Judge.of(run)
        asked = None
        if judge is not None:
            batch = arrange(judge.queries, run.catalog.items, events.weights, events.rating_threshold, reads.history)
            asked = Slots.of(batch, reads)
        cut = Windows.of(log, is_target(run.events, run.settings)[log.slot], reads)
        small = prior.astype(np.float32)
        return NextItem(cut, encode, run.config, len(run.catalog), judge, asked, small, activations)

    @property
    def batch_bytes(self) -> int:
        """Memory of one step."""
        width, tokens = self.config.width, max(self.config.batch, int(self.windows.length.max(initial=1)))
        touched = min(self.n_items, 2 * tokens + self.config.negatives)
        return 4 * width * (self.activations * tokens + 4 * touched)

    def batches(self, rng: np.random.Generator) -> Iterator[Minibatch]:
        """Yield the windows of an epoch in batches of nearly equal length."""
        windows = self.windows.shifted(rng)
        budget = max(int(windows.length.max(initial=1)), min(self.config.batch, windows.tokens // SMALL))
        for number, members in enumerate(equal_length(windows.length, budget, rng)):
            yield self._batch(windows, members, rng, number)

    def _batch(self, windows: Windows, members: Ints, rng: np.random.Generator, number: int) -> Minibatch:
        first, length = windows.first[members], windows.length[members]
        inputs = windows.slots.inputs(first, length)
        row, step = np.nonzero(np.arange(inputs.item.shape[1]) < length[:, None])
        target = windows.target[first[row] + step]
        predicts = target >= 0
        target, place = target[predicts], (row * inputs.item.shape[1] + step)[predicts]
        negative = losses.negatives(self.n_items if self.pool is None else len(self.pool), self.config.negatives, rng)
        negative = negative if self.pool is None else self.pool[negative]
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
            number=number,
        )

    def rows(self, batch: Minibatch) -> Mapping[str, Ints]:
        """Return the items that the batch touches."""
        return {"items": batch.rows}

    def loss(self, weights: Mapping[str, Any], batch: Minibatch) -> Any:
        """Return the mean loss of the batch."""
        ops = TorchOps(engine.load("Fitting"), device=weights["items"].device)
        if self.vectors is not None:
            weights = {**weights, "items": self.vectors(weights, batch.rows, batch.number, ops)}
        made = self.encode(weights, batch.inputs.put(ops), ops)
        chosen = ops.rows(made.reshape(-1, made.shape[-1]), ops.put(batch.place))
        wanted = ops.rows(weights["items"], ops.put(batch.target))
        negative = ops.rows(weights["items"], ops.put(batch.negative))
        hits = (ops.put(batch.hits[0]), ops.put(batch.hits[1]))
        if self.objective == "softmax":
            return losses.sampled_softmax(ops.torch, chosen, wanted, negative, hits)
        scores = losses.logits(ops.torch, chosen, wanted, negative, hits)
        if self.objective == "gbce":
            return losses.gbce(ops.torch, *scores, self.n_items)
        return losses.bpr(ops.torch, *scores)

    def validate(self, weights: Mapping[str, Floats32]) -> float:
        """Judge by the scores that serving would give, in single precision and with torch, which is quicker."""
        if self.judge is None or self.asked is None:
            return float("nan")
        torch = engine.load("Fitting")
        ops = TorchOps(torch, training=False, device=engine.device(torch))
        with torch.no_grad():
            there = engine.put(torch, weights, ops.device)
            if self.vectors is not None:
                there["items"] = self.vectors(there, np.arange(self.n_items), None, ops)
            made = states(self.encode, there, self.asked, ops)
        table = ops.take(there["items"]).T
        return self.judge.measure(lambda part: made[part].astype(np.float32) @ table + self.prior)


def states(encode: Encode, weights: Mapping[str, Any], slots: Slots, ops: Ops, budget: int = 8192) -> Floats:
    """States that predict, one for each query that the slots are of, [Q, D]; zero where nothing live is left."""
    reads, n_queries = slots.reads, len(slots.bounds) - 1
    newest = np.maximum.accumulate(np.where(slots.live, np.arange(len(slots.live)), -1))
    found = np.zeros((n_queries, weights["items"].shape[1]))
    end = slots.bounds[1:]
    length = np.minimum(np.diff(slots.bounds), reads.history)
    asked = np.flatnonzero(length > 0)
    asked = asked[newest[end[asked] - 1] >= (end - length)[asked]]
    asked = asked[np.argsort(length[asked], kind="stable")]
    start = 0
    while start < len(asked):
        n = max(1, budget // int(length[asked[start]]))
        n = max(1, budget // int(length[asked[min(start + n, len(asked)) - 1]]))
        part = asked[start : start + n]
        first = end[part] - length[part]
        made = encode(weights, slots.inputs(first, length[part]).put(ops), ops)
        last = newest[end[part] - 1] - first
        found[part] = ops.take(made[ops.put(np.arange(len(part))), ops.put(last)])
        start += n
    return found


def score(
    made: NDArray[Any],
    table: NDArray[Any],
    prior: NDArray[Any],
    vocabulary: Vocabulary,
    items: Sequence[str] | None = None,
) -> Floats32:
    """Return prior + states [Q, D] @ table.T as float32 [Q, I], or [Q, C] with NaN for an item that is not known.

    Sums are in the precision of the table: float64 where the scores of a batch must equal those one by one, with
    float32 coming last.
    """
    made, prior = made.astype(table.dtype, copy=False), prior.astype(table.dtype, copy=False)
    if items is None:
        whole: Floats32 = (made @ table.T + prior).astype(np.float32)
        return whole
    codes = vocabulary.codes(items)
    known = codes >= 0
    result = np.full((len(made), len(codes)), np.nan, np.float32)
    result[:, known] = made @ table[codes[known]].T + prior[codes[known]]
    return result


def attention(encode: Encode, weights: Mapping[str, Any], slots: Slots, heads: int, n_history: int) -> Floats:
    """How much the newest live slot looks at each slot of one query's history in the last block, [H, n_history]."""
    watching, n = _Watching(), len(slots.live)
    found = np.zeros((heads, n_history))
    if slots.live.any():
        encode(weights, slots.inputs(np.array([0]), np.array([n])), watching)
        found[:, n_history - n :] = watching.seen[0, :, np.flatnonzero(slots.live)[-1]]
    return found


class _Watching(NumpyOps):
    """Numpy operations that keep the attention weights [B, H, T, T] of the last block."""

    seen: Floats

    def attention_weights(self, query: Array, key: Array, heads: int, live: Array | None = None) -> Array:
        """Keep what is returned."""
        self.seen = super().attention_weights(query, key, heads, live)
        return self.seen


def double(weights: Mapping[str, Floats32]) -> dict[str, Floats]:
    """Weights in double precision, as serving uses them."""
    return {name: array.astype(np.float64) for name, array in weights.items()}


def pack(weights: Mapping[str, Floats32], prior: Floats, about: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Return weights, prior and what was chosen as the plain arrays of a snapshot."""
    named: dict[str, NDArray[Any]] = {f"weights/{name}": array for name, array in weights.items()}
    return {**named, "prior": prior, "about": np.frombuffer(json.dumps(about).encode(), np.uint8)}


def unpack(arrays: Mapping[str, NDArray[Any]]) -> tuple[dict[str, Floats32], Floats, dict[str, Any]]:
    """Return (weights, prior, about) of what `pack` gave."""
    prefix = "weights/"
    weights = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
    return weights, arrays["prior"], json.loads(arrays["about"].tobytes())
