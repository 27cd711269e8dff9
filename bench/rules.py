"""What filters and rules cost a list, and how fast changes of items come in.

    python bench/rules.py [--items 10000] [--lists 400]

A catalogue of invented items (40 brands, 25 categories, price, first day) and a model whose scores are drawn at
random, so that nothing but the list itself is timed: filters, candidates, rules, trace. Every variant makes each list
in turn, and the medians of one run are compared, in CPU milliseconds, since others use the machine as well. Items:
batches of 3,000 changes into a store on SQLite, committed, in seconds of the clock.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from whyrec.core.config import ServeSettings
from whyrec.core.rules import Boost, Cap, Pin, RuleSettings, Sponsored
from whyrec.core.types import Catalog, Query, Vocabulary, objects
from whyrec.rank import masks
from whyrec.rank.recommend import Ids, recommend
from whyrec.store.store import open_store

IDS = Ids("snapshot", "catalog", "settings")
DAY_S = 86400.0
AT = 1_700_000_000.0
CAPS, PINS = [Cap("brand", 2)], [Pin("i17", 2)]
PAID = [Sponsored([3, 7], [f"i{n}" for n in range(0, 400, 7)], label="Lumo")]
BOOSTS = [Boost('brand = "b3" and price < 50', 0.2), Boost('category in ("c1", "c2")', -0.1)]
VARIANTS: dict[str, dict[str, object]] = {
    "nothing": {},
    "filters": {"filters": ('brand in ("b1", "b2", "b3")', "price < 80")},
    "boosts": {"rules": RuleSettings(boosts=BOOSTS)},
    "freshness": {"rules": RuleSettings(freshness=0.1)},
    "caps": {"rules": RuleSettings(caps=CAPS)},
    "diversity": {"rules": RuleSettings(diversity=0.3)},
    "pins and sponsored": {"rules": RuleSettings(pins=PINS, sponsored=PAID)},
    "all": {
        "filters": ("price < 80",),
        "rules": RuleSettings(PINS, BOOSTS, CAPS, PAID, diversity=0.3, freshness=0.1),
    },
}


class Drawn:
    """A model whose scores cost nothing: rows of a table, one after the other."""

    def __init__(self, items: Vocabulary, rng: np.random.Generator) -> None:
        self.items = items
        self.rows = rng.normal(size=(16, len(items))).astype(np.float32)
        self.turn = 0

    def score(self, queries, items=None):  # type: ignore[no-untyped-def]
        """Return scores [Q, I]."""
        return self.rows[self.turn : self.turn + 2]


def main() -> None:
    """Print two tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--lists", type=int, default=400)
    asked = parser.parse_args()
    rng = np.random.default_rng(0)
    shelf = catalogue(asked.items, rng)
    took = lists(shelf, Drawn(shelf.items, rng), asked.lists)
    plain = float(np.median(took["nothing"]))
    print(
        f"| {asked.items:,} items, {asked.lists} lists | median, CPU ms | more than nothing | ratio |\n"
        "|---|---|---|---|"
    )
    for name, times in took.items():
        median = float(np.median(times))
        print(f"| {name} | {median:.3f} | {median - plain:+.3f} | {median / plain:.2f} |")
    first = [once(lambda: masks.mask(catalogue(asked.items, rng), 'brand = "b1" and price < 80')) for _ in range(5)]
    print(f"\nA filter on a catalogue seen for the first time: {1000 * min(first):.1f} ms with making the catalogue")
    changes(shelf)


def catalogue(n_items: int, rng: np.random.Generator) -> Catalog:
    """Return invented items."""

    def words(letter: str, n: int):  # type: ignore[no-untyped-def]
        return objects([(f"{letter}{k}",) for k in rng.integers(n, size=n_items)])

    return Catalog(
        Vocabulary.of([f"i{n}" for n in range(n_items)]),
        categories={"brand": words("b", 40), "category": words("c", 25)},
        numbers={"price": rng.uniform(1, 100, n_items)},
        since=AT - rng.uniform(0, 400, n_items) * DAY_S,
        available=np.ones(n_items, np.bool_),
    )


def lists(shelf: Catalog, model: Drawn, n_lists: int) -> dict[str, list[float]]:
    """Return seconds of each list, by variant; variants take turns."""
    took: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for turn in range(n_lists + 5):
        model.turn = turn % 15
        for name, fields in VARIANTS.items():
            query = Query(at=AT, **fields)  # type: ignore[arg-type]
            started = time.process_time()
            recommend(query, model, shelf, repeats=True, ids=IDS, id="r")
            if turn >= 5:  # the first make masks and indexes
                took[name].append(1000 * (time.process_time() - started))
    return took


def changes(shelf: Catalog) -> None:
    """Print how many changes of items a second are committed, and how long the next catalogue takes."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder), ServeSettings())
        ids, n = shelf.items.ids, 3000
        store.catalog(shelf)
        for what in ("first", "again"):
            done = []
            for first in range(0, len(ids) - n + 1, n):
                batch = [{"item_id": name, "price": 9.5, "stock": 3} for name in ids[first : first + n]]
                done.append(once(lambda b=batch: store.put_items(b, AT)))
            print(f"changes of items, {what}: {n / float(np.median(done)):,.0f} a second, in batches of {n:,}")
        store.catalog(shelf)
        single, look = [], []
        for place in range(50):
            document = {"item_id": str(ids[place]), "stock": 0}
            single.append(once(lambda d=document: store.put_items([d], AT)))
            look.append(once(lambda: store.catalog(shelf)))
        print(
            f"one change: {1000 * float(np.median(single)):.1f} ms until it is on the disk, "
            f"{1000 * float(np.median(look)):.2f} ms until the catalogue has it"
        )
        store.close()


def once(work) -> float:  # type: ignore[no-untyped-def]
    """Return the seconds that some work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
