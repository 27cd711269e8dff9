"""How much torch computes: matrix operations of a call, and the most that one core does in a second.

Only for benchmarks; torch is imported when asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from whyrec.learn import engine

SIZE = 2048


def peak() -> float:
    """Return operations a CPU second of a large float32 product, on the threads that torch has."""
    torch = engine.load("Measuring the peak")
    one = torch.ones(SIZE, SIZE)
    one @ one
    start = time.process_time()
    for _ in range(3):
        one @ one
    return float(3 * 2 * SIZE**3 / (time.process_time() - start))


def count(call: Callable[[], Any]) -> float:
    """Return the operations of a call's matrix products, convolutions and attentions, as torch counts them.

    Forward and backward; sums, norms, dropout, gathers and the optimiser are not counted, padding is.
    """
    engine.load("Counting operations")
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        call()
    return float(counter.get_total_flops())
