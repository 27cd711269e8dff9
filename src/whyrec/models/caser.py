"""Convolutions over the recent window: patterns of a few events in a row that point at the next item.

Tang, Wang: "Personalized top-N sequential recommendation via convolutional sequence embedding", WSDM 2018,
https://arxiv.org/abs/1809.07426.

Idea: take the newest L events as an image of L rows. A horizontal filter looks for a pattern in h neighbouring rows,
wherever it stands in the window; a vertical filter weighs the rows.

Equations: e_t = sqrt(D) E[x_t], 0 for a tombstone and before the first event (+ strength_t s)
    horizontal, h = 1 .. heights:  o_h = max over s = t - L + h .. t of ReLU(F_h [e_(s-h+1) .. e_s] + f_h)
    vertical:  v_k = sum over ages a = 0 .. L - 1 of V[k, a] e_(t-a)
    z = ReLU([o, v] W + b);  score[y] = LN(z W' + b' + e_t) . E[y] + popularity * share[y] / max share
    loss = sampled softmax over the wanted item and K uniform negatives that a batch shares

Departures: filters slide over the whole history once, and each position takes the maximum over its own window,
instead of a window for each position; no vector of the user, so that a shopper who came after training is served like
any other; the newest event is added to the output; sampled softmax instead of binary cross-entropy with three
negatives; the item table is shared by input and output.

Cost: training 6 * (heights * (heights + 1) / 2 * D F + vertical (L + D) D + K D) operations a slot; scoring a third of
it and 2 I D. Kept: I D + heights ** 2 D F / 2 + vertical D ** 2 numbers.

Legend: B sequences, T slots, D width, L window, F filters of a height, I items, Q queries, C columns, K negatives.

Honest notes: it sees nothing but the window. No published result where it wins on the whole catalogue was found; it is
here as a member with other errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whyrec.core.config import Settings
from whyrec.core.types import Floats, Floats32, Query, Vocabulary
from whyrec.data.batch import arrange, arrange_log
from whyrec.learn import counts, loop, sequences
from whyrec.learn.ops import Array, NumpyOps, Ops
from whyrec.learn.run import Run
from whyrec.learn.sequences import NextItem
from whyrec.learn.windows import Encode, Inputs, Reads, Slots, are_long

VALIDATES = True


@dataclass(frozen=True)
class Config(sequences.Learning):
    """Options of [models.options.caser]."""

    width: int = 128  # numbers of an item's vector
    window: int = 5  # slots that a prediction looks at: the newest live one and those before it
    history: int = 200  # newest slots that are read
    heights: int = 3  # horizontal filters look at up to so many slots in a row
    filters: int = 16  # of each height
    vertical: int = 4  # filters over the whole window
    dropout: float = 0.5
    negatives: int = 512  # that a batch shares
    batch: int = 1024  # tokens
    decay: float = -1.0  # of the weights; -1: 1, long 0


SEARCH = {
    "width": [64, 128],
    "window": (3, 10),
    "dropout": (0.1, 0.6),
    "rate": (3e-4, 3e-3, "log"),
    "decay": [0.0, 0.1, 1.0],
}
"""What `whyrec tune` tries."""


def encode(window: int, dropout: float, weights: Mapping[str, Array], inputs: Inputs, ops: Ops) -> Array:
    """States of all slots, [B, T, D]: each from its own window, which ends with it."""
    e = ops.rows(weights["items"], inputs.item) * weights["items"].shape[1] ** 0.5
    if inputs.strength is not None:
        e = e + inputs.strength[..., None] * weights["strength"]
    if inputs.live is not None:
        e = e * inputs.live[..., None]
    e = ops.dropout(e, dropout)
    ago = [ops.shift(e, a) for a in range(window)]
    found = []
    for height in range(1, sum(name.startswith("filter") for name in weights) + 1):
        rows = ops.join(ago[:height])
        best = here = ops.relu(ops.linear(rows, weights[f"filter{height}"], weights[f"bias{height}"]))
        for a in range(1, window - height + 1):
            best = ops.maximum(best, ops.shift(here, a))
        found.append(best)
    found += [sum(weight[a] * ago[a] for a in range(window)) for weight in weights["vertical"]]
    z = ops.relu(ops.linear(ops.dropout(ops.join(found), dropout), weights["join"], weights["join_bias"]))
    out = ops.linear(z, weights["out"], weights["out_bias"]) + e
    return ops.layer_norm(out, weights["norm"], weights["norm_bias"])


def start(rng: np.random.Generator, n_items: int, config: Config, reads: Reads) -> dict[str, Floats32]:
    """Weights to begin with: a small random item table, filters and matrices scaled by what they add up."""
    D, F = config.width, config.filters
    heights = min(config.heights, config.window)

    def normal(*shape: int, scale: float = 0.02) -> Floats32:
        return (rng.standard_normal(shape) * scale).astype(np.float32)

    joined = heights * F + config.vertical * D
    weights = {
        "items": normal(n_items, D),
        "vertical": normal(config.vertical, config.window, scale=config.window**-0.5),
        "join": normal(joined, D, scale=joined**-0.5),
        "join_bias": np.zeros(D, np.float32),
        "out": normal(D, D, scale=D**-0.5),
        "out_bias": np.zeros(D, np.float32),
        "norm": np.ones(D, np.float32),
        "norm_bias": np.zeros(D, np.float32),
    }
    for height in range(1, heights + 1):
        weights[f"filter{height}"] = normal(height * D, F, scale=(height * D) ** -0.5)
        weights[f"bias{height}"] = np.zeros(F, np.float32)
    return weights | ({"strength": np.zeros(D, np.float32)} if reads.strength else {})


@dataclass(frozen=True, eq=False)
class Caser:
    """Fitted convolutions. `about` holds what was chosen: epochs, curve."""

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
        return Reads(self.config.history, strength="strength" in self.weights)

    @cached_property
    def _encode(self) -> Encode:
        return partial(encode, self.config.window, self.config.dropout)


def fit(run: Run) -> Caser:
    """Learn to predict the next item at all positions of all histories."""
    events, n_items = run.settings.events, len(run.catalog)
    log = arrange_log(run.events, events.weights, events.rating_threshold)
    config: Config = sequences.sized(run.config, are_long(log), decay=0.0)
    reads = Reads(config.history, strength=len(np.unique(log.weight[log.weight != 0])) > 1)
    prior = config.popularity * counts.relative(counts.popularity(log, n_items))
    forward = partial(encode, config.window, config.dropout)
    numbers = 8 + 2 * (config.window + config.vertical * config.window) + config.heights
    problem = NextItem.of(run, log, reads, forward, prior, activations=numbers)
    weights = start(run.rng, n_items, config, reads)
    epochs = run.chosen.about["epochs"] if isinstance(run.chosen, Caser) else None
    trained = loop.train(problem, weights, loop.Plan.of(config), run, name="caser", epochs=epochs)
    about = {"epochs": trained.epochs, "curve": trained.curve}
    return Caser(run.catalog.items, config, run.settings, trained.weights, prior, about)


def from_arrays(arrays: Mapping[str, NDArray[Any]], items: Vocabulary, config: Config, settings: Settings) -> Caser:
    """Make the model again from what `arrays` gave."""
    weights, prior, about = sequences.unpack(arrays)
    return Caser(items, config, settings, weights, prior, about)
