"""What a model is given to learn from, and how its progress is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from whyrec.core.config import Settings
from whyrec.core.types import Catalog, Events, Fitted, Users


def silent(done: float, text: str) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, eq=False)
class Run:
    """Everything that `fit(run)` may use. Item codes of `events` are codes of `catalog.items`.

    `config` is an instance of the model file's Config; `members` are fitted models for those that combine
    others; `warm` is a fitted model of the same kind to start from; `progress(done, text)` takes the share done.
    """

    events: Events
    catalog: Catalog
    settings: Settings
    config: Any
    rng: np.random.Generator
    users: Users | None = None
    members: Mapping[str, Fitted] = field(default_factory=dict)
    warm: Fitted | None = None
    progress: Callable[[float, str], None] = silent
