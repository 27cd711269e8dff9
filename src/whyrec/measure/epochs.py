"""When a fit was in which epoch, read from what it tells while it learns.

A stopwatch around a progress function: nothing that is learned depends on it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_EPOCH = re.compile(r"epoch (\d+) of")
_VALUE = re.compile(r"validation (-?\d+\.\d+)")
_BEST = re.compile(r"in epoch (\d+)\)")


def validated(text: str) -> tuple[int, float] | None:
    """Return (epoch, value on validation) where a text tells them."""
    epoch, value = _EPOCH.search(text), _VALUE.search(text)
    return None if epoch is None or value is None else (int(epoch[1]), float(value[1]))


@dataclass(eq=False)
class Epochs:
    """A progress function that hands on what it is told and notes the processor second at which each epoch ended.

    `runs` holds one dict {epoch: CPU seconds} for each time that the count of epochs began anew, as it does for each
    member of an ensemble; `best` the best epoch of each run, its last one where none was chosen.
    """

    tell: Callable[[float, str], None]
    runs: list[dict[int, float]] = field(default_factory=list)
    best: list[int] = field(default_factory=list)

    def __call__(self, done: float, text: str) -> None:
        """Tell on, and note the epoch if the text names one."""
        found = _EPOCH.search(text)
        if found is not None:
            epoch = int(found[1])
            if not self.runs or epoch <= max(self.runs[-1]):
                self.runs.append({})
                self.best.append(epoch)
            self.runs[-1][epoch] = time.process_time()
            chosen = _BEST.search(text)
            self.best[-1] = epoch if chosen is None else int(chosen[1])
        self.tell(done, text)

    @property
    def after_best_s(self) -> float:
        """CPU seconds that all runs together went on after their best epoch."""
        return sum(run[max(run)] - run.get(best, run[max(run)]) for run, best in zip(self.runs, self.best, strict=True))

    @property
    def epoch_s(self) -> list[float]:
        """CPU seconds of each epoch but the first of each run, which begins before the watch sees it."""
        return [run[epoch] - run[epoch - 1] for run in self.runs for epoch in sorted(run) if epoch - 1 in run]
