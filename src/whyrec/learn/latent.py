"""The latent part of glass: each event adds one vector to the shopper's, and nothing else does.

    user = gain * (start + long[class of the number of slots]
                   + sum over slots i of strength_i * sum over heads h of a_h(slot i) * gate_h(i) * W_h phi(i)) / norm
    phi(i) = z + MLP(layer norm(z)),   z = sqrt(D) * event vector of x_i + value vector + vector of the gap before i
    latent score[y] = user . item vector of y

phi is a network of one event and a_h a table over the age of a slot and the time from it to the newest one, so the
score is an exact sum over events. `norm` is constant in each class of the number of slots. While learning, the
user's vector is scaled to length sqrt(D) instead, which keeps training steady and changes no order within a list.

Event and item vectors are tables of their own (or, tied, the same), each an id's vector plus those of the item's
content. Learned by sampled softmax at all positions of all histories at once.

Shape letters: B sequences, T slots, S slots end to end, Q queries, H heads, D width, K age classes, G gap classes,
I items, A columns of the content.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from whyrec.core.types import Floats, Floats32, Ints
from whyrec.data.batch import Batch
from whyrec.learn import engine, losses
from whyrec.learn.ops import Array, NumpyOps, Ops, TorchOps
from whyrec.learn.windows import Windows, equal_length

AGES = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 16, 20, 25, 32, 41, 53, 69, 91, 121, 161])
"""First age of each age class."""
GAPS = 14
"""Classes of a time gap: 0 under a second, then each four times as long as the one before."""
LONG = 20
"""Classes of the number of slots, two for each doubling."""
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
    """A learned latent part, ready to add up. `norm` [LONG] divides the shopper's vector."""

    shape: Shape
    weights: Mapping[str, Floats]  # all but the tables of ids and attributes
    events: Floats  # [I, D] vectors of items as events
    targets: Floats  # [I, D] vectors of items as recommendations
    norm: Floats
    epochs: int  # that it learned for

    @staticmethod
    def of(shape: Shape, weights: Mapping[str, Floats32], content: Any, epochs: int = 0) -> Latent:
        """Join ids and content [I, A] (or None) into vectors, rounded to what a snapshot stores."""
        tables = {}
        for side in ("item",) if shape.tied else ("event", "item"):
            table = weights[f"{side}s"]
            if content is not None:
                table = (table + content @ weights[f"{side}_content"]).astype(np.float32)
            tables[side] = table.astype(np.float64)
        rest = {name: array.astype(np.float64) for name, array in weights.items() if name not in TABLES}
        return Latent(shape, rest, tables.get("event", tables["item"]), tables["item"], np.ones(LONG), epochs)

    def normed(self, log: Batch) -> Latent:
        """Set `norm` so that the mean length of a vector is sqrt(D) in each class of the number of slots.

        Vectors are those of the whole histories of the log; a class with few of them leans on the mean of all.
        """
        length = np.sqrt(np.square(self.users(log)).sum(axis=1))
        classes = long_class(self._n_slots(log))
        sums = np.bincount(classes, length, minlength=LONG) + 5.0 * (length.mean() if len(length) else 1.0)
        norm = sums / (np.bincount(classes, minlength=LONG) + 5.0) / self.shape.width**0.5
        return replace(self, norm=np.maximum(norm, 1e-9))

    def slot_vectors(self, batch: Batch) -> Floats:
        """What each slot adds to its shopper's vector, [S, D]; zero where a slot says nothing."""
        w = self.weights
        live = np.flatnonzero((batch.item >= 0) & (batch.weight != 0) & (batch.age <= self.shape.history))
        query = batch.query[live]
        gap, before = None, np.zeros(len(live), np.int64)
        if self.shape.timed:
            newest = batch.at[np.maximum(batch.bounds[1:] - 1, 0)] if len(batch.at) else np.zeros(len(batch))
            gap = newest[query] - batch.at[live]
            before = gap_class(np.diff(batch.at, prepend=0.0)[live])
            before[np.isin(live, batch.bounds[:-1])] = 0
        value = value_class(batch.value[live], self.shape.values)
        said = event_values(w, self.events[batch.item[live]], value, before, NumpyOps(), 0.0)
        weight = kernel(w)[slot_class(batch.age[live], gap)] * batch.weight[live, None]
        norm = self.norm[long_class(self._n_slots(batch))][query]
        found = np.zeros((len(batch.item), self.shape.width))
        found[live] = np.einsum("sh,shd->sd", weight, said) * (w["gain"] / norm[:, None])
        return found

    def start_vectors(self, batch: Batch) -> Floats:
        """The shopper's vector before any event, [Q, D]."""
        classes = long_class(self._n_slots(batch))
        return (self.weights["start"] + self.weights["long"][classes]) * (
            self.weights["gain"] / self.norm[classes][:, None]
        )

    def users(self, batch: Batch) -> Floats:
        """The shopper's vectors, [Q, D]."""
        vectors = self.start_vectors(batch)
        filled = np.flatnonzero(np.diff(batch.bounds))
        if len(filled):
            vectors[filled] += np.add.reduceat(self.slot_vectors(batch), batch.bounds[filled])
        return vectors

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return weights, vectors and shape."""
        about = np.frombuffer(json.dumps({**asdict(self.shape), "epochs": self.epochs}).encode(), np.uint8)
        weights: dict[str, NDArray[Any]] = {f"w/{name}": a.astype(np.float32) for name, a in self.weights.items()}
        vectors = {"events": self.events.astype(np.float32), "targets": self.targets.astype(np.float32)}
        return {**weights, **vectors, "norm": self.norm, "about": about}

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Latent:
        """Make the part again from what `arrays` gave."""
        about = json.loads(arrays["about"].tobytes())
        epochs = about.pop("epochs")
        shape = Shape(**{**about, "values": tuple(about["values"])})
        weights = {k.removeprefix("w/"): a.astype(np.float64) for k, a in arrays.items() if k.startswith("w/")}
        events, targets = arrays["events"].astype(np.float64), arrays["targets"].astype(np.float64)
        return Latent(shape, weights, events, targets, arrays["norm"], epochs)

    def _n_slots(self, batch: Batch) -> Ints:
        return np.minimum(np.diff(batch.bounds), self.shape.history)


@dataclass(frozen=True, eq=False)
class Minibatch:
    """One step's work; item codes count within `event_rows` and `item_rows`."""

    item: Ints  # [B, T]
    strength: Floats32  # [B, T], 0 for padding and tombstones
    value: Ints  # [B, T]
    before: Ints  # [B, T]
    kernel: Ints  # [T, T] or [B, T, T]: row of the kernel from slot t (axis 1) to slot i, one past the last for none
    long: Ints  # [B, T]
    place: Ints  # [N] flat place in [B, T] of the states that predict
    target: Ints  # [N]
    negative: Ints
    hits: tuple[Ints, Ints]
    event_rows: Ints
    item_rows: Ints


@dataclass(eq=False)
class Problem:
    """What the training loop needs to know of the latent part."""

    log: Batch
    value: Ints  # [S]
    windows: Windows
    shape: Shape
    content: Any  # csr [I, A] or None
    n_items: int
    negatives: int
    batch: int  # tokens
    judge: Callable[[Mapping[str, Floats32]], float] | None = None
    tables: tuple[str, ...] = field(init=False)
    ops: Any = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.tables = ("items",) if self.shape.tied else ("events", "items")

    @property
    def batch_bytes(self) -> int:
        """Memory of one step."""
        T = int(self.windows.length.max(initial=1))
        tokens = max(self.batch, T)
        mixing = tokens * T * self.shape.heads * (3 if self.shape.timed else 0)
        return 4 * (mixing + tokens * self.shape.width * (4 * self.shape.heads + 16) + 2 * tokens * self.negatives)

    def batches(self, rng: np.random.Generator) -> Iterator[Minibatch]:
        """Yield the windows of an epoch in batches of nearly equal length."""
        length = self.windows.length
        for members in equal_length(length, max(int(length.max(initial=1)), self.batch), rng):
            yield self._batch(members, rng)

    def _batch(self, members: Ints, rng: np.random.Generator) -> Minibatch:
        first, length = self.windows.first[members], self.windows.length[members]
        T = int(length.max())
        step = np.arange(T)
        inside = step < length[:, None]
        slot = np.where(inside, first[:, None] + step, first[:, None])
        begin = self.log.bounds[self.log.query[first]]
        strength = np.where(inside, self.log.weight[slot], 0.0).astype(np.float32)
        item = np.where(strength != 0, self.log.item[slot], self.log.item[slot[:, :1]])
        row, place = np.nonzero(inside)
        target = self.windows.target[slot[row, place]]
        predicts = target >= 0
        target = target[predicts]
        negative = losses.negatives(self.n_items, self.negatives, rng)
        seen = np.maximum(item, 0).astype(np.int64).ravel()
        wanted = np.concatenate((target, negative))
        if self.shape.tied:
            event_rows, both = np.unique(np.concatenate((seen, wanted)), return_inverse=True)
            item_rows, item_codes, codes = event_rows, both[: len(seen)], both[len(seen) :]
        else:
            event_rows, item_codes = np.unique(seen, return_inverse=True)
            item_rows, codes = np.unique(wanted, return_inverse=True)
        at = self.log.at[slot]
        age = step[:, None] - step[None, :] + 1
        timed = self.shape.timed
        rows = slot_class(age, None) if not timed else slot_class(age, at[:, :, None] - at[:, None, :])
        n_rows = len(AGES) * (GAPS if timed else 1)
        before = np.where(slot > begin[:, None], at - self.log.at[np.maximum(slot - 1, 0)], 0.0)
        return Minibatch(
            item=item_codes.reshape(item.shape),
            strength=strength,
            value=self.value[slot],
            before=gap_class(before),
            kernel=np.where(age > 0, rows, n_rows),
            long=long_class(np.minimum(slot - begin[:, None] + 1, self.shape.history)),
            place=(row * T + place)[predicts],
            target=codes[: len(target)],
            negative=codes[len(target) :],
            hits=losses.find_hits(target, negative),
            event_rows=event_rows,
            item_rows=item_rows,
        )

    def rows(self, batch: Minibatch) -> Mapping[str, Ints]:
        """Return the rows of both tables that the batch touches."""
        return {name: batch.event_rows if name == "events" else batch.item_rows for name in self.tables}

    def loss(self, weights: Mapping[str, Any], batch: Minibatch) -> Any:
        """Return the mean sampled softmax of the batch."""
        torch = engine.load("Fitting glass")
        self.ops = self.ops or TorchOps(torch)
        w, where = dict(weights), weights["items"].device

        def put(array: NDArray[Any]) -> Any:
            return torch.from_numpy(array).to(where)

        items = self._vectors(torch, w, "item", batch.item_rows, where)
        events = items if self.shape.tied else self._vectors(torch, w, "event", batch.event_rows, where)
        vector = self.ops.rows(events, put(batch.item))
        said = event_values(w, vector, put(batch.value), put(batch.before), self.ops, self.shape.dropout)
        said = said * put(batch.strength)[..., None, None]
        none = w["age"].new_zeros((1, self.shape.heads))
        mixed = _mix(torch).apply(torch.cat((kernel(w), none)), said, put(batch.kernel))
        users = (mixed + w["start"] + self.ops.rows(w["long"], put(batch.long))) * w["gain"]
        states = users.reshape(-1, self.shape.width)[put(batch.place)]
        states = states * (self.shape.width**0.5 / (states.norm(dim=-1, keepdim=True) + 1e-6))
        wanted, negative = self.ops.rows(items, put(batch.target)), self.ops.rows(items, put(batch.negative))
        hits = (put(batch.hits[0]), put(batch.hits[1]))
        return losses.sampled_softmax(torch, states, wanted, negative, hits)

    def _vectors(self, torch: Any, w: Mapping[str, Any], side: str, rows: Ints, where: Any) -> Any:
        """Vectors of the items that a batch touches: the id's, plus the attributes'."""
        table = w[f"{side}s"]
        if self.content is None:
            return table
        part = sparse.csr_array(self.content[rows])
        share = torch.from_numpy(part.data.astype(np.float32)).to(where)
        return table + torch.nn.functional.embedding_bag(
            torch.from_numpy(part.indices.astype(np.int64)).to(where),
            w[f"{side}_content"],
            torch.from_numpy(part.indptr[:-1].astype(np.int64)).to(where),
            mode="sum",
            per_sample_weights=share,
        )

    def validate(self, weights: Mapping[str, Floats32]) -> float:
        """Ask the judge."""
        return float("nan") if self.judge is None else self.judge(weights)


@cache
def _mix(torch: Any) -> Any:
    """Make the autograd function that adds up what events said, weighted by a table; here, since its base is torch's.

    mixed[b, t] = sum over i, h of table[row[b, t, i], h] * said[b, i, h]; rows without a batch axis hold for all. The
    gradient of the table is one `index_add_`, several times faster than torch's own for a table of so few rows.
    """

    class Mix(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, table: Array, said: Array, row: Array) -> Array:
            B, T, H, D = said.shape
            ctx.save_for_backward(table, said, row)
            weight = torch.nn.functional.embedding(row, table).reshape(-1, row.shape[-2], T * H)
            return torch.matmul(weight, said.reshape(B, T * H, D))

        @staticmethod
        def backward(ctx: Any, upstream: Array) -> tuple[Any, ...]:
            table, said, row = ctx.saved_tensors
            B, T, H, D = said.shape
            weight = torch.nn.functional.embedding(row, table).reshape(-1, row.shape[-2], T * H)
            to_said = torch.matmul(weight.transpose(-1, -2), upstream).reshape(B, T, H, D)
            flat = said.reshape(B, T * H, D)
            if row.ndim == 2:
                to_weight = torch.einsum("btd,bnd->tn", upstream, flat)
            else:
                to_weight = torch.matmul(upstream, flat.transpose(-1, -2))
            to_table = torch.zeros_like(table).index_add_(0, row.reshape(-1), to_weight.reshape(-1, H))
            return to_table, to_said, None

    return Mix
