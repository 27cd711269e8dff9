"""New items: can a model find items that it never saw an event of, by what they are made of?

    .venv/bin/python bench/new_items.py SHOP [--model glass:latents=2] [--share .1] [--seed 0] [--part test]
    .venv/bin/python bench/new_items.py SHOP --samples amazon2018_office   # makes the shop folder SHOP first

Leave-one-out, with a random `--share` of the items that have events made new, and as many others for choosing: all
their events are gone from the training part and from every history, as if they had never happened, while their
catalogue rows stay. Cases are the users whose last target is a new item and who still have a history; an item that they
had before is left out. Lists are made of the new items alone, and of the whole catalogue; items that a user had, new
ones too, are hidden. Equal scores are ordered by chance, not by the file, since a model that knows nothing of new items
gives all of them the same.

Beside the models: `random`, `popular` (counts say nothing of a new item, so that among new items it is random), and the
catalogue alone: idf-weighted cosine of content rows (categories, words of titles, bands of numbers) to the ten newest
events, as their mean and as the nearest one. `known` is the whole-catalogue NDCG@10 of up to 2,000 users whose last
target is no new item, and `shown` how often the ten first hold a new item, over what chance would give (1 = as often as
its share of the catalogue): what finding new items costs.

Models choose on validation cases of known items and of the new ones that are for choosing, as a shop would that has had
new items before. Choose settings with `--part validation` (the cases are then the
validation events of users with a new item there); look at test once. `--without` drops attributes that a really new
item has not got, such as its number of ratings. Intervals: 95 %, bootstrap over users.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
from scipy import sparse

from whyrec.app import create
from whyrec.app.shop import Shop
from whyrec.core.config import Settings, ShopSettings
from whyrec.data.split import Cases, is_target, loo
from whyrec.features import content
from whyrec.measure import cost, intervals, ranking
from whyrec.rank import named
from whyrec.rank.fit import Fitter

NEWEST = 10
KNOWN_USERS = 2000
CHUNK = 256


class Random:
    """A score that says nothing."""

    def __init__(self, items, seed):
        self.items, self.rng = items, np.random.default_rng(seed)

    def score(self, queries, items=None):
        """Numbers by chance."""
        return self.rng.random((len(queries), len(self.items)), np.float32)


class Neighbour:
    """Cosine of an item's row to the rows of the newest events, the mean of them or the nearest."""

    def __init__(self, items, matrix, nearest):
        self.items, self.nearest = items, nearest
        weighed = matrix * np.log(
            matrix.shape[0] / np.maximum(1, np.bincount(matrix.indices, minlength=matrix.shape[1]))
        )
        length = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
        self.rows = sparse.csr_array(sparse.diags_array(1.0 / np.maximum(length, 1e-12)) @ weighed)

    def score(self, queries, items=None):
        """Cosines [Q, I], 0 for an empty history."""
        found = np.zeros((len(queries), len(self.items)), np.float32)
        for row, query in zip(found, queries, strict=True):
            codes = self.items.codes(query.history.item[-NEWEST:])
            alike = self.rows @ self.rows[codes[codes >= 0]].T
            if alike.shape[1]:
                row[:] = alike.max(axis=1).toarray().ravel() if self.nearest else alike.sum(axis=1) / alike.shape[1]
        return found


def import_samples(source, folder):
    """Make a shop of `samples.parquet`: windows of ten items and the next one, which join into one log a user."""
    logs = {}
    path = source / "samples.parquet"
    for user, history, item in duckdb.sql(f"SELECT user_id, history_item_id, item_id FROM '{path}'").fetchall():
        log = logs.setdefault(user, list(history))
        if log[-len(history) :] != history:
            raise ValueError(f"expected windows that follow each other, got {history} after {log} of user {user}")
        log.append(item)
    rows = [(user, item) for user, log in logs.items() for item in log]
    users, items = zip(*rows, strict=True)
    events, described = folder.with_suffix(".events.parquet"), folder.with_suffix(".items.parquet")
    with duckdb.connect() as con:
        con.register("log", {"user_id": np.array(users, object), "item_id": np.array(items, np.int64)})
        con.execute(f"COPY (SELECT user_id, item_id, 'purchase' AS event_type FROM log) TO '{events}' (FORMAT parquet)")
        con.execute(f"COPY (SELECT * FROM '{source}/items.parquet') TO '{described}' (FORMAT parquet)")
    create.init(folder, events, described, None, Settings(shop=ShopSettings(folder.name)), {}, lambda imported: True)


def without(catalog, names):
    """Return the catalogue without these attributes, numbers and media; `titles` stands for all titles."""
    dropped = {*names, *(f"{name}_imputed" for name in names)}
    columns = {"categories": catalog.categories, "numbers": catalog.numbers, "media": catalog.media}
    columns |= {"titles": {}} if "titles" in names else {}
    return replace(catalog, **{field: {k: had[k] for k in had if k not in dropped} for field, had in columns.items()})


def hide(tables, settings, share, seed, part):
    """Return (new [I] bool, training events, validation to choose on, cases of new items, cases of known items)."""
    events, split = tables.events, loo(tables.events, settings)
    there = np.unique(events.item[is_target(events, settings)])
    chosen = np.random.default_rng(seed).choice(there, (2, round(share * len(there))), replace=False)
    hidden = np.zeros((2, len(tables.catalog) + 1), bool)  # the last is for events without an item
    for row, codes in zip(hidden, chosen, strict=True):
        row[codes] = True
    judged, choosing = (frozenset(tables.catalog.items.ids[codes]) for codes in chosen)
    asked = split.test if part == "test" else split.validation
    train = split.train.take(~hidden.any(axis=0)[split.train.item])
    gone = judged | choosing
    return (
        hidden[0, :-1],
        train,
        strip(split.validation, gone, lambda item: item not in judged),
        strip(asked, gone, lambda item: item in judged),
        strip(asked, gone, lambda item: item not in gone),
    )


def strip(cases, names, wanted):
    """Cases whose target `wanted` is said of, with new items gone from their histories; seen items stay seen."""
    queries, targets = [], []
    for query, target in zip(cases.queries, cases.targets, strict=True):
        past = query.history
        keep = np.array([item not in names for item in past.item], bool)
        if not wanted(target[0]) or target[0] in query.seen or not keep.any():
            continue
        kept = past.take(keep)
        at = query.at if query.at > past.at[-1] else float(kept.at[-1])  # later only where the request's time is known
        queries.append(replace(query, history=kept, at=at))
        targets.append(target)
    return Cases(tuple(queries), tuple(targets))


def ranked(model, cases, catalog, pool, seed):
    """Return the rank of each target among the items of each pool [I] bool, and how many of the ten first are new.

    Columns are put into an order of chance first, so that ties have no rule.
    """
    order = np.random.default_rng(seed).permutation(len(catalog))
    place = np.argsort(order)
    columns = None if model.items is catalog.items else list(catalog.items.ids)
    ranks = {name: [] for name in pool}
    shown = []
    for first in range(0, len(cases), CHUNK):
        queries = cases.queries[first : first + CHUNK]
        scores = np.array(model.score(queries, columns))
        scores[np.isnan(scores)] = -np.inf
        for row, query in zip(scores, queries, strict=True):
            seen = catalog.items.codes(list(query.seen))
            row[seen[seen >= 0]] = -np.inf
        wanted = catalog.items.codes([target[0] for target in cases.targets[first : first + CHUNK]])
        bounds = np.arange(len(queries) + 1)
        for name, allowed in pool.items():
            lists = ranking.best(np.where(allowed, scores, -np.inf)[:, order])
            ranks[name].append(ranking.ranks(lists, place[wanted], bounds))
            if name == "whole":
                ten = lists[:, :10]
                shown.append(np.where(ten >= 0, pool["new"][order[np.maximum(ten, 0)]], False).mean(axis=1))
    return {name: np.concatenate(found) for name, found in ranks.items()}, np.concatenate(shown)


def measures(ranks):
    """NDCG@10 and HR@10 with their intervals."""
    bounds = np.arange(len(ranks) + 1)
    found = {}
    for name, values in (("ndcg@10", ranking.ndcg(ranks, bounds)), ("hr@10", ranking.hr(ranks, bounds))):
        found[name] = round(float(values.mean()), 4)
        found[f"{name} interval"] = [round(bound, 4) for bound in intervals.interval(values)]
    return found


def judge(model, asked, known, catalog, new, seed):
    """Ranks of new items among themselves and in the whole catalogue, of known ones in it, and how many are shown."""
    on_shelf = np.ones(len(catalog), bool) if catalog.available is None else catalog.available
    pool = {"new": new & on_shelf, "whole": on_shelf}
    found, shown = ranked(model, asked, catalog, pool, seed)
    return {
        "among_new": found["new"],
        "whole": found["whole"],
        "known": ranked(model, known, catalog, pool, seed)[0]["whole"] if len(known) else np.zeros(0, np.int64),
        "shown": shown / (pool["new"].sum() / pool["whole"].sum()),
    }


def row_of(found):
    """One row from what `judge` found in all draws."""
    row = {name: measures(found[name]) for name in ("among_new", "whole")}
    row["shown"] = round(float(found["shown"].mean()), 3)
    if len(found["known"]):
        row["known"] = measures(found["known"])
    return row


def ahead(found, other):
    """NDCG@10 and HR@10 among the new items less those of another model, with paired intervals over cases."""
    bounds = np.arange(len(found) + 1)
    words = []
    for name, measure in (("NDCG@10", ranking.ndcg), ("HR@10", ranking.hr)):
        more = measure(found, bounds) - measure(other, bounds)
        low, high = intervals.interval(more)
        words.append(f"{name} {more.mean():+.4f} ({low:+.4f} to {high:+.4f})")
    return ", ".join(words)


def models(chosen, tables, settings, train, validation, seed):
    """Yield (name, model, CPU seconds to fit) of the baselines and of each model asked for."""
    catalog = tables.catalog
    yield "random", Random(catalog.items, seed), 0.0
    matrix = content.encode(catalog).matrix
    if matrix.nnz:
        yield "content, mean of 10", Neighbour(catalog.items, matrix, nearest=False), 0.0
        yield "content, nearest of 10", Neighbour(catalog.items, matrix, nearest=True), 0.0
    for word in ["popular", *chosen.model]:
        name, own = named.configure(word, settings)
        fitter = Fitter(train, tables, own, validation=validation)
        fitted, spent = cost.measure(fitter.fit, name)
        yield word, fitted, spent.cpu_s


def main():
    """Print one line for each model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shop", type=Path)
    parser.add_argument("--samples", type=Path, default=None, help="make the shop from samples.parquet of this folder")
    parser.add_argument("--model", action="append", default=[], help="name, with options: glass:latents=2")
    parser.add_argument("--share", type=float, default=0.1, help="share of the items with events that are made new")
    parser.add_argument("--seed", type=int, default=0, help="seed of the choice of new items and of ties")
    parser.add_argument("--draws", type=int, default=1, help="choices of new items, from that seed on, taken together")
    parser.add_argument("--part", choices=("validation", "test"), default="validation")
    parser.add_argument("--without", action="append", default=[], help="an attribute to leave out")
    parser.add_argument("--out", type=Path, default=None, help="JSON lines, one a model")
    chosen = parser.parse_args()
    if chosen.samples is not None and not chosen.shop.exists():
        import_samples(chosen.samples, chosen.shop)
    with Shop(chosen.shop) as shop:
        tables, settings = shop.tables, shop.settings
    tables = replace(tables, catalog=without(tables.catalog, chosen.without))
    found, spent = {}, {}
    for seed in range(chosen.seed, chosen.seed + chosen.draws):
        new, train, validation, asked, known = hide(tables, settings, chosen.share, seed, chosen.part)
        sample = np.random.default_rng(seed).permutation(len(known))[:KNOWN_USERS]
        print(
            f"{chosen.part}: {new.sum()} of {len(tables.catalog)} items made new, {len(asked)} users want one; "
            f"{len(train)} of {len(tables.events)} events to learn from",
            flush=True,
        )
        for word, model, cpu_s in models(chosen, tables, settings, train, validation, seed):
            own = judge(model, asked, known.take(np.sort(sample)), tables.catalog, new, seed)
            had = found.setdefault(word, {name: values[:0] for name, values in own.items()})
            found[word] = {name: np.concatenate((had[name], values)) for name, values in own.items()}
            spent[word] = spent.get(word, 0.0) + cpu_s / chosen.draws
    print(f"{'':28}  new: NDCG@10 (95 %)        HR@10   whole: NDCG@10 (95 %)      HR@10   shown  known  CPU s")
    for word, own in found.items():
        row = row_of(own)
        text = ""
        for part in ("among_new", "whole"):
            low, high = row[part]["ndcg@10 interval"]
            text += f"  {row[part]['ndcg@10']:.4f} ({low:.4f}-{high:.4f})  {row[part]['hr@10']:.4f}  "
        known_ndcg = row.get("known", {}).get("ndcg@10", 0)
        print(f"{word:28}{text}  {row['shown']:.2f}  {known_ndcg:.4f}  {spent[word]:.1f}", flush=True)
        if chosen.out is not None:
            about = {"shop": chosen.shop.name, "part": chosen.part, "share": chosen.share, "seed": chosen.seed}
            about |= {"draws": chosen.draws, "model": word, "data": tables.fingerprint, "without": chosen.without}
            about |= {"users": len(own["among_new"])}
            with chosen.out.open("a") as file:
                file.write(json.dumps({**about, **row, "fit_cpu_s": round(spent[word], 1)}) + "\n")
    for word in chosen.model:
        for other in (name for name in found if name.startswith("content")):
            print(f"{word} less {other}: {ahead(found[word]['among_new'], found[other]['among_new'])}")


if __name__ == "__main__":
    main()
