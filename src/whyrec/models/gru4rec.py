"""Recurrent network over the history: a GRU or LSTM that predicts the next item.

Hidasi, Karatzoglou, Baltrunas, Tikk: "Session-based recommendations with recurrent neural networks", ICLR 2016,
https://arxiv.org/abs/1511.06939; Hidasi, Karatzoglou: "Recurrent neural networks with top-k gains for session-based
recommendations", CIKM 2018, https://arxiv.org/abs/1706.03847.

Idea: read the events one after another and keep in a state what matters for the next one.

Equations: e_t = sqrt(D) E[x_t]  (+ strength_t s; + G[gap_t] with times)
    GRU:   r, z = sigmoid(e_t W + h U + b);  n = tanh(e_t W' + b' + r * (h U' + c'));  h <- n + z (h - n)
    LSTM:  i, f, o = sigmoid(e_t W + h U + b);  g = tanh(e_t W' + h U' + b');  m <- f m + i g;  h <- o tanh(m)
    score[y] = LN(h_newest V + v) . E[y] + popularity * share[y] / max share
    loss = sampled softmax over the wanted item and K uniform negatives that a batch shares, at all positions
    (as options gBCE, BPR: `learn/losses.py`)

Departures: whole histories instead of sessions in parallel, all positions at once; the item table is shared by input
and output; a linear layer and LN between state and items; sampled softmax with uniform negatives instead of the other
wanted items of the batch with BPR-max, which it beats where the catalogue is small (Petrov & Macdonald 2022,
https://arxiv.org/abs/2207.02643, retrain GRU4Rec with it).

Cost: training 6 * (2 G D H + H D + K D) operations a slot, G = 3 (GRU) or 4 (LSTM), one slot after another; scoring a
shopper 4 G D H a slot and 2 I D. Kept: I D + 2 G D H + H D numbers.

Legend: B sequences, T slots, D width, H hidden width, I items, Q queries, C columns, K negatives.

Honest notes: a state forgets, and nothing tells which event it still holds: reasons are measured by leaving events
out. A removed event is stepped over: without it the state goes on from the one before. On the files of our board it
is behind the transformer; its merit is that the cost of a new event does not grow with the history.
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
from whyrec.learn import counts, loop, sequences, windows
from whyrec.learn.ops import Array, NumpyOps, Ops
from whyrec.learn.run import Run
from whyrec.learn.sequences import NextItem
from whyrec.learn.windows import Encode, Inputs, Reads, Slots

VALIDATES = True
GATES = {"gru": 3, "lstm": 4}


@dataclass(frozen=True)
class Config(sequences.Learning):
    """Options of [models.options.gru4rec].

    Sizes of 0 (a dropout of -1) follow the log, as those of sasrec do: long means more than 30 slots in the mean.
    """

    cell: str = setting("gru", "Kind of cell.", choices=("gru", "lstm"))
    width: int = 0  # numbers of an item's vector; 0: 128, long 64
    hidden: int = 128  # numbers of the state
    history: int = 200  # newest slots that are used
    times: bool = False  # read the time since the slot before
    dropout: float = -1.0  # -1: 0.5, long 0.2
    loss: str = setting("softmax", "What the wanted item is told from the negatives by.", choices=sequences.OBJECTIVES)
    negatives: int = 512  # that a batch shares
    decay: float = -1.0  # of the weights; -1: 1, long 0


SEARCH = {
    "width": [64, 128],
    "hidden": [64, 128, 256],
    "dropout": (0.1, 0.6),
    "rate": (3e-4, 3e-3, "log"),
    "decay": [0.0, 0.1, 1.0],
}
"""What `whyrec tune` tries."""


def encode(cell: str, dropout: float, weights: Mapping[str, Array], inputs: Inputs, ops: Ops) -> Array:
    """States of all slots, [B, T, D]; no slot is a tombstone, since these are stepped over."""
    e = ops.rows(weights["items"], inputs.item) * weights["items"].shape[1] ** 0.5
    if inputs.strength is not None:
        e = e + inputs.strength[..., None] * weights["strength"]
    if inputs.gap is not None:
        e = e + ops.rows(weights["gaps"], inputs.gap)
    e = ops.dropout(e, dropout)
    h = ops.recurrent(e, cell, weights["into"], weights["over"], weights["into_bias"], weights["over_bias"])
    out = ops.linear(ops.dropout(h, dropout), weights["out"], weights["out_bias"])
    return ops.layer_norm(out, weights["norm"], weights["norm_bias"])


def start(rng: np.random.Generator, n_items: int, config: Config, reads: Reads) -> dict[str, Floats32]:
    """Weights to begin with: a small random item table, matrices scaled by their width."""
    D, H, G = config.width, config.hidden, GATES[config.cell]

    def normal(*shape: int, scale: float = 0.02) -> Floats32:
        return (rng.standard_normal(shape) * scale).astype(np.float32)

    weights = {
        "items": normal(n_items, D),
        "into": normal(G * H, D, scale=D**-0.5),
        "over": normal(G * H, H, scale=H**-0.5),
        "into_bias": np.zeros(G * H, np.float32),
        "over_bias": np.zeros(G * H, np.float32),
        "out": normal(H, D, scale=H**-0.5),
        "out_bias": np.zeros(D, np.float32),
        "norm": np.ones(D, np.float32),
        "norm_bias": np.zeros(D, np.float32),
    }
    weights |= {"strength": np.zeros(D, np.float32)} if reads.strength else {}
    weights |= {"gaps": normal(windows.GAPS, D)} if reads.gap else {}
    return weights


@dataclass(frozen=True, eq=False)
class Gru4Rec:
    """Fitted recurrent network. `about` holds what was chosen: epochs, curve."""

    items: Vocabulary
    config: Config
    settings: Settings
    weights: Mapping[str, Floats32]
    prior: Floats  # [I]
    about: Mapping[str, Any]

    def score(self, queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        """Return float32 [Q, I] or [Q, C], NaN for an unknown item."""
        events = self.settings.events
        batch = arrange(queries, self.items, events.weights, events.rating_threshold, self.config.history)
        made = sequences.states(self._encode, self._double, Slots.of(batch, self._reads), NumpyOps())
        return sequences.score(made, self._double["items"], self.prior, self.items, items)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return weights, prior and what was chosen."""
        return sequences.pack(self.weights, self.prior, self.about)

    @cached_property
    def _double(self) -> dict[str, Floats]:
        return sequences.double(self.weights)

    @cached_property
    def _reads(self) -> Reads:
        found = {"strength": "strength" in self.weights, "gap": "gaps" in self.weights}
        return Reads(self.config.history, positions=False, **found)

    @cached_property
    def _encode(self) -> Encode:
        return partial(encode, self.config.cell, self.config.dropout)


def fit(run: Run) -> Gru4Rec:
    """Learn to predict the next item at all positions of all histories."""
    events, n_items = run.settings.events, len(run.catalog)
    log = arrange_log(run.events, events.weights, events.rating_threshold)
    config = sequences.sized(run.config, windows.are_long(log), decay=0.0)
    run = replace(run, config=config)
    strengths = np.unique(log.weight[log.weight != 0])
    reads = Reads(config.history, False, strength=len(strengths) > 1, gap=config.times and run.events.timed)
    prior = config.popularity * counts.relative(counts.popularity(log, n_items))
    forward = partial(encode, config.cell, config.dropout)
    problem = NextItem.of(run, log, reads, forward, prior, activations=8 + 12 * -(-config.hidden // config.width))
    problem.objective = config.loss
    weights = start(run.rng, n_items, config, reads)
    epochs = run.chosen.about["epochs"] if isinstance(run.chosen, Gru4Rec) else None
    trained = loop.train(problem, weights, loop.Plan.of(config), run, name="gru4rec", epochs=epochs)
    about = {"epochs": trained.epochs, "curve": trained.curve}
    return Gru4Rec(run.catalog.items, config, run.settings, trained.weights, prior, about)


def from_arrays(arrays: Mapping[str, NDArray[Any]], items: Vocabulary, config: Config, settings: Settings) -> Gru4Rec:
    """Make the model again from what `arrays` gave."""
    weights, prior, about = sequences.unpack(arrays)
    return Gru4Rec(items, config, settings, weights, prior, about)
