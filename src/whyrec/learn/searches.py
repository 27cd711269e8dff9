"""Searches as events: what the words of a search say of items, by their content and by what was wanted after them.

    sum[y] = sum over searches i of sum over relations R of w[R, age_i] * R[words of i, y]
    named[i, y] = cosine of the words and the item's words (features/content), each word weighed by how rare it is
    after[i, y] = mean over the words t of log(1 + lift[t, y]) of what came up to FOLLOWERS slots after a search with t

A search takes a slot of the history like any event. Without it (masked) its words are gone and its age stays.

Shape letters: S searches, I items, Q queries, C columns, V words, A age classes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from whyrec.core.types import Floats, Ints, Objects
from whyrec.data.batch import Batch
from whyrec.features.content import WORDS, Content, words
from whyrec.learn import counts

if TYPE_CHECKING:
    Sparse: TypeAlias = sparse.csr_array[np.float64, tuple[int, int]]

AGES = (1, 2, 4, 11)
"""First age of each age class; older ones than OLDEST say nothing."""
OLDEST = 50
RELATIONS = ("named", "after")
DEFAULT = np.array([[6.0, 3.0, 0.5, 0.1], [1.0, 0.5, 0.2, 0.0]])
"""Default weights of the relations at the age classes, [2, A]: the words of a search just made outweigh the rest."""
FOLLOWERS = 3
"""Slots after a search that its words are counted with."""
FEW = 8
"""Searches that are added up one by one."""
MOST_HEARD = 10_000
"""Texts whose words are kept."""
LARGEST = 5000
"""Words that are kept, the most frequent ones in searches and titles each."""


@dataclass(frozen=True, eq=False)
class Searches:
    """Tables of words, and weights by age."""

    vocabulary: tuple[str, ...]  # [V]
    named: Sparse  # [V, I] a word's part of the cosine, before that is divided by the length of the search
    after: Sparse  # [V, I]
    length: Floats  # [V] how rare a word is
    weight: Floats  # [2, A]

    @staticmethod
    def of(log: Batch, content: Content, shrink: float) -> Searches:
        """Count what came after words, and weigh the words of items."""
        n_items = content.matrix.shape[0]
        titled = {value: column for column, (family, value) in enumerate(content.columns) if family == WORDS}
        slots = np.flatnonzero([bool(text) for text in log.text]) if log.text is not None else np.zeros(0, np.int64)
        texts = [] if log.text is None else [sorted(set(words(str(text)))) for text in log.text[slots]]
        often = Counter(word for text in texts for word in text)
        ranked = sorted((word for word, n in often.items() if n > 1), key=lambda word: (-often[word], word))[:LARGEST]
        vocabulary = tuple(dict.fromkeys((*titled, *ranked)))
        place = {word: code for code, word in enumerate(vocabulary)}
        found = [
            (place[word], int(slot)) for slot, text in zip(slots, texts, strict=True) for word in text if word in place
        ]
        after = _short(_followers(log, np.array(found, np.int64).reshape(-1, 2), len(vocabulary), n_items, shrink))
        columns = content.matrix.tocsc()[:, list(titled.values())] if titled else sparse.csc_array((n_items, 0))
        rare = np.log(n_items / np.maximum(np.diff(columns.indptr), 1.0))
        weighed = sparse.csr_array(columns @ sparse.diags_array(rare)) if titled else sparse.csr_array(columns)
        norm = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
        unit = sparse.diags_array(1.0 / np.where(norm > 0, norm, 1.0)) @ weighed
        named = (unit @ sparse.diags_array(rare)).T if titled else sparse.csr_array((0, n_items))
        rest = sparse.csr_array((len(vocabulary) - len(titled), n_items))
        # A word that no item has makes a search longer, as one that few have.
        length = np.append(rare, np.full(len(vocabulary) - len(titled), np.log(max(n_items, 2))))
        whole = sparse.vstack([sparse.csr_array(named), rest], format="csr")
        return Searches(vocabulary, _short(whole), after, length, DEFAULT)

    def sums(self, batch: Batch, codes: Any) -> Floats | float:
        """What all searches give to the items of these codes, [Q, C]; a slice for all items; 0 without searches."""
        slots = self.slots(batch)
        if not len(slots):
            return 0.0
        found = np.zeros((len(batch), self.named.shape[1]))
        np.add.at(found, batch.query[slots], self._of_slots(batch, slots))
        return found[:, codes]

    def parts(self, batch: Batch, slots: Ints, codes: Ints) -> Floats:
        """What each of these slots gives to the items of these codes, [len(slots), C]; 0 for other slots."""
        found = np.zeros((len(slots), len(codes)))
        mine = np.flatnonzero(np.isin(slots, self.slots(batch)))
        if len(mine):
            found[mine] = self._of_slots(batch, slots[mine])[:, codes]
        return found

    def slots(self, batch: Batch) -> Ints:
        """Slots that hold a search with a known word and are young enough."""
        if batch.text is None or not self.vocabulary:
            return np.zeros(0, np.int64)
        young = np.flatnonzero(batch.age <= OLDEST)
        return young[[bool(batch.text[slot]) and bool(self._known(batch.text[slot])) for slot in young]]

    def features(self, batch: Batch) -> list[Floats]:
        """What each weight is multiplied with, [Q, I] each, in the order of `weight`, relation by relation."""
        alone = [np.zeros_like(self.weight) for _ in range(self.weight.size)]
        for n, one in enumerate(alone):
            one.flat[n] = 1.0
        shape = (len(batch), self.named.shape[1])
        return [replace(self, weight=one).sums(batch, slice(None)) + np.zeros(shape) for one in alone]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return words, tables and weights."""
        found: dict[str, NDArray[Any]] = {
            "words": np.frombuffer(json.dumps(self.vocabulary).encode("ascii"), np.uint8),
            "length": self.length,
            "weight": self.weight,
            "items": np.array([self.named.shape[1]]),
        }
        for name, table in (("named", self.named), ("after", self.after)):
            found |= {f"{name}/data": table.data.astype(np.float32), f"{name}/indices": table.indices}
            found |= {f"{name}/bounds": table.indptr}
        return found

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Searches:
        """Make them again from what `arrays` gave."""
        vocabulary = tuple(json.loads(arrays["words"].tobytes()))
        shape = (len(vocabulary), int(arrays["items"][0]))
        named, after = (
            sparse.csr_array(
                (arrays[f"{n}/data"].astype(np.float64), arrays[f"{n}/indices"], arrays[f"{n}/bounds"]), shape=shape
            )
            for n in RELATIONS
        )
        return Searches(vocabulary, named, after, arrays["length"], arrays["weight"])

    @cached_property
    def _places(self) -> dict[str, int]:
        return {word: code for code, word in enumerate(self.vocabulary)}

    def _known(self, text: str) -> list[int]:
        """Codes of the words of a search that are known; kept, since a list asks for them several times."""
        found = self._heard.get(text)
        if found is None:
            if len(self._heard) >= MOST_HEARD:
                self._heard.clear()
            found = self._heard[text] = self._look_up(text)
        return found

    @cached_property
    def _heard(self) -> dict[str, list[int]]:
        return {}

    def _look_up(self, text: str) -> list[int]:
        return [self._places[word] for word in sorted(set(words(str(text)))) if word in self._places]

    def _words(self, batch: Batch, slot: int) -> list[tuple[int, tuple[float, float]]]:
        """Words of a slot's search with the shares of `named` and `after` that each has."""
        texts: Objects | None = batch.text
        known = [] if texts is None or not texts[slot] else self._known(texts[slot])
        norm = float(np.sqrt(np.square(self.length[known]).sum()))
        return [(word, (1.0 / norm if norm > 0 else 0.0, 1.0 / len(known))) for word in known]

    def _of_slots(self, batch: Batch, slots: Ints) -> Floats:
        """What each of these slots gives to all items, [len(slots), I]: row by row, or one product a relation."""
        classes = _age_class(batch.age[slots])
        own = [self._words(batch, int(slot)) for slot in slots]
        if len(slots) <= FEW:
            return self._row_by_row(own, self.weight[:, classes])
        bounds = np.cumsum([0, *(len(row) for row in own)])
        columns = np.array([word for row in own for word, _ in row], np.int64)
        shares = np.array([share for row in own for _, share in row]).reshape(-1, 2)
        total = np.zeros((len(slots), self.named.shape[1]))
        for relation, table in enumerate((self.named, self.after)):
            scaled = shares[:, relation] * np.repeat(self.weight[relation, classes], np.diff(bounds))
            left = sparse.csr_array((scaled, columns, bounds), shape=(len(slots), len(self.vocabulary)))
            total += (left @ table).toarray()
        return total

    def _row_by_row(self, own: list[list[tuple[int, tuple[float, float]]]], weight: Floats) -> Floats:
        """The same for a few slots, for which setting up a product costs more than the product."""
        total = np.zeros((len(own), self.named.shape[1]))
        for row, (said, by) in enumerate(zip(own, weight.T, strict=True)):
            for word, shares in said:
                for table, share, scale in zip((self.named, self.after), shares, by, strict=True):
                    entries = slice(*table.indptr[word : word + 2])
                    total[row, table.indices[entries]] += share * scale * table.data[entries]
        return total


def _followers(log: Batch, found: Ints, n_words: int, n_items: int, shrink: float) -> Sparse:
    """log(1 + lift) of items after words, [V, I]; `found` are pairs of word and slot."""
    ends = np.repeat(log.bounds[1:], np.diff(log.bounds))
    rows, columns, much = [], [], []
    for gap in range(1, FOLLOWERS + 1):
        next_slot = found[:, 1] + gap
        inside = np.flatnonzero(next_slot < (ends[found[:, 1]] if len(found) else 0))
        target = next_slot[inside]
        there = (log.item[target] >= 0) & (log.weight[target] > 0)
        rows.append(found[inside[there], 0])
        columns.append(log.item[target[there]].astype(np.int64))
        much.append(log.weight[target[there]] / gap)
    parts = (np.concatenate(much), (np.concatenate(rows), np.concatenate(columns)))
    followed = sparse.coo_array(parts, shape=(n_words, n_items)).tocsr()
    lifted = counts.normalise(followed, rows=1.0, columns=1.0, smoothing=shrink)
    lifted.data = np.log1p(lifted.data * followed.sum())
    return lifted


def _short(table: Sparse) -> Sparse:
    """Round a table to what a snapshot stores."""
    table.data = table.data.astype(np.float32).astype(np.float64)
    return table


def _age_class(age: Ints) -> Ints:
    """Class of each age, -1 where it is too old."""
    return np.where(age > OLDEST, -1, np.searchsorted(AGES, age, side="right") - 1)
