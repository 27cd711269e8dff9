"""Nearness of content as one product: what the newest events are made of, and what an item is made of.

    near[y] = z . c[y],   z = sum over slots i of strength_i * age_i ** -FADES * c[x_i]
    c = content rows along their main directions, of length 1 or 0 (Rows.directions in learn/newcomers)

It is a nearest neighbour that looks at all events, the newest most. Nothing of it is learned but one weight, so that it
says of an item without events what no amount of learning from events can spoil. It is a sum over slots, in which a
tombstone has no part, and over what the item is made of: the part of a sense is what goes when its columns of the item
are taken away, the length being that of the whole row.

Shape letters: I items, n items without events, F main directions, Q queries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import Catalog, Floats, Floats32, Ints
from whyrec.data.batch import Batch
from whyrec.features import content
from whyrec.learn.newcomers import LEAST, Rows

FADES = 0.5
"""Power of an event's age that it fades with."""
PREFIX = "near/"


@dataclass(frozen=True, eq=False)
class Nearness:
    """Content of all items, and of some of them (`codes`, ascending) what each sense adds to it."""

    codes: Ints  # [n]
    items: Floats32  # [I, F]
    parts: Mapping[str, Floats32]  # sense -> [n, F]

    @staticmethod
    def of(catalog: Catalog, codes: Ints) -> Nearness:
        """Lay a catalogue along its main directions; senses are `attributes` and `words`, where there are any."""
        encoded = content.encode(catalog)
        rows = Rows.of(encoded.matrix)
        words = np.array([family == content.WORDS for family, _ in encoded.columns], bool)
        whole = np.asarray(rows.matrix @ rows.columns.astype(np.float64))
        length = np.linalg.norm(whole, axis=1, keepdims=True)[codes]
        scale = np.divide(1.0, length, out=np.zeros_like(length), where=length > LEAST)
        of_new = rows.matrix[codes]
        parts = {
            name: (np.asarray(of_new[:, own] @ rows.columns[own].astype(np.float64)) * scale).astype(np.float32)
            for name, own in (("attributes", np.flatnonzero(~words)), ("words", np.flatnonzero(words)))
            if len(own)
        }
        return Nearness(codes, rows.directions, parts)

    @staticmethod
    def none(n_items: int) -> Nearness:
        """Return one that says nothing of any item."""
        return Nearness(np.zeros(0, np.int64), np.zeros((n_items, 0), np.float32), {})

    def taken(self, place: Ints) -> Nearness:
        """Return it for fewer items, those at these places of `codes`."""
        if not len(place):
            return Nearness.none(len(self.items))
        return replace(self, codes=self.codes[place], parts={name: part[place] for name, part in self.parts.items()})

    def asked(self, batch: Batch) -> Floats:
        """What the events of each query are made of, z [Q, F]."""
        found = np.zeros((len(batch), self.items.shape[1]))
        live = np.flatnonzero((batch.item >= 0) & (batch.weight != 0))
        much = batch.weight[live] * batch.age[live].astype(np.float64) ** -FADES
        np.add.at(found, batch.query[live], much[:, None] * self.items[batch.item[live]])
        return found

    def near(self, asked: Floats) -> Floats:
        """How near the items `codes` are to what was asked, [Q, n]."""
        return asked @ self.items[self.codes].T.astype(np.float64)

    def shares(self, asked: Floats) -> dict[str, Floats]:
        """What each sense adds to `near`, [Q, n] each."""
        return {name: asked @ part.T.astype(np.float64) for name, part in self.parts.items()}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return it as plain arrays; nothing where it says nothing."""
        if not len(self.codes):
            return {}
        parts = {f"{PREFIX}part/{name}": part for name, part in self.parts.items()}
        return {f"{PREFIX}codes": self.codes, f"{PREFIX}items": self.items, **parts}

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray[Any]], n_items: int) -> Nearness:
        """Make it again from what `arrays` gave."""
        if f"{PREFIX}codes" not in arrays:
            return Nearness.none(n_items)
        begin = f"{PREFIX}part/"
        parts = {name.removeprefix(begin): part for name, part in arrays.items() if name.startswith(begin)}
        return Nearness(arrays[f"{PREFIX}codes"], arrays[f"{PREFIX}items"], parts)
