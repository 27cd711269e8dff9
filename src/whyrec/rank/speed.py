"""Tables of speed: one row a model, each measured in a process of its own on one thread, each made once.

Learning is measured on the training part of leave-one-out without validation: the middle one of a few epochs, and the
share of the peak of a large float32 product that its matrix operations take. Serving is measured on what came out,
whose weights cost as much as well-learned ones.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from whyrec import models
from whyrec.core.config import Settings
from whyrec.core.types import Events, Fitted, History, Query
from whyrec.data import tables
from whyrec.data.split import loo
from whyrec.learn import flops
from whyrec.learn.run import Progress, between, silent
from whyrec.measure import cost, ranking
from whyrec.measure.epochs import Epochs
from whyrec.rank import named, rows
from whyrec.rank.bench_table import label
from whyrec.rank.fit import Fitter
from whyrec.rank.rows import Row

if TYPE_CHECKING:
    from whyrec.data.tables import Tables

EPOCHS = 4
HISTORY = 50
SHOWN = 10
TOP = 100
REQUESTS = 40
CHUNK = 256


def learners() -> list[str]:
    """Names of the models that learn in epochs."""
    return [name for name in models.names() if "epochs" in {f.name for f in fields(models.find(name).Config)}]


def speed(
    shop: Path,
    found: Tables,
    settings: Settings,
    words: Sequence[str],
    again: bool,
    folder: Path,
    progress: Progress = silent,
) -> tuple[list[Row], list[Row]]:
    """Make the rows that are missing in `folder`; return (rows made, rows that were there)."""

    def made(name: str, own: Settings, key: Row, tell: Progress) -> Row:
        return cast(Row, rows.apart(measure, shop, own, name, progress=tell))

    chosen = [named.configure(word, settings) for word in words]
    asked = [(key_of(found, own, name), partial(made, name, own)) for name, own in chosen]
    return rows.fill(folder, asked, again, progress)


def key_of(found: Tables, settings: Settings, name: str) -> Row:
    """All that a row depends on except the code: data, the model with all its options, and seed."""
    return {
        "kind": "speed",
        "shop": settings.shop.name,
        "data": found.fingerprint,
        "model": name,
        "options": settings.models.options.get(name, {}),
        "config": asdict(models.configure(name, settings)),
        "epochs": EPOCHS,
        "seed": settings.models.seed,
    }


def measure(shop: Path, settings: Settings, name: str, progress: Progress) -> Row:
    """Fit a few epochs and serve; return what a row says."""
    models.use(shop, settings)  # in a process of its own nobody has yet
    found = tables.load(shop)
    split = loo(found.events, settings)
    watch = Epochs(between(progress, 0.0, 0.6))
    fitter = Fitter(split.train, found, _short(settings, name, EPOCHS))
    fitted, spent = cost.measure(fitter.fit, name, watch)
    row: Row = {"fit_cpu_s": round(spent.cpu_s, 3), "peak_mb": round(spent.peak_mb, 1)}
    if watch.epoch_s:
        row |= _learning(split.train, found, settings, name, median(watch.epoch_s), between(progress, 0.6, 0.8))
    progress(0.8, f"serving with {name}")
    return row | _serving(fitted, split.test.queries)


def _short(settings: Settings, name: str, epochs: int) -> Settings:
    """The settings with so many epochs for this model."""
    there = {f.name for f in fields(models.find(name).Config)} & {"epochs", "unvalidated"}
    own = {**settings.models.options.get(name, {}), **dict.fromkeys(there, epochs)}
    return replace(settings, models=replace(settings.models, options={**settings.models.options, name: own}))


def _learning(train: Events, found: Tables, settings: Settings, name: str, epoch_s: float, tell: Progress) -> Row:
    n_users = int((np.bincount(train.user) > 1).sum())
    before = flops.peak()
    fitter = Fitter(train, found, _short(settings, name, 1))
    done = flops.count(lambda: fitter.fit(name, tell))
    best = max(before, flops.peak())
    return {
        "epoch_cpu_s": round(epoch_s, 3),
        "users": n_users,
        "users_per_cpu_s": round(n_users / epoch_s, 1),
        "gflop": round(done / 1e9, 3),
        "peak_gflop_per_s": round(best / 1e9, 1),
        "share_of_peak": round(done / epoch_s / best, 3),
    }


def _serving(fitted: Fitted, queries: Sequence[Query]) -> Row:
    longest = sorted(queries, key=lambda query: -len(query.history))[:REQUESTS]
    asked = [replace(query, history=_newest(query.history)) for query in longest]
    _answer(fitted, asked[0])  # what is made once is made now
    spent: dict[str, list[float]] = {"list_ms": [], "reasons_ms": []}
    for query in asked:
        listed, reasons = _answer(fitted, query)
        spent["list_ms"].append(listed)
        spent["reasons_ms"].append(reasons)
    start = time.process_time()
    for first in range(0, len(queries), CHUNK):
        ranking.best(fitted.score(queries[first : first + CHUNK]), TOP)
    return {
        "history": max(len(query.history) for query in asked),
        "list_ms": round(median(spent["list_ms"]), 3),
        "reasons_ms": round(median(spent["reasons_ms"]), 3) if hasattr(fitted, "contributions") else None,
        "queries": len(queries),
        "all_cpu_s": round(time.process_time() - start, 3),
        "serving_mb": round(cost.resident_mb(), 1),
    }


def _newest(past: History) -> History:
    columns: dict[str, Any] = {f.name: getattr(past, f.name) for f in fields(History)}
    return replace(past, **{name: column[-HISTORY:] for name, column in columns.items() if column is not None})


def _answer(fitted: Fitted, query: Query) -> tuple[float, float]:
    """CPU milliseconds of one list, and of the list with the contributions of its items."""
    start = time.process_time()
    top = ranking.best(fitted.score([query]), SHOWN)[0]
    listed = time.process_time()
    contributions: Any = getattr(fitted, "contributions", None)
    if contributions is not None:
        contributions(query, list(fitted.items.ids[top[top >= 0]]))
    return 1e3 * (listed - start), 1e3 * (time.process_time() - start)


def markdown(title: str, found: Sequence[Row]) -> str:
    """Return the table of speed with what is behind it."""
    heads = [
        "Model",
        "Users a CPU s",
        "Epoch, CPU s",
        "Share of peak",
        "List, ms",
        "With reasons, ms",
        "All lists, CPU s",
    ]
    heads += ["Peak MB", "Code"]
    lines = [f"# {title}", "", "| " + " | ".join(heads) + " |", "|---" + "|---:" * 7 + "|---|"]
    for row in sorted(found, key=lambda row: row["model"]):
        cells = [
            label(row),
            f"{row['users_per_cpu_s']:,.0f}" if "users_per_cpu_s" in row else "–",
            f"{row['epoch_cpu_s']:.2f}" if "epoch_cpu_s" in row else "–",
            f"{row['share_of_peak']:.0%}" if "share_of_peak" in row else "–",
            f"{row['list_ms']:.2f}",
            "–" if row["reasons_ms"] is None else f"{row['reasons_ms']:.2f}",
            f"{row['all_cpu_s']:.1f}",
            f"{row['peak_mb']:.0f}",
            row["commit"],
        ]
        lines.append("| " + " | ".join(cells) + " |")
    newest = found[-1] if found else {"queries": 0, "history": 0}
    notes = (
        "One thread. An epoch is the middle one of a few on the training part of leave-one-out, without validation; "
        "users have two events or more.",
        "Share of peak: matrix operations as torch counts them, forward and backward, by what a large float32 product "
        "reaches on the same core at the same time. Sums, norms, dropout, gathers and the optimiser count as nothing.",
        f"List: one shopper with {newest['history']} events, the whole catalogue scored, ten items; with reasons: what "
        f"each event adds to each of the ten (where a model can say). All lists: {TOP} items for each of "
        f"{newest['queries']:,} users.",
    )
    return "\n".join([*lines, "", *(f"- {note}" for note in notes)]) + "\n"
