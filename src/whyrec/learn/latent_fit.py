"""How the latent part of glass is learned: sampled softmax at all positions of all histories at once.

Shape letters: B sequences, T slots, N states that predict, H heads, D width, S slots of the log, I items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from whyrec.core.types import Floats, Floats32, Ints, Query
from whyrec.data.batch import Batch
from whyrec.data.split import is_target
from whyrec.learn import engine, latent, loop, losses
from whyrec.learn.judge import Judge
from whyrec.learn.latent import Latent, Shape
from whyrec.learn.ops import Array, TorchOps
from whyrec.learn.run import Run
from whyrec.learn.windows import Reads, Windows, equal_length

WARM = 0.25
"""Share of the epochs that a part which was learned before goes on for."""
Arrange: TypeAlias = Callable[[Sequence[Query]], Batch]


@dataclass(frozen=True)
class Recipe:
    """How to learn: as options of the model say."""

    plan: loop.Plan
    negatives: int  # that a batch shares
    batch: int  # slots
    id_dropout: float = 0.0  # share of items in a step that show their content only, so that content can stand alone


def fit(
    run: Run,
    log: Batch,
    shape: Shape,
    content: Any,
    recipe: Recipe,
    arrange: Arrange,
    earlier: Latent | None = None,
    begin: Callable[[Mapping[str, Floats32]], Mapping[str, Floats32]] | None = None,
) -> Latent:
    """Learn a latent part from a log; `content` [I, A] or None, `arrange` makes a batch of queries as serving does.

    `earlier` is a part whose number of epochs is kept. `begin` changes what learning begins with into weights that
    were learned before; then it goes on for a share of these epochs only.
    """
    judge = Judge.of(run)
    known = np.unique(log.item[(log.item >= 0) & (log.weight != 0)]).astype(np.int64)

    def judged(weights: Mapping[str, Floats32]) -> float:
        part = Latent.of(shape, weights, content, known)

        def score(queries: Sequence[Query]) -> Floats32:
            return (part.users(arrange(queries)) @ part.targets.T).astype(np.float32)

        return judge(score) if judge else float("nan")

    problem = Problem(
        log=log,
        value=latent.value_class(log.value, shape.values),
        windows=Windows.of(log, is_target(run.events, run.settings)[log.slot], Reads(shape.history)),
        shape=shape,
        content=content,
        known=known,
        recipe=recipe,
        judge=judged,
    )
    weights = latent.start(run.rng, len(run.catalog), 0 if content is None else content.shape[1], shape)
    epochs = None if earlier is None else earlier.epochs
    if begin is not None and epochs is not None:
        weights, epochs = dict(begin(weights)), max(1, round(WARM * epochs))
    trained = loop.train(problem, weights, recipe.plan, run, name="glass", epochs=epochs)
    learned = trained.epochs if earlier is None else earlier.epochs
    return Latent.of(shape, trained.weights, content, known, learned).normed(log)


@dataclass(frozen=True, eq=False)
class Minibatch:
    """One step's work; item codes count within `event_rows` and `item_rows`."""

    item: Ints  # [B, T]
    strength: Floats32  # [B, T], 0 for padding and tombstones
    value: Ints  # [B, T]
    before: Ints  # [B, T]
    kernel: Ints  # [T, T] or [B, T, T]: row of the kernel from slot t (axis 1) to slot i, one past the last for none
    long: Ints  # [B, T]
    since: Ints  # [B, T] class of the time from a slot to the request
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
    known: Ints  # codes of the items that negatives are drawn from
    recipe: Recipe
    judge: Callable[[Mapping[str, Floats32]], float] | None = None
    asked: Floats = field(init=False)  # [S] time of the request that a slot is the newest of
    tables: tuple[str, ...] = field(init=False)
    ops: Any = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.tables = ("items",) if self.shape.tied else ("events", "items")
        self.asked = self.log.at
        if self.shape.asked:
            live = np.flatnonzero(self.windows.slots.live)
            self.asked = self.log.at.copy()
            self.asked[live[:-1]] = self.log.at[live[1:]]  # of the next user, where a slot predicts nothing

    @property
    def batch_bytes(self) -> int:
        """Memory of one step."""
        T = int(self.windows.length.max(initial=1))
        tokens = max(self.recipe.batch, T)
        mixing = tokens * T * self.shape.heads * (3 if self.shape.timed else 0)
        return 4 * (
            mixing + tokens * self.shape.width * (4 * self.shape.heads + 16) + 2 * tokens * self.recipe.negatives
        )

    def batches(self, rng: np.random.Generator) -> Iterator[Minibatch]:
        """Yield the windows of an epoch in batches of nearly equal length."""
        length = self.windows.length
        for members in equal_length(length, max(int(length.max(initial=1)), self.recipe.batch), rng):
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
        negative = self.known[losses.negatives(len(self.known), self.recipe.negatives, rng)]
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
        asked = self.asked[slot]
        gap = asked[:, :, None] - at[:, None, :] if timed else None
        rows = latent.slot_class(age, gap)
        n_rows = len(latent.AGES) * (latent.GAPS if timed else 1)
        before = np.where(slot > begin[:, None], at - self.log.at[np.maximum(slot - 1, 0)], 0.0)
        return Minibatch(
            item=item_codes.reshape(item.shape),
            strength=strength,
            value=self.value[slot],
            before=latent.gap_class(before),
            kernel=np.where(age > 0, rows, n_rows),
            long=latent.long_class(np.minimum(slot - begin[:, None] + 1, self.shape.history)),
            since=latent.gap_class(asked - at),
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
        said = latent.event_values(w, vector, put(batch.value), put(batch.before), self.ops, self.shape.dropout)
        said = said * put(batch.strength)[..., None, None]
        none = w["age"].new_zeros((1, self.shape.heads))
        mixed = _mix(torch).apply(torch.cat((latent.kernel(w), none)), said, put(batch.kernel))
        start = w["start"] + self.ops.rows(w["long"], put(batch.long))
        if self.shape.asked:
            start = start + self.ops.rows(w["since"], put(batch.since))
        users = (mixed + start) * w["gain"]
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
        if self.recipe.id_dropout:
            hidden = torch.rand(len(rows), 1, device=where) < self.recipe.id_dropout
            bare = torch.from_numpy(np.diff(part.indptr) == 0).to(where)[:, None]
            table = table.masked_fill(hidden & ~bare, 0.0)
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
