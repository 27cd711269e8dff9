"""Fit models for serving: measure each on validation, fit it again on everything, keep a snapshot, make the best live.

Validation is leave-one-out, the event before the last of each user, under the shop's own rule for seen items; one fit
a model serves it. The test event is not looked at. Nothing goes live before every snapshot is on disk.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from whyrec import __version__, models
from whyrec.core.config import Settings
from whyrec.core.errors import SnapshotError, TrainingError, UsageError
from whyrec.core.types import Fitted
from whyrec.data.split import Cases, loo
from whyrec.learn import snapshot
from whyrec.learn.run import Progress, between, silent
from whyrec.measure import cost
from whyrec.rank import evaluate
from whyrec.rank.fit import Fitter

if TYPE_CHECKING:
    from whyrec.data.tables import Tables

METRIC = "ndcg@10"
"""What decides which model goes live."""
CHECKPOINTS = ".checkpoints"
"""Folder beside the snapshots where long fits keep where they are; gone when a run has ended."""


def train(
    tables: Tables,
    settings: Settings,
    names: Sequence[str],
    folder: Path,
    *,
    now: float,
    repeats: bool,
    erased: int = 0,
    promote: bool = True,
    warm: bool = False,
    progress: Progress = silent,
) -> list[snapshot.Snapshot]:
    """Fit these models, write their snapshots into `folder`, set the best one live; snapshots in the order of `names`.

    Without `promote` nothing goes live. `warm` lets models that can go on from what the live one learned, where its
    options are still the same.

    `repeats` is the shop's rule: whether items that a shopper had may come again. `erased` is how many people were
    erased when the tables were read; should it be more at the end, nothing goes live (SnapshotError). Where no user has
    enough events to validate on, metrics are empty and the last of `names` goes live. Raises UsageError for an unknown
    model or none, TrainingError where there are no events. A run that is killed goes on, when it is started again, from
    the last checkpoint of the model that it was fitting.
    """
    if not names:
        raise UsageError(f"Expected models to train, got none. Models: {', '.join(models.names())}.")
    for name in names:
        models.configure(name, settings)
    if not len(tables.events):
        raise TrainingError(
            "Expected events to learn from, but cleaning kept none. See what was set aside: whyrec check"
        )
    checkpoints = folder / CHECKPOINTS
    early, measured = _validate(tables, settings, names, repeats, checkpoints / "early", between(progress, 0.0, 0.5))
    known = _known(folder, settings) if warm else {}
    whole = Fitter(tables.events, tables, settings, chosen=early, warm=known, checkpoints=checkpoints / "whole")
    made = []
    for n, name in enumerate(names):
        own = between(progress, 0.5 + 0.5 * n / len(names), 0.5 + 0.5 * (n + 1) / len(names))
        own(0.0, f"fitting {name} on everything")
        fitted, spent = cost.measure(whole.fit, name, own)
        learned = fitted if early is None else early.fitted[name]
        about = {
            "metrics": measured[name],
            "erased": erased,
            **_about(tables, settings, fitted, spent),
            "curve": _curve(learned),
        }
        config = models.configure(name, settings)
        made.append(snapshot.save(folder, name, fitted, config, settings, about, now))
    best = max(range(len(made)), key=lambda n: (measured[names[n]].get(METRIC) or 0.0, n))
    if promote:
        snapshot.set_live(folder, made[best].id)
    shutil.rmtree(checkpoints, ignore_errors=True)
    progress(1.0, f"{names[best]} is live" if promote else f"{names[best]} is the best")
    return [snapshot.read_meta(folder, one.id) for one in made]


def _known(folder: Path, settings: Settings) -> dict[str, Fitted]:
    """The live model and its members to go on from; nothing where none is live or its options were changed."""
    name = snapshot.live(folder)
    if name is None:
        return {}
    meta, fitted = models.load(folder, name)
    same = asdict(models.configure(meta.model, settings)) == meta.config
    return {meta.model: fitted, **getattr(fitted, "members", {})} if same else {}


def update(
    tables: Tables, settings: Settings, folder: Path, *, now: float, erased: int = 0, progress: Progress = silent
) -> snapshot.Snapshot:
    """Fit the live model on all events that there are now, go on from what it learned, and make the result live.

    What was chosen on validation (weights, epochs) is kept, so that nothing is measured; counts are counted anew.
    Raises SnapshotError where nothing is live or it is damaged, UsageError where the model's options were changed.
    """
    name = snapshot.live(folder)
    if name is None:
        raise SnapshotError(f"Expected a live snapshot in {folder}, found none. Make one with: whyrec train")
    meta, fitted = models.load(folder, name)
    config = models.configure(meta.model, settings)
    if asdict(config) != meta.config:
        raise UsageError(
            f"Expected the options that {name} was fitted with, but [models.options.{meta.model}] was changed. "
            "Fit with the new ones: whyrec train"
        )
    known = {meta.model: fitted, **getattr(fitted, "members", {})}
    chosen = Fitter(tables.events, tables, settings, fitted=dict(known))
    checkpoints = folder / CHECKPOINTS
    fitter = Fitter(tables.events, tables, settings, chosen=chosen, warm=known, checkpoints=checkpoints / "update")
    model, spent = cost.measure(fitter.fit, meta.model, progress)
    about = {
        **_about(tables, settings, model, spent),
        "metrics": {},
        "erased": erased,
        "updated": name,
        "curve": _curve(model),
    }
    made = snapshot.save(folder, meta.model, model, config, settings, about, now)
    snapshot.set_live(folder, made.id)
    shutil.rmtree(checkpoints, ignore_errors=True)
    progress(1.0, f"{made.id} is live")
    return snapshot.read_meta(folder, made.id)


def _about(tables: Tables, settings: Settings, fitted: Fitted, spent: cost.Cost) -> dict[str, Any]:
    """What a snapshot says of what it was made from."""
    return {
        "left_out": getattr(fitted, "left_out", 0),
        "events": len(tables.events),
        "users": len(tables.events.users),
        "items": len(tables.catalog),
        "data": tables.fingerprint,
        "catalog": tables.catalog.version,
        "settings": settings.digest(),
        "code": __version__,
        "seed": settings.models.seed,
        "fit_cpu_s": round(spent.cpu_s, 3),
        "peak_mb": round(spent.peak_mb, 1),
    }


def halves(cases: Cases, seed: int) -> tuple[Cases, Cases]:
    """Cut cases by chance into those that a model chooses on and those that it is measured on."""
    order = np.random.default_rng(seed).permutation(len(cases))
    return cases.take(np.sort(order[::2])), cases.take(np.sort(order[1::2]))


def _curve(fitted: Fitted) -> list[dict[str, float]]:
    """Loss and, where it was measured, validation of each epoch; empty for a model that has no epochs."""
    return list(getattr(fitted, "about", {}).get("curve", []))


def _validate(
    tables: Tables,
    settings: Settings,
    names: Sequence[str],
    repeats: bool,
    checkpoints: Path,
    progress: Progress,
) -> tuple[Fitter | None, dict[str, dict[str, Any]]]:
    """Measures of each model on the validation events, and what fitted them; empty where nobody has enough events.

    Where a model chooses on validation, one half of the users serves that and the other half measures, since what
    was chosen on a user looks better there than it is.
    """
    split = loo(tables.events, settings).of_people(tables.users)
    measured: dict[str, dict[str, Any]] = {name: {} for name in names}
    cases, choose = split.validation, None
    if any(getattr(models.find(name), "VALIDATES", False) for name in names) and len(cases) > 1:
        choose, cases = halves(cases, settings.models.seed)
    task = evaluate.task(cases, tables.catalog, "keep" if repeats else "hide")
    if not len(task.cases) or not len(split.early):
        return None, measured
    fitter = Fitter(split.early, tables, settings, validation=choose, checkpoints=checkpoints)
    for n, name in enumerate(names):
        own = between(progress, n / len(names), (n + 1) / len(names))
        own(0.0, f"validating {name}")
        (lists,) = evaluate.recommend(fitter.fit(name, own), cases, [task], tables.catalog)
        measured[name], _ = evaluate.measures(task, lists, tables.catalog)
    return fitter, measured
