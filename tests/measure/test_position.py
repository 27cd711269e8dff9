"""The position curve: planted looks and tastes come back, and a group that always stands low is not blamed for it."""

import numpy as np
import pytest

from whyrec.measure.position import corrected, looked_at


def clicks(looks, attracts, n, rng, places=None):
    item = rng.integers(len(attracts), size=n)
    place = rng.integers(len(looks), size=n) if places is None else places[item] + rng.integers(2, size=n)
    return place, item, rng.random(n) < looks[place] * attracts[item]


def test_planted_looks_come_back():
    rng = np.random.default_rng(0)
    looks, attracts = 1.0 / np.arange(1, 9) ** 0.7, rng.uniform(0.1, 0.6, 40)
    found = looked_at(*clicks(looks, attracts, 60_000, rng), 8)
    assert found == pytest.approx(looks, abs=0.06)


def test_groups_alike_are_alike_once_corrected():
    rng = np.random.default_rng(1)
    looks = 1.0 / np.arange(1, 9)
    place, item, clicked = clicks(looks, np.full(30, 0.4), 40_000, rng)
    low = place >= 4
    found = looked_at(place, item, clicked, 8)
    raw = [clicked[~low].mean(), clicked[low].mean()]
    fair = [corrected(place[~low], clicked[~low], found), corrected(place[low], clicked[low], found)]
    assert raw[0] > 2.5 * raw[1] and fair[0] == pytest.approx(fair[1], rel=0.12)


def test_without_clicks_or_shows_nothing_breaks():
    none = np.zeros(0, np.int64)
    assert looked_at(none, none, np.zeros(0, bool), 1).tolist() == [1.0]
    assert looked_at(np.array([2]), np.array([0]), np.array([True]), 5).tolist() == [1.0] * 5
    assert corrected(none, np.zeros(0, bool), np.ones(1)) == 0.0
