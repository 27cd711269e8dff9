"""What an item is to several senses, and how that becomes one vector: id, attributes, words, texts, pictures, sounds.

    v[y] = known[y] * E[y] + sum over senses s of x_s[y] W_s

x_s is a sparse row (attributes, words) or a dense one (text, given vectors, what a network makes of a picture or a
sound); it is zero where an item has nothing to that sense, so that what is missing adds nothing. `known` is 0 for an
item without an event to learn from: it is placed by its content alone. While learning, ids and senses are dropped by
chance, item by item, so that a vector is of use whatever is missing; nothing is scaled up for it, since a new item's
content is not scaled up either.

Shape letters: I items, A columns of a sparse sense, F numbers of a dense one, D width.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse

from whyrec.core.types import Bools, Catalog, Floats32, Ints
from whyrec.features import content
from whyrec.learn.ops import Array, TorchOps


@dataclass(eq=False)
class Senses:
    """The catalogue as the senses see it. `known` [I] says which items have an event to learn from."""

    known: Bools
    sparse: Mapping[str, Any] = field(default_factory=dict)  # sense -> csr [I, A]
    dense: Mapping[str, Floats32] = field(default_factory=dict)  # sense -> [I, F], zeros where missing
    id_dropout: float = 0.0
    dropout: float = 0.0  # of a whole sense

    @staticmethod
    def of(catalog: Catalog, known: Bools, id_dropout: float, dropout: float) -> Senses:
        """Encode a catalogue."""
        made = content.encode(catalog)
        families = np.array([family == content.WORDS for family, _ in made.columns], bool)
        found = {"attributes": made.matrix[:, ~families], "words": made.matrix[:, families]}
        kept = {name: sparse.csr_array(matrix) for name, matrix in found.items() if matrix.shape[1]}
        return Senses(known, kept, {}, id_dropout, dropout)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the senses, without the id."""
        return (*self.sparse, *self.dense)

    def start(self, rng: np.random.Generator, D: int) -> dict[str, Floats32]:
        """Weights to begin with."""
        sizes = {name: matrix.shape[1] for name, matrix in (*self.sparse.items(), *self.dense.items())}
        return {
            f"sense.{name}": (rng.standard_normal((size, D)) * 0.02).astype(np.float32) for name, size in sizes.items()
        }

    def vectors(self, weights: Mapping[str, Array], rows: Ints, step: int | None, ops: TorchOps) -> Array:
        """Vectors [rows, D] of these items; `weights["items"]` holds their ids' ones. `step`: one of training."""
        total = weights["items"] * self._kept(self.known[rows], self.id_dropout, step, ops)
        for name in self.names:
            part = self.part(name, weights, rows, ops)
            total = total + part * self._kept(np.ones(len(rows), bool), self.dropout, step, ops)
        return total

    def part(self, name: str, weights: Mapping[str, Array], rows: Ints, ops: TorchOps) -> Array:
        """What one sense adds to the vectors of these items, [rows, D]."""
        table = weights[f"sense.{name}"]
        if name in self.dense:
            return ops.linear(ops.put(self.dense[name][rows]), table)
        return bag(ops, self.sparse[name][rows], table)

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
