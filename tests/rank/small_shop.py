"""A shop of eight items with an additive model whose every number is known."""

import numpy as np

from whyrec.core.types import KIND_CODE, REMOVED, Catalog, Events, Vocabulary, objects
from whyrec.data.batch import slot_weights

ITEMS = Vocabulary.of(["tea", "cup", "pot", "jam", "bread", "honey", "news", "film"])
PRIOR = np.array([0.08, 0.07, 0.06, 0.05, 0.04, 0.03, 0.02, 0.01])
WEIGHTS = {"purchase": 1.0, "view": 0.5, "like": 0.7, "dislike": -0.7, "rating": 0.7}
PAIRS = {("tea", "cup"): 0.9, ("tea", "pot"): 0.6, ("jam", "bread"): 0.8, ("jam", "honey"): 0.3, ("film", "news"): 0.4}


class Additive:
    """score[y] = PRIOR[y] + sum over live slots x of weight(slot) * PAIRS[x, y]; the page counts in `related`."""

    def __init__(self, items=ITEMS, prior=PRIOR):
        self.items = items
        self.prior = prior
        self.table = np.zeros((len(items), len(items)))
        for (x, y), weight in PAIRS.items():
            self.table[items.index[x], items.index[y]] = weight

    def score(self, queries, items=None):
        rows = [self._row(query) for query in queries]
        scores = np.stack(rows).astype(np.float32)
        if items is None:
            return scores
        codes = self.items.codes(items)
        return np.where(codes >= 0, scores[:, codes], np.float32(np.nan))

    def _row(self, query):
        if query.scenario == "related" and query.context:
            codes = self.items.codes(query.context)
            return self.prior + self.table[codes[codes >= 0]].sum(0)
        past = query.history
        codes = self.items.codes(past.item)
        live = (codes >= 0) & (past.kind != REMOVED)
        weight = slot_weights(past.kind, past.value, WEIGHTS, 0.0)
        return self.prior + (weight[live, None] * self.table[codes[live]]).sum(0)

    def arrays(self):
        return {"prior": self.prior}


def catalog(**changes):
    return Catalog(
        **{
            "items": ITEMS,
            "titles": {"": objects([name.title() for name in ITEMS.ids])},
            "categories": {
                "shelf": objects(
                    [("drinks",), ("dishes",), ("dishes",), ("food",), ("food",), ("food",), ("unknown",), ("unknown",)]
                )
            },
            "kinds": objects(["product"] * 6 + ["article", "video"]),
            **changes,
        }
    )


def log(*rows):
    """Events of (user, item, kind, at) rows, in time order; an item of None is an event without one."""
    rows = sorted(rows, key=lambda row: row[3])
    users = Vocabulary.of(list(dict.fromkeys(row[0] for row in rows)))
    return Events(
        users=users,
        items=ITEMS,
        user=users.codes([row[0] for row in rows]),
        item=ITEMS.codes([row[1] for row in rows]),
        kind=np.array([KIND_CODE[row[2]] for row in rows], np.int8),
        at=np.array([row[3] for row in rows], np.float64),
        value=np.full(len(rows), np.nan, np.float32),
        event_id=objects([f"base-{place}" for place in range(len(rows))]),
    )
