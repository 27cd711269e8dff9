"""What an item is to several senses, and how that becomes one vector: id, attributes, words, texts, pictures, sounds.

    v[y] = known[y] * E[y] + sum over senses s of x_s[y] W_s

x_s is a sparse row (attributes, words) or a dense one (text, given vectors, what a network makes of a picture or of
the spectrogram of a sound, of length 1); it is zero where an item has nothing to that sense, so that what is missing
adds nothing. `known` is 0 for an item without an event to learn from: it is placed by its content alone. While
learning, ids and senses are dropped by chance, item by item, so that a vector is of use whatever is missing; nothing is
scaled up for it.

The network of pictures and sounds is three convolutions of 3 x 3 with stride 2, ReLU between them, and the mean over
the picture. It learns together with everything else, from a random part of each batch's items; the others take what it
made of them a few steps ago, since looking at thousands of pictures in each step would cost more than all the rest.

Shape letters: I items, A columns of a sparse sense, F numbers of a dense one, D width.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse

from whyrec.core.types import Bools, Catalog, Floats32, Ints
from whyrec.features import content, dense
from whyrec.features.media import Pixels
from whyrec.learn.ops import Array, TorchOps

FILTERS = (16, 32, 64)
"""Filters of the three convolutions."""
AT_ONCE = 64
"""Pictures of a batch that the network learns from."""
REFRESH = 64
"""Steps between two looks at all pictures."""
CHUNK = 256


@dataclass(eq=False)
class Senses:
    """The catalogue as the senses see it. `known` [I] says which items have an event to learn from."""

    known: Bools
    sparse: Mapping[str, Any] = field(default_factory=dict)  # sense -> csr [I, A]
    dense: Mapping[str, Floats32] = field(default_factory=dict)  # sense -> [I, F], zeros where missing
    pictures: Mapping[str, tuple[Pixels, Bools]] = field(default_factory=dict)  # sense -> [I, C, H, W], which there are
    id_dropout: float = 0.0
    dropout: float = 0.0  # of a whole sense
    recent: dict[str, Array] = field(default_factory=dict)  # sense -> what the network made of all items lately

    @staticmethod
    def of(catalog: Catalog, known: Bools, id_dropout: float, dropout: float, texts: str = "") -> Senses:
        """Encode a catalogue; `texts` says how its texts are encoded beside their words: "ngrams", "sentences" or "".

        Raises MissingExtraError where a package is missing that this needs.
        """
        encoded = content.encode(catalog)
        families = np.array([family == content.WORDS for family, _ in encoded.columns], bool)
        found = {"attributes": encoded.matrix[:, ~families], "words": encoded.matrix[:, families]}
        kept = {name: sparse.csr_array(matrix) for name, matrix in found.items() if matrix.shape[1]}
        vectors, pictures = dense.read(catalog, np.flatnonzero(known), texts)
        return Senses(known, kept, vectors, pictures, id_dropout, dropout)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the senses, without the id."""
        return (*self.sparse, *self.dense, *self.pictures)

    def start(self, rng: np.random.Generator, D: int) -> dict[str, Floats32]:
        """Weights to begin with."""
        sizes = {name: matrix.shape[1] for name, matrix in (*self.sparse.items(), *self.dense.items())}
        sizes |= dict.fromkeys(self.pictures, FILTERS[-1])
        made = {f"sense.{name}": (rng.standard_normal((n, D)) * 0.02).astype(np.float32) for name, n in sizes.items()}
        for name, (pixels, _) in self.pictures.items():
            for n, (before, after) in enumerate(pairwise((pixels.shape[1], *FILTERS))):
                scale = (2 / (9 * before)) ** 0.5  # He et al., 2015
                made[f"sense.{name}.{n}"] = (rng.standard_normal((after, before, 3, 3)) * scale).astype(np.float32)
                made[f"sense.{name}.{n}.bias"] = np.zeros(after, np.float32)
        return made

    def vectors(self, weights: Mapping[str, Array], rows: Ints, step: int | None, ops: TorchOps) -> Array:
        """Vectors [rows, D] of these items; `weights["items"]` holds their ids' ones. `step`: one of training."""
        total = weights["items"] * self._kept(self.known[rows], self.id_dropout, step, ops)
        for name in self.names:
            part = self.part(name, weights, rows, step, ops)
            total = total + part * self._kept(np.ones(len(rows), bool), self.dropout, step, ops)
        return total

    def part(self, name: str, weights: Mapping[str, Array], rows: Ints, step: int | None, ops: TorchOps) -> Array:
        """What one sense adds to the vectors of these items, [rows, D]."""
        table = weights[f"sense.{name}"]
        if name in self.dense:
            return ops.linear(ops.put(self.dense[name][rows]), table)
        if name in self.sparse:
            return bag(ops, self.sparse[name][rows], table)
        return ops.linear(self._seen(name, weights, rows, step, ops), table)

    def _seen(self, name: str, weights: Mapping[str, Array], rows: Ints, step: int | None, ops: TorchOps) -> Array:
        """What the network makes of these items, [rows, F]; in training of some of them now, of the others lately."""
        if step is None:
            return self._look(name, weights, rows, ops)
        if step % REFRESH == 0 or name not in self.recent:
            with ops.torch.no_grad():
                self.recent[name] = self._look(name, weights, np.arange(len(self.known)), ops)
        seen = self.recent[name][ops.put(rows)]
        there = np.flatnonzero(self.pictures[name][1][rows])
        if not len(there):
            return seen
        chosen = there[ops.torch.randperm(len(there))[:AT_ONCE].numpy()]
        return seen.index_copy(0, ops.put(chosen), self._look(name, weights, rows[chosen], ops))

    def _look(self, name: str, weights: Mapping[str, Array], rows: Ints, ops: TorchOps) -> Array:
        """Run the network over these items, [rows, F], of length 1; zeros where there is nothing to look at."""
        pixels, there = self.pictures[name]
        made = []
        for first in range(0, len(rows), CHUNK):
            part = rows[first : first + CHUNK]
            x = ops.put(pixels[part]).float() / 127.5 - 1
            for n in range(len(FILTERS)):
                kernel, bias = weights[f"sense.{name}.{n}"], weights[f"sense.{name}.{n}.bias"]
                x = ops.relu(ops.functional.conv2d(x, kernel, bias, stride=2, padding=1))
            x = ops.functional.normalize(x.mean((2, 3)), dim=-1)
            made.append(x * ops.put(there[part].astype(np.float32)[:, None]))
        return ops.torch.cat(made)

    def _kept(self, there: Bools, share: float, step: int | None, ops: TorchOps) -> Array:
        kept = ops.put(there.astype(np.float32)[:, None])
        if step is None or not share:
            return kept
        return kept * (ops.torch.rand(len(there), 1, device=ops.device) >= share)


def bag(ops: TorchOps, rows: Any, table: Array) -> Array:
    """Return the product of sparse rows (csr [N, A]) and a table [A, D] as a tensor [N, D]."""
    return ops.functional.embedding_bag(
        ops.put(rows.indices.astype(np.int64)),
        table,
        ops.put(rows.indptr[:-1].astype(np.int64)),
        mode="sum",
        per_sample_weights=ops.put(rows.data.astype(np.float32)),
    )
