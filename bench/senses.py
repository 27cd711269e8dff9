"""What each sense of an item adds where the item is new: the same models with a sense taken away, case by case.

    .venv/bin/python bench/senses.py SHOP --sense image --sense titles [--model glass:latents=1] [--model fusion]

Cases and measures are those of bench/new_items.py (a tenth of the items made new, lists of new items alone). Each model
is fitted with all senses and once more without each; what a sense adds is the paired difference over cases, with a 95 %
bootstrap interval. `--users` samples shoppers of a large log, `--taken` says in how many of the draws senses are taken
away, each of which costs a fit of its own. Beside the models: cosine of content to the ten newest events (nearest of
them), which is what a model has to beat.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import new_items
import numpy as np

from whyrec.app.shop import Shop
from whyrec.data.split import Cases
from whyrec.features import content
from whyrec.rank import named
from whyrec.rank.fit import Fitter


def sampled(tables, n_users, seed):
    """The shop with the events of so many shoppers only."""
    if not n_users or n_users >= len(tables.events.users):
        return tables
    kept = np.random.default_rng(seed).permutation(len(tables.events.users))[:n_users]
    return replace(tables, events=tables.events.take(np.isin(tables.events.user, kept)))


def ranks_of(word, tables, settings, hidden):
    """Ranks of the wanted items among the new ones, by one model."""
    new, train, validation, asked, _ = hidden
    if word == "nearest":
        model = new_items.Neighbour(tables.catalog.items, content.encode(tables.catalog).matrix, nearest=True)
    else:
        name, own = named.configure(word, settings)
        model = Fitter(train, tables, own, validation=validation).fit(name)
    none = Cases((), ())
    return new_items.judge(model, asked, none, tables.catalog, new, 0)["among_new"]


def main():
    """Print a line for each model and each sense that it did without."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shop", type=Path)
    parser.add_argument("--model", action="append", default=[])
    parser.add_argument("--sense", action="append", default=[], help="an attribute, a medium, or titles")
    parser.add_argument("--never", action="append", default=[], help="an attribute that a new item has not got")
    parser.add_argument("--users", type=int, default=0)
    parser.add_argument("--draws", type=int, default=1)
    parser.add_argument("--taken", type=int, default=None, help="draws in which senses are taken away; all")
    parser.add_argument("--part", choices=("validation", "test"), default="validation")
    parser.add_argument("--out", type=Path, default=None, help="JSON lines")
    chosen = parser.parse_args()
    with Shop(chosen.shop) as shop:
        tables, settings = sampled(shop.tables, chosen.users, 0), shop.settings
    tables = replace(tables, catalog=new_items.without(tables.catalog, chosen.never))
    words = ["nearest", *(chosen.model or ["glass:latents=1"])]
    found = {(word, gone): [] for gone in ("", *chosen.sense) for word in words}
    for (word, gone), rows in found.items():
        shop_without = replace(tables, catalog=new_items.without(tables.catalog, [gone]))
        for draw in range(chosen.draws if not gone or chosen.taken is None else min(chosen.draws, chosen.taken)):
            hidden = new_items.hide(tables, settings, 0.1, draw, chosen.part)
            rows.append(ranks_of(word, shop_without, settings, hidden))
            print(f"draw {draw}: {word} without {gone or 'nothing'}: {len(hidden[3])} cases", flush=True)
        report(chosen, word, gone, {key: np.concatenate(ranks) for key, ranks in found.items() if ranks})


def report(chosen, word, gone, ranks):
    """Print what came of one model without one sense."""
    own = ranks[word, gone]
    other = (ranks["nearest", ""] if not gone else ranks[word, ""])[: len(own)]
    gain = "" if (word, gone) == ("nearest", "") else new_items.ahead(*((own, other) if not gone else (other, own)))
    about = "less nearest" if not gone else f"what {gone} adds"
    measured = new_items.measures(own)
    print(f"{word:24} {measured['ndcg@10']:.4f} {measured['ndcg@10 interval']} {about}: {gain}", flush=True)
    if chosen.out is not None:
        row = {"shop": chosen.shop.name, "part": chosen.part, "draws": chosen.draws, "users": chosen.users,
               "cases": len(own), "model": word, "without": gone, **measured, about: gain}  # fmt: skip
        with chosen.out.open("a") as file:
            file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
