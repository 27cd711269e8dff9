"""Encoder and decoder over events of several senses: a query looks into what happened and gives the shopper's vector.

After Vaswani et al.: "Attention is all you need", NeurIPS 2017, https://arxiv.org/abs/1706.03762, for encoder and
decoder; Kang, McAuley: "Self-attentive sequential recommendation", ICDM 2018, https://arxiv.org/abs/1808.09781, for the
encoder over events; Volkovs, Yu, Poutanen: "DropoutNet: addressing cold start in recommender systems", NeurIPS 2017,
for dropping ids while learning.

Idea: an item is the sum of what each sense tells of it, so that an item nobody has bought yet stands among the others;
events look at each other, and a query, which is the newest item in its place, looks at all of them for what comes next.
What was learned from events is at its weakest where there are none, so that an item without events also counts for as
much as its content is near to what the shopper had.

Equations: v[y] = known[y] E[y] + sum over senses s of x_s[y] W_s       (0 where a sense has nothing)
    e_t = sqrt(D) v[x_t]     (0 for a tombstone; + strength_t s)
    encoder:  h = blocks of self-attention over e_t + P[age_t];   m = LN(h)
    decoder:  u = blocks of cross-attention from start + R[age_t] + e_t into m
    score[y] = LN(u_newest) . v[y] + popularity * share[y] / max share
    score[y] = c (LN(u_newest) . v[y] + g near[y])      for an item without an event
    near = sum over slots of strength_t age_t ** -.5 * cosine of content (learn/nearness)
    g from the likelihood of new items that were wanted in validation, c for the best lists there (learn/placing)
    loss = sampled softmax over the wanted item and K uniform negatives that a batch shares, at all positions
(blocks: learn/transformer.py; senses: learn/senses.py)

Departures: the decoder makes one vector and no sequence, so that it has no attention to itself; a query for each
position, causal, so that all positions teach at once. Content-only vectors are learned in place: in each step the id of
some items is dropped, as an event, as the wanted item and as a negative. Nearness is no part of the training, since
content fits what it has learned from far better than what is new, and would seem to make nearness needless.
Negatives are items that have been in an event: what was never sold is not taught to be unwanted.

Cost: as sasrec with depth + decoder blocks, and A_y D operations for each item of a batch, A_y its values. Scoring
needs no content: item vectors are made once. Kept: (1 + senses) I D + 2 history D + 12 D^2 (depth + decoder) numbers;
where there are new items (I + new) F more, F at most 256.

Legend: B sequences, T slots, D width, I items, Q queries, C columns, K negatives.

Honest notes: with attributes it is ahead of sasrec, which has ids only, on Beauty, and behind it on ML-1M (validation,
docs/log.md); on ids alone it was not measured, so that what the attributes gave is not known apart. A query that is a
place alone, without the newest item, was far behind (docs/log.md). The share of a score that each sense carries,
nearness with the rest, is exact on the item's side only: the history goes through attention. Reasons are measured by
leaving events out, and cross-attention is a picture, not a reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whyrec.core.config import Settings
from whyrec.core.types import Floats, Floats32, Ints, Query, Vocabulary
from whyrec.data.batch import Batch, arrange, arrange_log
from whyrec.learn import counts, engine, loop, placing, sequences, transformer, windows
from whyrec.learn.nearness import Nearness
from whyrec.learn.ops import Array, NumpyOps, Ops, TorchOps
from whyrec.learn.run import Run
from whyrec.learn.senses import Senses
from whyrec.learn.sequences import NextItem
from whyrec.learn.windows import Encode, Inputs, Reads, Slots

VALIDATES = True


@dataclass(frozen=True)
class Config(sequences.Learning):
    """Options of [models.options.fusion].

    Sizes of 0 (a dropout of -1) follow the log, by the same rule as those of sasrec: histories are long where they
    have more than 30 slots in the mean.
    """

    width: int = 0  # numbers of an item's vector; 0: 128, long 64
    heads: int = 2
    depth: int = 1  # blocks of the encoder
    decoder: int = 1  # blocks of the decoder
    history: int = 0  # newest slots that are used; 0: 50, long 200
    dropout: float = -1.0  # -1: 0.5, long 0.2
    id_dropout: float = 0.1  # share of items that are known by their content alone, anew in each step
    sense_dropout: float = 0.1  # share of items that a sense is taken from, anew in each step and for each sense
    texts: str = "ngrams"  # how titles are encoded beside their words: ngrams, sentences (needs the extra text) or not


SEARCH = {
    "width": [64, 128],
    "depth": (1, 2),
    "dropout": (0.1, 0.6),
    "id_dropout": (0.0, 0.5),
    "sense_dropout": (0.0, 0.3),
    "rate": (3e-4, 3e-3, "log"),
    "decay": (1e-3, 1.0, "log"),
}
"""What `whyrec tune` tries."""


def encode(heads: int, dropout: float, weights: Mapping[str, Array], inputs: Inputs, ops: Ops) -> Array:
    """The shopper's vector as of each slot, [B, T, D]."""
    e = ops.rows(weights["items"], inputs.item) * weights["items"].shape[1] ** 0.5
    if inputs.strength is not None:
        e = e + inputs.strength[..., None] * weights["strength"]
    if inputs.live is not None:
        e = e * inputs.live[..., None]
    h = ops.dropout(e + ops.rows(weights["ages"], inputs.age), dropout)
    for n in range(transformer.depth(weights, "encoder")):
        h = transformer.block(h, transformer.layer(weights, f"encoder.{n}"), heads, dropout, inputs.live, ops)
    memory = ops.layer_norm(h, weights["memory"], weights["memory_bias"])
    u = ops.dropout(weights["start"] + ops.rows(weights["asked"], inputs.age) + e, dropout)
    for n in range(transformer.depth(weights, "decoder")):
        w = transformer.layer(weights, f"decoder.{n}")
        u = transformer.block(u, w, heads, dropout, inputs.live, ops, memory)
    return ops.layer_norm(u, weights["norm"], weights["norm_bias"])


def start(rng: np.random.Generator, n_items: int, config: Config, reads: Reads) -> dict[str, Floats32]:
    """Weights to begin with: small random tables, blocks that add little."""
    D = config.width

    def normal(*shape: int) -> Floats32:
        return (rng.standard_normal(shape) * 0.02).astype(np.float32)

    weights = {"items": normal(n_items, D), "ages": normal(reads.history, D), "asked": normal(reads.history, D)}
    weights |= {"start": np.zeros(D, np.float32)} | ({"strength": np.zeros(D, np.float32)} if reads.strength else {})
    for name in ("memory", "norm"):
        weights |= {name: np.ones(D, np.float32), f"{name}_bias": np.zeros(D, np.float32)}
    for side, depth in (("encoder", config.depth), ("decoder", config.decoder)):
        for n in range(depth):
            weights |= transformer.start(rng, D, f"{side}.{n}")
    return weights


@dataclass(frozen=True, eq=False)
class Fusion:
    """Fitted model. `weights["items"]` [I, D] are whole item vectors, `senses` [I, D] what each sense adds to them.

    `nearness` is that of items without an event.
    """

    items: Vocabulary
    config: Config
    settings: Settings
    weights: Mapping[str, Floats32]
    senses: Mapping[str, Floats32]
    prior: Floats  # [I]
    about: Mapping[str, Any]
    nearness: Nearness

    def score(self, queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        """Return float32 [Q, I] or [Q, C], NaN for an unknown item."""
        batch = self._batch(queries)
        users, table = self._users(batch), self._double["items"]
        found = sequences.score(users, table, self.prior, self.items, items)
        place = self._place if items is None else np.append(self._place, -1)[self.items.codes(items)]
        new = np.flatnonzero(place >= 0)
        if len(new):
            near = self._by_near * self.nearness.near(self.nearness.asked(batch))[:, place[new]]
            found[:, new] = users @ table[self.nearness.codes[place[new]]].T + near
        return found

    def shares(self, query: Query, items: Sequence[str]) -> dict[str, Floats]:
        """What popularity, the id and each sense of an item carry of its score, [C] each; they add up to it.

        NaN for an unknown item.
        """
        codes, batch = self.items.codes(items), self._batch([query])
        user, near = self._users(batch)[0], self.nearness.shares(self.nearness.asked(batch))

        def column(values: Floats) -> Floats:
            return np.where(codes >= 0, values, np.nan)

        found = {name: part[codes] @ user for name, part in self.senses.items()}
        of_id = self._double["items"][codes] @ user - sum(found.values(), np.zeros(len(codes)))
        place = np.append(self._place, -1)[codes]
        for name, part in near.items():
            found[name] = found[name] + np.where(place >= 0, self._by_near * np.append(part[0], 0.0)[place], 0.0)
        parts = {"popularity": self.prior[codes], "id": of_id, **found}
        return {name: column(part) for name, part in parts.items()}

    def attention(self, query: Query) -> Floats:
        """How much the newest slot's query looks at each slot of the history in the last block, [H, T]; a picture."""
        slots = Slots.of(self._batch([query]), self._reads)
        return sequences.attention(self._encode, self._double, slots, self.config.heads, len(query.history))

    def _users(self, batch: Batch) -> Floats:
        return sequences.states(self._encode, self._double, Slots.of(batch, self._reads), NumpyOps())

    def _batch(self, queries: Sequence[Query]) -> Batch:
        events = self.settings.events
        return arrange(queries, self.items, events.weights, events.rating_threshold, self._reads.history)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return weights, senses, prior and what was chosen."""
        senses: dict[str, NDArray[Any]] = {f"senses/{name}": array for name, array in self.senses.items()}
        return {**senses, **self.nearness.arrays(), **sequences.pack(self.weights, self.prior, self.about)}

    @cached_property
    def _place(self) -> Ints:
        """Place of each item among the new ones, -1 for a known one, [I]."""
        found = np.full(len(self.items), -1, np.int64)
        found[self.nearness.codes] = np.arange(len(self.nearness.codes))
        return found

    @property
    def _by_near(self) -> float:
        return float(self.about["louder"] * self.about["near"]) if len(self.nearness.codes) else 0.0

    @cached_property
    def _double(self) -> dict[str, Floats]:
        return sequences.double(self.weights)

    @cached_property
    def _reads(self) -> Reads:
        return Reads(len(self.weights["ages"]), strength="strength" in self.weights)

    @cached_property
    def _encode(self) -> Encode:
        return partial(encode, self.config.heads, self.config.dropout)


def fit(run: Run) -> Fusion:
    """Learn to predict the next item at all positions of all histories."""
    events, n_items = run.settings.events, len(run.catalog)
    log = arrange_log(run.events, events.weights, events.rating_threshold)
    config = sequences.sized(run.config, windows.are_long(log))
    run = replace(run, config=config)
    reads = Reads(config.history, strength=len(np.unique(log.weight[log.weight != 0])) > 1)
    prior = config.popularity * counts.relative(counts.popularity(log, n_items))
    known = np.bincount(log.item[log.item >= 0], minlength=n_items) > 0
    senses = Senses.of(run.catalog, known, config.id_dropout, config.sense_dropout, config.texts)
    forward = partial(encode, config.heads, config.dropout)
    problem = NextItem.of(run, log, reads, forward, prior, activations=24 * (config.depth + config.decoder) + 8)
    problem.vectors, problem.pool = senses.vectors, np.flatnonzero(known)
    weights = start(run.rng, n_items, config, reads) | senses.start(run.rng, config.width)
    chosen: Mapping[str, Any] = run.chosen.about if isinstance(run.chosen, Fusion) else {}
    trained = loop.train(problem, weights, loop.Plan.of(config), run, name="fusion", epochs=chosen.get("epochs"))
    served, parts = _item_side(senses, trained.weights)
    content = sum(parts.values(), np.zeros_like(served["items"]))
    new = np.flatnonzero(~known)
    nearness = Nearness.of(run.catalog, new) if len(new) else Nearness.none(n_items)
    near, louder = chosen.get("near", placing.NEAR), chosen.get("louder", placing.LENGTHS[0])
    if not chosen:
        near, louder = placing.choose(run, problem, served, content, nearness, known)
    served["items"][~known] *= louder
    for part in parts.values():
        part[~known] *= louder
    about = {"epochs": trained.epochs, "curve": trained.curve, "louder": louder, "near": near}
    return Fusion(run.catalog.items, config, run.settings, served, parts, prior, about, nearness)


def _item_side(senses: Senses, weights: Mapping[str, Floats32]) -> tuple[dict[str, Floats32], dict[str, Floats32]]:
    """Weights to serve with, in which items are whole vectors, and what each sense adds to them."""
    torch = engine.load("Fitting fusion")
    ops, rows = TorchOps(torch, training=False), np.arange(len(weights["items"]))
    with torch.no_grad():
        there = engine.put(torch, weights, "cpu")
        items = ops.take(senses.vectors(there, rows, None, ops))
        parts = {name: ops.take(senses.part(name, there, rows, None, ops)) for name in senses.names}
    served = {name: array for name, array in weights.items() if not name.startswith(("sense.", "items"))}
    return {**served, "items": items}, parts


def from_arrays(arrays: Mapping[str, NDArray[Any]], items: Vocabulary, config: Config, settings: Settings) -> Fusion:
    """Make the model again from what `arrays` gave."""
    weights, prior, about = sequences.unpack(arrays)
    senses = {name.removeprefix("senses/"): array for name, array in arrays.items() if name.startswith("senses/")}
    return Fusion(items, config, settings, weights, senses, prior, about, Nearness.from_arrays(arrays, len(items)))
