"""Search the main settings of a model with Optuna, on validation only, under a budget of time.

What is tried stands in the model's file, `SEARCH`. Every trial is fitted on the same part of the log, chooses its
epochs or weights on one half of the validation users and is judged by NDCG@10 on the other half; test events are not
looked at. The settings as they are come first, so that what is found is compared with them. Trials are kept in tune.db
in the shop folder: a search that was ended goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from whyrec import models
from whyrec.core.config import Settings, section
from whyrec.core.errors import MissingExtraError, SettingsError, TrainingError, UsageError
from whyrec.data.split import Cases, loo
from whyrec.learn.run import Progress, silent
from whyrec.measure.epochs import validated
from whyrec.rank import evaluate
from whyrec.rank.fit import Fitter
from whyrec.rank.train import METRIC, halves

if TYPE_CHECKING:
    from whyrec.data.tables import Tables

Space: TypeAlias = Mapping[str, tuple[Any, ...] | list[Any]]
STORE = "tune.db"
FINISHED = ("COMPLETE", "PRUNED")


@dataclass(frozen=True)
class Tuned:
    """What a search found. `options` are those to give the model, {} where nothing was better than what it had."""

    model: str
    trials: int  # finished ones, those given up early included
    pruned: int
    before: float  # NDCG@10 with the settings as they were
    value: float  # NDCG@10 of the best trial, never below `before`
    options: dict[str, Any]
    snippet: str  # the section of whyrec.toml with these options and those that the shop had

    def as_dict(self) -> dict[str, Any]:
        """Return what `whyrec tune --json` prints."""
        return asdict(self)


def tune(
    tables: Tables,
    settings: Settings,
    name: str,
    folder: Path,
    *,
    minutes: float = 10.0,
    trials: int | None = None,
    repeats: bool,
    progress: Progress = silent,
) -> Tuned:
    """Search until `minutes` are over or, with those of earlier calls, `trials` are finished.

    The settings as they are are always measured, however little time there is; a trial that the end of the time finds
    unfinished is given up. Raises MissingExtraError without Optuna, UsageError for an unknown model or one that does
    not say what to search, TrainingError where there are no validation users.
    """
    optuna = _load()
    until = time.monotonic() + 60 * minutes
    space = space_of(name)
    judge = _Judge.of(tables, settings, name, repeats)
    storage = f"sqlite:///{folder / STORE}"
    given = [asdict(settings.events), settings.models.options, settings.models.seed, settings.models.memory_mb]
    key = [tables.fingerprint, *given, name, {k: list(v) for k, v in space.items()}, repeats]
    study_name = f"{name}-{hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:12]}"
    study = optuna.create_study(
        study_name=study_name, storage=storage, direction="maximize", load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=3),
    )  # fmt: skip
    # The sampler's numbers begin anew with each call, and must not repeat those of an earlier one.
    study.sampler = optuna.samplers.TPESampler(seed=settings.models.seed + len(study.trials))
    if "before" not in study.user_attrs:
        progress(0.0, f"{name} as it is")
        study.set_user_attr("before", judge(settings, lambda *_: None))
    before = float(study.user_attrs["before"])
    began = time.monotonic()

    def tell(text: str) -> None:
        by_time = (time.monotonic() - began) / max(1e-9, until - began)
        progress(min(1.0, max(by_time, len(_finished(study)) / trials if trials else 0.0)), text)

    while time.monotonic() < until and (trials is None or len(_finished(study)) < trials):
        trial = study.ask()
        options = {option: _suggest(trial, option, known) for option, known in space.items()}
        same = [
            one for one in study.get_trials(states=[optuna.trial.TrialState.COMPLETE]) if one.params == trial.params
        ]
        if same:
            study.tell(trial, same[0].value)
            continue
        told = (
            f"{len(study.trials)}: {_say(options)}; best {max([before, *_values(study)]):.4f}, as it was {before:.4f}"
        )
        watch = _Watch(optuna, trial, name, until, partial(tell, told))
        try:
            watch(0.0, "")
            study.tell(trial, judge(with_options(settings, name, options), watch))
        except (optuna.TrialPruned, TrainingError, SettingsError):
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    progress(1.0, "done")
    return _tuned(study, settings, name, before)


def space_of(name: str) -> Space:
    """Return what the model's file says is to be searched; raises UsageError where that is nothing or no option."""
    module = models.find(name)
    space: Space = getattr(module, "SEARCH", {})
    unknown = set(space) - {f.name for f in fields(module.Config)}
    if not space or unknown:
        raise UsageError(
            f"Expected the file of the model {name!r} to say what to search, as SEARCH = {{option: (low, high)}}, got "
            + (f"{sorted(unknown)[0]!r}, which is no option." if unknown else "nothing.")
        )
    return space


def with_options(settings: Settings, name: str, options: Mapping[str, Any]) -> Settings:
    """Return the settings in which a model has these options beside those that it had."""
    own = {**settings.models.options.get(name, {}), **options}
    return replace(settings, models=replace(settings.models, options={**settings.models.options, name: own}))


@dataclass(eq=False)
class _Judge:
    """Fits a model with some settings and says its NDCG@10 on the validation users that it does not choose on."""

    fitter: Fitter
    name: str
    cases: Cases
    task: evaluate.Task
    known: dict[str, Any] = field(default_factory=dict)  # fitted models that no trial changes

    @staticmethod
    def of(tables: Tables, settings: Settings, name: str, repeats: bool) -> _Judge:
        split = loo(tables.events, settings).of_people(tables.users)
        choose, cases = halves(split.validation, settings.models.seed)
        task = evaluate.task(cases, tables.catalog, "keep" if repeats else "hide")
        if not len(task.cases) or not len(split.early):
            raise TrainingError("Expected shoppers with three events or more to validate on, found none.")
        return _Judge(Fitter(split.early, tables, settings, validation=choose), name, cases, task)

    def __call__(self, settings: Settings, progress: Progress) -> float:
        models.configure(self.name, settings)
        fitter = replace(self.fitter, settings=settings, fitted=dict(self.known))
        fitted = fitter.fit(self.name, progress)
        self.known = {name: one for name, one in fitter.fitted.items() if name != self.name}
        (lists,) = evaluate.recommend(fitted, self.cases, [self.task], fitter.tables.catalog)
        found, _ = evaluate.measures(self.task, lists, fitter.tables.catalog)
        return float(found[METRIC] or 0.0)


@dataclass(eq=False)
class _Watch:
    """Progress of one trial: hands the model's own validation values to the pruner and ends where time is over."""

    optuna: Any
    trial: Any
    name: str
    until: float
    tell: Callable[[], None]
    epoch: int = 0

    def __call__(self, done: float, text: str) -> None:
        self.tell()
        if time.monotonic() > self.until:
            raise self.optuna.TrialPruned
        found = validated(text) if text.startswith(f"{self.name}:") else None
        if found is not None and found[0] > self.epoch:
            self.epoch = found[0]
            self.trial.report(found[1], self.epoch)
            if self.trial.should_prune():
                raise self.optuna.TrialPruned


def _load() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import optuna
    except ImportError:
        raise MissingExtraError("optuna", "tune", "Searching settings") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _suggest(trial: Any, option: str, known: Sequence[Any]) -> Any:
    if isinstance(known, list):
        return trial.suggest_categorical(option, known)
    low, high, log = known[0], known[1], known[2:] == ("log",)
    if isinstance(low, int) and isinstance(high, int):
        return trial.suggest_int(option, low, high, log=log)
    # Three digits are enough to tell settings apart, and a person reads them.
    return float(f"{trial.suggest_float(option, low, high, log=log):.3g}")


def _finished(study: Any) -> list[Any]:
    return [trial for trial in study.trials if trial.state.name in FINISHED]


def _values(study: Any) -> list[float]:
    return [trial.value for trial in study.trials if trial.state.name == "COMPLETE"]


def _say(options: Mapping[str, Any]) -> str:
    return ", ".join(f"{option} {value}" for option, value in options.items())


def _tuned(study: Any, settings: Settings, name: str, before: float) -> Tuned:
    done = _finished(study)
    best = max((trial for trial in done if trial.state.name == "COMPLETE"), key=lambda trial: trial.value, default=None)
    if best is None or best.value <= before:
        value, options = before, {}
    else:
        value = float(best.value)
        options = {k: float(f"{v:.3g}") if isinstance(v, float) else v for k, v in best.params.items()}
    merged = with_options(settings, name, options).models.options[name]
    return Tuned(
        model=name,
        trials=len(done),
        pruned=sum(trial.state.name == "PRUNED" for trial in done),
        before=before,
        value=value,
        options=options,
        snippet=section(f"models.options.{name}", merged) if merged else "",
    )
