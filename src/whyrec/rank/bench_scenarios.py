"""Table of scenarios: recall and NDCG with intervals, each scenario beside what a shop without it would show.

    random       among what the scenario may list: what is equal to every model is in an order of chance
    popular      most events in the training part
    content      nearest of the ten newest events, or of the page: idf-weighted cosine of attributes and words
    without      the model asked without the scenario's own means (no pool, no counts, no other account, ...)
    scenario     the scenario

The same cases and the same items may be on the lists of all; each gain is paired, with a 95 % bootstrap interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from whyrec import models
from whyrec.core.config import Settings
from whyrec.core.types import Bools, Fitted, Floats, Query
from whyrec.data import tables as stored
from whyrec.learn.run import Progress, silent
from whyrec.measure import intervals, ranking
from whyrec.rank import named, related, rows, rules, scenario_cases, scenarios
from whyrec.rank.fit import Fitter
from whyrec.rank.means import Means
from whyrec.rank.rows import Row
from whyrec.rank.scenario_cases import Task

if TYPE_CHECKING:
    from whyrec.data.tables import Tables

NEWEST = 10
METHODS = ("random", "popular", "content", "without", "scenario")


def bench(
    shop: Path, found: Tables, settings: Settings, word: str, part: str, n: int, folder: Path, again: bool,
    progress: Progress = silent,
) -> tuple[list[Row], list[Row]]:  # fmt: skip
    """Make the rows of a shop that are missing; a task that its data do not allow has none."""
    name, own = named.configure(word, settings)
    asked = []
    for task in scenario_cases.MAKERS:
        key: Row = {
            "kind": "scenarios", "shop": settings.shop.name, "data": found.fingerprint, "model": word, "task": task,
            "part": part, "n": n, "seed": settings.models.seed,
        }  # fmt: skip

        def made(_: Row, tell: Progress, task: str = task) -> Row:
            measured: Row = rows.apart(measure, shop, own, name, task, part, n, progress=tell)
            return measured

        asked.append((key, made))
    made_rows, kept = rows.fill(folder, asked, again, progress)
    return [row for row in made_rows if row["cases"]], [row for row in kept if row["cases"]]


def measure(shop: Path, settings: Settings, name: str, task: str, part: str, n: int, progress: Progress) -> Row:
    """Fit what a task asks for and measure all methods on it; a row without cases where the shop has not the data."""
    models.use(shop, settings)
    found = stored.load(shop)
    asked = scenario_cases.MAKERS[task](found, settings, shop, part, n)
    if asked is None or not len(asked.asked):
        return {"cases": 0}
    own, settings = replace(found, catalog=asked.catalog), asked.settings or settings
    progress(0.1, f"fitting {name} for {task}")
    if asked.early is None:
        fitter = Fitter(asked.train, own, settings, validation=asked.validation)
    else:
        early = Fitter(asked.early, own, settings, validation=asked.validation)
        fitter = Fitter(asked.train, own, settings, chosen=early)
    model = fitter.fit(name)
    progress(0.6, f"asking for {task}")
    values = judge(asked, model, Means(asked.train, settings, found.users))
    told = {method: _told(each) for method, each in values.items()}
    gains = {other: _gain(values["scenario"], values[other]) for other in values if other != "scenario"}
    return {"cases": len(asked.asked), "note": asked.note, "methods": told, "gains": gains}


def judge(task: Task, model: Fitted, shop: Means) -> dict[str, tuple[Floats, Floats]]:
    """Return NDCG@10 and recall@10 of each case by each method."""
    catalog, rng = task.catalog, np.random.default_rng(0)
    counts = np.log1p(np.bincount(task.train.item[task.train.item >= 0], minlength=len(catalog)).astype(float))
    luck = rng.random(len(catalog))
    has_content = bool(catalog.titles) or bool(set(catalog.categories) - {scenarios.MARKET, "shop"})
    alike = related.alike_rows(catalog) if has_content else None
    left_out = {"content": not has_content, "without": task.name == "personal"}
    lists: dict[str, list[Any]] = {method: [] for method in METHODS if not left_out.get(method)}
    wanted, bounds = [], [0]
    for query, targets in zip(task.asked.queries, task.asked.targets, strict=True):
        may = rules.allowed(query, catalog.items, catalog, False)
        without = task.without(query)
        plain = rules.allowed(without, catalog.items, catalog, False)
        scores: dict[str, Callable[[], Floats]] = {
            "random": lambda: luck, "popular": lambda: counts,
            "content": lambda query=query: _nearest(query, catalog, alike),  # type: ignore[misc]
            "without": lambda query=without: _own(model, query, catalog),  # type: ignore[misc]
            "scenario": lambda query=query: _own(  # type: ignore[misc]
                scenarios.scored(query, model, catalog, shop), query, catalog
            ),
        }  # fmt: skip
        for method, found in lists.items():
            pool = plain if method == "without" else may
            found.append(_list(scores[method](), pool, luck))
        codes = catalog.items.codes(targets)
        wanted.append(codes)
        bounds.append(bounds[-1] + len(codes))
    whole, ends = np.concatenate(wanted).astype(np.int64), np.array(bounds)
    made = {}
    for method, found in lists.items():
        ranks = ranking.ranks(np.array(found), whole, ends)
        made[method] = (ranking.ndcg(ranks, ends), ranking.recall(ranks, ends))
    return made


def _own(model: Fitted, query: Query, catalog: Any) -> Floats:
    columns = None if model.items is catalog.items else list(catalog.items.ids)
    found: Floats = model.score([query], columns)[0].astype(np.float64)
    return found


def _nearest(query: Query, catalog: Any, alike: Any) -> Floats:
    items = query.context or scenario_cases.newest(query.history, NEWEST)
    codes = catalog.items.codes(items)
    codes = codes[codes >= 0]
    if alike is None or not len(codes):
        return np.zeros(len(catalog))
    near = (alike @ alike[codes].T).toarray()
    found: Floats = near.mean(axis=1) if query.context else near.max(axis=1)
    return found


def _list(score: Floats, may: Bools, luck: Floats) -> Any:
    """The twenty best; equal scores by chance, since a method that knows nothing of two items gives no order."""
    order = np.argsort(luck)
    shown = np.where(may, np.nan_to_num(score, nan=-np.inf), -np.inf)[order]
    best = ranking.best(shown[None].astype(np.float32))[0]
    return np.where(best >= 0, order[np.maximum(best, 0)], -1)


def _told(each: tuple[Floats, Floats]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, values in zip(("ndcg@10", "recall@10"), each, strict=True):
        made[name] = round(float(values.mean()), 4)
        made[f"{name} interval"] = [round(end, 4) for end in intervals.interval(values)]
    return made


def _gain(mine: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> list[float]:
    low, high = intervals.paired(mine[0], other[0])
    return [round(float((mine[0] - other[0]).mean()), 4), round(low, 4), round(high, 4)]


def markdown(found: Sequence[Row]) -> str:
    """Return the rows as one table, a line for each method, and what each scenario gains."""
    lines = [
        "| Scenario | Shop, model, cases | Shown by | NDCG@10 (95 %) | Recall@10 (95 %) | Scenario gains in NDCG@10 |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    order = list(scenario_cases.MAKERS)
    for row in sorted(found, key=lambda row: (order.index(row["task"]), row["shop"])):
        about = f"{row['shop']}, `{row['model']}`, {row['cases']:,}"
        for n, (method, told) in enumerate(row["methods"].items()):
            first = (row["task"], about) if n == 0 else ("", "")
            gain = row["gains"].get(method)
            text = "" if gain is None else f"{gain[0]:+.4f} ({gain[1]:+.4f} to {gain[2]:+.4f})"
            both = " | ".join(_cell(told, name) for name in ("ndcg@10", "recall@10"))
            bold = f"**{method}**" if method == "scenario" else method
            lines.append(f"| {first[0]} | {first[1]} | {bold} | {both} | {text} |")
    notes = dict.fromkeys(f"- {row['task']}, {row['shop']}: {row['note']}." for row in found if row["note"])
    return "\n".join([*lines, "", *notes])


def _cell(told: dict[str, Any], name: str) -> str:
    low, high = told[f"{name} interval"]
    return f"{told[name]:.4f} ({low:.4f} to {high:.4f})"
