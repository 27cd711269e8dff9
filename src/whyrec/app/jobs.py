"""Training by itself: fit, judge on the newest events, promote only what holds its gates, and write down why.

`whyrec serve` runs it in a process of its own at the times of `[schedule] train`; `whyrec jobs DIR --run` runs it now.
A job that finds nothing better leaves the live snapshot as it is. Two gates:

    accuracy      NDCG@10 of the new model, fitted without the newest events and tested on them, against that of the
                  live model's kind in the same test. Both are fitted anew: the live snapshot has seen the newest
                  events, and would win by that. A job that keeps the kind therefore always holds this gate
    faithfulness  how often taking the first reason away lowers the score more than taking any other event away

With `[schedule] train` set, each run is one row of jobs: promoted, kept (with the reason) or failed.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from whyrec.app import schedule
from whyrec.core.errors import WhyrecError
from whyrec.learn import snapshot
from whyrec.learn.run import Progress, silent
from whyrec.rank.train import METRIC
from whyrec.store import ledger

if TYPE_CHECKING:
    from whyrec.app.folder import Live
    from whyrec.app.shop import Shop
    from whyrec.core.types import Query

CASES = 40
"""Shoppers whose first item is explained for the gate of faithfulness."""
TRIALS = 3
"""Other events that are taken away in a case, against the first reason."""
_log = logging.getLogger("whyrec.jobs")


def train(shop: Shop, name: str | None = None, progress: Progress = silent) -> dict[str, Any]:
    """Fit, judge, and promote or keep; returns the record of the job, which is kept.

    `name` is the job's id; where another process has begun one of this id, nothing is done and its record is returned.
    """
    started = time.time()
    name = name or f"train-{datetime.fromtimestamp(started, UTC):%Y%m%d-%H%M%S}"
    if not ledger.begin(shop.store, name, "train", started):
        return ledger.read(shop.store, name)
    try:
        state, said = _train(shop, progress)
    except WhyrecError as error:
        state, said = "failed", {"reason": str(error)}
    except BaseException as error:  # a defect or a stop; the record must not say that it still runs
        ledger.end(shop.store, name, "failed", {"reason": type(error).__name__}, time.time())
        raise
    ledger.end(shop.store, name, state, said, time.time())
    return ledger.read(shop.store, name)


def _train(shop: Shop, progress: Progress) -> tuple[str, dict[str, Any]]:
    place = shop.folder / "snapshots"
    before = snapshot.live(place)
    made = shop.train(progress=progress, promote=False, warm=True)
    best = max(made, key=lambda one: one.about["metrics"].get(METRIC) or 0.0)
    gates = _gates(shop, best)
    said = {"snapshot": best.id, "live_before": before, "gates": gates}
    broken = [gate for gate in gates if not gate["holds"]]
    if broken:
        return "kept", {**said, "reason": "; ".join(gate["told"] for gate in broken)}
    snapshot.set_live(place, best.id)
    return "promoted", {**said, "reason": "all gates hold"}


def _gates(shop: Shop, new: snapshot.Snapshot) -> list[dict[str, Any]]:
    wanted = shop.settings.schedule
    live = snapshot.live(shop.folder / "snapshots")
    old = None if live is None else shop.live
    found = []
    accuracy = _newest(shop, {new.model} | ({old.meta.model} if old else set()))
    floor = wanted.accuracy * accuracy.get(old.meta.model, 0.0) if old else 0.0
    found.append(_gate("accuracy", accuracy.get(new.model, 0.0), floor, f"NDCG@10 of {new.model} on the newest events"))
    held = faithfulness(shop, shop.snapshot(new.id))
    floor = max(wanted.faithfulness, faithfulness(shop, old) - wanted.slack if old else 0.0)
    found.append(_gate("faithfulness", held, floor, "share of first reasons that matter more than another event"))
    return found


def _gate(name: str, value: float, floor: float, what: str) -> dict[str, Any]:
    holds = bool(value >= floor)
    told = f"{what}: {value:.4f}, expected at least {floor:.4f}"
    return {"name": name, "value": value, "floor": floor, "holds": holds, "told": told}


def _newest(shop: Shop, names: set[str]) -> dict[str, float]:
    """NDCG@10 of these kinds of model, fitted without the newest events and tested on them.

    Where nobody has events on both sides of the cut, the last event of each shopper is the newest.
    """
    from whyrec.rank.evaluate import evaluate

    tables = shop.tables_with_live_events()
    seen = ("keep" if shop.repeats else "hide",)
    rows: dict[str, Any] = {}
    for protocol in ("time", "loo") if tables.events.timed else ("loo",):
        rows = evaluate(tables, shop.settings, sorted(names), protocol, "last", seen)[0].as_dict()["models"]
        if all(row.get("users") for row in rows.values()):
            break
    return {name: float(row.get(METRIC) or 0.0) for name, row in rows.items()}


def faithfulness(shop: Shop, live: Live) -> float:
    """How often taking the first reason away lowers the score more than another event does; ties half, no case 1."""
    rng, now = np.random.default_rng(0), time.time()  # of a moment, so that no mix of the live model is in the query
    events = shop.tables.events
    wins: list[float] = []
    for code in rng.permutation(len(events.users))[: 4 * CASES]:
        query = shop.query(str(events.users.ids[code]), at=now)
        won = _case(shop, live, query, rng)
        wins += [] if won is None else [won]
        if len(wins) == CASES:
            break
    return float(np.mean(wins)) if wins else 1.0


def _case(shop: Shop, live: Live, query: Query, rng: np.random.Generator) -> float | None:
    slots = query.history.live()
    items = [item.item_id for item in shop.recommend_query(query, live).items if item.item_id in live.model.items.index]
    if len(slots) < 2 or not items:
        return None
    (found,) = shop.explain_items(query, items[:1], sets=False, live=live)
    first = next((reason for reason in found.reasons if reason.slots), None)
    others = [slot for slot in slots if first is not None and slot not in first.slots]
    if first is None or not others:
        return None
    drawn = rng.choice(others, min(TRIALS, len(others)), replace=False)
    masked = [query.without(list(first.slots)), *(query.without([int(slot)]) for slot in drawn)]
    score = shop.scored(query, live).score(masked, items[:1])[:, 0]
    return float(np.mean((score[0] < score[1:]) + 0.5 * (score[0] == score[1:])))


class Clock:
    """Starts a training process whenever the schedule says so, until it is stopped."""

    def __init__(self, shop: Shop) -> None:
        self._folder, self._store = shop.folder, shop.store
        self._cron = schedule.parse(shop.settings.schedule.train)
        self._zone = ZoneInfo(shop.settings.shop.time_zone)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="whyrec-schedule", daemon=True)

    def start(self) -> None:
        """Begin to wait for the next time."""
        self._thread.start()

    def stop(self) -> None:
        """Start nothing more, and end what runs."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        due = self._cron.after(time.time(), self._zone)
        while not self._stop.wait(max(0.0, min(60.0, due - time.time()))):
            if time.time() >= due:
                self._once(f"train-{datetime.fromtimestamp(due, UTC):%Y%m%d-%H%M}")
                due = self._cron.after(time.time(), self._zone)

    def _once(self, name: str) -> None:
        command = [sys.executable, "-m", "whyrec", "jobs", str(self._folder), "--run", "--id", name, "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
            while child.poll() is None:
                if self._stop.wait(0.2):
                    child.terminate()
            said = child.stdout.read() if child.stdout else ""
        try:
            _log.warning("Job %s: %s", name, json.loads(said).get("state", "failed"))
        except ValueError:  # it was ended from outside, and could not say so itself
            ledger.end(self._store, name, "failed", {"reason": "it was stopped"}, time.time())
            _log.warning("Job %s was stopped.", name)
