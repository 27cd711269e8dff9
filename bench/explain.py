"""Explanations beside their rivals and beside the best known, on one model after another.

    .venv/bin/python bench/explain.py SHOP [--first 1000 --above 3.5] [--models multvae,sasrec,glass,blend]
                                      [--cases 200] [--beam 40] [--out FILE]

Each model learns all but the last event of each shopper (the last but one is for choosing). Then, for `--cases`
shoppers, their newest 50 events are the history, the first item of the list is the case, and each method gives one
explanation in one try. `--beam` cases are searched with a beam of ten from several seeds as well; the best known
value of an objective is the best of all methods on it. f is the score for additive models and the probability for
others. Intervals: 95 %, paired bootstrap over cases. Captum and shap are not used. LXR and SPINRec are not here yet.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

import whyrec
from whyrec.core.config import ExplainSettings
from whyrec.core.types import History, Query
from whyrec.data.split import loo
from whyrec.explain import explain, occlusion, search, shapley
from whyrec.explain.contest import Contest
from whyrec.explain.search import Budget
from whyrec.measure import fidelity, rivals
from whyrec.rank.fit import Fitter

CAP = 50
SIZE = 5
N = 10
BEAM = 10
ROWS = 10**9
GOALS = {"less": ("reasons", "DEL@5"), "leave": ("necessary", "CDCG@5"), "stay": ("sufficient", "INS@5")}
RIVALS = ("random", "recency", "popularity", "leave-one-out", "lime", "shapley", "attention")
SHOWN = ("DEL@1", "DEL@5", "INS@5", "CDCG@5", "POS@10,5", "DEL-P", "NDCG-P", "POS-P@20")


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
        if len(rows) >= SIZE:
            past: History = events.history(rows[-CAP:])
            seen = frozenset(str(item) for item in events.items.ids[events.item[rows]])
            made.append(Query(at=float(events.at[rows[-1]]), user=str(user), history=past, seen=seen, n=N))
        if len(made) == n:
            break
    return made


def explained(model, query, sold, rng, with_beam):
    """Everything that is measured of one case: values by method, milliseconds, and the sets of the service."""
    allowed = np.ones(len(model.items), bool)
    allowed[model.items.codes(sorted(query.seen))] = False
    full, empty = model.score([query, occlusion.nothing_known(query)]).astype(np.float64)
    code = int(np.argmax(np.where(allowed, full, -np.inf)))
    item = str(model.items.ids[code])
    additive = hasattr(model, "contributions")
    scale = "score" if additive else "probability"
    begin = time.process_time()
    given = explain.explain(
        model.score, query, item, items=model.items, allowed=allowed, n=N,
        contributions=getattr(model, "contributions", None), without_each=getattr(model, "without_each", None),
        settings=ExplainSettings(),
    )  # fmt: skip
    spent = {"explanation with sets": time.process_time() - begin}
    units = tuple((int(slot),) for slot in query.history.live())
    weight = {slot: r.weight / len(r.slots) for r in given.reasons for slot in r.slots}
    by_weight = np.array([weight.get(unit[0], 0.0) for unit in units])
    by_reasons = rivals.by_weight(by_weight)
    case = fidelity.Case(model.score, query, code, allowed, units, scale)
    contest = Contest(model.score, query, model.items, code, allowed, N, units, full, empty)

    orders = {"random": rivals.random(case, rng), "recency": rivals.recency(case)}
    orders["popularity"] = rivals.of_slots(case, sold[model.items.codes(query.history.item)])
    for name, call in (
        ("leave-one-out", lambda: rivals.leave_one_out(case)),
        ("lime", lambda: rivals.lime(case, rng)),
        ("shapley", lambda: rivals.by_weight(shapley.measure(model.score, query, [item], rng).weight[:, 0])),
    ):
        begin = time.process_time()
        orders[name] = call()
        spent[name] = time.process_time() - begin
    if hasattr(model, "attention"):
        orders["attention"] = rivals.of_slots(case, model.attention(query).mean(axis=0))
    for goal, (part, _) in GOALS.items():
        if additive and goal != "leave":
            orders[part] = by_reasons  # the parts are the optimum for what is added up
            continue
        begin = time.process_time()
        orders[part] = search.order(contest, goal, [by_weight], Budget(ROWS), SIZE)
        spent[part] = time.process_time() - begin
    values = {name: fidelity.of_order(case, order) for name, order in orders.items()}
    if with_beam:
        ways = [by_weight, -np.argsort(orders["shapley"]).astype(float)]
        for goal, (part, measure) in GOALS.items():
            begin = time.process_time()
            best = search.best_sets(contest, goal, ways, Budget(ROWS), SIZE, BEAM)[-1]
            spent[f"beam {part}"] = time.process_time() - begin
            rest = [u for u in range(len(units)) if u not in best]
            values[f"beam {part}"] = {measure: fidelity.of_order(case, [*best, *rest], (SIZE,))[measure]}
    found = {"values": values, "ms": {name: 1e3 * s for name, s in spent.items()}, "additive": additive}
    for kind, one in (("necessary", given.necessary), ("sufficient", given.sufficient)):
        found[kind] = None
        if one is not None:
            rank = fidelity.ranks_of(case, model.score([query.without(one.slots)]))[0]
            true = (rank <= N) == (kind == "sufficient") and rank == one.rank_after
            found[kind] = {"true": bool(true), "size": len(one.kept if kind == "sufficient" else one.remove)}
    found["error"] = abs(given.gap) / max(1.0, abs(given.score))
    return found


def column(cases, method, measure):
    """Values of one measure over cases, NaN where it was not measured."""
    return np.array([case["values"].get(method, {}).get(measure, np.nan) for case in cases])


def report(name, cases):
    """Print the table of one model and return its numbers."""
    rng = np.random.default_rng(0)
    kinds = "additive, f = score" if cases[0]["additive"] else "not additive, f = probability"
    print(f"\n{name}: {len(cases)} cases, {kinds}")
    methods = [m for m in (*RIVALS, *(part for part, _ in GOALS.values())) if m in cases[0]["values"]]
    print(f"{'':16}" + "".join(f"{m:>10}" for m in SHOWN) + f"{'ms':>10}")
    made = {"means": {}, "against": {}, "best": {}}
    for method in methods:
        means = {m: fidelity.mean(column(cases, method, m), rng) for m in SHOWN}
        ms = np.mean([case["ms"].get(method, np.nan) for case in cases])
        made["means"][method] = {m: (x.value, x.low, x.high, x.n) for m, x in means.items()}
        print(f"{method:16}" + "".join(f"{x.value:10.3f}" for x in means.values()) + f"{ms:10.1f}")
    judged = [(p, m) for p, m in GOALS.values()] + [("reasons", m) for m in ("DEL-P", "NDCG-P", "POS-P@20")]
    for part, measure in judged:
        line = f"{part} on {measure}, better by:"
        for rival in (m for m in methods if m in RIVALS):
            high = measure.startswith("INS")
            d = fidelity.better(column(cases, part, measure), column(cases, rival, measure), high, rng)
            made["against"][f"{part} {measure} {rival}"] = (d.value, d.low, d.high, d.n)
            line += f"  {rival} {d.value:+.3f} [{d.low:+.3f}, {d.high:+.3f}]"
        print(line)
    searched = [case for case in cases if "beam reasons" in case["values"]]
    for part, measure in GOALS.values() if searched else ():
        best = np.nanmax if measure.startswith("INS") else np.nanmin
        top = best(np.array([column(searched, m, measure) for m in (*methods, f"beam {part}")]), axis=0)
        own, beam = (np.nanmean(column(searched, m, measure)) for m in (part, f"beam {part}"))
        ms = np.mean([case["ms"][f"beam {part}"] for case in searched])
        made["best"][part] = {"best known": float(np.nanmean(top)), "default": float(own), "beam": float(beam)}
        print(f"{part} {measure} on {len(searched)}: best known {np.nanmean(top):.4f}, beam {beam:.4f}, "
              f"default {own:.4f}; beam {ms:.0f} ms")  # fmt: skip
    for kind in ("necessary", "sufficient"):
        there = [case[kind] for case in cases if case[kind]]
        true, size = (np.mean([one[key] for one in there]) if there else np.nan for key in ("true", "size"))
        made[kind] = {"found": len(there), "true": float(true), "size": float(size)}
        print(f"{kind} sets: {len(there)} found, true when run {true:.1%}, mean size {size:.2f}")
    ms = np.mean([case["ms"]["explanation with sets"] for case in cases])
    print(f"explanation with sets {ms:.1f} ms; largest |gap| / max(1, |score|) {max(c['error'] for c in cases):.1e}")
    return made


def main():
    """Fit, explain, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shop", type=Path)
    parser.add_argument("--first", type=int, default=0, help="only the first users by id")
    parser.add_argument("--above", type=float, help="only events with a larger value")
    parser.add_argument("--models", default="multvae,sasrec,glass,blend")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--beam", type=int, default=40, help="cases that are also searched with a beam")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with whyrec.open(options.shop) as shop:
        events, tables, settings = events_of(shop, options.first, options.above), shop.tables, shop.settings
    split = loo(events, settings)
    fitter = Fitter(split.train, replace(tables, events=split.train), settings, validation=split.validation)
    queries = queries_of(events, options.cases, options.seed)
    sold = np.bincount(events.item, minlength=len(events.items)).astype(np.float64)
    made = {}
    for name in options.models.split(","):
        begin = time.process_time()
        model = fitter.fit(name)
        print(f"fitted {name} in {time.process_time() - begin:.0f} s", flush=True)
        rng = np.random.default_rng(options.seed)
        cases = [explained(model, query, sold, rng, k < options.beam) for k, query in enumerate(queries)]
        made[name] = {**report(name, cases), "cases": cases}
        if options.out:
            options.out.write_text(json.dumps(made), encoding="utf-8")


if __name__ == "__main__":
    main()
