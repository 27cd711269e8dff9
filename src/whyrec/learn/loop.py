"""The training loop of every torch model: weights in as numpy arrays, better weights out as numpy arrays.

A model hands over a Problem: how one epoch is cut into batches, the loss of a batch, and (where epochs are chosen) a
measure on validation. The loop does the rest: AdamW and row-wise steps, warm-up and decay of the rate, early
stopping, the learning curve, checkpoints, and refusals with advice.

    trained = loop.train(problem, weights, loop.Plan(epochs=100), run, name="sasrec")

Randomness: all of an epoch follows from the run's generator and the number of the epoch, so that a fit that was
killed goes on from its last checkpoint (one an epoch) to the same result. On a GPU torch adds up in no fixed order,
and results agree only closely.

A problem with two players (a generator and a discriminator) yields batches of both kinds in turn and detaches in its
loss the weights that a batch must not move: weights without a gradient stay where they are.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from whyrec.core.errors import TrainingError
from whyrec.core.types import Floats32, Ints
from whyrec.learn import checkpoint, engine
from whyrec.learn.optimise import DENSE_ROWS, Optimiser
from whyrec.learn.run import Run

MB = 1 << 20
MEAN_STEPS = 16
"""Steps between two additions to the running mean of the weights."""
DIVERGED = 3.0
"""A mean loss of an epoch this many times that of the first one ends the fit."""


class Problem(Protocol):
    """What a model gives to the loop.

    `tables` names the weights [I, D] that a batch touches by rows only; `rows(batch)` gives the distinct rows of each,
    and `loss` then sees a table cut to these rows, in that order. `batch_bytes` estimates the memory of one step.
    """

    tables: tuple[str, ...]

    @property
    def batch_bytes(self) -> int:
        """Memory of one step."""
        ...

    def batches(self, rng: np.random.Generator) -> Iterable[Any]:
        """Yield the batches of one epoch, in a new random order."""
        ...

    def rows(self, batch: Any) -> Mapping[str, Ints]:
        """Return the rows of each table that the batch touches."""
        ...

    def loss(self, weights: Mapping[str, Any], batch: Any) -> Any:
        """Return the mean loss of a batch, a tensor without axes."""
        ...

    def validate(self, weights: Mapping[str, Floats32]) -> float:
        """Return how good these weights are on validation; larger is better. Only called where a run validates.

        NaN says that there is nothing to judge by; the fit then goes on as one without validation.
        """
        ...


@dataclass(frozen=True)
class Plan:
    """How long and how fast to learn."""

    epochs: int = 100  # at the most
    unvalidated: int = 20  # epochs where nothing is chosen on validation
    rate: float = 1e-3
    warmup: int = 50  # steps in which the rate rises to its full height
    final: float = 1.0  # share of the rate that is left after `epochs`; falls by the same amount each epoch
    decay: float = 0.0  # of the weights, decoupled
    patience: int = 5  # validations without a better one after which the fit ends
    every: int = 1  # epochs between validations
    average: float = 0.0  # what a running mean of the weights keeps of itself every MEAN_STEPS steps; 0: no mean

    @staticmethod
    def of(config: Any) -> Plan:
        """Take from a model's Config what has the same name here."""
        return Plan(**{f.name: getattr(config, f.name) for f in fields(Plan) if hasattr(config, f.name)})


@dataclass(frozen=True, eq=False)
class Trained:
    """What came out: weights of the best epoch (or their running mean), that epoch, and the curve of all epochs.

    The curve's entries are {epoch, loss, value}; value only where it was measured.
    """

    weights: dict[str, Floats32]
    epochs: int
    curve: list[dict[str, float]]


@dataclass(eq=False)
class _State:
    """Where a fit stands after an epoch."""

    epoch: int = 0
    steps: int = 0
    best: int = 0  # epoch
    value: float = -math.inf
    curve: list[dict[str, float]] = field(default_factory=list)
    validates: bool = True


def train(
    problem: Problem, weights: Mapping[str, NDArray[Any]], plan: Plan, run: Run, *, name: str, epochs: int | None = None
) -> Trained:
    """Learn from `weights` on. With `epochs` exactly so many; else as validation says; else `plan.unvalidated`.

    `name` is the model's, for messages. Raises MissingExtraError without torch, TrainingError where memory would not
    suffice, where the loss is no number or grows, and where a checkpoint cannot be written. A problem without batches
    teaches nothing: all weights are zero then, and no epoch counts.
    """
    torch = engine.load(f"Fitting {name}")
    _check_memory(problem, weights, run, name)
    epochs = epochs or None  # an earlier log that taught nothing has chosen nothing
    seed = int(run.rng.integers(1 << 62))
    state, best = _State(validates=epochs is None and run.validation is not None), dict(weights)
    about = [name, asdict(plan), asdict(run.config), run.settings.digest(), seed, epochs]
    mark = checkpoint.mark(about, (run.events.user, run.events.item, run.events.at, *weights.values()))
    with torch.random.fork_rng():
        moving = engine.put(torch, weights, engine.device(torch))
        optimiser = Optimiser(torch, moving, problem.tables, plan.decay)
        mean = {key: tensor.detach().clone() for key, tensor in moving.items()} if plan.average else moving
        found = checkpoint.read(run.checkpoint, mark) if run.checkpoint is not None else None
        if found is not None:
            state, best = _resume(torch, found, moving, mean, optimiser)
        began, before = time.perf_counter(), state.epoch
        while state.epoch < (last := _last(state, plan, epochs)):
            state.epoch += 1
            loss = _epoch(torch, problem, optimiser, mean, plan, state, seed, name)
            if loss is None:
                return Trained({key: np.zeros_like(array) for key, array in weights.items()}, 0, [])
            entry: dict[str, float] = {"epoch": state.epoch, "loss": round(loss, 6)}
            state.curve.append(entry)
            if state.validates and (state.epoch % plan.every == 0 or state.epoch == last):
                now = engine.take(mean)
                value = round(problem.validate(now), 6)
                state.validates = not math.isnan(value)
                if state.validates:
                    entry["value"] = value
                if value > state.value:
                    state.best, state.value, best = state.epoch, value, now
            if not state.validates:
                state.best = state.epoch
            if run.checkpoint is not None:
                _keep(run, mark, state, moving, mean, optimiser, best if state.validates else {})
            left_s = (time.perf_counter() - began) / (state.epoch - before) * (last - state.epoch)
            run.progress(state.epoch / last, f"{name}: {_say(state, last, left_s)}")
        return Trained(best if state.validates else engine.take(mean), state.best, state.curve)


def _last(state: _State, plan: Plan, epochs: int | None) -> int:
    """Epoch that the fit ends with, as far as is known now; the one that it is in where patience is at its end."""
    if epochs is not None:
        return epochs
    if not state.validates:
        return plan.unvalidated
    waited = state.epoch - max(state.best, plan.every)
    return state.epoch if waited >= plan.patience * plan.every else plan.epochs


def _epoch(
    torch: Any,
    problem: Problem,
    optimiser: Optimiser,
    mean: Mapping[str, Any],
    plan: Plan,
    state: _State,
    seed: int,
    name: str,
) -> float | None:
    """One pass over the batches; returns the mean loss, None without a batch. Raises TrainingError for divergence."""
    rng = np.random.default_rng((seed, state.epoch))
    torch.manual_seed(int(rng.integers(1 << 62)))
    full = plan.rate * (1 - (1 - plan.final) * min(1.0, (state.epoch - 1) / max(1, plan.epochs)))
    total, n = 0.0, 0
    for batch in problem.batches(rng):
        loss = problem.loss(optimiser.open(problem.rows(batch)), batch)
        loss.backward()
        state.steps += 1
        optimiser.step(full * min(1.0, state.steps / max(1, plan.warmup)))
        if plan.average and state.steps % MEAN_STEPS == 0:
            _add(torch, mean, optimiser.weights, plan.average, state.steps // MEAN_STEPS)
        total, n = total + loss.detach(), n + 1
        if n % 64 == 0 and not math.isfinite(float(total)):
            break
    if not n:
        return None
    found = float(total) / n
    if not math.isfinite(found) or (state.curve and found > DIVERGED * abs(state.curve[0]["loss"])):
        raise TrainingError(
            f"Expected the loss of {name} to fall, but in epoch {state.epoch} it is {found:.4g}: learning diverged. "
            f"Lower the rate, which is {plan.rate:g}: [models.options.{name}] rate = {plan.rate / 3:.1g}"
        )
    return found


def _add(torch: Any, mean: Mapping[str, Any], weights: Mapping[str, Any], keeps: float, n: int) -> None:
    """Add to the running mean for the n-th time; the first times it keeps less, so as to forget where it began."""
    with torch.no_grad():
        for name, tensor in mean.items():
            tensor.lerp_(weights[name], 1 - min(keeps, n / (n + 9)))


def _say(state: _State, last: int, left_s: float) -> str:
    entry = state.curve[-1]
    said = f"epoch {state.epoch} of {'at most ' if state.validates else ''}{last}, loss {entry['loss']:.4f}"
    if "value" in entry:
        said += f", validation {entry['value']:.4f} (best {state.value:.4f} in epoch {state.best})"
    return f"{said}, {'at most ' if state.validates else ''}{_duration(left_s)} left"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def estimate(problem: Problem, weights: Mapping[str, NDArray[Any]]) -> int:
    """Bytes that a fit holds at once: weights, gradients, state of the optimiser, copies, and one batch."""
    total = problem.batch_bytes
    for name, array in weights.items():
        by_row = name in problem.tables and len(array) > DENSE_ROWS
        # Of a dense weight: itself, gradient, two moments, running mean, the best so far, a copy to validate. Of a
        # table by rows: itself, running mean, the best so far, a copy.
        total += 4 * array.size * (4 if by_row else 7) + (8 * len(array) if by_row else 0)
    return total


def _check_memory(problem: Problem, weights: Mapping[str, NDArray[Any]], run: Run, name: str) -> None:
    needed, limit = -(-estimate(problem, weights) // MB), run.settings.models.memory_mb
    run.progress(0.0, f"{name}: needs about {needed} MB beside the log")
    if needed > limit:
        largest = max(weights, key=lambda key: weights[key].size)
        raise TrainingError(
            f"Expected {name} to fit into {limit} MB, but it needs about {needed} MB; its largest array is {largest} "
            f"{list(weights[largest].shape)}. Choose a smaller width or batch under [models.options.{name}], or allow "
            f"more: [models] memory_mb = {needed}"
        )


def _keep(
    run: Run,
    mark: str,
    state: _State,
    moving: dict[str, Any],
    mean: dict[str, Any],
    optimiser: Optimiser,
    best: Mapping[str, Floats32],
) -> None:
    arrays = {f"now/{name}": array for name, array in engine.take(moving).items()}
    if mean is not moving:
        arrays |= {f"mean/{name}": array for name, array in engine.take(mean).items()}
    arrays |= {f"best/{name}": array for name, array in best.items()}
    arrays |= {f"state/{name}": array for name, array in optimiser.arrays().items()}
    if run.checkpoint is not None:
        checkpoint.write(run.checkpoint, mark, arrays, asdict(state))


def _resume(
    torch: Any,
    found: tuple[dict[str, NDArray[Any]], dict[str, Any]],
    moving: dict[str, Any],
    mean: dict[str, Any],
    optimiser: Optimiser,
) -> tuple[_State, dict[str, Floats32]]:
    parts: dict[str, dict[str, NDArray[Any]]] = {"now": {}, "mean": {}, "best": {}, "state": {}}
    for key, array in found[0].items():
        part, name = key.split("/", 1)
        parts[part][name] = array
    with torch.no_grad():
        for name, array in parts["now"].items():
            moving[name].copy_(torch.from_numpy(array))
        for name, array in parts["mean"].items():
            mean[name].copy_(torch.from_numpy(array))
    optimiser.load(parts["state"])
    return _State(**found[1]), parts["best"]
