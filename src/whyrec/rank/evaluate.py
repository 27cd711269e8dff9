"""The leaderboard: fit each model on the training part only, rank for the rest, and measure.

One fit and one scoring pass serve both ways to treat items that a shopper already had ("keep" them, or "hide" them,
and leave out users whose target they had), since these are two tasks. Lists hold the twenty best of all items that
are on the shelf; measures are read off these lists.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

from whyrec.core.config import Settings
from whyrec.core.errors import ShopError, UsageError
from whyrec.core.types import Bools, Catalog, Codes, Events, Fitted, Floats32, Ints, Vocabulary, objects
from whyrec.data.split import Cases, Split, by_time, loo
from whyrec.learn.run import Progress, between, silent
from whyrec.measure import beyond, cost, fidelity, intervals, ranking
from whyrec.rank.fit import Fitter
from whyrec.rank.without import take_away

if TYPE_CHECKING:
    from whyrec.data.ingest import Imported
    from whyrec.data.tables import Tables

FEW = 20
"""Users that wanted a new item, from which on their losses are told apart."""
CHUNK_BYTES = 32 << 20
"""Scores that are held at once while lists are made."""


@dataclass(frozen=True, eq=False)
class Lists:
    """What a model recommends to the users of a task, best first: item codes and scores [U, 20], -1 and NaN beyond."""

    items: Ints
    scores: Floats32


@dataclass(frozen=True, eq=False)
class Task:
    """Which cases are judged under one rule for seen items, and what is wanted: item codes [R] with bounds [U+1].

    `hidden` holds the codes that each case may not be shown, None where everything may be.
    """

    seen: str
    hidden: tuple[Codes, ...] | None
    cases: Ints  # [U] places in the cases
    wanted: Codes
    bounds: Ints


@dataclass(frozen=True, eq=False)
class Result:
    """One model on a board: measures by name, lists, and the rank of each wanted item [R] (ranking.MISSED: none)."""

    metrics: dict[str, float | int | None]
    lists: Lists
    ranks: Ints


@dataclass(frozen=True, eq=False)
class Board:
    """Models side by side under one protocol and one rule for seen items."""

    protocol: str
    targets: str
    seen: str
    users: tuple[str, ...]
    users_left_out: int
    cold_users: int  # users without an event in the training part
    cold_items: int  # wanted items without an event in the training part
    items: Vocabulary
    results: dict[str, Result]

    def as_dict(self) -> dict[str, Any]:
        """Return what `whyrec evaluate --json` prints."""
        return {
            "protocol": self.protocol,
            "targets": self.targets,
            "seen": self.seen,
            "users_left_out": self.users_left_out,
            "cold_users": self.cold_users,
            "cold_items": self.cold_items,
            "models": {name: dict(result.metrics) for name, result in self.results.items()},
        }


def evaluate(
    tables: Tables,
    settings: Settings,
    names: Sequence[str],
    protocol: str = "loo",
    targets: str = "last",
    seen: Sequence[str] = ("hide",),
    progress: Progress = silent,
    without: Sequence[str] = (),
) -> list[Board]:
    """Fit the models on the training part and return one board for each rule in `seen`, in that order.

    For each feature in `without` every model is fitted and measured once more without it, in a row of its own.
    Raises UsageError for an unknown protocol, rule, model or feature, and for `time` on a log that has no times.
    """
    split = _split(tables.events, settings, protocol, targets).of_people(tables.users)
    wrong = [rule for rule in seen if rule not in ("keep", "hide")]
    if wrong:
        raise UsageError(f"Expected seen to be keep or hide, got {wrong[0]!r}.")
    tasks = [task(split.test, tables.catalog, rule) for rule in seen]
    results: list[dict[str, Result]] = [{} for _ in tasks]
    shops = [("", tables, split)]
    shops += [(f" without {name}", *take_away(name, tables, split, settings)) for name in dict.fromkeys(without)]
    fitters = [(label, _fitter(part, shop, settings), part.test) for label, shop, part in shops]
    rows = [(name, *fitter) for name in names for fitter in fitters]
    for n, (name, label, fitter, cases) in enumerate(rows):
        own = between(progress, n / len(rows), (n + 1) / len(rows))
        own(0.0, f"fitting {name}{label}")
        fitted, fit_cost = cost.measure(fitter.fit, name, between(own, 0.0, 0.8))
        own(0.8, f"ranking with {name}{label}")
        lists, rank_cost = cost.measure(recommend, fitted, cases, tasks, tables.catalog)
        for one, made, found in zip(tasks, lists, results, strict=True):
            found[name + label] = _result(one, made, tables.catalog, fit_cost, rank_cost)
    for one, found in zip(tasks, results, strict=True):
        new = ~_trained(split, tables)[one.wanted[one.bounds[:-1]]]
        for name, feature in product(names, dict.fromkeys(without)):
            found[f"{name} without {feature}"].metrics.update(
                losses(found[name].ranks, found[f"{name} without {feature}"].ranks, one.bounds, new)
            )
    progress(1.0, "done")
    return [_board(protocol, targets, split, one, found, tables) for one, found in zip(tasks, results, strict=True)]


def _split(events: Events, settings: Settings, protocol: str, targets: str) -> Split:
    if protocol == "loo":
        return loo(events, settings)
    if protocol == "time":
        return by_time(events, settings, targets)
    raise UsageError(f"Expected protocol to be loo or time, got {protocol!r}.")


def _fitter(split: Split, tables: Tables, settings: Settings) -> Fitter:
    """What is tested is fitted on the training part; what is chosen is chosen on validation, which lies before it."""
    early = Fitter(split.early, tables, settings, validation=split.validation)
    return early if split.early is split.train else Fitter(split.train, tables, settings, chosen=early)


def task(cases: Cases, catalog: Catalog, seen: str) -> Task:
    """Choose the cases and the wanted items of a rule: under "hide", what the shopper already had is not wanted."""
    kept: list[int] = []
    wanted: list[str] = []
    sizes: list[int] = []
    for place, (query, targets) in enumerate(zip(cases.queries, cases.targets, strict=True)):
        new = [t for t in targets if t not in query.seen] if seen == "hide" else targets
        if new:
            kept.append(place)
            wanted.extend(new)
            sizes.append(len(new))
    bounds = np.concatenate(([0], np.cumsum(np.array(sizes, np.int64))))
    hidden = None
    if seen == "hide":
        codes = (catalog.items.codes(list(query.seen)) for query in cases.queries)
        hidden = tuple(code[code >= 0] for code in codes)
    return Task(seen, hidden, np.array(kept, np.int64), catalog.items.codes(wanted), bounds.astype(np.int64))


def recommend(fitted: Fitted, cases: Cases, tasks: Sequence[Task], catalog: Catalog) -> list[Lists]:
    """Make the lists of all tasks in one scoring pass over the cases, in chunks of queries."""
    columns = None if fitted.items is catalog.items else list(catalog.items.ids)
    step = max(1, CHUNK_BYTES // (4 * max(1, len(catalog))))
    # Hiding writes into the scores, so that tasks that keep everything come first.
    order = sorted(range(len(tasks)), key=lambda t: tasks[t].hidden is not None)

    def chunk(first: int) -> list[Lists]:
        made: list[Lists] = [_join([])] * len(tasks)
        scores = fitted.score(cases.queries[first : first + step], columns)
        scores[np.isnan(scores)] = -np.inf
        if catalog.available is not None:
            scores[:, ~catalog.available] = -np.inf
        for t in order:
            hidden = tasks[t].hidden
            if hidden is not None:
                for row, codes in zip(scores, hidden[first : first + step], strict=True):
                    row[codes] = -np.inf
            made[t] = _lists(scores)
        return made

    # Sparse products and sorting release the interpreter's lock: threads use every core.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(chunk, range(0, len(cases), step)))
    joined = [_join([part[t] for part in parts]) for t in range(len(tasks))]
    return [Lists(made.items[one.cases], made.scores[one.cases]) for made, one in zip(joined, tasks, strict=True)]


def _lists(scores: Floats32) -> Lists:
    items = ranking.best(scores)
    shown = np.take_along_axis(scores, np.maximum(items, 0), axis=1)
    return Lists(items, np.where(items < 0, np.float32(np.nan), shown))


def _join(parts: Sequence[Lists]) -> Lists:
    none = Lists(np.zeros((0, ranking.LONGEST), np.int64), np.zeros((0, ranking.LONGEST), np.float32))
    parts = parts or [none]
    return Lists(np.concatenate([p.items for p in parts]), np.concatenate([p.scores for p in parts]))


def measures(one: Task, lists: Lists, catalog: Catalog) -> tuple[dict[str, float | int | None], Ints]:
    """Return the measures of some lists by name, None where there is no user, and the ranks of the wanted items.

    NDCG@10 has its 95 % interval beside it, by bootstrap over users, as ndcg@10_low and ndcg@10_high.
    """
    ranks = ranking.ranks(lists.items, one.wanted.astype(np.int64), one.bounds)
    n_items = len(catalog) if catalog.available is None else int(catalog.available.sum())
    users = len(one.cases)
    per_user = {
        "ndcg@10": ranking.ndcg(ranks, one.bounds),
        "hr@10": ranking.hr(ranks, one.bounds),
        "recall@10": ranking.recall(ranks, one.bounds),
        "mrr": ranking.mrr(ranks, one.bounds),
    }
    found: dict[str, float | int | None] = {key: float(row.mean()) if users else None for key, row in per_user.items()}
    low, high = intervals.interval(per_user["ndcg@10"])
    found["ndcg@10_low"], found["ndcg@10_high"] = (low, high) if users else (None, None)
    found["coverage@10"] = beyond.coverage(lists.items, n_items) if users else None
    found["users"] = users
    return found, ranks


def _result(one: Task, lists: Lists, catalog: Catalog, fit_cost: cost.Cost, rank_cost: cost.Cost) -> Result:
    metrics, ranks = measures(one, lists, catalog)
    metrics["fit_cpu_s"] = round(fit_cost.cpu_s, 3)
    metrics["peak_mb"] = round(fit_cost.peak_mb, 1)
    metrics["fit_wall_s"] = round(fit_cost.wall_s, 3)
    metrics["rank_wall_s"] = round(rank_cost.wall_s, 3)
    return Result(metrics, lists, ranks)


def losses(whole: Ints, less: Ints, bounds: Ints, new: Bools) -> dict[str, float | int | None]:
    """Return the share of NDCG@10 that is lost where ranks are `less`, with its 95 % interval, paired by user.

    Names end in _new for the users that wanted an item without events (`new` [U]), where there are FEW of them.
    """
    before, after = ranking.ndcg(whole, bounds), ranking.ndcg(less, bounds)
    found: dict[str, float | int | None] = {}
    for ending, users in (("", np.ones(len(new), bool)), ("_new", new)):
        base = float(before[users].mean()) if users.any() else 0.0
        if base > 0 and (not ending or users.sum() >= FEW):
            lost = fidelity.mean((before - after)[users], np.random.default_rng(0))
            ends = {"loses": lost.value, "loses_low": lost.low, "loses_high": lost.high}
            found |= {f"{name}{ending}": value / base for name, value in ends.items()}
    return found


def _trained(split: Split, tables: Tables) -> Bools:
    """Whether each item has an event in the training part, [I + 1]; the last is for items that are in no table."""
    trained: Bools = np.zeros(len(tables.catalog) + 1, bool)
    trained[split.train.item[split.train.item >= 0]] = True
    return trained


def _board(protocol: str, targets: str, split: Split, one: Task, results: dict[str, Result], tables: Tables) -> Board:
    users = tuple(str(split.test.queries[place].user) for place in one.cases)
    learned = set(split.train.users.ids[np.unique(split.train.user)])
    return Board(
        protocol=protocol,
        targets=targets,
        seen=one.seen,
        users=users,
        users_left_out=split.left_out + len(split.test) - len(users),
        cold_users=sum(user not in learned for user in users),
        cold_items=int(np.sum(~_trained(split, tables)[one.wanted])),
        items=tables.catalog.items,
        results=results,
    )


def write_lists(board: Board, path: Path, imported: Imported) -> None:
    """Write the twenty best items of each user and model to a parquet file, ids typed as in the source.

    Columns model, user_id, rank (1 = first), item_id, score. Raises ShopError where the file cannot be written.
    """
    users = objects(board.users)
    columns: dict[str, list[Any]] = {"model": [], "user": [], "rank": [], "item": [], "score": []}
    for name, result in board.results.items():
        row, place = np.nonzero(result.lists.items >= 0)
        columns["model"].append(objects([name] * len(row)))
        columns["user"].append(users[row])
        columns["rank"].append(place + 1)
        columns["item"].append(board.items.ids[result.lists.items[row, place]])
        columns["score"].append(result.lists.scores[row, place])
    kinds = {"int": "BIGINT", "str": "VARCHAR"}
    with duckdb.connect() as con:
        con.register("lists", {name: np.concatenate(parts) for name, parts in columns.items()})
        try:
            con.execute(
                f"""COPY (SELECT model, CAST("user" AS {kinds[imported.user_id_type]}) AS user_id, "rank",
                             CAST(item AS {kinds[imported.item_id_type]}) AS item_id, score FROM lists)
                    TO '{str(path).replace("'", "''")}' (FORMAT parquet, COMPRESSION zstd)"""
            )
        except duckdb.Error as error:
            raise ShopError(f"Expected to write the lists to {path}, but: {error}. Choose another file.") from None
