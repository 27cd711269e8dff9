"""The latent part of glass: each event adds one vector to the shopper's, and nothing else does.

    user = gain * (start + long[class of the number of slots]
                   + sum over slots i of strength_i * sum over heads h of a_h(slot i) * gate_h(i) * W_h phi(i)) / norm
    phi(i) = z + MLP(layer norm(z)),   z = sqrt(D) * event vector of x_i + value vector + vector of the gap before i
    latent score[y] = user . item vector of y

phi is a network of one event and a_h a table over the age of a slot and the time from it to the newest one, so the
score is an exact sum over events. `norm` is constant in each class of the number of slots. While learning, the
user's vector is scaled to length sqrt(D) instead, which keeps training steady and changes no order within a list.

With `asked`, times are counted to the moment of the request instead, and the time since the newest slot has a vector
beside start's and a class of `norm`.

Event and item vectors are tables of their own (or, tied, the same), each an id's vector plus those of the item's
content. How it is learned: learn/latent_fit.py.

Shape letters: B sequences, T slots, S slots end to end, Q queries, H heads, D width, K age classes, G gap classes,
I items, A columns of the content.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import Floats, Floats32, Ints
from whyrec.data.batch import Batch, newest
from whyrec.learn.ops import Array, NumpyOps, Ops

AGES = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 16, 20, 25, 32, 41, 53, 69, 91, 121, 161])
"""First age of each age class."""
GAPS = 14
"""Classes of a time gap: 0 under a second, then each four times as long as the one before."""
LONG = 20
"""Classes of the number of slots, two for each doubling."""
CHUNK_SLOTS = 8192
"""Slots that the network of an event works on at once."""
VECTORS = ("events", "targets", "content", "event_content")
"""Tables of a fitted part."""
TABLES = frozenset({"events", "items", "event_content", "item_content"})
"""Weights with a row for each id, or each column of the content."""


@dataclass(frozen=True)
class Shape:
    """Sizes of the part, and what it reads."""

    width: int
    heads: int
    history: int
    timed: bool  # kernels over time gaps beside ages
    values: tuple[float, ...]  # edges of the classes of an event's value; none: values are not read
    dropout: float
    tied: bool = False  # one vector an item, as event and as recommendation
    asked: bool = False  # times are counted to the moment of the request, not to the newest slot


def gap_class(seconds: NDArray[Any]) -> Ints:
    """Class of a time gap in seconds."""
    exponent = np.frexp(np.maximum(seconds, 0.0).astype(np.float32))[1]
    found: Ints = np.clip((exponent + 1) // 2, 0, GAPS - 1).astype(np.int64)
    return found


def value_class(value: NDArray[Any], edges: tuple[float, ...]) -> Ints:
    """Class of an event's value: 0 for none, then one for each stretch between edges."""
    return np.where(np.isnan(value), 0, 1 + np.searchsorted(edges, value, side="right")).astype(np.int64, copy=False)


def start(rng: np.random.Generator, n_items: int, n_content: int, shape: Shape) -> dict[str, Floats32]:
    """Weights to begin with: small tables, kernels that fall with age at H speeds, maps near the identity."""
    D, H = shape.width, shape.heads

    def normal(*size: int, scale: float = 0.02) -> Floats32:
        return (rng.standard_normal(size) * scale).astype(np.float32)

    def zeros(*size: int) -> Floats32:
        return np.zeros(size, np.float32)

    middle = (AGES + np.append(AGES[1:], 201) - 1) / 2 - 1
    speed = np.linspace(0.3, 0.97, H)
    weights = {
        "events": normal(n_items, D), "items": normal(n_items, D),
        "age": (speed[None, :] ** middle[:, None] / H**0.5).astype(np.float32),
        "maps": np.tile(np.eye(D, dtype=np.float32), H) + normal(D, H * D),
        "norm": np.ones(D, np.float32), "norm_bias": zeros(D),
        "up": normal(D, 2 * D, scale=D**-0.5), "up_bias": zeros(2 * D),
        "down": normal(2 * D, D), "down_bias": zeros(D),
        "start": zeros(D), "long": zeros(LONG, D), "gain": np.ones(D, np.float32),
    }  # fmt: skip
    if n_content:
        weights |= {"event_content": normal(n_content, D), "item_content": normal(n_content, D)}
    if shape.tied:
        weights = {name: array for name, array in weights.items() if name not in ("events", "event_content")}
    if shape.timed:
        weights |= {"gap": zeros(GAPS, H), "age_gap": zeros(len(AGES) * GAPS, H)}
        weights |= {"before": zeros(GAPS, D), "before_gate": zeros(GAPS, H)}
    if shape.asked:
        weights |= {"since": zeros(GAPS, D)}
    if shape.values:
        classes = len(shape.values) + 2
        weights |= {"value": zeros(classes, D), "value_gate": zeros(classes, H)}
    return weights


def event_values(w: Mapping[str, Array], vector: Array, value: Array, before: Array, ops: Ops, dropout: float) -> Array:
    """What each event says, whatever its age: [..., H, D] from event vectors [..., D] and classes [...]."""
    D = vector.shape[-1]
    z = ops.dropout(vector, dropout) * D**0.5
    gate = None
    if "value" in w:
        z, gate = z + ops.rows(w["value"], value), ops.rows(w["value_gate"], value) + 1.0
    if "before" in w:
        own = ops.rows(w["before_gate"], before)
        z, gate = z + ops.rows(w["before"], before), own + 1.0 if gate is None else gate + own
    hidden = ops.relu(ops.linear(ops.layer_norm(z, w["norm"], w["norm_bias"]), w["up"], w["up_bias"]))
    z = z + ops.linear(ops.dropout(hidden, dropout), w["down"], w["down_bias"])
    said = ops.linear(z, w["maps"])
    said = said.reshape(*said.shape[:-1], said.shape[-1] // D, D)
    return said if gate is None else said * gate[..., None]


def kernel(w: Mapping[str, Array]) -> Array:
    """Weight of a slot in each head, one row for each class: ages, or ages times gaps; [K or K * G, H]."""
    if "gap" not in w:
        return w["age"]
    K, H = w["age"].shape
    return (w["age"][:, None] + w["gap"][None]).reshape(K * GAPS, H) + w["age_gap"]


def slot_class(age: Ints, gap_s: NDArray[Any] | None) -> Ints:
    """Row of the kernel for slots of this age and this many seconds before the newest slot."""
    k: Ints = np.searchsorted(AGES, np.maximum(age, 1), side="right") - 1
    return k if gap_s is None else k * GAPS + gap_class(gap_s)


def long_class(n_slots: Ints) -> Ints:
    """Class of a history by its number of slots."""
    found: Ints = np.minimum(2 * np.log2(np.maximum(n_slots, 1)), LONG - 1).astype(np.int64)
    return found


@dataclass(frozen=True, eq=False)
class Latent:
    """A learned latent part, ready to add up. `norm` [LONG] or, with `asked`, [LONG, GAPS] divides the vector."""

    shape: Shape
    weights: Mapping[str, Floats]  # all but the tables of ids and attributes
    events: Floats  # [I, D] vectors of items as events
    targets: Floats  # [I, D] vectors of items as recommendations
    content: Floats  # [A, D] vectors of columns of the content as recommendations; A = 0 where none is used
    event_content: Floats  # the same as events; A = 0 where tied
    norm: Floats
    epochs: int  # that it learned for

    @staticmethod
    def of(shape: Shape, weights: Mapping[str, Floats32], content: Any, known: Ints, epochs: int = 0) -> Latent:
        """Join ids and content [I, A] (or None) into vectors, rounded to what a snapshot stores.

        Items without events, all but the codes `known`, have no vector of their id.
        """
        tables = {}
        for side in ("item",) if shape.tied else ("event", "item"):
            table = np.zeros_like(weights[f"{side}s"])
            table[known] = weights[f"{side}s"][known]
            if content is not None:
                table = (table + content @ weights[f"{side}_content"]).astype(np.float32)
            tables[side] = table.astype(np.float64)
        rest = {name: array.astype(np.float64) for name, array in weights.items() if name not in TABLES}
        norm = np.ones((LONG, GAPS) if shape.asked else LONG)
        events, none = tables.get("event", tables["item"]), np.zeros((0, shape.width))
        content_of, event_content_of = (
            weights.get(f"{side}_content", none).astype(np.float64) for side in ("item", "event")
        )
        return Latent(shape, rest, events, tables["item"], content_of, event_content_of, norm, epochs)

    def normed(self, log: Batch) -> Latent:
        """Set `norm` so that the mean length of a vector is sqrt(D) in each of its classes.

        Vectors are those of the whole histories of the log, or, with `asked`, those before the newest slot, at its
        time. A class with few of them leans on the mean of all.
        """
        log = without_newest(log) if self.shape.asked else log
        length = np.sqrt(np.square(self.users(log)).sum(axis=1))
        classes = np.ravel_multi_index(self._classes(log), self.norm.shape)
        sums = np.bincount(classes, length, minlength=self.norm.size) + 5.0 * (length.mean() if len(length) else 1.0)
        norm = sums / (np.bincount(classes, minlength=self.norm.size) + 5.0) / self.shape.width**0.5
        return replace(self, norm=np.maximum(norm, 1e-9).reshape(self.norm.shape))

    def slot_vectors(self, batch: Batch) -> Floats:
        """What each slot adds to its shopper's vector, [S, D]; zero where a slot says nothing."""
        w = self.weights
        live = np.flatnonzero((batch.item >= 0) & (batch.weight != 0) & (batch.age <= self.shape.history))
        query = batch.query[live]
        gap, before = None, np.zeros(len(live), np.int64)
        if self.shape.timed:
            until = batch.asked if self.shape.asked else newest(batch.at, batch.bounds)
            gap = until[query] - batch.at[live]
            before = gap_class(np.diff(batch.at, prepend=0.0)[live])
            before[np.isin(live, batch.bounds[:-1])] = 0
        value = value_class(batch.value[live], self.shape.values)
        weight = kernel(w)[slot_class(batch.age[live], gap)] * batch.weight[live, None]
        norm = self.norm[self._classes(batch)][query]
        found = np.zeros((len(batch.item), self.shape.width))
        for first in range(0, len(live), CHUNK_SLOTS):
            part = slice(first, first + CHUNK_SLOTS)
            said = event_values(w, self.events[batch.item[live[part]]], value[part], before[part], NumpyOps(), 0.0)
            found[live[part]] = np.einsum("sh,shd->sd", weight[part], said) * (w["gain"] / norm[part, None])
        return found

    def start_vectors(self, batch: Batch) -> Floats:
        """The shopper's vector before any event, [Q, D]."""
        w, classes = self.weights, self._classes(batch)
        start = w["start"] + w["long"][classes[0]]
        if self.shape.asked:
            start += w["since"][classes[1]]
        return start * (w["gain"] / self.norm[classes][:, None])

    def users(self, batch: Batch, said: Floats | None = None) -> Floats:
        """The shopper's vectors, [Q, D]; `said` are the vectors of the slots, where they are at hand."""
        vectors = self.start_vectors(batch)
        filled = np.flatnonzero(np.diff(batch.bounds))
        if len(filled):
            said = self.slot_vectors(batch) if said is None else said
            vectors[filled] += np.add.reduceat(said, batch.bounds[filled])
        return vectors

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return weights, vectors and shape."""
        about = np.frombuffer(json.dumps({**asdict(self.shape), "epochs": self.epochs}).encode(), np.uint8)
        weights: dict[str, NDArray[Any]] = {f"w/{name}": a.astype(np.float32) for name, a in self.weights.items()}
        vectors: dict[str, NDArray[Any]] = {name: getattr(self, name).astype(np.float32) for name in VECTORS}
        return {**weights, **vectors, "norm": self.norm, "about": about}

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Latent:
        """Make the part again from what `arrays` gave."""
        about = json.loads(arrays["about"].tobytes())
        epochs = about.pop("epochs")
        shape = Shape(**{**about, "values": tuple(about["values"])})
        weights = {k.removeprefix("w/"): a.astype(np.float64) for k, a in arrays.items() if k.startswith("w/")}
        vectors = {name: arrays[name].astype(np.float64) for name in VECTORS}
        return Latent(shape, weights, **vectors, norm=arrays["norm"], epochs=epochs)

    def carried(self, matrix: Any, items: Ints, columns: Ints, fresh: Mapping[str, Floats32]) -> dict[str, Floats32]:
        """Return weights to go on learning with: those that this part has, and `fresh` ones for what is new.

        `matrix` is the content [items, columns] that the part was made with; `items` [I] and `columns` [A] say where
        the present ones were among those, -1 for new.
        """
        found = {**fresh, **{name: array.astype(np.float32) for name, array in self.weights.items()}}
        for side, vectors, own in (("item", self.targets, self.content), ("event", self.events, self.event_content)):
            ids = vectors - matrix @ own if len(own) else vectors
            for name, had, place in ((f"{side}s", ids, items), (f"{side}_content", own, columns)):
                if name in fresh and len(had):
                    table = fresh[name].copy()
                    table[place >= 0] = had[place[place >= 0]]
                    found[name] = table
        return found

    def _classes(self, batch: Batch) -> tuple[Ints, ...]:
        """Classes of each query, [Q] each: of its number of slots and, with `asked`, of the time since the newest."""
        long = long_class(np.minimum(np.diff(batch.bounds), self.shape.history))
        if not self.shape.asked:
            return (long,)
        return long, gap_class(batch.asked - newest(batch.at, batch.bounds))


def without_newest(log: Batch) -> Batch:
    """Return the log as it was asked at the time of each newest slot: without it; rows of one slot are left out."""
    long = np.diff(log.bounds) > 1
    inside = long[log.query] & (log.age > 1)
    bounds = np.concatenate(([0], np.cumsum(np.diff(log.bounds)[long] - 1))).astype(np.int64)
    return log.take(inside, bounds, log.age[inside] - 1, newest(log.at, log.bounds)[long])
