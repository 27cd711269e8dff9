"""The bandit: it finds the better arm, follows a change, lets contexts differ, and never stops exploring."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyrec.rank import adapt
from whyrec.rank.adapt import Adaptive, Arm, Bandit

ONE = np.array([1.0])


def play(loop, user, worth, rounds, rng, context=ONE):
    """Share of rounds that took the best arm, in the last half."""
    taken = []
    for _ in range(rounds):
        arm = loop.choose(user, context)
        loop.learn(user, arm, context, float(rng.random() < worth[arm]))
        taken.append(arm)
    return np.mean(np.array(taken[rounds // 2 :]) == np.argmax(worth))


def test_it_finds_the_better_arm_and_follows_a_change():
    rng, loop = np.random.default_rng(0), Adaptive(3, 1)
    assert play(loop, "ann", [0.1, 0.2, 0.8], 60, rng) > 0.8
    assert play(loop, "ann", [0.8, 0.2, 0.1], 60, rng) > 0.8


def test_shoppers_differ_and_a_newcomer_begins_where_others_are():
    rng, loop = np.random.default_rng(1), Adaptive(2, 1)
    for user in range(30):
        play(loop, f"u{user}", [0.1, 0.7], 20, rng)
    assert loop.choose("new", ONE) == 1
    assert play(loop, "other", [0.9, 0.05], 60, rng) > 0.8


def test_the_context_decides():
    rng, loop = np.random.default_rng(2), Adaptive(2, 2)
    contexts = (np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    for _ in range(80):
        for n, context in enumerate(contexts):
            arm = loop.choose("ann", context)
            loop.learn("ann", arm, context, float(rng.random() < (0.9 if arm == n else 0.1)))
    assert [loop.choose("ann", context) for context in contexts] == [0, 1]


def test_an_arm_is_ridge_regression():
    rng, arm = np.random.default_rng(3), Arm.new(3)
    x, y = rng.normal(size=(20, 3)), rng.normal(size=20)
    for row, reward in zip(x, y, strict=True):
        arm = arm.learn(row, float(reward))
    expected = np.linalg.solve(x.T @ x + np.eye(3), x.T @ y)
    point = np.array([1.0, 2.0, -1.0])
    assert arm.bound(point, 1.0)[0] == pytest.approx(float(point @ expected))
    assert arm.bound(point, 1.0)[1] == pytest.approx(float(np.sqrt(point @ np.linalg.inv(x.T @ x + np.eye(3)) @ point)))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 10), st.integers(0, 10)), max_size=30))
def test_exploration_stays_within_its_bounds(seen):
    bandit = Bandit.new(1, 1)
    for explored, taken, more in seen:
        bandit = bandit.saw(explored, taken, taken + more)
    assert adapt.LEAST <= bandit.exploration() <= adapt.MOST


def test_exploration_that_is_taken_up_grows():
    liked, ignored = Bandit.new(1, 1), Bandit.new(1, 1)
    for _ in range(20):
        liked, ignored = liked.saw(True, 2, 2).saw(False, 1, 8), ignored.saw(True, 0, 2).saw(False, 4, 8)
    assert liked.exploration() > 2 * ignored.exploration()
