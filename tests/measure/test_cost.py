"""What a call costs: the result and the error of the call come through, and the numbers are of its kind."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from whyrec.measure import cost


def test_the_result_comes_back_with_its_cost():
    result, spent = cost.measure(lambda a, b: a - b, 5, b=3)
    assert result == 2
    assert spent.cpu_s >= 0 and spent.wall_s >= 0 and spent.peak_mb > 0


def test_processor_time_and_wall_time_are_differences_of_two_clocks(monkeypatch):
    cpu, wall = iter([5.0, 5.5]), iter([100.0, 103.0])
    clocks = SimpleNamespace(process_time=lambda: next(cpu), perf_counter=lambda: next(wall))
    monkeypatch.setattr(cost, "time", clocks)
    _, spent = cost.measure(int)
    assert (spent.cpu_s, spent.wall_s) == (0.5, 3.0)


def test_the_peak_holds_the_memory_that_the_call_leaves_behind():
    before = cost.resident_mb()
    kept, spent = cost.measure(np.ones, 64 << 17)  # 64 MB of float64
    assert spent.peak_mb >= before + 0.9 * kept.nbytes / 2**20


def test_an_error_of_the_call_comes_through_and_the_watcher_ends():
    def fail():
        raise ValueError("no")

    before = threading.active_count()
    with pytest.raises(ValueError, match="no"):
        cost.measure(fail)
    assert threading.active_count() == before


def test_without_proc_the_memory_is_the_largest_so_far(monkeypatch, tmp_path):
    monkeypatch.setattr(cost, "STATM", tmp_path / "none")
    first = cost.resident_mb()
    kept = np.ones(32 << 17)
    assert cost.resident_mb() >= first > 0
    assert kept.nbytes > 0
