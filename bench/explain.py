"""Explanations beside their rivals and beside the best known, on one model after another.

    .venv/bin/python bench/explain.py run SHOP --out FOLDER [--first 1000 --above 3.5] [--model multvae ...]
                                      [--cases 200] [--beam 40] [--minutes 14]
    .venv/bin/python bench/explain.py report NAME=FOLDER ... [--write docs/faithfulness.md]

Each model learns all but the last event of each shopper (the last but one is for choosing). Then, for `--cases`
shoppers, their newest 50 events are the history, the first item of the list is the case, and each method gives one
explanation in one try. The first `--beam` cases are searched with a beam of ten from several seeds as well; the best
known value of an objective is the best of all methods on it, and the best known set the smallest that any method finds.
As many shoppers' newest 8 to 15 events are searched through.
f is the score for additive models and the probability for others. Intervals: 95 %, paired bootstrap over cases.

A fitted model and each case are kept in the folder as they come, so that a run that ends goes on where it was; rivals
that must learn first (`bench/explain_rivals.py`) add their own file beside the cases.
"""

import argparse
import json
import time
from dataclasses import fields, replace
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
from explain_table import write

import whyrec
from whyrec import models
from whyrec.core.config import ExplainSettings
from whyrec.core.types import History, Query
from whyrec.data.split import loo
from whyrec.explain import explain, occlusion, search, shapley
from whyrec.explain.contest import Contest, parts_of, strongest
from whyrec.explain.search import Budget
from whyrec.learn import snapshot
from whyrec.measure import fidelity, rivals
from whyrec.rank import named
from whyrec.rank.fit import Fitter

CAP = 50
FEWEST = 5
N = 10
ROWS = 10**9
GOALS = {"less": ("reasons", "DEL@5"), "leave": ("necessary", "CDCG@5"), "stay": ("sufficient", "INS@5")}
SIZE = 5
LENGTHS = range(8, 16)
"""Histories that are short enough to try all sets of five; longer ones are cut to their newest events."""
PAGE = 10


def events_of(shop, first, above):
    """Events of the first users by id with values above a threshold; all where neither is asked for."""
    events = shop.tables.events
    keep = np.ones(len(events), bool)
    if first:
        order = sorted(range(len(events.users)), key=lambda u: (len(events.users.ids[u]), events.users.ids[u]))
        keep &= np.isin(events.user, order[:first])
    if above is not None:
        keep &= events.value > above
    return events.take(keep)


def queries_of(events, n, seed):
    """The newest CAP events of n shoppers with at least five; everything they had counts as seen."""
    made = []
    for user in np.random.default_rng(seed).permutation(np.unique(events.user)):
        rows = events.rows_of(int(user))
        if len(rows) >= FEWEST:
            past: History = events.history(rows[-CAP:])
            seen = frozenset(str(item) for item in events.items.ids[events.item[rows]])
            made.append(Query(at=float(events.at[rows[-1]]), user=str(user), history=past, seen=seen, n=N))
        if len(made) == n:
            break
    return made


def fitted(word, folder, events, tables, settings):
    """The model, from the folder where it was fitted before."""
    name, settings = named.configure(word, settings)
    place = folder / "snapshots"
    if snapshot.live(place) is None:
        split = loo(events, settings)
        begin = time.process_time()
        model = Fitter(split.train, replace(tables, events=split.train), settings, validation=split.validation).fit(
            name
        )
        about = {"fit_cpu_s": time.process_time() - begin}
        made = snapshot.save(place, name, model, models.configure(name, settings), settings, about, time.time())
        snapshot.set_live(place, made.id)
    return models.load(place, snapshot.live(place))[1]


def abilities(model):
    """What explanations use of a model besides its scores."""
    return {name: getattr(model, name, None) for name in ("contributions", "without_each", "rough")}


def allowed_of(model, query):
    """Items that the list may hold: those that the shopper did not have."""
    allowed = np.ones(len(model.items), bool)
    allowed[model.items.codes(sorted(query.seen))] = False
    return allowed


class Case:
    """One case with all that methods ask for."""

    def __init__(self, model, query):
        self.model, self.query, self.allowed = model, query, allowed_of(model, query)
        full, empty = model.score([query, occlusion.nothing_known(query)]).astype(np.float64)
        self.code = int(np.argmax(np.where(self.allowed, full, -np.inf)))
        self.item = str(model.items.ids[self.code])
        self.additive = getattr(model, "contributions", None) is not None
        self.units = occlusion.events(query.history)
        scale = "score" if self.additive else "probability"
        self.case = fidelity.Case(model.score, query, self.code, self.allowed, self.units, scale)
        parts = parts_of(model.contributions, query, model.items, np.array([self.code])) if self.additive else None
        self.contest = Contest(
            model.score, query, model.items, self.code, self.allowed, N, self.units, full, empty, parts
        )  # fmt: skip

    def explain(self, **settings):
        """The service's explanation."""
        return explain.explain(
            self.model.score, self.query, self.item, items=self.model.items, allowed=self.allowed, n=N,
            settings=ExplainSettings(**settings), **abilities(self.model),
        )  # fmt: skip

    def weights(self, given):
        """Weight of each unit in an explanation; and the units in the order of its reasons."""
        place = {unit[0]: u for u, unit in enumerate(self.units)}
        weight, named = np.zeros(len(self.units)), []
        for reason in given.reasons:
            for slot in reason.slots:
                weight[place[slot]] = reason.weight / len(reason.slots)
                named.append(place[slot])
        speaking_for = max((k for k, u in enumerate(named, start=1) if weight[u] > 0), default=0)
        rest = [u for u in range(len(self.units)) if u not in named]
        return weight, [*named[:speaking_for], *rest, *named[speaking_for:]]


def explained(model, query, sold, rng):
    """Everything that is measured of one case: values by method, milliseconds, and the sets of the service."""
    one, spent = Case(model, query), {}
    given = timed(spent, "service", one.explain)
    weight, by_reasons = one.weights(given)
    case = one.case
    orders = {
        "random": rivals.random(case, rng),
        "recency": rivals.recency(case),
        "popularity": rivals.of_slots(case, sold[model.items.codes(query.history.item)]),
        "leave-one-out": timed(spent, "leave-one-out", lambda: rivals.leave_one_out(case)),
        "lime": timed(spent, "lime", lambda: rivals.lime(case, rng)),
        "shapley": rivals.by_weight(timed(spent, "shapley", lambda: shares_of(one, rng))),
    }
    if hasattr(model, "attention"):
        orders["attention"] = rivals.of_slots(case, model.attention(query).mean(axis=0))
    orders["reasons"] = by_reasons
    for goal in ("leave", "stay"):
        part, _ = GOALS[goal]
        if one.additive and goal == "stay":
            orders[part] = by_reasons  # the parts are the optimum for what is added up
        else:
            ask = partial(search.order, one.contest, goal, [weight], Budget(ROWS))
            orders[part] = timed(spent, part, ask)
    sizes = [fidelity.flip_size(case, order, N) for order in orders.values()]
    return {
        "item": one.item, "length": len(one.units), "additive": one.additive, "ms": spent,
        "values": {name: fidelity.of_order(case, order) for name, order in orders.items()},
        "error": abs(given.gap) / max(1.0, abs(given.score)), "necessary": ran(one, given.necessary, False),
        "sufficient": ran(one, given.sufficient, True), "smallest": min((n for n in sizes if n), default=None),
    }  # fmt: skip


def timed(spent, name, call):
    """Call, and keep the processor milliseconds."""
    begin = time.process_time()
    result = call()
    spent[name] = 1e3 * (time.process_time() - begin)
    return result


def shares_of(one, rng):
    """Shapley shares of the units."""
    query, units = one.query, one.units
    return shapley.measure(one.model.score, query, [one.item], rng, units, most=len(units)).weight[:, 0]


def beamed(model, query, rng):
    """What a beam finds for each goal, its smallest necessary set, and the milliseconds."""
    one, spent, values = Case(model, query), {}, {}
    ways = [one.weights(one.explain())[0], shares_of(one, rng)]
    best = timed(spent, "set", lambda: search.necessary(one.contest, ways, Budget(ROWS), 10, search.BEAM))
    for goal, (part, measure) in GOALS.items():
        ask = partial(search.order, one.contest, goal, ways, Budget(ROWS), SIZE, search.BEAM)
        values[part] = fidelity.of_order(one.case, timed(spent, part, ask), (SIZE,))[measure]
    return {"values": values, "ms": spent, "smallest": len(best.remove) if best else None}


def shortened(model, query, rng):
    """A short history: what a beam and the default find for each goal, and the best of all sets of five."""
    found = beamed(model, query, rng)
    default = explained(model, query, np.zeros(len(model.items)), rng)["values"]
    one = Case(model, query)
    best = {part: optimum(one.case, goal) for goal, (part, _) in GOALS.items()}
    return {"beam": found["values"], "optimum": best, "default": {p: default[p][m] for p, m in GOALS.values()}}


def ran(one, found, keep):
    """Whether a set of the service does what it says when it is run, and its size."""
    if found is None:
        return None
    rank = int(fidelity.ranks_of(one.case, one.model.score([one.query.without(found.slots)]))[0])
    true = (rank <= N) == keep and rank == found.rank_after
    return {"true": bool(true), "size": len(found.kept if keep else found.remove)}


def optimum(case, goal):
    """The best value of a goal's measure over all sets of five causes."""
    sets = list(combinations(range(len(case.units)), SIZE))
    taken = np.zeros((len(sets), len(case.units)), bool)
    taken[np.arange(len(sets))[:, None], sets] = True
    values, ranks = fidelity.outcomes(case, ~taken if goal == "stay" else taken)
    if goal == "leave":
        return float((1 / np.log2(1 + ranks)).min())
    full = case.full[0]
    ratio = values / full if full > 0 else np.full(len(values), np.nan)
    return float(ratio.max() if goal == "stay" else ratio.min())


def cost(model, queries, repeats=3):
    """Milliseconds of a page of ten, of one item's sets, and of its whole explanation, with an order of reasons.

    Medians over queries; the smallest of the repeats.
    """
    spent = {"score": [], "page": [], "sets": [], "all": []}
    for query in queries:
        allowed = allowed_of(model, query)
        top = np.argsort(-np.where(allowed, model.score([query])[0], -np.inf), kind="stable")[:PAGE]
        page = [str(item) for item in model.items.ids[top]]
        common = {"items": model.items, "allowed": allowed, "n": N, **abilities(model)}
        calls = {
            "score": lambda q=query, p=page: model.score([q], p),
            "page": lambda q=query, p=page, c=common: explain.explain_page(model.score, q, p, sets=False, **c),
            "sets": lambda q=query, p=page, c=common: both_sets(model, q, p[0], c),
            "all": lambda q=query, p=page, c=common: explain.explain(model.score, q, p[0], **c),
        }
        for name, call in calls.items():
            times = []
            for _ in range(repeats):
                begin = time.process_time()
                call()
                times.append(1e3 * (time.process_time() - begin))
            spent[name].append(min(times))
    return {name: float(np.median(ms)) for name, ms in spent.items()} | {"queries": len(queries)}


def both_sets(model, query, item, common):
    """Leave-one-out, or exact parts, and both sets of one item; nothing else."""
    items, additive = common["items"], common["contributions"] is not None
    full, empty = model.score([query, occlusion.nothing_known(query)]).astype(np.float64)
    if additive:
        near = [strongest(row, np.flatnonzero(common["allowed"]), N) for row in (full, empty)]
        parts = parts_of(common["contributions"], query, items, np.concatenate([items.codes([item]), *near]))
        units, weight, without = parts.units, parts.weight[:, np.searchsorted(parts.codes, items.index[item])], None
    else:
        found = occlusion.measure(
            model.score, query, [item], None, ExplainSettings().budget // 2, common["without_each"], items,
            common["rough"],
        )  # fmt: skip
        parts, units, weight, without = None, found.units, found.weight[:, 0], found.without
    contest = Contest(
        model.score, query, items, items.index[item], common["allowed"], N, units, full, empty, parts, without,
        common["rough"],
    )  # fmt: skip
    settings = ExplainSettings()
    for search_for in (search.necessary, search.sufficient):
        search_for(contest, [weight], Budget(settings.budget // 4), settings.largest_set)


def lines(path):
    """Cases that are kept; a line that was cut off is left out and written again."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return found


def run(options):
    """Fit, explain, measure, until all is there or the minutes are over."""
    end = time.monotonic() + 60 * options.minutes
    with whyrec.open(options.shop) as shop:
        events, tables, settings = events_of(shop, options.first, options.above), shop.tables, shop.settings
    sold = np.bincount(events.item, minlength=len(events.items)).astype(np.float64)
    queries = queries_of(events, options.cases, options.seed)
    short = [newest(query, LENGTHS[k % len(LENGTHS)]) for k, query in enumerate(queries) if len(query.history) >= 8]
    for word in options.model:
        folder = options.out / word.split(":")[0]
        model = fitted(word, folder, events, tables, settings)
        parts = {
            "cases": (queries, lambda q, rng, m=model: explained(m, q, sold, rng)),
            "beam": (queries[: options.beam], partial(beamed, model)),
            "short": (short[: options.beam], partial(shortened, model)),
        }
        for part, (asked, call) in parts.items():
            path = folder / f"{part}.jsonl"
            kept = lines(path)
            path.write_text("".join(json.dumps(case) + "\n" for case in kept), encoding="utf-8")
            for k in range(len(kept), len(asked)):
                if time.monotonic() > end:
                    print(f"{word}, {part}: {k} of {len(asked)}; call again to go on", flush=True)
                    return
                made = call(asked[k], np.random.default_rng([options.seed, k]))
                with path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(made) + "\n")
        long = [query for query in queries_of(events, 10**6, options.seed) if len(query.history) == CAP][:20]
        if long and not (folder / "cost.json").exists():
            (folder / "cost.json").write_text(json.dumps(cost(model, long)), encoding="utf-8")
        print(f"{word}: {len(queries)} cases", flush=True)


def newest(query, n):
    """The query with the newest n events only."""
    past = query.history
    first = max(0, len(past) - n)
    columns = {f.name: value[first:] for f in fields(past) if (value := getattr(past, f.name)) is not None}
    return replace(query, history=replace(past, **columns))


def ask(parser, cases):
    """Add what is asked of every run: the shop, its users, models and number of cases."""
    parser.add_argument("shop", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--first", type=int, default=0, help="only the first users by id")
    parser.add_argument("--above", type=float, help="only events with a larger value")
    parser.add_argument("--model", nargs="+", default=["multvae", "sasrec", "glass:latents=2", "blend"])
    parser.add_argument("--cases", type=int, default=cases)
    parser.add_argument("--seed", type=int, default=0)


def main():
    """Run or report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, dest="command")
    making = commands.add_parser("run")
    ask(making, 200)
    making.add_argument(
        "--beam",
        type=int,
        default=40,
        help="cases that are also searched with a beam, and as many short ones that are searched through",
    )
    making.add_argument("--minutes", type=float, default=1e6)
    telling = commands.add_parser("report")
    telling.add_argument("folder", nargs="+", help="NAME=FOLDER")
    telling.add_argument("--write", type=Path, help="write the table to this file of Markdown")
    options = parser.parse_args()
    if options.command == "run":
        run(options)
        return
    found = {}
    for word in options.folder:
        name, folder = word.split("=", 1)
        for place in sorted(Path(folder).iterdir()):
            if cases := lines(place / "cases.jsonl"):
                more = {file.stem: lines(file) for file in sorted(place.glob("rival-*.jsonl"))}
                more |= {part: lines(place / f"{part}.jsonl") for part in ("beam", "short")}
                about = (place / "cost.json", place / "checks.json")
                found[name, place.name] = (
                    cases,
                    more,
                    *(json.loads(f.read_text()) if f.exists() else {} for f in about),
                )
    write(found, options.write)


if __name__ == "__main__":
    main()
