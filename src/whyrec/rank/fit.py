"""Fitting by name, with what each model file asks for: members, cases to choose on, or earlier choices.

A model file may say `VALIDATES = True` (it chooses something on validation) and define `members(config)`, the names
of the models that it combines. One Fitter serves one log, so that a member is fitted once however many ask for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from whyrec import models
from whyrec.core.config import Settings
from whyrec.core.errors import SettingsError
from whyrec.core.types import Events, Fitted
from whyrec.data.split import Cases
from whyrec.learn.run import Progress, Run, between, silent

if TYPE_CHECKING:
    from whyrec.data.tables import Tables


MEMBERS = 0.2
"""Share of a model's progress that its members get."""


@dataclass(eq=False)
class Fitter:
    """Fits models on one log, each at most once.

    `validation` are the cases to choose on, later than all `events`. `chosen` is the Fitter of an earlier part of
    the log, whose choices are kept. `warm` are fitted models to start from. `checkpoints` is a folder for long fits,
    one folder in it for each model.
    """

    events: Events
    tables: Tables
    settings: Settings
    validation: Cases | None = None
    chosen: Fitter | None = None
    warm: Mapping[str, Fitted] = field(default_factory=dict)
    checkpoints: Path | None = None
    fitted: dict[str, Fitted] = field(default_factory=dict)

    def fit(self, name: str, progress: Progress = silent) -> Fitted:
        """Return the model fitted on these events with the options that the shop gives it, its members before it.

        Raises UsageError for an unknown name, SettingsError where a model is its own member.
        """
        return self._fit(name, progress, ())

    def _fit(self, name: str, progress: Progress, asked: tuple[str, ...]) -> Fitted:
        if name in self.fitted:
            return self.fitted[name]
        module = models.find(name)
        config = models.configure(name, self.settings)
        if name in asked:
            raise SettingsError(
                f"Expected members that do not need each other, got {' -> '.join((*asked, name))}. "
                f"Change: [models.options.{name}] members"
            )
        wanted = module.members(config) if hasattr(module, "members") else ()
        validates = getattr(module, "VALIDATES", False)
        chosen, begin = None, 0.0
        if validates and self.chosen is not None:
            begin = 0.0 if name in self.chosen.fitted else 0.5
            chosen = self.chosen.fit(name, between(progress, 0.0, begin))
        members = {}
        for member in wanted:
            end = begin + MEMBERS / len(wanted)
            members[member], begin = self._fit(member, between(progress, begin, end), (*asked, name)), end
        run = Run(
            events=self.events,
            catalog=self.tables.catalog,
            settings=self.settings,
            config=config,
            rng=np.random.default_rng(self.settings.models.seed),
            users=self.tables.users,
            members=members,
            validation=self.validation if validates else None,
            chosen=chosen,
            warm=self.warm.get(name),
            checkpoint=None if self.checkpoints is None else self.checkpoints / name,
            progress=between(progress, begin, 1.0),
        )
        self.fitted[name] = module.fit(run)
        return self.fitted[name]
