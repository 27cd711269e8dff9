"""Whether explanations are of the model: exactness, shuffled weights, and models fitted on other shoppers.

    .venv/bin/python bench/explain_checks.py SHOP --out FOLDER [--first 1000 --above 3.5] [--model multvae ...]

- exact: 10,000 random histories and items; the largest |gap| / max(1, |score|) of models that are sums over events.
- shuffled: the numbers of each array of the model change places, and so do the items. The first five causes of a case
  must then be other ones (overlap with those of the model itself: shared / all, 1 is the same; chance is what two
  random fives share). What a model does not learn, such as that older events count less, or that a transformer reads
  its answer off the newest slot, stays. So the first five of the model are held against those that the shuffled model
  names for other shoppers too, by place from the newest event: that overlap is of places alone, and what the same
  shopper has beyond it would be of the events.
- bootstrap: the model fitted again on shoppers drawn with replacement, `--fits` times; overlap of the first five causes
  of the same item over all pairs.
"""

import argparse
import json
from dataclasses import replace

import numpy as np

import whyrec
from explain import Case, ask, events_of, fitted, queries_of
from whyrec import models
from whyrec.core.config import Settings, from_table
from whyrec.core.types import KIND_CODE, History, Query, Vocabulary, objects
from whyrec.data.split import loo
from whyrec.explain import explain
from whyrec.learn import snapshot
from whyrec.measure import fidelity
from whyrec.rank import named
from whyrec.rank.fit import Fitter

RANDOM = 10_000
BATCH = 100
FIRST = 5
NEAR = 5
"""Events by which the histories of two shoppers whose places are compared may differ in length."""


def exact(model, kinds, seed):
    """Largest |gap| / max(1, |score|) of random explanations."""
    rng, worst = np.random.default_rng(seed), 0.0
    for _ in range(RANDOM // BATCH):
        n = int(rng.integers(0, 51))
        item = rng.choice(model.items.ids, n)
        history = History(
            item=objects(item), kind=rng.choice([KIND_CODE[kind] for kind in sorted(kinds)], n).astype(np.int8),
            at=np.sort(rng.uniform(1e9, 1.1e9, n)), value=rng.integers(1, 6, n).astype(np.float32),
            event_id=objects([f"e{k}" for k in range(n)]),
        )  # fmt: skip
        query = Query(at=1.1e9, history=history.mask(np.flatnonzero(rng.random(n) < 0.1)))
        page = [str(name) for name in rng.choice(model.items.ids, BATCH)]
        found = explain.explain_page(
            model.score, query, page, items=model.items, allowed=np.ones(len(model.items), bool), n=10,
            contributions=model.contributions, sets=False,
        )  # fmt: skip
        worst = max(worst, *(abs(one.gap) / max(1.0, abs(one.score)) for one in found))
    return worst


def shuffled(place, seed):
    """The model of a snapshot with the numbers of each array in other places."""
    meta, items, arrays = snapshot.read(place, snapshot.live(place))
    rng = np.random.default_rng(seed)
    mixed = {
        name: rng.permutation(array.ravel()).reshape(array.shape) if array.dtype.kind == "f" else array
        for name, array in arrays.items()
    }
    loaded = models.load(place, meta.id)[1]
    settings = from_table(Settings, meta.settings, "settings")
    config = from_table(models.find(meta.model).Config, meta.config, "config")
    return loaded, models.restore(meta.model, mixed, Vocabulary(rng.permutation(items.ids)), config, settings)


def resampled(events, rng):
    """The log of as many shoppers, drawn with replacement; one that is drawn twice is two."""
    drawn = rng.choice(np.unique(events.user), len(np.unique(events.user)))
    rows = [events.rows_of(int(user)) for user in drawn]
    made = replace(
        events.take(np.concatenate(rows)),
        users=Vocabulary.of([f"u{k}" for k in range(len(drawn))]),
        user=np.repeat(np.arange(len(drawn)), [len(own) for own in rows]).astype(np.int32),
    )
    return made.take(np.argsort(made.at, kind="stable"))


def order_of(model, query, item, rng):
    """Reasons of an item, as the service orders them; events that change nothing in any order among themselves."""
    one = Case(model, query)
    one.item = item
    weight, order = one.weights(one.explain())
    order = np.array(order)
    idle = np.flatnonzero(weight[order] == 0)
    order[idle] = rng.permutation(order[idle])
    return order.tolist()


def overlap(orders_of_cases):
    """Mean overlap of the first five causes with its interval."""
    values = [fidelity.stability(orders) for orders in orders_of_cases]
    found = fidelity.mean(values, np.random.default_rng(0))
    return [found.value, found.low, found.high, found.n]


def by_place(ours, others):
    """Overlap of the first five places of each case, from the newest event, with those of other cases; [N].

    Only of cases with about as long a history; NaN where there are none.
    """
    first, theirs = (
        [{len(order) - 1 - u for u in list(order)[:FIRST]} for order in orders] for orders in (ours, others)
    )
    found = np.full(len(ours), np.nan)
    for k, mine in enumerate(first):
        near = [j for j in range(len(ours)) if j != k and abs(len(ours[j]) - len(ours[k])) <= NEAR]
        if near:
            found[k] = np.mean([len(mine & theirs[j]) / len(mine | theirs[j]) for j in near])
    return found


def main():
    """Check the models of a folder that `bench/explain.py run` made; results in checks.json beside the cases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask(parser, 50)
    parser.add_argument("--fits", type=int, default=3)
    options = parser.parse_args()
    with whyrec.open(options.shop) as shop:
        events, tables, settings = events_of(shop, options.first, options.above), shop.tables, shop.settings
    queries = [query for query in queries_of(events, 10 * options.cases, options.seed) if len(query.history) >= 10]
    queries = queries[: options.cases]
    for word in options.model:
        name, own = named.configure(word, settings)
        folder = options.out / name
        fitted(word, folder, events, tables, settings)
        model, mixed = shuffled(folder / "snapshots", options.seed)
        items = [Case(model, query).item for query in queries]
        rng = np.random.default_rng(options.seed)
        ours = [order_of(model, query, item, rng) for query, item in zip(queries, items, strict=True)]
        found = {"chance": overlap([[rng.permutation(len(one)), rng.permutation(len(one))] for one in ours])}
        other = [order_of(mixed, query, item, rng) for query, item in zip(queries, items, strict=True)]
        found["shuffled"] = overlap(list(zip(ours, other, strict=True)))
        places = by_place(ours, other)
        same = np.array([fidelity.stability(both) for both in zip(ours, other, strict=True)])
        for key, values in (("places", places), ("beyond", same - places)):
            mean = fidelity.mean(values[np.isfinite(values)], np.random.default_rng(0))
            found[key] = [mean.value, mean.low, mean.high, mean.n]
        if getattr(model, "contributions", None) is not None:
            found["exact"] = exact(model, events.kinds, options.seed)
        if options.fits:
            split, orders = loo(events, own), [[] for _ in queries]
            for fit in range(options.fits):
                log = resampled(split.train, np.random.default_rng([options.seed, fit]))
                again = Fitter(log, replace(tables, events=log), own, validation=split.validation).fit(name)
                for k, (query, item) in enumerate(zip(queries, items, strict=True)):
                    orders[k].append(order_of(again, query, item, rng))
            found["bootstrap"] = overlap(orders)
            found["fits"] = options.fits
        (folder / "checks.json").write_text(json.dumps(found), encoding="utf-8")
        print(word, found, flush=True)


if __name__ == "__main__":
    main()
