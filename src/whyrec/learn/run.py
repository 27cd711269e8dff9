"""What a model is given to learn from, and how its progress is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from whyrec.core.config import Settings
from whyrec.core.types import Catalog, Events, Fitted, Users
from whyrec.data.split import Cases

Progress: TypeAlias = Callable[[float, str], None]
"""Told the share done, 0 to 1, and what is being done."""


def silent(done: float, text: str) -> None:
    """Progress that nobody watches."""


def between(progress: Progress, first: float, last: float) -> Progress:
    """Return the progress of a part, which fills the whole from `first` to `last`."""
    return lambda done, text: progress(first + (last - first) * done, text)


@dataclass(frozen=True, eq=False)
class Run:
    """Everything that `fit(run)` may use. Item codes of `events` are codes of `catalog.items`.

    `config` is an instance of the model file's Config; `members` are fitted models for those that combine
    others; `progress(done, text)` takes the share done.

    A model file that says `VALIDATES = True` chooses something (epochs, weights) on validation. It is fitted either
    with `validation`, the cases to choose on, or with `chosen`, a model of the same kind whose choices are kept
    because the events that it chose on are now among those to learn from. With neither it takes its defaults.
    `warm` is a fitted model of the same kind to start from. `checkpoint` is a folder where a long fit keeps what it
    needs to go on after it was killed.
    """

    events: Events
    catalog: Catalog
    settings: Settings
    config: Any
    rng: np.random.Generator
    users: Users | None = None
    members: Mapping[str, Fitted] = field(default_factory=dict)
    validation: Cases | None = None
    chosen: Fitted | None = None
    warm: Fitted | None = None
    checkpoint: Path | None = None
    progress: Progress = silent
