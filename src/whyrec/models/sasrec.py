"""Self-attention over the history: a causal transformer that predicts the next item.

Kang, McAuley: "Self-attentive sequential recommendation", ICDM 2018, https://arxiv.org/abs/1808.09781; with the loss
of Klenitskiy, Vasilev: "Turning dross into gold loss: is BERT4Rec really better than SASRec?", RecSys 2023,
https://arxiv.org/abs/2309.07602, and as an option the gated layers of Borisyuk et al.: "LiGR", 2025,
https://arxiv.org/abs/2502.03417.

Idea: each event looks back at all events before it and takes from each as much as it finds fitting; what it has then
gathered points at the next item.

Equations: e_t = sqrt(D) E[x_t] + P[age_t]  (content 0 for a tombstone; + strength_t s; + G[gap_t] with times)
    block:  a = LN(h);  h <- h + Attention(a Wq, a Wk, a Wv) Wo;   h <- h + ReLU(LN(h) W1 + b1) W2 + b2
    gated:  h <- h + sigmoid(h Wa) * Attention(...);  b = LN(h);  h <- h + sigmoid(h Wb) * (SiLU(b W1) * (b W3)) W2
    score[y] = LN(h_newest) . E[y] + popularity * share[y] / max share
    loss = sampled softmax over the wanted item and K uniform negatives that a batch shares, at all positions
    (as options gBCE, BPR: `learn/losses.py`)

Departures: sampled softmax instead of one negative; LN before each part; ages counted from the newest slot; no
dropout inside attention (which keeps it on torch's fast path); the part for popularity, which orders the list of
a shopper without history.

Cost: training 6 * (12 D^2 depth + 2 T D depth + K D) operations a slot; scoring a shopper 2 * (12 D^2 + 2 T D) depth a
slot and 2 I D. Kept: I D + history D + 12 D^2 depth numbers.

Legend: B sequences, T slots, D width, H heads, I items, Q queries, C columns, K negatives.

Honest notes: most of its published gain over the first version is the loss. Its scores are no sums over events:
reasons are measured by leaving events out, and attention is a picture, not a reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whyrec.core.config import Settings
from whyrec.core.setting import setting
from whyrec.core.types import Floats, Floats32, Query, Vocabulary
from whyrec.data.batch import arrange, arrange_log
from whyrec.learn import counts, downdate, loop, sequences, transformer, windows
from whyrec.learn.ops import Array, NumpyOps, Ops
from whyrec.learn.run import Run
from whyrec.learn.sequences import NextItem
from whyrec.learn.windows import Encode, Inputs, Reads, Slots

VALIDATES = True


@dataclass(frozen=True)
class Config(sequences.Learning):
    """Options of [models.options.sasrec].

    Sizes of 0 (a dropout of -1) follow the log. Short histories tell little of a shopper: a wide vector of each item,
    one block, much dropout, small batches. Long ones (more than 30 slots in the mean): two blocks over 200 slots, a
    narrower vector, since each slot costs the square of the width, little dropout, large batches.
    """

    width: int = 0  # numbers of an item's vector; 0: 128, long 64
    heads: int = 2
    depth: int = 0  # blocks; 0: one, long two
    history: int = 0  # newest slots that are used; 0: 50, long 200
    gated: bool = False  # gated layers
    times: bool = False  # read the time since the slot before
    dropout: float = -1.0  # -1: 0.5, long 0.2
    loss: str = setting("softmax", "What the wanted item is told from the negatives by.", choices=sequences.OBJECTIVES)


SEARCH = {
    "width": [64, 128],
    "heads": [1, 2, 4],
    "depth": (1, 2),
    "gated": [False, True],
    "dropout": (0.1, 0.6),
    "rate": (3e-4, 3e-3, "log"),
    "decay": [0.0, 0.1, 1.0],
}
"""What `whyrec tune` tries."""


def sized(config: Config, long: bool) -> Config:
    """Fill in what follows the log."""
    return replace(sequences.sized(config, long), depth=config.depth or (2 if long else 1))


def encode(heads: int, dropout: float, weights: Mapping[str, Array], inputs: Inputs, ops: Ops) -> Array:
    """States of all slots, [B, T, D]."""
    h = _embed(weights, inputs, ops, dropout)
    for n in range(transformer.depth(weights)):
        h = transformer.block(h, transformer.layer(weights, str(n)), heads, dropout, inputs.live, ops)
    return ops.layer_norm(h, weights["norm"], weights["norm_bias"])


def _embed(weights: Mapping[str, Array], inputs: Inputs, ops: Ops, dropout: float) -> Array:
    """Content and place of each slot, [B, T, D]."""
    e = ops.rows(weights["items"], inputs.item) * weights["items"].shape[1] ** 0.5
    if inputs.strength is not None:
        e = e + inputs.strength[..., None] * weights["strength"]
    if inputs.live is not None:
        e = e * inputs.live[..., None]
    e = e + ops.rows(weights["ages"], inputs.age)
    if inputs.gap is not None:
        e = e + ops.rows(weights["gaps"], inputs.gap)
    return ops.dropout(e, dropout)


def start(rng: np.random.Generator, n_items: int, config: Config, reads: Reads) -> dict[str, Floats32]:
    """Weights to begin with: small random tables, blocks that add little."""
    D = config.width

    def normal(*shape: int) -> Floats32:
        return (rng.standard_normal(shape) * 0.02).astype(np.float32)

    zeros, ones = np.zeros(D, np.float32), np.ones(D, np.float32)
    weights = {"items": normal(n_items, D), "ages": normal(reads.history, D), "norm": ones, "norm_bias": zeros}
    weights |= {"strength": zeros.copy()} if reads.strength else {}
    weights |= {"gaps": normal(windows.GAPS, D)} if reads.gap else {}
    for n in range(config.depth):
        weights |= transformer.start(rng, D, str(n), config.gated)
    return weights


@dataclass(frozen=True, eq=False)
class SasRec:
    """Fitted transformer. `about` holds what was chosen: history, epochs, curve."""

    items: Vocabulary
    config: Config
    settings: Settings
    weights: Mapping[str, Floats32]
    prior: Floats  # [I]
    about: Mapping[str, Any]

    def score(self, queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        """Return float32 [Q, I] or [Q, C], NaN for an unknown item."""
        return self._score(self._double, queries, items)

    def rough(self, queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        """Return the scores as single precision makes them, in less time and wrong in the last digits."""
        return self._score(self.weights, queries, items)

    def _score(
        self, weights: Mapping[str, NDArray[Any]], queries: Sequence[Query], items: Sequence[str] | None
    ) -> Floats32:
        events = self.settings.events
        batch = arrange(queries, self.items, events.weights, events.rating_threshold, self._reads.history)
        made = sequences.states(self._encode, weights, Slots.of(batch, self._reads), NumpyOps())
        return sequences.score(made, weights["items"], self.prior, self.items, items)

    def without_each(self, query: Query, items: Sequence[str] | None = None) -> Floats32:
        """Return the scores without each live event in turn, float32 [L, I] or [L, C], as masking one by one gives.

        One pass serves all items (`learn/downdate`); with more than two blocks events are masked one by one.
        """
        live, ops = query.history.live(), NumpyOps()
        if transformer.depth(self.weights) > 2:
            return self.score([query.without([slot]) for slot in live], items)
        events = self.settings.events
        batch = arrange([query], self.items, events.weights, events.rating_threshold, self._reads.history)
        slots = Slots.of(batch, self._reads)
        states = np.repeat(sequences.states(self._encode, self._double, slots, ops), len(live), axis=0)
        counted = np.flatnonzero(slots.live)
        if len(counted):  # other events (too old, of an unknown item) change nothing
            embedded = _embed(self._double, slots.inputs(np.array([0]), np.array([len(slots.live)])), ops, 0.0)
            made = downdate.without_each(self._double, embedded[0, counted], self.config.heads)
            states[np.searchsorted(live, batch.slot[counted])] = made
        return sequences.score(states, self._double["items"], self.prior, self.items, items)

    def attention(self, query: Query) -> Floats:
        """How much the newest live slot looks at each slot of the history in the last block, [H, T]; a picture."""
        events = self.settings.events
        batch = arrange([query], self.items, events.weights, events.rating_threshold, self._reads.history)
        slots = Slots.of(batch, self._reads)
        return sequences.attention(self._encode, self._double, slots, self.config.heads, len(query.history))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return weights, prior and what was chosen."""
        return sequences.pack(self.weights, self.prior, self.about)

    @cached_property
    def _double(self) -> dict[str, Floats]:
        return sequences.double(self.weights)

    @cached_property
    def _reads(self) -> Reads:
        return Reads(len(self.weights["ages"]), strength="strength" in self.weights, gap="gaps" in self.weights)

    @cached_property
    def _encode(self) -> Encode:
        return partial(encode, self.config.heads, self.config.dropout)


def fit(run: Run) -> SasRec:
    """Learn to predict the next item at all positions of all histories."""
    events, n_items = run.settings.events, len(run.catalog)
    log = arrange_log(run.events, events.weights, events.rating_threshold)
    config = sized(run.config, windows.are_long(log))
    run = replace(run, config=config)
    strengths = np.unique(log.weight[log.weight != 0])
    reads = Reads(config.history, strength=len(strengths) > 1, gap=config.times and run.events.timed)
    prior = config.popularity * counts.relative(counts.popularity(log, n_items))
    forward = partial(encode, config.heads, config.dropout)
    problem = NextItem.of(run, log, reads, forward, prior, activations=24 * config.depth + 8)
    problem.objective = config.loss
    weights = start(run.rng, n_items, config, reads)
    epochs = run.chosen.about["epochs"] if isinstance(run.chosen, SasRec) else None
    trained = loop.train(problem, weights, loop.Plan.of(config), run, name="sasrec", epochs=epochs)
    about = {"epochs": trained.epochs, "curve": trained.curve}
    return SasRec(run.catalog.items, config, run.settings, trained.weights, prior, about)


def from_arrays(arrays: Mapping[str, NDArray[Any]], items: Vocabulary, config: Config, settings: Settings) -> SasRec:
    """Make the model again from what `arrays` gave."""
    weights, prior, about = sequences.unpack(arrays)
    return SasRec(items, config, settings, weights, prior, about)
