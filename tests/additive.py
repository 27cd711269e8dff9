"""Small scorers whose exact parts are known, and random queries for them; for tests of explain and words."""

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

from whyrec.core.types import KIND_CODE, REMOVED, Contributions, History, Query, Vocabulary, objects

N_ITEMS = 12
ITEMS = Vocabulary.of([f"i{code}" for code in range(N_ITEMS)])
DAY_S = 86400.0
NOW = 1_500_000_000.0
STRENGTH = {"purchase": 1.0, "view": 0.3, "dislike": -0.7, "search": 0.0}


def columns_of(items):
    return np.arange(N_ITEMS) if items is None else ITEMS.codes(items)


def live_slots(history):
    """(slot, item code, strength) of each event that counts, the tests' own reading of a history."""
    for slot in range(len(history)):
        if history.kind[slot] != REMOVED and history.item[slot] is not None:
            kind = next(name for name, code in KIND_CODE.items() if code == history.kind[slot])
            yield slot, ITEMS.index[history.item[slot]], STRENGTH[kind]


@dataclass(frozen=True, eq=False)
class Sums:
    """Adds a row of `links` for each event, as a co-occurrence model does; `unit` event or item (a set of items)."""

    links: np.ndarray
    popular: np.ndarray
    unit: str = "event"

    def parts(self, history):
        rows = {}
        for slot, item, strength in live_slots(history):
            rows.setdefault(slot if self.unit == "event" else item, []).append((slot, item, strength))
        # A set model counts an item once, with the strength of its strongest event.
        return [
            (tuple(s for s, _, _ in row), max(w for _, _, w in row) * self.links[row[0][1]]) for row in rows.values()
        ]

    def score(self, queries, items=None):
        rows = [self.popular + sum(part for _, part in self.parts(q.history)) for q in queries]
        return np.array(rows).reshape(len(queries), -1)[:, columns_of(items)].astype(np.float32)

    def contributions(self, query, items):
        parts = self.parts(query.history)
        weight = np.array([part for _, part in parts]).reshape(len(parts), N_ITEMS)[:, columns_of(items)]
        return Contributions(tuple(slots for slots, _ in parts), weight, self.popular[columns_of(items)])


def sums(rng, unit="event"):
    return Sums(rng.normal(size=(N_ITEMS, N_ITEMS)), rng.normal(size=N_ITEMS), unit)


def curved(model):
    """Return a scorer that is not additive: pairs of events work together."""

    def score(queries, items=None):
        rows = np.array([model.popular + sum(part for _, part in model.parts(q.history)) for q in queries])
        return np.tanh(rows.reshape(len(queries), -1) / 2)[:, columns_of(items)].astype(np.float32)

    return score


@st.composite
def queries(draw, largest=14):
    """Histories with repeats, dislikes, searches and tombstones."""
    kinds = draw(st.lists(st.sampled_from(list(STRENGTH)), max_size=largest))
    items = [None if kind == "search" else draw(st.sampled_from(ITEMS.ids.tolist())) for kind in kinds]
    gaps = [draw(st.integers(0, 20)) for _ in kinds]
    history = History(
        item=objects(items),
        kind=np.array([KIND_CODE[kind] for kind in kinds], np.int8),
        at=NOW - DAY_S * np.cumsum([0, *gaps])[::-1][: len(kinds)].astype(float),
        value=np.full(len(kinds), np.nan, np.float32),
        event_id=objects([f"e{slot}" for slot in range(len(kinds))]),
        text=objects(["red shoes" if kind == "search" else None for kind in kinds]),
    )
    removed = [slot for slot in range(len(kinds)) if draw(st.integers(0, 5)) == 0]
    return Query(at=NOW, history=history.mask(removed))


def purchases(codes, **changes):
    """A query of one purchase a day, the last one today."""
    rows = [(str(ITEMS.ids[code]), "purchase", NOW - DAY_S * (len(codes) - 1 - k)) for k, code in enumerate(codes)]
    return replace(Query(at=NOW, history=History.of(rows)), **changes)
