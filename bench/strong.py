"""Strong generalisation: users that no model saw in training are recommended for, from a part of their items.

    .venv/bin/python bench/strong.py EVENTS.parquet [--models popular,ease,multvae,...] [--test] [--out FILE]

After Liang et al. 2018 (Mult-VAE). Ratings above 3.5 of MovieLens-1M become purchases; users with fewer than five are
left out. By chance, `--held` users are for validation and as many for test, the rest is learned from. Of a held-out
user a random 80 % of the items (that training knows) are given and the others wanted; the whole catalogue but the
given items is ranked. NDCG@100, and Recall@20 and @50 divided by the smaller of k and the wanted items. Everything
that is chosen is chosen on validation users; with `--test` the test users are scored once. Intervals: 95 %, paired
bootstrap over users, of the difference to ease.

Order means nothing here, so fades are zero. A model is named with its options: "multvae:ease=true,beta=0.1".
"""

import argparse
import json
import time
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np

from whyrec.core.config import ModelSettings, Settings
from whyrec.core.types import KIND_CODE, Catalog, Events, History, Query, Vocabulary, objects
from whyrec.data.split import Cases
from whyrec.measure import ranking
from whyrec.rank.fit import Fitter

LIKED = 3.5
FEWEST = 5
GIVEN = 0.8
LONGEST = 100
DEFAULT = ("popular", "ease", "multvae", "multvae:ease=true", "multvae:recvae=true", "cfgan")
NO_FADE = ("ease", "multvae", "cfgan", "ials")


def read(path):
    """User and item of each liked event, of users with enough of them."""
    found = duckdb.sql(
        f"SELECT DISTINCT user_id, item_id FROM '{path}' WHERE rating > {LIKED} "
        f"QUALIFY count(*) OVER (PARTITION BY user_id) >= {FEWEST} ORDER BY 1, 2"
    ).fetchnumpy()
    return found["user_id"], found["item_id"]


def split(user, item, held, seed):
    """Return training events with their catalogue, and cases of validation and of test users."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(np.unique(user))
    parts = {"validation": order[:held], "test": order[held : 2 * held]}
    learned = np.isin(user, order[2 * held :])
    users, user_code = np.unique(user[learned], return_inverse=True)
    items, item_code = np.unique(item[learned], return_inverse=True)
    catalog = Catalog(Vocabulary.of([str(i) for i in items]))
    n = len(user_code)
    events = Events(
        users=Vocabulary.of([str(u) for u in users]),
        items=catalog.items,
        user=user_code.astype(np.int32),
        item=item_code.astype(np.int32),
        kind=np.full(n, KIND_CODE["purchase"], np.int8),
        at=np.arange(n, dtype=float),
        value=np.full(n, np.nan, np.float32),
        event_id=objects([f"e{row}" for row in range(n)]),
        timed=False,
    )
    known = np.isin(item, items)
    return events, catalog, {name: cases(user, item, part, known, rng) for name, part in parts.items()}


def cases(user, item, users, known, rng):
    """Give a random part of each user's items and want the rest."""
    queries, targets = [], []
    for one in users:
        own = rng.permutation([str(i) for i in item[(user == one) & known]])
        n = int(GIVEN * len(own))
        if 0 < n < len(own):
            given = [str(i) for i in own[:n]]
            history = History.of([(i, "purchase", 0.0) for i in given])
            queries.append(Query(at=0.0, user=str(one), history=history, seen=frozenset(given)))
            targets.append(tuple(str(i) for i in own[n:]))
    return Cases(tuple(queries), tuple(targets))


def measure(fitted, asked, catalog):
    """Return NDCG@100, Recall@20 and Recall@50 of each user."""
    sizes = np.array([len(targets) for targets in asked.targets])
    bounds = np.concatenate(([0], np.cumsum(sizes)))
    wanted = catalog.items.codes([item for targets in asked.targets for item in targets]).astype(np.int64)
    lists = []
    for first in range(0, len(asked), 256):
        queries = asked.queries[first : first + 256]
        scores = fitted.score(queries)
        for row, query in zip(scores, queries, strict=True):
            row[catalog.items.codes(list(query.seen))] = -np.inf
        lists.append(ranking.best(scores, LONGEST))
    ranks = ranking.ranks(np.concatenate(lists), wanted, bounds)
    recall = {f"recall@{k}": ranking.recall(ranks, bounds, k) * sizes / np.minimum(sizes, k) for k in (20, 50)}
    return {"ndcg@100": ranking.ndcg(ranks, bounds, LONGEST), **recall}


def parse(named):
    """Split "multvae:ease=true,beta=0.1" into name and options."""
    name, _, rest = named.partition(":")
    options = {key: json.loads(value) for key, value in (one.split("=") for one in rest.split(",") if one)}
    return name, options


def fit(named, events, catalog, validation, options):
    """Fit one model with its options, choosing on validation users."""
    name, own = parse(named)
    merged = {key: {"fade": 0.0, **options.get(key, {})} for key in NO_FADE} | {
        key: value for key, value in options.items() if key not in NO_FADE
    }
    merged[name] = {**merged.get(name, {}), **own}
    settings = Settings(models=ModelSettings(options=merged))
    fitter = Fitter(events, SimpleNamespace(catalog=catalog, users=None), settings, validation=validation)
    return fitter.fit(name)


def interval(gain, seed=0):
    """95 % bootstrap interval of a mean over users."""
    draws = np.random.default_rng(seed).integers(0, len(gain), (2000, len(gain)))
    return [round(float(bound), 4) for bound in np.percentile(gain[draws].mean(axis=1), (2.5, 97.5))]


def main():
    """Print one line for each model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("events", type=Path)
    parser.add_argument("--models", default=";".join(DEFAULT), help="names with options, separated by ';'")
    parser.add_argument("--options", default="{}", help="options of models that are members, as JSON")
    parser.add_argument("--held", type=int, default=1000, help="users for validation, and as many for test")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--test", action="store_true", help="score the test users too: once, when all is chosen")
    parser.add_argument("--out", type=Path, default=None, help="JSON lines, one a model")
    chosen = parser.parse_args()
    events, catalog, asked = split(*read(chosen.events), chosen.held, chosen.seed)
    print(f"{len(events.users)} users to learn from, {len(events)} events, {len(catalog)} items", flush=True)
    parts = ("validation", "test") if chosen.test else ("validation",)
    bar = {}
    for named in chosen.models.split(";"):
        began = time.process_time()
        fitted = fit(named, events, catalog, asked["validation"], json.loads(chosen.options))
        row = {"model": named, "fit_cpu_s": round(time.process_time() - began, 1)}
        row["epochs"] = getattr(fitted, "about", {}).get("epochs")
        for part in parts:
            found = measure(fitted, asked[part], catalog)
            row[part] = {key: round(float(values.mean()), 4) for key, values in found.items()}
            if named == "ease":
                bar[part] = found["ndcg@100"]
            if part in bar:
                row[part]["to ease"] = round(float(found["ndcg@100"].mean() / bar[part].mean()), 4)
                row[part]["less ease"] = interval(found["ndcg@100"] - bar[part])
        print(json.dumps(row), flush=True)
        if chosen.out is not None:
            with chosen.out.open("a") as file:
                file.write(json.dumps({"seed": chosen.seed, "held": chosen.held, **row}) + "\n")


if __name__ == "__main__":
    main()
