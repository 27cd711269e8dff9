"""What a call costs: processor seconds of this process, and the largest memory it had meanwhile.

These are stopwatches; nothing that is recommended depends on them.
"""

from __future__ import annotations

import resource
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
STATM = Path("/proc/self/statm")


@dataclass(frozen=True)
class Cost:
    """Cost of one call."""

    cpu_s: float
    wall_s: float
    peak_mb: float  # resident memory of the whole process, sampled every 20 ms


def measure(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> tuple[T, Cost]:
    """Call with these arguments and return the result with its cost.

    Where the system has no /proc, `peak_mb` is the largest memory since the process began.
    """
    peak, done = [resident_mb()], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            peak[0] = max(peak[0], resident_mb())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    cpu, wall = time.process_time(), time.perf_counter()
    try:
        result = call(*args, **kwargs)
    finally:
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        done.set()
        watcher.join()
    return result, Cost(cpu, wall, max(peak[0], resident_mb()))


def resident_mb() -> float:
    """Resident memory of this process now, in MB of 2**20 bytes."""
    if STATM.exists():
        return int(STATM.read_text().split()[1]) * resource.getpagesize() / 2**20
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest / (2**20 if sys.platform == "darwin" else 2**10)
