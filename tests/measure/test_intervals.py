"""Bootstrap intervals: as wide as theory says, the same for the same seed, and narrow for paired users."""

import numpy as np
import pytest

from whyrec.measure import intervals


def test_as_wide_as_the_normal_approximation_says():
    values = np.tile([0.0, 1.0], 200)
    low, high = intervals.interval(values)
    half = 1.96 * 0.5 / np.sqrt(400)
    assert low == pytest.approx(0.5 - half, abs=0.005) and high == pytest.approx(0.5 + half, abs=0.005)


def test_the_same_for_the_same_seed_only():
    values = np.random.default_rng(1).random(50)
    assert intervals.interval(values) == intervals.interval(values) != intervals.interval(values, seed=1)


def test_holds_the_truth_in_about_95_of_100_samples():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        low, high = intervals.interval(rng.random(60))
        held += low <= 0.5 <= high
    assert 180 <= held <= 199


def test_chunks_change_nothing_but_memory(monkeypatch):
    values = np.random.default_rng(1).random(10)
    whole = intervals.interval(values)
    monkeypatch.setattr(intervals, "ROOM", 70)
    assert intervals.interval(values) == whole


def test_paired_users_take_away_what_they_share():
    rng = np.random.default_rng(0)
    hard = rng.random(300)
    better = hard + 0.01 + rng.normal(0, 0.001, 300)
    low, high = intervals.paired(better, hard)
    assert 0.009 < low < high < 0.011
    assert intervals.paired(hard, hard) == (0.0, 0.0)
    with pytest.raises(ValueError, match="300 and 299"):
        intervals.paired(hard, hard[1:])


def test_nobody_has_no_interval():
    assert np.isnan(intervals.interval(np.zeros(0))).all()
