"""A spoken query finds a product: log-mel spectrogram, the network that looks at pictures, and one vector an item.

    f = network(spectrogram) of length 1 (learn/senses)      score[y] = SHARP * (f W) . e_y / |f W| |e_y|
    loss = cross-entropy of the item whose title was spoken, over all items

It learns from recordings of titles by several voices; W and e are learned with the network. Needs the extra `train`,
for learning and for listening alike: nothing of it is in the serving path.

Shape letters: R recordings, I items, D width, Q queries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from whyrec.core.types import Floats, Floats32, Ints, objects
from whyrec.features import media
from whyrec.learn import engine
from whyrec.learn.ops import TorchOps
from whyrec.learn.senses import Senses

AUDIO = "audio"
SHARP = 12.0
SHIFT = 3
"""Parts of a recording that it is moved by at the most while learning: pauses differ from voice to voice."""


@dataclass(frozen=True)
class Config:
    """How it learns."""

    width: int = 96
    epochs: int = 60
    batch: int = 64
    rate: float = 3e-3


@dataclass(frozen=True, eq=False)
class Heard:
    """What was learned: weights of the network, and a vector of each item [I, D]."""

    weights: Mapping[str, Floats32]
    items: Floats32

    def find(self, recordings: Sequence[bytes]) -> Floats:
        """Score all items for each recording (the bytes of a WAV file), [Q, I]; what cannot be read scores 0."""
        torch = engine.load("Listening")
        ops = TorchOps(torch, training=False)
        pixels, there = media.sounds(objects(list(recordings)))
        with torch.no_grad():
            made = _vectors(Senses(np.ones(len(pixels), bool), pictures={AUDIO: (pixels, there)}),
                            engine.put(torch, self.weights, "cpu"), np.arange(len(pixels)), ops)  # fmt: skip
        found: Floats = ops.take(made).astype(np.float64) @ _unit(self.items).T
        return np.where(there[:, None], found, 0.0)


def fit(recordings: Sequence[bytes], item: Ints, n_items: int, rng: np.random.Generator, config: Config) -> Heard:
    """Learn from recordings [R] of the titles of these items [R]."""
    torch = engine.load("Learning from speech")
    ops = TorchOps(torch)
    pixels, there = media.sounds(objects(list(recordings)))
    senses = Senses(np.ones(len(pixels), bool), pictures={AUDIO: (pixels, there)})
    start = {**senses.start(rng, config.width), "e": rng.standard_normal((n_items, config.width)).astype(np.float32)}
    weights = {name: torch.nn.Parameter(torch.from_numpy(array.copy())) for name, array in start.items()}
    rows = np.flatnonzero(there)
    steps = config.epochs * -(-len(rows) // config.batch)
    adam = torch.optim.Adam(list(weights.values()), lr=config.rate)
    falling = torch.optim.lr_scheduler.OneCycleLR(adam, config.rate, total_steps=max(1, steps))
    for _ in range(config.epochs):
        for part in np.array_split(rng.permutation(rows), max(1, -(-len(rows) // config.batch))):
            moved = np.stack([np.roll(pixels[row], int(rng.integers(-SHIFT, SHIFT + 1)), axis=2) for row in part])
            one = Senses(np.ones(len(part), bool), pictures={AUDIO: (moved, np.ones(len(part), bool))})
            made = _vectors(one, weights, np.arange(len(part)), ops)
            logits = SHARP * made @ torch.nn.functional.normalize(weights["e"], dim=-1).T
            loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(item[part].astype(np.int64)))
            adam.zero_grad()
            loss.backward()
            adam.step()
            falling.step()
    learned = {name: value.detach().numpy() for name, value in weights.items()}
    return Heard({name: array for name, array in learned.items() if name != "e"}, learned["e"])


def _vectors(senses: Senses, weights: Mapping[str, Any], rows: Ints, ops: TorchOps) -> Any:
    return ops.functional.normalize(senses.part(AUDIO, weights, rows, None, ops), dim=-1)


def _unit(vectors: Floats32) -> Floats:
    length = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    found: Floats = vectors / np.maximum(length, 1e-9)
    return found
