"""Tables of accuracy: one row a model, options, protocol and seed, with intervals and costs; each row is made once.

Rows are measured on the test events of `rank.evaluate`. Beside each row's JSON lie the ranks of the wanted items, so
that two rows of the same users can be compared pairwise. Published figures are in published.toml.
"""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from whyrec import models
from whyrec.core.config import Settings
from whyrec.core.errors import UsageError, nearest
from whyrec.core.types import Ints
from whyrec.data import tables
from whyrec.learn.run import Progress, silent
from whyrec.measure import intervals, ranking
from whyrec.measure.epochs import Epochs
from whyrec.rank import named, rows
from whyrec.rank.evaluate import evaluate
from whyrec.rank.rows import Row

if TYPE_CHECKING:
    from whyrec.data.tables import Tables

PROTOCOLS = ("loo", "time")
MEASURES = ("ndcg@10", "hr@10")


@dataclass(frozen=True)
class Plan:
    """What the rows of one call have in common."""

    protocols: tuple[str, ...] = PROTOCOLS
    seen: str = "hide"
    attributes: bool = True  # False: the models see ids only
    again: bool = False  # make rows that are there already


def accuracy(
    shop: Path,
    found: Tables,
    settings: Settings,
    words: Sequence[str],
    plan: Plan,
    folder: Path,
    progress: Progress = silent,
) -> tuple[list[Row], list[Row]]:
    """Make the rows that are missing in `folder`; return (rows made, rows that were there), each in the order asked.

    `words` are models with their options. Every word is checked before the first row is made. Raises UsageError for
    a wrong word or protocol.
    """
    wrong = [name for name in plan.protocols if name not in PROTOCOLS]
    if wrong:
        raise UsageError(f"Expected protocols among {', '.join(PROTOCOLS)}, got {wrong[0]!r}.")
    chosen = [(*named.configure(word, settings), protocol) for word in words for protocol in plan.protocols]

    def made(name: str, own: Settings, protocol: str, key: Row, tell: Progress) -> Row:
        measured, ranks = rows.apart(measure, shop, own, name, protocol, plan, progress=tell)
        np.save(_ranks_path(folder, rows.file_name(key)), ranks)
        return cast(Row, measured)

    asked = [
        (key_of(found, own, name, protocol, plan), partial(made, name, own, protocol)) for name, own, protocol in chosen
    ]
    return rows.fill(folder, asked, plan.again, progress)


def key_of(found: Tables, settings: Settings, name: str, protocol: str, plan: Plan) -> Row:
    """All that a row depends on except the code: data, settings, model with all its options, protocol and seed."""
    return {
        "kind": "accuracy",
        "shop": settings.shop.name,
        "data": found.fingerprint,
        "model": name,
        "options": settings.models.options.get(name, {}),
        "config": _configs(name, settings),
        "events": asdict(settings.events),
        "protocol": protocol,
        "seen": plan.seen,
        "attributes": plan.attributes,
        "seed": settings.models.seed,
    }


def _configs(name: str, settings: Settings) -> Row:
    """All options of a model and of its members."""
    module, config = models.find(name), models.configure(name, settings)
    members = module.members(config) if hasattr(module, "members") else ()
    return {name: asdict(config)} | {key: own for m in members for key, own in _configs(m, settings).items()}


def measure(
    shop: Path, settings: Settings, name: str, protocol: str, plan: Plan, progress: Progress
) -> tuple[Row, Ints]:
    """Fit one model on the training part and return what a row says, and the rank of each wanted item [U]."""
    models.use(shop, settings)  # in a process of its own nobody has yet
    found = tables.load(shop)
    if not plan.attributes:
        found = replace(found, catalog=replace(found.catalog, titles={}, categories={}, numbers={}, media={}))
    watch = Epochs(progress)
    began = time.process_time()
    (board,) = evaluate(found, settings, [name], protocol, seen=(plan.seen,), progress=watch)
    all_cpu_s = time.process_time() - began
    result = board.results[name]
    bounds = np.arange(len(result.ranks) + 1)
    values = {"ndcg@10": ranking.ndcg(result.ranks, bounds), "hr@10": ranking.hr(result.ranks, bounds)}
    fit_cpu_s = float(result.metrics["fit_cpu_s"] or 0.0)
    return {
        "users": len(board.users),
        "users_left_out": board.users_left_out,
        "cold_users": board.cold_users,
        "cold_items": board.cold_items,
        "n_events": len(found.events),
        "n_items": len(found.catalog),
        "metrics": {key: result.metrics[key] for key in ("ndcg@10", "hr@10", "mrr", "coverage@10")},
        "intervals": {key: list(intervals.interval(row)) for key, row in values.items()},
        "interval": f"{intervals.LEVEL:.0%} percentile bootstrap over users, {intervals.DRAWS} draws, seed 0",
        "best_epochs": watch.best,
        "best_cpu_s": round(fit_cpu_s - watch.after_best_s, 3),
        "fit_cpu_s": fit_cpu_s,
        "rank_cpu_s": round(all_cpu_s - fit_cpu_s, 3),
        "peak_mb": result.metrics["peak_mb"],
    }, np.minimum(result.ranks, ranking.LONGEST + 1).astype(np.int16)


def _ranks_path(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.ranks.npy"


def differences(folder: Path, found: Sequence[Row]) -> list[Row]:
    """Compare each row with the best one of the same task: paired 95 % interval of the difference in NDCG@10.

    The task is protocol, rule for seen items and settings of events (the request's time among them). Rows whose ranks
    are gone are left out.
    """
    compared: list[Row] = []
    groups: dict[str, list[Row]] = {}
    for row in found:
        groups.setdefault(json.dumps([row["protocol"], row["seen"], row["events"]]), []).append(row)
    for group in groups.values():
        best = max(group, key=lambda row: row["metrics"]["ndcg@10"] or 0.0)
        for row in group:
            paths = [_ranks_path(folder, one["file"]) for one in (row, best)]
            if row is not best and row["users"] and all(path.exists() for path in paths):
                own, other = (_ndcg(np.load(path)) for path in paths)
                low, high = intervals.paired(own, other)
                gain = float((own - other).mean())
                compared.append({"row": row["file"], "best": best["file"], "gain": gain, "interval": [low, high]})
    return compared


def _ndcg(ranks: Ints) -> Any:
    return ranking.ndcg(ranks.astype(np.int64), np.arange(len(ranks) + 1))


@cache
def _all_published() -> dict[str, list[Row]]:
    text = resources.files("whyrec.rank").joinpath("published.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def published(name: str | None) -> list[Row]:
    """Return the published figures of a data set, none without a name; a wrong one names those that are known."""
    if name is None:
        return []
    known = _all_published()
    if name not in known:
        raise UsageError(f"No published figures of {name!r}{nearest(name, known)}. Known: {', '.join(known)}.")
    return known[name]
